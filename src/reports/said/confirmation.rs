//! Reports: what units said to their figures in the check period 核对期: confirmed, objected, nothing. Its rule: a
//! confirmation is of the figures that were seen and of no others; silence until the end counts as one, and the report
//! says so.

use std::collections::BTreeSet;

use crate::assessment::GroupBy;
use crate::db::Conn;
use crate::directory::{Directory, UnitCode};
use crate::error::Result;
use crate::reports::document::{Cell, Document, SIGN_OFF, Section, Source, Value};
use crate::reports::frozen;
use crate::reports::kinds::{CheckState, Decision};
use crate::reports::state::{State, Step};
use crate::reports::store::{self, ConfirmationRow, ObjectionRow, ReportRow};
use crate::time::Stamp;

/// How a unit stands in the check period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub unit: UnitCode,
    pub state: CheckState,
    /// When it confirmed or objected last.
    pub at: Option<Stamp>,
    /// The login name.
    pub by: Option<String>,
    /// How many objections, and how many of them were upheld.
    pub objections: usize,
    pub upheld: usize,
}

/// What a frozen report says of its check period.
#[derive(Debug, Clone)]
pub enum Told {
    /// The units as they stood at the end of it.
    Now { units: Vec<Checked>, until: Stamp },
    /// That there was none: it was frozen from the draft.
    Unchecked,
    /// As the edition that is restated says it.
    Kept { section: Section, mark: (String, String) },
}

/// The id of the section, and the name of the mark that says it in short.
pub const CHECK: &str = "check";
pub const MARK: &str = "核对情况";

/// The units with a figure of their own in `document`; a property company, which reads no report, is none of them.
pub fn units(document: &Document, directory: &Directory) -> BTreeSet<UnitCode> {
    let rows = document.tables().flat_map(|table| &table.rows);
    let own = rows.filter(|row| row.cells.iter().any(is_own_figure));
    let codes = own.map(|row| UnitCode::new(row.key.as_str()));
    codes.filter(|code| directory.unit(code).is_some() && !directory.is_company(code)).collect()
}

fn is_own_figure(cell: &Cell) -> bool {
    let of_unit = matches!(
        &cell.source,
        Some(Source::Figure { by: GroupBy::Unit, rollup: false, key: Some(_), .. })
    );
    of_unit
        && match &cell.value {
            Value::Count(count) => *count != 0,
            Value::Ratio { den, .. } => *den != 0,
            Value::Number(_) => true,
            Value::None | Value::Text(_) | Value::Day(_) | Value::Instant(_) => false,
        }
}

/// How each of `units` stands towards the figures of `taken_at`.
pub fn list(
    units: &BTreeSet<UnitCode>,
    (confirmations, objections): (&[ConfirmationRow], &[ObjectionRow]),
    taken_at: Stamp,
) -> Vec<Checked> {
    let of_unit = |unit: &UnitCode| {
        let own: Vec<&ObjectionRow> = objections.iter().filter(|it| it.unit == *unit).collect();
        let confirmed = confirmations.iter().rfind(|it| it.unit == *unit && it.holds(taken_at));
        let (state, at, by) = match (confirmed, own.last()) {
            (Some(row), _) => (CheckState::Confirmed, Some(row.at), Some(row.by_name.clone())),
            (None, Some(row)) => (CheckState::Objected, Some(row.at), Some(row.by_name.clone())),
            (None, None) => (CheckState::Silent, None, None),
        };
        let upheld = own.iter().filter(|it| it.decision == Some(Decision::Upheld)).count();
        Checked { unit: unit.clone(), state, at, by, objections: own.len(), upheld }
    };
    units.iter().map(of_unit).collect()
}

/// How every unit of the report of `row`, which says `document`, stands now.
///
/// # Errors
/// What the database says.
pub fn now(
    conn: &mut Conn,
    (row, document): (&ReportRow, &Document),
    directory: &Directory,
) -> Result<Vec<Checked>> {
    let confirmations = store::confirmations(conn, row.root)?;
    let objections = store::objections(conn, row.root)?;
    let units = units(document, directory);
    Ok(list(&units, (&confirmations, &objections), row.taken_at))
}

