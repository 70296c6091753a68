//! Ground: how the three layers become one configuration. Its rule: every complaint names where
//! the key stands (file or variable), the key, and what would help.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use figment::providers::Format;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{AttachmentStore, Config, DEFAULTS, MailTransport, Secret, SmsTransport};
use crate::error::{Error, Kind, Result};

const PREFIX: &str = "JIESU_";
/// Variables with our prefix that are no keys.
const NOT_KEYS: [&str; 1] = ["JIESU_CONFIG"];

/// Reads the layers in order, checks them and reads the secrets that stand in files.
pub(super) fn read(environment: &BTreeMap<String, String>) -> Result<Config> {
    let known = known_keys();
    let mut figment = Figment::from(figment::providers::Toml::string(DEFAULTS));
    if let Some(path) = environment.get("JIESU_CONFIG").filter(|path| !path.is_empty()) {
        let layer = read_file(Path::new(path))?;
        for key in flat(&layer) {
            if !known.contains_key(&key) {
                return Err(unknown(path, &key, &known, |near| near.to_owned()));
            }
        }
        figment = figment.merge(figment::providers::Toml::file_exact(path));
    }
    let variables = Environment::read(environment, &known)?;
    let config: Config =
        figment.merge(variables).extract().map_err(|error| does_not_fit(&error))?;
    checked(with_secrets(config)?)
}

/// Every key of `default.toml` with its default.
fn known_keys() -> BTreeMap<String, toml::Value> {
    let mut keys = BTreeMap::new();
    flatten("", &toml::Value::Table(DEFAULTS.parse().unwrap_or_default()), &mut keys);
    keys
}

fn flat(table: &toml::Table) -> Vec<String> {
    let mut keys = BTreeMap::new();
    flatten("", &toml::Value::Table(table.clone()), &mut keys);
    keys.into_keys().collect()
}

fn flatten(prefix: &str, value: &toml::Value, keys: &mut BTreeMap<String, toml::Value>) {
    match value {
        toml::Value::Table(table) if !table.is_empty() => {
            for (key, inner) in table {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&name, inner, keys);
            }
        }
        toml::Value::Table(_) => {}
        leaf => {
            keys.insert(prefix.to_owned(), leaf.clone());
        }
    }
}

fn read_file(path: &Path) -> Result<toml::Table> {
    let place = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        let reason = error.to_string();
        refuse("config.unreadable", &[("file", &place), ("reason", &reason)])
    })?;
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| {
            text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1)
        });
        let (line, reason) = (line.to_string(), error.message().to_owned());
        refuse("config.syntax", &[("file", &place), ("line", &line), ("reason", &reason)])
    })
}

fn refuse(code: &'static str, values: &[(&str, &str)]) -> Error {
    Error::with(Kind::Invalid, code, values)
}

/// An unknown key of `place`, with the nearest known one spelled as that place spells keys.
fn unknown(
    place: &str,
    key: &str,
    known: &BTreeMap<String, toml::Value>,
    spell: impl Fn(&str) -> String,
) -> Error {
    let nearest = known
        .keys()
        .map(|name| (strsim::damerau_levenshtein(name, key), name))
        .chain(known.keys().filter_map(|name| {
            // The right key in the wrong table is near too.
            let (last, asked) = (name.rsplit('.').next()?, key.rsplit('.').next()?);
            (last == asked).then_some((2, name))
        }))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= 3.max(name.len() / 3));
    let spelled = spell(key);
    match nearest {
        Some((_, name)) => refuse(
            "config.unknown_key_near",
            &[("file", place), ("key", &spelled), ("near", &spell(name))],
        ),
        None => refuse("config.unknown_key", &[("file", place), ("key", &spelled)]),
    }
}

