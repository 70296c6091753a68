//! Invented ticket histories in the NDJSON form of contract.md, any number, the same for a seed.
//! Its rule: plausible and awkward at once: returns, reworks, merges, exclusions, bad-then-good
//! surveys, missing parts, several leads, and stamps on either side of the ends of windows.

use chrono::{DateTime, FixedOffset, TimeDelta};
use serde_json::{Value, json};

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The codes of a directory that histories may use.
#[derive(Debug, Clone)]
pub struct Codes {
    /// Units that may lead and assist.
    pub units: Vec<String>,
    /// Leaf categories.
    pub categories: Vec<String>,
    /// A region, and an estate in it or none.
    pub places: Vec<(String, Option<String>)>,
}

/// What to invent.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub count: usize,
    /// Tickets are received from here …
    pub from: i64,
    /// … to here (milliseconds).
    pub to: i64,
    /// Nothing happens after this.
    pub now: i64,
    /// Instants on whose either side stamps are put: the ends of windows.
    pub edges: Vec<i64>,
}

/// A small generator of numbers (splitmix64): the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// From 0 to below `n`.
    pub fn below(&mut self, n: i64) -> i64 {
        i64::try_from(self.roll() >> 1).unwrap() % n.max(1)
    }
    pub fn percent(&mut self, chance: i64) -> bool {
        self.below(100) < chance
    }
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let which = self.below(i64::try_from(from.len()).unwrap());
        &from[usize::try_from(which).unwrap()]
    }
    /// A wait of up to `most`, short ones more likely.
    fn wait(&mut self, most: i64) -> i64 {
        let first = self.below(most);
        1 + self.below(first + 1)
    }
}

pub fn rfc3339(at: i64) -> String {
    let zone = FixedOffset::east_opt(8 * 3600).unwrap();
    let at = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(at);
    at.with_timezone(&zone).to_rfc3339_opts(chrono::SecondsFormat::Millis, false)
}

/// One ticket's history in the making; the hand only moves forward, never past `now`.
struct Story<'a> {
    dice: &'a mut Dice,
    plan: &'a Plan,
    codes: &'a Codes,
    at: i64,
}

