//! Intake: the rows of vexatious marks. Its rule: a mark counts only while the ticket it was proposed on is
//! still of that caller and about that matter: once the number or the category is corrected, it was of
//! somebody else, or about something else, and is shown no more.

use diesel::prelude::*;

use super::MarkState;
use crate::db::schema::{tickets, vexatious};
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::ticket::again::About;
use crate::time::Stamp;

/// A row of `vexatious`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = vexatious, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct MarkRow {
    pub id: i64,
    pub ticket_id: i64,
    /// The ticket it was proposed on.
    pub ticket_no: String,
    /// The keyed hash of the caller's number.
    pub phone_hash: String,
    pub category: String,
    pub estate: Option<String>,
    pub region: Option<String>,
    /// Numbers of tickets, as a JSON list.
    pub rests_on: String,
    /// Masked.
    pub reason: String,
    pub state: MarkState,
    pub proposed_at: Stamp,
    pub proposed_by: i64,
    /// The login name.
    pub proposed_name: String,
    pub decided_at: Option<Stamp>,
    pub decided_name: Option<String>,
    pub decided_why: Option<String>,
    pub ends_at: Option<Stamp>,
    pub lifted_at: Option<Stamp>,
    pub lifted_name: Option<String>,
    pub lifted_why: Option<String>,
}

impl MarkRow {
    /// The numbers of the tickets it rests on.
    pub fn tickets(&self) -> Vec<String> {
        serde_json::from_str(&self.rests_on).unwrap_or_default()
    }

    /// Whether it stands at `now`: confirmed, not lifted, not past its end.
    pub fn is_in_force(&self, now: Stamp) -> bool {
        self.state == MarkState::InForce && self.ends_at.is_some_and(|ends| now < ends)
    }

    /// Whether it is this caller's, on this matter.
    pub fn is_of(&self, caller: &str, about: &About) -> bool {
        let place = (&self.estate, &self.region);
        self.phone_hash == caller
            && self.category == about.category
            && place == (&about.estate, &about.region)
    }
}

/// What the ticket behind a mark is now: its caller, category, estate and region.
type Behind = (Option<String>, Option<String>, Option<String>, Option<String>);

/// Whether it is still of the ticket's caller and matter.
fn holds(mark: &MarkRow, (caller, category, estate, region): Behind) -> bool {
    let (Some(caller), Some(about)) = (caller, About::of(category, estate, region)) else {
        return false;
    };
    mark.is_of(&caller, &about)
}

/// Every mark of the caller with this phone hash on the matter that its ticket still bears out.
fn of(conn: &mut Conn, caller: &str, about: &About) -> Result<Vec<MarkRow>> {
    let found: Vec<(MarkRow, Behind)> = vexatious::table
        .inner_join(tickets::table.on(tickets::id.eq(vexatious::ticket_id)))
        .filter(vexatious::phone_hash.eq(caller.to_owned()))
        .filter(vexatious::category.eq(about.category.clone()))
        .order(vexatious::id)
        .select((
            MarkRow::as_select(),
            (tickets::phone_hash, tickets::category, tickets::estate, tickets::region),
        ))
        .load(conn)?;
    let fits = |(mark, behind): (MarkRow, Behind)| {
        (mark.is_of(caller, about) && holds(&mark, behind)).then_some(mark)
    };
    Ok(found.into_iter().filter_map(fits).collect())
}

/// The mark of the caller with this phone hash on this matter that stands at `now`.
///
/// # Errors
/// The database's own.
pub fn in_force(
    conn: &mut Conn,
    caller: &str,
    about: &About,
    now: Stamp,
) -> Result<Option<MarkRow>> {
    Ok(of(conn, caller, about)?.into_iter().rfind(|mark| mark.is_in_force(now)))
}

/// Whether one stands or waits for a second person.
pub(super) fn is_open(conn: &mut Conn, caller: &str, about: &About, now: Stamp) -> Result<bool> {
    let open = |mark: &MarkRow| mark.state == MarkState::Proposed || mark.is_in_force(now);
    Ok(of(conn, caller, about)?.iter().any(open))
}

/// The mark with this id.
///
/// # Errors
/// The database's own.
pub fn find(conn: &mut Conn, id: i64) -> Result<Option<MarkRow>> {
    Ok(vexatious::table.find(id).select(MarkRow::as_select()).first(conn).optional()?)
}

/// A mark, and whether its ticket still bears it out: where it does not, it counts for nobody any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub mark: MarkRow,
    pub holds: bool,
}

/// At most `most` marks in `state` after the id `after`, the oldest first; of those in force, such as have not
/// ended at `now`.
pub(super) fn list(
    conn: &mut Conn,
    (state, now): (MarkState, Stamp),
    after: i64,
    most: i64,
) -> Result<Vec<Listed>> {
    let since = if state == MarkState::InForce { now } else { Stamp::MIN };
    let found: Vec<(MarkRow, Behind)> = vexatious::table
        .inner_join(tickets::table.on(tickets::id.eq(vexatious::ticket_id)))
        .filter(vexatious::state.eq(state.as_str()).and(vexatious::id.gt(after)))
        .filter(vexatious::ends_at.is_null().or(vexatious::ends_at.gt(since)))
        .order(vexatious::id)
        .limit(most)
        .select((
            MarkRow::as_select(),
            (tickets::phone_hash, tickets::category, tickets::estate, tickets::region),
        ))
        .load(conn)?;
    let listed = |(mark, behind): (MarkRow, Behind)| Listed { holds: holds(&mark, behind), mark };
    Ok(found.into_iter().map(listed).collect())
}

/// Every mark of the number with this hash, for the person whose number it is.
///
/// # Errors
/// The database's own.
pub fn of_number(conn: &mut Conn, caller: &str) -> Result<Vec<MarkRow>> {
    let found: Vec<(MarkRow, Behind)> = vexatious::table
        .inner_join(tickets::table.on(tickets::id.eq(vexatious::ticket_id)))
        .filter(vexatious::phone_hash.eq(caller.to_owned()))
        .order(vexatious::id)
        .select((
            MarkRow::as_select(),
            (tickets::phone_hash, tickets::category, tickets::estate, tickets::region),
        ))
        .load(conn)?;
    // A number that was put right is another person's: what was said of them is not this one's.
    let own = |(mark, behind): (MarkRow, Behind)| {
        (behind.0.as_ref() == Some(&mark.phone_hash)).then_some(mark)
    };
    Ok(found.into_iter().filter_map(own).collect())
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &MarkRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(vexatious::table).values(row).execute(c)?);
    Ok(())
}

pub(super) fn save(tx: &mut Tx<'_>, row: &MarkRow) -> Result<()> {
    each!(tx.conn, c => diesel::update(vexatious::table.find(row.id)).set(row).execute(c)?);
    Ok(())
}

/// Takes away the marks proposed before `before` of callers whose hashes begin with one of `hashes`: the person
/// is erased.
///
/// # Errors
/// The database's own.
pub fn forget_callers(tx: &mut Tx<'_>, hashes: &[String], before: Stamp) -> Result<()> {
    use diesel::sql_types::{BigInt, Text};
    for hash in hashes {
        let order = diesel::sql_query(
            "DELETE FROM vexatious WHERE substr(phone_hash, 1, length($1)) = $1 AND proposed_at < $2",
        );
        let order = order.bind::<Text, _>(hash).bind::<BigInt, _>(before.millis());
        each!(tx.conn, c => order.execute(c)?);
    }
    Ok(())
}
