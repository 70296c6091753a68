//! Directory: texts that a site says of its own in place of the program's. Its rule: settings like others, dated and
//! never overwritten; an empty one goes back to the program's.

use chrono::NaiveDate;

use crate::db::{Conn, Tx};
use crate::directory::change::put;
use crate::directory::entry::{Entry, Noun};
use crate::directory::policy::Setting;
use crate::directory::store;
use crate::error::Result;
use crate::identity::Actor;
use crate::time::Stamp;

/// Has `setting` say its text from `since_on` on. What was said before for that day and later ones holds no more.
/// Answers whether anything had to be recorded.
///
/// # Errors
/// As [`put`].
pub fn say(
    tx: &mut Tx<'_>,
    actor: &Actor,
    setting: &Setting,
    since_on: NaiveDate,
    today: NaiveDate,
) -> Result<bool> {
    let entry = Entry::Setting(setting.clone());
    let directory = store::load(tx.conn)?;
    let is_first = directory.recorded(&entry) == 0;
    if (is_first && setting.value.is_empty()) || directory.says(&entry, since_on) {
        return Ok(false);
    }
    if is_first && since_on > today {
        // The first to be said would hold for all the days before.
        let nothing = Setting { name: setting.name.clone(), value: String::new() };
        put(tx, actor, Entry::Setting(nothing), today, today)?;
    }
    put(tx, actor, entry, since_on, today)?;
    Ok(true)
}

/// What was once said in place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    pub since_on: NaiveDate,
    /// None: the program's.
    pub text: Option<String>,
    pub recorded_at: Stamp,
    pub recorded_by: String,
}

/// Everything that the setting `name` ever said, the newest first.
pub fn past(conn: &mut Conn, name: &str) -> Result<Vec<Wording>> {
    let rows = store::said_of(conn, Noun::Setting, name)?;
    let wording = |row: store::Said| match row.entry {
        Entry::Setting(said) => Some(Wording {
            since_on: row.since_on,
            text: Some(said.value).filter(|text| !text.is_empty()),
            recorded_at: row.recorded_at,
            recorded_by: row.recorded_by,
        }),
        _ => None,
    };
    Ok(rows.into_iter().rev().filter_map(wording).collect())
}
