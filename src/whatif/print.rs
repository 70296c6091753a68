//! What-if: the answer as people read it, in Chinese: a table by unit for the terminal, or a sheet with every figure.
//! Its rule: a figure stands with its difference, and what was not replayed stands below.

use std::io::Write;
use std::path::Path;

use super::compare::{Line, exact};
use super::settings::Effect;
use super::{Outcome, REACH_DAYS};
use crate::assessment::fraction::Fraction;
use crate::assessment::metrics::Shape;
use crate::assessment::{Metric, Row};
use crate::error::{Result, sentence};
use crate::sheet::{Cell, Column, Form, Writer};

/// What stands where there is no value.
const NONE: &str = "—";
/// The figures of the table by unit.
const SHOWN: [Metric; 4] =
    [Metric::Composite, Metric::ResponseRate, Metric::ResolutionRate, Metric::SatisfactionRate];
/// How wide the columns are, in halves of a Chinese character.
pub(super) const NAME: usize = 24;
pub(super) const FIGURE: usize = 24;
const RANK: usize = 12;

/// A figure as it is written: a rate in per cent, hours and points with one decimal and two.
pub fn figure(metric: Metric, value: Option<Fraction>) -> String {
    let Some(value) = value.map(Fraction::as_f64) else { return NONE.to_owned() };
    match metric.shape() {
        Shape::Rate => format!("{:.1}%", half_up(value * 100.0, 1)),
        Shape::Score => format!("{:.2}", half_up(value, 2)),
        Shape::Count => format!("{value:.0}"),
        Shape::Mean => format!("{:.1}", half_up(value, 1)),
        // Of a thousand contacts.
        Shape::Ratio => format!("{:.1}", half_up(value * 1000.0, 1)),
    }
}

/// A difference as it is written: of rates in percentage points.
pub fn difference(metric: Metric, value: Option<Fraction>) -> String {
    let Some(by) = value else { return NONE.to_owned() };
    let sign = if by > Fraction::ZERO { "+" } else { "" };
    if by == Fraction::ZERO {
        return "0".to_owned();
    }
    format!("{sign}{}", figure(metric, Some(by)).trim_end_matches('%'))
}

fn half_up(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    // What a double holds a hair below the half is the half.
    ((value * scale).abs() + 0.5 + 1e-9).floor().copysign(value) / scale
}

/// The answer as lines for a terminal.
pub fn lines(outcome: &Outcome) -> Vec<String> {
    let mut lines = vec![title(outcome), String::new()];
    let mut head = pad("单位", NAME);
    head += &pad("名次", RANK);
    for metric in SHOWN {
        head += &pad(metric.zh(), FIGURE);
    }
    lines.push(head.trim_end().to_owned());
    for line in outcome.lines.iter().chain([&outcome.total]) {
        lines.push(unit(line));
    }
    let others = others(outcome);
    if !others.is_empty() {
        lines.extend([String::new(), sentence("whatif.others", &[])]);
        lines.extend(others);
    }
    if outcome.lines.iter().chain([&outcome.total]).all(|line| !line.changed()) {
        lines.push(sentence("whatif.no_change", &[]));
    }
    lines.extend([String::new(), sentence("whatif.settings", &[])]);
    lines.extend(outcome.settings.iter().map(|setting| {
        let said = |value: &Option<String>| value.clone().unwrap_or_else(|| NONE.to_owned());
        let (before, after) = (said(&setting.before), said(&setting.after));
        format!("{}：{before} → {after}（{}）", setting.name, setting.effect.zh())
    }));
    lines.extend(notes(outcome));
    lines
}

/// What must be read with the figures, in sentences.
pub fn notes(outcome: &Outcome) -> Vec<String> {
    let has = |effect: Effect| outcome.settings.iter().any(|setting| setting.effect == effect);
    let mut notes = Vec::new();
    if !has(Effect::Replayed) {
        notes.push(sentence("whatif.same", &[]));
    }
    if has(Effect::Replayed) || has(Effect::Conduct) {
        notes.push(sentence("whatif.conduct", &[]));
    }
    if outcome.settings.iter().any(|setting| is_of_limits(&setting.name)) {
        notes.push(sentence("whatif.limits", &[("days", &REACH_DAYS.to_string())]));
    }
    if outcome.kept > 0 {
        notes.push(sentence("whatif.kept", &[("count", &outcome.kept.to_string())]));
    }
    notes
}

