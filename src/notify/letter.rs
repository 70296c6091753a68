//! Notices: the words of a letter, from templates. Its rule: a site may put a template of its own in
//! place of each (`notify.templates`); one that cannot be used is told of and ours is used instead,
//! so that no letter waits for a comma.

use std::path::PathBuf;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::enclosed::Told;
use super::plan::Occasion;
use crate::error::{Error, Result};

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub subject: String,
    pub plain: String,
    pub html: String,
}

/// A limit with its instant, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Due {
    pub name: String,
    pub due: String,
}

/// A promise in a reply, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Promised {
    pub what: String,
    pub on: String,
}

/// A document that a reply rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    pub title: String,
    pub no: Option<String>,
}

/// What templates may use: everything is text that may be shown to whoever gets the letter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// The bureau's name.
    pub site: String,
    /// Whoever gets it.
    pub name: String,
    /// In whose place, where a deputy gets it.
    pub principal: Option<String>,
    pub occasion: String,
    pub no: String,
    pub kind: String,
    pub urgency: String,
    /// Whether it is in red: overdue, or an emergency.
    pub serious: bool,
    pub category: Option<String>,
    pub estate: Option<String>,
    /// Masked, and nothing for whoever gets a handling copy.
    pub title: Option<String>,
    pub received: String,
    pub unit: Option<String>,
    pub part: String,
    /// The limit that the letter is about.
    pub limit: Option<String>,
    pub due: Option<String>,
    pub limits: Vec<Due>,
    pub upheld: bool,
    pub urges: usize,
    pub link: String,
    /// To the citizen alone: the six digits, the reply, what it promises, the way to the survey.
    pub code: Option<String>,
    /// Four digits instead of those of a telephone, where there is none.
    pub tail: Option<String>,
    pub reply: Option<String>,
    pub promise: Option<Promised>,
    /// The documents that the reply rests on.
    pub sources: Vec<Source>,
    pub survey_link: Option<String>,
    /// A digest's tickets.
    pub entries: Vec<Facts>,
    /// The report that the letter carries.
    pub report: Told,
}

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// Ours, as they come with the program.
        const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../config/letters/", $name)))),+];
    };
}

built_in![
    "dispatched.txt",
    "dispatched.sms",
    "designated.txt",
    "designated.sms",
    "copied.txt",
    "copied.sms",
    "recalled.txt",
    "recalled.sms",
    "dispute_decided.txt",
    "dispute_decided.sms",
    "sent_back.txt",
    "sent_back.sms",
    "rework.txt",
    "rework.sms",
    "urged.txt",
    "urged.sms",
    "soon.txt",
    "soon.sms",
    "overdue.txt",
    "overdue.sms",
    "receipt.txt",
    "receipt.sms",
    "answered.txt",
    "answered.sms",
    "survey.txt",
    "survey.sms",
    "warning.txt",
    "warning.sms",
    "instructed.txt",
    "instructed.sms",
    "supervised.txt",
    "supervised.sms",
    "answer_due.txt",
    "answer_due.sms",
    "bottom_line.txt",
    "bottom_line.sms",
    "bottom_line_due.txt",
    "bottom_line_due.sms",
    "charged.txt",
    "charged.sms",
    "checking.txt",
    "checking.sms",
    "digest.txt",
    "digest.sms",
    "digest.html",
    "report.txt",
    "letter.html",
];

/// The templates of a site.
#[derive(Debug, Clone, Default)]
pub struct Letters {
    /// Where a site's own lie; read anew for each letter, so that an edit counts at once.
    pub folder: Option<PathBuf>,
}

/// What the page around a letter's lines may use besides [`Facts`].
#[derive(Serialize)]
struct Page<'a> {
    subject: &'a str,
    lines: Vec<Line<'a>>,
    #[serde(flatten)]
    facts: &'a Facts,
}

/// A line of the plain text, its link apart.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    /// Up to the end of the line.
    link: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let line = line.trim();
        match line.find("https://").or_else(|| line.find("http://")) {
            Some(at) => Self { text: line[..at].trim_end(), link: Some(&line[at..]) },
            None => Self { text: line, link: None },
        }
    }
}

impl Letters {
    /// The mail about `occasion`.
    ///
    /// # Errors
    /// `internal` only where even our own template cannot be used.
    pub fn mail(&self, occasion: Occasion, facts: &Facts) -> Result<Words> {
        let text = self.filled(&format!("{occasion}.txt"), facts)?;
        let (subject, plain) = text.split_once('\n').unwrap_or((&text, ""));
        let (subject, plain) = (subject.trim().to_owned(), tidy(plain));
        let lines = plain.lines().map(Line::of).collect();
        let page = Page { subject: &subject, lines, facts };
        let own = format!("{occasion}.html");
        let name = if self.has(&own) { own } else { "letter.html".to_owned() };
        let html = self.filled(&name, &page)?;
        Ok(Words { subject, plain, html })
    }

    /// The short message about `occasion`.
    ///
    /// # Errors
    /// As [`Letters::mail`].
    pub fn sms(&self, occasion: Occasion, facts: &Facts) -> Result<String> {
        Ok(self.filled(&format!("{occasion}.sms"), facts)?.trim().to_owned())
    }

    /// What is wrong with a site's own templates: name and reason, for `jiesu doctor`.
    pub fn faults(&self) -> Vec<(String, String)> {
        let names = BUILT_IN.iter().map(|(name, _)| (*name).to_owned());
        let own = Occasion::ALL.iter().map(|occasion| format!("{occasion}.html"));
        let facts = Facts::default();
        let page = Page { subject: "", lines: Vec::new(), facts: &facts };
        names
            .chain(own)
            .filter_map(|name| {
                let text = self.own(&name)?;
                let failed = fill(&name, &text, &page).err()?;
                Some((name, failed.to_string()))
            })
            .collect()
    }

    fn has(&self, name: &str) -> bool {
        ours(name).is_some() || self.own(name).is_some()
    }

    fn own(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.as_ref()?.join(name)).ok()
    }

    fn filled(&self, name: &str, with: &impl Serialize) -> Result<String> {
        if let Some(text) = self.own(name) {
            match fill(name, &text, with) {
                Ok(filled) => return Ok(filled),
                Err(error) => {
                    let (line, kind) = (error.line(), error.kind());
                    tracing::warn!(template = name, line, %kind, "a letter's template is wrong");
                }
            }
        }
        let text = ours(name).ok_or_else(|| Error::internal("no such letter"))?;
        fill(name, text, with).map_err(Error::internal)
    }
}

fn ours(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(there, _)| *there == name).map(|(_, text)| *text)
}

/// Fills `text` in; a name that nobody gave is a mistake, not an empty place.
fn fill(name: &str, text: &str, with: &impl Serialize) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| {
        let html = name.rsplit_once('.').is_some_and(|(_, end)| end == "html");
        if html { AutoEscape::Html } else { AutoEscape::None }
    });
    environment.set_fuel(Some(200_000));
    environment.template_from_named_str(name, text)?.render(minijinja::value::Serde(with))
}

/// No more than one blank line in a row, none at the ends.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.trim().lines().map(str::trim_end) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines.join("\n") + "\n"
}
