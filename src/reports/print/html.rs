//! Reports, printing: a page of its own, to read on a screen and to print on A4. Its rule: nothing from elsewhere, no
//! script, no style but its one `<style>`; every text is escaped.
//!
//! It needs the Content-Security-Policy that [`policy`] gives, which allows that one style by its hash and nothing else.
//! On a screen of the console its figures are drawn by scripts of the house; without them it says the same.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::layout::{Page, layout};
use super::template::fill;
use super::widths::{Sheet, sheet};
use super::{Printed, chart};
use crate::error::Result;
use crate::reports::Document;

const TEMPLATE: &str = include_str!("../../../config/reports/page.html");

#[derive(Serialize)]
struct Whole<'a> {
    page: &'a Page<'a>,
    /// Where the scripts are that draw its figures.
    scripts: &'a [String],
    /// By the numbers of the tables, from 0.
    sheets: Vec<Sheet>,
    /// By the numbers of the figures, from 0.
    pictures: Vec<String>,
}

/// The page.
///
/// # Errors
/// `internal`.
pub fn html(document: &Document, printed: &Printed) -> Result<String> {
    html_drawn(document, printed, &[])
}

/// The same with `scripts` that draw its figures anew from its tables; it needs [`policy_of_scripts`] then.
///
/// # Errors
/// `internal`.
pub(super) fn html_drawn(
    document: &Document,
    printed: &Printed,
    scripts: &[String],
) -> Result<String> {
    let page = layout(document, printed);
    let pictures = page.figures().map(|figure| chart::svg(figure.chart, figure.number));
    let pictures = pictures.collect::<Result<_>>()?;
    let sheets = page.grids().map(sheet).collect();
    fill(TEMPLATE, &Whole { page: &page, scripts, sheets, pictures })
}

/// The Content-Security-Policy to send the page with.
pub fn policy() -> &'static str {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            marked()
        )
    });
    &POLICY
}

/// The same, which lets scripts of the house in.
pub fn policy_of_scripts() -> &'static str {
    static POLICY: LazyLock<String> = LazyLock::new(|| format!("{}; script-src 'self'", policy()));
    &POLICY
}

/// The hash of the one style.
fn marked() -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(style(TEMPLATE))))
}

/// What stands in the one `<style>`; nothing of it comes from a document.
pub(super) fn style(page: &str) -> &str {
    let inside = page.split_once("<style>").map_or("", |(_, rest)| rest);
    inside.split_once("</style>").map_or("", |(style, _)| style)
}
