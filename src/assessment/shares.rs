//! Assessment: what one fact adds to a figure (domain.md §6). Its rule: every formula stands here
//! once; tables add the shares up and drill-downs list them, so neither can differ.

use super::facts::{
    AssignmentFact, ContactFact, Edition, Facts, Fate, GroupBy, LedgerFact, Part, Run, Satisfied,
    Solved, Standing, Sym, TicketFact, WhistleFact,
};
use super::metrics::Metric;
use super::rules::{Rules, UNIT};
use crate::directory::AssessmentClass;
use crate::ticket::again;
use crate::time::Stamp;

/// What is asked: which period, seen when, which tickets, by which profile, a row for what.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The window is `[start, end)`.
    pub start: Stamp,
    pub end: Stamp,
    /// The present: limits that run out later are not yet missed.
    pub now: Stamp,
    pub by: GroupBy,
    pub edition: Edition,
    pub rules: &'a Rules,
}

/// What one fact adds to one cell: `num` in units of [`Metric::scale`], `den` in things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub key: Sym,
    pub metric: Metric,
    pub ticket: i64,
    pub assignment: Option<i64>,
    pub num: i64,
    pub den: i64,
}

impl Question<'_> {
    /// Whether `at` lies in the window.
    pub fn holds(&self, at: Stamp) -> bool {
        self.start <= at && at < self.end
    }
    fn counts(&self, excluded: Sym) -> bool {
        self.edition == Edition::All || excluded == Sym::NONE
    }
    fn is_past(&self, due: Stamp) -> bool {
        due < self.now
    }
}

/// Every share of every fact, in the order of the facts.
pub fn each(facts: &Facts, ask: &Question<'_>, mut add: impl FnMut(Share)) {
    for fact in facts.tickets.iter().filter(|fact| ask.counts(fact.excluded)) {
        of_ticket(fact, ask, &mut add);
    }
    for fact in facts.assignments.iter().filter(|fact| ask.counts(fact.excluded)) {
        if !fact.is_sub && fact.part != Part::Copy {
            of_assignment(fact, ask, &mut add);
        }
    }
    for fact in facts.contacts.iter().filter(|fact| ask.counts(fact.excluded)) {
        of_contact(fact, ask, &mut add);
    }
    for fact in facts.whistles.iter().filter(|fact| ask.counts(fact.excluded)) {
        of_whistle(fact, ask, &mut add);
    }
    for fact in facts.ledger.iter().filter(|fact| ask.counts(fact.excluded)) {
        of_ledger(fact, ask, &mut add);
    }
}

/// What one ticket adds to the three rates: numerator and denominator of each.
pub fn three(fact: &TicketFact, ask: &Question<'_>) -> [(i64, i64); 3] {
    let mut sums = [(0, 0); 3];
    if ask.counts(fact.excluded) {
        of_ticket(fact, ask, &mut |share| {
            if let Some(rate) = Metric::THREE.iter().position(|metric| *metric == share.metric) {
                sums[rate].0 += share.num;
                sums[rate].1 += share.den;
            }
        });
    }
    sums
}

/// Whether one ticket counts among those received, and among those finished.
pub fn came_and_went(fact: &TicketFact, ask: &Question<'_>) -> [bool; 2] {
    let mut counts = [false; 2];
    if ask.counts(fact.excluded) {
        of_ticket(fact, ask, &mut |share| match share.metric {
            Metric::Received => counts[0] = true,
            Metric::Finished => counts[1] = true,
            _ => {}
        });
    }
    counts
}

/// The next limit that `now` has not passed: until then every question has the same shares.
pub fn next_limit(facts: &Facts, now: Stamp) -> Option<Stamp> {
    let limits = facts.assignments.iter().flat_map(|fact| {
        let [first, second] = fact.reworks.map(|run| run.due_at);
        [fact.sign_due_at, fact.contact_due_at, fact.handle.due_at, first, second]
    });
    limits.flatten().filter(|due| *due >= now).min()
}

const fn one_if(holds: bool) -> i64 {
    if holds { UNIT } else { 0 }
}

fn of_ticket(fact: &TicketFact, ask: &Question<'_>, add: &mut impl FnMut(Share)) {
    let key = fact.keys.of(ask.by);
    let mut put = |metric, num, den| {
        add(Share { key, metric, ticket: fact.id, assignment: None, num, den });
    };
    if fact.live_before(ask.end) {
        put(Metric::CarriedOver, UNIT, 0);
    }
    if fact.standing == Standing::Closed && fact.ended_at.is_some_and(|at| ask.holds(at)) {
        put(Metric::Finished, UNIT, 0);
        if let Some(ms) = fact.handled_ms {
            put(Metric::HandlingTime, ms, 1);
        }
    }
    if !ask.holds(fact.received_at) {
        return;
    }
    put(Metric::Received, UNIT, 0);
    put(Metric::DirectRate, one_if(fact.direct), 1);
    let repeats = |earlier| again::repeats(fact.received_at, earlier, ask.rules.repeat_days);
    put(Metric::RepeatRate, one_if(fact.earlier_at.is_some_and(repeats)), 1);
    if fact.flagged {
        put(Metric::BottomLine, UNIT, 0);
    }
    match fact.standing {
        Standing::Declined => put(Metric::Declined, UNIT, 0),
        Standing::Diverted => put(Metric::Diverted, UNIT, 0),
        Standing::Withdrawn => put(Metric::Withdrawn, UNIT, 0),
        Standing::Merged => put(Metric::Merged, UNIT, 0),
        Standing::Live | Standing::Closed => of_survey(fact, ask.rules, &mut put),
    }
}

