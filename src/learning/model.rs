//! Learning: what was learnt. Its rule: it answers from itself alone, the same for the same text,
//! and says nothing about a text in which it knows nothing.

use super::Suggestion;
use super::calibrate::{self, Calibration};
use super::features::Text;
use super::vocabulary::{Vector, Vocabulary};
use super::words::{self, Known};

/// One weight: of a piece for a label, in units of the label's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub label: u16,
    pub weight: i16,
}

/// A linear model over hashed pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// In the order of their codes.
    pub(super) labels: Vec<String>,
    pub(super) bias: Vec<f32>,
    /// What one unit of a label's weights is.
    pub(super) scales: Vec<f32>,
    pub(super) calibration: Calibration,
    pub(super) vocabulary: Vocabulary,
    /// Where the cells of each place begin; one more than there are places.
    pub(super) starts: Vec<u32>,
    pub(super) cells: Vec<Cell>,
    /// The ids of the tickets that it was made from, rising; none in one that was made of a file.
    pub(super) tickets: Vec<u64>,
}

impl Model {
    /// One that knows nothing and suggests nothing.
    pub fn empty() -> Self {
        Self {
            labels: Vec::new(),
            bias: Vec::new(),
            scales: Vec::new(),
            calibration: calibrate::UNKNOWN,
            vocabulary: Vocabulary::from_parts(0, Vec::new(), Vec::new()),
            starts: vec![0],
            cells: Vec::new(),
            tickets: Vec::new(),
        }
    }

    /// The same, noting the ids of the tickets that it was made from.
    #[must_use]
    pub fn made_of(mut self, tickets: impl IntoIterator<Item = i64>) -> Self {
        self.tickets = tickets.into_iter().filter_map(|id| u64::try_from(id).ok()).collect();
        self.tickets.sort_unstable();
        self.tickets.dedup();
        self
    }

    /// Whether it was made from the ticket `id`; nothing where it does not say from which.
    pub fn has_seen(&self, id: i64) -> Option<bool> {
        let seen = |id: u64| self.tickets.binary_search(&id).is_ok();
        (!self.tickets.is_empty()).then(|| u64::try_from(id).is_ok_and(seen))
    }

    pub fn labels(&self) -> &[String] {
        &self.labels
    }
    /// How many texts it was made from.
    pub const fn texts(&self) -> u32 {
        self.vocabulary.texts()
    }
    /// How many pieces it knows, and how many weights.
    pub const fn size(&self) -> (usize, usize) {
        (self.vocabulary.len(), self.cells.len())
    }

    fn cells_of(&self, place: u32) -> &[Cell] {
        let place = place as usize;
        match (self.starts.get(place), self.starts.get(place + 1)) {
            (Some(from), Some(to)) => {
                self.cells.get(*from as usize..*to as usize).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// The weight of a piece for a label.
    fn weight(&self, place: u32, label: usize) -> f32 {
        let cells = self.cells_of(place);
        let found = cells.binary_search_by_key(&label, |cell| usize::from(cell.label));
        found.map_or(0.0, |at| f32::from(cells[at].weight) * self.scales[label])
    }

    /// How far the text lies on each label's side; in the order of [`Model::labels`].
    pub(super) fn margins(&self, vector: &Vector) -> Vec<f32> {
        let mut sums = vec![0.0_f32; self.labels.len()];
        for entry in &vector.entries {
            for cell in self.cells_of(entry.place) {
                sums[usize::from(cell.label)] += entry.value * f32::from(cell.weight);
            }
        }
        for ((sum, scale), bias) in sums.iter_mut().zip(&self.scales).zip(&self.bias) {
            *sum = *sum * scale + bias;
        }
        sums
    }

    /// The vector of a text, for [`Model::margins`].
    pub(super) fn vector(&self, text: &Text<'_>) -> Vector {
        self.vocabulary.vector(text)
    }

    /// The `most` likeliest labels, the likeliest first (of equal ones the first code). Nothing where
    /// the text holds no known piece. Where there is one label only nothing was told apart: its score
    /// is 0, below any threshold.
    pub fn suggest(&self, title: &str, detail: &str, most: usize) -> Vec<Suggestion> {
        let text = Text::new(title, detail);
        let vector = self.vector(&text);
        if vector.entries.is_empty() {
            return Vec::new();
        }
        let margins = self.margins(&vector);
        let chances = self.calibration.chances(&margins);
        let mut order: Vec<usize> = (0..chances.len()).collect();
        order.sort_by(|one, other| chances[*other].total_cmp(&chances[*one]));
        let alone = self.labels.len() == 1;
        let suggestion = |label: usize| Suggestion {
            label: self.labels[label].clone(),
            score: if alone { 0.0 } else { chances[label] },
            is_claimed: !alone && margins[label] > 0.0,
            words: self.words(&text, &vector, label),
        };
        order.into_iter().take(most).map(suggestion).collect()
    }

    fn words(&self, text: &Text<'_>, vector: &Vector, label: usize) -> Vec<String> {
        let words = words::deciding(text, |_, gram| {
            let place = self.vocabulary.place(gram.bucket);
            let known = place.and_then(|place| Some((place, vector.at(place)?)));
            known.map_or(Known::default(), |(place, entry)| Known {
                worth: entry.value * self.weight(place, label),
                texts: self.vocabulary.found_in(place),
            })
        });
        words.into_iter().map(str::to_owned).collect()
    }
}
