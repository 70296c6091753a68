//! Identity: what a site decides about logins. Its rule: lengths say their unit.

use std::collections::BTreeSet;

use super::actor::Role;
use super::password::Policy;
use crate::config::{Auth, PasswordPolicy};

/// The site's choices, from the configuration's `[auth]`.
#[derive(Debug, Clone)]
pub struct Settings {
    pub policy: Policy,
    /// `iss` and `aud` of the access tokens.
    pub issuer: String,
    /// Minutes that an access token is good for.
    pub access_minutes: u32,
    /// Hours that a login to the console holds.
    pub console_hours: u32,
    /// Days after which one must log in again, however often the refresh token was rotated.
    pub session_days: u32,
    /// Wrong passwords in a row after which a name is locked.
    pub lock_after: u32,
    /// Minutes that it stays locked.
    pub lock_minutes: u32,
    /// Hours within which a one-time password must be used.
    pub one_time_hours: u32,
    /// Roles that must have a second factor.
    pub totp_roles: BTreeSet<Role>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Policy::Asvs,
            issuer: "jiesu".to_owned(),
            access_minutes: 15,
            console_hours: 12,
            session_days: 14,
            lock_after: 5,
            lock_minutes: 15,
            one_time_hours: 72,
            totp_roles: BTreeSet::new(),
        }
    }
}

impl From<&Auth> for Settings {
    /// Names that are no roles are left out: `app` refuses them at the start.
    fn from(auth: &Auth) -> Self {
        Self {
            policy: match auth.policy {
                PasswordPolicy::Asvs => Policy::Asvs,
                PasswordPolicy::Mlps => Policy::Mlps,
            },
            issuer: auth.issuer.clone(),
            access_minutes: auth.access_minutes,
            console_hours: auth.console_hours,
            session_days: auth.refresh_days,
            lock_after: auth.lock_after,
            lock_minutes: auth.lock_minutes,
            totp_roles: auth.totp_roles.iter().filter_map(|role| role.parse().ok()).collect(),
            ..Self::default()
        }
    }
}
