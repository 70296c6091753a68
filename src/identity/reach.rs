//! Identity: how a member of staff is reached, and who gets their letters while they are away. Its
//! rule: addresses are sealed at rest; one sets one's own, the security administrator anybody's,
//! and each change is in the audit trail without the address.

pub mod store;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::account::{Account, fold_name};
use super::actor::{Actor, Role};
use super::people::Signature;
use super::store as accounts;
use crate::db::{Conn, Db, Tx};
use crate::error::{Error, FieldError, Result};
use crate::sealing::{MasterKey, normalise_phone};
use crate::time::Stamp;

/// Addresses of a member of staff; either may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// At most 254 characters, with one `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Eleven digits from 1 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
}

impl Reach {
    /// The same in normal form.
    ///
    /// # Errors
    /// `invalid` at `/email`, `/mobile`.
    pub fn checked(self) -> Result<Self> {
        let mut wrong = Vec::new();
        let email = self.email.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if email.as_deref().is_some_and(|text| !is_address(text)) {
            wrong.push(FieldError::new("/email", "field.format"));
        }
        let typed = self.mobile.filter(|text| !text.trim().is_empty());
        let mobile = typed.as_deref().and_then(normalise_phone);
        let is_mobile = |digits: &String| digits.len() == 11 && digits.starts_with('1');
        if typed.is_some() && !mobile.as_ref().is_some_and(is_mobile) {
            wrong.push(FieldError::new("/mobile", "field.format"));
        }
        if wrong.is_empty() { Ok(Self { email, mobile }) } else { Err(Error::invalid(wrong)) }
    }
}

/// Whether a letter could be addressed so: one `@` with something on both sides, ASCII without blanks
/// or control characters, since few mail servers carry more.
fn is_address(text: &str) -> bool {
    let plain = text.len() <= 254 && text.bytes().all(|byte| byte.is_ascii_graphic());
    let parts: Vec<&str> = text.split('@').collect();
    let odd = ['<', '>', '"', ',', ';', ':', '(', ')', '\\'];
    plain && !text.contains(odd) && matches!(parts[..], [a, b] if !a.is_empty() && b.len() > 2)
}

/// Somebody stands in for somebody else from day to day, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deputy {
    pub id: i64,
    pub principal: i64,
    pub deputy: i64,
    pub from_on: NaiveDate,
    pub to_on: NaiveDate,
    pub set_by: String,
    pub set_at: Stamp,
}

/// What is asked for when a deputy is named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeputy {
    /// The deputy's login name.
    pub deputy: String,
    pub from_on: NaiveDate,
    pub to_on: NaiveDate,
}

/// Sets how `name` is reached: one's own, or anybody's by the security administrator.
///
/// # Errors
/// `forbidden`; `not_found`; `invalid`.
pub fn set_reach(db: &Db, keys: &MasterKey, actor: &Actor, name: &str, reach: Reach) -> Result<()> {
    let reach = reach.checked()?;
    let (keys, name, by) = (keys.clone(), own_or_kept(actor, name)?, Signature::of(actor));
    db.write(move |tx| {
        let account = named(tx.conn, &name)?;
        store::set(tx, &keys, account.id, &reach)?;
        by.note(tx, "account.reach", &account, None)
    })
}

/// How `name` is reached.
///
/// # Errors
/// As [`set_reach`].
pub fn reach_of(conn: &mut Conn, keys: &MasterKey, actor: &Actor, name: &str) -> Result<Reach> {
    let account = named(conn, &own_or_kept(actor, name)?)?;
    store::of(conn, keys, account.id)
}

/// Names a deputy for `name`; answers the id.
///
/// # Errors
/// `forbidden`; `not_found`; `invalid` at `/deputy` (unknown, oneself, disabled, of another unit
/// unless the principal has none) or `/to_on`.
pub fn add_deputy(db: &Db, actor: &Actor, name: &str, plan: NewDeputy) -> Result<i64> {
    let (name, by) = (own_or_kept(actor, name)?, Signature::of(actor));
    if plan.to_on < plan.from_on {
        return Err(Error::field("/to_on", "deputy.ends_before"));
    }
    let set_by = actor.name.clone();
    db.write(move |tx| {
        let principal = named(tx.conn, &name)?;
        let found = accounts::account_named(tx.conn, &fold_name(&plan.deputy))?;
        let deputy = found.filter(|it| it.disabled_at.is_none());
        let deputy = deputy.ok_or_else(|| Error::field("/deputy", "field.unknown_code"))?;
        check_pair(&principal, &deputy)?;
        let row = Deputy {
            id: tx.id(),
            principal: principal.id,
            deputy: deputy.id,
            from_on: plan.from_on,
            to_on: plan.to_on,
            set_by: set_by.clone(),
            set_at: tx.now,
        };
        store::add_deputy(tx, &row)?;
        by.note(tx, "account.deputy", &principal, Some(deputy.name))?;
        Ok(row.id)
    })
}

