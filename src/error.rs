//! Ground: the one error type of the house. Its rule: a stable English `code`, a Chinese sentence
//! from the catalogue `config/words/zh-CN.toml`, and never anything personal in either.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{LazyLock, PoisonError, RwLock};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is; `web::api::problem` maps each to one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be read at all (400).
    Malformed,
    /// A field is wrong (422).
    Invalid,
    /// Nobody is logged in, or the token is no good (401).
    Unauthenticated,
    /// This person may not do this (403).
    Forbidden,
    /// Absent, or not for this reader's eyes (404).
    NotFound,
    /// The thing is in a state that does not allow it (409).
    Refused,
    /// `If-Match` named an older version (412).
    Stale,
    /// More bytes than the limit (413).
    TooLarge,
    /// The client was too slow (408).
    Slow,
    /// Too many tries; come back later (429).
    TooMany,
    /// The database is away, or the queue is full; come back later (503).
    Unavailable,
    /// The disk is full (507).
    Full,
    /// Our fault (500): logged once, the caller gets an id.
    Internal,
}

/// One wrong field: where (RFC 6901 pointer), which rule, and a Chinese sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

impl FieldError {
    /// A wrong field whose sentence is the catalogue's for `code`.
    pub fn new(pointer: impl Into<String>, code: &'static str) -> Self {
        Self { pointer: pointer.into(), code, detail: sentence(code, &[]) }
    }

    /// The same with values for the sentence's `{name}` places.
    pub fn with(pointer: impl Into<String>, code: &'static str, values: &[(&str, &str)]) -> Self {
        Self { pointer: pointer.into(), code, detail: sentence(code, values) }
    }
}

/// Why something was not done.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    code: &'static str,
    detail: String,
    fields: Vec<FieldError>,
    state: Option<String>,
    allowed: Vec<String>,
    retry_after_s: Option<u32>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind` with the catalogue's sentence for `code`.
    pub fn new(kind: Kind, code: &'static str) -> Self {
        Self::with(kind, code, &[])
    }

    /// The same with values for the sentence's `{name}` places.
    pub fn with(kind: Kind, code: &'static str, values: &[(&str, &str)]) -> Self {
        Self(Box::new(Inner {
            kind,
            code,
            detail: sentence(code, values),
            fields: Vec::new(),
            state: None,
            allowed: Vec::new(),
            retry_after_s: None,
            source: None,
        }))
    }

    /// Fields are wrong: 422 `invalid` with each of them.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(Kind::Invalid, "invalid");
        error.0.fields = fields;
        error
    }

    /// The same error about these fields.
    #[must_use]
    pub fn at_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }

    /// One field is wrong.
    pub fn field(pointer: impl Into<String>, code: &'static str) -> Self {
        Self::invalid(vec![FieldError::new(pointer, code)])
    }

    /// Absent, or not for this reader's eyes.
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "not_found")
    }

    /// This person may not do this.
    pub fn forbidden() -> Self {
        Self::new(Kind::Forbidden, "forbidden")
    }

    /// A rule of the trade refuses it: `code` says which.
    pub fn refused(code: &'static str) -> Self {
        Self::new(Kind::Refused, code)
    }

    /// Our fault, with what went wrong underneath.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(Kind::Internal, "internal");
        error.0.source = Some(source.into());
        error
    }

    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds the state the thing is in and the commands allowed there.
    #[must_use]
    pub fn in_state(mut self, state: impl Into<String>, allowed: Vec<String>) -> Self {
        self.0.state = Some(state.into());
        self.0.allowed = allowed;
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }
    pub fn code(&self) -> &'static str {
        self.0.code
    }
    pub fn detail(&self) -> &str {
        &self.0.detail
    }
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }
    pub fn state(&self) -> Option<&str> {
        self.0.state.as_deref()
    }
    pub fn allowed(&self) -> &[String] {
        &self.0.allowed
    }
    /// Seconds after which it is worth trying again.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.0.retry_after_s
    }
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail)?;
        for field in &self.0.fields {
            write!(f, "; {} {}", field.pointer, field.code)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|s| s as _)
    }
}

/// The catalogue: code → Chinese sentence with `{name}` places.
static SENTENCES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let text = include_str!("../config/words/zh-CN.toml");
    let table: toml::Table = text.parse().unwrap_or_default();
    let mut flat = BTreeMap::new();
    flatten("", &toml::Value::Table(table), &mut flat);
    flat
});

fn flatten(prefix: &str, value: &toml::Value, flat: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, inner) in table {
                let name = if key == "_" {
                    prefix.to_owned()
                } else if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&name, inner, flat);
            }
        }
        toml::Value::String(text) => {
            flat.insert(prefix.to_owned(), text.clone());
        }
        _ => {}
    }
}

/// What a site says in place of the catalogue's sentences, by code. Its rule: this room reads no database, so the whole
/// table is pushed in from above (`directory::wording`), never a part of it; a process is one house, and what was
/// pushed last is said.
static REWORDED: RwLock<BTreeMap<String, String>> = RwLock::new(BTreeMap::new());

/// From now on the site says `own` in place of the catalogue's sentences of these codes, and nothing else of its own.
pub fn reword(own: BTreeMap<String, String>) {
    *REWORDED.write().unwrap_or_else(PoisonError::into_inner) = own;
}

/// The Chinese sentence of `code` with its places filled: the site's own, or the catalogue's; the code itself where
/// none is written (a test demands a sentence for every code in the source).
pub fn sentence(code: &str, values: &[(&str, &str)]) -> String {
    let own = REWORDED.read().unwrap_or_else(PoisonError::into_inner).get(code).cloned();
    filled(own.as_deref().or_else(|| built_in(code)).unwrap_or(code), values)
}

/// `text` with its `{name}` places filled.
pub fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// The sentence of `code` as it came with the program.
pub fn built_in(code: &str) -> Option<&'static str> {
    SENTENCES.get(code).map(String::as_str)
}

/// Every sentence as it came with the program, by code.
pub fn catalogue() -> impl Iterator<Item = (&'static str, &'static str)> {
    SENTENCES.iter().map(|(code, text)| (code.as_str(), text.as_str()))
}

/// Whether the catalogue has a sentence for `code`.
pub fn has_sentence(code: &str) -> bool {
    SENTENCES.contains_key(code)
}
