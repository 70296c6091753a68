//! What the figures make of random lives: a numerator lies within its denominator, whatever is asked,
//! and who counts in the three rates is read a second time from the tickets themselves (domain.md §6).

use std::collections::{BTreeMap, BTreeSet};

use jiesu::assessment::metrics::Shape;
use jiesu::assessment::{
    Behind, Depth, Edition, Facts, GroupBy, Item, Metric, Place, Question, Rules, Side, Table,
    store,
};
use jiesu::db::Conn;
use jiesu::directory::AssessmentClass;
use jiesu::ticket::overlay::{Contacted, Solved};
use jiesu::ticket::store::Stored;
use jiesu::ticket::{StateName, Ticket};
use jiesu::time::Stamp;

use super::counts::Counts;
use crate::support::city::{City, at};

/// A month in which every life begins, and a part of it.
const WINDOWS: [(&str, &str); 2] = [
    ("2026-11-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00"),
    ("2026-11-09T00:00:00+08:00", "2026-11-19T12:00:00+08:00"),
];

/// How many days before a ticket an earlier one of its caller is looked for.
const REACH: i64 = 90;

/// Looks at the figures of everything so far; `tickets` are those whose documents are at hand.
pub fn check(city: &City, tickets: &[Stored], counts: &mut Counts) {
    let rules: Rules = (&city.rules().profile).into();
    for (start, end) in WINDOWS {
        let (start, end) = (at(start), at(end));
        let load = |conn: &mut Conn| store::load(conn, start, end, REACH);
        let facts = city.hotline.db.read(load).unwrap();
        repeats(&facts, start, tickets);
        for edition in [Edition::All, Edition::Assessed] {
            for by in [GroupBy::Unit, GroupBy::Channel] {
                let ask = Question { start, end, now: city.now(), by, edition, rules: &rules };
                counts.shares += cells(&facts, ask);
                if by == GroupBy::Unit {
                    rates(&facts, &ask, tickets);
                }
            }
        }
    }
}

/// For each figure of the table: the tickets behind its numerator are among those behind its
/// denominator, none with more than its part, and both add up to the figure.
fn cells(facts: &Facts, ask: Question<'_>) -> usize {
    let place = Place { dims: &[], depth: Depth::Own, key: None };
    let total = Table::compute(facts, ask).rates(&[], Depth::Own, |_| true).total;
    let mut count = 0;
    for metric in Metric::ALL.iter().copied().filter(|metric| metric.shape() != Shape::Score) {
        let behind = Behind::of(facts, &ask, metric);
        let side = |side| behind.cell(&facts.names, place, side, |_| true);
        let (num, den) = (side(Side::Num), side(Side::Den));
        count += num.len() + den.len();
        let cell = total.cell(metric);
        let sum = |items: &[Item]| items.iter().map(|item| item.exact).sum::<i64>();
        assert_eq!((sum(&num), sum(&den)), (cell.exact, cell.den.unwrap_or(0)), "{metric}");
        if metric.shape() != Shape::Rate {
            continue;
        }
        let within: BTreeMap<_, i64> =
            den.iter().map(|item| ((item.ticket, item.assignment), item.exact)).collect();
        for item in num {
            let part = within.get(&(item.ticket, item.assignment)).copied().unwrap_or_default();
            let most = part * metric.scale();
            assert!((0..=most).contains(&item.exact), "{metric}: {item:?} of {part}");
        }
    }
    count
}

/// The tickets behind the rates, as their documents say: received in the window, not ended otherwise,
/// of a class that counts, with a valid survey, the last of which is the answer.
fn rates(facts: &Facts, ask: &Question<'_>, tickets: &[Stored]) {
    let known: BTreeSet<i64> = tickets.iter().map(|stored| stored.id).collect();
    let place = Place { dims: &[], depth: Depth::Own, key: None };
    let behind = |metric, side| -> BTreeSet<i64> {
        let items = Behind::of(facts, ask, metric).cell(&facts.names, place, side, |_| true);
        items.iter().map(|item| item.ticket).filter(|id| known.contains(id)).collect()
    };
    let due = |fits: &dyn Fn(&Ticket) -> bool| -> BTreeSet<i64> {
        let counted = tickets.iter().filter(|it| counts_in(&it.ticket, ask) && fits(&it.ticket));
        counted.map(|stored| stored.id).collect()
    };
    let three = |ticket: &Ticket| ticket.class.class == AssessmentClass::ThreeRates;
    let last = |ticket: &Ticket| {
        let (contacted, solved, _) = ticket.attempts.iter().rev().find_map(|it| it.answers())?;
        Some((contacted, solved))
    };
    let response = Metric::ResponseRate;
    assert_eq!(behind(response, Side::Den), due(&|_| true));
    let rung = |ticket: &Ticket| last(ticket).is_some_and(|(it, _)| it == Contacted::Yes);
    assert_eq!(behind(response, Side::Num), due(&rung));
    let resolution = Metric::ResolutionRate;
    assert_eq!(behind(resolution, Side::Den), due(&three));
    let done = |ticket: &Ticket| last(ticket).is_some_and(|(_, it)| it != Solved::Unsolved);
    assert_eq!(behind(resolution, Side::Num), due(&|ticket| three(ticket) && done(ticket)));
    assert_eq!(behind(Metric::SatisfactionRate, Side::Den), due(&three));
}

/// The earlier call that is found for a ticket is the latest one of the same caller about the same
/// matter; a caller's tickets are of one life, so all of them are at hand.
fn repeats(facts: &Facts, start: Stamp, tickets: &[Stored]) {
    let about = |it: &Ticket| {
        let place = it.place.estate.clone().map(|code| code.to_string());
        let place = place.or_else(|| it.place.region.clone().map(|code| format!("in {code}")))?;
        Some((it.caller.phone.clone()?.to_string(), it.category.clone()?.to_string(), place))
    };
    let mut of: BTreeMap<_, Vec<&Stored>> = BTreeMap::new();
    for stored in tickets {
        of.entry(about(&stored.ticket)).or_default().push(stored);
    }
    let within = facts.tickets.iter().filter(|fact| fact.received_at >= start);
    let found: BTreeMap<i64, Option<Stamp>> =
        within.map(|fact| (fact.id, fact.earlier_at)).collect();
    for (matter, same) in of {
        for this in &same {
            let Some(found) = found.get(&this.id) else { continue };
            let at = this.ticket.received_at;
            let earlier = same.iter().map(|other| other.ticket.received_at).filter(|it| *it < at);
            let due = matter.as_ref().and_then(|_| earlier.max());
            assert_eq!(*found, due, "{}", this.ticket.no);
        }
    }
}

fn counts_in(ticket: &Ticket, ask: &Question<'_>) -> bool {
    let otherwise =
        [StateName::Withdrawn, StateName::Declined, StateName::Diverted, StateName::Merged];
    let within = |at: Stamp| ask.start <= at && at < ask.end;
    within(ticket.received_at)
        && !otherwise.contains(&ticket.state.name())
        && ticket.class.class != AssessmentClass::None
        && ticket.attempts.iter().any(|attempt| attempt.answers().is_some())
        && (ask.edition == Edition::All || !ticket.is_excluded())
}
