//! Web, console: style, scripts and pictures. Its rule: compiled in, named with a mark of their content, so that a
//! browser keeps them for good and asks for a changed one at once.

use std::fmt::Write as _;
use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Name, type, content.
const FILES: &[(&str, &str, &[u8])] = &[
    ("console.css", "text/css; charset=utf-8", include_bytes!("assets/console.css")),
    ("console.js", "text/javascript; charset=utf-8", include_bytes!("assets/console.js")),
    ("desk.js", "text/javascript; charset=utf-8", include_bytes!("assets/desk.js")),
    ("batch.js", "text/javascript; charset=utf-8", include_bytes!("assets/batch.js")),
    ("calls.js", "text/javascript; charset=utf-8", include_bytes!("assets/calls.js")),
    ("copy.js", "text/javascript; charset=utf-8", include_bytes!("assets/copy.js")),
    ("field.js", "text/javascript; charset=utf-8", include_bytes!("assets/field.js")),
    ("search.js", "text/javascript; charset=utf-8", include_bytes!("assets/search.js")),
    ("survey.js", "text/javascript; charset=utf-8", include_bytes!("assets/survey.js")),
    ("ticket.js", "text/javascript; charset=utf-8", include_bytes!("assets/ticket.js")),
    ("admin.js", "text/javascript; charset=utf-8", include_bytes!("assets/admin.js")),
    ("mark.svg", "image/svg+xml", include_bytes!("assets/mark.svg")),
];

/// The mark of each file's content.
static MARKS: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let mark = |content: &[u8]| {
        Sha256::digest(content).iter().take(6).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    FILES.iter().map(|(name, _, content)| (*name, mark(content))).collect()
});

/// Where a page finds the file `name`.
pub fn address(name: &str) -> String {
    let mark = MARKS.iter().find(|(there, _)| *there == name).map(|(_, mark)| mark.as_str());
    format!("/assets/{name}?v={}", mark.unwrap_or_default())
}

/// A file of the console.
#[get("/assets/{name}")]
pub async fn file(name: web::Path<String>) -> Result<HttpResponse> {
    let found = FILES.iter().find(|(there, _, _)| *there == name.as_str());
    let (_, kind, content) = found.ok_or_else(Error::not_found)?;
    Ok(HttpResponse::Ok()
        .content_type(*kind)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(*content))
}
