//! Notices: letters about something that is no ticket, some with files. Its rule: what they say and enclose is made when
//! the letter leaves, by the room that knows it; a letter whose matter is gone does not leave.

use chrono::NaiveDate;
use serde::Serialize;

use crate::db::Conn;
use crate::error::Result;
use crate::time::Stamp;

/// A file in a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// As whoever gets it sees it: `物业管理投诉情况专报2026年10月.docx`.
    pub name: String,
    /// Its type, such as `text/csv`.
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// What a letter about a report says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    pub title: String,
    pub issue: String,
    pub period: String,
    /// How far it has come, in words.
    pub state: String,
    /// The figures of its first page: name and value, as printed.
    pub figures: Vec<(String, String)>,
    /// Sentences of its first page.
    pub sentences: Vec<String>,
    /// Where it is read.
    pub link: String,
}

/// A letter's matter with its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enclosed {
    pub told: Told,
    pub files: Vec<File>,
}

/// What a letter about a leader's instruction says: not the instruction, which is read behind the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instructed {
    /// The name of the report's window.
    pub period: String,
    /// The unit's name.
    pub unit: String,
    pub due_at: Stamp,
    pub overdue: bool,
}

/// What a letter about a case of the bottom line says: neither who said it nor about which ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accused {
    /// What the unit is said to have done, in words.
    pub flag: &'static str,
    /// By when its head answers.
    pub due_at: Stamp,
}

/// How the case with an id is asked about, of the room above this one that knows the cases: nothing where its answer is
/// owed no more.
pub type Cases = fn(&mut Conn, i64) -> Result<Option<Accused>>;

/// What a letter about an article that its owner is charged with says: not the charge, which is read behind the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged {
    /// As it is in service.
    pub title: String,
    /// The day by which it is wanted.
    pub due_on: Option<NaiveDate>,
}

/// How the article with a code is asked about, of the room above this one that charges owners: nothing where the charge
/// is over.
pub type Articles = fn(&mut Conn, &str) -> Result<Option<Charged>>;

/// Who knows the reports: a room above this one.
pub trait Reports: Send + Sync {
    /// What the report `id` says to the account `reader`; nothing where it is gone or not for these eyes any more.
    ///
    /// # Errors
    /// The database's own.
    fn enclosed(&self, id: i64, reader: i64) -> Result<Option<Enclosed>>;

    /// What the task, due when it was told of, is to the account `reader`; nothing where no answer is owed any more, or
    /// by another time, or it is not theirs.
    ///
    /// # Errors
    /// The database's own.
    fn instructed(&self, task: (i64, Stamp), reader: i64) -> Result<Option<Instructed>>;

    /// The name of the window of the report with an id, where units still check it until then; nothing where its check
    /// period is over, or was prolonged.
    ///
    /// # Errors
    /// The database's own.
    fn checked(&self, report: (i64, Stamp)) -> Result<Option<String>>;
}
