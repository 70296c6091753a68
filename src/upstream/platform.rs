//! Upstream: the platform as we speak to it: taking an answer, asking what became of one, its list of a day.
//! Its rule: what it says is read by the form; of what it says nothing but a short code is kept.

use std::time::Duration;

use chrono::NaiveDate;
use serde_json::Value;

use super::form::{Form, List};
use crate::config::Upstream;
use crate::error::{Error, Kind, Result};
use crate::outward::{self, Failure, Outward, Url};

/// Where a list's address has a place for the page's number, from 1; an empty page ends the list.
const PAGE: &str = "{page}";
const PAGES: u32 = 10_000;

/// How the platform took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// It does not want it as it is: its code.
    Refused(String),
    /// Another time; whether it can have arrived.
    Again {
        why: String,
        arrived: Arrived,
    },
    /// Asked for by its id: never seen.
    Unknown,
}

/// Whether a message that got no good answer can be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    Perhaps,
    No,
}

/// A ticket as the platform lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theirs {
    pub upstream_no: String,
    /// `None` where the list does not say.
    pub revision: Option<i32>,
    pub stage: Option<String>,
}

/// The city's platform.
#[derive(Debug, Clone)]
pub struct Platform {
    outward: Outward,
    longest: Duration,
    url: String,
    status_url: String,
    list_url: String,
    bearer: Option<String>,
}

impl Platform {
    /// The platform of the configuration, called through `outward`; none where no address is given.
    pub fn of(config: &Upstream, outward: Outward) -> Option<Self> {
        if config.url.is_empty() {
            return None;
        }
        Some(Self {
            outward,
            longest: Duration::from_millis(config.timeout_ms),
            url: config.url.clone(),
            status_url: config.status_url.clone(),
            list_url: config.list_url.clone(),
            bearer: config.token.reveal().map(|token| format!("Bearer {token}")),
        })
    }

    /// Whether it can be asked what became of a message.
    pub fn tells_status(&self) -> bool {
        !self.status_url.is_empty()
    }

    /// Whether it lists its tickets of a day.
    pub fn lists(&self) -> bool {
        !self.list_url.is_empty()
    }

    /// Hands over a message.
    pub fn take(&self, form: &Form, message_id: &str, message: &Value) -> Verdict {
        let json = message.to_string();
        let mut headers = self.headers();
        headers.extend([("idempotency-key", message_id), ("content-type", "application/json")]);
        let answer = Url::parse(&self.url)
            .and_then(|url| self.outward.post(&url, &headers, json.as_bytes(), self.longest))
            .and_then(outward::Answer::whole);
        match answer {
            Ok(answer) => verdict(form, &answer),
            Err(failure) => failed(failure),
        }
    }

    /// What became of the message with this id.
    pub fn status(&self, form: &Form, message_id: &str) -> Verdict {
        let url = self.status_url.replace("{id}", message_id);
        match self.get(&url) {
            Ok(answer) if answer.status == 404 && code(form, &answer).is_none() => Verdict::Unknown,
            Ok(answer) => verdict(form, &answer),
            Err(failure) => failed(failure),
        }
    }

    fn get(&self, url: &str) -> Result<outward::Answer, Failure> {
        self.outward.get(&Url::parse(url)?, &self.headers(), self.longest)?.whole()
    }

    /// Its tickets of `day`, page after page where the address has a place for one.
    ///
    /// # Errors
    /// `upstream.unreachable`, `upstream.unreadable`.
    pub fn list(&self, list: &List, day: NaiveDate) -> Result<Vec<Theirs>> {
        let url = self.list_url.replace("{day}", &day.to_string());
        if !url.contains(PAGE) {
            return self.list_page(list, &url);
        }
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let items = self.list_page(list, &url.replace(PAGE, &page.to_string()))?;
            if items.is_empty() {
                return Ok(all);
            }
            all.extend(items);
        }
        Err(unreadable())
    }

    fn list_page(&self, list: &List, url: &str) -> Result<Vec<Theirs>> {
        let away = || Error::new(Kind::Unavailable, "upstream.unreachable");
        let answer = self.get(url).map_err(|failure| away().because(failure))?;
        if !(200..300).contains(&answer.status) {
            return Err(away());
        }
        let answer: Value = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
        let items = answer.pointer(&list.items).and_then(Value::as_array).ok_or_else(unreadable)?;
        items.iter().map(|item| read(list, item).ok_or_else(unreadable)).collect()
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        self.bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect()
    }
}

fn unreadable() -> Error {
    Error::new(Kind::Unavailable, "upstream.unreadable")
}

fn read(list: &List, item: &Value) -> Option<Theirs> {
    let revision = item.get(&list.revision).and_then(Value::as_i64);
    Some(Theirs {
        upstream_no: item.get(&list.upstream_no)?.as_str()?.to_owned(),
        revision: revision.and_then(|revision| i32::try_from(revision).ok()),
        stage: item.get(&list.stage).and_then(Value::as_str).map(str::to_owned),
    })
}

fn failed(failure: Failure) -> Verdict {
    let arrived = match failure {
        Failure::Slow | Failure::Broken | Failure::Later { .. } | Failure::Status => {
            Arrived::Perhaps
        }
        _ => Arrived::No,
    };
    Verdict::Again { why: failure.code().to_owned(), arrived }
}

/// The platform's own code, cut to what a code may be: it could hold anything.
fn code(form: &Form, reply: &outward::Answer) -> Option<String> {
    if form.answer.code.is_empty() {
        return None;
    }
    let answer: Value = serde_json::from_slice(&reply.body).ok()?;
    match answer.pointer(&form.answer.code)? {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        Value::Bool(code) => Some(code.to_string()),
        _ => None,
    }
}

fn verdict(form: &Form, reply: &outward::Answer) -> Verdict {
    let answer = &form.answer;
    let Some(code) = code(form, reply) else { return by_status(reply.status) };
    if answer.accepted.contains(&code) || answer.repeated.contains(&code) {
        Verdict::Accepted
    } else if answer.unknown.contains(&code) {
        Verdict::Unknown
    } else if answer.again.contains(&code) || is_passing(reply.status) {
        Verdict::Again { why: short(&code), arrived: Arrived::Perhaps }
    } else {
        Verdict::Refused(short(&code))
    }
}

fn by_status(status: u16) -> Verdict {
    match status {
        200..=299 | 409 => Verdict::Accepted,
        _ if is_passing(status) => {
            Verdict::Again { why: format!("http_{status}"), arrived: Arrived::Perhaps }
        }
        _ => Verdict::Refused(format!("http_{status}")),
    }
}

const fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

/// At most 32 plain characters.
fn short(code: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    code.chars().filter(plain).take(32).collect()
}
