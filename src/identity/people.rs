//! Identity: the security administrator's commands over accounts. Its rule: nobody changes their
//! own roles, and one security administrator is always left.

use std::collections::BTreeSet;

use super::account::{Account, AccountKind, NewAccount, PasswordOrigin, fold_name, wrong_roles};
use super::actor::{Actor, Role};
use super::credential;
use super::listing;
use super::settings::Settings;
use super::store;
use crate::audit::{self, Entry};
use crate::db::{Conn, Db, Tx};
use crate::directory::UnitCode;
use crate::error::{Error, Result};

/// Those who keep accounts: the security administrator, and the program on the command line.
const KEEPERS: [Role; 2] = [Role::Secadmin, Role::System];

/// Makes an account for a person; answers its one-time password, which is not stored anywhere.
///
/// # Errors
/// `forbidden`; `invalid` at `/name`, `/roles`, `/unit`; `account.name_taken`.
pub fn add_user(db: &Db, actor: &Actor, plan: NewAccount) -> Result<String> {
    actor.require(&KEEPERS)?;
    let ready = ReadyUser::make(plan)?;
    let password = ready.password.clone();
    add_ready(db, actor, vec![ready])?;
    Ok(password)
}

/// An account for a person that only has to be kept, with the one-time password it will have: so that the
/// password can be put in a safe place before the account is there.
#[derive(Clone)]
pub struct ReadyUser {
    pub plan: NewAccount,
    pub password: String,
    phc: String,
}

impl ReadyUser {
    /// Slow: the password is hashed.
    ///
    /// # Errors
    /// `invalid` at `/name`, `/roles`, `/unit`.
    pub fn make(plan: NewAccount) -> Result<Self> {
        let plan = plan.checked(AccountKind::Person)?;
        let password = credential::one_time_password();
        let phc = credential::hash_password(&password)?;
        Ok(Self { plan, password, phc })
    }
}

/// Keeps all of these, or none.
///
/// # Errors
/// `forbidden`; `account.name_taken`.
pub fn add_ready(db: &Db, actor: &Actor, ready: Vec<ReadyUser>) -> Result<()> {
    actor.require(&KEEPERS)?;
    let by = Signature::of(actor);
    db.write(move |tx| {
        for one in &ready {
            let mut account = Account::new(tx.id(), AccountKind::Person, &one.plan, tx.now);
            account.set_password(one.phc.clone(), PasswordOrigin::OneTime, 0, tx.now);
            insert(tx, &account)?;
            by.note(tx, "account.add", &account, Some(roles_text(&account.roles)))?;
        }
        Ok(())
    })
}

/// Stores a new account unless its name is taken.
pub(super) fn insert(tx: &mut Tx<'_>, account: &Account) -> Result<()> {
    if store::account_named(tx.conn, &account.name)?.is_some() {
        return Err(Error::refused("account.name_taken"));
    }
    store::insert_account(tx, account)
}

/// Gives `name` exactly `roles` in `unit`, from its next request on.
///
/// # Errors
/// `forbidden`; `not_found`; `account.own`; `account.last_keeper`; `invalid` at `/roles`, `/unit`.
pub fn grant_roles(
    db: &Db,
    actor: &Actor,
    name: &str,
    roles: BTreeSet<Role>,
    unit: Option<UnitCode>,
) -> Result<()> {
    actor.require(&KEEPERS)?;
    change(db, actor, name, "account.roles", move |tx, account, by| {
        by.require_other(account)?;
        if let Some(wrong) = wrong_roles(&roles, unit.as_ref(), account.kind) {
            return Err(Error::invalid(vec![wrong]));
        }
        if !roles.contains(&Role::Secadmin) {
            keep_one(tx, account)?;
        }
        account.roles.clone_from(&roles);
        account.unit.clone_from(&unit);
        Ok(Some(roles_text(&roles)))
    })
}

/// Locks `name` out, and ends its sessions at once.
///
/// # Errors
/// `forbidden`; `not_found`; `account.own`; `account.last_keeper`.
pub fn disable(db: &Db, actor: &Actor, name: &str) -> Result<()> {
    actor.require(&KEEPERS)?;
    change(db, actor, name, "account.disable", |tx, account, by| {
        by.require_other(account)?;
        keep_one(tx, account)?;
        account.disabled_at.get_or_insert(tx.now);
        account.epoch += 1;
        Ok(None)
    })
}