/// A deputy learns what the principal would: so both belong to one unit, and sit behind the same
/// desks. Whoever is accused never deputises for who handles it.
fn check_pair(principal: &Account, deputy: &Account) -> Result<()> {
    let may = principal.id != deputy.id
        && principal.unit == deputy.unit
        && principal
            .roles
            .iter()
            .all(|role| deputy.roles.contains(role) || stands_in(*role, deputy));
    if may { Ok(()) } else { Err(Error::field("/deputy", "deputy.unfit")) }
}

/// A handler may stand in for the unit's head: for letters, not for what the head decides.
fn stands_in(role: Role, deputy: &Account) -> bool {
    role == Role::UnitHead && deputy.has(Role::Handler)
}

/// Takes a deputy of `name` back.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn end_deputy(db: &Db, actor: &Actor, name: &str, id: i64) -> Result<()> {
    let (name, by) = (own_or_kept(actor, name)?, Signature::of(actor));
    db.write(move |tx| {
        let principal = named(tx.conn, &name)?;
        if store::end_deputy(tx, principal.id, id)? == 0 {
            return Err(Error::not_found());
        }
        by.note(tx, "account.deputy_end", &principal, None)
    })
}

/// The deputies of `name`, by their first day, each with the deputy's login name.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn deputies(conn: &mut Conn, actor: &Actor, name: &str) -> Result<Vec<(Deputy, String)>> {
    let principal = named(conn, &own_or_kept(actor, name)?)?;
    let mut found = Vec::new();
    for row in store::deputies_of(conn, principal.id)? {
        let deputy = accounts::account_of(conn, row.deputy)?;
        found.push((row, deputy.map(|it| it.name).unwrap_or_default()));
    }
    Ok(found)
}

/// The folded name, where it is the actor's own or the actor keeps accounts.
fn own_or_kept(actor: &Actor, name: &str) -> Result<String> {
    let name = fold_name(name);
    if name != fold_name(&actor.name) {
        actor.require(&[Role::Secadmin, Role::System])?;
    }
    Ok(name)
}

fn named(conn: &mut Conn, name: &str) -> Result<Account> {
    accounts::account_named(conn, name)?.ok_or_else(Error::not_found)
}

/// Everyone who may be written to at `unit`, with one of `roles`, not disabled.
///
/// # Errors
/// As the database says.
pub fn people_of(
    conn: &mut Conn,
    unit: &crate::directory::UnitCode,
    roles: &[Role],
) -> Result<Vec<Account>> {
    let people = store::of_unit(conn, unit)?;
    Ok(people.into_iter().filter(|it| roles.iter().any(|role| it.has(*role))).collect())
}

/// Everyone who holds `role`, not disabled.
///
/// # Errors
/// As the database says.
pub fn holders_of(conn: &mut Conn, role: Role) -> Result<Vec<Account>> {
    store::with_role(conn, role)
}

/// The accounts that stand in for `principal` on `day`, not disabled.
///
/// # Errors
/// As the database says.
pub fn standing_in(conn: &mut Conn, principal: i64, day: NaiveDate) -> Result<Vec<Account>> {
    let mut found = Vec::new();
    for row in store::deputies_of(conn, principal)? {
        if row.from_on <= day && day <= row.to_on {
            found.extend(accounts::account_of(conn, row.deputy)?);
        }
    }
    found.retain(|it| it.disabled_at.is_none());
    Ok(found)
}

/// The addresses of `account`, for whoever writes to it.
///
/// # Errors
/// As the database says; `internal` where the key is not there.
pub fn addresses(conn: &mut Conn, keys: &MasterKey, account: i64) -> Result<Reach> {
    store::of(conn, keys, account)
}

/// Gives `account` addresses, when it is made.
///
/// # Errors
/// As the database says.
pub fn give(tx: &mut Tx<'_>, keys: &MasterKey, account: i64, reach: &Reach) -> Result<()> {
    store::set(tx, keys, account, reach)
}
