//! Identity: coming in, staying and leaving. Its rule: a wrong name, a wrong password and a locked
//! account get the same answer for the same work; refused tries are on disk before the answer.

use super::account::{Account, AccountKind, DemoDoor, Standing, fold_name};
use super::actor::Actor;
use super::credential;
use super::gate::{Gate, Visitor, is_live};
use super::settings::Settings;
use super::store::{self, Refresh, Session};
use super::token::Pass;
use crate::audit::{self, Entry};
use crate::db::{Db, Tx};
use crate::error::{Error, Kind, Result};
use crate::sealing::{MasterKey, place};
use crate::time::Stamp;

/// What somebody typed to come in.
#[derive(Clone)]
pub struct Attempt {
    pub name: String,
    pub password: String,
    pub otp: Option<String>,
}

/// What is handed out at the door.
#[derive(Clone)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
    /// For the console's cookie: good for a working day, since nobody refreshes it.
    pub console_token: String,
    /// Seconds that the access token is good for.
    pub expires_in_s: u32,
    /// What must be done first.
    pub standing: Standing,
}

/// What a write found; a refusal must not undo the write that noted it.
enum Verdict {
    In { account: Box<Account>, session: i64 },
    OtpMissing,
    Out,
}

/// Lets somebody in.
///
/// # Errors
/// `login.failed` (401) for an unknown name, a wrong password or code, a locked or disabled
/// account, a demo user from afar; `login.otp_needed` (401) where the password is right and the
/// account has a second factor.
pub fn log_in(db: &Db, gate: &Gate, attempt: &Attempt, door: DemoDoor) -> Result<Tokens> {
    let name = fold_name(&attempt.name);
    let found = db.read(|conn| store::account_named(conn, &name))?;
    let phc = found.as_ref().map(|account| account.password.clone());
    let try_now = Try {
        proven: credential::is_password(&attempt.password, phc.as_deref()),
        account: found.map(|account| account.id),
        phc: phc.unwrap_or_default(),
        otp: attempt.otp.clone().filter(|code| !code.trim().is_empty()),
        door,
        settings: gate.settings.clone(),
        master: gate.master.clone(),
        refresh: credential::secret(),
    };
    let refresh = try_now.refresh.clone();
    match db.write(move |tx| try_now.settle(tx))? {
        Verdict::In { account, session } => hand_out(gate, &account, session, db.now(), refresh),
        Verdict::OtpMissing => Err(Error::new(Kind::Unauthenticated, "login.otp_needed")),
        Verdict::Out => Err(Error::new(Kind::Unauthenticated, "login.failed")),
    }
}

struct Try {
    account: Option<i64>,
    proven: bool,
    /// The hash that was checked: one that was changed meanwhile proves nothing.
    phc: String,
    otp: Option<String>,
    door: DemoDoor,
    settings: Settings,
    master: MasterKey,
    refresh: String,
}

impl Try {
    fn settle(&self, tx: &mut Tx<'_>) -> Result<Verdict> {
        let known = match self.account {
            Some(id) => store::account_of(tx.conn, id)?,
            None => None,
        };
        let Some(mut account) = known else {
            // What was typed is not noted: it may be a password.
            audit::record(tx, &Entry::new((0, ""), "login", ("account", "")).refused())?;
            return Ok(Verdict::Out);
        };
        if account.is_locked(tx.now) || !self.may_enter(&account, tx.now) {
            note(tx, &account, "login", Went::Badly)?;
            return Ok(Verdict::Out);
        }
        let proven = self.proven && self.phc == account.password;
        if proven && account.totp.is_some() && self.otp.is_none() {
            return Ok(Verdict::OtpMissing);
        }
        if !proven || !self.is_second_factor(&mut account, tx.now)? {
            account.count_failure(&self.settings, tx.now);
            let locked = account.is_locked(tx.now);
            store::save_account(tx, &account)?;
            note(tx, &account, if locked { "login.locked" } else { "login" }, Went::Badly)?;
            return Ok(Verdict::Out);
        }
        account.count_login(tx.now);
        store::save_account(tx, &account)?;
        let session = open_session(tx, &account, &self.settings, &self.refresh)?;
        note(tx, &account, "login", Went::Well)?;
        Ok(Verdict::In { account: Box::new(account), session })
    }

    fn may_enter(&self, account: &Account, now: Stamp) -> bool {
        account.is_open(self.door)
            && account.kind != AccountKind::Machine
            && !account.is_one_time_over(&self.settings, now)
    }

