//! Reports, printing: how wide the columns of a table are on paper. Its rule: figures stay on one line, words give way;
//! a table as wide as the page, in the largest letters that allow it, and lying where no letters do. What has no room even
//! so leaves out on the printed page the columns that say least: intervals first, then what the letter leaves out.

use serde::Serialize;

use super::grid::{Grid, Head, INTERVAL, Keeps, Line};
use super::words;

/// Between the margins of a letter: 156 mm, in twentieths of a point; and of a page that lies: 243 mm.
pub const PAPER: usize = 8844;
const LYING: usize = 13_777;
/// Letters of a table in half points, 五号, 小五, 六号, and what a cell's own margins take with its rule.
const LARGE: Letters = Letters { size: 21, margin: 170 };
const MIDDLE: Letters = Letters { size: 18, margin: 130 };
const SMALL: Letters = Letters { size: 15, margin: 90 };
/// A heading over figures takes at least and at most so many halves before it breaks; words at most so many.
const HEADING: (usize, usize) = (6, 10);
const WORDS: usize = 40;
/// A number that leads to a definition, raised, takes so many halves beside a name.
const RAISED: usize = 2;

#[derive(Clone, Copy)]
struct Letters {
    size: usize,
    margin: usize,
}

/// How a table is tried: its letters, how many halves words keep at least, and how many figures have to spare (where the
/// machine has no Times New Roman, they are wider than half a letter).
#[derive(Clone, Copy)]
struct Try {
    letters: Letters,
    words: usize,
    spare: usize,
}

const fn a_try(letters: Letters, words: usize, spare: usize) -> Try {
    Try { letters, words, spare }
}

/// Rather smaller letters than words that break.
const LETTER: [Try; 7] = [
    a_try(LARGE, WORDS, 1),
    a_try(MIDDLE, WORDS, 1),
    a_try(LARGE, 16, 1),
    a_try(MIDDLE, 16, 1),
    a_try(SMALL, 16, 1),
    a_try(SMALL, 16, 0),
    a_try(SMALL, 10, 0),
];
const UPRIGHT: [Try; 3] = [a_try(MIDDLE, 16, 1), a_try(SMALL, 16, 1), a_try(SMALL, 16, 0)];
const WIDE: [Try; 2] = [a_try(SMALL, 16, 1), a_try(SMALL, 16, 0)];
/// Where nothing more can be left out.
const CROWDED: [Try; 3] = [WIDE[0], WIDE[1], a_try(SMALL, 10, 0)];

/// The letters and columns of a table in a letter.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Widths {
    /// In half points.
    pub size: usize,
    /// On each side of a cell, in twentieths of a point.
    pub margin: usize,
    /// In twentieths of a point; [`PAPER`] together.
    pub columns: Vec<usize>,
}

/// How the page prints a table.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// In half points.
    pub size: usize,
    /// On a page that lies.
    pub wide: bool,
    /// In columns beside each other.
    pub slim: bool,
    /// Parts of the whole: `12.50%`; nothing for a column that is on the screen alone.
    pub columns: Vec<Option<String>>,
    /// How many are.
    pub left_out: usize,
}

/// What a column takes, in halves of a letter, whatever its letters are: read once, since a table of a thousand cells
/// is tried in a dozen ways.
#[derive(Clone, Copy)]
struct Taken {
    /// With as much of its heading as there has to be, and as there may be.
    low: usize,
    high: usize,
    /// Whether its values stay on one line.
    stays: bool,
}

/// What a column needs, in halves of a letter: at least, for its cells, for its heading too.
#[derive(Clone, Copy)]
struct Need {
    least: usize,
    cells: usize,
    best: usize,
}

