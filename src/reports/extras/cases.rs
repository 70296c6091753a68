//! Reports: which tickets may stand as typical cases 典型案例. Its rule: none that is sealed or excluded; of those that
//! remain codes, times and the number are taken, and no word of anybody's.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::assessment::facts::{Facts, Satisfied, Solved, Standing, Sym, TicketFact};
use crate::code_enum;
use crate::db::Conn;
use crate::directory::{CategoryCode, Directory, Kind};
use crate::error::Result;
use crate::reports::frame::Frame;
use crate::ticket::store::{Vault, load_many};
use crate::time::Stamp;

code_enum! {
    /// What a case is an example of.
    pub enum CaseKind {
        /// Solved to the citizen's satisfaction, soon, where the matter came up most.
        Solved = "solved" "办结较好",
        /// The citizen says it is not, or it is still open; the longest first.
        Unsolved = "unsolved" "久未解决",
    }
}

/// A ticket that may be shown as a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub ticket: i64,
    pub no: String,
    pub kind: CaseKind,
}

/// So many of a kind and topic are offered: the first is the rule's, the others are there to choose.
const OFFERED: usize = 3;
/// So many are opened to find them: whose caller asks for confidence is known by the ticket alone.
const OPENED: usize = 12;
/// Topics that are looked at, the largest first; a report shows fewer.
const TOPICS: usize = 8;

/// The cases of the largest topics received in the window of `frame`, by the code of the topic.
///
/// # Errors
/// What the database says.
pub fn load(
    conn: &mut Conn,
    vault: Vault<'_>,
    frame: &Frame,
    facts: &Facts,
) -> Result<BTreeMap<String, Vec<Case>>> {
    let mut found = BTreeMap::new();
    for (topic, inside) in topics(frame, facts) {
        let mut cases = Vec::new();
        for kind in CaseKind::ALL {
            let mut ranked = ranked(*kind, &inside, frame.now);
            ranked.truncate(OPENED);
            let ids: Vec<i64> = ranked.iter().map(|fact| fact.id).collect();
            let tickets = load_many(conn, vault, &ids)?;
            let open = ids.iter().filter_map(|id| Some((*id, tickets.get(id)?)));
            let open = open.filter(|(_, ticket)| !ticket.is_sealed());
            let case = |(id, ticket): (i64, &crate::ticket::Ticket)| Case {
                ticket: id,
                no: ticket.no.clone(),
                kind: *kind,
            };
            cases.extend(open.take(OFFERED).map(case));
        }
        found.insert(topic, cases);
    }
    Ok(found)
}

/// The largest topics with their tickets.
fn topics<'a>(frame: &Frame, facts: &'a Facts) -> Vec<(String, Vec<&'a TicketFact>)> {
    let topic: Vec<Option<String>> =
        facts.names.all().map(|text| topic_of(text, &frame.directory)).collect();
    let mut by_topic: BTreeMap<&str, Vec<&TicketFact>> = BTreeMap::new();
    for fact in facts.tickets.iter().filter(|it| frame.window.contains(it.received_at)) {
        if let Some(topic) = &topic[fact.keys.category.index()] {
            by_topic.entry(topic).or_default().push(fact);
        }
    }
    let mut all: Vec<(String, Vec<&TicketFact>)> =
        by_topic.into_iter().map(|(topic, inside)| (topic.to_owned(), inside)).collect();
    all.sort_by_key(|(_, inside)| Reverse(inside.len()));
    all.truncate(TOPICS);
    all
}

/// The second level of the taxonomy that `code` lies in.
fn topic_of(code: &str, directory: &Directory) -> Option<String> {
    let code = CategoryCode::new(code);
    let mut up = std::iter::once(code.clone()).chain(directory.category_ancestors(&code));
    let found = up.find(|code| directory.category(code).is_some_and(|it| it.level == 2));
    found.map(|code| code.to_string())
}

/// Those of `inside` that are an example of `kind`, the best first.
fn ranked<'a>(kind: CaseKind, inside: &[&'a TicketFact], now: Stamp) -> Vec<&'a TicketFact> {
    let mut estates: BTreeMap<Sym, usize> = BTreeMap::new();
    for fact in inside.iter().filter(|it| it.keys.estate != Sym::NONE) {
        *estates.entry(fact.keys.estate).or_default() += 1;
    }
    let many = |fact: &TicketFact| estates.get(&fact.keys.estate).copied().unwrap_or_default();
    let shown = inside.iter().copied().filter(|it| may_be_shown(it) && is_of(kind, it));
    let mut all: Vec<&TicketFact> = shown.collect();
    match kind {
        CaseKind::Solved => {
            all.sort_by_key(|it| (Reverse(many(it)), lasted(it, now), it.id));
        }
        CaseKind::Unsolved => all.sort_by_key(|it| (Reverse(lasted(it, now)), it.id)),
    }
    all
}

/// What is sealed by its kind, or left the assessment, is no example.
fn may_be_shown(fact: &TicketFact) -> bool {
    !matches!(fact.kind, Kind::Complaint | Kind::Report) && fact.excluded == Sym::NONE
}

fn is_of(kind: CaseKind, fact: &TicketFact) -> bool {
    let unsolved = fact.survey.is_some_and(|it| it.solved == Solved::Unsolved);
    match kind {
        CaseKind::Solved => {
            fact.standing == Standing::Closed
                && fact.earlier_at.is_none()
                && fact.survey.is_some_and(|it| {
                    it.solved == Solved::Solved && it.satisfied == Satisfied::Satisfied
                })
        }
        CaseKind::Unsolved => match fact.standing {
            Standing::Closed => unsolved,
            Standing::Live => true,
            _ => false,
        },
    }
}

/// Milliseconds from its receipt to its end, or to `now`.
pub fn lasted(fact: &TicketFact, now: Stamp) -> i64 {
    fact.ended_at.unwrap_or(now).min(now).millis_since(fact.received_at).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::figures::city::{City, HOUR, at};

    #[test]
    fn the_quickest_where_it_came_up_most_and_the_one_that_waits_longest() {
        let mut city = City::default();
        city.answers("big", 4, 6);
        let [many, few] = ["many", "few"].map(|code| city.facts.names.intern(code));
        for (nth, fact) in city.facts.tickets.iter_mut().enumerate() {
            fact.kind = Kind::Help;
            fact.standing = Standing::Closed;
            fact.keys.estate = if nth == 0 { few } else { many };
            fact.received_at = at(0);
            fact.ended_at = Some(at((10 - i64::try_from(nth).unwrap()) * HOUR));
            if let Some(survey) = &mut fact.survey {
                survey.satisfied = Satisfied::Satisfied;
            }
        }
        city.facts.tickets[3].kind = Kind::Complaint;
        let inside: Vec<&TicketFact> = city.facts.tickets.iter().collect();
        let ids = |kind| -> Vec<usize> {
            let ranked = ranked(kind, &inside, at(20 * HOUR));
            let place = |fact: &TicketFact| inside.iter().position(|it| it.id == fact.id).unwrap();
            ranked.into_iter().map(place).collect()
        };
        // The fourth is sealed by its kind; the first lies where nothing else came up.
        assert_eq!(ids(CaseKind::Solved), [2, 1, 0]);
        assert_eq!(ids(CaseKind::Unsolved), [4, 5]);
    }
}
