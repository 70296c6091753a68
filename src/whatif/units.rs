//! What-if: what a catalogue would have sent to whom, as people read it, in Chinese: a table by unit for the terminal, or a
//! sheet. Its rule: counts of tickets alone, and the sentence that says so below them.

use std::io::Write;
use std::path::Path;

use super::print::{FIGURE, NAME, arrow, pad};
use super::routed::{Routed, UnitRow};
use crate::directory::UnitCode;
use crate::error::{Result, sentence};
use crate::limits::Window;
use crate::sheet::{Cell, Column, Form, Writer};

/// How wide a count of what came or went is, in halves of a Chinese character.
const COUNT: usize = 8;
/// The columns of the sheet.
const COLUMNS: [&str; 12] = [
    "代码",
    "名称",
    "现主办",
    "备选主办",
    "主办差",
    "现协办",
    "备选协办",
    "现派件",
    "备选派件",
    "派件差",
    "转入",
    "转出",
];

/// The answer as lines for a terminal.
pub fn lines(routed: &Routed, window: &Window) -> Vec<String> {
    let head =
        [("单位", NAME), ("主办", FIGURE), ("协办", FIGURE), ("派件", FIGURE), ("转入", COUNT)];
    let head: String = head.iter().map(|(name, width)| pad(name, *width)).collect();
    let mut lines = vec![title(routed, window), String::new(), head + "转出"];
    lines.extend(routed.rows.iter().map(line));
    if !routed.moves.is_empty() {
        lines.extend([String::new(), sentence("whatif.moves", &[])]);
        lines.extend(moves(routed));
    }
    lines.extend([String::new(), sentence("whatif.dispatch", &[])]);
    lines
}

fn line(row: &UnitRow) -> String {
    let count = row.count;
    let (before, after) = (count.before, count.after);
    let moved = |before: i64, after: i64| {
        let by = format!("{:+}", after - before);
        pad(&arrow(&before.to_string(), &after.to_string(), &by), FIGURE)
    };
    let mut text = pad(&row.name, NAME);
    text += &moved(before.leads, after.leads);
    text += &moved(before.assists, after.assists);
    text += &moved(before.dispatched(), after.dispatched());
    text += &pad(&count.came.to_string(), COUNT);
    text + &count.went.to_string()
}

/// From whom to whom how many tickets would have gone, one a line.
fn moves(routed: &Routed) -> impl Iterator<Item = String> {
    let name = move |key: &Option<UnitCode>| routed.name(key.as_ref());
    routed.moves.iter().map(move |((from, to), tickets)| {
        let values = [("from", name(from)), ("to", name(to)), ("tickets", &tickets.to_string())];
        sentence("whatif.move", &values)
    })
}

fn title(routed: &Routed, window: &Window) -> String {
    let (zone, counts) = (window.zone(), routed.counts);
    let values = [
        ("window", window.label()),
        ("from", window.start.rfc3339(zone)),
        ("to", window.end.rfc3339(zone)),
        ("on", routed.on.to_string()),
        ("total", counts.total.to_string()),
        ("changed", counts.changed.to_string()),
        ("unmatched", counts.unmatched.to_string()),
        ("ties", counts.ties.to_string()),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    sentence("whatif.dispatch_title", &values)
}

/// The answer as CSV: a line for each unit, then from whom to whom how many went.
///
/// # Errors
/// What the output says.
pub fn csv<W: Write + Send>(routed: &Routed, window: &Window, out: W) -> Result<()> {
    let columns = COLUMNS.map(|heading| Column { heading, width: 12 });
    let mut sheet = Writer::new(Form::Csv, out, Path::new("."), "试算", &columns)?;
    for row in &routed.rows {
        sheet.row(&cells(row))?;
    }
    let said = [title(routed, window)].into_iter().chain(moves(routed));
    for text in said.chain([sentence("whatif.dispatch", &[])]) {
        sheet.row(&[Cell::Text(text)])?;
    }
    sheet.finish()
}

fn cells(row: &UnitRow) -> Vec<Cell> {
    let UnitRow { key, name, count } = row;
    let (before, after) = (count.before, count.after);
    let code = key.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let mut cells = vec![Cell::Text(code), Cell::Text(name.clone())];
    let numbers = [
        before.leads,
        after.leads,
        count.leads_difference(),
        before.assists,
        after.assists,
        before.dispatched(),
        after.dispatched(),
        count.dispatched_difference(),
        count.came,
        count.went,
    ];
    cells.extend(numbers.map(|number| Cell::Number(number as f64)));
    cells
}

#[cfg(test)]
mod tests {
    use super::super::routed::{Count, Had, Moves};
    use super::*;
    use crate::limits::profile::builtin;
    use crate::routing::dry_run::Counts;

    fn routed() -> (Routed, Window) {
        let profile = builtin("default").unwrap();
        let window = profile.window.parse("2026-10", profile.zone).unwrap();
        let had = |leads, assists| Had { leads, assists };
        let row = |key: Option<&str>, name: &str, count| UnitRow {
            key: key.map(UnitCode::from),
            name: name.to_owned(),
            count,
        };
        let a = Count { before: had(3, 0), after: had(1, 2), came: 0, went: 2 };
        let b = Count { before: had(0, 0), after: had(2, 0), came: 2, went: 0 };
        let moves = Moves::from([((Some("a".into()), Some("b".into())), 2)]);
        let counts = Counts { total: 3, changed: 2, ..Counts::default() };
        let rows = vec![
            row(Some("a"), "a科", a),
            row(Some("b"), "b科", b),
            row(None, "-", Count::default()),
        ];
        (Routed { on: "2026-11-02".parse().unwrap(), counts, rows, moves }, window)
    }

    #[test]
    fn a_unit_has_a_line_and_what_went_from_whom_to_whom_stands_below() {
        let (routed, window) = routed();
        let all = lines(&routed, &window).join("\n");
        for said in ["共 3 件", "3→1 (-2)", "0→2 (+2)", "a科 → b科：2 件", "不推算任何率"]
        {
            assert!(all.contains(said), "{said}\n{all}");
        }
        let unchanged = |line: &&str| line.starts_with("a科") && line.contains(" 3 ");
        assert!(
            all.lines().any(|line| unchanged(&line)),
            "what is sent to it stays the same: {all}"
        );
    }

    #[test]
    fn a_sheet_has_every_unit_and_what_no_unit_has() {
        let (routed, window) = routed();
        let mut bytes = Vec::new();
        csv(&routed, &window, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        for line in
            ["a,a科,3,1,-2,0,2,3,3,0,0,2", "b,b科,0,2,2,0,0,0,2,2,2,0", "'-,'-,0,0,0,0,0,0,0,0,0,0"]
        {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
