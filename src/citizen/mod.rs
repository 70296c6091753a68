//! Citizen 市民: whoever has no account and shows what they were told. Its rule: five wrong tries a
//! ticket, on disk before the answer; whoever shows the wrong thing learns nothing, not even whether
//! the number exists (decision 0014).

pub mod acts;
pub mod code;
pub mod digits;
pub mod draft;
pub mod gatekeeper;
pub mod inbox;
pub mod photos;
pub mod reply;
pub mod standing;
mod store;
pub mod word;

use std::sync::Arc;

use crate::audit::{self, Entry};
use crate::db::{Tx, is_duplicate};
use crate::error::{Error, FieldError, Kind, Result};
use crate::lifecycle::Hotline;
use crate::sealing::{MasterKey, hex};
use crate::ticket::store::{Stored, known, load_or_other};

pub use store::{forget_callers, forget_settled, forget_unknown};

/// Wrong tries after which a ticket is locked, until an agent has issued a new code.
pub const TRIES: i32 = 5;
/// Tries after which nothing is compared any more: so long is the one with the right things told that
/// it is locked. Without this end a lock would let a guesser go on and learn whose ticket it is.
const LAST: i32 = 2 * TRIES;
/// The longest number that is looked for, in characters (contract.md, "History file").
const LONGEST_NO: usize = 64;

/// What a citizen shows: number, six digits, four digits.
#[derive(Clone)]
pub struct Claim {
    no: String,
    code: String,
    tail: String,
}

/// Nobody's secret is printed.
impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Claim(…)")
    }
}

impl Claim {
    /// Reads what was typed; digits may be of full width, with blanks around or between.
    ///
    /// # Errors
    /// 422 at `/no`, `/code`, `/phone_tail`: by their form alone, whatever there is.
    pub fn parse(no: &str, code: &str, phone_tail: &str) -> Result<Self> {
        let mut wrong = Vec::new();
        let no = no.trim();
        if no.is_empty() || no.chars().count() > LONGEST_NO || no.chars().any(char::is_control) {
            wrong.push(FieldError::new("/no", "field.format"));
        }
        let mut digits = |text: &str, count: usize, pointer: &str| {
            let found = digits::plain(text);
            if found.len() != count || !found.bytes().all(|byte| byte.is_ascii_digit()) {
                wrong.push(FieldError::new(pointer, "field.format"));
            }
            found
        };
        let (code, tail) = (digits(code, 6, "/code"), digits(phone_tail, 4, "/phone_tail"));
        if wrong.is_empty() {
            Ok(Self { no: no.to_owned(), code, tail })
        } else {
            Err(Error::invalid(wrong))
        }
    }

    /// By what its tries are counted: of whatever was typed as a number nothing is kept in clear.
    fn key(&self, keys: &MasterKey) -> String {
        key_of(keys, &self.no)
    }
}

fn key_of(keys: &MasterKey, no: &str) -> String {
    hex(&keys.chain_seal(format!("citizen-try\0{no}").as_bytes())[..16])
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is theirs: the ticket's number.
    Right(String),
    /// All is right, but too much was wrong before: a person must issue a new code.
    Locked,
    /// No such number, another code, other digits, or nothing is compared any more.
    Wrong(Wrong),
}

/// What the house knows of a wrong claim and does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Counted,
    /// It was the one that locked the ticket.
    Locks,
    /// Nothing was compared.
    Shut,
}

impl Verdict {
    /// The number, for who has shown all that is right.
    ///
    /// # Errors
    /// `public.no_match` (404), the same for whatever is wrong; `public.locked` (403).
    pub fn number(self) -> Result<String> {
        match self {
            Self::Right(no) => Ok(no),
            Self::Locked => Err(Error::new(Kind::Forbidden, "public.locked")),
            Self::Wrong(_) => Err(Error::new(Kind::NotFound, "public.no_match")),
        }
    }
}

/// Judges `claim`. A wrong one is counted, and on disk, before anybody hears of it; right ones take
/// their turn among wrong ones, so that many at once are no more than the same one after another.
///
/// # Errors
/// As [`crate::db::Db::write`].
pub fn prove(hotline: &Arc<Hotline>, claim: &Claim) -> Result<Verdict> {
    let judged = || {
        let (house, claim) = (hotline.clone(), claim.clone());
        hotline.db.write(move |tx| judge(&house, tx, &claim))
    };
    match judged() {
        // Another one made the row of its first try at the same time.
        Err(error) if is_duplicate(&error) => judged(),
        done => done,
    }
}

/// The same work whether the number is there or not: another ticket stands in for the one that is
/// not, and its tries are counted like those of one that is.
fn judge(hotline: &Hotline, tx: &mut Tx<'_>, claim: &Claim) -> Result<Verdict> {
    let key = claim.key(&hotline.keys);
    let given = !known(tx.conn, &[&claim.no])?.is_empty();
    let tries = match store::tries(tx.conn, &key)? {
        // What was tried before the number was given out says nothing of its ticket, and its row would be
        // forgotten like all those of numbers that do not exist.
        Some((_, None)) if given => {
            store::forget(tx, &key)?;
            None
        }
        there => there.map(|(tries, _)| tries),
    };
    if tries.is_some_and(|tries| tries >= LAST) {
        return Ok(Verdict::Wrong(Wrong::Shut));
    }
    let rules = hotline.rules.current(tx.conn, tx.now)?;
    let looked_at = load_or_other(tx.conn, rules.vault(&hotline.keys), &claim.no)?;
    let proven = |it: &Stored| it.ticket.is_proven_by(&hotline.keys, &claim.code, &claim.tail);
    let proven = looked_at.as_ref().is_some_and(proven);
    let there = looked_at.filter(|stored| stored.ticket.no == claim.no);
    if let (Some(stored), true) = (&there, proven) {
        if tries.is_some_and(|tries| tries >= TRIES) {
            return Ok(Verdict::Locked);
        }
        store::queue_up(tx, &key, tries)?;
        return Ok(Verdict::Right(stored.ticket.no.clone()));
    }
    let count = tries.unwrap_or(0) + 1;
    store::count(tx, &key, there.as_ref().map(|stored| stored.id), count)?;
    let subject = there.as_ref().map_or("-", |stored| stored.ticket.no.as_str());
    let entry = Entry::new((0, "citizen"), "public.refused", ("ticket", subject)).refused();
    audit::record(tx, &entry.detailed(format!("try {count}, locked from {TRIES} on")))?;
    Ok(Verdict::Wrong(if count == TRIES { Wrong::Locks } else { Wrong::Counted }))
}
