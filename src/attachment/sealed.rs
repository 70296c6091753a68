//! Attachment: a file sealed in chunks. Its rule: however long the file, one chunk is in memory; a chunk
//! that was changed, moved, left out or taken from another file cannot be opened.
//!
//! `"jiesuAT1" ‖ file id (16, random) ‖ chunk …`, each chunk as [`RecordKey::seal`] makes it, bound to
//! its ticket, its file, its number and to whether it is the last. Every chunk but the last holds
//! [`CHUNK`] bytes, and the last holds fewer, so that a file that breaks off has no last chunk.

use std::io::{Read, Write};

use rand::Rng;
use sha2::{Digest, Sha256};

use super::on_disk;
use crate::error::{Error, Result};
use crate::sealing::{OVERHEAD, RecordKey, entropy, hex, place};

/// Bytes of plain text in a chunk.
pub const CHUNK: usize = 64 * 1024;
const MAGIC: &[u8; 8] = b"jiesuAT1";
const ID: usize = 16;

/// What came of sealing.
pub struct Written {
    /// SHA-256 over all that was written, in hexadecimal digits.
    pub hash: String,
    /// Bytes of plain text.
    pub plain: u64,
}

/// What a chunk is bound to.
struct Place {
    bytes: Vec<u8>,
    next: u32,
}

impl Place {
    fn new(ticket_id: i64, id: [u8; ID]) -> Self {
        let mut bytes = place("attachment", "file", ticket_id);
        bytes.extend_from_slice(&id);
        Self { bytes, next: 0 }
    }

    fn of_next(&mut self, last: u8) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.extend_from_slice(&self.next.to_be_bytes());
        bytes.push(last);
        self.next = self.next.saturating_add(1);
        bytes
    }
}

/// Seals what is written to it.
pub struct SealWriter<W> {
    out: W,
    key: RecordKey,
    place: Place,
    buffer: Vec<u8>,
    hash: Sha256,
    plain: u64,
}

impl<W: Write> SealWriter<W> {
    pub fn new(out: W, key: RecordKey, ticket_id: i64) -> Result<Self> {
        let mut id = [0; ID];
        entropy().fill_bytes(&mut id);
        let (place, buffer, hash) =
            (Place::new(ticket_id, id), Vec::with_capacity(CHUNK), Sha256::new());
        let mut writer = Self { out, key, place, buffer, hash, plain: 0 };
        writer.put(&[MAGIC.as_slice(), &id].concat())?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.out.write_all(bytes).map_err(on_disk)
    }

    pub fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.plain += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() == CHUNK {
                self.seal(0)?;
            }
        }
        Ok(())
    }

    fn seal(&mut self, last: u8) -> Result<()> {
        let sealed = self.key.seal(&self.buffer, &self.place.of_next(last))?;
        self.buffer.clear();
        self.put(&sealed)
    }

    /// The last chunk, which may be empty; answers what was written, and where.
    pub fn finish(mut self) -> Result<(Written, W)> {
        self.seal(1)?;
        self.out.flush().map_err(on_disk)?;
        Ok((Written { hash: hex(&self.hash.finalize()), plain: self.plain }, self.out))
    }
}

/// Why a sealed file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the file of an attachment is missing")]
    Missing,
    #[error("the file of an attachment is not what its hash says")]
    Changed,
    #[error("the file of an attachment breaks off")]
    Short,
    #[error("the file of an attachment is none of ours")]
    Foreign,
}

/// Opens what [`SealWriter`] has written.
pub struct SealReader<R> {
    input: R,
    key: RecordKey,
    place: Place,
    over: bool,
}

impl<R: Read> SealReader<R> {
    /// # Errors
    /// `internal` where it does not begin as our files do.
    pub fn new(mut input: R, key: RecordKey, ticket_id: i64) -> Result<Self> {
        let mut head = [0; MAGIC.len() + ID];
        let read = fill(&mut input, &mut head)?;
        let (magic, id) = head.split_at(MAGIC.len());
        if read < head.len() || magic != MAGIC {
            return Err(Error::internal(Broken::Foreign));
        }
        let mut own = [0; ID];
        own.copy_from_slice(id);
        Ok(Self { input, key, place: Place::new(ticket_id, own), over: false })
    }

    /// The next chunk, as long as there are any.
    ///
    /// # Errors
    /// `internal` where it was tampered with or the file breaks off.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        if self.over {
            return Ok(None);
        }
        let mut sealed = vec![0; OVERHEAD + CHUNK];
        let read = fill(&mut self.input, &mut sealed)?;
        let is_last = read < sealed.len();
        if read < OVERHEAD {
            return Err(Error::internal(Broken::Short));
        }
        self.over = is_last;
        sealed.truncate(read);
        self.key.open(&sealed, &self.place.of_next(u8::from(is_last))).map(Some)
    }
}

/// Reads until `buffer` is full or the input ends.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match input.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(on_disk(error)),
        }
    }
    Ok(read)
}
