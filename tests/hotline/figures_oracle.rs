//! Figures against an oracle that reads only the lines of a history file (domain.md §6).

use std::collections::HashMap;

use jiesu::assessment::facts::{
    AssignmentFact, ContactFact, Edition, Facts, Fate, GroupBy, Keys, Part, Run, Satisfied, Solved,
    Standing, Sym, TicketFact, ValidSurvey,
};
use jiesu::assessment::{Behind, Depth, Metric, Place, Question, Rates, Row, Rules, Side, Table};
use jiesu::directory::{AssessmentClass, Kind};
use jiesu::limits::{ClockName, profile::builtin};
use jiesu::time::Stamp;
use serde_json::Value;

use crate::support::histories::{Codes, DAY, Plan, histories};
use crate::support::oracle::{Ask, City, Figures, composite, excluded, figures, repeats};
use crate::support::record::{Days, Limit, Sent, Ticket, read};

fn at(millis: i64) -> Stamp {
    Stamp::from_millis(millis)
}

fn millis(text: &str) -> i64 {
    Stamp::parse(text).unwrap().millis()
}

fn codes() -> Codes {
    let named = |name: &str, n: usize| (0..n).map(|i| format!("{name}{i}")).collect::<Vec<_>>();
    let place = |i: usize| {
        (format!("street{}", i % 7), (!i.is_multiple_of(5)).then(|| format!("estate{i}")))
    };
    Codes {
        units: named("unit", 12),
        categories: named("leaf", 9),
        places: (0..40).map(place).collect(),
    }
}

fn city(codes: &Codes) -> City {
    let heads = codes.units.iter().skip(1).enumerate();
    let estates = codes.places.iter().filter_map(|place| place.1.clone()).enumerate();
    let always = |name: String| vec![(i64::MIN, Some(name))];
    City {
        heads: heads.map(|(i, unit)| (unit.clone(), always(format!("head{}", i / 2)))).collect(),
        companies: estates.skip(3).map(|(i, e)| (e, always(format!("company{}", i % 6)))).collect(),
    }
}

/// Facts of the lines as the oracle reads them: until `import` makes them.
struct Reading<'a> {
    city: &'a City,
    facts: Facts,
    earlier: HashMap<(String, Option<String>, Option<String>), Vec<i64>>,
}

impl Reading<'_> {
    fn keys(&mut self, ticket: &Ticket, sent: Option<&Sent>) -> Keys {
        let names = &mut self.facts.names;
        let key = |name| ticket.keys.get(name).map(String::as_str);
        let company = key("estate").and_then(|estate| self.city.company(estate, ticket.received));
        let head = sent.and_then(|sent| self.city.head(&sent.unit, sent.at));
        Keys {
            unit: names.intern_some(sent.map(|sent| sent.unit.as_str())),
            head: names.intern_some(head.map(String::as_str)),
            category: names.intern_some(key("category")),
            estate: names.intern_some(key("estate")),
            company: names.intern_some(company.map(String::as_str)),
            region: names.intern_some(key("region")),
            channel: names.intern_some(key("channel")),
        }
    }

    fn matter(ticket: &Ticket) -> (String, Option<String>, Option<String>) {
        let place = ticket.keys.get("estate").or(ticket.keys.get("region")).cloned();
        (ticket.caller.clone(), ticket.keys.get("category").cloned(), place)
    }

    fn ticket(&mut self, id: i64, ticket: &Ticket) {
        let lead = ticket.sent.iter().find(|one| one.last_lead);
        let keys = self.keys(ticket, lead);
        let excluded = self.facts.names.intern_some(ticket.excluded.as_deref());
        let survey = |said: &[String; 3]| ValidSurvey {
            contacted: said[0] == "yes",
            solved: said[1].parse::<Solved>().unwrap(),
            satisfied: said[2].parse::<Satisfied>().unwrap(),
        };
        let others = &self.earlier[&Self::matter(ticket)];
        let earlier = others.iter().filter(|other| **other < ticket.received).max();
        let standing = match (ticket.merged, ticket.closed) {
            (true, _) => Standing::Merged,
            (_, Some(_)) => Standing::Closed,
            _ => Standing::Live,
        };
        let class = match ticket.counts {
            [true, true, _] => AssessmentClass::ThreeRates,
            [true, false, _] => AssessmentClass::ResponseOnly,
            _ => AssessmentClass::None,
        };
        self.facts.tickets.push(TicketFact {
            id,
            standing,
            received_at: at(ticket.received),
            ended_at: ticket.closed.map(at),
            gaps: Box::default(),
            keys,
            kind: Kind::Complaint,
            class,
            excluded,
            direct: ticket.direct,
            first_solved: ticket.valid.first().map(|said| survey(said).solved),
            survey: ticket.valid.last().map(survey),
            handled_ms: ticket.handled,
            earlier_at: earlier.copied().map(at),
            flagged: ticket.flagged,
        });
        for (place, one) in (1000 * id..).zip(&ticket.sent) {
            self.assignment(id, place, ticket, one, excluded);
        }
    }

    fn assignment(&mut self, ticket: i64, id: i64, of: &Ticket, one: &Sent, excluded: Sym) {
        let keys = self.keys(of, Some(one));
        let run = |limit: Option<&Limit>| {
            limit.map_or_else(Run::default, |limit| Run {
                due_at: Some(at(limit.due)),
                stopped_at: limit.met.map(at),
                missed: limit.missed,
            })
        };
        let fate = match (one.returned, one.recalled) {
            (true, _) => Fate::Returned,
            (_, true) => Fate::Recalled,
            _ => Fate::Live,
        };
        self.facts.assignments.push(AssignmentFact {
            id,
            ticket,
            keys,
            excluded,
            part: if one.lead { Part::Lead } else { Part::Assist },
            is_sub: false,
            is_final: one.last_lead,
            fate,
            withdrawn: false,
            sent_at: at(one.at),
            sign_due_at: Some(at(one.sign.due)),
            signed_at: one.sign.met.map(at),
            contact_due_at: Some(at(one.contact.due)),
            contacted_at: one.contact.met.map(at),
            handle: run(Some(&one.handle)),
            reworks: [run(one.reworks.first()), run(one.reworks.get(1))],
            paused: false,
            urges: 0,
            extensions: 0,
            rework_count: one.reworks.iter().map(|_| 1).sum(),
        });
        for entry in &one.contacts {
            let (assignment, at, is_sub) = (id, at(*entry), false);
            let contact = ContactFact { ticket, assignment, at, keys, excluded, is_sub, fate };
            self.facts.contacts.push(contact);
        }
    }
}

