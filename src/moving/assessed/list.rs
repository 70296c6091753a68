//! Moving, assessed: reading the city's list. Its rule: which heading is which column and which word means what is
//! a file, the usual ones built in; a row that cannot be understood is told, never guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::assessment::facts::ValidSurvey;
use crate::assessment::facts::{Satisfied, Solved};
use crate::assessment::reconcile::{Answers, TheirList, Theirs, Verdict};
use crate::code_enum;
use crate::error::{Error, Kind, Result, sentence};
use crate::sheet::plain::{folded, heading, narrow};
use crate::sheet::{self, Row, text_of};

const BUILT_IN: &str = include_str!("../../../config/sheets/assessed.toml");
/// The headings stand in one of the first rows.
const ABOVE: usize = 20;

code_enum! {
    /// What a column of the list can be.
    pub enum Column {
        Number = "number" "工单编号",
        Counted = "counted" "是否计入",
        Contacted = "contacted" "是否联系",
        Solved = "solved" "是否解决",
        Satisfied = "satisfied" "是否满意",
        Reason = "reason" "剔除原因",
    }
}

/// Columns without which there is nothing to compare.
const NEEDED: [Column; 4] = [Column::Number, Column::Contacted, Column::Solved, Column::Satisfied];

/// How the list is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    sheet: Option<String>,
    columns: BTreeMap<Column, Vec<String>>,
    values: BTreeMap<Column, BTreeMap<String, String>>,
}

impl Mapping {
    /// The built-in one with that of a site's file over it.
    ///
    /// # Errors
    /// `import.unreadable`, `import.mapping`.
    pub fn of(file: Option<&Path>) -> Result<Self> {
        let mut mapping = parse(BUILT_IN)?;
        if let Some(file) = file {
            mapping.lay_over(parse(&text_of(file)?)?);
        }
        Ok(mapping)
    }

    /// What the site says of a column stands in the place of what is built in; its words are added.
    fn lay_over(&mut self, site: Self) {
        self.sheet = site.sheet.or(self.sheet.take());
        self.columns.extend(site.columns);
        for (column, words) in site.values {
            self.values.entry(column).or_default().extend(words);
        }
    }

    fn column(&self, typed: &str) -> Option<Column> {
        let typed = heading(typed);
        let goes_by = |names: &[String]| names.iter().any(|name| heading(name) == typed);
        self.columns.iter().find(|(_, names)| goes_by(names)).map(|(column, _)| *column)
    }

    fn code(&self, column: Column, typed: &str) -> Option<&str> {
        let typed = folded(typed);
        let words = self.values.get(&column)?.iter();
        words.filter(|(word, _)| folded(word) == typed).map(|(_, code)| code.as_str()).next()
    }
}

fn parse(text: &str) -> Result<Mapping> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
        let (line, why) = (before.matches('\n').count() + 1, error.message().to_owned());
        let line = line.to_string();
        let values = [("line", line.as_str()), ("why", why.as_str())];
        Error::with(Kind::Invalid, "import.mapping", &values)
    })
}

/// A row that says nothing that could be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faulty {
    /// As the sheet numbers it.
    pub row: u32,
    /// The Chinese sentence.
    pub reason: String,
}

/// What a list says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    pub theirs: TheirList,
    pub faulty: Vec<Faulty>,
}

/// Reads the list at `path`.
///
/// # Errors
/// As [`sheet::read`]; `assessed.no_column` where a column that is needed has no heading.
pub fn read(path: &Path, mapping: &Mapping) -> Result<Listed> {
    let grid = sheet::read(path, mapping.sheet.as_deref())?;
    understand(&grid.rows, mapping)
}

/// Reads the list that somebody sent, whatever it is called.
///
/// # Errors
/// As [`read`].
pub fn read_sent(bytes: Vec<u8>, mapping: &Mapping) -> Result<Listed> {
    let grid = sheet::read_sent(bytes, mapping.sheet.as_deref())?;
    understand(&grid.rows, mapping)
}

