//! Identity: the users of the demo city. Its rule: their password is public, so they come in only
//! while `--demo` runs and only from loopback (`DemoDoor`).

use std::collections::BTreeSet;

use super::account::{Account, AccountKind, NewAccount, PasswordOrigin};
use super::actor::Role;
use super::credential;
use super::store;
use crate::db::Db;
use crate::directory::UnitCode;
use crate::error::Result;

/// The password of every demo user (contract.md, "Program").
pub const PASSWORD: &str = "demo-jiesu-2026";
/// The unit of `handler` and `unit_head`.
pub const UNIT: &str = "wuye";

/// The roles that have a demo user of the same name.
const ROLES: [Role; 11] = [
    Role::Agent,
    Role::Dispatcher,
    Role::Handler,
    Role::UnitHead,
    Role::Reviewer,
    Role::Surveyor,
    Role::Assessor,
    Role::Leader,
    Role::Sysadmin,
    Role::Secadmin,
    Role::Auditor,
];

/// Makes the demo users that are not there yet; answers how many it made. A name that a real
/// person holds is left alone.
pub fn load_users(db: &Db) -> Result<usize> {
    let phc = credential::hash_password(PASSWORD)?;
    db.write(move |tx| {
        let mut made = 0;
        for role in ROLES {
            if store::account_named(tx.conn, role.as_str())?.is_some() {
                continue;
            }
            let plan = NewAccount {
                name: role.as_str().to_owned(),
                display_name: role.zh().to_owned(),
                roles: BTreeSet::from([role]),
                unit: role.sees_unit_tickets().then(|| UnitCode::new(UNIT)),
            };
            let mut account = Account::new(tx.id(), AccountKind::Demo, &plan, tx.now);
            account.set_password(phc.clone(), PasswordOrigin::Own, 0, tx.now);
            store::insert_account(tx, &account)?;
            made += 1;
        }
        Ok(made)
    })
}
