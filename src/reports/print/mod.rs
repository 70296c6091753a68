//! Reports, printing: a document as a page, a letter, a workbook and plain tables. Its rule: pure; the same document
//! and the same [`Printed`] give the same bytes, and whatever a person typed is text and nothing else.
//!
//! The page needs what [`policy`] says of its Content-Security-Policy and nothing besides: no script, no font, no
//! picture from elsewhere.

mod axis;
mod bars;
pub mod chart;
pub mod csv;
mod definitions;
pub mod docx;
mod drawing;
mod grid;
pub mod html;
mod layout;
mod lines;
mod pack;
mod press;
mod template;
pub mod values;
mod widths;
pub mod words;
pub mod xlsx;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::time::Stamp;
pub use csv::{csv, csv_all};
pub use docx::docx;
pub use html::{html, policy, policy_of_scripts};
pub use press::Press;
pub use xlsx::xlsx;

/// What a print says besides its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// How far the report is: `草稿`, `核对稿`, `已冻结`, `已签发`, `已发布`, `第2版重述`.
    pub state: String,
    /// The number of the edition, from 1.
    pub edition: u32,
    /// What persons wrote into the open fields, by their names.
    pub texts: BTreeMap<String, String>,
    /// What leaders wrote on it since 批示, each with how far it has come; it stands below the signatures.
    pub instructions: Vec<String>,
    /// Who signed it 签发人.
    pub signer: Option<String>,
    /// The day that stands below it 成文日期.
    pub dated: Option<NaiveDate>,
    /// Who took this copy and when: `副本 · 张三 · 2026-11-26 09:00`.
    pub watermark: Option<String>,
    /// Where a cell's tickets are found: `/api/v1/reports/{id}/tickets`; nothing for a page without links.
    pub base: Option<String>,
    /// When it is printed: the time that the files themselves carry.
    pub at: Stamp,
    /// The site's.
    pub zone: Tz,
}

#[cfg(test)]
pub(in crate::reports) mod sample;
#[cfg(test)]
mod tests;
