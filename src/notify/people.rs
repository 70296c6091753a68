//! Notices: who gets a letter. Its rule: those who work there now and are not disabled; a deputy gets
//! what the principal would, beside it; nobody gets one letter twice. Of an emergency whoever is on duty is told too.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::plan::{Addressee, Occasion};
use super::store::Medium;
use crate::db::Conn;
use crate::directory::{Directory, UnitCode};
use crate::error::Result;
use crate::identity::reach;
use crate::identity::store as accounts;
use crate::identity::{Account, Role};
use crate::roster::{self, store::plans_about};
use crate::sealing::MasterKey;
use crate::time::Stamp;

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
        found.push(reached(conn, keys, account, principal)?);
    }
    Ok(found)
}

fn reached(
    conn: &mut Conn,
    keys: &MasterKey,
    account: i64,
    principal: Option<i64>,
) -> Result<Recipient> {
    let reach = reach::addresses(conn, keys, account)?;
    let mut media = Vec::new();
    media.extend(reach.email.is_some().then_some(Medium::Mail));
    media.extend(reach.mobile.is_some().then_some(Medium::Sms));
    Ok(Recipient { account, principal, media })
}

/// Who is on duty at `unit` at the instant `at` by the roster, beside those who are `told` anyway: with an account that
/// is not disabled, of the unit or one above it, and with a part in its cases.
///
/// # Errors
/// As the database says.
pub fn on_duty(
    conn: &mut Conn,
    keys: &MasterKey,
    (directory, unit): (&Directory, &UnitCode),
    (at, zone): (Stamp, Tz),
    told: &[Recipient],
) -> Result<Vec<Recipient>> {
    let above = directory.ancestors(unit);
    let plans = plans_about(conn, Some(std::slice::from_ref(unit)), at.day(zone))?;
    let logins: BTreeSet<&str> = roster::on_duty(&plans, at, zone)
        .into_iter()
        .filter_map(|(turn, _)| turn.account.as_deref())
        .collect();
    let mut found = Vec::new();
    for login in logins {
        let Some(account) = accounts::account_named(conn, login)? else { continue };
        let sees = account.unit.as_ref().is_some_and(|own| own == unit || above.contains(own));
        let works = account.has(Role::Handler) || account.has(Role::UnitHead);
        let is_told = told.iter().any(|it| it.account == account.id);
        if account.disabled_at.is_none() && sees && works && !is_told {
            found.push(reached(conn, keys, account.id, None)?);
        }
    }
    Ok(found)
}

/// The people of a unit who are told: those who work there, and its head where it is serious or
/// there is nobody else. A unit without anybody is told through the nearest one above it that has somebody;
/// never a property company's case through another company.
fn of_unit(
    conn: &mut Conn,
    directory: &Directory,
    unit: &UnitCode,
    occasion: Occasion,
) -> Result<Vec<Account>> {
    let is_serious = matches!(
        occasion,
        Occasion::Designated
            | Occasion::Overdue
            | Occasion::Rework
            | Occasion::Urged
            | Occasion::Supervised
            | Occasion::AnswerDue
    );
    let is_for_the_head = is_for_the_head(occasion);
    let roles = if is_for_the_head {
        &[Role::UnitHead][..]
    } else if is_serious {
        &[Role::Handler, Role::UnitHead][..]
    } else {
        &[Role::Handler][..]
    };
    for place in std::iter::once(unit.clone()).chain(directory.ancestors(unit)) {
        let mut people = reach::people_of(conn, &place, roles)?;
        if people.is_empty() {
            people = reach::people_of(conn, &place, &[Role::UnitHead, Role::Handler])?;
        }
        // The head of a bureau is its leader. Of the work of a section they hear through the sections' heads alone.
        if people.is_empty() && is_for_the_head {
            people = reach::people_of(conn, &place, &[Role::Leader])?;
        }
        if !people.is_empty() {
            return Ok(people);
        }
    }
    Ok(Vec::new())
}

/// Whether the head is told, who answers for it; where there is none, whoever is there.
const fn is_for_the_head(occasion: Occasion) -> bool {
    matches!(
        occasion,
        Occasion::Warning
            | Occasion::Instructed
            | Occasion::BottomLine
            | Occasion::BottomLineDue
            | Occasion::Charged
            | Occasion::Checking
    )
}