impl Story<'_> {
    /// Waits up to `most`; sometimes exactly until an edge, a millisecond before or after.
    /// None where that would be in the future: the story ends here.
    fn after(&mut self, most: i64) -> Option<i64> {
        let mut next = self.at + self.dice.wait(most);
        if self.dice.percent(12) {
            let ahead = |edge: &&i64| **edge > self.at && **edge - self.at < 2 * most;
            if let Some(edge) = self.plan.edges.iter().find(ahead) {
                next = (edge + self.dice.below(3) - 1).max(self.at + 1);
            }
        }
        if next >= self.plan.now {
            return None;
        }
        self.at = next;
        Some(next)
    }

    fn stamp(&mut self, most: i64) -> Option<String> {
        self.after(most).map(rfc3339)
    }

    fn contacts(&mut self) -> Vec<Value> {
        let mut contacts = Vec::new();
        for _ in 0..self.dice.below(4) {
            let outcome = *self.dice.pick(&[
                "spoke",
                "no_answer",
                "no_answer",
                "message_left",
                "dead_number",
            ]);
            let Some(at) = self.stamp(10 * HOUR) else { break };
            contacts.push(json!({"at": at, "outcome": outcome}));
        }
        contacts
    }

    /// An assignment that was sent now: perhaps signed, perhaps worked on, not yet replied.
    fn assignment(&mut self, role: &str) -> Value {
        let mut one = json!({"unit": self.dice.pick(&self.codes.units), "role": role,
            "sent_at": rfc3339(self.at)});
        if self.dice.percent(90) {
            let Some(signed) = self.stamp(2 * DAY) else { return one };
            one["signed_at"] = json!(signed);
            one["contacts"] = json!(self.contacts());
        }
        one
    }

    /// Leads that were returned, or replaced by the next one.
    fn former_leads(&mut self, into: &mut Vec<Value>) -> Option<()> {
        while self.dice.percent(18) && into.len() < 2 {
            let mut one = self.assignment("lead");
            if self.dice.percent(75) {
                one["returned_at"] = json!(self.stamp(2 * DAY)?);
            }
            into.push(one);
            self.after(5 * HOUR)?;
        }
        Some(())
    }

    /// The reply is sent in, perhaps refused and sent in again, and passed. The file holds one
    /// `replied_at` for a lead: the first of all, or the last.
    fn reply_and_review(
        &mut self,
        replies: &mut Vec<String>,
        reviews: &mut Vec<Value>,
    ) -> Option<()> {
        loop {
            replies.push(self.stamp(9 * DAY)?);
            let pass = self.dice.percent(85);
            reviews.push(json!({"at": self.stamp(2 * DAY)?, "pass": pass}));
            if pass {
                return Some(());
            }
        }
    }

    fn survey(&mut self, bad: bool) -> Option<Value> {
        let mut one = json!({"at": self.stamp(2 * DAY)?, "outcome": "reached",
            "contacted": if self.dice.percent(92) { "yes" } else { "no" },
            "solved": *self.dice.pick(&["solved", "solved", "solved", "basic"]),
            "satisfied": *self.dice.pick(&["satisfied", "satisfied", "basic"]), "bottom_line": []});
        if bad {
            let which = self.dice.below(3);
            if which != 0 {
                one["solved"] = json!("unsolved");
            }
            if which != 1 {
                one["satisfied"] = json!("dissatisfied");
            }
        }
        if self.dice.percent(4) {
            one["bottom_line"] =
                json!([*self.dice.pick(&["phone_dead", "bad_attitude", "policy_unfamiliar"])]);
        }
        Some(one)
    }

    /// Attempts that are not valid: nobody there, or one question left out.
    fn attempts(&mut self, surveys: &mut Vec<Value>) -> Option<()> {
        if self.dice.percent(25) {
            surveys.push(json!({"at": self.stamp(DAY)?, "outcome": "no_answer"}));
        }
        if self.dice.percent(6) {
            surveys.push(json!({"at": self.stamp(DAY)?, "outcome": "reached", "contacted": "yes",
                "solved": "unsolved"}));
        }
        Some(())
    }

    /// From the dispatch to the end, as far as time allows; what happened is in `ticket`.
    fn dealt_with(&mut self, ticket: &mut Value) {
        let mut assignments = Vec::new();
        let (mut replies, mut reviews, mut surveys) = (Vec::new(), Vec::new(), Vec::new());
        let done = self.life(&mut assignments, &mut replies, &mut reviews, &mut surveys);
        if let Some(lead) = assignments.iter_mut().rfind(|one| one["role"] == "lead") {
            let kept = if self.dice.percent(60) { replies.first() } else { replies.last() };
            // a system that kept no reply's time, only the reviews'
            let forgotten = !reviews.is_empty() && self.dice.percent(5);
            if let Some(replied) = kept.filter(|_| !forgotten && lead.get("returned_at").is_none())
            {
                lead["replied_at"] = json!(replied);
                lead["reply"] = json!("已现场处理并回复。");
            }
        }
        ticket["assignments"] = json!(assignments);
        ticket["reviews"] = json!(reviews);
        ticket["surveys"] = json!(surveys);
        if let Some(closed) = done {
            ticket["closed_at"] = json!(rfc3339(closed));
            self.exclusion(ticket);
        }
    }

    fn life(
        &mut self,
        assignments: &mut Vec<Value>,
        replies: &mut Vec<String>,
        reviews: &mut Vec<Value>,
        surveys: &mut Vec<Value>,
    ) -> Option<i64> {
        self.after(5 * HOUR)?;
        self.former_leads(assignments)?;
        if self.dice.percent(4) {
            return None; // nobody has it now
        }
        let sent = self.at;
        let lead = self.assignment("lead");
        for _ in 0..self.dice.below(7) / 3 {
            let worked = self.at;
            self.at = sent;
            let mut assist = self.assignment("assist");
            if self.dice.percent(10) {
                assist["returned_at"] = json!(rfc3339(self.at + 1));
            } else {
                assist["replied_at"] = json!(rfc3339(self.at + 1));
            }
            self.at = self.at.max(worked) + 1;
            assignments.push(assist);
        }
        assignments.push(lead);
        self.reply_and_review(replies, reviews)?;
        for round in 0..3 {
            self.attempts(surveys)?;
            if self.dice.percent(8) {
                break; // never reached
            }
            let bad = self.dice.percent(22);
            surveys.push(self.survey(bad)?);
            if !bad || round == 2 || self.dice.percent(40) {
                break;
            }
            self.reply_and_review(replies, reviews)?;
        }
        self.after(HOUR)
    }

    fn exclusion(&mut self, ticket: &mut Value) {
        if !self.dice.percent(10) {
            return;
        }
        let reason = *self.dice.pick(&["force_majeure", "beyond_power", "caller_uncooperative"]);
        let Some(asked) = self.stamp(DAY) else { return };
        ticket["exclusion"] = json!({"reason": reason, "asked_at": asked});
        if let Some(decided) = self.stamp(2 * DAY) {
            ticket["exclusion"]["decided_at"] = json!(decided);
            ticket["exclusion"]["approved"] = json!(self.dice.percent(70));
        }
    }
}

