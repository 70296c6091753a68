//! Ground: configuration in three layers, `config/default.toml` < the file of `JIESU_CONFIG` < the
//! environment. Its rule: `default.toml` lists every key; any other key, and any value that does
//! not fit, is refused before anything is opened, naming the place, the key and the way out.

mod doors;
mod layers;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
pub use doors::{
    Calls, Console, Knowledge, Mail, MailSecurity, MailTransport, Notify, Open311, Outward, Papers,
    Places, Proactive, Public, Reports, Sms, SmsTransport, Upstream,
};
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// The built-in layer, and the list of every key.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// Everything a site may set; each key is explained in `config/default.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    pub site: Site,
    pub database: Database,
    pub auth: Auth,
    pub mail: Mail,
    pub notify: Notify,
    pub reports: Reports,
    pub papers: Papers,
    pub sms: Sms,
    pub outward: Outward,
    pub upstream: Upstream,
    pub calls: Calls,
    pub knowledge: Knowledge,
    pub places: Places,
    pub proactive: Proactive,
    pub limits: Limits,
    pub attachments: Attachments,
    pub web: Web,
    pub console: Console,
    pub open311: Open311,
    pub tls: Tls,
    pub retention: Retention,
    pub public: Public,
    pub worker: Worker,
    pub search: Search,
    pub learning: Learning,
    pub audit: Audit,
    pub exports: Exports,
    pub metrics: Metrics,
    pub health: Health,
    pub log: Log,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    pub name: String,
    pub profile: String,
    pub zone: Tz,
    /// A small site: opening a ticket signs for it.
    #[serde(default)]
    pub small: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: Secret,
    pub url_file: PathBuf,
    pub ca_file: PathBuf,
    pub pool: u32,
    pub queue: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub policy: PasswordPolicy,
    pub issuer: String,
    pub access_minutes: u32,
    pub console_hours: u32,
    pub refresh_days: u32,
    pub lock_after: u32,
    pub lock_minutes: u32,
    pub tries_per_minute: u32,
    /// Role codes; `app` checks that they exist.
    pub totp_roles: Vec<String>,
}

/// What a password must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordPolicy {
    /// OWASP ASVS: long, any characters, no ageing.
    Asvs,
    /// 等级保护 (MLPS 2.0): mixed characters, ages.
    Mlps,
}

impl Outward {
    /// The file of the only certificate authorities to trust, where one is given.
    pub fn ca_file(&self) -> Option<&Path> {
        given(&self.ca_file)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub body_bytes: usize,
    pub attachment_bytes: usize,
    pub attachment_pixels: u64,
    pub attachments_per_side: usize,
    pub attachments_per_citizen: usize,
    pub head_seconds: u64,
    pub body_grace_ms: u64,
    pub body_bytes_per_second: u64,
    pub body_seconds: u64,
    pub keep_alive_seconds: u64,
    pub connections: usize,
    pub shutdown_seconds: u64,
    pub idempotency_hours: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachments {
    pub store: AttachmentStore,
    pub s3_endpoint: String,
    pub s3_bucket: String,
    pub s3_region: String,
    pub s3_access_key: String,
    pub s3_secret_key: Secret,
    pub s3_secret_key_file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentStore {
    File,
    S3,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    pub public_url: String,
    pub workers: usize,
    pub blocking_threads: usize,
    pub trusted_proxies: Vec<IpAddr>,
    pub docs: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub enabled: bool,
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
    pub names: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub years: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    pub enabled: bool,
    pub threads: usize,
    pub pause_ms: u64,
    pub sweep_seconds: u32,
    pub calendar_seconds: u32,
    pub seal_seconds: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    pub follow: bool,
    pub pause_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    pub dispatch_above: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    pub keep_days: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub access: MetricsAccess,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exports {
    pub at_once: usize,
    pub clear_hours: u32,
}

/// Who may read the figures about the program itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricsAccess {
    Off,
    Loopback,
    All,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    pub disk_free_mb: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Json,
    Text,
}

/// A text that is never printed; empty means "not set".
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The text itself, where there is one.
    pub fn reveal(&self) -> Option<&str> {
        if self.0.is_empty() { None } else { Some(&self.0) }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "not set" } else { "***" })
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.0.is_empty() { "" } else { "***" })
    }
}

impl Config {
    /// The configuration of this process: the file named by `JIESU_CONFIG`, its environment.
    ///
    /// # Errors
    /// `config.*` (`Kind::Invalid`) for an unknown key, a value that does not fit, or a file that
    /// cannot be read.
    pub fn load() -> Result<Self> {
        Self::from_environment(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// The same from an environment given as pairs.
    pub fn from_environment(
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        layers::read(&environment.into_iter().collect())
    }

    /// The database's URL: the one given, or the embedded one under the data directory.
    pub fn database_url(&self) -> String {
        self.database.url.reveal().map_or_else(
            || format!("sqlite://{}", self.data_dir.join("jiesu.db").display()),
            str::to_owned,
        )
    }

    /// The file of PostgreSQL's certificate authority, where one is given.
    pub fn database_ca_file(&self) -> Option<&Path> {
        given(&self.database.ca_file)
    }

    /// How the city's list of assessed tickets is read at this site, where it says so.
    pub fn assessed_mapping(&self) -> Option<&Path> {
        given(&self.upstream.assessed)
    }

    /// The files of the certificate and its key, where they are given.
    pub fn tls_files(&self) -> Option<(&Path, &Path)> {
        given(&self.tls.cert_file).zip(given(&self.tls.key_file))
    }

    /// `https` where the program itself speaks TLS.
    pub fn scheme(&self) -> &'static str {
        if self.tls.enabled || self.tls_files().is_some() { "https" } else { "http" }
    }

    /// How the links in mails and pages begin, without a closing slash.
    pub fn public_url(&self) -> String {
        if self.web.public_url.is_empty() {
            format!("{}://{}", self.scheme(), self.listen)
        } else {
            self.web.public_url.trim_end_matches('/').to_owned()
        }
    }
}

fn given(path: &Path) -> Option<&Path> {
    if path.as_os_str().is_empty() { None } else { Some(path) }
}

#[cfg(test)]
mod tests;
