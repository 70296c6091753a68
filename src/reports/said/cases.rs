//! Reports: which typical cases 典型案例 a report shows. Its rule: a person strikes and chooses among those that the rule
//! let through, and nobody adds another; each choice is a version, and what of it is offered no more is told.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::{Error, FieldError, Result};
use crate::reports::document::{Block, Cell, Document, Row, Table, Value};

/// The table of the cases, whose last column says whether the rule chose a row.
pub const TABLE: &str = "cases";
/// What that column says.
pub const BY_RULE: &str = "入选";
pub const SPARE: &str = "备选";
/// Under which name a choice is kept among the texts: numbers with commas between; none of them, where all are struck.
pub const CHOSEN: &str = "cases.chosen";
/// The most cases that are shown.
const MOST: usize = 20;

/// A choice on its way.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choosing {
    /// The numbers of the cases that are shown, of those offered; none: all are struck.
    pub numbers: Vec<String>,
}

/// A case that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub no: String,
    pub topic: String,
    pub kind: String,
    pub text: String,
    /// Whether the report shows it.
    pub shown: bool,
}

fn table(document: &Document) -> Option<&Table> {
    document.tables().find(|table| table.id == TABLE)
}

fn words(cell: Option<&Cell>) -> &str {
    match cell.map(|cell| &cell.value) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// The numbers of a choice as it is kept.
fn numbers(chosen: &str) -> impl Iterator<Item = &str> {
    chosen.split(',').filter(|no| !no.is_empty())
}

/// The choice that holds among `rows`, which may have been taken anew since; none where nothing is left of it, which is
/// not what a person chose who struck all.
fn holding<'a>(rows: &[Row], chosen: Option<&'a str>) -> Option<&'a str> {
    let is_left = |chosen: &str| numbers(chosen).any(|no| rows.iter().any(|row| row.key == no));
    chosen.filter(|chosen| chosen.is_empty() || is_left(chosen))
}

/// Whether the report shows `row`: as the choice that holds says, else by the rule.
fn is_shown(row: &Row, holding: Option<&str>) -> bool {
    match holding {
        Some(chosen) => numbers(chosen).any(|no| no == row.key),
        None => words(row.cells.last()) == BY_RULE,
    }
}

fn rows(document: &Document) -> &[Row] {
    table(document).map(|table| table.rows.as_slice()).unwrap_or_default()
}

/// The numbers of the choice `chosen` that `document` does not offer any more.
pub fn gone(document: &Document, chosen: Option<&str>) -> Vec<String> {
    let is_offered = |no: &&str| rows(document).iter().any(|row| row.key == **no);
    numbers(chosen.unwrap_or_default()).filter(|no| !is_offered(no)).map(str::to_owned).collect()
}

/// Every case that `document` offers, after the choice `chosen`.
pub fn candidates(document: &Document, chosen: Option<&str>) -> Vec<Candidate> {
    let rows = rows(document);
    let chosen = holding(rows, chosen);
    let read = |row: &Row| Candidate {
        no: row.key.clone(),
        topic: words(row.cells.first()).to_owned(),
        kind: words(row.cells.get(1)).to_owned(),
        text: words(row.cells.get(2)).to_owned(),
        shown: is_shown(row, chosen),
    };
    rows.iter().map(read).collect()
}

/// The choice as it is kept.
///
/// # Errors
/// 422 at each `/numbers/…` that `document` does not offer.
pub(super) fn read(document: &Document, choosing: &Choosing) -> Result<String> {
    if choosing.numbers.len() > MOST {
        return Err(Error::field("/numbers", "field.too_long"));
    }
    let offered: BTreeSet<&str> =
        table(document).into_iter().flat_map(|it| &it.rows).map(|row| row.key.as_str()).collect();
    let wrong =
        choosing.numbers.iter().enumerate().filter(|(_, no)| !offered.contains(no.as_str()));
    let wrong: Vec<FieldError> = wrong
        .map(|(nth, _)| FieldError::new(format!("/numbers/{nth}"), "field.unknown_code"))
        .collect();
    if wrong.is_empty() { Ok(choosing.numbers.join(",")) } else { Err(Error::invalid(wrong)) }
}

