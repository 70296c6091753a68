//! Identity: actors, roles, credentials and sessions. Its rule: who somebody is comes from the
//! database at every request, and what they may do from their roles.

pub mod account;
pub mod actor;
pub mod credential;
pub mod demo;
pub mod gate;
pub mod limiter;
pub mod listing;
pub mod machine;
pub mod own;
pub mod password;
pub mod people;
pub mod reach;
pub mod session;
pub mod settings;
pub mod store;
#[cfg(test)]
mod tests;
pub mod token;
pub mod trail;

pub use account::{Account, AccountKind, DemoDoor, NewAccount, Standing};
pub use actor::{Actor, Role};
pub use gate::{Gate, Post, Scope, Visitor, authenticate, authenticate_console};
pub use limiter::{AddressLimiter, LoginLimiter};
pub use machine::{add_api_key, add_machine, end_api_key, list_api_keys};
pub use own::{Enrolment, change_password, confirm_totp, enrol_totp, is_enrolled};
pub use password::Policy;
pub use people::{
    ReadyUser, add_ready, add_user, disable, drop_totp, enable, end_sessions, find_user,
    grant_roles, list_users, reset_password,
};
pub use session::{Attempt, Tokens, drop_old_sessions, log_in, log_out, refresh};
pub use settings::Settings;
pub use token::{Pass, TokenKeys};
pub use trail::{count_trail, read_trail};
