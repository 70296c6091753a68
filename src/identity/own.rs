//! Identity: what people do with their own account: password and second factor. Its rule: whoever
//! changes a credential proves the old one, and every other session ends.

use super::account::{Account, AccountKind, PasswordOrigin};
use super::actor::Actor;
use super::credential;
use super::gate::{Gate, Visitor};
use super::people::Signature;
use super::session::{Tokens, hand_out, open_session};
use super::store;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::sealing::place;

/// What an authenticator application has to be told.
#[derive(Clone)]
pub struct Enrolment {
    /// Base 32, to be typed.
    pub secret: String,
    /// `otpauth://…`, to be shown as a code to scan.
    pub uri: String,
}

/// Changes the visitor's password; every session ends and a new one is opened.
///
/// # Errors
/// `invalid` at `/old` or `/new`; `account.no_password` for a machine or a demo user.
pub fn change_password(
    db: &Db,
    gate: &Gate,
    visitor: &Visitor,
    old: &str,
    new: &str,
) -> Result<Tokens> {
    let actor = visitor.self_service();
    let policy = gate.settings.policy;
    let account = db.read(|conn| own_account(store::account_of(conn, actor.user)?))?;
    if account.kind != AccountKind::Person {
        return Err(Error::refused("account.no_password"));
    }
    if !credential::is_password(old, Some(&account.password)) {
        note_wrong_password(db, gate, actor)?;
        return Err(Error::field("/old", "password.wrong"));
    }
    if let Some(weakness) = policy.weakness(new, &account.name) {
        return Err(Error::field("/new", weakness));
    }
    let before = std::iter::once(&account.password).chain(&account.history);
    let remembered = before.take(policy.remembered().max(1));
    if remembered.into_iter().any(|phc| credential::is_password(new, Some(phc))) {
        return Err(Error::field("/new", "password.used_before"));
    }
    let (phc, refresh) = (credential::hash_password(new)?, credential::secret());
    let (by, settings, first) = (Signature::of(actor), gate.settings.clone(), refresh.clone());
    let (account, session) = db.write(move |tx| {
        let mut now = own_account(store::account_of(tx.conn, account.id)?)?;
        if now.password != account.password {
            return Err(Error::field("/old", "password.wrong"));
        }
        now.set_password(phc.clone(), PasswordOrigin::Own, policy.remembered(), tx.now);
        store::save_account(tx, &now)?;
        let session = open_session(tx, &now, &settings, &first)?;
        by.note(tx, "account.change_password", &now, None)?;
        Ok((now, session))
    })?;
    hand_out(gate, &account, session, db.now(), refresh)
}

/// A stolen session must not be a way to guess the password: it counts as at the door, and the
/// session ends where the account gets locked.
fn note_wrong_password(db: &Db, gate: &Gate, actor: &Actor) -> Result<()> {
    let (id, settings, by) = (actor.user, gate.settings.clone(), Signature::of(actor));
    db.write(move |tx| {
        let mut account = own_account(store::account_of(tx.conn, id)?)?;
        account.count_failure(&settings, tx.now);
        if account.is_locked(tx.now) {
            account.epoch += 1;
        }
        store::save_account(tx, &account)?;
        by.note(tx, "account.wrong_password", &account, None)
    })
}

/// Begins a second factor: it counts once its first code is confirmed.
///
/// # Errors
/// `totp.enrolled` where there is one already (the security administrator takes it away);
/// `account.no_password` for a machine or a demo user.
pub fn enrol_totp(db: &Db, gate: &Gate, visitor: &Visitor) -> Result<Enrolment> {
    let actor = visitor.self_service();
    let secret = credential::totp_secret();
    let sealed = gate.master.seal(&secret, &place("account", "totp", actor.user))?;
    let (id, by) = (actor.user, Signature::of(actor));
    db.write(move |tx| {
        let mut account = own_account(store::account_of(tx.conn, id)?)?;
        if account.kind != AccountKind::Person {
            return Err(Error::refused("account.no_password"));
        }
        if account.totp.is_some() {
            return Err(Error::refused("totp.enrolled"));
        }
        account.totp_pending = Some(sealed.clone());
        store::save_account(tx, &account)?;
        by.note(tx, "account.enrol_totp", &account, None)
    })?;
    let secret = credential::base32(&secret);
    let (issuer, name) = (&gate.settings.issuer, &actor.name);
    let uri = format!(
        "otpauth://totp/{issuer}:{name}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
    );
    Ok(Enrolment { secret, uri })
}

/// Puts the second factor into use with the first code it shows.
///
/// # Errors
/// `totp.not_begun`; `invalid` at `/code`.
pub fn confirm_totp(db: &Db, gate: &Gate, visitor: &Visitor, code: &str) -> Result<()> {
    let actor = visitor.self_service();
    let (id, by, code) = (actor.user, Signature::of(actor), code.to_owned());
    let master = gate.master.clone();
    db.write(move |tx| {
        let mut account = own_account(store::account_of(tx.conn, id)?)?;
        let sealed = account.totp_pending.take().ok_or_else(|| Error::refused("totp.not_begun"))?;
        let secret = master.open(&sealed, &place("account", "totp", id))?;
        let step = credential::totp_step(&secret, &code, tx.now)
            .ok_or_else(|| Error::field("/code", "totp.wrong"))?;
        account.totp = Some(sealed);
        account.totp_step = step;
        store::save_account(tx, &account)?;
        by.note(tx, "account.confirm_totp", &account, None)
    })
}

/// Whether the visitor's second factor is in use.
///
/// # Errors
/// As the database says.
pub fn is_enrolled(db: &Db, visitor: &Visitor) -> Result<bool> {
    let id = visitor.self_service().user;
    let account = db.read(|conn| own_account(store::account_of(conn, id)?))?;
    Ok(account.totp.is_some())
}

fn own_account(found: Option<Account>) -> Result<Account> {
    found.ok_or_else(Error::not_found)
}