/// The three rates and the first resolution: by the last valid survey, as the class admits.
fn of_survey(fact: &TicketFact, rules: &Rules, put: &mut impl FnMut(Metric, i64, i64)) {
    let Some(survey) = fact.survey else { return };
    if fact.class == AssessmentClass::None {
        return;
    }
    put(Metric::ResponseRate, one_if(survey.contacted), 1);
    if fact.class == AssessmentClass::ResponseOnly {
        return;
    }
    let solved = match survey.solved {
        Solved::Solved => UNIT,
        Solved::Basic => rules.basic_solved.0,
        Solved::Unsolved => 0,
    };
    put(Metric::ResolutionRate, solved, 1);
    let satisfied = match survey.satisfied {
        Satisfied::Satisfied => UNIT,
        Satisfied::Basic => rules.basic_satisfied.0,
        Satisfied::Dissatisfied => 0,
    };
    put(Metric::SatisfactionRate, satisfied, 1);
    put(Metric::FirstResolutionRate, one_if(fact.first_solved == Some(Solved::Solved)), 1);
}

fn of_assignment(fact: &AssignmentFact, ask: &Question<'_>, add: &mut impl FnMut(Share)) {
    let key = fact.keys.of(ask.by);
    let mut put = |metric, num, den| {
        add(Share { key, metric, ticket: fact.ticket, assignment: Some(fact.id), num, den });
    };
    if ask.holds(fact.sent_at) {
        put(Metric::ReturnRate, one_if(fact.fate == Fate::Returned), 1);
        if !fact.fate.is_void() {
            let clocks = [
                (Metric::SignRate, fact.sign_due_at, fact.signed_at),
                (Metric::ContactRate, fact.contact_due_at, fact.contacted_at),
            ];
            for (metric, due, stopped) in clocks {
                if let Some(due) = due.filter(|due| stopped.is_some() || ask.is_past(*due)) {
                    put(metric, one_if(stopped.is_some_and(|at| at <= due)), 1);
                }
            }
        }
        if fact.part == Part::Lead {
            of_lead(fact, &mut put);
        }
    }
    if fact.fate.is_void() {
        return;
    }
    let ran_out = |run: &Run| {
        let stands_still = fact.paused && run.stopped_at.is_none();
        !stands_still && run.due_at.is_some_and(|due| ask.holds(due) && ask.is_past(due))
    };
    let kept = |run: &Run| !run.missed && run.stopped_at.is_some() && run.stopped_at <= run.due_at;
    if ran_out(&fact.handle) {
        match fact.part {
            Part::Lead if fact.is_final => put(Metric::OnTimeRate, one_if(kept(&fact.handle)), 1),
            Part::Assist => put(Metric::AssistOnTimeRate, one_if(kept(&fact.handle)), 1),
            Part::Lead | Part::Copy => {}
        }
    }
    for run in fact.reworks.iter().filter(|run| ran_out(run)) {
        put(Metric::ReworkOnTimeRate, one_if(kept(run)), 1);
    }
}

/// What counts per lead sent in the window.
fn of_lead(fact: &AssignmentFact, put: &mut impl FnMut(Metric, i64, i64)) {
    put(Metric::WithdrawalRate, one_if(fact.withdrawn && fact.is_final), 1);
    if fact.fate != Fate::Returned {
        put(Metric::ReworkRate, one_if(fact.rework_count > 0), 1);
        put(Metric::UrgeRate, one_if(fact.urges > 0), 1);
        put(Metric::ExtensionRate, one_if(fact.extensions > 0), 1);
    }
}

fn of_contact(fact: &ContactFact, ask: &Question<'_>, add: &mut impl FnMut(Share)) {
    if ask.holds(fact.at) && !fact.is_sub && fact.fate != Fate::Returned {
        add(Share {
            key: fact.keys.of(ask.by),
            metric: Metric::BottomLine,
            ticket: fact.ticket,
            assignment: Some(fact.assignment),
            num: 0,
            den: 1,
        });
    }
}

/// Both sides: the called unit's answers, and the calls of the street.
fn of_whistle(fact: &WhistleFact, ask: &Question<'_>, add: &mut impl FnMut(Share)) {
    if !ask.holds(fact.called_at) {
        return;
    }
    let key = fact.keys.of(ask.by);
    let caller = match ask.by {
        GroupBy::Unit => fact.caller,
        GroupBy::Head => fact.caller_head,
        _ => key,
    };
    let in_time = one_if(fact.answered_at.is_some_and(|at| at <= fact.due_at));
    let share = |key, metric, num, den| Share {
        key,
        metric,
        ticket: fact.ticket,
        assignment: None,
        num,
        den,
    };
    add(share(key, Metric::ReportInRate, in_time, 1));
    add(share(caller, Metric::Whistles, UNIT, 0));
}

fn of_ledger(fact: &LedgerFact, ask: &Question<'_>, add: &mut impl FnMut(Share)) {
    let key = fact.keys.of(ask.by);
    let mut put = |metric| {
        add(Share { key, metric, ticket: fact.ticket, assignment: None, num: UNIT, den: 0 });
    };
    let ended = fact.written_off_at.or(fact.cancelled_at);
    let open_before = |at: Stamp| fact.approved_at < at && ended.is_none_or(|ended| ended >= at);
    if open_before(ask.start) {
        put(Metric::LedgerOpening);
    }
    if ask.holds(fact.approved_at) {
        put(Metric::LedgerNew);
    }
    if fact.written_off_at.is_some_and(|at| ask.holds(at)) {
        put(Metric::LedgerWrittenOff);
    } else if fact.cancelled_at.is_some_and(|at| ask.holds(at)) {
        put(Metric::LedgerCancelled);
    }
    if open_before(ask.end) {
        put(Metric::Ledger);
    }
}
