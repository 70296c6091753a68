//! The command line: what keeps the site from being lost: backups, and coming back from them.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use jiesu::app::{App, Demo};
use jiesu::backup::{self, Absent, Flaw, Look, Manifest};
use jiesu::config::{AttachmentStore, Config};
use jiesu::error::{Error, Kind, Result, sentence};
use jiesu::privacy;
use jiesu::time::SystemClock;

use super::{Backup, Restore, asking};

/// Makes a backup while the server is at work, and says where the keys are.
pub(super) fn backup(what: &Backup) -> Result<ExitCode> {
    if let Some(keys) = &what.keys {
        backup::keys::demand_apart(keys, &what.dir)?;
    }
    let app = App::open(Demo::Off)?;
    let data_dir = &app.config.data_dir;
    let absent = match app.config.attachments.store {
        AttachmentStore::S3 => Absent::Elsewhere,
        AttachmentStore::File if what.without_lost => Absent::Known,
        AttachmentStore::File => Absent::Refused,
    };
    let made = backup::make(&app.hotline, data_dir, &what.dir, absent)?;
    summary(|values| println!("{}", sentence("backup.made", values)), &what.dir, &made);
    lacks(&made);
    match &what.keys {
        Some(to) => {
            let count = backup::keys::keep(data_dir, to)?.to_string();
            let place = to.display().to_string();
            let values = [("count", count.as_str()), ("dir", place.as_str())];
            println!("{}", sentence("backup.keys_kept", &values));
        }
        None => {
            let place = backup::keys::folder_of(data_dir).display().to_string();
            println!("{}", sentence("backup.keys_apart", &[("dir", &place)]));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Hands `tell` what a backup holds.
fn summary(tell: impl FnOnce(&[(&str, &str)]), dir: &Path, made: &Manifest) {
    let bytes: u64 = made.files.values().map(|sum| sum.bytes).sum();
    let values = [
        ("dir", dir.display().to_string()),
        ("tables", made.tables.len().to_string()),
        ("rows", made.rows().to_string()),
        ("files", made.files.len().to_string()),
        ("mb", bytes.div_ceil(1_000_000).to_string()),
    ];
    tell(&values.each_ref().map(|(name, value)| (*name, value.as_str())));
}

/// Says what a backup does not hold though its tickets name it.
fn lacks(made: &Manifest) {
    for file in &made.lost {
        println!("{}", sentence("backup.lost_file", &[("file", file)]));
    }
    if made.elsewhere > 0 {
        println!("{}", sentence("backup.elsewhere", &[("count", &made.elsewhere.to_string())]));
    }
}

/// Looks at a backup; 1 where it cannot be restored.
pub(super) fn examine(dir: &Path) -> Result<ExitCode> {
    let look = backup::examine(dir)?;
    tell(&look);
    let Some(manifest) = look.whole() else { return Ok(ExitCode::FAILURE) };
    summary(|values| println!("{}", sentence("backup.whole", values)), dir, manifest);
    lacks(manifest);
    Ok(ExitCode::SUCCESS)
}

/// What is wrong, and what is only strange.
fn tell(look: &Look) {
    let (wrong, strange): (Vec<&Flaw>, Vec<&Flaw>) =
        look.flaws.iter().partition(|flaw| flaw.fault.spoils());
    for (flaws, code) in [(strange, "backup.strange"), (wrong, "backup.broken")] {
        for flaw in &flaws {
            println!("{}: {} ({})", flaw.file, flaw.fault.zh(), flaw.fault);
        }
        if !flaws.is_empty() {
            println!("{}", sentence(code, &[("count", &flaws.len().to_string())]));
        }
    }
}

/// Checks everything, brings it back, proves it.
pub(super) fn restore(what: &Restore) -> Result<ExitCode> {
    let look = backup::examine(&what.dir)?;
    tell(&look);
    let Some(manifest) = look.whole() else { return Ok(ExitCode::FAILURE) };
    let config = Config::load()?;
    let keys = backup::keys::folder_of(&config.data_dir);
    let name = backup::keys::name_of(what.keys.as_deref().unwrap_or(&keys))?;
    let needed = || Error::with(Kind::Invalid, "restore.keys_needed", &[("keys", &manifest.keys)]);
    if name.ok_or_else(needed)? != manifest.keys {
        return Err(Error::refused("restore.other_keys"));
    }
    if let Some(from) = &what.keys {
        backup::keys::bring_back(from, &config.data_dir)?;
    }
    let app = App::with(config, Arc::new(SystemClock), Demo::Off)?;
    let done = backup::restore(&app.hotline, &app.config.data_dir, &what.dir, manifest)?;
    let made_at = manifest.made_at.rfc3339(app.config.site.zone);
    let numbers =
        [done.rows.to_string(), done.attachments.to_string(), done.migrated.len().to_string()];
    let [rows, attachments, migrated] = numbers.each_ref().map(String::as_str);
    let values = [
        ("made_at", made_at.as_str()),
        ("rows", rows),
        ("attachments", attachments),
        ("migrated", migrated),
    ];
    println!("{}", sentence("restore.done", &values));
    lacks(manifest);
    let mut left = Vec::new();
    if let Some(file) = &what.erasures {
        let again = privacy::apply_again(&app.hotline, &app.config.data_dir, file)?;
        println!("{}", sentence("privacy.applied", &[("count", &again.done.to_string())]));
        left = again.live;
    }
    for no in &left {
        println!("{}", sentence("privacy.live_again", &[("no", no)]));
    }
    let verified = asking::verify(&app)?;
    Ok(if left.is_empty() { verified } else { ExitCode::FAILURE })
}
