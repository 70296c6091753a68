//! Web: a POST that is sent twice is done once. Its rule: the key and the answer are written in
//! the same transaction as the change, so that either all three are there or none.
//!
//! A client that got no answer sends the same request with the same `Idempotency-Key` again:
//! * the change was committed: it gets the stored answer, to the byte, with
//!   `Idempotent-Replayed: true`; a crash between commit and answer makes no difference;
//! * it was not: it is done now, for the first time;
//! * it is going on: 409 `idempotency.running` (another node's: the write waits for that one);
//! * the body is another one: 422 `idempotency.other_body`.
//!
//! A refusal changed nothing and is not kept: asked again, it is decided anew. A key belongs to
//! one actor and one address, and is kept for `limits.idempotency_hours`. Answers are stored
//! sealed: they may hold the code that a citizen is told once.
//!
//! So whatever depends on the state (the version, the transition) must be asked *inside* the
//! change: a repeated command would else be refused because its first run has moved the state.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::blocking::run;
use super::{etag, store};
use crate::app::{App, RunningKey};
use crate::db::{Conn, Tx, is_duplicate};
use crate::error::{Error, Kind, Result};
use crate::sealing::{MasterKey, place_of_answer};

/// An answer that can be stored and given again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    /// Not to be kept: asked again, it is done anew.
    #[serde(skip)]
    passing: bool,
}

impl Answer {
    /// 200 with a body.
    pub fn ok(body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_string(body).map_err(Error::internal)?;
        Ok(Self { status: 200, headers: Vec::new(), body, passing: false })
    }

    /// 201 with where it lies and a body.
    pub fn created(location: impl Into<String>, body: &impl Serialize) -> Result<Self> {
        let mut answer = Self::ok(body)?;
        answer.status = 201;
        answer.headers.push(("location".to_owned(), location.into()));
        Ok(answer)
    }

    /// 204.
    pub fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), body: String::new(), passing: false }
    }

    /// Marks an answer that is given and not kept: it says that not all was done, or a number in clear that no
    /// later erasure would find. Asked again, it is done anew, and noted anew.
    #[must_use]
    pub fn passing(mut self) -> Self {
        self.passing = true;
        self
    }

    /// Its body.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.body).map_err(Error::internal)
    }

    /// 200 with a text of this type.
    pub fn text(content_type: &str, body: String) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status: 200, headers, body, passing: false }
    }

    /// Adds the `ETag` of `version`.
    #[must_use]
    pub fn versioned(mut self, version: i64) -> Self {
        self.headers.push(("etag".to_owned(), etag::etag(version)));
        self
    }

    /// The HTTP answer.
    pub fn respond(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut answer = HttpResponse::build(status);
        if !self.body.is_empty() {
            answer.content_type("application/json");
        }
        for (name, value) in self.headers {
            answer.insert_header((name, value));
        }
        if self.body.is_empty() { answer.finish() } else { answer.body(self.body) }
    }
}

/// An answer, and whether an earlier request with the same key was given it.
pub struct Given {
    pub answer: Answer,
    replayed: bool,
}

impl Given {
    const fn now(answer: Answer) -> Self {
        Self { answer, replayed: false }
    }

    /// One that was given before.
    pub const fn before(answer: Answer) -> Self {
        Self { answer, replayed: true }
    }

    /// The HTTP answer; one that was given before is marked as such.
    pub fn respond(self) -> HttpResponse {
        if self.replayed { again(self.answer) } else { self.answer.respond() }
    }
}

/// The request's key, method and address, not yet bound to an actor and a body.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: Option<String>,
    place: String,
}

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

impl IdempotencyKey {
    fn of(request: &HttpRequest) -> Result<Self> {
        let place = format!("{} {}", request.method(), request.path());
        let Some(value) = request.headers().get("idempotency-key") else {
            return Ok(Self { key: None, place });
        };
        let key = value.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
        match key {
            Some(key) => Ok(Self { key: Some(key.to_owned()), place }),
            None => Err(Error::new(Kind::Malformed, "idempotency.key_form")),
        }
    }

    /// The key of a page's form, which can send no header: what it holds, and so the word that the page put into it
    /// when it was made. Sent again by a second touch or a reload it is the same; typed anew it is not.
    pub fn of_form(request: &HttpRequest, content: Option<&[u8]>) -> Self {
        let place = format!("{} {}", request.method(), request.path());
        Self { key: content.map(|content| URL_SAFE_NO_PAD.encode(Sha256::digest(content))), place }
    }

