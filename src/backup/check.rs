//! Backup: whether one is whole. Its rule: every byte of every file is looked at, and what is wrong is named;
//! neither keys nor a database are needed. What lies beside it spoils nothing: a backup that the disaster itself
//! broke off leaves such files, and the older one must still come back.

use std::path::Path;

use super::{LOCK, MANIFEST, Manifest, disk};
use crate::code_enum;
use crate::error::Result;

code_enum! {
    /// What is wrong with a file of a backup.
    pub enum Fault {
        Missing = "missing" "文件缺失",
        Changed = "changed" "内容与清单的校验和不符",
        Strange = "strange" "清单之外的文件",
        Unreadable = "unreadable" "读不了",
        Manifest = "manifest" "清单缺失或已被改动",
    }
}

impl Fault {
    /// Whether nothing can be relied on any more; a file too many is only worth a word.
    pub const fn spoils(self) -> bool {
        !matches!(self, Self::Strange)
    }
}

/// Something wrong, and in which file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    pub file: String,
    pub fault: Fault,
}

/// What a look at a backup gave.
#[derive(Debug, Clone)]
pub struct Look {
    /// Nothing where it is broken.
    pub manifest: Option<Manifest>,
    pub files: usize,
    pub bytes: u64,
    pub flaws: Vec<Flaw>,
}

impl Look {
    /// What it holds, where it can be restored.
    pub fn whole(&self) -> Option<&Manifest> {
        let spoilt = self.flaws.iter().any(|flaw| flaw.fault.spoils());
        self.manifest.as_ref().filter(|_| !spoilt)
    }
}

/// How often a look begins anew because a backup was made meanwhile.
const LOOKS: u32 = 3;

/// Looks at everything in the backup `dir`. One that is made meanwhile takes the place of what was looked at:
/// then that is.
///
/// # Errors
/// `backup.file` where the folder itself cannot be read.
pub fn examine(dir: &Path) -> Result<Look> {
    let mut look = once(dir)?;
    for _ in 1..LOOKS {
        let now = Manifest::read(dir).ok().flatten();
        if look.whole().is_some() || now == look.manifest {
            break;
        }
        look = once(dir)?;
    }
    Ok(look)
}

fn once(dir: &Path) -> Result<Look> {
    let mut look = Look { manifest: None, files: 0, bytes: 0, flaws: Vec::new() };
    let mut wrong = |file: &str, fault| look.flaws.push(Flaw { file: file.to_owned(), fault });
    let Ok(Some(manifest)) = Manifest::read(dir) else {
        wrong(MANIFEST, Fault::Manifest);
        return Ok(look);
    };
    let there = disk::files_below(dir)?;
    for (name, due) in &manifest.files {
        look.files += 1;
        match there.get(name) {
            None => wrong(name, Fault::Missing),
            Some(length) if *length != due.bytes => wrong(name, Fault::Changed),
            Some(_) => match disk::sum(&dir.join(name)) {
                Ok(sum) if sum == *due => look.bytes += sum.bytes,
                Ok(_) => wrong(name, Fault::Changed),
                Err(_) => wrong(name, Fault::Unreadable),
            },
        }
    }
    let named = |name: &String| {
        manifest.files.contains_key(name) || [MANIFEST, LOCK].contains(&name.as_str())
    };
    for name in there.keys().filter(|name| !named(name)) {
        wrong(name, Fault::Strange);
    }
    look.manifest = Some(manifest);
    Ok(look)
}
