//! Web: where the log goes and in which form. Its rule: standard output, a line an event; JSON for
//! machines, text for people; nothing personal is ever handed to it.

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};
use crate::error::{Error, Kind, Result};

/// Starts logging for this process; a second call changes nothing.
///
/// # Errors
/// `config.value` where `log.level` is no filter.
pub fn start(config: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&config.level).map_err(|_| {
        let values = [
            ("file", "configuration"),
            ("key", "log.level"),
            ("expected", "info | debug | warn,jiesu=debug …"),
        ];
        Error::with(Kind::Invalid, "config.value", &values)
    })?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_target(true);
    // Already started (a test did): that one stays.
    let _ = match config.format {
        LogFormat::Json => {
            subscriber.json().flatten_event(true).with_current_span(false).try_init()
        }
        LogFormat::Text => subscriber.try_init(),
    };
    Ok(())
}