fn facts(tickets: &[Ticket], city: &City) -> Facts {
    let mut earlier: HashMap<_, Vec<i64>> = HashMap::new();
    for ticket in tickets {
        earlier.entry(Reading::matter(ticket)).or_default().push(ticket.received);
    }
    let mut reading = Reading { city, facts: Facts::default(), earlier };
    for (id, ticket) in (1..).zip(tickets) {
        reading.ticket(id, ticket);
    }
    reading.facts
}

/// Each cell of a row is what the oracle says, and a metric it does not know is nothing.
fn same_row(row: &Row, expected: &Figures, ask: &Ask<'_>) -> usize {
    let key = row.key.clone().unwrap_or_default();
    let mut met = 0;
    for cell in &row.cells {
        let sum = expected.of(&key, cell.metric.as_str());
        let place = format!("{key} {} {}", ask.group_by, cell.metric);
        if cell.metric == Metric::Composite {
            match (composite(expected, &key), cell.value) {
                (Some(points), Some(value)) => assert!((points - value).abs() < 1e-9, "{place}"),
                (points, value) => assert_eq!(points, value, "{place}"),
            }
            continue;
        }
        assert_eq!((cell.exact, cell.den.unwrap_or(0)), (sum.num, sum.den), "{place}");
        met += usize::from(sum.num + sum.den != 0);
        if let Some((middle, p90)) = sum.middle_and_p90() {
            let hours = [middle, p90].map(|half_ms| Some(half_ms as f64 / 7_200_000.0));
            assert_eq!([cell.median, cell.p90], hours, "{place}");
        }
    }
    met
}

fn rates(facts: &Facts, ask: &Ask<'_>, rules: &Rules) -> Rates {
    Table::compute(facts, question(ask, rules)).rates(&[], Depth::Own, |_| true)
}

fn question<'a>(ask: &Ask<'_>, rules: &'a Rules) -> Question<'a> {
    Question {
        start: at(ask.start),
        end: at(ask.end),
        now: at(ask.now),
        by: ask.group_by.parse::<GroupBy>().unwrap(),
        edition: if ask.assessed { Edition::Assessed } else { Edition::All },
        rules,
    }
}

fn plan(count: usize) -> Plan {
    Plan {
        seed: 20_261_001,
        count,
        from: millis("2026-08-20T00:00:00+08:00"),
        to: millis("2026-11-05T00:00:00+08:00"),
        now: millis("2026-11-09T16:00:00.500+08:00"),
        edges: vec![millis("2026-10-01T00:00:00+08:00"), millis("2026-11-01T00:00:00+08:00")],
    }
}

/// The lines of a plan, as they stand and as the oracle reads them.
fn told(plan: &Plan) -> (Vec<Value>, Vec<Ticket>) {
    let days = Days::read();
    let lines: Vec<Value> =
        histories(plan, &codes()).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let tickets = lines.iter().map(|line| read(line, &days)).collect();
    (lines, tickets)
}

