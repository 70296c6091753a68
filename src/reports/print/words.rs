//! Reports, printing: words and marks of an official Chinese text. Its rule: pure; what no printer can print, and what
//! turns a line around, is taken out here.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use crate::sheet::plain::halves;
pub use crate::sheet::plain::width;
use crate::time::Stamp;

/// In the place of a state, where figures were made to be looked at and are kept nowhere.
pub const TRIAL: &str = "试算（未生成报告）";

/// In the place of a name, where a copy is taken without the console: nobody logged in for it.
pub const SHELL: &str = "命令行";

const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// `一`, `十二`, `二十`, `九十九`; larger ones in figures.
fn numeral(number: usize) -> String {
    let (tens, ones) = (number / 10, number % 10);
    match tens {
        _ if number == 0 => "〇".to_owned(),
        0 => DIGITS[ones].to_owned(),
        1 => format!("十{}", DIGITS[ones]),
        2..=9 => format!("{}十{}", DIGITS[tens], DIGITS[ones]),
        _ => number.to_string(),
    }
}

/// Before the heading of a section, counted from 1: `一、`.
pub fn first_level(number: usize) -> String {
    format!("{}、", numeral(number))
}

/// Before a heading within a section: `（一）`.
pub fn second_level(number: usize) -> String {
    format!("（{}）", numeral(number))
}

/// Who took a copy, and when: `副本 · zhangsan · 2026-11-26 09:00`.
pub fn watermark(name: &str, at: Stamp, zone: Tz) -> String {
    format!("副本 · {} · {}", one_line(name), at.in_zone(zone).format("%Y-%m-%d %H:%M"))
}

/// How far it has come, and which edition it is where it is not the first: `已发布（第2版重述）`.
pub fn state(name: &str, edition: i32) -> String {
    if edition > 1 { format!("{name}（第{edition}版重述）") } else { name.to_owned() }
}

/// `2026年11月26日`, as below a letter.
pub fn day(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Without what XML forbids, what nobody sees and what turns the direction of a line; line ends as `\n`.
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let line_end = |c| if matches!(c, '\r' | '\u{2028}' | '\u{2029}') { '\n' } else { c };
    text.chars().map(line_end).filter(|c| can_be_printed(*c)).collect()
}

const fn can_be_printed(c: char) -> bool {
    !matches!(
        c,
        '\0'..='\u{8}'
            | '\u{b}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}'
    )
}

/// The lines of a text that have something in them, clean and trimmed.
pub fn lines(text: &str) -> Vec<String> {
    let text = clean(text);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The clean text on one line.
pub fn one_line(text: &str) -> String {
    lines(text).join(" ").replace('\t', " ")
}

/// Whether a text is made of figures alone, as an interval is: `87.1%–95.0%`.
pub fn is_of_figures(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || "+-–—.%".contains(c))
}

/// The line, or its beginning and `…` where it is wider than `most` halves.
pub fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut left = most.saturating_sub(2);
    let fits = |c: &char| {
        let fits = halves(*c) <= left;
        left = left.saturating_sub(halves(*c));
        fits
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept + "…"
}

/// As much of the text as `most` units of UTF-16 hold, as Excel counts.
pub fn within(text: &str, most: usize) -> String {
    let mut left = most;
    let fits = |c: &char| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    };
    text.chars().take_while(fits).collect()
}

/// What an address within a page may be made of: `t-units`.
pub fn anchor(kind: &str, id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '.' { c } else { '-' };
    let id: String = id.chars().take(60).map(plain).collect();
    format!("{kind}-{id}")
}

/// A name that every system takes for a file: without what some of them forbid, and not too long.
pub fn file_name(text: &str) -> String {
    let text = one_line(text);
    let forbidden = |c: char| if r#"/\:*?"<>|"#.contains(c) { '_' } else { c };
    let name: String = text.chars().map(forbidden).take(50).collect();
    name.trim_matches(['.', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_numbered_as_letters_number_them() {
        for (number, first, second) in [
            (1, "一、", "（一）"),
            (9, "九、", "（九）"),
            (10, "十、", "（十）"),
            (11, "十一、", "（十一）"),
            (20, "二十、", "（二十）"),
            (21, "二十一、", "（二十一）"),
            (99, "九十九、", "（九十九）"),
            (100, "100、", "（100）"),
        ] {
            assert_eq!((first_level(number), second_level(number)), (first.into(), second.into()));
        }
        let date = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        assert_eq!(day(date), "2026年1月5日");
    }

    #[test]
    fn what_cannot_be_printed_is_taken_out() {
        for (text, cleaned) in [
            ("a\0\u{1}\u{b}\u{1f}b", "ab"),
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            ("a\tb", "a\tb"),
            ("\u{202e}cod.exe\u{2066}\u{feff}\u{fffe}\u{ffff}\u{85}", "cod.exe"),
            ("电梯🛗停了", "电梯🛗停了"),
        ] {
            assert_eq!(clean(text), cleaned, "{text:?}");
        }
        assert_eq!(lines(" 甲 \n\n\t乙\r\n"), ["甲", "乙"]);
        assert_eq!(one_line("甲\n乙\t丙"), "甲 乙 丙");
    }

    #[test]
    fn lines_are_measured_and_cut() {
        assert_eq!(width("97.1%"), 5);
        assert_eq!(width("响应率A"), 7);
        assert_eq!(cut("响应率", 6), "响应率");
        assert_eq!(cut("及时响应率", 6), "及时…");
        assert_eq!(cut("abcdefgh", 6), "abcd…");
        assert_eq!(anchor("t", "a b/\"<丙>"), "t-a-b-----");
        assert_eq!(file_name("..\\a/b:\"c\"\n.."), "_a_b__c_");
        assert_eq!(file_name(&"长".repeat(300)).chars().count(), 50);
    }
}
