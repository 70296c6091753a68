//! Identity: what is known of somebody who can log in. Its rule: pure; a password is an argon2
//! string, a second factor is sealed, and nobody but the auditor is auditor.

use std::collections::BTreeSet;

use super::actor::Role;
use super::settings::Settings;
use crate::code_enum;
use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Result};
use crate::time::Stamp;

code_enum! {
    /// Who stands behind an account.
    pub enum AccountKind {
        Person = "person" "人员",
        /// A user of the demo city.
        Demo = "demo" "演示用户",
        /// Another program, with API keys instead of a password.
        Machine = "machine" "机器账号",
    }
}

/// Whether demo users may come in: only while `--demo` runs, and only from loopback (the socket's
/// own peer, with no proxy in between).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoDoor {
    Open,
    Shut,
}

/// What has to be done before anything else may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Full,
    /// The password was given by somebody else, or is too old.
    MustChangePassword,
    /// The role asks for a second factor and there is none.
    MustEnrolTotp,
}

/// An account as it is stored.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: i64,
    pub name: String,
    pub display_name: String,
    pub kind: AccountKind,
    pub roles: BTreeSet<Role>,
    pub unit: Option<UnitCode>,
    pub created_at: Stamp,
    pub disabled_at: Option<Stamp>,
    pub password: String,
    pub password_at: Stamp,
    pub one_time: bool,
    pub history: Vec<String>,
    pub failures: i32,
    pub locked_until: Option<Stamp>,
    pub totp: Option<Vec<u8>>,
    pub totp_pending: Option<Vec<u8>>,
    pub totp_step: i64,
    pub epoch: i64,
    pub last_login_at: Option<Stamp>,
}

impl Account {
    /// A new account without a password.
    pub fn new(id: i64, kind: AccountKind, plan: &NewAccount, now: Stamp) -> Self {
        Self {
            id,
            name: plan.name.clone(),
            display_name: plan.display_name.clone(),
            kind,
            roles: plan.roles.clone(),
            unit: plan.unit.clone(),
            created_at: now,
            disabled_at: None,
            password: String::new(),
            password_at: now,
            one_time: false,
            history: Vec::new(),
            failures: 0,
            locked_until: None,
            totp: None,
            totp_pending: None,
            totp_step: 0,
            epoch: 0,
            last_login_at: None,
        }
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the account may be used at all.
    pub fn is_open(&self, door: DemoDoor) -> bool {
        self.disabled_at.is_none() && (self.kind != AccountKind::Demo || door == DemoDoor::Open)
    }

    /// Whether wrong passwords have locked it at `now`.
    pub fn is_locked(&self, now: Stamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// Whether its one-time password was not used in time.
    pub fn is_one_time_over(&self, settings: &Settings, now: Stamp) -> bool {
        let hours = i64::from(settings.one_time_hours);
        self.one_time && now.millis_since(self.password_at) > hours * 3_600_000
    }

    /// What must be done before anything else at `now`. Demo users and machines owe nothing.
    pub fn standing(&self, settings: &Settings, now: Stamp) -> Standing {
        if self.kind != AccountKind::Person {
            Standing::Full
        } else if self.one_time || settings.policy.is_aged(self.password_at, now) {
            Standing::MustChangePassword
        } else if self.totp.is_none() && !self.roles.is_disjoint(&settings.totp_roles) {
            Standing::MustEnrolTotp
        } else {
            Standing::Full
        }
    }

    /// Counts a wrong password or code, and locks the account at the site's number of them.
    pub fn count_failure(&mut self, settings: &Settings, now: Stamp) {
        if self.is_locked(now) {
            return;
        }
        // A lock that has run out starts the count anew.
        let before = if self.locked_until.take().is_some() { 0 } else { self.failures };
        self.failures = before.saturating_add(1);
        if self.failures >= i32::try_from(settings.lock_after).unwrap_or(i32::MAX) {
            let millis = i64::from(settings.lock_minutes) * 60_000;
            self.locked_until = Some(now.plus_millis(millis));
        }
    }

    /// Counts a login.
    pub fn count_login(&mut self, now: Stamp) {
        self.failures = 0;
        self.locked_until = None;
        self.last_login_at = Some(now);
    }

    /// Sets another password and ends every session.
    pub fn set_password(&mut self, phc: String, origin: PasswordOrigin, keep: usize, now: Stamp) {
        let old = std::mem::replace(&mut self.password, phc);
        if !old.is_empty() && keep > 0 {
            self.history.insert(0, old);
        }
        self.history.truncate(keep.saturating_sub(1));
        self.password_at = now;
        self.one_time = origin == PasswordOrigin::OneTime;
        self.failures = 0;
        self.locked_until = None;
        self.epoch += 1;
    }
}

/// Who thought of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordOrigin {
    /// Its owner.
    Own,
    /// The program, to be told once.
    OneTime,
}

/// What is needed to make an account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub name: String,
    pub display_name: String,
    pub roles: BTreeSet<Role>,
    /// The caller has made sure that the unit exists.
    pub unit: Option<UnitCode>,
}

impl NewAccount {
    /// The plan with its name folded, or everything that is wrong with it.
    ///
    /// # Errors
    /// `invalid` at `/name`, `/roles`, `/unit`.
    pub fn checked(mut self, kind: AccountKind) -> Result<Self> {
        self.name = fold_name(&self.name);
        self.display_name = self.display_name.trim().to_owned();
        if self.display_name.is_empty() {
            self.display_name.clone_from(&self.name);
        }
        let mut wrong = Vec::new();
        if !is_name(&self.name) {
            wrong.push(FieldError::new("/name", "account.name"));
        }
        if self.display_name.chars().count() > 64 {
            wrong.push(FieldError::new("/display_name", "field.too_long"));
        }
        if self.display_name.chars().any(char::is_control) {
            wrong.push(FieldError::new("/display_name", "field.format"));
        }
        wrong.extend(wrong_roles(&self.roles, self.unit.as_ref(), kind));
        if wrong.is_empty() { Ok(self) } else { Err(Error::invalid(wrong)) }
    }
}

/// Names differ by more than capitals and the spaces around them.
pub fn fold_name(name: &str) -> String {
    name.trim().to_lowercase()
}

/// 2 to 32 small letters, digits, `.`, `_` or `-`, of which the first is a letter.
fn is_name(name: &str) -> bool {
    (2..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
}

/// What is wrong with holding these roles together (contract.md, "Roles").
pub fn wrong_roles(
    roles: &BTreeSet<Role>,
    unit: Option<&UnitCode>,
    kind: AccountKind,
) -> Option<FieldError> {
    const MACHINES: [Role; 2] = [Role::Platform, Role::Agent];
    if roles.is_empty() {
        return Some(FieldError::new("/roles", "field.required"));
    }
    if roles.contains(&Role::Citizen) || roles.contains(&Role::System) {
        return Some(FieldError::new("/roles", "account.role_not_granted"));
    }
    if roles.contains(&Role::Auditor) && roles.len() > 1 {
        return Some(FieldError::new("/roles", "account.auditor_alone"));
    }
    let for_machines = roles.iter().all(|role| MACHINES.contains(role));
    if kind == AccountKind::Machine && !for_machines {
        return Some(FieldError::new("/roles", "account.machine_role"));
    }
    if kind != AccountKind::Machine && roles.contains(&Role::Platform) {
        return Some(FieldError::new("/roles", "account.platform_is_machine"));
    }
    let works_in_unit = roles.iter().any(|role| role.sees_unit_tickets());
    if works_in_unit && unit.is_none() {
        return Some(FieldError::new("/unit", "account.unit_needed"));
    }
    None
}