fn taken(lines: &[&Line], at: usize, head: &Head) -> Taken {
    let places = lines.iter().filter_map(|line| line.places.get(at).map(|it| (line, it)));
    let widths = places.clone().flat_map(|(line, place)| {
        let depth = if at == 0 { usize::from(line.level) * 2 } else { 0 };
        let note = if place.note.is_some() { RAISED } else { 0 };
        place.lines.iter().map(move |text| words::width(text) + depth + note)
    });
    let widest = widths.max().unwrap_or(0);
    let note = head.note.map_or(0, |note| note.to_string().len());
    let heading = words::width(&head.name) + note;
    let (low, high) = (widest.max(heading.min(HEADING.0)), widest.max(heading.min(HEADING.1)));
    let mut texts = places.flat_map(|(_, place)| &place.lines);
    let figures = (1..=INTERVAL).contains(&widest) && texts.all(|text| words::is_of_figures(text));
    Taken { low, high, stays: head.whole || figures }
}

/// What every column of the grid takes.
fn all_taken(grid: &Grid, lines: &[&Line]) -> Vec<Taken> {
    grid.heads.iter().enumerate().map(|(at, head)| taken(lines, at, head)).collect()
}

impl Taken {
    fn need(self, tried: Try) -> Need {
        if self.stays {
            let low = self.low + tried.spare;
            return Need { least: low, cells: low, best: self.high + tried.spare };
        }
        let best = self.high.clamp(4, WORDS);
        Need { least: best.min(tried.words), cells: best, best }
    }
}

/// The widths of the columns that take so much, between `paper`, by the first of `tries` that has room.
fn columns(all: &[Taken], tries: &[Try], paper: usize) -> Option<Found> {
    let mut found = None;
    for tried in tries {
        let needs: Vec<Need> = all.iter().map(|it| it.need(*tried)).collect();
        // Figures, and `%` above all, are a little wider than half a letter.
        let Letters { size, margin } = tried.letters;
        let wide = |of: fn(&Need) -> usize| -> Vec<usize> {
            needs.iter().map(|it| of(it) * size * 23 / 4 + margin).collect()
        };
        let least = wide(|it| it.least);
        let fits = least.iter().sum::<usize>() <= paper;
        // Cells come before headings: those break once, these in every row.
        let columns = toward(least, &wide(|it| it.cells), paper);
        let columns = filled(&toward(columns, &wide(|it| it.best), paper), paper);
        found = Some(Found { letters: tried.letters, columns, fits });
        if fits {
            break;
        }
    }
    found
}

struct Found {
    letters: Letters,
    columns: Vec<usize>,
    fits: bool,
}

/// The columns grown toward what they ask for, as far as the paper has room, each by its part of it.
fn toward(have: Vec<usize>, asked: &[usize], paper: usize) -> Vec<usize> {
    let (low, high): (usize, usize) = (have.iter().sum(), asked.iter().sum());
    if high <= low {
        return have;
    }
    let room = paper.saturating_sub(low).min(high - low);
    let both = have.iter().zip(asked);
    both.map(|(have, asked)| have + asked.saturating_sub(*have) * room / (high - low)).collect()
}

/// As wide as the paper; what rounding left over goes to the first column.
fn filled(columns: &[usize], paper: usize) -> Vec<usize> {
    let sum: usize = columns.iter().sum();
    let mut columns: Vec<usize> = columns.iter().map(|it| it * paper / sum.max(1)).collect();
    let left = paper.saturating_sub(columns.iter().sum());
    if let Some(first) = columns.first_mut() {
        *first += left;
    }
    columns
}

/// The widths of a grid's columns in a letter.
pub fn widths(grid: &Grid) -> Widths {
    let lines: Vec<&Line> = grid.lines.iter().collect();
    let found = columns(&all_taken(grid, &lines), &LETTER, PAPER);
    let (letters, columns) = found.map_or((LARGE, Vec::new()), |it| (it.letters, it.columns));
    // Ten are the rule's.
    Widths { size: letters.size, margin: (letters.margin - 10) / 2, columns }
}

