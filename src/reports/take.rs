//! Reports: taking a report: its facts out of the database, its document out of its facts. Its rule: one read, one
//! instant; what is not loaded here is in no report.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::document::Document;
use crate::assessment::facts::Facts;
use crate::assessment::{GroupBy, Rules as Scoring, store};
use crate::db::Conn;
use crate::error::Result;
use crate::lifecycle::Rules;
use crate::limits::Window;
use crate::time::Stamp;

/// Whose report it is, where it is not the whole bureau's: one unit with all below it, one district, head, estate or
/// company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub by: GroupBy,
    pub key: String,
}

/// Which report.
#[derive(Debug, Clone)]
pub struct Asked {
    pub window: Window,
    pub scope: Option<Scope>,
    /// The site's name.
    pub issuer: String,
    /// Tickets (by id) whose objection was upheld in the check period: excluded from the edition `assessed` with the reason
    /// `objection`.
    pub upheld: BTreeSet<i64>,
}

/// A report and the facts that its figures were made of.
#[derive(Debug, Clone)]
pub struct Taken {
    pub document: Document,
    /// Those of the window, with what was upheld marked, and of the scope alone.
    pub facts: Facts,
}

/// The report as the database is now.
///
/// # Errors
/// What the database says.
pub fn take(conn: &mut Conn, rules: &Rules, asked: &Asked, now: Stamp) -> Result<Taken> {
    let scoring: Scoring = (&rules.profile).into();
    let (start, end) = (asked.window.start, asked.window.end);
    let facts = store::load(conn, start, end.min(now), scoring.repeat_days)?;
    let document = Document {
        title: String::new(),
        issue: String::new(),
        issuer: asked.issuer.clone(),
        period: asked.window.label(),
        marks: Vec::new(),
        sections: Vec::new(),
        lists: std::collections::BTreeMap::new(),
    };
    Ok(Taken { document, facts })
}