/// Leaves of the cases those that are shown, and takes the choice out of `texts`, which hold what people wrote.
pub fn settle(document: &mut Document, texts: &mut BTreeMap<String, String>) {
    let chosen = texts.remove(CHOSEN);
    for section in &mut document.sections {
        section.blocks.retain_mut(|block| match block {
            Block::Table(table) if table.id == TABLE => {
                let chosen = holding(&table.rows, chosen.as_deref());
                table.rows.retain(|row| is_shown(row, chosen));
                table.columns.pop();
                for row in &mut table.rows {
                    row.cells.pop();
                }
                !table.rows.is_empty()
            }
            _ => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::document::{Column, Format, Section};
    use crate::reports::packed::Body;
    use crate::reports::sample::report;

    fn offering() -> Document {
        let mut document = report(Body::default(), &[]).document;
        let text = |text: &str| Cell { value: Value::Text(text.to_owned()), source: None };
        let row = |key: &str, place: &str| {
            let cells = ["电梯", "办结较好", "一句话", place].map(text).to_vec();
            Row { key: key.to_owned(), level: 0, cells }
        };
        let column = |id: &str| Column {
            id: id.to_owned(),
            name: id.to_owned(),
            format: Format::Text,
            definition: None,
            formula: None,
        };
        let table = Table {
            id: TABLE.to_owned(),
            title: "典型案例".to_owned(),
            columns: ["topic", "kind", "text", "place"].map(column).to_vec(),
            rows: vec![row("A-1", BY_RULE), row("A-2", SPARE)],
            note: None,
        };
        let (id, heading) = ("topics".to_owned(), "热点".to_owned());
        document.sections = vec![Section { id, heading, blocks: vec![Block::Table(table)] }];
        document
    }

    fn shown(chosen: Option<&str>) -> Vec<String> {
        let mut document = offering();
        let chosen = chosen.map(|text| (CHOSEN.to_owned(), text.to_owned()));
        let mut texts: BTreeMap<String, String> = chosen.into_iter().collect();
        settle(&mut document, &mut texts);
        assert!(texts.is_empty());
        let rows = document.tables().flat_map(|table| {
            assert_eq!(table.columns.len(), 3);
            table.rows.iter().inspect(|row| assert_eq!(row.cells.len(), 3))
        });
        rows.map(|row| row.key.clone()).collect()
    }

    #[test]
    fn the_rule_chooses_where_nobody_did() {
        assert_eq!(shown(None), ["A-1"]);
        assert_eq!(shown(Some("A-2")), ["A-2"]);
        assert_eq!(shown(Some("A-1,A-2")), ["A-1", "A-2"]);
        assert!(shown(Some("")).is_empty(), "all are struck");
        let told = candidates(&offering(), Some("A-2"));
        assert_eq!(told.iter().map(|it| it.shown).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn of_a_choice_what_is_still_offered_stays_and_where_nothing_is_the_rule_chooses() {
        assert_eq!(shown(Some("B-9,A-2")), ["A-2"]);
        assert_eq!(shown(Some("B-9")), ["A-1"], "nobody struck it");
        let told = candidates(&offering(), Some("B-9"));
        assert_eq!(told.iter().map(|it| it.shown).collect::<Vec<_>>(), [true, false]);
        for (chosen, lost) in [
            (Some("B-9,A-2,B-8"), &["B-9", "B-8"][..]),
            (Some("A-1"), &[]),
            (Some(""), &[]),
            (None, &[]),
        ] {
            assert_eq!(gone(&offering(), chosen), lost, "{chosen:?}");
        }
        let mut none = offering();
        none.sections.clear();
        assert_eq!(gone(&none, Some("A-1")), ["A-1"], "where no case is offered at all");
    }

    #[test]
    fn nobody_chooses_what_was_not_offered() {
        let choosing = |numbers: &[&str]| Choosing {
            numbers: numbers.iter().map(|no| (*no).to_owned()).collect(),
        };
        assert_eq!(read(&offering(), &choosing(&["A-2"])).unwrap(), "A-2");
        assert_eq!(read(&offering(), &choosing(&[])).unwrap(), "");
        let refused = read(&offering(), &choosing(&["A-2", "B-9"])).unwrap_err();
        assert_eq!(refused.fields()[0].pointer, "/numbers/1");
    }
}
