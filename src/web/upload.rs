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

impl Uploaded {
    /// What a browser sends for a field in which no file was chosen.
    pub fn is_nothing(&self) -> bool {
        self.sent.bytes() == 0 && self.name.as_deref().unwrap_or_default().is_empty()
    }
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
        let mut parts = Parts::new(request, payload, form);
        let mut upload = Self::default();
        while let Some(part) = parts.next_file(&mut upload.words).await? {
            upload.take(part, files).await?;
        }
        Ok(upload)
    }

    async fn take(&mut self, part: Field, files: &Arc<Files>) -> Result<()> {
        let called = part.content_disposition().and_then(|it| it.get_filename());
        let name = called.map(str::to_owned);
        self.files.push(Uploaded { name, sent: file(part, files).await? });
        Ok(())
    }
}

/// A form whose words stand before its files, so that who sends them is asked before a byte of any is
/// read.
pub struct WordsFirst<'a> {
    parts: Parts<'a>,
    first: Option<Field>,
    upload: Upload,
}

impl<'a> WordsFirst<'a> {
    /// Reads the words.
    ///
    /// # Errors
    /// As [`Upload::read`]; 422 where no file follows.
    pub async fn read(request: &HttpRequest, payload: Payload, form: Form<'a>) -> Result<Self> {
        let read = Self::read_words(request, payload, form).await?;
        if read.first.is_none() {
            return Err(Error::field("/file", "field.required"));
        }
        Ok(read)
    }

    /// The same where no file has to follow.
    ///
    /// # Errors
    /// As [`Upload::read`].
    pub async fn read_words(
        request: &HttpRequest,
        payload: Payload,
        form: Form<'a>,
    ) -> Result<Self> {
        let mut parts = Parts::new(request, payload, form);
        let mut upload = Upload::default();
        let first = parts.next_file(&mut upload.words).await?;
        Ok(Self { parts, first, upload })
    }

    /// All of them.
    pub fn words(&self) -> &BTreeMap<String, String> {
        &self.upload.words
    }

    /// The word `name`.
    ///
    /// # Errors
    /// As [`Upload::word`].
    pub fn word(&self, name: &str) -> Result<&str> {
        self.upload.word(name)
    }

    /// Reads the files.
    ///
    /// # Errors
    /// As [`Upload::read`]; `attachment.words_first` (422) for a word that comes now.
    pub async fn files(mut self, files: &Arc<Files>) -> Result<Vec<Uploaded>> {
        self.take_all(files).await?;
        Ok(self.upload.files)
    }

    /// The same for a browser, which hears no answer before all of its files have left: where one is refused, the
    /// others are read and dropped.
    ///
    /// # Errors
    /// As [`Self::files`].
    pub async fn files_heard_out(mut self, files: &Arc<Files>) -> Result<Vec<Uploaded>> {
        let taken = self.take_all(files).await;
        if taken.is_err() {
            self.parts.skip().await;
        }
        taken.map(|()| self.upload.files)
    }

    /// Reads the files and keeps none, since their words are refused: as for [`Self::files_heard_out`].
    pub async fn hear_out(self) {
        let Self { mut parts, first, .. } = self;
        if first.is_some() {
            drop(first);
            parts.skip().await;
        }
    }

    async fn take_all(&mut self, files: &Arc<Files>) -> Result<()> {
        let Some(first) = self.first.take() else { return Ok(()) };
        self.upload.take(first, files).await?;
        let mut late = BTreeMap::new();
        while let Some(part) = self.parts.next_file(&mut late).await? {
            self.upload.take(part, files).await?;
        }
        match late.keys().next() {
            Some(name) => Err(Error::field(format!("/{name}"), "attachment.words_first")),
            None => Ok(()),
        }
    }
}

/// The parts of a form as they come.
struct Parts<'a> {
    body: Multipart,
    form: Form<'a>,
    count: usize,
    files: usize,
}

impl<'a> Parts<'a> {
    fn new(request: &HttpRequest, payload: Payload, form: Form<'a>) -> Self {
        let body = Multipart::new(request.headers(), payload);
        Self { body, form, count: 0, files: 0 }
    }

    /// Reads what is left and keeps none of it; how long that may take is every body's end (`deadline`).
    async fn skip(&mut self) {
        while let Some(Ok(part)) = self.body.next().await {
            drop(part);
        }
    }

    /// The next file; the words before it are put to `words`.
    async fn next_file(&mut self, words: &mut BTreeMap<String, String>) -> Result<Option<Field>> {
        while let Some(part) = self.body.next().await {
            let part = part.map_err(|error| not_read(&error))?;
            self.count += 1;
            let name = part.name().unwrap_or_default().to_owned();
            if self.count > MOST_PARTS || name == "file" && self.files >= self.form.files {
                return Err(Error::field("/file", "attachment.one_file"));
            }
            if name == "file" {
                self.files += 1;
                return Ok(Some(part));
            }
            if !self.form.words.contains(&name.as_str()) {
                // A name that nobody knows may be anything: it is not repeated.
                return Err(Error::field("/***", "field.unknown"));
            }
            let word = word(part, &name, self.form.word_bytes).await?;
            if words.insert(name.clone(), word).is_some() {
                return Err(Error::field(format!("/{name}"), "field.duplicate"));
            }
        }
        Ok(None)
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
