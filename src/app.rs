//! The house put together once: configuration, clock, database. Its rule: whoever needs one of
//! them gets it from here; nothing is opened before the configuration has been checked.

use std::sync::Arc;

use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Kind, Result};
use crate::identity::Role;
use crate::time::{Clock, SystemClock};

/// Whether the demo city's users may log in (only on loopback, contract.md "Program").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Demo {
    On,
    #[default]
    Off,
}

/// Everything that lives as long as the program.
pub struct App {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub db: Db,
    pub demo: Demo,
}

impl App {
    /// The program on this machine: configuration from the environment, the machine's clock.
    ///
    /// # Errors
    /// `config.*` before anything was opened; `unavailable` where the database is away.
    pub fn open(demo: Demo) -> Result<Self> {
        Self::with(Config::load()?, Arc::new(SystemClock), demo)
    }

    /// The same from parts: tests give their own directory and move the clock by hand.
    pub fn with(config: Config, clock: Arc<dyn Clock>, demo: Demo) -> Result<Self> {
        check_roles(&config)?;
        std::fs::create_dir_all(&config.data_dir).map_err(|error| {
            let (place, reason) = (config.data_dir.display().to_string(), error.to_string());
            let values = [("file", place.as_str()), ("reason", reason.as_str())];
            Error::with(Kind::Invalid, "config.data_dir", &values)
        })?;
        let db = Db::open(&config.database_url(), clock.clone())?;
        Ok(Self { config, clock, db, demo })
    }
}

/// `auth.totp_roles` names roles, which the configuration itself does not know.
fn check_roles(config: &Config) -> Result<()> {
    for role in &config.auth.totp_roles {
        if role.parse::<Role>().is_err() {
            let roles = Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" | ");
            let values =
                [("file", "configuration"), ("key", "auth.totp_roles"), ("expected", &roles)];
            return Err(Error::with(Kind::Invalid, "config.value", &values));
        }
    }
    Ok(())
}
