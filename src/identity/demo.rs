//! Identity: the users of the demo city. Its rule: their password is public, so they come in only
//! while `--demo` runs and only from loopback (`DemoDoor`).

use std::collections::BTreeSet;

use super::account::{Account, AccountKind, NewAccount, PasswordOrigin};
use super::actor::Role;
use super::credential;
use super::reach::{self, Reach};
use super::store;
use crate::db::Db;
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::sealing::MasterKey;

/// The password of every demo user (contract.md, "Program").
pub const PASSWORD: &str = "demo-jiesu-2026";

/// Who they are: one of every role's name, and some of the demo city's units. The one list: who
/// stands in it can log in.
const USERS: &str = include_str!("../../config/demo/users.csv");

/// The demo city's users, as in `config/demo/users.csv`.
///
/// # Errors
/// `internal` where the sheet that comes with the program cannot be read.
pub fn users() -> Result<Vec<NewAccount>> {
    let mut reader = csv::Reader::from_reader(USERS.as_bytes());
    let rows = reader.deserialize::<(String, Role, UnitCode, String)>();
    rows.map(|row| {
        let (name, role, unit, display_name) = row.map_err(Error::internal)?;
        let plan =
            NewAccount { name, display_name, roles: BTreeSet::from([role]), unit: Some(unit) };
        plan.checked(AccountKind::Demo)
    })
    .collect()
}

/// Gives every demo user an address, so that letters have somewhere to go.
///
/// # Errors
/// As the database says.
pub fn give_addresses(db: &Db, keys: &MasterKey) -> Result<()> {
    let (plans, keys) = (users()?, keys.clone());
    db.write(move |tx| {
        for plan in &plans {
            let account = store::account_named(tx.conn, &plan.name)?;
            let Some(account) = account.filter(|it| it.kind == AccountKind::Demo) else { continue };
            let email = Some(format!("{}@demo.invalid", plan.name));
            reach::give(tx, &keys, account.id, &Reach { email, mobile: None })?;
        }
        Ok(())
    })
}

/// Makes the demo users that are not there yet; answers how many it made. A name that a real
/// person holds is left alone.
pub fn load_users(db: &Db) -> Result<usize> {
    let (plans, phc) = (users()?, credential::hash_password(PASSWORD)?);
    db.write(move |tx| {
        let mut made = 0;
        for plan in &plans {
            if store::account_named(tx.conn, &plan.name)?.is_some() {
                continue;
            }
            let mut account = Account::new(tx.id(), AccountKind::Demo, plan, tx.now);
            account.set_password(phc.clone(), PasswordOrigin::Own, 0, tx.now);
            store::insert_account(tx, &account)?;
            made += 1;
        }
        Ok(made)
    })
}
