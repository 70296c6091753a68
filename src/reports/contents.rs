//! Reports: the contents of the special report 专报 (domain.md §7). Its rule: a section is a pure function of the material; a
//! figure in it can be asked for its tickets, and a sentence is filled with the figures themselves.

mod acting;
mod bottom_cases;
mod bottom_line;
mod cases;
mod chart;
mod check;
mod closing;
mod columns;
mod figure;
mod first_page;
mod housing;
mod ledger;
mod letter;
mod marks;
mod overview;
mod part;
mod sentences;
mod sizes;
mod structure;
mod tally;
mod topics;
mod trend;
mod units;
mod unsolved;
pub(super) mod words;

pub use check::{check, unchecked};

use super::document::Document;
use super::material::Material;
use crate::error::Result;

/// What the report is called.
const TITLE: &str = "物业管理投诉情况专报";

/// The whole report, issued by `issuer`.
///
/// # Errors
/// `internal` only where a sentence's template is wrong.
pub fn document(material: &Material<'_>, issuer: &str) -> Result<Document> {
    let parts = vec![
        first_page::first_page(material)?,
        overview::overview(material)?,
        structure::structure(material)?,
        topics::topics(material)?,
        units::units(material)?,
        unsolved::unsolved(material)?,
        housing::housing(material)?,
        ledger::ledger(material)?,
        bottom_line::bottom_line(material)?,
        trend::trend(material)?,
        closing::measures(),
        closing::sign_off(),
    ];
    let mut document = Document {
        title: TITLE.to_owned(),
        issue: marks::issue(material.frame),
        issuer: issuer.to_owned(),
        period: marks::period(material.frame),
        marks: Vec::new(),
        sections: Vec::new(),
        lists: std::collections::BTreeMap::new(),
        letter: letter::letter(),
    };
    for part in parts {
        document.sections.push(part.section);
        document.lists.extend(part.lists);
    }
    document.marks = marks::marks(material);
    Ok(document)
}

#[cfg(test)]
pub(crate) mod proof;
#[cfg(test)]
mod tests;
