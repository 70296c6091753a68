//! Notices: who gets a letter. Its rule: those who work there now and are not disabled; a deputy gets
//! what the principal would, beside it; nobody gets one letter twice.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::plan::{Addressee, Occasion};
use super::store::Medium;
use crate::db::Conn;
use crate::directory::{Directory, UnitCode};
use crate::error::Result;
use crate::identity::reach;
use crate::identity::{Account, Role};
use crate::sealing::MasterKey;

/// Somebody who gets a letter, with the ways they can be reached by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub account: i64,
    /// In whose place.
    pub principal: Option<i64>,
    pub media: Vec<Medium>,
}

/// The members of staff who are told about `occasion`.
///
/// # Errors
/// As the database says.
pub fn recipients(
    conn: &mut Conn,
    keys: &MasterKey,
    directory: &Directory,
    (occasion, addressee): (Occasion, &Addressee),
    day: NaiveDate,
) -> Result<Vec<Recipient>> {
    let people = match addressee {
        Addressee::Unit(unit) => of_unit(conn, directory, unit, occasion)?,
        Addressee::Role(role) => reach::holders_of(conn, *role)?,
        Addressee::Citizen => Vec::new(),
    };
    let mut told: BTreeSet<i64> = people.iter().map(|account| account.id).collect();
    let mut all: Vec<(i64, Option<i64>)> = people.iter().map(|it| (it.id, None)).collect();
    for account in &people {
        for deputy in reach::standing_in(conn, account.id, day)? {
            if told.insert(deputy.id) {
                all.push((deputy.id, Some(account.id)));
            }
        }
    }
    let mut found = Vec::new();
    for (account, principal) in all {
        let reach = reach::addresses(conn, keys, account)?;
        let mut media = Vec::new();
        media.extend(reach.email.is_some().then_some(Medium::Mail));
        media.extend(reach.mobile.is_some().then_some(Medium::Sms));
        found.push(Recipient { account, principal, media });
    }
    Ok(found)
}

/// The people of a unit who are told: those who work there, and its head where it is serious or
/// there is nobody else. A unit without anybody is told through the one above it; never a property
/// company's case through another company.
fn of_unit(
    conn: &mut Conn,
    directory: &Directory,
    unit: &UnitCode,
    occasion: Occasion,
) -> Result<Vec<Account>> {
    let serious = matches!(
        occasion,
        Occasion::Designated
            | Occasion::Overdue
            | Occasion::Rework
            | Occasion::Urged
            | Occasion::Supervised
            | Occasion::AnswerDue
    );
    let roles = match occasion {
        // The head is warned, and answers; where there is none, whoever is there.
        Occasion::Warning
        | Occasion::Instructed
        | Occasion::BottomLine
        | Occasion::BottomLineDue
        | Occasion::Charged => &[Role::UnitHead][..],
        _ if serious => &[Role::Handler, Role::UnitHead][..],
        _ => &[Role::Handler][..],
    };
    for place in std::iter::once(unit.clone()).chain(directory.ancestors(unit)) {
        let mut people = reach::people_of(conn, &place, roles)?;
        if people.is_empty() {
            people = reach::people_of(conn, &place, &[Role::UnitHead, Role::Handler])?;
        }
        if !people.is_empty() {
            return Ok(people);
        }
    }
    Ok(Vec::new())
}
