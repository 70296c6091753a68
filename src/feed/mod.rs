//! Feed 上级平台来件: what the city's platform tells us: a ticket, an urge, a recall, late facts. Its rule: each
//! message is kept before it is looked at and takes effect once, in its place of the sequence, in whatever order
//! and how often it came; what became of it stays to be seen.

pub mod again;
pub mod apply;
pub mod message;
pub mod sequence;
pub mod store;

use std::sync::Arc;

use chrono::TimeDelta;

pub use again::{Again, come_again};
pub use message::{Message, MessageKind};
pub use store::{Filter, Kept, page};

use crate::code_enum;
use crate::db::is_duplicate;
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::Hotline;
use crate::upstream::desk::HANDS;

code_enum! {
    /// What became of a message.
    pub enum Fate {
        /// Kept until its ticket, or the messages before it, have come.
        Waiting = "waiting" "等待中",
        Applied = "applied" "已生效",
        /// The trade does not allow it: its code says why.
        Refused = "refused" "未采纳",
    }
}

/// A message and what became of it.
#[derive(Debug, Clone)]
pub struct Taken {
    pub kept: Kept,
    /// It had come before.
    pub repeated: bool,
}

/// How long a message waits for those before it.
#[derive(Debug, Clone, Copy)]
pub struct Patience(pub TimeDelta);

/// Takes a message in, once, and whatever it makes possible.
///
/// # Errors
/// 403; 422 with every wrong field; `upstream.other_content` where the id was another message's.
pub fn take(
    hotline: &Arc<Hotline>,
    actor: &Actor,
    message: &Message,
    patience: Patience,
) -> Result<Taken> {
    actor.require(&[Role::Platform])?;
    message.check()?;
    let keep = || {
        let (keys, actor, message) = (hotline.keys.clone(), actor.clone(), message.clone());
        hotline.db.write(move |tx| store::keep(tx, &keys, &actor, &message))
    };
    let repeated = match keep() {
        // Another node was quicker with it.
        Err(error) if is_duplicate(&error) => keep()?,
        kept => kept?,
    };
    apply::drain(hotline, &message.upstream_no, patience)?;
    let id = message.message_id.as_str();
    let kept = hotline.db.read(|conn| store::one(conn, id))?.ok_or_else(Error::not_found)?;
    Ok(Taken { kept, repeated })
}

/// Looks at a refused message again: what was missing (a category, a region) may be there now.
///
/// # Errors
/// 404, 403; `upstream.not_refused`.
pub fn retry(hotline: &Arc<Hotline>, actor: &Actor, id: &str, patience: Patience) -> Result<Kept> {
    let there = hotline.db.read(|conn| store::one(conn, id))?;
    let kept = there.filter(|_| actor.has_any(crate::upstream::desk::READERS));
    actor.require(HANDS).or_else(|refused| if kept.is_some() { Err(refused) } else { Ok(()) })?;
    let kept = kept.ok_or_else(Error::not_found)?;
    let (of_write, who) = (id.to_owned(), actor.clone());
    hotline.db.write(move |tx| store::reopen(tx, &who, &of_write))?;
    apply::drain(hotline, &kept.upstream_no, patience)?;
    hotline.db.read(|conn| store::one(conn, id))?.ok_or_else(Error::not_found)
}

/// Applies whatever can be applied of all that waits: messages whose gap has lasted too long, and those
/// whose node died between keeping and applying. One number that cannot be read holds up no other.
///
/// # Errors
/// At once where the database is not there or is full; else, when all were looked at, the first that failed.
pub fn sweep(hotline: &Arc<Hotline>, patience: Patience) -> Result<()> {
    let (mut after, mut failed) = (String::new(), None);
    loop {
        let numbers = hotline.db.read(|conn| store::waiting_numbers(conn, &after, 200))?;
        let Some(last) = numbers.last() else { break };
        after.clone_from(last);
        for no in &numbers {
            match apply::drain(hotline, no, patience) {
                Ok(()) => {}
                Err(error) if is_of_this_one(&error) => {
                    let (code, cause) = (error.code(), error.cause());
                    tracing::warn!(code, ?cause, "messages of one of the platform's tickets wait");
                    failed = failed.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Whether the next number may well go: the house itself is not the trouble.
fn is_of_this_one(error: &Error) -> bool {
    !matches!(error.kind(), Kind::Unavailable | Kind::Full | Kind::Slow | Kind::TooMany)
}
