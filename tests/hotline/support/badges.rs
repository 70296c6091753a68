//! Accounts and sessions for the people of the small city. Its rule: nobody logs in, so that no test
//! pays for a password; who may do what stays the program's business.

use std::collections::BTreeMap;

use jiesu::app::App;
use jiesu::db::Tx;
use jiesu::identity::account::{Account, AccountKind, NewAccount};
use jiesu::identity::store::{self, Session};
use jiesu::identity::{Actor, Pass};

/// How long a badge is good for.
const DAYS: u32 = 400;

/// An account and a session for each of `people` who has a user id; answers a token by login name.
pub fn issue<'a>(app: &App, people: impl Iterator<Item = &'a Actor>) -> BTreeMap<String, String> {
    let now = app.db.now();
    let account = |actor: &Actor| {
        let plan = NewAccount {
            name: actor.name.clone(),
            display_name: actor.name.clone(),
            roles: actor.roles.clone(),
            unit: actor.unit.clone(),
        };
        Account::new(actor.user, AccountKind::Person, &plan, now)
    };
    let accounts: Vec<Account> = people.filter(|actor| actor.user != 0).map(account).collect();
    let token = |account: &Account| {
        let claims = (account.id, account.id, account.epoch);
        let token = app.gate.tokens.issue(Pass::Access, claims, now, DAYS * 24 * 60).unwrap();
        (account.name.clone(), token)
    };
    let tokens = accounts.iter().map(token).collect();
    let admit = move |tx: &mut Tx<'_>| {
        for account in &accounts {
            store::insert_account(tx, account)?;
            let session = Session {
                id: account.id,
                account_id: account.id,
                epoch: account.epoch,
                started_at: tx.now,
                expires_at: tx.now.plus_millis(i64::from(DAYS) * 86_400_000),
                ended_at: None,
                ended_by: None,
            };
            store::insert_session(tx, &session)?;
        }
        Ok(())
    };
    app.db.write(admit).unwrap();
    tokens
}
