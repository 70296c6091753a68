//! Web: files that come in. Its rule: a piece at a time goes from the socket to the disk, sealed; the
//! limit holds while it is read, and what stands in the form is taken for nothing but words.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;

use super::blocking::run;
use crate::attachment::{Files, Incoming, Sent};
use crate::error::{Error, Kind, Result};

/// Bytes that wait for the disk, at most.
const PIECE: usize = 256 * 1024;
/// Parts of a form.
const MOST_PARTS: usize = 32;

/// A form with files: the words in it by their names, and the files.
#[derive(Debug, Default)]
pub struct Upload {
    pub words: BTreeMap<String, String>,
    pub files: Vec<Uploaded>,
}

/// A file and what its sender calls it.
#[derive(Debug)]
pub struct Uploaded {
    pub name: Option<String>,
    pub sent: Sent,
}

/// What a form may hold.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    /// The names of its words.
    pub words: &'a [&'a str],
    /// Bytes of one word, at most.
    pub word_bytes: usize,
    /// Files (each called `file`), at most.
    pub files: usize,
}

impl Upload {
    /// The word `name`.
    ///
    /// # Errors
    /// `field.required` (422) where it is absent.
    pub fn word(&self, name: &str) -> Result<&str> {
        let word = self.words.get(name).map(String::as_str);
        word.ok_or_else(|| Error::field(format!("/{name}"), "field.required"))
    }

    /// Reads a `multipart/form-data` body to its end.
    ///
    /// # Errors
    /// 400 where it is none or breaks off; 413 for more than the limits; 422 for a part that the form
    /// does not have, or has once.
    pub async fn read(
        request: &HttpRequest,
        payload: Payload,
        files: &Arc<Files>,
        form: Form<'_>,
    ) -> Result<Self> {
        let mut parts = Multipart::new(request.headers(), payload);
        let (mut upload, mut count) = (Self::default(), 0);
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| not_read(&error))?;
            count += 1;
            let name = part.name().unwrap_or_default().to_owned();
            if count > MOST_PARTS || name == "file" && upload.files.len() >= form.files {
                return Err(Error::field("/file", "attachment.one_file"));
            }
            if name == "file" {
                let called = part.content_disposition().and_then(|it| it.get_filename());
                let name = called.map(str::to_owned);
                upload.files.push(Uploaded { name, sent: file(part, files).await? });
            } else if form.words.contains(&name.as_str()) {
                let word = word(part, &name, form.word_bytes).await?;
                if upload.words.insert(name.clone(), word).is_some() {
                    return Err(Error::field(format!("/{name}"), "field.duplicate"));
                }
            } else {
                // A name that nobody knows may be anything: it is not repeated.
                return Err(Error::field("/***", "field.unknown"));
            }
        }
        Ok(upload)
    }
}

async fn file(mut part: Field, files: &Arc<Files>) -> Result<Sent> {
    let files = files.clone();
    let mut incoming = run(move || files.receive()).await?;
    let mut waiting = BytesMut::new();
    while let Some(bytes) = part.next().await {
        waiting.extend_from_slice(&bytes.map_err(|error| not_read(&error))?);
        if waiting.len() >= PIECE {
            incoming = written(incoming, waiting.split()).await?;
        }
    }
    let incoming = written(incoming, waiting).await?;
    run(move || incoming.finish()).await
}

async fn written(mut incoming: Incoming, bytes: BytesMut) -> Result<Incoming> {
    run(move || {
        incoming.write(&bytes)?;
        Ok(incoming)
    })
    .await
}

async fn word(mut part: Field, name: &str, most: usize) -> Result<String> {
    let pointer = format!("/{name}");
    let bytes = part.bytes(most).await.map_err(|_| Error::field(&pointer, "field.too_long"))?;
    String::from_utf8(bytes.map_err(|error| not_read(&error))?.to_vec())
        .map_err(|_| Error::field(&pointer, "field.format"))
}

/// What the reader of forms says, without what was in the form.
fn not_read(error: &MultipartError) -> Error {
    let code = match error {
        MultipartError::Incomplete | MultipartError::Payload(_) => "web.incomplete",
        _ => "attachment.multipart",
    };
    Error::new(Kind::Malformed, code)
}
