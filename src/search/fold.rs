//! Search: the form in which texts are compared. Its rule: one character for one character, so that a
//! place in the folded text is the same place in the text.

/// Half width: Ａ and A are the same, and so are ： and :.
pub fn narrow(c: char) -> char {
    match c {
        '\u{3000}' | '\0' => ' ',
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// Half width and lower case: Ａ, A and a are the same.
pub fn fold(c: char) -> char {
    let narrow = narrow(c);
    if narrow.is_ascii() {
        return narrow.to_ascii_lowercase();
    }
    // Nothing from the radicals to the Yi syllables has a case, and almost everything that is read stands there.
    if matches!(narrow, '\u{2e80}'..='\u{a4cf}') {
        return narrow;
    }
    let mut lower = narrow.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => narrow,
    }
}

/// The folded characters of `text`.
pub fn folded(text: &str) -> Vec<char> {
    text.chars().map(fold).collect()
}

/// The first place of `wanted` in `text`, both folded, at or after `from`.
pub fn find(text: &[char], wanted: &[char], from: usize) -> Option<usize> {
    let first = wanted.first()?;
    let last = text.len().checked_sub(wanted.len())?;
    (from..=last).find(|at| text[*at] == *first && text[*at..].starts_with(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_and_case_do_not_matter_and_no_place_moves() {
        assert_eq!(folded("ＡbＣ：３　号İ"), "abc:3 号İ".chars().collect::<Vec<_>>());
        assert_eq!(folded("3号楼Ⅱ段").len(), "3号楼Ⅱ段".chars().count());
    }

    #[test]
    fn no_character_of_east_asia_has_a_case() {
        assert!(('\u{2e80}'..='\u{a4cf}').all(|c| c.to_lowercase().eq([c])));
    }

    #[test]
    fn a_text_is_found_where_it_stands_first() {
        let text = folded("水水管漏水");
        assert_eq!(find(&text, &folded("水管"), 0), Some(1));
        assert_eq!(find(&text, &folded("水"), 2), Some(4));
        assert_eq!(find(&text, &folded("漏水了"), 0), None);
        assert_eq!(find(&text, &[], 0), None);
    }
}
