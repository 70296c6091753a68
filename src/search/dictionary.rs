//! Search: words of Chinese text, for ranking only. Its rule: whether a ticket is found is decided by pairs
//! of characters (`grams`); words decide which of those found comes first.

use std::sync::{Arc, OnceLock};

use jieba_rs::Jieba;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::fold::fold;

/// Words of the trade that a general dictionary lacks: one a line.
const TRADE: &str = include_str!("../../config/words/trade.txt");

/// A dictionary with the trade's words and the site's own. It is made when it is needed first.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    own: Arc<Vec<String>>,
    made: Arc<OnceLock<Jieba>>,
}

impl Dictionary {
    /// With `own` besides, folded: the names of estates.
    pub fn with(own: Vec<String>) -> Self {
        Self { own: Arc::new(own), made: Arc::default() }
    }

    fn jieba(&self) -> &Jieba {
        self.made.get_or_init(|| {
            let mut jieba = Jieba::new();
            let trade = TRADE.lines().map(str::trim).filter(|line| !line.starts_with('#'));
            for word in trade.chain(self.own.iter().map(String::as_str)) {
                if !word.is_empty() {
                    jieba.add_word(word, None, None);
                }
            }
            jieba
        })
    }

    /// The words of `text` worth ranking by, folded: of two characters or more.
    pub fn words(&self, text: &str) -> Vec<String> {
        let folded: String = text.chars().map(fold).collect();
        let cut = self.jieba().cut_for_search(&folded, false);
        cut.into_iter()
            .map(|token| token.word)
            .filter(|word| counts(word))
            .map(str::to_owned)
            .collect()
    }
}

fn counts(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(char::is_alphanumeric) && chars.next().is_some()
}

impl Tokenizer for Dictionary {
    type TokenStream<'a> = WordStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream {
        WordStream { words: self.words(text).into_iter(), token: Token::default(), next: 0 }
    }
}

/// The words of one text, one after the other.
#[derive(Debug)]
pub struct WordStream {
    words: std::vec::IntoIter<String>,
    token: Token,
    next: usize,
}

impl TokenStream for WordStream {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else { return false };
        self.token.text = word;
        self.token.position = self.next;
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_trade_and_of_the_site_stay_whole() {
        let dictionary = Dictionary::with(vec!["阳光花园二期".into()]);
        let words = dictionary.words("阳光花园二期申请公租房，维修基金和加装电梯的ＡＰＰ");
        for word in ["阳光花园二期", "公租房", "维修基金", "加装电梯", "app"] {
            assert!(words.iter().any(|found| found == word), "{word} in {words:?}");
        }
        assert!(!words.iter().any(|word| word == "，" || word == "和"));
    }
}
