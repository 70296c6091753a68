//! What one line of a history says, for the oracle of figures: its own reading of contract.md and
//! its own clocks (domain.md §4, profile `default`). Its rule: nothing of the crate is used here.
//!
//! Where the short form of a line leaves something open, it is read so:
//! * The leads follow each other by `sent_at`; one that was not returned is recalled by the next.
//! * A review needs a submission since the sending or the last send-back: the lead's `replied_at`
//!   where it lies there, else the review's own instant.
//! * A bad valid survey that a review or a reply follows was sent back for rework at the survey's instant.
//! * A merge ends the ticket at its `closed_at`, and recalls its assignments.
//! * Closed without any assignment is answered directly, at `closed_at`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta};
use serde_json::Value;

use super::histories::{DAY, HOUR, MINUTE};

const OFFSET: i64 = 8 * HOUR;

/// The State Council's days, read from the lists themselves.
pub struct Days {
    off: BTreeSet<NaiveDate>,
    work: BTreeSet<NaiveDate>,
}

impl Days {
    /// Reads `config/calendar/*.json`.
    pub fn read() -> Self {
        let mut days = Self { off: BTreeSet::new(), work: BTreeSet::new() };
        let folder = format!("{}/config/calendar", env!("CARGO_MANIFEST_DIR"));
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let list: Value = serde_json::from_str(&text).unwrap();
            for (name, into) in [("off", &mut days.off), ("work", &mut days.work)] {
                for holiday in list[name].as_array().into_iter().flatten() {
                    let named = holiday["days"].as_array().unwrap();
                    into.extend(
                        named
                            .iter()
                            .map(|day| -> NaiveDate { day.as_str().unwrap().parse().unwrap() }),
                    );
                }
            }
        }
        days
    }

    pub fn works(&self, day: NaiveDate) -> bool {
        self.work.contains(&day)
            || !(self.off.contains(&day) || day.weekday().number_from_monday() > 5)
    }

    /// The last millisecond of the n-th working day after `day`.
    fn nth_after(&self, mut day: NaiveDate, n: i64) -> i64 {
        let mut left = n;
        while left > 0 {
            day += TimeDelta::days(1);
            left -= i64::from(self.works(day));
        }
        midnight(day) + DAY - 1
    }

    fn workdays(&self, start: i64, n: i64) -> i64 {
        let (mut day, time) = local(start);
        let late = time > NaiveTime::from_hms_opt(17, 30, 0).unwrap();
        if late || !self.works(day) {
            day += TimeDelta::days(1);
            while !self.works(day) {
                day += TimeDelta::days(1);
            }
        }
        self.nth_after(day, n)
    }

    /// Milliseconds of 09:00–12:00 and 13:30–17:30 on working days.
    pub fn working(&self, from: i64, to: i64) -> i64 {
        let mut total = 0;
        let mut day = local(from).0;
        while midnight(day) < to {
            if self.works(day) {
                for (open, close) in [(540, 720), (810, 1050)] {
                    let open = midnight(day) + open * MINUTE;
                    let close = midnight(day) + close * MINUTE;
                    total += (close.min(to) - open.max(from)).max(0);
                }
            }
            day += TimeDelta::days(1);
        }
        total
    }
}

fn local(at: i64) -> (NaiveDate, NaiveTime) {
    let local = (DateTime::UNIX_EPOCH + TimeDelta::milliseconds(at + OFFSET)).naive_utc();
    (local.date(), local.time())
}

fn midnight(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp_millis() - OFFSET
}

/// How long something may take.
#[derive(Clone, Copy)]
enum Length {
    Millis(i64),
    Workdays(i64),
}

impl Length {
    fn handle(urgency: &str) -> Self {
        match urgency {
            "emergency" => Self::Millis(2 * HOUR),
            "urgent_utility" => Self::Millis(DAY),
            "ask" => Self::Workdays(1),
            "complex" => Self::Workdays(15),
            _ => Self::Workdays(5),
        }
    }
    fn due(self, start: i64, days: &Days) -> i64 {
        match self {
            Self::Millis(ms) => start + ms,
            Self::Workdays(n) => days.workdays(start, n),
        }
    }
    fn half(self) -> Self {
        match self {
            Self::Millis(ms) => Self::Millis(ms / 2),
            Self::Workdays(n) => Self::Workdays((n + 1) / 2),
        }
    }
    /// Moved by the time between a submission and a send-back.
    fn moved(self, due: i64, from: i64, to: i64, days: &Days) -> i64 {
        if let Self::Millis(_) = self {
            return due + (to - from);
        }
        let (mut day, last) = (local(from).0, local(to).0);
        let mut lost = 0;
        while day < last {
            day += TimeDelta::days(1);
            lost += i64::from(days.works(day));
        }
        if lost == 0 { due } else { days.nth_after(local(due).0, lost) }
    }
}