#[test]
fn the_histories_hold_every_awkward_case() {
    let plan = plan(3000);
    let (lines, tickets) = told(&plan);
    let sent = || tickets.iter().flat_map(|ticket| &ticket.sent);
    let changed = |ticket: &&Ticket| ticket.valid.first() != ticket.valid.last();
    let failed = |line: &&Value| line["reviews"].to_string().contains("\"pass\":false");
    let edge = |ticket: &&Ticket| plan.edges.iter().any(|edge| (ticket.received - edge).abs() < 2);
    let met = [
        ("returned", sent().filter(|one| one.returned).count()),
        ("replaced leads", sent().filter(|one| one.lead && one.recalled).count()),
        ("assists", sent().filter(|one| !one.lead).count()),
        ("reworks", sent().map(|one| one.reworks.len()).sum()),
        ("sent back by the reviewer", lines.iter().filter(failed).count()),
        ("late after a send-back", sent().filter(|one| one.handle.missed).count()),
        ("never signed", sent().filter(|one| one.sign.met.is_none()).count()),
        ("first and last survey differ", tickets.iter().filter(changed).count()),
        ("merged", tickets.iter().filter(|ticket| ticket.merged).count()),
        ("excluded", tickets.iter().filter(|ticket| ticket.excluded.is_some()).count()),
        ("answered directly", tickets.iter().filter(|ticket| ticket.direct).count()),
        ("live", tickets.iter().filter(|ticket| ticket.closed.is_none()).count()),
        ("received at an edge", tickets.iter().filter(edge).count()),
        ("flagged", tickets.iter().filter(|ticket| ticket.flagged).count()),
    ];
    println!("{met:?}");
    for (what, count) in met {
        assert!(count >= 40, "{what}: {count}");
    }
}

#[test]
fn the_oracles_clocks_are_those_of_the_default_profile() {
    let (lines, tickets) = told(&plan(1500));
    let profile = builtin("default").unwrap();
    let calendar = profile.calendar();
    let hours = &profile.working_hours;
    for (line, ticket) in lines.iter().zip(&tickets) {
        let urgency =
            line["urgency"].as_str().map_or(profile.default_urgency, |u| u.parse().unwrap());
        let due = |clock, start| profile.span(clock, urgency).due(at(start), &calendar).millis();
        let sent_back = line["reviews"].to_string().contains("\"pass\":false");
        for one in &ticket.sent {
            assert_eq!(one.sign.due, due(ClockName::Sign, one.at));
            assert_eq!(one.contact.due, due(ClockName::Contact, one.at));
            assert!(sent_back || one.handle.due == due(ClockName::Handle, one.at), "{line}");
        }
        if let (Some(closed), true) = (ticket.closed, ticket.direct) {
            let worked = calendar.working_millis_between(at(ticket.received), at(closed), hours);
            assert_eq!(ticket.handled, Some(worked));
        }
    }
}

#[test]
fn every_row_in_every_grouping_and_edition_is_what_the_lines_say() {
    let (plan, rules, city) = (plan(3000), Rules::default(), city(&codes()));
    let (_, tickets) = told(&plan);
    let facts = facts(&tickets, &city);
    let again = repeats(&tickets);
    let (mut rows, mut met) = (0, 0);
    for by in GroupBy::ALL {
        for assessed in [false, true] {
            let (start, end) = (plan.edges[0], plan.edges[1]);
            let (now, group_by) = (plan.now, by.as_str());
            let ask =
                Ask { start, end, now, group_by, assessed, within: None, surveyed_before: None };
            let rates = rates(&facts, &ask, &rules);
            let excluded = excluded(&tickets, &city, &ask);
            assert_eq!(rates.total.excluded, excluded.get("").cloned().unwrap_or_default());
            let expected = figures(&tickets, &again, &city, &ask);
            for row in rates.rows.iter().chain([&rates.total]) {
                met += same_row(row, &expected, &ask);
                rows += 1;
            }
        }
    }
    println!("{rows} rows agree; {met} cells of them are not empty");
    assert!(met > 2000);
}

#[test]
fn every_cell_drills_down_to_weights_that_sum_to_it_on_awkward_histories() {
    let (plan, rules, city) = (plan(300), Rules::default(), city(&codes()));
    let (_, tickets) = told(&plan);
    let facts = facts(&tickets, &city);
    let (start, end) = (plan.edges[0] - DAY, plan.edges[1]);
    let (now, within) = (plan.now, None);
    let ask =
        Ask { start, end, now, group_by: "unit", assessed: true, within, surveyed_before: None };
    let table = rates(&facts, &ask, &rules);
    for row in table.rows.iter().chain([&table.total]) {
        let place = Place { dims: &[], depth: Depth::Own, key: row.key.as_deref() };
        for cell in &row.cells {
            let behind = Behind::of(&facts, &question(&ask, &rules), cell.metric);
            let sum = |side| -> i64 {
                let items = behind.cell(&facts.names, place, side, |_| true);
                items.iter().map(|item| item.exact).sum()
            };
            let found = (sum(Side::Num), sum(Side::Den));
            assert_eq!(found, (cell.exact, cell.den.unwrap_or(0)), "{:?} {}", row.key, cell.metric);
        }
    }
}