fn understand(rows: &[Row], mapping: &Mapping) -> Result<Listed> {
    let (at, places) = headings(rows, mapping)?;
    let (mut listed, mut seen) = (Listed::default(), BTreeSet::new());
    for row in &rows[at + 1..] {
        let cells = Cells { row, places: &places, mapping };
        let fault = match cells.read() {
            Ok(None) => continue,
            Ok(Some(theirs)) if !seen.insert(theirs.number.clone()) => {
                sentence("assessed.twice", &[("number", &theirs.number)])
            }
            Ok(Some(theirs)) => {
                listed.theirs.lines.push(theirs);
                continue;
            }
            Err(fault) => {
                match cells.number() {
                    Some(number) => {
                        listed.theirs.unread.insert(number);
                    }
                    None => listed.theirs.nameless += 1,
                }
                fault
            }
        };
        listed.faulty.push(Faulty { row: row.number, reason: fault });
    }
    Ok(listed)
}

/// In which row the headings stand, and which column is where.
fn headings(rows: &[Row], mapping: &Mapping) -> Result<(usize, BTreeMap<Column, usize>)> {
    let mut best = (0, BTreeMap::new());
    for (at, row) in rows.iter().take(ABOVE).enumerate() {
        let mut places = BTreeMap::new();
        for (place, cell) in row.cells.iter().enumerate() {
            if let Some(column) = mapping.column(&cell.text()) {
                places.entry(column).or_insert(place);
            }
        }
        if places.len() > best.1.len() {
            best = (at, places);
        }
    }
    match NEEDED.iter().find(|column| !best.1.contains_key(column)) {
        Some(column) => {
            Err(Error::with(Kind::Invalid, "assessed.no_column", &[("column", column.zh())]))
        }
        None => Ok(best),
    }
}

struct Cells<'a> {
    row: &'a Row,
    places: &'a BTreeMap<Column, usize>,
    mapping: &'a Mapping,
}

impl Cells<'_> {
    /// Trimmed and narrow; none for a blank cell.
    fn text(&self, column: Column) -> Option<String> {
        let cell = self.row.cell(*self.places.get(&column)?);
        Some(narrow(&cell.text())).filter(|text| !text.is_empty())
    }

    /// The ticket's number; none where there is none, or not all of it any more.
    fn number(&self) -> Option<String> {
        let cell = self.row.cell(*self.places.get(&Column::Number)?);
        if cell.has_lost_digits() { None } else { self.text(Column::Number) }
    }

    /// The code of a cell's word; none for a blank one.
    fn meant(&self, column: Column) -> Result<Option<&str>, String> {
        let Some(typed) = self.text(column) else { return Ok(None) };
        let code = self.mapping.code(column, &typed);
        let values = [("column", column.zh()), ("text", typed.as_str())];
        code.map(Some).ok_or_else(|| sentence("assessed.word", &values))
    }

    fn read(&self) -> Result<Option<Theirs>, String> {
        let Some(number) = self.text(Column::Number) else { return Ok(None) };
        if self.row.cell(self.places[&Column::Number]).has_lost_digits() {
            return Err(sentence("assessed.lost_digits", &[]));
        }
        let reason = self.text(Column::Reason);
        let counted = match self.meant(Column::Counted)? {
            Some(code) => code == "yes",
            // Where the list has no such column, or leaves it blank: a reason says that it is out.
            None => reason.is_none(),
        };
        let contacted = self.meant(Column::Contacted)?.map(|code| code == "yes");
        let solved = parsed::<Solved>(self.meant(Column::Solved)?)?;
        let satisfied = parsed::<Satisfied>(self.meant(Column::Satisfied)?)?;
        let survey = match (contacted, solved, satisfied) {
            (Some(contacted), Some(solved), Some(satisfied)) => {
                Some(Answers::All(ValidSurvey { contacted, solved, satisfied }))
            }
            _ if !counted => None,
            (None, None, None) => None,
            // As of a suggestion, of which only the response counts.
            (Some(contacted), None, None) => Some(Answers::Contact(contacted)),
            _ => return Err(sentence("assessed.partial", &[])),
        };
        Ok(Some(Theirs { number, verdict: Verdict { counted, survey, reason } }))
    }
}

