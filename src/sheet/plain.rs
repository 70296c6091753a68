//! Sheet: text as people type it into cells: blanks of every width, full-width digits, several things
//! in one cell. Its rule: pure; the guard that keeps a cell from being a formula comes off as it went on.

/// What nobody sees.
fn is_unseen(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}')
}

/// Without blanks at either end, of whatever width.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_unseen)
}

/// Trimmed, with full-width letters, digits and marks made plain.
pub fn narrow(text: &str) -> String {
    trimmed(text)
        .chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            '\u{3000}' | '\u{a0}' => ' ',
            other => other,
        })
        .collect()
}

/// To compare by: plain, without blanks, in lower case.
pub fn folded(text: &str) -> String {
    narrow(text).chars().filter(|c| !is_unseen(*c)).flat_map(char::to_lowercase).collect()
}

/// A heading to compare by: folded, without what stands in brackets behind it and without marks such
/// as `*` and `:`.
pub fn heading(text: &str) -> String {
    let text = folded(text);
    let text = text.split(['(', '[', '【']).next().unwrap_or_default();
    text.chars().filter(|c| !matches!(c, '*' | ':' | '★' | '。')).collect()
}

/// How wide a line is, in halves of a Chinese character.
pub fn width(text: &str) -> usize {
    text.chars().map(halves).sum()
}

/// How wide a character is, in halves of a Chinese one.
pub const fn halves(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\0'..='\u{10ff}' => 1,
        _ => 2,
    }
}

/// The things in one cell, by `、 ， , ; ； / |` and line ends, each trimmed.
pub fn several(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '，', ',', ';', '；', '/', '／', '|', '\n', '\r'])
        .map(trimmed)
        .filter(|part| !part.is_empty())
}

/// What some programs drop when they read a file: what stands behind it is then the beginning.
fn may_be_dropped(c: char) -> bool {
    let is_ours = matches!(c, '\t' | '\r' | '\n');
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || !is_ours && c.is_control() || is_unseen(c) && !c.is_whitespace()
}

/// What a table program would take for the beginning of a formula, in either width.
fn begins_a_formula(text: &str) -> bool {
    let text = text.trim_start_matches(may_be_dropped);
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// The text as it may stand in a file: `'` before what would be a formula.
pub fn guarded(text: &str) -> String {
    if begins_a_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text behind the guard, where there is one.
pub fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| begins_a_formula(rest)).unwrap_or(text)
}
