//! Search: pairs of characters. Its rule: every character begins one, so any two characters or more that
//! stand side by side are found, whatever language, number or mark they are; the last one is paired with
//! an end that stands in no text.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::fold::{fold, folded};

/// Stands behind the last character of each text.
const END: char = '\0';

/// Makes the pairs of a text.
#[derive(Debug, Clone, Default)]
pub struct Grams {
    chars: Vec<char>,
    token: Token,
}

/// The pairs of one text.
#[derive(Debug)]
pub struct GramStream<'a> {
    of: &'a mut Grams,
    next: usize,
}

impl Tokenizer for Grams {
    type TokenStream<'a> = GramStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> GramStream<'a> {
        self.chars.clear();
        self.chars.extend(text.chars().map(fold));
        GramStream { of: self, next: 0 }
    }
}

impl TokenStream for GramStream<'_> {
    fn advance(&mut self) -> bool {
        let Grams { chars, token } = &mut *self.of;
        let Some(first) = chars.get(self.next) else { return false };
        token.position = self.next;
        token.position_length = 1;
        token.text.clear();
        token.text.push(*first);
        token.text.push(chars.get(self.next + 1).copied().unwrap_or(END));
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.of.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.of.token
    }
}

/// By which pairs a text is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cover {
    /// One character: every pair that begins with it.
    Any(String),
    /// Pairs with their distance from the beginning, which together hold every character.
    All(Vec<(usize, String)>),
}

/// The pairs that `text` needs; nothing for an empty one. Every second pair is enough, and the last.
pub fn cover(text: &str) -> Option<Cover> {
    let chars = folded(text);
    match chars.as_slice() {
        [] => None,
        [one] => Some(Cover::Any(one.to_string())),
        more => {
            let last = more.len() - 2;
            let mut places: Vec<usize> = (0..=last).step_by(2).collect();
            if places.last() != Some(&last) {
                places.push(last);
            }
            let pair = |at: usize| (at, more[at..at + 2].iter().collect());
            Some(Cover::All(places.into_iter().map(pair).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(usize, String)> {
        let mut grams = Grams::default();
        let mut stream = grams.token_stream(text);
        let mut found = Vec::new();
        while let Some(token) = stream.next() {
            found.push((token.position, token.text.clone()));
        }
        found
    }

    #[test]
    fn each_character_begins_a_pair() {
        let expected = [(0, "电梯"), (1, "梯3"), (2, "3台"), (3, "台\0")];
        assert_eq!(pairs("电梯３台"), expected.map(|(at, text)| (at, text.to_owned())));
        assert_eq!(pairs(""), []);
    }

    #[test]
    fn every_second_pair_holds_every_character() {
        let all = |pairs: &[(usize, &str)]| {
            Some(Cover::All(pairs.iter().map(|(at, text)| (*at, (*text).to_owned())).collect()))
        };
        assert_eq!(cover("电梯"), all(&[(0, "电梯")]));
        assert_eq!(cover("热不热"), all(&[(0, "热不"), (1, "不热")]));
        assert_eq!(cover("暖气不热"), all(&[(0, "暖气"), (2, "不热")]));
        assert_eq!(cover("A暖气不热"), all(&[(0, "a暖"), (2, "气不"), (3, "不热")]));
        assert_eq!(cover(""), None);
    }

    #[test]
    fn one_character_is_found_by_the_pairs_that_it_begins() {
        assert_eq!(cover("电"), Some(Cover::Any("电".into())));
    }
}
