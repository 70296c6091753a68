//! Feed: which message of a ticket takes effect next. Its rule: pure; with places given, what happens depends
//! on the set of messages alone, never on the order in which they came.

use std::collections::BTreeSet;

use super::store::Kept;
use super::{Fate, MessageKind, Patience};
use crate::time::Stamp;

/// The next of `rows` (all of one ticket, numbered `ticket` here once it is there) that may take effect.
pub fn next<'a>(
    rows: &'a [Kept],
    ticket: Option<&str>,
    now: Stamp,
    patience: Patience,
) -> Option<&'a Kept> {
    let waits = |row: &&Kept| row.fate == Fate::Waiting;
    let seqs = |counts: &dyn Fn(&Kept) -> bool| -> BTreeSet<i32> {
        rows.iter().filter(|row| counts(row)).filter_map(|row| row.seq).collect()
    };
    let settled = seqs(&|row| row.fate != Fate::Waiting);
    // Until there is a ticket, urges and the like cannot go before it, whatever their place.
    let in_its_way = seqs(&|row| row.fate != Fate::Waiting || row.kind != MessageKind::Ticket);
    let all_before = |seqs: &BTreeSet<i32>, seq: i32| {
        i32::try_from(seqs.range(1..seq).count()).is_ok_and(|count| count == seq - 1)
    };
    let in_order = |row: &Kept| {
        let Some(seq) = row.seq else { return true };
        let before = if ticket.is_some() { &settled } else { &in_its_way };
        all_before(before, seq) || now >= row.received_at.plus(patience.0)
    };
    rows.iter()
        .filter(waits)
        .filter(|row| ticket.is_some() || row.kind == MessageKind::Ticket)
        .filter(|row| in_order(row))
        .min_by_key(|row| (row.seq.unwrap_or_default(), row.kind, row.at, row.id.clone()))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const NOW: Stamp = Stamp::from_millis(1_000_000);
    const DAY: Patience = Patience(TimeDelta::hours(24));

    fn row(id: &str, kind: MessageKind, seq: Option<i32>, fate: Fate) -> Kept {
        Kept {
            id: id.to_owned(),
            upstream_no: "GD1".to_owned(),
            kind,
            seq,
            at: NOW,
            received_at: NOW,
            account_id: 1,
            account: "platform".to_owned(),
            fate,
            code: None,
            reason: None,
            pointer: None,
            ticket_no: None,
            settled_at: None,
        }
    }

    const HERE: Option<&str> = Some("2026-000001");

    fn next_id(rows: &[Kept], ticket: Option<&str>, now: Stamp) -> Option<String> {
        next(rows, ticket, now, DAY).map(|row| row.id.clone())
    }

    #[test]
    fn an_urge_before_its_ticket_waits_and_the_ticket_goes_first() {
        let urge = row("u", MessageKind::Urge, None, Fate::Waiting);
        assert_eq!(next_id(std::slice::from_ref(&urge), None, NOW), None);
        let rows = [urge, row("t", MessageKind::Ticket, None, Fate::Waiting)];
        assert_eq!(next_id(&rows, None, NOW).as_deref(), Some("t"));
    }

    #[test]
    fn a_place_waits_for_all_before_it_but_not_for_ever() {
        let ticket = row("t", MessageKind::Ticket, Some(1), Fate::Applied);
        let recall = row("r", MessageKind::Recall, Some(3), Fate::Waiting);
        let rows = [ticket, recall];
        assert_eq!(next_id(&rows, HERE, NOW), None);
        let later = NOW.plus(TimeDelta::hours(24));
        assert_eq!(next_id(&rows, HERE, later).as_deref(), Some("r"));
        let urge = row("u", MessageKind::Urge, Some(2), Fate::Waiting);
        let rows = [rows, [urge.clone(), urge]].concat();
        assert_eq!(next_id(&rows, HERE, NOW).as_deref(), Some("u"));
    }

    #[test]
    fn a_ticket_behind_its_own_urge_does_not_wait_for_it() {
        let rows = [
            row("u", MessageKind::Urge, Some(1), Fate::Waiting),
            row("t", MessageKind::Ticket, Some(2), Fate::Waiting),
        ];
        assert_eq!(next_id(&rows, None, NOW).as_deref(), Some("t"));
    }
}
