//! Ticket: links that stand in letters and messages. Its rule: a link is nothing but a keyed proof of
//! what it is for, of a ticket's id and of the round of asking; nobody stores it, nothing personal
//! is in it, and how long it is good for is the ticket's to say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::Ticket;
use crate::code_enum;
use crate::limits::{ClockName, Profile};
use crate::sealing::MasterKey;
use crate::time::Stamp;

code_enum! {
    /// What a link opens, and nothing else.
    pub enum Purpose {
        Survey = "survey" "回访",
        /// In the place of the round stands the minute of the epoch from which on it opens nothing.
        Card = "card" "维修卡",
    }
}

/// Which ticket a link is about, and the round of asking it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub purpose: Purpose,
    pub ticket_id: i64,
    /// [`Ticket::round`] when it was written: an older round's link opens nothing.
    pub round: u32,
}

/// Bytes before the proof: the id and the round.
const HEAD: usize = 12;
/// Bytes of the proof: 160 bits.
const PROOF: usize = 20;

/// The text of a link for a ticket: 43 characters that may stand in a URL.
pub fn make(keys: &MasterKey, purpose: Purpose, ticket_id: i64, round: u32) -> String {
    let head = head(ticket_id, round);
    let mut bytes = head.to_vec();
    bytes.extend_from_slice(&proof(keys, purpose, &head));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What `token` is a link to, where it was made with `keys` for `purpose`.
pub fn read(keys: &MasterKey, purpose: Purpose, token: &str) -> Option<Link> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (head, shown) = bytes.split_first_chunk::<HEAD>()?;
    if !bool::from(proof(keys, purpose, head).as_slice().ct_eq(shown)) {
        return None;
    }
    let (id, round) = head.split_first_chunk::<8>()?;
    Some(Link {
        purpose,
        ticket_id: i64::from_be_bytes(*id),
        round: u32::from_be_bytes(round.try_into().ok()?),
    })
}

fn head(ticket_id: i64, round: u32) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&ticket_id.to_be_bytes());
    head[8..].copy_from_slice(&round.to_be_bytes());
    head
}

fn proof(keys: &MasterKey, purpose: Purpose, head: &[u8; HEAD]) -> [u8; PROOF] {
    let mut bytes = purpose.as_str().as_bytes().to_vec();
    bytes.push(0);
    bytes.extend_from_slice(head);
    let whole = keys.link_proof(&bytes);
    let mut proof = [0; PROOF];
    proof.copy_from_slice(&whole[..PROOF]);
    proof
}

/// From when and until when (included) the survey of this round may be answered by link, message or
/// page: from the day that the reply promised, for some days ⚙ (domain.md §5). None where nobody
/// was asked.
pub fn survey_window(ticket: &Ticket, profile: &Profile) -> Option<(Stamp, Stamp)> {
    let from = ticket.timers.get(&ClockName::Survey)?.starts_at;
    let days = i64::from(profile.survey.link_days);
    Some((from, from.plus_millis(days * crate::limits::span::DAY_MS)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sealing::entropy;

    proptest! {
        #[test]
        fn a_link_says_what_it_was_made_for_and_one_changed_character_says_nothing(
            id in any::<i64>(), round in any::<u32>(), at in 0_usize..43, other in "[A-Za-z0-9_-]"
        ) {
            let keys = MasterKey::fleeting(&mut entropy());
            let token = make(&keys, Purpose::Survey, id, round);
            let link = Link { purpose: Purpose::Survey, ticket_id: id, round };
            prop_assert_eq!(read(&keys, Purpose::Survey, &token), Some(link));
            prop_assert_eq!(token.len(), 43);
            prop_assert_eq!(read(&keys, Purpose::Card, &token), None);
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            prop_assume!(changed != token);
            prop_assert_eq!(read(&keys, Purpose::Survey, &changed), None);
            let stranger = MasterKey::fleeting(&mut entropy());
            prop_assert_eq!(read(&stranger, Purpose::Survey, &token), None);
        }

        #[test]
        fn whatever_else_is_typed_is_no_link(text in ".{0,80}") {
            let keys = MasterKey::fleeting(&mut entropy());
            prop_assert_eq!(read(&keys, Purpose::Survey, &text), None);
        }
    }
}