/// How the page prints a grid.
pub fn sheet(grid: &Grid) -> Sheet {
    let lines: Vec<&Line> = grid.lines.iter().filter(|line| !line.blank).collect();
    let mut laid = Sheet {
        size: MIDDLE.size,
        wide: true,
        slim: grid.is_slim(),
        columns: vec![None; grid.heads.len()],
        left_out: 0,
    };
    let all = all_taken(grid, &lines);
    for keeps in Keeps::ALL {
        let heads = grid.heads.iter().enumerate().filter(|(_, head)| head.keeps >= keeps);
        let kept: Vec<usize> = heads.map(|(at, _)| at).collect();
        let some: Vec<Taken> = kept.iter().map(|at| all[*at]).collect();
        let upright = columns(&some, &UPRIGHT, PAPER).filter(|it| it.fits);
        laid.wide = upright.is_none();
        let tries: &[Try] = if keeps == Keeps::Always { &CROWDED } else { &WIDE };
        let Some(found) = upright.or_else(|| columns(&some, tries, LYING)) else { break };
        laid.size = found.letters.size;
        laid.left_out = grid.heads.len() - kept.len();
        laid.columns.fill(None);
        let sum: usize = found.columns.iter().sum();
        for (at, width) in kept.iter().zip(&found.columns) {
            let part = *width as f64 * 100.0 / sum.max(1) as f64;
            laid.columns[*at] = Some(format!("{part:.2}%"));
        }
        // The word that it is empty goes through all of them.
        if found.fits || lines.is_empty() {
            break;
        }
    }
    laid
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
            keeps: Keeps::Always,
        };
        let place = |text: &&str| Place { lines: vec![(*text).to_owned()], ..Place::default() };
        let places = cells.iter().map(place).collect();
        let line = Line { level: 0, total: false, blank: false, places };
        Grid {
            anchor: String::new(),
            number: 1,
            title: String::new(),
            heads: heads.iter().map(head).collect(),
            lines: vec![line],
            blank: 0,
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

    #[test]
    fn a_page_without_room_leaves_out_intervals_first_and_then_what_the_letter_leaves_out() {
        let interval = "（-12.3至+45.6）";
        let laid = |rates: usize, intervals: usize| {
            let mut heads = vec![("承办单位", false)];
            heads.extend(std::iter::repeat_n(("及时签收率", true), rates));
            heads.extend(std::iter::repeat_n(("与同类诉求之差区间", false), intervals));
            let mut cells = vec!["某某街道办事处物业管理科"];
            cells.extend(std::iter::repeat_n("97.1%", rates));
            cells.extend(std::iter::repeat_n(interval, intervals));
            let mut grid = grid(&heads, &cells);
            for head in &mut grid.heads[6..=rates] {
                head.keeps = Keeps::WithSomeRoom;
            }
            for head in &mut grid.heads[rates + 1..] {
                head.keeps = Keeps::WithRoom;
            }
            sheet(&grid)
        };
        let roomy = laid(8, 2);
        assert_eq!((roomy.wide, roomy.left_out), (true, 0));
        let crowded = laid(15, 5);
        assert_eq!((crowded.wide, crowded.left_out), (true, 5));
        let are_kept: Vec<bool> = crowded.columns.iter().map(Option::is_some).collect();
        assert_eq!(are_kept.iter().take_while(|it| **it).count(), 16, "{are_kept:?}");
        // Without room for the figures either, as many as in the letter; then the page need not lie.
        let full = laid(30, 5);
        assert_eq!((full.wide, full.left_out), (false, 30));
        assert_eq!(full.columns.iter().flatten().count(), 6);
    }

    #[test]
    fn the_page_lies_down_only_for_what_no_small_letters_make_fit() {
        let rates = |many: usize| {
            let heads: Vec<(&str, bool)> = (0..many).map(|at| ("及时签收率", at > 0)).collect();
            let cells = std::iter::once("某某街道办事处物业管理科");
            let cells = cells.chain(std::iter::repeat_n("97.1%", many - 1));
            sheet(&grid(&heads, &cells.collect::<Vec<_>>()))
        };
        let seen = [4, 8, 11, 19].map(rates).map(|it| (it.size, it.wide));
        assert_eq!(seen, [(18, false), (18, false), (15, false), (15, true)]);
        assert_eq!(rates(4).columns.len(), 4);
        // An interval is a text, and stays on one line all the same.
        let heads = [("单位", false), ("区间", false)];
        let long = "很".repeat(300);
        let interval = widths(&grid(&heads, &[&long, "87.1%–95.0%"]));
        assert!(interval.columns[1] > 11 * 21 * 23 / 4, "{interval:?}");
    }
}