fn is_of_limits(name: &str) -> bool {
    let starts = ["clocks.sign", "clocks.contact", "clocks.handle", "rework.limit", "report_in"];
    starts.iter().any(|start| name.starts_with(start)) || ["zone", "cutoff"].contains(&name)
}

fn title(outcome: &Outcome) -> String {
    let window = &outcome.asked.window;
    let zone = window.zone();
    let record =
        if outcome.on_record { String::new() } else { sentence("whatif.not_on_record", &[]) };
    let values = [
        ("window", window.label()),
        ("from", window.start.rfc3339(zone)),
        ("to", window.end.rfc3339(zone)),
        ("edition", outcome.asked.edition.zh().to_owned()),
        ("before", outcome.before.clone()),
        ("after", outcome.after.clone()),
        ("record", record),
    ];
    sentence("whatif.title", &values.each_ref().map(|(name, value)| (*name, value.as_str())))
}

fn unit(line: &Line) -> String {
    let rank = |row: &Row| match (row.rank, row.band) {
        (Some(rank), _) => rank.to_string(),
        // Where a profile wants bands in place of ranks.
        (None, Some(band)) => format!("第{band}档"),
        (None, None) => NONE.to_owned(),
    };
    let mut text = pad(&line.before.name, NAME);
    text += &pad(&arrow(&rank(&line.before), &rank(&line.after), ""), RANK);
    for metric in SHOWN {
        let side = |row: &Row| figure(metric, exact(row, metric));
        let by = difference(metric, line.difference(metric));
        text += &pad(&arrow(&side(&line.before), &side(&line.after), &by), FIGURE);
    }
    text.trim_end().to_owned()
}

/// `82.00→80.00 (-2.00)`; what is the same stands once.
pub(super) fn arrow(before: &str, after: &str, by: &str) -> String {
    match by {
        _ if before == after => before.to_owned(),
        "" | NONE => format!("{before}→{after}"),
        by => format!("{before}→{after} ({by})"),
    }
}

/// The other figures that change, one a line.
fn others(outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    for line in outcome.lines.iter().chain([&outcome.total]) {
        for metric in Metric::ALL.iter().filter(|it| !SHOWN.contains(it) && line.changes(**it)) {
            let side = |row: &Row| {
                let cell = row.cell(*metric);
                let value = figure(*metric, exact(row, *metric));
                let of = |(num, den)| format!("{value}（{num}/{den}）");
                cell.num.zip(cell.den).map_or_else(|| value.clone(), of)
            };
            let by = difference(*metric, line.difference(*metric));
            let sides = arrow(&side(&line.before), &side(&line.after), &by);
            found.push(format!("{}\t{}\t{sides}", line.before.name, metric.zh()));
        }
    }
    found
}

/// Filled up to `width` halves of a character, with one blank at least.
pub(super) fn pad(text: &str, width: usize) -> String {
    let wide: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    let blanks = width.saturating_sub(wide).max(1);
    format!("{text}{}", " ".repeat(blanks))
}

/// The answer as CSV: a line for each unit and metric, with both its sides.
///
/// # Errors
/// What the output says.
pub fn csv<W: Write + Send>(outcome: &Outcome, out: W) -> Result<()> {
    let columns = [
        "代码",
        "名称",
        "指标代码",
        "指标",
        "现分子",
        "现分母",
        "现值",
        "备选分子",
        "备选分母",
        "备选值",
        "差",
        "现名次",
        "备选名次",
        "现档次",
        "备选档次",
    ];
    let columns = columns.map(|heading| Column { heading, width: 12 });
    let mut sheet = Writer::new(Form::Csv, out, Path::new("."), "试算", &columns)?;
    for line in outcome.lines.iter().chain([&outcome.total]) {
        for metric in Metric::ALL {
            sheet.row(&cells(line, *metric))?;
        }
    }
    for text in [vec![title(outcome)], notes(outcome)].concat() {
        sheet.row(&[Cell::Text(text)])?;
    }
    sheet.finish()
}