/// One ticket; `no` counts from 1.
fn history(dice: &mut Dice, plan: &Plan, codes: &Codes, no: usize, callers: i64) -> Value {
    let mut received = plan.from + dice.below(plan.to - plan.from);
    if dice.percent(6) && !plan.edges.is_empty() {
        received = (*dice.pick(&plan.edges) + dice.below(3) - 1).clamp(plan.from, plan.to - 1);
    }
    let kind = *dice.pick(&[
        "complaint",
        "complaint",
        "complaint",
        "help",
        "help",
        "report",
        "suggestion",
        "consult",
        "praise",
    ]);
    let channel = *dice
        .pick(&["phone", "phone", "phone", "web", "app", "wechat", "letter", "visit", "platform"]);
    let (region, estate) = dice.pick(&codes.places).clone();
    let caller = dice.below(callers);
    let mut ticket = json!({"no": format!("H-{no:06}"), "kind": kind, "channel": channel,
        "received_at": rfc3339(received),
        "caller": {"name": format!("测试{caller}"), "phone": format!("139{caller:08}")},
        "title": "小区问题", "content": format!("第{no}件：物业服务不到位，请处理。"),
        "category": dice.pick(&codes.categories), "region": region});
    if let Some(estate) = estate {
        ticket["estate"] = json!(estate);
    }
    if dice.percent(85) {
        let urgencies =
            ["general", "general", "general", "complex", "ask", "urgent_utility", "emergency"];
        ticket["urgency"] = json!(*dice.pick(&urgencies));
    }
    let mut story = Story { dice, plan, codes, at: received };
    if story.dice.percent(9) {
        if let Some(closed) = story.stamp(3 * HOUR) {
            ticket["closed_at"] = json!(closed);
        }
    } else if story.dice.percent(97) {
        story.dealt_with(&mut ticket);
    }
    if ticket.get("closed_at").is_none() {
        return ticket;
    }
    if dice.percent(5) {
        ticket["assessment_class"] = json!(*dice.pick(&["three_rates", "response_only", "none"]));
    }
    // merged while it was in the units: closed_at is when
    if no.is_multiple_of(29) && ticket.get("exclusion").is_none() {
        ticket["merged_into"] = json!(format!("H-{:06}", no - 1));
        for part in ["reviews", "surveys"] {
            ticket[part] = json!([]);
        }
        for one in ticket["assignments"].as_array_mut().into_iter().flatten() {
            if let Some(one) = one.as_object_mut().filter(|one| one["role"] == "lead") {
                one.remove("replied_at");
                one.remove("reply");
            }
        }
    }
    ticket
}

/// The lines of a file.
pub fn histories(plan: &Plan, codes: &Codes) -> Vec<String> {
    let mut dice = Dice::new(plan.seed);
    let callers = i64::try_from(plan.count / 6).unwrap().max(3);
    (1..=plan.count).map(|no| history(&mut dice, plan, codes, no, callers).to_string()).collect()
}
