//! Lifecycle: `jiesu verify`: the proof that chains and rows are whole, over the whole database and
//! the file of seals beside it. Its rule: many short reads, so that it may run beside the service.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

use super::Hotline;
use crate::error::{Error, Result};
use crate::ticket::store::proof::{Log, Proof};

impl Hotline {
    /// Proves every seal and every ticket; `file` is the one that [`Hotline::seal`] writes.
    ///
    /// # Errors
    /// The database's own; what is wrong with the history stands in the answer.
    pub fn prove(&self, file: &Path) -> Result<Proof<'_>> {
        let mut log = lines(file)?;
        let mut proof = Proof::new(&self.keys);
        while self.db.read(|conn| proof.seals(conn, &mut log))? {}
        while self.db.read(|conn| proof.removals(conn))? {}
        let mut after = i64::MIN;
        while let Some(next) = self.db.read(|conn| proof.tickets(conn, after))? {
            after = next;
        }
        Ok(proof)
    }
}

/// The file's lines. The end of a line that a crash cut off is none; a file that is not there has
/// none.
fn lines(path: &Path) -> Result<Log<'static>> {
    let mut reader = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let none: Box<dyn Iterator<Item = String>> = Box::new(std::iter::empty());
            return Ok(none.peekable());
        }
        Err(error) => return Err(Error::internal(error)),
    };
    let lines: Box<dyn Iterator<Item = String>> = Box::new(std::iter::from_fn(move || {
        let mut bytes = Vec::new();
        let read = reader.read_until(b'\n', &mut bytes).ok()?;
        let whole = read > 0 && bytes.pop() == Some(b'\n');
        whole.then(|| String::from_utf8_lossy(&bytes).into_owned())
    }));
    Ok(lines.peekable())
}
