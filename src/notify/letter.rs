//! Notices: the words of a letter, from templates. Its rule: a site may put a text of its own in place of each, stored
//! from a day on (`notify::wording`) or in a folder (`notify.templates`); one that cannot be used is told of and the next
//! is used, ours at last, so that no letter waits for a comma.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::Serialize;

use super::enclosed::Told;
use super::plan::Occasion;
use super::template::{Absent, LetterForm, Template};
use crate::code_enum;
use crate::directory::Directory;
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

code_enum! {
    /// Where the text of a template comes from.
    pub enum Origin {
        /// What the site has stored, dated.
        Stored = "stored" "本单位的文本",
        Folder = "folder" "目录中的文件",
        BuiltIn = "built_in" "系统自带",
    }
}

/// The templates of a site.
#[derive(Debug, Clone, Default)]
pub struct Letters {
    /// Where those in files lie; read anew for each letter, so that an edit counts at once.
    pub folder: Option<PathBuf>,
}

/// The same as they count on a day.
pub struct Counting<'a> {
    folder: Option<&'a Path>,
    directory: &'a Directory,
    day: NaiveDate,
}

/// What the page around a letter's lines may use besides [`Facts`].
#[derive(Serialize)]
pub struct Page<'a> {
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

impl<'a> Page<'a> {
    pub fn of(subject: &'a str, plain: &'a str, facts: &'a Facts) -> Self {
        Self { subject, lines: plain.lines().map(Line::of).collect(), facts }
    }
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
    /// The templates as they count on `day`, where `directory` knows what is stored.
    pub fn on<'a>(&'a self, directory: &'a Directory, day: NaiveDate) -> Counting<'a> {
        Counting { folder: self.folder.as_deref(), directory, day }
    }
}

impl Counting<'_> {
    pub const fn day(&self) -> NaiveDate {
        self.day
    }

    /// The mail about `occasion`.
    ///
    /// # Errors
    /// `internal` only where even our own template cannot be used.
    pub fn mail(&self, occasion: Occasion, facts: &Facts) -> Result<Words> {
        let (subject, plain) = self.plain(occasion, facts)?;
        let page = Page::of(&subject, &plain, facts);
        let html = self.filled(Template::of(occasion, LetterForm::Page), &page)?;
        Ok(Words { subject, plain, html })
    }

    /// Subject and plain text of the mail about `occasion`.
    ///
    /// # Errors
    /// As [`Counting::mail`].
    pub fn plain(&self, occasion: Occasion, facts: &Facts) -> Result<(String, String)> {
        Ok(parted(&self.filled(Template::of(occasion, LetterForm::Mail), facts)?))
    }

    /// The short message about `occasion`.
    ///
    /// # Errors
    /// As [`Counting::mail`].
    pub fn sms(&self, occasion: Occasion, facts: &Facts) -> Result<String> {
        let filled = self.filled(Template::of(occasion, LetterForm::Sms), facts)?;
        Ok(filled.trim().to_owned())
    }

    /// What the site has stored in place of `template`.
    pub fn stored(&self, template: Template) -> Option<&str> {
        let text = self.directory.setting_on(&template.setting(), self.day);
        text.filter(|text| !text.is_empty())
    }

    /// The texts of `template` in the order in which they are tried, each with the template that it is of: behind those
    /// of a mail's own page come those of the page around every mail.
    pub fn texts(&self, template: Template) -> Vec<(Template, Origin, String)> {
        let mut all = Vec::new();
        let is_page = template.form == LetterForm::Page && template != Template::AROUND;
        for of in std::iter::once(template).chain(is_page.then_some(Template::AROUND)) {
            let stored = self.stored(of).map(|text| (of, Origin::Stored, text.to_owned()));
            let in_folder = self.in_folder(of).map(|text| (of, Origin::Folder, text));
            let ours = of.built_in().map(|text| (of, Origin::BuiltIn, text.to_owned()));
            all.extend([stored, in_folder, ours].into_iter().flatten());
        }
        all
    }

    fn in_folder(&self, template: Template) -> Option<String> {
        std::fs::read_to_string(self.folder?.join(template.to_string())).ok()
    }

    fn filled(&self, template: Template, with: &impl Serialize) -> Result<String> {
        let mut failed = Error::internal("no such letter");
        for (of, origin, text) in self.texts(template) {
            match of.fill(&text, with, Absent::Printed) {
                Ok(filled) => return Ok(filled),
                Err(error) => {
                    let (template, line, kind) = (of.to_string(), error.line(), error.kind());
                    tracing::warn!(template, %origin, line, %kind, "a letter's template is wrong");
                    failed = Error::internal(error);
                }
            }
        }
        Err(failed)
    }
}

/// Subject and plain text of a mail: the first line, and the rest.
pub fn parted(text: &str) -> (String, String) {
    let (subject, plain) = text.split_once('\n').unwrap_or((text, ""));
    (subject.trim().to_owned(), tidy(plain))
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
