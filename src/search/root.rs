//! Search: the folder of indexes. Its rule: one is in service, named by one file that is replaced by one
//! rename; one at a time is built beside it, by whoever holds the lock; the others go.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use super::fields::FORMAT;

/// Names the index in service.
const CURRENT: &str = "current";
/// Locked by whoever builds.
const BUILDING: &str = "building.lock";

/// Where indexes lie, and what all of them must be like.
#[derive(Debug, Clone)]
pub struct Root {
    pub folder: PathBuf,
    /// Months are those of this zone.
    pub zone: Tz,
}

impl Root {
    fn form(&self) -> String {
        format!("{FORMAT} {}", self.zone)
    }

    /// The name of the index in service, where there is one of this program's form.
    pub fn current(&self) -> Option<String> {
        let text = fs::read_to_string(self.folder.join(CURRENT)).ok()?;
        let name = text.trim().strip_prefix(&self.form())?.strip_prefix(' ')?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_name.then(|| name.to_owned())
    }

    /// Takes the index `name` out of service, where it is in it.
    ///
    /// # Errors
    /// The disk's own.
    pub fn retire(&self, name: &str) -> std::io::Result<()> {
        if self.current().as_deref() == Some(name) {
            fs::remove_file(self.folder.join(CURRENT))?;
        }
        Ok(())
    }

    /// Makes the folder, its owner's alone (texts are masked, and still whole cases), and takes the one
    /// place of whoever builds in it; nothing where somebody else has it. What was built and never served
    /// is gone.
    ///
    /// # Errors
    /// The disk's own.
    pub fn to_build(&self) -> std::io::Result<Option<File>> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder)?;
        let place = File::create(self.folder.join(BUILDING))?;
        match place.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        self.sweep(self.current().as_deref())?;
        Ok(Some(place))
    }

    /// Takes away every index but `kept`; one that somebody still writes in stays until the next time.
    fn sweep(&self, kept: Option<&str>) -> std::io::Result<()> {
        for name in folders(&self.folder)?.into_iter().filter(|name| kept != Some(name)) {
            if let Err(error) = fs::remove_dir_all(self.folder.join(&name)) {
                tracing::warn!(target: "jiesu::search", name, %error, "an old index stays for now");
            }
        }
        Ok(())
    }

    /// A name that no index has.
    ///
    /// # Errors
    /// The disk's own.
    pub fn next_name(&self) -> std::io::Result<String> {
        let names = folders(&self.folder)?.into_iter();
        let taken = names.filter_map(|name| name.parse::<u64>().ok()).max();
        Ok(format!("{:06}", taken.unwrap_or_default() + 1))
    }

    /// Puts the index `name` in service in place of whichever was, and takes the others away.
    ///
    /// # Errors
    /// The disk's own.
    pub fn serve(&self, name: &str) -> std::io::Result<()> {
        let draft = self.folder.join("current.new");
        let mut file = File::create(&draft)?;
        writeln!(file, "{} {name}", self.form())?;
        file.sync_all()?;
        fs::rename(&draft, self.folder.join(CURRENT))?;
        File::open(&self.folder)?.sync_all()?;
        self.sweep(Some(name))
    }
}

fn folders(root: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}
