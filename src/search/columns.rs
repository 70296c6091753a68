//! Search: what of each document is counted, in memory. Its rule: made once for each segment, which never
//! changes; codes are small numbers, the same in all segments, so that counting over a hundred thousand
//! tickets is a walk over a few bytes of each.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use tantivy::SegmentReader;
use tantivy::columnar::{Column, StrColumn};

use super::fields::{Facet, ID, RECEIVED, RED, YELLOW};

/// How many facets a document has one value of at most: all that are counted but units.
const SINGLE: usize = 9;
/// No value.
pub const NONE: u16 = u16::MAX;
/// Beyond this many codes of a facet, further ones are counted together.
const MOST: usize = NONE as usize - 1;

/// Numbers for the codes of every facet, for the life of the program.
#[derive(Debug, Default)]
pub struct Codes([RwLock<Book>; Facet::COUNTED.len()]);

#[derive(Debug, Default)]
struct Book {
    codes: Vec<String>,
    numbers: HashMap<String, u16>,
}

impl Codes {
    fn number(&self, facet: usize, code: &str) -> u16 {
        let book = self.0[facet].read().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = book.numbers.get(code) {
            return *number;
        }
        drop(book);
        let mut book = self.0[facet].write().unwrap_or_else(PoisonError::into_inner);
        let next = book.codes.len();
        if next >= MOST {
            return NONE;
        }
        let number = u16::try_from(next).unwrap_or(NONE);
        if let Some(known) = book.numbers.get(code) {
            return *known;
        }
        book.codes.push(code.to_owned());
        book.numbers.insert(code.to_owned(), number);
        number
    }

    /// How many codes a facet has.
    pub fn len(&self, facet: usize) -> usize {
        self.0[facet].read().unwrap_or_else(PoisonError::into_inner).codes.len()
    }

    /// The code that a number stands for.
    pub fn code(&self, facet: usize, number: usize) -> Option<String> {
        let book = self.0[facet].read().unwrap_or_else(PoisonError::into_inner);
        book.codes.get(number).cloned()
    }
}

/// One document's values.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub single: [u16; SINGLE],
    /// How many units work on it, and where they stand.
    units: u16,
    units_at: u32,
    /// Whether a limit of it runs.
    pub has_limit: bool,
}

/// The documents of one segment.
#[derive(Debug)]
pub struct Columns {
    rows: Vec<Row>,
    units: Vec<u16>,
    pub id: Column<u64>,
    pub received_at: Column<i64>,
    yellow_at: Option<Column<i64>>,
    red_at: Option<Column<i64>>,
}

/// The places in `Row::single` of the facets that are counted: units stand elsewhere.
pub fn singles() -> impl Iterator<Item = (usize, Facet)> {
    let counted = Facet::COUNTED.into_iter().enumerate();
    counted.filter(|(_, facet)| *facet != Facet::Unit)
}

/// The place of units among the facets that are counted.
pub const UNITS: usize = 1;

impl Columns {
    /// Those of `segment`.
    ///
    /// # Errors
    /// The index's own: a damaged file.
    pub fn read(segment: &SegmentReader, codes: &Codes) -> tantivy::Result<Self> {
        let count = segment.max_doc();
        let blank = Row { single: [NONE; SINGLE], units: 0, units_at: 0, has_limit: false };
        let mut rows = vec![blank; count as usize];
        for (place, (number, facet)) in singles().enumerate() {
            let Some((column, numbers)) = numbered(segment, codes, number, facet)? else {
                continue;
            };
            for (doc, row) in (0..count).zip(&mut rows) {
                let value = column.ords().values_for_doc(doc).next();
                row.single[place] = value.map_or(NONE, |ord| look_up(&numbers, ord));
            }
        }
        let mut units = Vec::new();
        if let Some((column, numbers)) = numbered(segment, codes, UNITS, Facet::Unit)? {
            for (doc, row) in (0..count).zip(&mut rows) {
                row.units_at = u32::try_from(units.len()).unwrap_or_default();
                let of_it = column.ords().values_for_doc(doc).map(|ord| look_up(&numbers, ord));
                units.extend(of_it);
                let many = units.len() - row.units_at as usize;
                row.units = u16::try_from(many).unwrap_or(u16::MAX);
            }
        }
        let fast = segment.fast_fields();
        let (id, received_at) = (fast.u64(ID)?, fast.i64(RECEIVED)?);
        let (yellow_at, red_at) = (fast.column_opt(YELLOW)?, fast.column_opt(RED)?);
        for column in [&yellow_at, &red_at].into_iter().flatten() {
            for (doc, row) in (0..count).zip(&mut rows) {
                row.has_limit |= Column::first(column, doc).is_some();
            }
        }
        Ok(Self { rows, units, id, received_at, yellow_at, red_at })
    }

    pub fn row(&self, doc: u32) -> Option<&Row> {
        self.rows.get(doc as usize)
    }

    /// When its light becomes yellow, and when red; nothing where no limit runs.
    pub fn lights(&self, doc: u32) -> (Option<i64>, Option<i64>) {
        let at = |column: &Option<Column<i64>>| column.as_ref().and_then(|it| it.first(doc));
        (at(&self.yellow_at), at(&self.red_at))
    }

    /// The units that work on the document of `row`.
    pub fn units(&self, row: &Row) -> &[u16] {
        let from = row.units_at as usize;
        self.units.get(from..from + usize::from(row.units)).unwrap_or_default()
    }
}

fn look_up(numbers: &[u16], ord: u64) -> u16 {
    usize::try_from(ord).ok().and_then(|ord| numbers.get(ord)).copied().unwrap_or(NONE)
}

/// A column of codes, and the number of each code of this segment.
fn numbered(
    segment: &SegmentReader,
    codes: &Codes,
    number: usize,
    facet: Facet,
) -> tantivy::Result<Option<(StrColumn, Vec<u16>)>> {
    let Some(column) = segment.fast_fields().str(facet.as_str())? else { return Ok(None) };
    let mut numbers = Vec::with_capacity(column.num_terms());
    let mut code = String::new();
    for ord in 0..column.num_terms() as u64 {
        code.clear();
        column.ord_to_str(ord, &mut code)?;
        numbers.push(codes.number(number, &code));
    }
    Ok(Some((column, numbers)))
}