/// What the report of `row` says of its check period once `step` is done, also that there was none; a restatement says
/// what its edition says.
///
/// # Errors
/// What the database says; `report.damaged`.
pub fn told(
    conn: &mut Conn,
    row: &ReportRow,
    (step, directory): (Step, &Directory),
) -> Result<Option<Told>> {
    match (step, row.objections_until) {
        (Step::Freeze, Some(until)) if row.state == State::Preliminary => {
            let shown = frozen::document(conn, row)?;
            let units = now(conn, (row, &shown), directory)?;
            Ok(Some(Told::Now { units, until }))
        }
        (Step::Freeze, None) => Ok(Some(Told::Unchecked)),
        (Step::Restate, until) => {
            // Of what was frozen before reports said so.
            let unchecked = until.is_none().then_some(Told::Unchecked);
            Ok(kept(&frozen::document(conn, row)?).or(unchecked))
        }
        _ => Ok(None),
    }
}

fn kept(document: &Document) -> Option<Told> {
    let section = document.sections.iter().find(|section| section.id == CHECK)?.clone();
    let mark = document.marks.iter().find(|(name, _)| name == MARK)?.clone();
    Some(Told::Kept { section, mark })
}

/// Puts the section before the signatures.
pub fn put(document: &mut Document, section: Section, mark: (String, String)) {
    let at = document.sections.iter().position(|it| it.id == SIGN_OFF);
    document.sections.insert(at.unwrap_or(document.sections.len()), section);
    document.marks.push(mark);
}

#[cfg(test)]
mod tests {
    use super::CheckState::{Confirmed, Objected, Silent};
    use super::*;
    use crate::directory::{Entry, Unit, UnitKind};
    use crate::reports::packed::Body;
    use crate::reports::sample::report;

    fn at(millis: i64) -> Stamp {
        Stamp::from_millis(millis)
    }

    fn confirmation(unit: &str, taken: i64, withdrawn: Option<i64>) -> ConfirmationRow {
        ConfirmationRow {
            id: 1,
            report_id: 1,
            unit: unit.into(),
            at: at(taken + 1),
            by_id: 1,
            by_name: format!("unit_head@{unit}"),
            taken_at: at(taken),
            mark: String::new(),
            withdrawn_at: withdrawn.map(at),
        }
    }

    fn objection(unit: &str, decision: Option<Decision>) -> ObjectionRow {
        ObjectionRow {
            id: 1,
            report_id: 1,
            ticket_id: 1,
            unit: unit.into(),
            at: at(70),
            by_id: 1,
            by_name: "head".to_owned(),
            decision,
            decided_at: None,
            decided_name: None,
        }
    }

    #[test]
    fn a_confirmation_is_of_the_figures_that_were_seen() {
        let units = BTreeSet::from(["a", "b", "c", "d", "e"].map(UnitCode::from));
        let confirmations = [
            confirmation("a", 50, None),
            confirmation("b", 40, None),
            confirmation("c", 50, Some(60)),
            confirmation("e", 50, None),
        ];
        let objections = [objection("c", Some(Decision::Upheld)), objection("e", None)];
        let found = list(&units, (&confirmations, &objections), at(50));
        let states: Vec<CheckState> = found.iter().map(|it| it.state).collect();
        // What b confirmed were older figures; e objected first, and confirmed what came of it.
        assert_eq!(states, [Confirmed, Silent, Objected, Silent, Confirmed]);
        assert_eq!((found[2].objections, found[2].upheld, found[2].at), (1, 1, Some(at(70))));
        assert_eq!(found[0].by.as_deref(), Some("unit_head@a"));
    }

    #[test]
    fn whoever_has_a_figure_of_their_own_is_asked() {
        let facts = crate::assessment::figures::city::busy().facts;
        let frozen =
            report(Body { facts, ..Body::default() }, &[crate::assessment::Metric::Received]);
        let asked: Vec<String> = {
            let keys = frozen.document.tables().flat_map(|table| &table.rows);
            keys.filter(|row| row.cells.iter().any(is_own_figure))
                .map(|row| row.key.clone())
                .collect()
        };
        assert!(!asked.is_empty() && !asked.contains(&"total".to_owned()), "{asked:?}");
        let day = "2020-01-01".parse().unwrap();
        let directory = |kind| {
            let all = asked.iter().map(move |code| Entry::Unit(Unit::new(code, code, kind, day)));
            Directory::of(all.collect::<Vec<_>>())
        };
        let found = units(&frozen.document, &directory(UnitKind::Section));
        assert_eq!(found.len(), asked.len());
        assert!(units(&frozen.document, &directory(UnitKind::Company)).is_empty());
    }
}