    /// Binds the key to who asks (`Actor::name`, or a word such as `public`) and to the body's
    /// bytes (for a multipart body, whose boundary changes: to what it holds).
    pub fn bind(self, actor: &str, body: &[u8]) -> Idem {
        let key = self.key.map(|key| {
            let mut hash = Sha256::new();
            for part in [actor, &self.place, &key] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
            URL_SAFE_NO_PAD.encode(hash.finalize())
        });
        Idem { key, body: URL_SAFE_NO_PAD.encode(Sha256::digest(body)), place: self.place }
    }
}

impl Idem {
    /// The key of one of several changes that come with one request.
    fn part(&self, name: &str) -> Self {
        let key = self.key.as_ref().map(|key| {
            let hash = Sha256::new().chain_update(key).chain_update([0]).chain_update(name);
            URL_SAFE_NO_PAD.encode(hash.finalize())
        });
        Self { key, body: self.body.clone(), place: self.place.clone() }
    }
}

/// A key bound to actor, address and body.
#[derive(Debug, Clone)]
pub struct Idem {
    pub(super) key: Option<String>,
    pub(super) body: String,
    /// Method and path.
    place: String,
}

impl Idem {
    /// Keeps the key taken on this node, where there is one.
    pub(super) fn enter(&self, app: &App) -> Result<Option<RunningKey>> {
        self.key.as_ref().map(|key| app.running.enter(key)).transpose()
    }
}

