//! Learning: the pieces of a text that decided, as a person reads them. Its rule: a word is cut from
//! the text as it was written, and holds no digit.

use super::features::{BREAK, Gram, NUMBER, Part, Piece, Text};

/// So many words are told at most.
pub const AT_MOST: usize = 5;
/// A word has so many characters at most.
const LONGEST: usize = 8;
/// A pair of neighbours belongs to a word from this share of the strongest pair's worth on.
const STRONG: f32 = 0.15;

/// A character goes with the word outside from so many times the cohesion on.
const TORN: f32 = 2.0;

/// A word does not begin or end with these.
const STOPS: &str = "的了着过是在我你他她它们这那吗呢吧啊就都也还和与及或把被让给从到对于以为因其之等个\
                     请有会要很将向";

/// One run of the text that speaks for the label.
struct Run<'t> {
    word: &'t str,
    worth: f32,
}

/// What is known of a gram.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Known {
    /// What it adds to the label's margin, in all its occurrences together; below 0 it speaks against.
    pub worth: f32,
    /// How many texts have it; 0: not known.
    pub texts: u32,
}

/// What joins a piece to its next.
#[derive(Debug, Clone, Copy)]
struct Link {
    worth: f32,
    /// Of the texts with either character, the share that have the pair, as the geometric mean of
    /// both shares, squared: within a word it is high, between two words low.
    cohesion: f32,
}

/// A text, folded, and its links; none where a word cannot go on.
struct Source<'s, 't> {
    written: &'t str,
    pieces: &'s [Piece],
    links: Vec<Option<Link>>,
}

/// The words that speak for a label, the strongest first.
pub fn deciding<'t>(text: &Text<'t>, known: impl Fn(Part, &Gram) -> Known) -> Vec<&'t str> {
    let mut title = vec![[Known::default(); 2]; text.folded_title.len()];
    let mut detail = vec![[Known::default(); 2]; text.folded_detail.len()];
    for part in Part::ALL {
        for gram in text.title_grams(part) {
            let known = known(part, &gram);
            let sum = &mut title[gram.at][gram.length - 1];
            *sum = Known { worth: sum.worth + known.worth, texts: known.texts };
        }
    }
    for gram in text.detail_grams() {
        detail[gram.at][gram.length - 1] = known(Part::Whole, &gram);
    }
    let sources = [
        Source::new(text.title, &text.folded_title, &title),
        Source::new(text.detail, &text.folded_detail, &detail),
    ];
    let all = sources.iter().flat_map(|source| source.links.iter().flatten());
    let strongest = all.fold(0.0_f32, |most, link| most.max(link.worth));
    let mut runs = Vec::new();
    if strongest > 0.0 {
        for source in &sources {
            source.collect(strongest * STRONG, &mut runs);
        }
    }
    best(runs)
}

impl<'s, 't> Source<'s, 't> {
    fn new(written: &'t str, pieces: &'s [Piece], known: &[[Known; 2]]) -> Self {
        let readable = |piece: &Piece| !matches!(piece.folded, BREAK | NUMBER);
        let link = |(two, known): (&[Piece], &[[Known; 2]])| match (two, known) {
            ([one, next], [[single, pair], [other, _]]) if readable(one) && readable(next) => {
                let either = single.texts as f32 * other.texts as f32;
                let both = pair.texts as f32;
                Some(Link {
                    worth: pair.worth + f32::midpoint(single.worth, other.worth),
                    cohesion: if either > 0.0 { both * both / either } else { 0.0 },
                })
            }
            _ => None,
        };
        let links = pieces.windows(2).zip(known.windows(2)).map(link).collect();
        Self { written, pieces, links }
    }

    fn link(&self, at: usize) -> Option<&Link> {
        self.links.get(at)?.as_ref()
    }

    /// Runs of strong links; a weaker one that still speaks for the label bridges two strong ones.
    fn collect(&self, strong: f32, runs: &mut Vec<Run<'t>>) {
        let at_least =
            |at: usize, least: f32| self.link(at).is_some_and(|link| link.worth >= least);
        let mut at = 0;
        while at < self.links.len() {
            if !at_least(at, strong) {
                at += 1;
                continue;
            }
            let mut end = at + 1;
            while at_least(end, strong) || (at_least(end, 0.0) && at_least(end + 1, strong)) {
                end += 1;
            }
            runs.extend(self.run(at, end));
            at = end;
        }
    }

    fn sum(&self, from: usize, to: usize) -> f32 {
        self.links[from..to].iter().flatten().map(|link| link.worth).sum()
    }

    /// The word of the links `from .. to`, cut to its best stretch and then to whole words.
    fn run(&self, from: usize, to: usize) -> Option<Run<'t>> {
        let wide = (LONGEST - 1).min(to - from);
        let worth = |start: usize| self.sum(start, start + wide);
        let start = (from..=to - wide)
            .max_by(|one, other| worth(*one).total_cmp(&worth(*other)).then(other.cmp(one)))?;
        // From here on in characters: n links join n + 1 of them.
        let (mut first, mut last) = (start, start + wide);
        while first < last && (self.is_stop(first) || self.is_torn(first.checked_sub(1), first)) {
            first += 1;
        }
        while first < last && (self.is_stop(last) || self.is_torn(Some(last), last - 1)) {
            last -= 1;
        }
        let latin = |at: Option<usize>| {
            let piece = at.and_then(|at| self.pieces.get(at));
            piece.is_some_and(|piece| piece.folded.is_ascii_alphabetic())
        };
        let cut = |outer: Option<usize>, inner: usize| latin(outer) && latin(Some(inner));
        if first >= last || cut(first.checked_sub(1), first) || cut(Some(last + 1), last) {
            return None;
        }
        let word = self.written.get(self.pieces[first].from..self.pieces[last].to)?;
        Some(Run { word, worth: self.sum(first, last) })
    }

    fn is_stop(&self, at: usize) -> bool {
        STOPS.contains(self.pieces[at].folded)
    }

    /// Whether a character at the edge belongs to the word outside: the link that leads out holds
    /// it more firmly than the one that leads in.
    fn is_torn(&self, outward: Option<usize>, inward: usize) -> bool {
        let cohesion = |at: usize| self.link(at).map_or(0.0, |link| link.cohesion);
        outward.is_some_and(|outward| cohesion(outward) > TORN * cohesion(inward))
    }
}

/// The strongest first, none that is within another.
fn best(mut runs: Vec<Run<'_>>) -> Vec<&str> {
    runs.sort_by(|one, other| other.worth.total_cmp(&one.worth));
    let mut words: Vec<&str> = Vec::new();
    for run in runs {
        if words.len() == AT_MOST {
            break;
        }
        if !words.iter().any(|word| word.contains(run.word) || run.word.contains(word)) {
            words.push(run.word);
        }
    }
    words
}
