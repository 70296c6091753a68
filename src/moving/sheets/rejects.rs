//! Moving, sheets: what was not taken comes back as the same sheet. Its rule: every cell as it was, with its
//! type, and one column more; mended, the sheet is imported as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::import::Run;
use super::super::rejects::{beside, make_room};
use super::fields::Reason;
use crate::error::{Result, sentence};
use crate::sheet::plain::{heading, trimmed};
use crate::sheet::{Cell, Grid, Row, Writer, private_file};

/// The heading of the column with the reasons.
fn title() -> String {
    sentence("import.reason.title", &[])
}

/// Whether a heading is that of the reasons, left from an earlier import.
pub fn is_reason(typed: &str) -> bool {
    heading(typed) == heading(&title())
}

/// Whether nothing stands in a row but an earlier import's reasons.
pub fn is_only_reason(grid: &Grid, head: usize, row: &Row) -> bool {
    let Some(place) = place_of_reason(grid, head) else { return false };
    row.cells.iter().enumerate().all(|(column, cell)| column == place || cell.is_blank())
}

fn place_of_reason(grid: &Grid, head: usize) -> Option<usize> {
    let row = grid.rows.get(head)?;
    row.cells.iter().position(|cell| is_reason(&cell.text()))
}

/// Writes the rows of `reasons` (by their place in the grid), below what stands above and in the head's row;
/// answers where, or nothing where there is nothing to write. An older file keeps its content under
/// another name.
///
/// # Errors
/// `import.own_rejects`; what the disk says.
pub fn write(
    path: &Path,
    grid: &Grid,
    head: usize,
    reasons: &BTreeMap<usize, Vec<Reason>>,
    run: Run,
) -> Result<Option<PathBuf>> {
    let beside = beside(path, run.word(), grid.form.as_str())?;
    if run == Run::Real {
        make_room(&beside)?;
    }
    if reasons.is_empty() {
        return Ok(None);
    }
    let width = grid.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let place = place_of_reason(grid, head).unwrap_or(width);
    let out = std::io::BufWriter::new(private_file(&beside)?);
    let aside = beside.parent().filter(|folder| !folder.as_os_str().is_empty());
    let name = if grid.name.is_empty() { title() } else { grid.name.clone() };
    let mut writer = Writer::new(grid.form, out, aside.unwrap_or(Path::new(".")), &name, &[])?;
    for (at, row) in grid.rows.iter().enumerate() {
        let said = match (at.cmp(&head), reasons.get(&at)) {
            (std::cmp::Ordering::Less, _) => String::new(),
            (std::cmp::Ordering::Equal, _) => title(),
            (std::cmp::Ordering::Greater, Some(reasons)) => {
                reasons.iter().map(Reason::sentence).collect::<Vec<_>>().join(" ")
            }
            (std::cmp::Ordering::Greater, None) => continue,
        };
        let mut cells = row.cells.clone();
        cells.resize(cells.len().max(place + 1), Cell::Empty);
        cells[place] = if trimmed(&said).is_empty() { Cell::Empty } else { Cell::Text(said) };
        writer.row(&cells)?;
    }
    writer.finish()?;
    Ok(Some(beside))
}
