//! Web, console: the templates in English. Its rule: the Chinese text is the key; a piece between two marks of a
//! template is replaced as a whole or stays Chinese, so that nothing but words changes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What ends a piece of a template.
const MARKS: [char; 6] = ['<', '>', '"', '{', '}', '\n'];

/// Chinese to English.
static WORDS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let text = include_str!("../../../config/words/console.en.toml");
    let table: toml::Table = text.parse().unwrap_or_default();
    let word = |(chinese, english): (String, toml::Value)| match english {
        toml::Value::String(english) => Some((chinese, english)),
        _ => None,
    };
    table.into_iter().filter_map(word).collect()
});

/// The text of a template, put into English where its words are known.
pub fn translated(text: &str) -> String {
    let mut english = String::with_capacity(text.len());
    for piece in text.split_inclusive(MARKS) {
        let said = piece.trim_end_matches(MARKS);
        let key = said.trim();
        match WORDS.get(key) {
            Some(word) => {
                english.push_str(&said.replacen(key, word, 1));
                english.push_str(&piece[said.len()..]);
            }
            None => english.push_str(piece),
        }
    }
    english
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_replaced_as_a_whole_with_the_blanks_around_it_kept() {
        let text = "<label>密码 <input title=\"用户名\">{% if a %}登录{% endif %}</label>\n 登录\n登录失败";
        let english = "<label>Password <input title=\"User name\">{% if a %}Log in{% endif %}</label>\n Log in\n登录失败";
        assert_eq!(translated(text), english);
    }

    #[test]
    fn no_word_has_a_mark_or_is_empty() {
        assert!(WORDS.len() > 10);
        for (chinese, english) in &*WORDS {
            for side in [chinese, english] {
                assert!(!side.contains(MARKS) && !side.contains(['&', '%', '#']), "{side}");
                assert!(!side.is_empty() && side.trim() == side, "{side}");
            }
        }
    }
}
