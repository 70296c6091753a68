//! Reports, contents: the cases of the bottom line, by unit, line and source. Its rule: opened in the window, as they stand
//! when the report is taken; counted and divided as `/bottom-line` does, by the contact entries of the report's own facts.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::columns::column;
use super::figure::Figures;
use super::part::{Part, plain, text};
use crate::assessment::{Metric, Side};
use crate::bottomline::figures::{Line, Tally, figures as counted};
use crate::bottomline::{CaseState, Source};
use crate::directory::UnitCode;
use crate::reports::document::{Block, Cell, Column, Format, Row, TOTAL, Table, Value};
use crate::reports::extras::BottomCase;
use crate::reports::material::Material;
use crate::ticket::overlay::BottomLine;

/// The formula of the last column; the flagged tickets' rate is another.
const FORMULA: &str = "（立案－不成立）÷联系记录×1000";

/// Puts the tables, where there was a case.
pub fn tables(material: &Material<'_>, contacted: &Figures, part: &mut Part) {
    if material.extras.bottom.is_empty() {
        return;
    }
    part.push(Block::Table(by_unit(material, contacted)));
    part.push(Block::Table(by_flag(material)));
}

/// What sentences may say of the cases.
pub fn said(material: &Material<'_>, contacted: &Figures) -> Json {
    let (_, total) = lines(material, contacted);
    let all = sum(&total);
    json!({
        "opened": all.opened,
        "upheld": all.upheld,
        "dismissed": all.dismissed,
        "open": all.open,
        "held": all.opened - all.dismissed,
        "per_1000": total.per_1000(),
    })
}

/// The lines of the units, and of all.
fn lines(material: &Material<'_>, contacted: &Figures) -> (BTreeMap<String, Line>, Line) {
    let cases: Vec<_> =
        material.extras.bottom.iter().map(|it| (it.unit.clone(), it.flag, it.state)).collect();
    let contacts = contacted.rates.rows.iter().filter_map(|row| {
        let count = row.cell(Metric::BottomLine).den.filter(|count| *count > 0)?;
        Some((row.key.clone()?, count))
    });
    counted(std::iter::empty::<&UnitCode>(), &cases, &contacts.collect(), |_| true)
}

fn sum(line: &Line) -> Tally {
    let mut all = Tally::default();
    for tally in line.flags.values() {
        all.opened += tally.opened;
        all.upheld += tally.upheld;
        all.dismissed += tally.dismissed;
        all.open += tally.open;
    }
    all
}

/// The cases of `cases` by line and source.
fn by_cause<'a>(
    cases: impl Iterator<Item = &'a BottomCase>,
) -> BTreeMap<(BottomLine, Source), Tally> {
    let mut found: BTreeMap<(BottomLine, Source), Tally> = BTreeMap::new();
    for case in cases {
        let tally = found.entry((case.flag, case.source)).or_default();
        tally.opened += 1;
        match case.state {
            CaseState::Open | CaseState::Answered => tally.open += 1,
            CaseState::Upheld => tally.upheld += 1,
            CaseState::Dismissed => tally.dismissed += 1,
        }
    }
    found
}

fn counts(tally: &Tally) -> [Cell; 4] {
    let Tally { opened, upheld, dismissed, open } = *tally;
    [opened, upheld, dismissed, open].map(|count| plain(Value::Count(count)))
}

fn columns(heading: &str) -> Vec<Column> {
    vec![
        column("name", heading, Format::Text),
        column("opened", "立案", Format::Count),
        column("upheld", "成立", Format::Count),
        column("dismissed", "不成立", Format::Count),
        column("open", "未决", Format::Count),
    ]
}

/// Units with a case, each with its lines and their sources below it, and the sum.
fn by_unit(material: &Material<'_>, contacted: &Figures) -> Table {
    let (lines, total) = lines(material, contacted);
    let mut found: Vec<(&String, &Line)> =
        lines.iter().filter(|(_, line)| !line.flags.is_empty()).collect();
    found.sort_by_key(|(unit, line)| (std::cmp::Reverse(sum(line).opened), *unit));
    let mut rows = Vec::new();
    for (unit, line) in found {
        let known = material.frame.directory.unit(&UnitCode::new(unit.as_str()));
        let name = known.map_or_else(|| unit.clone(), |it| it.name.clone());
        rows.push(row(unit, name, line, contacted));
        let own = material.extras.bottom.iter().filter(|it| it.unit.as_str() == unit);
        for ((flag, source), tally) in by_cause(own) {
            let mut cells = vec![text(format!("{}（{}）", flag.zh(), source.zh()))];
            cells.extend(counts(&tally));
            cells.extend([plain(Value::None), plain(Value::None)]);
            rows.push(Row { key: format!("{unit}.{flag}.{source}"), level: 1, cells });
        }
    }
    rows.push(row(TOTAL, "合计".to_owned(), &total, contacted));
    let mut columns = columns("承办单位");
    columns.push(column("contacts", "联系记录", Format::Count));
    columns.push(Column {
        formula: Some(FORMULA.to_owned()),
        ..column("per_1000", "每千条联系", Format::Number)
    });
    Table {
        id: "bottom_cases".to_owned(),
        title: "触碰底线问题核实情况".to_owned(),
        columns,
        rows,
        note: Some(
            "周期内立案的问题，含回访、反映、拨测和空泛答复，归被反映的单位；核实情况截至统计时点。"
                .to_owned(),
        ),
    }
}

fn row(key: &str, name: String, line: &Line, contacted: &Figures) -> Row {
    let tally = sum(line);
    let there = if key == TOTAL { Some(contacted.total()) } else { contacted.row(key) };
    let source = there.map(|row| contacted.source(row, Metric::BottomLine, Side::Den));
    let held = tally.opened - tally.dismissed;
    let rate = line.per_1000().map_or(Value::None, |value| Value::Ratio {
        num: held as f64,
        den: line.contacts,
        value,
    });
    let mut cells = vec![text(name)];
    cells.extend(counts(&tally));
    cells.push(Cell { value: Value::Count(line.contacts), source });
    cells.push(plain(rate));
    Row { key: key.to_owned(), level: 0, cells }
}

/// The same of all units, by line and source.
fn by_flag(material: &Material<'_>) -> Table {
    let rows =
        by_cause(material.extras.bottom.iter()).into_iter().map(|((flag, source), tally)| {
            let mut cells = vec![text(flag.zh()), text(source.zh())];
            cells.extend(counts(&tally));
            Row { key: format!("{flag}.{source}"), level: 0, cells }
        });
    let mut columns = columns("问题");
    columns.insert(1, column("source", "来源", Format::Text));
    Table {
        id: "bottom_causes".to_owned(),
        title: "触碰底线问题按问题和来源".to_owned(),
        columns,
        rows: rows.collect(),
        note: None,
    }
}