/// What figment says about a value, in our words. The value itself is never printed.
fn does_not_fit(error: &figment::Error) -> Error {
    use figment::error::{Actual, Kind as Fault};
    let key = error.path.join(".");
    let place = error.metadata.as_ref().map_or_else(String::new, |metadata| {
        metadata.source.as_ref().map_or_else(|| metadata.name.to_string(), ToString::to_string)
    });
    let expected = match &error.kind {
        Fault::InvalidType(actual, expected) | Fault::InvalidValue(actual, expected) => {
            let found = match actual {
                Actual::Bool(_) => "true/false",
                Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => "a number",
                Actual::Str(_) | Actual::Char(_) => "a text",
                Actual::Seq => "a list",
                Actual::Map => "a table",
                _ => "something else",
            };
            format!("{expected} (found {found})")
        }
        Fault::UnknownVariant(_, expected) => expected.join(" | "),
        Fault::Message(message) => message.clone(),
        other => other.to_string(),
    };
    let spelled = if place == ENVIRONMENT { variable(&key) } else { key };
    refuse("config.value", &[("file", &place), ("key", &spelled), ("expected", &expected)])
}

const ENVIRONMENT: &str = "environment";

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// The environment as a layer: a value has the type of its key's default, so a password of digits
/// stays a text.
struct Environment(Dict);

impl Environment {
    fn read(
        environment: &BTreeMap<String, String>,
        known: &BTreeMap<String, toml::Value>,
    ) -> Result<Self> {
        let mut dict = Dict::new();
        for (name, text) in environment {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            if NOT_KEYS.contains(&name.as_str()) {
                continue;
            }
            let key = rest.to_lowercase().replace("__", ".");
            let Some(default) = known.get(&key) else {
                return Err(unknown(ENVIRONMENT, &key, known, variable));
            };
            insert(&mut dict, &key, typed(text, default));
        }
        Ok(Self(dict))
    }
}

fn typed(text: &str, default: &toml::Value) -> Value {
    match default {
        toml::Value::String(_) => Value::from(text),
        toml::Value::Array(_) if !text.trim_start().starts_with('[') => Value::from(
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>(),
        ),
        _ => text.parse().unwrap_or_else(|_| Value::from(text)),
    }
}

fn insert(dict: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            dict.insert(key.to_owned(), value);
        }
        Some((table, rest)) => {
            let entry = dict.entry(table.to_owned()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = entry {
                insert(inner, rest, value);
            }
        }
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named(ENVIRONMENT)
    }
    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}

/// Reads each secret whose `…_file` twin is given; both given is refused.
fn with_secrets(mut config: Config) -> Result<Config> {
    secret("database.url", &mut config.database.url, &config.database.url_file)?;
    secret("mail.smtp_url", &mut config.mail.smtp_url, &config.mail.smtp_url_file)?;
    let sms = &mut config.sms;
    secret("sms.url", &mut sms.url, &sms.url_file)?;
    secret("sms.authorization", &mut sms.authorization, &sms.authorization_file)?;
    let bucket = &mut config.attachments;
    secret("attachments.s3_secret_key", &mut bucket.s3_secret_key, &bucket.s3_secret_key_file)?;
    secret("upstream.token", &mut config.upstream.token, &config.upstream.token_file)?;
    Ok(config)
}

fn secret(key: &str, value: &mut Secret, file: &PathBuf) -> Result<()> {
    if file.as_os_str().is_empty() {
        return Ok(());
    }
    if value.reveal().is_some() {
        return Err(refuse("config.both", &[("key", key)]));
    }
    let place = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        let reason = error.to_string();
        refuse("config.unreadable", &[("file", &place), ("reason", &reason)])
    })?;
    *value = Secret::new(text.trim());
    Ok(())
}

