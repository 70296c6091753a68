//! Moving: what a line tells, in the order in which it happened.

use super::history::History;
use crate::ticket::Part;
use crate::time::Stamp;

/// One thing that happened; the numbers are places in the line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fact {
    Sent(usize, Part),
    Signed(usize),
    Contact(usize, usize),
    Returned(usize),
    Replied(usize, Part),
    Reviewed(usize),
    Asked(usize),
    Ended,
}

/// Everything that happened, in the order of time; at one instant, in the order in which one thing
/// leads to the next.
pub(super) fn facts(history: &History) -> Vec<(Stamp, Fact)> {
    let mut facts = Vec::new();
    for (i, sent) in history.assignments.iter().enumerate() {
        facts.push((sent.sent_at, 1, Fact::Sent(i, sent.role)));
        facts.extend(sent.signed_at.map(|at| (at, 2, Fact::Signed(i))));
        for (j, contact) in sent.contacts.iter().enumerate() {
            facts.push((contact.at, 3, Fact::Contact(i, j)));
        }
        facts.extend(sent.replied_at.map(|at| (at, 4, Fact::Replied(i, sent.role))));
        facts.extend(sent.returned_at.map(|at| (at, 5, Fact::Returned(i))));
    }
    for (i, review) in history.reviews.iter().enumerate() {
        facts.push((review.at, 6, Fact::Reviewed(i)));
    }
    for (i, survey) in history.surveys.iter().enumerate() {
        facts.push((survey.at, 7, Fact::Asked(i)));
    }
    facts.sort_by_key(|(at, rank, _)| (*at, *rank));
    let last = facts.last().map_or(history.received_at, |(at, ..)| *at);
    let merged_at = history.merged_into.as_ref().map(|_| last);
    if let Some(at) = history.closed_at.or(merged_at) {
        let place = facts.partition_point(|(there, ..)| *there <= at);
        facts.insert(place, (at, 8, Fact::Ended));
    }
    facts.into_iter().map(|(at, _, fact)| (at, fact)).collect()
}
