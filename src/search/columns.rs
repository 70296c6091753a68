//! Search: what of each document is counted, in memory. Its rule: made once for each segment, which never
//! changes; codes are small numbers, the same in all segments, so that counting over a hundred thousand
//! tickets is a walk over a few bytes of each.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use tantivy::columnar::{Column, StrColumn};
use tantivy::{SegmentReader, TantivyError};

use super::fields::{Facet, ID, RECEIVED, RED, YELLOW};

/// Facets whose values go together: a few thousand combinations of them occur, however many tickets there
/// are, so that a ticket is counted by one step for each group instead of one for each value.
pub const GROUPS: [&[Facet]; 4] = [
    &[Facet::State, Facet::Kind, Facet::Channel, Facet::Urgency, Facet::Month],
    &[Facet::Estate, Facet::Region, Facet::Company],
    &[Facet::Category],
    &[Facet::Unit],
];
/// No value.
const NONE: u16 = u16::MAX;
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
#[derive(Debug, Clone, Copy, Default)]
pub struct Row {
    /// Of each group, which combination it has.
    pub groups: [u32; GROUPS.len()],
    /// When it was received, in milliseconds.
    pub received_at: i64,
    /// Whether a limit of it runs.
    pub has_limit: bool,
}

/// Places of facets in [`Facet::COUNTED`], each with the number of a code.
type Combination = Vec<(usize, u16)>;

/// The documents of one segment.
#[derive(Debug)]
pub struct Columns {
    rows: Vec<Row>,
    /// Of each group, the combinations that occur.
    groups: [Vec<Combination>; GROUPS.len()],
    pub id: Column<u64>,
    yellow_at: Option<Column<i64>>,
    red_at: Option<Column<i64>>,
}

impl Columns {
    /// Those of `segment`.
    ///
    /// # Errors
    /// The index's own: a damaged file.
    pub fn read(segment: &SegmentReader, codes: &Codes) -> tantivy::Result<Self> {
        let count = segment.max_doc();
        let mut rows = vec![Row::default(); count as usize];
        let mut groups = <[Vec<Combination>; GROUPS.len()]>::default();
        for (group, facets) in GROUPS.iter().enumerate() {
            groups[group] = combined(segment, codes, facets, group, &mut rows)?;
        }
        let fast = segment.fast_fields();
        let (id, received_at) = (fast.u64(ID)?, fast.i64(RECEIVED)?);
        // How many there are stands in the index's description, which has no checksum.
        if id.values.num_vals() != count {
            return Err(TantivyError::InternalError("a segment is not as long as is said".into()));
        }
        let (yellow_at, red_at) = (fast.column_opt(YELLOW)?, fast.column_opt(RED)?);
        for column in [&yellow_at, &red_at].into_iter().flatten() {
            for (doc, row) in (0..count).zip(&mut rows) {
                row.has_limit |= Column::first(column, doc).is_some();
            }
        }
        for (doc, row) in (0..count).zip(&mut rows) {
            row.received_at = received_at.first(doc).unwrap_or_default();
        }
        Ok(Self { rows, groups, id, yellow_at, red_at })
    }

    pub fn row(&self, doc: u32) -> Option<&Row> {
        self.rows.get(doc as usize)
    }

    /// A place to count in for each combination of each group.
    pub fn counters(&self) -> [Vec<u32>; GROUPS.len()] {
        self.groups.each_ref().map(|combinations| vec![0; combinations.len()])
    }

    /// Adds what was counted of combinations to the counts of codes, by facet.
    pub fn add_up(&self, counted: &[Vec<u32>], counts: &mut [Vec<u32>]) {
        for (combinations, counted) in self.groups.iter().zip(counted) {
            let some = combinations.iter().zip(counted).filter(|(_, count)| **count > 0);
            for ((facet, number), count) in
                some.flat_map(|(values, count)| values.iter().map(move |value| (value, count)))
            {
                let of_it = counts.get_mut(*facet);
                if let Some(sum) = of_it.and_then(|sums| sums.get_mut(usize::from(*number))) {
                    *sum += count;
                }
            }
        }
    }

    /// When its light becomes yellow, and when red; nothing where no limit runs.
    pub fn lights(&self, doc: u32) -> (Option<i64>, Option<i64>) {
        let at = |column: &Option<Column<i64>>| column.as_ref().and_then(|it| it.first(doc));
        (at(&self.yellow_at), at(&self.red_at))
    }
}

/// The combinations of the values of `facets` that occur in `segment`; each row is told which it has.
fn combined(
    segment: &SegmentReader,
    codes: &Codes,
    facets: &[Facet],
    group: usize,
    rows: &mut [Row],
) -> tantivy::Result<Vec<Combination>> {
    let mut columns = Vec::with_capacity(facets.len());
    for facet in facets {
        let place = Facet::COUNTED.iter().position(|counted| counted == facet);
        let Some(place) = place else { continue };
        if let Some((column, numbers)) = numbered(segment, codes, place, *facet)? {
            columns.push((place, column, numbers));
        }
    }
    let mut known: HashMap<Combination, u32> = HashMap::new();
    let mut all: Vec<Combination> = Vec::new();
    let mut one = Combination::new();
    for (doc, row) in (0_u32..).zip(rows) {
        one.clear();
        for (place, column, numbers) in &columns {
            let values = column.ords().values_for_doc(doc).map(|ord| look_up(numbers, ord));
            one.extend(values.filter(|number| *number != NONE).map(|number| (*place, number)));
        }
        row.groups[group] = match known.get(&one) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(all.len()).unwrap_or(u32::MAX);
                all.push(one.clone());
                known.insert(one.clone(), number);
                number
            }
        };
    }
    Ok(all)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_facet_that_is_counted_is_in_one_group() {
        let mut grouped: Vec<&str> =
            GROUPS.iter().copied().flatten().map(|facet| facet.as_str()).collect();
        grouped.sort_unstable();
        let counted: BTreeSet<&str> = Facet::COUNTED.iter().map(|facet| facet.as_str()).collect();
        assert_eq!(grouped, counted.into_iter().collect::<Vec<_>>());
    }
}
