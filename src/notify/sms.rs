//! Notices: a short message leaves by the site's gateway, or into a file. Its rule: what is filled
//! into the gateway's template is escaped by its form and read once, so that no number and no text
//! says anything to the gateway but itself.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use regex::Regex;
use serde_json::Value;

use super::respite::{AWAY, Respite};
use crate::config::{Config, Secret, SmsTransport};
use crate::error::{Error, Kind, Result};
use crate::jobs::Fail;
use crate::outward::{Failure, Outward, Url};
use crate::time::Stamp;

/// Longest wait for a gateway.
const PATIENCE: Duration = Duration::from_secs(15);
/// A gateway may not send us away for longer than so many seconds.
const LONGEST_AWAY_S: u32 = 3_600;

/// A short message on its way.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The same on each try; a gateway that knows it again sends once (`{id}` in the template).
    pub id: i64,
    pub ticket_no: &'a str,
    pub phone: &'a str,
    pub text: &'a str,
}

/// The way out of this site's short messages. At least once: where the gateway's answer was lost, the
/// message is sent again.
#[derive(Debug, Clone)]
pub struct Sms(Transport);

#[derive(Debug, Clone)]
enum Transport {
    File { folder: PathBuf },
    Http(Box<Gateway>),
}

#[derive(Debug, Clone)]
struct Gateway {
    outward: Outward,
    url: Url,
    authorization: Secret,
    template: String,
    form: Form,
    accepted: Accepted,
    respite: Arc<Respite>,
}

/// How the template is written, told by its first letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Urlencoded,
}

/// What in a 2xx answer says that the message was taken.
#[derive(Debug, Clone)]
enum Accepted {
    /// The status alone.
    Status,
    /// The value at a JSON pointer.
    At { pointer: String, value: String },
    /// The body matches.
    Like(Regex),
}

impl Sms {
    /// The transport of `config`.
    ///
    /// # Errors
    /// `config.value` naming the key that does not fit.
    pub fn of(config: &Config, outward: &Outward) -> Result<Self> {
        let sms = &config.sms;
        if sms.transport == SmsTransport::File {
            return Ok(Self(Transport::File { folder: config.data_dir.join("sms") }));
        }
        let url = Url::parse(sms.url.reveal().unwrap_or_default())
            .and_then(|url| outward.check(&url).map(|()| url))
            .map_err(|failure| wrong("sms.url", &format!("https://… ({})", failure.code())))?;
        let form = Form::of(&sms.template);
        let sample = Message { id: 1, ticket_no: "1", phone: "1\"", text: "\"\\\n" };
        let whole = ["{phone}", "{text}"].iter().all(|place| sms.template.contains(place));
        let filled = fill(&sms.template, form, &sample);
        if !whole || form == Form::Json && serde_json::from_str::<Value>(&filled).is_err() {
            return Err(wrong(
                "sms.template",
                "JSON, or a=…&b=…, with {phone} and {text} in texts",
            ));
        }
        Ok(Self(Transport::Http(Box::new(Gateway {
            outward: outward.clone(),
            url,
            authorization: sms.authorization.clone(),
            template: sms.template.clone(),
            form,
            accepted: Accepted::read(&sms.accepted)?,
            respite: Arc::default(),
        }))))
    }

    /// Sends `message` at `now`, or says whether to try again. What the gateway refuses of a message is
    /// final: it is seen at once, and whoever has mended it sends it anew. One that is away, or does
    /// not take this site at all, costs no try.
    ///
    /// # Errors
    /// `sms.*`, `outward.*`.
    pub fn send(&self, now: Stamp, message: &Message<'_>) -> Result<(), Fail> {
        match &self.0 {
            Transport::File { folder } => put(folder, message),
            Transport::Http(gateway) => gateway.send(now, message),
        }
    }
}

impl Gateway {
    /// Whoever waits in vain spares the others that.
    fn send(&self, now: Stamp, message: &Message<'_>) -> Result<(), Fail> {
        if self.respite.holds(now) {
            return Err(later(AWAY, "sms.away"));
        }
        let went = self.hand_over(message);
        let away = matches!(&went, Err(Fail::Later { .. }));
        let slow = matches!(&went, Err(Fail::Again { .. }));
        if away || slow {
            self.respite.begin(now);
        }
        went
    }

