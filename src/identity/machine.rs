//! Identity: machine accounts (the city's platform, the telephone system) and their keys. Its
//! rule: a key is shown once, stored as a digest, and good for its scopes only.

use std::collections::BTreeSet;

use super::account::{Account, AccountKind, NewAccount, fold_name};
use super::actor::{Actor, Role};
use super::credential;
use super::gate::Scope;
use super::listing;
use super::people::{Signature, insert};
use super::store::{self, ApiKey};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::time::Stamp;

const KEEPERS: [Role; 2] = [Role::Secadmin, Role::System];

/// Makes a machine account; it comes in by keys only.
///
/// # Errors
/// `forbidden`; `invalid` at `/name`, `/roles`; `account.name_taken`.
pub fn add_machine(db: &Db, actor: &Actor, plan: NewAccount) -> Result<()> {
    actor.require(&KEEPERS)?;
    let plan = plan.checked(AccountKind::Machine)?;
    let by = Signature::of(actor);
    db.write(move |tx| {
        let account = Account::new(tx.id(), AccountKind::Machine, &plan, tx.now);
        insert(tx, &account)?;
        by.note(tx, "account.add_machine", &account, None)
    })
}

/// A new key for the machine account `name`: `jk_<id>_<secret>`, told now and never again.
///
/// # Errors
/// `forbidden`; `not_found`; `account.not_machine`; `invalid` at `/label`, `/scopes`,
/// `/expires_at`.
pub fn add_api_key(
    db: &Db,
    actor: &Actor,
    name: &str,
    label: &str,
    scopes: &BTreeSet<Scope>,
    expires_at: Option<Stamp>,
) -> Result<String> {
    actor.require(&KEEPERS)?;
    let label = label.trim().to_owned();
    if label.is_empty() || label.chars().count() > 64 {
        return Err(Error::field("/label", "field.required"));
    }
    if scopes.is_empty() {
        return Err(Error::field("/scopes", "field.required"));
    }
    let scopes = serde_json::to_string(scopes).map_err(Error::internal)?;
    let secret = credential::secret();
    let (name, hash, by) = (fold_name(name), credential::digest(&secret), Signature::of(actor));
    let id = db.write(move |tx| {
        if expires_at.is_some_and(|over| over <= tx.now) {
            return Err(Error::field("/expires_at", "field.in_past"));
        }
        let account = store::account_named(tx.conn, &name)?.ok_or_else(Error::not_found)?;
        if account.kind != AccountKind::Machine {
            return Err(Error::refused("account.not_machine"));
        }
        let key = ApiKey {
            id: tx.id(),
            account_id: account.id,
            label: label.clone(),
            hash: hash.clone(),
            scopes: scopes.clone(),
            created_at: tx.now,
            expires_at,
            ended_at: None,
        };
        store::insert_api_key(tx, &key)?;
        by.note(tx, "api_key.add", &account, Some(format!("{} {scopes}", key.id)))?;
        Ok(key.id)
    })?;
    Ok(format!("jk_{id}_{secret}"))
}

/// Ends a key at once.
///
/// # Errors
/// `forbidden`; `not_found` where there is none, or it has ended.
pub fn end_api_key(db: &Db, actor: &Actor, id: i64) -> Result<()> {
    actor.require(&KEEPERS)?;
    let by = Signature::of(actor);
    db.write(move |tx| {
        let (_, account) = store::api_key_of(tx.conn, id)?.ok_or_else(Error::not_found)?;
        if store::end_api_key(tx, id)? == 0 {
            return Err(Error::not_found());
        }
        by.note(tx, "api_key.end", &account, Some(id.to_string()))
    })
}

/// Every key of the machine account `name`, newest first; digests stay inside.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn list_api_keys(conn: &mut Conn, actor: &Actor, name: &str) -> Result<Vec<ApiKey>> {
    actor.require(&KEEPERS)?;
    let account = store::account_named(conn, &fold_name(name))?.ok_or_else(Error::not_found)?;
    listing::api_keys(conn, account.id)
}