/// What holds between keys.
fn checked(config: Config) -> Result<Config> {
    let fits = |good: bool, key: &str, expected: &str| {
        if good {
            Ok(())
        } else {
            let values = [("file", "configuration"), ("key", key), ("expected", expected)];
            Err(refuse("config.value", &values))
        }
    };
    let url = config.database_url();
    fits(
        ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)),
        "database.url",
        "sqlite://… | postgres://…",
    )?;
    let ca = config.database_ca_file();
    fits(ca.is_none_or(Path::is_file), "database.ca_file", "a file that exists")?;
    let smtp = config.mail.smtp_url.reveal().unwrap_or_default();
    fits(
        config.mail.transport == MailTransport::File
            || ["smtp://", "smtps://"].iter().any(|scheme| smtp.starts_with(scheme)),
        "mail.smtp_url",
        "smtp://… | smtps://…",
    )?;
    let sms = config.sms.url.reveal().unwrap_or_default();
    fits(
        config.sms.transport == SmsTransport::File
            || ["http://", "https://"].iter().any(|scheme| sms.starts_with(scheme)),
        "sms.url",
        "http://… | https://…",
    )?;
    fits(
        config.attachments.store == AttachmentStore::File || cfg!(feature = "s3"),
        "attachments.store",
        "file (this program was built without the feature s3)",
    )?;
    let (cert, key) = (&config.tls.cert_file, &config.tls.key_file);
    fits(
        cert.as_os_str().is_empty() == key.as_os_str().is_empty(),
        "tls.key_file",
        "given with tls.cert_file, or neither",
    )?;
    fits(config.retention.years <= 1_000, "retention.years", "0 to 1000")?;
    for (key, url) in [
        ("upstream.url", &config.upstream.url),
        ("upstream.status_url", &config.upstream.status_url),
        ("upstream.list_url", &config.upstream.list_url),
    ] {
        let good = url.is_empty() || ["http://", "https://"].iter().any(|it| url.starts_with(it));
        fits(good, key, "http://… | https://… | empty")?;
    }
    let above = config.learning.dispatch_above;
    fits((0.5..=1.0).contains(&above), "learning.dispatch_above", "0.5 to 1")?;
    fits((0.0..=1.0).contains(&config.places.certain), "places.certain", "0 to 1")?;
    at_least_one(&config)?;
    fits(!config.data_dir.as_os_str().is_empty(), "data_dir", "a directory")?;
    Ok(config)
}

/// Numbers of which none is no choice.
fn at_least_one(config: &Config) -> Result<()> {
    let limits = &config.limits;
    for (key, value) in [
        ("limits.body_bytes", limits.body_bytes as u64),
        ("exports.at_once", config.exports.at_once as u64),
        ("exports.clear_hours", u64::from(config.exports.clear_hours)),
        ("limits.attachment_bytes", limits.attachment_bytes as u64),
        ("limits.attachment_pixels", limits.attachment_pixels),
        ("limits.attachments_per_side", limits.attachments_per_side as u64),
        ("limits.attachments_per_citizen", limits.attachments_per_citizen as u64),
        ("limits.head_seconds", limits.head_seconds),
        ("limits.body_bytes_per_second", limits.body_bytes_per_second),
        ("limits.body_seconds", limits.body_seconds),
        ("limits.connections", limits.connections as u64),
        ("database.pool", u64::from(config.database.pool)),
        ("database.queue", config.database.queue as u64),
        ("web.blocking_threads", config.web.blocking_threads as u64),
        ("console.draft_days", u64::from(config.console.draft_days)),
        ("console.draft_bytes", config.console.draft_bytes as u64),
        ("console.drafts_per_person", u64::from(config.console.drafts_per_person)),
        ("auth.access_minutes", u64::from(config.auth.access_minutes)),
        ("auth.console_hours", u64::from(config.auth.console_hours)),
        ("auth.refresh_days", u64::from(config.auth.refresh_days)),
        ("upstream.timeout_ms", config.upstream.timeout_ms),
        ("upstream.give_up_hours", u64::from(config.upstream.give_up_hours)),
        ("upstream.compare_hours", u64::from(config.upstream.compare_hours)),
    ] {
        if value == 0 {
            let values = [("file", "configuration"), ("key", key), ("expected", "1 or more")];
            return Err(refuse("config.value", &values));
        }
    }
    Ok(())
}
