//! The command line: certificates for a site that has no authority of its own.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::process::ExitCode;

use jiesu::config::Config;
use jiesu::error::{Result, sentence};
use jiesu::time::{Clock, SystemClock};
use jiesu::tls;

/// Makes them, and says what to do with them.
pub(super) fn init(names: &[String]) -> Result<ExitCode> {
    let config = Config::load()?;
    let made = tls::init(&config, names, SystemClock.now())?;
    let authority = made.authority.display().to_string();
    let authority = [("file", authority.as_str())];
    let said = if made.is_new {
        sentence("tls.made_authority", &authority)
    } else {
        sentence("tls.kept_authority", &authority)
    };
    println!("{said}");
    println!("{}", sentence("tls.fingerprint", &[("fingerprint", &made.fingerprint)]));
    let (file, names) = (made.files.cert.display().to_string(), made.names.join(" "));
    let ends_at = made.ends_at.rfc3339(config.site.zone);
    let values =
        [("file", file.as_str()), ("names", names.as_str()), ("ends_at", ends_at.as_str())];
    println!("{}", sentence("tls.made", &values));
    let folder = config.data_dir.join("tls").display().to_string();
    println!("{}", sentence("tls.next", &[("folder", &folder)]));
    Ok(ExitCode::SUCCESS)
}
