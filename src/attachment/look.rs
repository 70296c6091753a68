//! Attachment: what a file is. Its rule: its first bytes say what it claims to be, and then it must hold
//! up as that; whatever is not on the list is refused, whoever sends it under whatever name.

use super::refusal::{broken, refused};
use super::{office, picture};
use crate::error::Result;
use crate::ticket::attachment::Media;

/// What was seen.
#[derive(Debug)]
pub enum Look {
    /// A photo, drawn anew; or a paper without what its office wrote about whoever wrote it.
    Anew(Media, Vec<u8>),
    /// A document: kept as it came, and only ever served to be saved.
    AsSent(Media),
}

/// Looks at the whole of a file.
///
/// # Errors
/// 422 at `/file`: `attachment.type` for what is not taken at all, `.broken`, `.pixels`, `.active`.
pub fn look(bytes: &[u8], most_pixels: u64) -> Result<Look> {
    if infer::image::is_jpeg(bytes) {
        return picture::jpeg(bytes, most_pixels).map(|drawn| Look::Anew(Media::Jpeg, drawn));
    }
    if infer::image::is_png(bytes) {
        return picture::png(bytes, most_pixels).map(|drawn| Look::Anew(Media::Png, drawn));
    }
    // Viewers take a PDF that begins within the first kilobyte, and so does `infer`; what stands before
    // it is another file.
    if infer::archive::is_pdf(bytes) && bytes.starts_with(b"%PDF-") {
        return if ends_as_pdf(bytes) { Ok(Look::AsSent(Media::Pdf)) } else { Err(broken()) };
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let (media, anew) = office::look(bytes)?;
        return Ok(anew.map_or(Look::AsSent(media), |anew| Look::Anew(media, anew)));
    }
    Err(refused("attachment.type"))
}

/// A PDF ends with `%%EOF`; what stands behind it is another file, whose readers begin at the end.
/// Some writers fill the last block with blanks or zeros.
fn ends_as_pdf(bytes: &[u8]) -> bool {
    let is_filling = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let end = bytes.iter().rposition(|byte| !is_filling(byte)).map_or(0, |last| last + 1);
    bytes[..end].ends_with(b"%%EOF")
}
