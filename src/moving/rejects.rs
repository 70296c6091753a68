//! Moving: what was not taken and why, line by line, in the form of the input. Its rule: a rejected
//! line stands as it was, with `_reason` added; mended, the file can be imported as it is.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
pub use crate::sheet::write::cannot_write;

/// The file beside the one at `path` that ends in `.WORD.FORM`.
///
/// # Errors
/// `import.own_rejects` where that is the file itself.
pub fn beside(path: &Path, word: &str, form: &str) -> Result<PathBuf> {
    let beside = path.with_extension(format!("{word}.{form}"));
    if beside == path { Err(Error::new(Kind::Invalid, "import.own_rejects")) } else { Ok(beside) }
}

/// Moves what lies at `path` to `NAME-1`, `NAME-2` …: somebody may have mended it, and it is never written
/// over.
///
/// # Errors
/// What the disk says.
pub fn make_room(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let end = path.extension().unwrap_or_default().to_string_lossy();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let older = (1_u32..).map(|n| path.with_file_name(format!("{stem}-{n}.{end}")));
    match older.into_iter().find(|older| !older.exists()) {
        Some(older) => std::fs::rename(path, older).map_err(cannot_write),
        None => Ok(()),
    }
}

/// Why a line was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Its line in the input, from 1.
    pub line: u64,
    /// Where in the line (RFC 6901), empty for the whole of it.
    pub pointer: String,
    pub code: &'static str,
    /// The Chinese sentence.
    pub sentence: String,
}

impl Reject {
    /// What `error` says of line `line`.
    ///
    /// # Errors
    /// The error itself where it is not the line's fault (the database is away, the disk is full).
    pub fn of(line: u64, error: Error) -> Result<Self> {
        let error = fault_of_line(error)?;
        Ok(match error.fields().first() {
            Some(field) => Self {
                line,
                pointer: field.pointer.clone(),
                code: field.code,
                sentence: field.detail.clone(),
            },
            None => Self {
                line,
                pointer: String::new(),
                code: error.code(),
                sentence: error.detail().to_owned(),
            },
        })
    }
}

/// The error, where it is the line's fault.
///
/// # Errors
/// Itself where it is not.
pub fn fault_of_line(error: Error) -> Result<Error> {
    match error.kind() {
        Kind::Invalid | Kind::Malformed | Kind::Refused | Kind::TooLarge => Ok(error),
        _ => Err(error),
    }
}

/// Where lines go that were not taken.
pub trait Sink {
    /// Line `line`, as it was, is not taken because of `error`.
    ///
    /// # Errors
    /// The error itself where it is not the line's fault; what the disk says.
    fn put(&mut self, line: u64, raw: &[u8], error: Error) -> Result<()>;
}

/// Lines as they were, with their reasons.
pub struct Lines<'a>(pub &'a mut dyn Write);

impl Sink for Lines<'_> {
    fn put(&mut self, line: u64, raw: &[u8], error: Error) -> Result<()> {
        let reject = Reject::of(line, error)?;
        write(self.0, raw, &reject)
    }
}

/// Writes `raw` with its reason.
pub fn write(out: &mut dyn Write, raw: &[u8], reject: &Reject) -> Result<()> {
    let reason = json!({
        "line": reject.line,
        "pointer": reject.pointer,
        "code": reject.code,
        "sentence": reject.sentence,
    });
    let mended = match serde_json::from_slice::<Value>(raw) {
        Ok(Value::Object(mut fields)) if fields.contains_key("_reason") => {
            fields.insert("_reason".to_owned(), reason);
            Value::Object(fields).to_string()
        }
        Ok(Value::Object(fields)) => {
            // As it was, to the letter: only the closing brace makes room.
            let text = String::from_utf8_lossy(raw);
            let open = text.trim_end().strip_suffix('}').unwrap_or_default();
            let comma = if fields.is_empty() { "" } else { "," };
            format!("{open}{comma}\"_reason\":{reason}}}")
        }
        _ => json!({ "_line": String::from_utf8_lossy(raw), "_reason": reason }).to_string(),
    };
    writeln!(out, "{mended}").map_err(cannot_write)
}
