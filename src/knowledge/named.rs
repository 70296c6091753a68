//! Knowledge: where a reply names the caller, a person, a door or a number, for whoever judges it. Its rule: pure; of a
//! text as its reader sees it, masked, so that no mark says more than the words do; what is common to all (a published
//! number, the ticket's own number) is left alone.

use std::ops::Range;

use super::guard::Own;
use super::particulars::{Particular, Pointing, particulars};
use crate::directory::Directory;
use crate::sealing::mask_name;
use crate::ticket::Ticket;

/// A piece of a text that names somebody or somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Its characters, from and to.
    pub from: usize,
    pub to: usize,
    pub what: Pointing,
    /// It stands on the ticket; else it may be another case's.
    pub is_own: bool,
}

/// Where `text`, masked words to the citizen of `ticket`, names somebody or somewhere, in its order.
pub fn named_in(ticket: &Ticket, text: &str, directory: &Directory) -> Vec<Named> {
    let own = Own::of(ticket, directory);
    // The caller's name, as the mask left it.
    let names = ticket.names().into_iter().map(mask_name).filter(|name| name.contains('*'));
    let names = names.flat_map(|name| {
        let places = text.match_indices(&name).map(|(at, found)| at..at + found.len());
        places.collect::<Vec<_>>()
    });
    let mut found: Vec<(Range<usize>, Pointing, bool)> =
        names.map(|range| (range, Pointing::Person, true)).collect();
    for range in starred(text) {
        let normal = text[range.clone()].to_owned();
        let it = Particular { kind: Pointing::Phone, range: range.clone(), normal };
        found.push((range, Pointing::Phone, own.has(&it, text, directory)));
    }
    for it in particulars(text) {
        let is_own = own.has(&it, text, directory);
        let is_common = is_own && matches!(it.kind, Pointing::Phone | Pointing::Ticket);
        if !is_common {
            found.push((it.range, it.kind, is_own));
        }
    }
    found.sort_by_key(|(range, ..)| (range.start, range.end));
    let count = |at: usize| text[..at].chars().count();
    let mut done = 0;
    let mut named = Vec::new();
    for (range, what, is_own) in found {
        if range.start >= done {
            done = range.end;
            named.push(Named { from: count(range.start), to: count(range.end), what, is_own });
        }
    }
    named
}

/// Numbers that were masked: digits around stars.
fn starred(text: &str) -> Vec<Range<usize>> {
    let belongs = |c: char| c.is_ascii_digit() || matches!(c, '*' | '-');
    let mut found = Vec::new();
    let mut start = None;
    // One more at the end closes what is open.
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match start {
            None if belongs(c) => start = Some(at),
            Some(from) if !belongs(c) => {
                let run = &text[from..at];
                if run.contains("**") && run.contains(|c: char| c.is_ascii_digit()) {
                    found.push(from..at);
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}