    fn hand_over(&self, message: &Message<'_>) -> Result<(), Fail> {
        let body = fill(&self.template, self.form, message);
        let mut headers = vec![("content-type", self.form.content_type())];
        headers.extend(self.authorization.reveal().map(|value| ("authorization", value)));
        let answer = self
            .outward
            .post(&self.url, &headers, body.as_bytes(), PATIENCE)
            .map_err(|failure| failed(failure, None))?;
        answer.taken().map_err(|failure| failed(failure, Some(answer.status)))?;
        if self.accepted.holds(&answer.body) {
            Ok(())
        } else if answer.broke.is_some() {
            // It may have been taken: a person decides whether to send it twice.
            Err(Fail::never("sms.unclear"))
        } else {
            Err(Fail::never("sms.refused"))
        }
    }
}

/// What a failure means for the message. An answer that never came is the one case in which it may
/// have been taken: that costs a try, so that nobody gets it for days.
fn failed(failure: Failure, status: Option<u16>) -> Fail {
    match (failure, status) {
        (Failure::Later { after_s }, _) => {
            let seconds = after_s.map(|it| i64::from(it.min(LONGEST_AWAY_S)));
            later(seconds.map_or(AWAY, |it| TimeDelta::seconds(it.max(1))), "sms.away")
        }
        (_, Some(code @ (401 | 403 | 404 | 407))) => later(AWAY, format!("sms.site_{code}")),
        (Failure::Slow | Failure::Broken, _) => Fail::again(failure.code()),
        (Failure::Status | Failure::Header, _) => Fail::never(failure.code()),
        _ => later(AWAY, failure.code()),
    }
}

fn later(after: TimeDelta, why: impl Into<String>) -> Fail {
    Fail::Later { after, why: why.into() }
}

impl Form {
    fn of(template: &str) -> Self {
        if template.trim_start().starts_with(['{', '[']) { Self::Json } else { Self::Urlencoded }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Urlencoded => "application/x-www-form-urlencoded",
        }
    }

    fn escape(self, text: &str) -> String {
        match self {
            Self::Json => {
                let quoted = Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Urlencoded => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        }
    }
}

impl Accepted {
    /// `/code=0`, an expression, or nothing.
    fn read(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::Status);
        }
        if text.starts_with('/') {
            let (pointer, value) = text
                .split_once('=')
                .ok_or_else(|| wrong("sms.accepted", "/pointer=value | an expression"))?;
            return Ok(Self::At { pointer: pointer.to_owned(), value: value.to_owned() });
        }
        Regex::new(text)
            .map(Self::Like)
            .map_err(|_| wrong("sms.accepted", "/pointer=value | an expression"))
    }

    fn holds(&self, body: &[u8]) -> bool {
        match self {
            Self::Status => true,
            Self::At { pointer, value } => {
                let body: Value = serde_json::from_slice(body).unwrap_or_default();
                let said = body.pointer(pointer).map(|said| match said {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                said.as_ref() == Some(value)
            }
            Self::Like(expression) => expression.is_match(&String::from_utf8_lossy(body)),
        }
    }
}

/// The template with its places filled, in one pass: a text that holds `{phone}` stays as it is.
fn fill(template: &str, form: Form, message: &Message<'_>) -> String {
    let id = message.id.to_string();
    let places = [("{phone}", message.phone), ("{text}", message.text), ("{id}", id.as_str())];
    let (mut filled, mut rest) = (String::new(), template);
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        match places.iter().find(|(place, _)| rest.starts_with(place)) {
            Some((place, value)) => {
                filled.push_str(&form.escape(value));
                rest = &rest[place.len()..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled + rest
}

/// `{ticket_no}.{id}.txt`: the number, then the text. Readable by this program alone; there whole
/// after a power cut, or not at all.
fn put(folder: &Path, message: &Message<'_>) -> Result<(), Fail> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if message.ticket_no.is_empty() || !message.ticket_no.chars().all(plain) {
        return Err(Fail::never("sms.number"));
    }
    let name = format!("{}.{}.txt", message.ticket_no, message.id);
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let draft = folder.join(format!(".{name}"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        writeln!(file, "{}\n{}", message.phone, message.text)?;
        file.sync_all()?;
        fs::rename(&draft, folder.join(&name))?;
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    };
    write().map_err(|_| Fail::again("sms.file"))
}

fn wrong(key: &str, expected: &str) -> Error {
    let values = [("file", "configuration"), ("key", key), ("expected", expected)];
    Error::with(Kind::Invalid, "config.value", &values)
}

#[cfg(test)]
mod tests;