/// Lets `name` in again.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn enable(db: &Db, actor: &Actor, name: &str) -> Result<()> {
    actor.require(&KEEPERS)?;
    change(db, actor, name, "account.enable", |_, account, _| {
        account.disabled_at = None;
        Ok(None)
    })
}

/// Ends every session of `name` at once.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn end_sessions(db: &Db, actor: &Actor, name: &str) -> Result<()> {
    actor.require(&KEEPERS)?;
    change(db, actor, name, "account.end_sessions", |_, account, _| {
        account.epoch += 1;
        Ok(None)
    })
}

/// Gives `name` a one-time password, unlocks it and ends its sessions; answers the password.
///
/// # Errors
/// `forbidden`; `not_found`; `account.no_password` for a machine.
pub fn reset_password(db: &Db, actor: &Actor, settings: &Settings, name: &str) -> Result<String> {
    actor.require(&KEEPERS)?;
    let password = credential::one_time_password();
    let phc = credential::hash_password(&password)?;
    let remembered = settings.policy.remembered();
    change(db, actor, name, "account.reset_password", move |tx, account, _| {
        if account.kind == AccountKind::Machine {
            return Err(Error::refused("account.no_password"));
        }
        account.set_password(phc.clone(), PasswordOrigin::OneTime, remembered, tx.now);
        Ok(None)
    })?;
    Ok(password)
}

/// Takes the second factor of `name` away (a lost telephone), and ends its sessions.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn drop_totp(db: &Db, actor: &Actor, name: &str) -> Result<()> {
    actor.require(&KEEPERS)?;
    change(db, actor, name, "account.drop_totp", |_, account, _| {
        account.totp = None;
        account.totp_pending = None;
        account.epoch += 1;
        Ok(None)
    })
}

/// At most `limit` accounts after the name `after`, in the order of names.
///
/// # Errors
/// `forbidden`.
pub fn list_users(
    conn: &mut Conn,
    actor: &Actor,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Account>> {
    actor.require(&KEEPERS)?;
    listing::accounts(conn, after, limit)
}

/// One account by its name.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn find_user(conn: &mut Conn, actor: &Actor, name: &str) -> Result<Account> {
    actor.require(&KEEPERS)?;
    store::account_named(conn, &fold_name(name))?.ok_or_else(Error::not_found)
}

/// Who signs an audit row, in a form that a write may keep.
#[derive(Clone)]
pub(super) struct Signature {
    user: i64,
    name: String,
}

impl Signature {
    pub(super) fn of(actor: &Actor) -> Self {
        Self { user: actor.user, name: actor.name.clone() }
    }

    pub(super) fn note(
        &self,
        tx: &mut Tx<'_>,
        action: &str,
        account: &Account,
        detail: Option<String>,
    ) -> Result<()> {
        let mut entry = Entry::new((self.user, &self.name), action, ("account", &account.name));
        entry.detail = detail;
        audit::record(tx, &entry)
    }

    fn require_other(&self, account: &Account) -> Result<()> {
        if self.user == account.id { Err(Error::refused("account.own")) } else { Ok(()) }
    }
}

/// Loads, changes, saves and notes, in one write. `action` is what the audit trail says.
fn change<F>(db: &Db, actor: &Actor, name: &str, action: &'static str, how: F) -> Result<()>
where
    F: Fn(&mut Tx<'_>, &mut Account, &Signature) -> Result<Option<String>> + Send + 'static,
{
    let (name, by) = (fold_name(name), Signature::of(actor));
    db.write(move |tx| {
        let mut account = store::account_named(tx.conn, &name)?.ok_or_else(Error::not_found)?;
        let detail = how(tx, &mut account, &by)?;
        store::save_account(tx, &account)?;
        by.note(tx, action, &account, detail)
    })
}

/// Refuses where `account` is the last security administrator.
fn keep_one(tx: &mut Tx<'_>, account: &Account) -> Result<()> {
    let is_keeper = account.has(Role::Secadmin) && account.disabled_at.is_none();
    if is_keeper && listing::holders(tx.conn, Role::Secadmin, account.id)? == 0 {
        return Err(Error::refused("account.last_keeper"));
    }
    Ok(())
}

fn roles_text(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}