/// A limit as it stands: when it runs out, when it was met, whether it was ever missed.
#[derive(Clone, Copy)]
pub struct Limit {
    pub due: i64,
    pub met: Option<i64>,
    pub missed: bool,
}

impl Limit {
    pub fn kept(&self) -> bool {
        !self.missed && self.met.is_some_and(|met| met <= self.due)
    }
}

#[expect(clippy::struct_excessive_bools, reason = "what a line says, each on its own")]
pub struct Sent {
    pub unit: String,
    pub lead: bool,
    pub at: i64,
    pub returned: bool,
    pub recalled: bool,
    pub last_lead: bool,
    pub sign: Limit,
    pub contact: Limit,
    pub handle: Limit,
    pub reworks: Vec<Limit>,
    pub contacts: Vec<i64>,
}

pub struct Ticket {
    pub received: i64,
    pub closed: Option<i64>,
    pub merged: bool,
    pub direct: bool,
    /// Of the three rates: which it counts in.
    pub counts: [bool; 3],
    pub excluded: Option<String>,
    pub flagged: bool,
    /// contacted, solved, satisfied of each valid survey.
    pub valid: Vec<[String; 3]>,
    /// When each was given.
    pub valid_at: Vec<i64>,
    pub sent: Vec<Sent>,
    /// category, estate, region, channel.
    pub keys: BTreeMap<&'static str, String>,
    pub caller: String,
    pub handled: Option<i64>,
}

pub fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

