//! Reports, contents: the ledger 挂账. Its rule: opening + new − written off − cancelled = closing, for each unit.

use serde_json::json;

use super::columns::{Col, Lines};
use super::figure::Figures;
use super::part::Part;
use crate::assessment::{Depth, Edition, GroupBy, Metric, Row};
use crate::error::Result;
use crate::reports::document::Block;
use crate::reports::material::Material;

const MOVES: [Metric; 5] = [
    Metric::LedgerOpening,
    Metric::LedgerNew,
    Metric::LedgerWrittenOff,
    Metric::LedgerCancelled,
    Metric::Ledger,
];

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn ledger(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("ledger", "挂账销号");
    let figures = Figures::of(material, GroupBy::Unit, Depth::Own, Edition::All);
    let of = |metric: Metric| figures.total().cell(metric).num.unwrap_or_default();
    let [opening, new, written_off, cancelled, closing] = MOVES.map(of);
    let said = json!({
        "opening": opening,
        "new": new,
        "written_off": written_off,
        "cancelled": cancelled,
        "closing": closing,
    });
    part.extend(material.sentences.paragraph("ledger", &said)?);
    let moved = |row: &&Row| MOVES.iter().any(|metric| row.cell(*metric).exact != 0);
    let mut rows: Vec<(u8, &Row)> =
        figures.rates.rows.iter().filter(moved).map(|row| (0, row)).collect();
    rows.push((0, figures.total()));
    let lines = Lines { main: &figures, other: None, scoring: &material.frame.scoring, rows };
    let cols: Vec<Col> = std::iter::once(Col::Name("承办单位")).chain(MOVES.map(Col::Of)).collect();
    let note = "期初＋新增－销号－取消＝期末；未列出的单位没有挂账。";
    part.push(Block::Table(lines.table("ledger", "挂账变动", &cols, note)));
    Ok(part)
}
