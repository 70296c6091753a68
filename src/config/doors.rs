//! Ground: what a site may set about its doors and letters: mail, messages, calls to others, and who knocks.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Secret;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub transport: MailTransport,
    pub smtp_url: Secret,
    pub smtp_url_file: PathBuf,
    pub from: String,
    pub security: MailSecurity,
    pub ca_file: PathBuf,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    None,
    Starttls,
    Tls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTransport {
    File,
    Smtp,
}

/// Whom the program writes to, when and about what; `notify::Settings` reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    pub quiet: String,
    pub cap_per_hour: u32,
    pub digest: Vec<String>,
    pub digest_at: Vec<String>,
    pub citizens: Vec<String>,
    pub survey_hours: u32,
    pub give_up_hours: u32,
    pub keep_days: u32,
    pub templates: PathBuf,
}

/// Which reports are made by themselves, when, and who gets them; `reports::Schedule` reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reports {
    pub editions: Vec<String>,
    pub days_after: u32,
    pub at: String,
    pub subscribers: Vec<String>,
    pub answer_workdays: u32,
    pub least_households: u32,
    pub least_floor_space_m2: u32,
    pub templates: PathBuf,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    pub transport: SmsTransport,
    pub url: Secret,
    pub url_file: PathBuf,
    pub authorization: Secret,
    pub authorization_file: PathBuf,
    pub template: String,
    pub accepted: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsTransport {
    File,
    Http,
}

/// Whom this program may call over HTTP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outward {
    /// `public`, addresses, ranges, names; `outward` reads them.
    pub allow: Vec<String>,
    pub ca_file: PathBuf,
}

/// The door for Open311 clients.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open311 {
    pub enabled: bool,
    pub jurisdiction: String,
    pub contact: String,
    pub key_service: String,
    pub open_intake: bool,
    pub per_minute: u32,
}

/// The door of citizens, who have no account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Public {
    pub auto_dispatch: bool,
    pub asks_per_minute: u32,
    pub wrong_per_hour: u32,
    pub tickets_per_hour: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    pub url: String,
    pub status_url: String,
    pub list_url: String,
    pub token: Secret,
    pub token_file: PathBuf,
    pub form: String,
    pub assessed: PathBuf,
    pub timeout_ms: u64,
    pub give_up_hours: u32,
    pub compare_hours: u32,
    pub compare_days: u32,
    pub gap_hours: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    pub keep_numbers_days: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knowledge {
    pub review_days: u32,
    pub gap_days: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    pub certain: f64,
}

/// When something is warned of; `proactive::Settings` reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proactive {
    pub look_seconds: u32,
    pub repeat_tickets: u32,
    pub repeat_days: u32,
    pub cluster_callers: u32,
    pub cluster_weeks: u32,
    pub false_alarms: f64,
    pub sensitive_words: PathBuf,
    pub sensitive_callers: u32,
    pub sensitive_days: u32,
    pub estate_tickets: u32,
    pub estate_days: u32,
    pub dissatisfied_in_a_row: u32,
    pub seasons: Vec<String>,
    pub precision_below: f64,
    pub precision_least: u32,
    pub precision_days: u32,
}

/// The pages of those who work here; `web` reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    pub draft_days: u32,
    pub draft_bytes: usize,
    pub drafts_per_person: u32,
    pub live_ms: u64,
    pub live_per_person: usize,
    pub live_beat_ms: u64,
}

/// Papers 文书: how their numbers begin, and the site's own templates.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Papers {
    pub mark: String,
    pub templates: PathBuf,
}
