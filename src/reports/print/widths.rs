//! Reports, printing: how wide the columns of a table are on paper. Its rule: figures stay on one line, words give way;
//! a table as wide as the page, in the largest letters that allow it.

use serde::Serialize;

use super::grid::{Grid, Head};
use super::words;

/// Between the margins of a letter: 156 mm, in twentieths of a point.
pub const PAPER: usize = 8844;
/// Letters of a table in half points: 五号, 小五, 六号.
const SIZES: [usize; 3] = [21, 18, 15];
/// What a cell's own margins take.
const MARGINS: usize = 170;
/// A heading over figures takes at least and at most so many halves before it breaks; words do.
const HEADING: (usize, usize) = (6, 10);
const WORDS: (usize, usize) = (16, 40);

/// The letters and columns of a table.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Widths {
    /// In half points.
    pub size: usize,
    /// In twentieths of a point; [`PAPER`] together.
    pub columns: Vec<usize>,
}

/// What a column needs, in halves of a letter.
#[derive(Clone, Copy)]
struct Need {
    least: usize,
    best: usize,
}

fn need(grid: &Grid, at: usize, head: &Head) -> Need {
    let lines = grid.lines.iter().filter_map(|line| line.places.get(at).map(|it| (line, it)));
    let widths = lines.flat_map(|(line, place)| {
        let depth = if at == 0 { usize::from(line.level) * 2 } else { 0 };
        place.lines.iter().map(move |text| words::width(text) + depth)
    });
    let widest = widths.max().unwrap_or(0);
    let heading = words::width(&head.name);
    let (low, high) = (widest.max(heading.min(HEADING.0)), widest.max(heading.min(HEADING.1)));
    if head.whole {
        // One half to spare: where the machine has no Times New Roman, figures are wider than half a letter.
        return Need { least: low + 1, best: high + 1 };
    }
    let best = high.clamp(4, WORDS.1);
    Need { least: best.min(WORDS.0), best }
}

/// The widths of a grid's columns.
pub fn widths(grid: &Grid) -> Widths {
    let needs = grid.heads.iter().enumerate().map(|(at, head)| need(grid, at, head));
    let needs: Vec<Need> = needs.collect();
    // Figures, and `%` above all, are a little wider than half a letter.
    let wide = |halves: usize, size: usize| halves * size * 23 / 4 + MARGINS;
    let sum = |size: usize, of: fn(&Need) -> usize| -> usize {
        needs.iter().map(|it| wide(of(it), size)).sum()
    };
    let fits = SIZES.into_iter().find(|size| sum(*size, |it| it.least) <= PAPER);
    let size = fits.unwrap_or(SIZES[SIZES.len() - 1]);
    let least: Vec<usize> = needs.iter().map(|it| wide(it.least, size)).collect();
    let wished: Vec<usize> = needs.iter().map(|it| wide(it.best, size)).collect();
    let (low, high): (usize, usize) = (least.iter().sum(), wished.iter().sum());
    let columns = if low >= PAPER {
        least.iter().map(|it| it * PAPER / low.max(1)).collect()
    } else if high <= PAPER {
        wished.iter().map(|it| it * PAPER / high.max(1)).collect()
    } else {
        let (room, asked) = (PAPER - low, high - low);
        let both = least.iter().zip(&wished);
        both.map(|(low, high)| low + (high - low) * room / asked).collect()
    };
    Widths { size, columns: filled(columns) }
}

/// What rounding left over goes to the first column.
fn filled(mut columns: Vec<usize>) -> Vec<usize> {
    let left = PAPER.saturating_sub(columns.iter().sum());
    if let Some(first) = columns.first_mut() {
        *first += left;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::super::grid::{Line, Place};
    use super::*;

    fn grid(heads: &[(&str, bool)], cells: &[&str]) -> Grid {
        let head = |(name, numeric): &(&str, bool)| Head {
            name: (*name).to_owned(),
            note: None,
            formula: None,
            numeric: *numeric,
            whole: *numeric,
        };
        let place = |text: &&str| Place {
            lines: vec![(*text).to_owned()],
            link: None,
            numeric: false,
            time: false,
        };
        let line = Line { level: 0, total: false, places: cells.iter().map(place).collect() };
        Grid {
            anchor: String::new(),
            number: 1,
            title: String::new(),
            heads: heads.iter().map(head).collect(),
            lines: vec![line],
            note: Vec::new(),
        }
    }

    #[test]
    fn columns_fill_the_page_and_letters_shrink_only_where_they_must() {
        let few = widths(&grid(&[("单位", false), ("响应率", true)], &["市住建局", "97.1%"]));
        assert_eq!((few.size, few.columns.iter().sum::<usize>()), (21, PAPER));
        let heads: Vec<(&str, bool)> = (0..16).map(|at| ("及时签收率", at > 0)).collect();
        let cells = ["某某街道办事处物业管理科"; 1].into_iter().chain(["97.1%"; 15]);
        let many = widths(&grid(&heads, &cells.collect::<Vec<_>>()));
        assert_eq!(many.columns.iter().sum::<usize>(), PAPER);
        assert!(many.size < 21 && many.columns.iter().all(|it| *it > 300), "{many:?}");
        let long = "很".repeat(3000);
        let text = widths(&grid(&[("甲", false), ("乙", true)], &[&long, "1"]));
        assert_eq!((text.size, text.columns.iter().sum::<usize>()), (21, PAPER));
        assert_eq!(widths(&grid(&[], &[])).columns, Vec::<usize>::new());
    }
}
