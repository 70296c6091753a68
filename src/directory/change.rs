//! Directory: its commands. Their rule: the sysadmin describes, with a day; nothing is deleted, a
//! thing ends by its last day.

use chrono::NaiveDate;

use crate::db::Tx;
use crate::directory::check::check;
use crate::directory::entry::{Entry, Noun};
use crate::directory::import::{self, Days, Imported, Sheet};
use crate::directory::policy::{BUILT_IN_PROFILES, Profile};
use crate::directory::snapshot::Directory;
use crate::directory::store::{self, Recorded};
use crate::error::{Error, FieldError, Result};
use crate::identity::{Actor, Role};

/// Who may change the directory: the sysadmin, and the program itself (the demo city).
const MAY_CHANGE: &[Role] = &[Role::Sysadmin, Role::System];

/// Adds a thing that is not there yet; answers the directory's new version.
///
/// # Errors
/// `forbidden`; 409 `directory.exists`; 422 with each wrong field.
pub fn create(tx: &mut Tx<'_>, actor: &Actor, entry: Entry, today: NaiveDate) -> Result<i64> {
    actor.require(MAY_CHANGE)?;
    let directory = store::load(tx.conn)?;
    if directory.recorded(&entry) > 0 {
        return Err(Error::refused("directory.exists"));
    }
    if let Entry::Profile(profile) = &entry {
        check_new_version(&directory, profile, today)?;
    }
    let since_on = entry.from_on().unwrap_or(today).min(today);
    record(tx, actor, &directory, since_on, entry)
}

/// A new version of a profile that is there already comes after the others and begins today or
/// later: the days before were under another one, and stay so.
fn check_new_version(directory: &Directory, new: &Profile, today: NaiveDate) -> Result<()> {
    let own = directory.profiles().filter(|it| it.name == new.name);
    // Version 1 of a built-in name is the program's own text, laid down by the site.
    let built_in = BUILT_IN_PROFILES.contains(&new.name.as_str()) && new.version > 1;
    let Some(newest) = own.map(|it| it.version).max().or(built_in.then_some(1)) else {
        return Ok(());
    };
    let mut wrong = Vec::new();
    if new.version <= newest {
        wrong.push(FieldError::new("/version", "directory.profile_version"));
    }
    if new.from_on < today {
        wrong.push(FieldError::new("/from_on", "directory.profile_past"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// Describes a thing anew from `since_on` on; what was said of earlier days stays. A profile version
/// is never revised: a change is a new version.
///
/// # Errors
/// `forbidden`; `not_found`; 409 `directory.profile_fixed`; 422 with each wrong field.
pub fn revise(
    tx: &mut Tx<'_>,
    actor: &Actor,
    entry: Entry,
    since_on: NaiveDate,
    today: NaiveDate,
) -> Result<i64> {
    actor.require(MAY_CHANGE)?;
    let directory = store::load(tx.conn)?;
    if directory.recorded(&entry) == 0 {
        return Err(Error::not_found());
    }
    if entry.noun() == Noun::Profile {
        return Err(Error::refused("directory.profile_fixed"));
    }
    // Only a setting can be described ahead: of the rest the newest description is the present one.
    if since_on > today && entry.noun() != Noun::Setting {
        return Err(Error::field("/since_on", "directory.since_future"));
    }
    record(tx, actor, &directory, since_on, entry)
}

/// Creates the thing or, where it is there already, revises it from `since_on` on; one that is
/// described so already is left alone (a setting: where it is from that day on).
///
/// # Errors
/// As [`create`] and [`revise`].
pub fn put(
    tx: &mut Tx<'_>,
    actor: &Actor,
    entry: Entry,
    since_on: NaiveDate,
    today: NaiveDate,
) -> Result<i64> {
    actor.require(MAY_CHANGE)?;
    let directory = store::load(tx.conn)?;
    if directory.recorded(&entry) == 0 {
        create(tx, actor, entry, today)
    } else if directory.says(&entry, since_on) {
        Ok(directory.version())
    } else {
        revise(tx, actor, entry, since_on, today)
    }
}

fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    directory: &Directory,
    since_on: NaiveDate,
    entry: Entry,
) -> Result<i64> {
    let wrong: Vec<FieldError> = check(directory, &entry);
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let revision = next_revision(directory, &entry)?;
    store::append(tx, &actor.name, &[Recorded { since_on, revision, entry }])
}

fn next_revision(directory: &Directory, entry: &Entry) -> Result<i32> {
    let known = directory.recorded(entry);
    i32::try_from(known + 1).map_err(Error::internal)
}

/// Loads sheets (CSV texts) in the order given, all in this one write: good lines are recorded, the
/// others come back with their reasons.
///
/// # Errors
/// `forbidden`; 422 where a sheet's header cannot be used (nothing of any sheet is recorded then).
pub fn import(
    tx: &mut Tx<'_>,
    actor: &Actor,
    sheets: &[(Sheet, &str)],
    days: Days,
) -> Result<Vec<Imported>> {
    actor.require(MAY_CHANGE)?;
    let mut directory = store::load(tx.conn)?;
    let mut outcomes = Vec::new();
    let mut entries = Vec::new();
    for (sheet, text) in sheets {
        let plan = import::plan(&mut directory, *sheet, text, days)?;
        entries.extend(plan.entries);
        outcomes.push(plan.outcome);
    }
    if !entries.is_empty() {
        store::append(tx, &actor.name, &entries)?;
    }
    Ok(outcomes)
}
