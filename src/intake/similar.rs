//! Intake: what is known of a matter that is a ticket already. Its rule: nobody was asked while the city's platform, a
//! citizen or an import brought it, so it is asked now, by the same comparison as `suggest`.

use chrono::NaiveDate;

use super::known::{Known, MOST};
use super::suggest::{Advisers, WHO, place_of};
use crate::error::Result;
use crate::identity::Actor;
use crate::search::Names;
use crate::search::alike::{Alike, Matter};
use crate::ticket::StateName;
use crate::ticket::overlay::{Satisfied, Solved};
use crate::ticket::store::Stored;
use crate::ticket::store::rows::TicketRow;
use crate::time::Stamp;

/// Like tickets among which those are looked for whose citizen was content.
const AMONG: usize = 60;

/// What `actor` may know at `now`, which is `today` at the site, of the matter of a ticket that is there: never that
/// ticket itself.
///
/// # Errors
/// 403 for whoever takes no calls and dispatches nothing; the database's own.
pub fn similar(
    advisers: Advisers<'_>,
    actor: &Actor,
    names: &Names,
    stored: &Stored,
    (now, today): (Stamp, NaiveDate),
) -> Result<Known> {
    actor.require(&WHO)?;
    let ticket = &stored.ticket;
    let words = ticket.words();
    let (place, _) = place_of(advisers, &ticket.place, names.directory(), today);
    let hash = ticket.caller.phone.as_ref().map(|phone| advisers.keys.phone_hash(phone));
    let matter = Matter {
        title: &words.title,
        content: &words.content,
        category: ticket.category.as_ref().map(AsRef::as_ref),
        estate: place.0.as_ref().map(AsRef::as_ref),
        region: place.1.as_ref().map(AsRef::as_ref),
        phone_hash: hash.as_deref(),
    };
    // It is likest to itself, and one of its caller's.
    let mut alike = advisers.search.alike(actor, names, &matter, now, MOST + 1)?;
    alike.found.retain(|like| like.row.id != stored.id);
    Ok(alike.into())
}

/// Ended tickets of the same category, like this one wherever they are, of those that `actor` may see, whose citizen
/// said that it was solved and was content: the likest first.
///
/// # Errors
/// The database's own.
pub fn solved(
    advisers: Advisers<'_>,
    actor: &Actor,
    names: &Names,
    stored: &Stored,
    now: Stamp,
) -> Result<Alike> {
    let words = stored.ticket.words();
    let matter = Matter {
        title: &words.title,
        content: &words.content,
        category: stored.ticket.category.as_ref().map(AsRef::as_ref),
        estate: None,
        region: None,
        phone_hash: None,
    };
    let mut alike = advisers.search.alike(actor, names, &matter, now, AMONG)?;
    alike.found.retain(|like| like.row.id != stored.id && is_content(&like.row));
    Ok(alike)
}

/// Whether the last valid survey of an ended ticket was good in both.
fn is_content(row: &TicketRow) -> bool {
    let answers = row.survey.as_deref().unwrap_or_default();
    let good = format!(":{}:{}", Solved::Solved.as_str(), Satisfied::Satisfied.as_str());
    row.state == StateName::Closed && answers.ends_with(&good)
}
