//! Knowledge: texts as pairs of characters, by which they are found. Its rule: pure; width, case and whatever is
//! no letter or digit make no difference.

use std::collections::HashMap;

use super::Content;

/// Two characters that follow each other.
pub type Pair = u64;

/// The different pairs of a text, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<Pair>);

impl Pairs {
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut pairs: Vec<Pair> = texts
            .into_iter()
            .flat_map(runs)
            .flat_map(|run| run.windows(2).map(|two| pair(two[0], two[1])).collect::<Vec<_>>())
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    pub fn has(&self, pair: Pair) -> bool {
        self.0.binary_search(&pair).is_ok()
    }
    pub fn iter(&self) -> impl Iterator<Item = Pair> {
        self.0.iter().copied()
    }
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A pair as one number.
pub fn pair(first: char, second: char) -> Pair {
    u64::from(u32::from(first)) << 32 | u64::from(u32::from(second))
}

/// The stretches of letters and digits of `text`, folded.
pub fn runs(text: &str) -> Vec<Vec<char>> {
    let mut runs = vec![Vec::new()];
    for c in text.chars() {
        let plain = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            other => other,
        };
        if !plain.is_alphanumeric() {
            runs.push(Vec::new());
        } else if let Some(run) = runs.last_mut() {
            run.extend(plain.to_lowercase());
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// `text` folded, without anything between its letters and digits.
pub fn folded(text: &str) -> String {
    runs(text).into_iter().flatten().collect()
}

/// The words of an article, by the part they stand in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    pub title: Pairs,
    pub questions: Pairs,
    pub tags: Pairs,
    pub body: Pairs,
    /// Its document's number, folded.
    pub policy_no: String,
}

impl Words {
    pub fn of(content: &Content) -> Self {
        Self {
            title: Pairs::of([content.title.as_str()]),
            questions: Pairs::of(content.questions.iter().map(|it| it.as_str())),
            tags: Pairs::of(content.tags.iter().map(|it| it.as_str())),
            body: Pairs::of([content.body.as_str()]),
            policy_no: content.policy_no.as_ref().map(|no| folded(no)).unwrap_or_default(),
        }
    }

    /// Every pair, each once or more often.
    fn all(&self) -> impl Iterator<Item = Pair> {
        [&self.title, &self.questions, &self.tags, &self.body].into_iter().flat_map(Pairs::iter)
    }
}

/// In how many of how many texts each pair stands.
#[derive(Debug, Clone, Default)]
pub struct Rarity {
    texts: u32,
    holding: HashMap<Pair, u32>,
}

impl Rarity {
    pub fn of<'w>(texts: impl IntoIterator<Item = &'w Words>) -> Self {
        let mut rarity = Self::default();
        for words in texts {
            rarity.texts += 1;
            let mut pairs: Vec<Pair> = words.all().collect();
            pairs.sort_unstable();
            pairs.dedup();
            for pair in pairs {
                *rarity.holding.entry(pair).or_default() += 1;
            }
        }
        rarity
    }

    /// Whether any text has the pair.
    pub fn knows(&self, pair: Pair) -> bool {
        self.holding.contains_key(&pair)
    }

    /// What finding the pair is worth: from little, where every text has it, to much where none has.
    pub fn worth(&self, pair: Pair) -> f64 {
        let holding = self.holding.get(&pair).copied().unwrap_or_default();
        (1.0 + (f64::from(self.texts) + 1.0) / (f64::from(holding) + 1.0)).ln()
    }
}