/// Does `change` in one write, once for each key, and answers what it answered. All POST handlers
/// that change something end with this; it blocks off the threads that answer. As with
/// [`crate::db::Db::write`], `change` may run again and must only use its `tx`.
///
/// # Errors
/// What `change` says; `idempotency.running` (409) and `idempotency.other_body` (422).
pub async fn write_once<F>(app: &web::Data<App>, idem: Idem, change: F) -> Result<HttpResponse>
where
    F: Fn(&mut Tx<'_>) -> Result<Answer> + Send + Sync + 'static,
{
    given_once(app, idem, change).await.map(Given::respond)
}

/// As [`write_once`], for who makes something else of the answer than the interface does.
///
/// # Errors
/// As [`write_once`].
pub async fn given_once<F>(app: &web::Data<App>, idem: Idem, change: F) -> Result<Given>
where
    F: Fn(&mut Tx<'_>) -> Result<Answer> + Send + Sync + 'static,
{
    let guard = idem.enter(app)?;
    let app = app.clone();
    run(move || {
        // The guard lives as long as the write, even when the client has gone away.
        let _guard = guard;
        settle(&app, &idem, change)
    })
    .await
}

/// As [`write_once`] for one of several changes that come with one request: each has a write of its
/// own, and `part` names it. Blocks. A request that broke off is finished by sending it again.
///
/// # Errors
/// What `change` says.
pub fn part_once<F>(app: &App, idem: &Idem, part: &str, change: F) -> Result<Answer>
where
    F: Fn(&mut Tx<'_>) -> Result<Answer> + Send + Sync + 'static,
{
    settle(app, &idem.part(part), change).map(|given| given.answer)
}

/// The answer to a request.
fn settle<F>(app: &App, idem: &Idem, change: F) -> Result<Given>
where
    F: Fn(&mut Tx<'_>) -> Result<Answer> + Send + Sync + 'static,
{
    let change = Arc::new(change);
    let write = || {
        let (idem, change, keys) = (idem.clone(), change.clone(), app.keys.clone());
        app.db.write(move |tx| once(tx, &keys, &idem, |tx| change(tx)))
    };
    match write() {
        // Another node was quicker with the same key: now its answer is there.
        Err(error) if is_duplicate(&error) => write(),
        done => done,
    }
}

/// The answer stored under the key, where there is one.
pub(super) fn kept_in(conn: &mut Conn, app: &App, idem: &Idem) -> Result<Option<Answer>> {
    let Some(key) = &idem.key else { return Ok(None) };
    let kept = store::kept_answer(conn, key)?;
    kept.map(|kept| open(&app.keys, key, idem, &kept)).transpose()
}

/// The stored answer, or that of `change`, stored.
fn once(
    tx: &mut Tx<'_>,
    keys: &MasterKey,
    idem: &Idem,
    change: impl Fn(&mut Tx<'_>) -> Result<Answer>,
) -> Result<Given> {
    let Some(key) = &idem.key else { return Ok(Given::now(change(tx)?)) };
    if let Some(kept) = store::kept_answer(tx.conn, key)? {
        return Ok(Given::before(open(keys, key, idem, &kept)?));
    }
    let answer = change(tx)?;
    if answer.passing {
        return Ok(Given::now(answer));
    }
    store::keep_answer(tx, key, &idem.body, &seal(keys, idem, key, &answer)?)?;
    Ok(Given::now(answer))
}

/// As [`write_once`] for work that writes by itself (accounts: their rooms own the write). The
/// answer is stored right after the work; a crash in between lets it be done again.
///
/// # Errors
/// What `work` says; `idempotency.running` (409) and `idempotency.other_body` (422).
pub async fn answer_once<F>(app: &web::Data<App>, idem: Idem, work: F) -> Result<HttpResponse>
where
    F: FnOnce() -> Result<Answer> + Send + 'static,
{
    let guard = idem.enter(app)?;
    let app = app.clone();
    let (answer, replayed) = run(move || {
        let _guard = guard;
        let Some(key) = idem.key.clone() else { return Ok((work()?, false)) };
        if let Some(kept) = app.db.read(|conn| kept_in(conn, &app, &idem))? {
            return Ok((kept, true));
        }
        let answer = work()?;
        if answer.passing {
            return Ok((answer, false));
        }
        let sealed = seal(&app.keys, &idem, &key, &answer)?;
        app.db.write(move |tx| store::keep_answer(tx, &key, &idem.body, &sealed))?;
        Ok((answer, false))
    })
    .await?;
    Ok(if replayed { again(answer) } else { answer.respond() })
}

/// The answer of an earlier request with the same key, marked as such.
pub(super) fn again(answer: Answer) -> HttpResponse {
    let mut response = answer.respond();
    let name = HeaderName::from_static("idempotent-replayed");
    response.headers_mut().insert(name, HeaderValue::from_static("true"));
    response
}

/// The header under which a kept answer remembers what address it was given at; nobody is told it.
const PLACE: &str = "jiesu-place";

/// Status and headers as a line of JSON, then the body as it is. The address goes with the headers, where an older
/// program reads over it: it names the ticket that the answer is about, also where the answer itself does not
/// (a name in clear), so that erasing the ticket finds it.
pub(super) fn seal(keys: &MasterKey, idem: &Idem, key: &str, answer: &Answer) -> Result<Vec<u8>> {
    let mut plain = Vec::with_capacity(answer.body.len() + 256);
    let place = (PLACE.to_owned(), idem.place.clone());
    let headers: Vec<&(String, String)> = answer.headers.iter().chain([&place]).collect();
    serde_json::to_writer(&mut plain, &(answer.status, headers)).map_err(Error::internal)?;
    plain.push(b'\n');
    plain.extend_from_slice(answer.body.as_bytes());
    keys.seal(&plain, &place_of_answer(key))
}

fn open(keys: &MasterKey, key: &str, idem: &Idem, kept: &store::Kept) -> Result<Answer> {
    if kept.body != idem.body {
        return Err(Error::new(Kind::Invalid, "idempotency.other_body"));
    }
    let plain = keys.open(&kept.answer, &place_of_answer(key))?;
    let plain = String::from_utf8(plain).map_err(Error::internal)?;
    read(&plain)
}

/// A kept answer: in the form of [`seal`], or as one JSON object, as it was kept before.
fn read(plain: &str) -> Result<Answer> {
    if plain.starts_with('{') {
        return serde_json::from_str(plain).map_err(Error::internal);
    }
    let (head, body) = plain.split_once('\n').unwrap_or((plain, ""));
    let (status, mut headers): (u16, Vec<(String, String)>) =
        serde_json::from_str(head).map_err(Error::internal)?;
    headers.retain(|(name, _)| name != PLACE);
    Ok(Answer { status, headers, body: body.to_owned(), passing: false })
}

/// Forgets keys older than `limits.idempotency_hours`; returns how many. For the worker.
///
/// # Errors
/// As [`crate::db::Db::write`].
pub fn forget_old(app: &App) -> Result<usize> {
    let hours = i64::from(app.config.limits.idempotency_hours);
    app.db.write(move |tx| {
        let before = tx.now.plus_millis(-hours * 3_600_000);
        store::forget_answers(tx, before)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_an_older_program_kept_is_read_too() {
        let headers = vec![("etag".to_owned(), "\"1\"".to_owned())];
        let answer =
            Answer { status: 201, headers, body: "{\"no\":\"1\"}".to_owned(), passing: false };
        let old = r#"{"status":201,"headers":[["etag","\"1\""]],"body":"{\"no\":\"1\"}"}"#;
        let new = "[201,[[\"etag\",\"\\\"1\\\"\"]]]\n{\"no\":\"1\"}";
        assert_eq!(read(old).unwrap(), answer);
        assert_eq!(read(new).unwrap(), answer);
    }
}
