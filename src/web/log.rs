//! Web: where the log goes and in which form. Its rule: standard output, a line an event; JSON for
//! machines, text for people; nothing personal is ever handed to it.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

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
    let lines = fmt::layer().with_target(true);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.format {
        LogFormat::Json => Box::new(lines.json().flatten_event(true).with_current_span(false)),
        LogFormat::Text => Box::new(lines),
    };
    let lines = lines.with_filter(filter).with_filter(filter_fn(is_ours_or_brief));
    // Already started (a test did): that one stays.
    drop(tracing_subscriber::registry().with(lines).try_init());
    Ok(())
}

/// What others write in detail holds addresses and headers as they were asked, and so perhaps
/// somebody's number: below `info` only our own rooms speak, whatever the level.
fn is_ours_or_brief(about: &Metadata<'_>) -> bool {
    *about.level() <= Level::INFO || about.target().starts_with("jiesu")
}