fn cells(line: &Line, metric: Metric) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let number = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
    let value =
        |of: Option<Fraction>| of.map_or_else(|| text(NONE), |it| Cell::Number(it.as_f64()));
    let place = |place: Option<u32>| number(place.map(f64::from));
    let mut cells = vec![
        line.key().map_or(Cell::Empty, text),
        text(&line.before.name),
        text(metric.as_str()),
        text(metric.zh()),
    ];
    for row in [&line.before, &line.after] {
        let cell = row.cell(metric);
        cells.push(number(cell.num));
        cells.push(number(cell.den.map(|den| den as f64)));
        cells.push(value(exact(row, metric)));
    }
    let (before, after) = (&line.before, &line.after);
    cells.extend([value(line.difference(metric)), place(before.rank), place(after.rank)]);
    cells.extend([place(before.band), place(after.band)]);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::facts::{Edition, GroupBy, Satisfied, Solved};
    use crate::assessment::figures::city::{City, dim};
    use crate::assessment::{Depth, Table};
    use crate::limits::length::Thousandths;
    use crate::limits::profile::builtin;
    use crate::whatif::Asked;
    use crate::whatif::compare::compare;
    use crate::whatif::settings::differing;

    fn outcome() -> Outcome {
        let before = builtin("default").unwrap();
        let mut after = before.clone();
        (after.version, after.assessment.basic_satisfied) = (9, Thousandths(500));
        after.survey.attempts += 1;
        let mut city = City::default();
        for _ in 0..10 {
            city.surveyed("a", Solved::Solved, Satisfied::Basic);
        }
        let dims = [dim("a", None)];
        let rates = |city: &City| {
            let ask = city.ask(Edition::All);
            Table::compute(&city.facts, ask).rates(&dims, Depth::Own, |_| true)
        };
        let (then, scoring) = (rates(&city), city.rules.clone());
        city.rules.basic_satisfied = Thousandths(500);
        let (lines, total) = compare(then, rates(&city));
        let window = before.window.parse("2026-10", before.zone).unwrap();
        let (by, depth, edition) = (GroupBy::Unit, Depth::Own, Edition::All);
        Outcome {
            asked: Asked { window, by, depth, edition },
            settings: differing(&before, &after).unwrap(),
            before: before.id(),
            after: after.id(),
            on_record: false,
            scoring: (scoring, city.rules.clone()),
            lines,
            total,
            kept: 2,
        }
    }

    #[test]
    fn a_unit_has_a_line_and_what_was_not_replayed_stands_below() {
        let all = lines(&outcome()).join("\n");
        for said in [
            "default@1，备选 default@9（未存档）",
            "90.0%→50.0% (-40.0)",
            "96.00→80.00 (-16.00)",
            "assessment.basic_satisfied：0.9 → 0.5（已按备选办法重算）",
            "survey.attempts：3 → 4（未重算：会改变当时各人的做法）",
            "2 个时限或办理时长",
        ] {
            assert!(all.contains(said), "{said}\n{all}");
        }
    }

    #[test]
    fn a_sheet_has_every_metric_of_every_row() {
        let mut bytes = Vec::new();
        csv(&outcome(), &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let of = |metric: &str| text.lines().filter(|line| line.contains(metric)).count();
        assert_eq!((of("satisfaction_rate"), of("whistles")), (2, 2));
        assert!(
            text.contains("a,a科,satisfaction_rate,满意率,9,10,0.9,5,10,0.5,-0.4,1,1"),
            "{text}"
        );
    }

    #[test]
    fn halves_are_rounded_up_on_either_side_of_zero() {
        let of = |num, den| Some(Fraction::new(num, den));
        assert_eq!(figure(Metric::ResolutionRate, of(1, 2000)), "0.1%");
        assert_eq!(difference(Metric::ResolutionRate, of(-1, 2000)), "-0.1");
        assert_eq!(difference(Metric::ResolutionRate, of(0, 1)), "0");
        assert_eq!(figure(Metric::ResolutionRate, None), "—");
        assert_eq!(difference(Metric::Received, of(3, 1)), "+3");
    }
}