    /// Whether the account has no second factor, or its code is right and was not used before.
    fn is_second_factor(&self, account: &mut Account, now: Stamp) -> Result<bool> {
        let Some(sealed) = &account.totp else {
            return Ok(true);
        };
        let secret = self.master.open(sealed, &place("account", "totp", account.id))?;
        let code = self.otp.as_deref().unwrap_or_default();
        let step = credential::totp_step(&secret, code, now);
        match step.filter(|step| *step > account.totp_step) {
            Some(step) => {
                account.totp_step = step;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    Well,
    Badly,
}

fn note(tx: &mut Tx<'_>, account: &Account, action: &str, went: Went) -> Result<()> {
    let entry = Entry::new((account.id, &account.name), action, ("account", &account.name));
    audit::record(tx, &if went == Went::Well { entry } else { entry.refused() })
}

/// A new family of refresh tokens for `account`, with `refresh` as its first.
pub(super) fn open_session(
    tx: &mut Tx<'_>,
    account: &Account,
    settings: &Settings,
    refresh: &str,
) -> Result<i64> {
    let id = tx.id();
    let days = i64::from(settings.session_days);
    let session = Session {
        id,
        account_id: account.id,
        epoch: account.epoch,
        started_at: tx.now,
        expires_at: tx.now.plus_millis(days * 86_400_000),
        ended_at: None,
        ended_by: None,
    };
    store::insert_session(tx, &session)?;
    let hash = credential::digest(refresh);
    store::insert_refresh(tx, &Refresh { hash, session_id: id, issued_at: tx.now, used_at: None })?;
    Ok(id)
}

pub(super) fn hand_out(
    gate: &Gate,
    account: &Account,
    session: i64,
    now: Stamp,
    refresh_token: String,
) -> Result<Tokens> {
    let minutes = gate.settings.access_minutes;
    let standing = account.standing(&gate.settings, now);
    let who = (account.id, session, account.epoch);
    let access_token = gate.tokens.issue(Pass::Access, who, now, minutes)?;
    let hours = gate.settings.console_hours;
    let console_token = gate.tokens.issue(Pass::Console, who, now, hours * 60)?;
    let expires_in_s = minutes * 60;
    Ok(Tokens { access_token, refresh_token, console_token, expires_in_s, standing })
}

/// Exchanges a refresh token for new tokens. Each is good once: its second use ends the session,
/// since one of the two who showed it has stolen it.
///
/// # Errors
/// `login.over` (401).
pub fn refresh(db: &Db, gate: &Gate, token: &str, door: DemoDoor) -> Result<Tokens> {
    let (old, next) = (credential::digest(token), credential::secret());
    let hash = credential::digest(&next);
    let verdict = db.write(move |tx| {
        let Some(row) = store::refresh_of(tx.conn, &old)? else {
            return Ok(Verdict::Out);
        };
        let Some((session, account)) = store::session_of(tx.conn, row.session_id)? else {
            return Ok(Verdict::Out);
        };
        if row.used_at.is_some() {
            if store::end_session(tx, session.id, "reuse")? > 0 {
                note(tx, &account, "refresh.reuse", Went::Badly)?;
            }
            return Ok(Verdict::Out);
        }
        if !is_live(&session, &account, door, tx.now) {
            return Ok(Verdict::Out);
        }
        store::use_refresh(tx, &old)?;
        let (hash, session_id) = (hash.clone(), session.id);
        let new = Refresh { hash, session_id, issued_at: tx.now, used_at: None };
        store::insert_refresh(tx, &new)?;
        Ok(Verdict::In { account: Box::new(account), session: session_id })
    })?;
    match verdict {
        Verdict::In { account, session } => hand_out(gate, &account, session, db.now(), next),
        _ => Err(Error::new(Kind::Unauthenticated, "login.over")),
    }
}

/// Ends the visitor's session at once, everywhere.
pub fn log_out(db: &Db, visitor: &Visitor) -> Result<()> {
    let Some(session) = visitor.session else {
        return Ok(());
    };
    let Actor { user, name, .. } = visitor.self_service().clone();
    db.write(move |tx| {
        store::end_session(tx, session, "logout")?;
        audit::record(tx, &Entry::new((user, &name), "logout", ("account", &name)))
    })
}

/// Removes up to `most` sessions that have been over for a month; answers how many went.
pub fn drop_old_sessions(tx: &mut Tx<'_>, most: u32) -> Result<usize> {
    let before = tx.now.plus_millis(-30 * 86_400_000);
    store::drop_sessions(tx, before, i64::from(most))
}