pub fn time(value: &Value) -> Option<i64> {
    let at: DateTime<FixedOffset> = DateTime::parse_from_rfc3339(value.as_str()?).unwrap();
    Some(at.timestamp_millis())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn valid(survey: &Value) -> Option<[String; 3]> {
    let asked = ["contacted", "solved", "satisfied"].map(|name| text(&survey[name]));
    match asked {
        [Some(a), Some(b), Some(c)] if survey["outcome"] == "reached" => Some([a, b, c]),
        _ => None,
    }
}

/// When the contact clock stops: a talk, a message, a dead number, or the second try in vain.
fn contacted(contacts: &[Value]) -> Option<i64> {
    let mut tries: Vec<i64> = Vec::new();
    for contact in contacts {
        let at = time(&contact["at"]).unwrap();
        if contact["outcome"] != "no_answer" {
            return Some(at);
        }
        let clock = local(at).1;
        let by_day = NaiveTime::from_hms_opt(8, 0, 0).unwrap() <= clock
            && clock < NaiveTime::from_hms_opt(20, 0, 0).unwrap();
        if by_day && tries.last().is_none_or(|last| at - last >= 2 * HOUR) {
            tries.push(at);
        }
        if tries.len() == 2 {
            return Some(at);
        }
    }
    None
}

/// What happens to the lead's work, in order of time.
enum Turn {
    Review(bool),
    Bad,
}

/// The handle limit of the lead up to the first passed review, and its reworks.
fn lead_limits(
    line: &Value,
    sent: i64,
    replied: Option<i64>,
    length: Length,
    days: &Days,
) -> Vec<Limit> {
    let mut turns: Vec<(i64, Turn)> = Vec::new();
    for review in list(&line["reviews"]) {
        turns.push((time(&review["at"]).unwrap(), Turn::Review(review["pass"] == true)));
    }
    for survey in list(&line["surveys"]) {
        let bad = |said: [String; 3]| said[1] == "unsolved" || said[2] == "dissatisfied";
        if valid(survey).is_some_and(bad) {
            turns.push((time(&survey["at"]).unwrap(), Turn::Bad));
        }
    }
    turns.sort_by_key(|turn| turn.0);
    let mut limits = vec![Limit { due: length.due(sent, days), met: None, missed: false }];
    let mut since = sent;
    let mut span = length;
    for (place, (at, turn)) in turns.iter().enumerate() {
        let reviewed_later =
            turns[place + 1..].iter().any(|next| matches!(next.1, Turn::Review(_)));
        let goes_on = reviewed_later || replied.is_some_and(|replied| replied > *at);
        let now = limits.last_mut().unwrap();
        match turn {
            Turn::Review(pass) => {
                let met =
                    replied.filter(|replied| since < *replied && replied <= at).unwrap_or(*at);
                now.met = Some(met);
                now.missed |= met > now.due;
                if !pass {
                    now.due = span.moved(now.due, met, *at, days);
                    now.met = None;
                }
            }
            Turn::Bad if goes_on && now.met.is_some() => {
                span = length.half();
                limits.push(Limit { due: span.due(*at, days), met: None, missed: false });
            }
            Turn::Bad => continue,
        }
        since = *at;
    }
    let now = limits.last_mut().unwrap();
    if now.met.is_none() {
        now.met = replied.filter(|replied| *replied > since);
    }
    limits
}

fn sent(line: &Value, one: &Value, urgency: &str, days: &Days) -> Sent {
    let at = time(&one["sent_at"]).unwrap();
    let lead = one["role"] == "lead";
    let replied = time(&one["replied_at"]);
    let emergency = urgency == "emergency";
    let sign_due = if emergency { at + 30 * MINUTE } else { days.workdays(at, 1) };
    let contact_due = at + if emergency { HOUR } else { DAY };
    let length = Length::handle(urgency);
    let handle = Limit { due: length.due(at, days), met: replied, missed: false };
    let limit = |due, met| Limit { due, met, missed: false };
    Sent {
        unit: text(&one["unit"]).unwrap(),
        lead,
        at,
        returned: time(&one["returned_at"]).is_some(),
        recalled: line["merged_into"].is_string() && time(&one["returned_at"]).is_none(),
        last_lead: false,
        sign: limit(sign_due, time(&one["signed_at"])),
        contact: limit(contact_due, contacted(list(&one["contacts"]))),
        handle,
        reworks: Vec::new(),
        contacts: list(&one["contacts"]).iter().filter_map(|c| time(&c["at"])).collect(),
    }
}

/// Which rates the class of the line admits; by kind where it names none.
fn counts(line: &Value, direct: bool) -> [bool; 3] {
    let by_kind = match line["kind"].as_str().unwrap() {
        _ if direct => "none",
        "consult" | "praise" => "none",
        "suggestion" => "response_only",
        _ => "three_rates",
    };
    match line["assessment_class"].as_str().unwrap_or(by_kind) {
        "three_rates" => [true; 3],
        "response_only" => [true, false, false],
        _ => [false; 3],
    }
}

/// Reads a line.
pub fn read(line: &Value, days: &Days) -> Ticket {
    let urgency = line["urgency"].as_str().unwrap_or("general");
    let mut all: Vec<Sent> =
        list(&line["assignments"]).iter().map(|one| sent(line, one, urgency, days)).collect();
    let closed = time(&line["closed_at"]);
    let direct = closed.is_some() && all.is_empty() && !line["merged_into"].is_string();
    let last = all.iter().filter(|one| one.lead).map(|one| one.at).max();
    for one in all.iter_mut().filter(|one| one.lead && Some(one.at) != last) {
        one.recalled |= !one.returned;
    }
    for (place, one) in all.iter_mut().enumerate() {
        if one.lead && !one.returned && !one.recalled {
            one.last_lead = true;
            let replied = time(&line["assignments"][place]["replied_at"]);
            let mut limits =
                lead_limits(line, one.at, replied, Length::handle(urgency), days).into_iter();
            one.handle = limits.next().unwrap();
            one.reworks = limits.collect();
        }
    }
    let received = time(&line["received_at"]).unwrap();
    let passes = list(&line["reviews"]).iter().filter(|review| review["pass"] == true);
    let first_pass = passes.filter_map(|review| time(&review["at"])).min();
    let finished = first_pass.or(closed.filter(|_| direct));
    let excluded = line["exclusion"]["approved"] == true;
    let keys = ["category", "estate", "region", "channel"];
    Ticket {
        received,
        closed,
        merged: line["merged_into"].is_string(),
        direct,
        counts: counts(line, direct),
        excluded: text(&line["exclusion"]["reason"]).filter(|_| excluded),
        flagged: list(&line["surveys"]).iter().any(|s| !list(&s["bottom_line"]).is_empty()),
        valid: list(&line["surveys"]).iter().filter_map(valid).collect(),
        valid_at: list(&line["surveys"])
            .iter()
            .filter(|survey| valid(survey).is_some())
            .filter_map(|survey| time(&survey["at"]))
            .collect(),
        sent: all,
        keys: keys.into_iter().filter_map(|key| Some((key, text(&line[key])?))).collect(),
        caller: text(&line["caller"]["phone"]).unwrap_or_default(),
        handled: finished.map(|at| days.working(received, at)),
    }
}