fn parsed<T: std::str::FromStr>(code: Option<&str>) -> Result<Option<T>, String> {
    let wrong = |text: &str| sentence("assessed.code", &[("text", text)]);
    code.map(|code| code.parse().map_err(|_| wrong(code))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Cell;

    fn rows(lines: &[&[&str]]) -> Vec<Row> {
        let cell = |text: &&str| Cell::Text((*text).to_owned());
        let row = |(number, cells): (u32, &&[&str])| Row {
            number,
            cells: cells.iter().map(cell).collect(),
        };
        (1..).zip(lines).map(row).collect()
    }

    const HEAD: [&str; 6] =
        ["市平台编号", "是否计入", "是否联系", "是否解决", "是否满意", "剔除原因"];

    #[test]
    fn a_list_is_read_by_its_headings_and_words() {
        let lines = rows(&[
            &["2026年10月考核明细"],
            &HEAD,
            &["A1", "是", "是", "基本解决", "非常满意", ""],
            &["A2", "否", "", "", "", "超出职权"],
            &["A3", "", "", "", "", "不可抗力"],
            &["A4", "是", "", "", "", ""],
        ]);
        let listed = understand(&lines, &Mapping::of(None).unwrap()).unwrap();
        assert_eq!(listed.faulty, []);
        let said: Vec<_> = listed
            .theirs
            .lines
            .iter()
            .map(|it| (it.number.as_str(), it.verdict.counted, it.verdict.survey.is_some()))
            .collect();
        assert_eq!(
            said,
            [("A1", true, true), ("A2", false, false), ("A3", false, false), ("A4", true, false)]
        );
        let (solved, satisfied) = (Solved::Basic, Satisfied::Satisfied);
        let survey = ValidSurvey { contacted: true, solved, satisfied };
        assert_eq!(listed.theirs.lines[0].verdict.survey, Some(Answers::All(survey)));
    }

    #[test]
    fn a_suggestion_names_the_contact_alone() {
        let lines = rows(&[
            &HEAD,
            &["A1", "是", "是", "", "", ""],
            &["A2", "", "否", "", "", ""],
            &["A3", "是", "", "是", "", ""],
            &["A4", "是", "是", "", "满意", ""],
        ]);
        let listed = understand(&lines, &Mapping::of(None).unwrap()).unwrap();
        let said: Vec<_> = listed.theirs.lines.iter().map(|it| it.verdict.survey).collect();
        assert_eq!(said, [Some(Answers::Contact(true)), Some(Answers::Contact(false))]);
        let told: Vec<u32> = listed.faulty.iter().map(|it| it.row).collect();
        assert_eq!(told, [4, 5], "some of the answers are no verdict");
    }

    #[test]
    fn what_cannot_be_understood_is_told_row_by_row() {
        let lines = rows(&[
            &HEAD,
            &["A1", "是", "是", "大概吧", "满意", ""],
            &["A2", "是", "是", "", "满意", ""],
            &["A3", "是", "是", "是", "满意", ""],
            &["A3", "是", "是", "是", "满意", ""],
        ]);
        let listed = understand(&lines, &Mapping::of(None).unwrap()).unwrap();
        let told: Vec<u32> = listed.faulty.iter().map(|it| it.row).collect();
        assert_eq!((listed.theirs.lines.len(), told), (1, vec![2, 3, 5]));
        let unread: Vec<&str> = listed.theirs.unread.iter().map(String::as_str).collect();
        assert_eq!((unread, listed.theirs.nameless), (vec!["A1", "A2"], 0));
        let mut lost = rows(&[&HEAD, &["A1", "是", "是", "是", "满意", ""]]);
        lost[1].cells[0] = Cell::Number(1e18);
        let listed = understand(&lost, &Mapping::of(None).unwrap()).unwrap();
        assert_eq!((listed.theirs.unread.len(), listed.theirs.nameless), (0, 1));
        let without = understand(&rows(&[&["工单编号", "是否联系"]]), &Mapping::of(None).unwrap());
        assert_eq!(without.unwrap_err().code(), "assessed.no_column");
    }

    #[test]
    fn a_sites_file_names_its_own_columns_and_words() {
        let mut mapping = Mapping::of(None).unwrap();
        let site = "[columns]\nsolved = ['办结效果']\n[values.solved]\n'A' = 'solved'\n";
        mapping.lay_over(parse(site).unwrap());
        assert_eq!(mapping.column("办结效果："), Some(Column::Solved));
        assert_eq!(mapping.column("是否解决"), None);
        assert_eq!(mapping.code(Column::Solved, "ａ"), Some("solved"));
        assert_eq!(parse("colour = 1").unwrap_err().code(), "import.mapping");
    }
}
