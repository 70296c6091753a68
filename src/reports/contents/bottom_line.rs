//! Reports, contents: touched bottom lines 触碰底线. Its rule: flagged tickets beside the contacts that were recorded, and
//! which line it was; beside them the cases, whatever they rest on, and what was decided about them.

use serde_json::json;

use super::bottom_cases;
use super::columns::{Col, Lines};
use super::figure::Figures;
use super::part::Part;
use super::tally::{Tally, columns};
use crate::assessment::{Depth, Edition, GroupBy, Metric, Row};
use crate::error::Result;
use crate::reports::document::{Block, Table};
use crate::reports::material::Material;
use crate::ticket::overlay::BottomLine;

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn bottom_line(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("bottom_line", "触碰底线问题");
    let figures = Figures::of(material, GroupBy::Unit, Depth::Own, Edition::All);
    let flagged = material.received().filter(|it| it.flagged).count();
    let tallies: Vec<Tally> = BottomLine::ALL
        .iter()
        .map(|line| {
            let has = |id: &i64| {
                material.extras.reasons.get(id).is_some_and(|it| it.flags.contains(line))
            };
            let ids = material.ids(|_, it| it.flagged && has(&it.id));
            let (key, name) = (line.to_string(), line.zh().to_owned());
            Tally { key, name, ids, previous: None, year: None }
        })
        .collect();
    let kinds = tallies.iter().filter(|it| !it.ids.is_empty());
    let kinds = kinds.map(|it| json!({"name": it.name, "count": it.ids.len()}));
    let said = json!({
        "flagged": flagged,
        "kinds": kinds.collect::<Vec<_>>(),
        "cases": bottom_cases::said(material, &figures),
    });
    part.extend(material.sentences.paragraph("bottom_line", &said)?);
    let all = i64::try_from(flagged).unwrap_or(i64::MAX);
    let rows = tallies.iter().map(|tally| {
        let mut row = tally.row("flag", all, &mut part);
        row.cells.truncate(3);
        row
    });
    let rows = rows.collect();
    part.push(Block::Table(Table {
        id: "flags".to_owned(),
        title: "按问题".to_owned(),
        columns: columns("问题").into_iter().take(3).collect(),
        rows,
        note: Some("口径：全量，周期内受理。一件工单可触碰多条，占比之和可超过100%。".to_owned()),
    }));
    part.push(Block::Table(by_unit(material, &figures)));
    bottom_cases::tables(material, &figures, &mut part);
    Ok(part)
}

fn by_unit(material: &Material<'_>, figures: &Figures) -> Table {
    let metric = Metric::BottomLine;
    let mut found: Vec<&Row> =
        figures.rates.rows.iter().filter(|row| row.cell(metric).exact > 0).collect();
    found.sort_by_key(|row| std::cmp::Reverse(row.cell(metric).exact));
    let mut rows: Vec<(u8, &Row)> = found.into_iter().map(|row| (0, row)).collect();
    rows.push((0, figures.total()));
    let lines = Lines { main: figures, other: None, scoring: &material.frame.scoring, rows };
    let cols = [Col::Name("承办单位"), Col::Num(metric), Col::Of(metric)];
    let mut table = lines.table("bottom_line", "按单位", &cols, "件数归最终主办单位。");
    "触碰底线工单".clone_into(&mut table.columns[1].name);
    table
}
