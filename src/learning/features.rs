//! Learning: a text as hashed pieces. Its rule: width, case and digits are folded away before
//! anything is hashed, so that no number (a phone, a card, a door) leaves a trace in a model.

use super::stable::join;

/// Pieces fall into this many buckets (2²²): so many that of the some 10⁵ pieces a site keeps, few
/// share one. A model's size does not depend on it.
pub const BUCKETS: u32 = 1 << 22;

/// So much of the detail is read, in folded characters; more of it changes the figure by less than
/// its noise and would let one long letter cost what ten cost.
pub const DETAIL_AT_MOST: usize = 1_000;
/// So much of the title is read.
pub const TITLE_AT_MOST: usize = 200;

/// What stands for any number.
pub const NUMBER: char = '0';
/// What stands for anything between words.
pub const BREAK: char = ' ';

/// A run of so many Chinese numerals is a number (一三八〇…); fewer are words (三里屯, 十三五).
const NUMERALS_OF_A_NUMBER: usize = 4;

/// One character of a folded text and the bytes of the original that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    pub folded: char,
    pub from: usize,
    pub to: usize,
}

/// Which text a piece stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The title alone: short and to the point, so it counts apart.
    Title,
    /// Title and detail together.
    Whole,
}

impl Part {
    pub const ALL: [Self; 2] = [Self::Title, Self::Whole];

    const fn seed(self) -> u64 {
        match self {
            Self::Title => 1,
            Self::Whole => 2,
        }
    }
}

/// Where a gram stands: one character (`length` 1) or two neighbours, from `at` in the folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gram {
    pub bucket: u32,
    pub at: usize,
    pub length: usize,
}

const fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(c as u32 - 0xfee0) {
            Some(half) => half,
            None => c,
        },
        _ => c,
    }
}

fn is_numeral(c: char) -> bool {
    "零〇一二三四五六七八九十幺两壹贰叁肆伍陆柒捌玖".contains(c)
}

/// Full width becomes half, capitals become small, a number becomes [`NUMBER`], anything that is
/// neither letter nor number becomes [`BREAK`]; neither of the last two stands twice in a row.
pub fn fold(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(text.len() / 3);
    let mut rest = text.char_indices().peekable();
    while let Some((from, c)) = rest.next() {
        let c = half_width(c);
        let (folded, run) = if c.is_numeric() || is_numeral(c) {
            let tail = &text[from..];
            let digits = tail.chars().take_while(|c| half_width(*c).is_numeric() || is_numeral(*c));
            let (mut count, mut plain) = (0, false);
            for digit in digits {
                count += 1;
                plain |= half_width(digit).is_numeric();
            }
            if plain || count >= NUMERALS_OF_A_NUMBER { (NUMBER, count) } else { (c, 1) }
        } else if c.is_alphanumeric() {
            (c.to_lowercase().next().unwrap_or(c), 1)
        } else {
            (BREAK, 1)
        };
        for _ in 1..run {
            rest.next();
        }
        let to = rest.peek().map_or(text.len(), |(at, _)| *at);
        match pieces.last_mut() {
            Some(last) if last.folded == folded && matches!(folded, NUMBER | BREAK) => last.to = to,
            _ => pieces.push(Piece { folded, from, to }),
        }
    }
    pieces
}

/// Title and detail, folded once for everything that is asked of them.
#[derive(Debug, Clone)]
pub struct Text<'t> {
    pub title: &'t str,
    pub detail: &'t str,
    pub folded_title: Vec<Piece>,
    pub folded_detail: Vec<Piece>,
}

impl<'t> Text<'t> {
    pub fn new(title: &'t str, detail: &'t str) -> Self {
        let beginning = |text: &'t str, most: usize| {
            // Folding only shortens, but for runs: a few times the limit is read, no more.
            let end = text.char_indices().nth(most * 2).map_or(text.len(), |(at, _)| at);
            let mut folded = fold(&text[..end]);
            folded.truncate(most);
            folded
        };
        Self {
            title,
            detail,
            folded_title: beginning(title, TITLE_AT_MOST),
            folded_detail: beginning(detail, DETAIL_AT_MOST),
        }
    }

    /// The grams of the title, as `part` knows them.
    pub fn title_grams(&self, part: Part) -> impl Iterator<Item = Gram> + '_ {
        grams(&self.folded_title, part)
    }

    /// The grams of the detail, as [`Part::Whole`] knows them.
    pub fn detail_grams(&self) -> impl Iterator<Item = Gram> + '_ {
        grams(&self.folded_detail, Part::Whole)
    }

    /// The buckets of a part, sorted, each with how often it occurs.
    pub fn counts(&self, part: Part) -> Vec<(u32, u32)> {
        let mut buckets: Vec<u32> = self.title_grams(part).map(|gram| gram.bucket).collect();
        if part == Part::Whole {
            buckets.extend(self.detail_grams().map(|gram| gram.bucket));
        }
        buckets.sort_unstable();
        let runs = buckets.chunk_by(|one, other| one == other);
        runs.map(|run| (run[0], u32::try_from(run.len()).unwrap_or(u32::MAX))).collect()
    }
}

/// Single characters and pairs of neighbours; nothing reaches over a [`BREAK`].
fn grams(pieces: &[Piece], part: Part) -> impl Iterator<Item = Gram> + '_ {
    let bucket = |hash: u64| u32::try_from(hash % u64::from(BUCKETS)).unwrap_or_default();
    let words = pieces.iter().enumerate().filter(|(_, piece)| piece.folded != BREAK);
    words.flat_map(move |(at, piece)| {
        let one = join(part.seed(), u64::from(piece.folded));
        let next = pieces.get(at + 1).filter(|next| next.folded != BREAK);
        let pair = next.map(|next| Gram {
            bucket: bucket(join(one, u64::from(next.folded))),
            at,
            length: 2,
        });
        std::iter::once(Gram { bucket: bucket(one), at, length: 1 }).chain(pair)
    })
}
