//! Attachment: why a file is not taken. Its rule: always a wrong field, `/file`, with the code that says which
//! rule; never a word of what the file holds.

use crate::error::Error;

/// The file is refused by the rule `code`.
pub(super) fn refused(code: &'static str) -> Error {
    Error::field("/file", code)
}

/// It is not what it says it is, or not all of it.
pub(super) fn broken() -> Error {
    Error::field("/file", "attachment.broken")
}
