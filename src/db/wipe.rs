//! Ground: what was destroyed, off the disk as well. Its rule: it runs beside the service, and says where
//! bytes are left that it cannot reach.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use diesel::connection::SimpleConnection;

use super::file::Place;
use super::{Conn, Db, Engine, Tx};
use crate::error::{Error, Result};

/// What is left of what was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrubbed {
    /// No byte of it was found in the database's files.
    Gone,
    /// Somebody reads or writes too much just now: ask again later.
    Busy,
    /// A database server has files of its own: free space, log and standbys are its operator's.
    Elsewhere,
}

/// How often the log is asked to be emptied while others read it.
const TRIES: u32 = 5;

/// Runs `change` so that SQLite overwrites every page and cell that it gives free, not only those it
/// writes anyway.
///
/// # Errors
/// What `change` says.
pub fn thoroughly<T>(tx: &mut Tx<'_>, change: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
    let pragma = |tx: &mut Tx<'_>, mode: &str| match tx.conn {
        Conn::Sqlite(conn) => conn.batch_execute(&format!("PRAGMA secure_delete = {mode}")),
        Conn::Postgres(_) => Ok(()),
    };
    pragma(tx, "ON")?;
    let changed = change(tx);
    pragma(tx, "FAST")?;
    changed
}

impl Db {
    /// Empties SQLite's write-ahead log into its file and, where one of `needles` is found in either,
    /// writes the file anew. On PostgreSQL it vacuums the tables of tickets.
    ///
    /// # Errors
    /// As the database and the disk say.
    pub fn scrub(&self, needles: &[Vec<u8>]) -> Result<Scrubbed> {
        match &self.0.engine {
            Engine::Postgres(postgres) => {
                postgres.outside("VACUUM ticket, ticket_body, caller_key")?;
                Ok(Scrubbed::Elsewhere)
            }
            Engine::Sqlite(sqlite) => match sqlite.place() {
                Some(Place::File(path)) => scrub(path, needles),
                _ => Ok(Scrubbed::Gone),
            },
        }
    }
}

fn scrub(path: &str, needles: &[Vec<u8>]) -> Result<Scrubbed> {
    let mut conn = Place::File(path.to_owned()).open_writer()?;
    let (file, log) = (Path::new(path), format!("{path}-wal"));
    let log = Path::new(&log);
    empty(&mut conn, log)?;
    // What others write meanwhile is not looked for: only these bytes.
    if holds(file, needles)? && conn.batch_execute("VACUUM").is_ok() {
        empty(&mut conn, log)?;
    }
    let left = holds(file, needles)? || holds(log, needles)?;
    Ok(if left { Scrubbed::Busy } else { Scrubbed::Gone })
}

/// Brings the log into the file and cuts it off, as soon as nobody reads it.
fn empty(conn: &mut Conn, log: &Path) -> Result<()> {
    for _ in 0..TRIES {
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
        if !log.metadata().is_ok_and(|file| file.len() > 0) {
            break;
        }
    }
    Ok(())
}

/// Whether the file has one of `needles` in it.
fn holds(path: &Path, needles: &[Vec<u8>]) -> Result<bool> {
    let longest = needles.iter().map(Vec::len).max().unwrap_or(0);
    if longest == 0 {
        return Ok(false);
    }
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::internal(error)),
    };
    let mut window: Vec<u8> = Vec::new();
    let mut part = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut part).map_err(Error::internal)?;
        if count == 0 {
            return Ok(false);
        }
        window.extend_from_slice(&part[..count]);
        if needles.iter().any(|needle| finds(&window, needle)) {
            return Ok(true);
        }
        // One that lies across two parts is found in the next.
        window.drain(..window.len().saturating_sub(longest - 1));
    }
}

fn finds(text: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return false };
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| byte == first) {
        from += at + 1;
        if text[from..].starts_with(rest) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_needle_is_found_wherever_it_lies() {
        let path = std::env::temp_dir().join(format!("jiesu-wipe-{}", std::process::id()));
        let needle = b"aab-key".to_vec();
        for at in [0, 1, (1 << 20) - 3, 1 << 20, (1 << 20) + 77] {
            let mut bytes = vec![b'a'; (1 << 20) + 200];
            bytes[at..at + needle.len()].copy_from_slice(&needle);
            std::fs::write(&path, &bytes).unwrap();
            assert!(holds(&path, std::slice::from_ref(&needle)).unwrap(), "{at}");
            assert!(!holds(&path, &[b"aab-kez".to_vec()]).unwrap());
        }
        std::fs::remove_file(&path).unwrap();
        assert!(!holds(&path, &[needle]).unwrap());
    }
}
