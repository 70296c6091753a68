//! Search: what somebody typed. Its rule: nothing typed is an error but too much of it; what is not a
//! field's name is a word.
//!
//! `电梯 困人` both · `"电梯 困人"` exactly so · `-停电` not · `estate:ygh` or `小区:阳光花园` a field ·
//! `received:2026-10` a month, a day or `from..to` · `no:2026-0001` numbers that begin so · `受理：王先生`, as a line of a
//! text begins too, is a field where its value means something and a word elsewhere.

use crate::error::{Error, Kind, Result};

/// Characters of a query, and its parts, at most.
const LONGEST: usize = 400;
const PARTS: usize = 24;

/// Whether something must be there or must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    There,
    Absent,
}

/// One part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A word that must stand within one of the ticket's texts.
    Word(String, Wanted),
    /// The same of a phrase, which means nothing but itself.
    Phrase(String, Wanted),
    /// `name:value`
    Field(String, String, Wanted),
    /// `name：value`, with the colon that texts have.
    Perhaps {
        name: &'static str,
        value: String,
        /// Both, as they stand there.
        typed: String,
        wanted: Wanted,
    },
}

/// Names that may stand before a colon.
pub const NAMES: &[&str] = &[
    "state", "unit", "category", "estate", "region", "company", "channel", "kind", "urgency",
    "month", "tag", "light", "received", "no",
];

/// The same as people call them.
const SAID: &[(&str, &str)] = &[
    ("状态", "state"),
    ("单位", "unit"),
    ("承办单位", "unit"),
    ("分类", "category"),
    ("小区", "estate"),
    ("区域", "region"),
    ("街道", "region"),
    ("物业公司", "company"),
    ("渠道", "channel"),
    ("类型", "kind"),
    ("紧急程度", "urgency"),
    ("月份", "month"),
    ("标签", "tag"),
    ("灯色", "light"),
    ("受理", "received"),
    ("编号", "no"),
];

/// The name that `text` is.
fn name_of(text: &str) -> Option<&'static str> {
    let said = || SAID.iter().find(|(said, _)| *said == text).map(|(_, name)| *name);
    NAMES.iter().copied().find(|name| *name == text).or_else(said)
}

/// The parts of `text`.
///
/// # Errors
/// 400 `search.too_costly` where there are too many or they are too long.
pub fn parse(text: &str) -> Result<Vec<Part>> {
    if text.chars().count() > LONGEST {
        return Err(too_costly());
    }
    let mut rest = text;
    let mut parts = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let (part, after) = next(rest);
        rest = after;
        parts.extend(part);
        if parts.len() > PARTS {
            return Err(too_costly());
        }
    }
    Ok(parts)
}

/// 400: ask for less.
pub fn too_costly() -> Error {
    Error::new(Kind::Malformed, "search.too_costly")
}

fn next(text: &str) -> (Option<Part>, &str) {
    let (wanted, text) = match text.strip_prefix('-') {
        Some(after) if after.starts_with(|c: char| !c.is_whitespace()) => (Wanted::Absent, after),
        _ => (Wanted::There, text),
    };
    if let Some((said, value)) = text.split_once([':', '：'])
        && let Some(name) = name_of(said)
    {
        let is_wide = text[said.len()..].starts_with('：');
        let (value, rest, is_quoted) = value_of(value);
        let value = value.trim().to_owned();
        if value.is_empty() {
            return (None, rest);
        }
        // Who puts the value between quotes means it as one.
        let part = if is_wide && !is_quoted {
            let typed = text[..text.len() - rest.len()].to_owned();
            Part::Perhaps { name, value, typed, wanted }
        } else {
            Part::Field(name.to_owned(), value, wanted)
        };
        return (Some(part), rest);
    }
    let (value, rest, is_quoted) = value_of(text);
    let make = if is_quoted { Part::Phrase } else { Part::Word };
    (Some(make(value.to_owned(), wanted)).filter(|_| !value.is_empty()), rest)
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '＂')
}

/// A word, or what stands between quotes, what follows it, and whether there were quotes.
fn value_of(text: &str) -> (&str, &str, bool) {
    if let Some(inner) = text.strip_prefix(is_quote) {
        let end = inner.find(is_quote).unwrap_or(inner.len());
        let after = inner[end..].strip_prefix(is_quote).unwrap_or_default();
        return (&inner[..end], after, true);
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    (word, after, false)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn shown(text: &str) -> String {
        let one = |part: &Part| match part {
            Part::Word(text, Wanted::There) => format!("[{text}]"),
            Part::Word(text, Wanted::Absent) => format!("-[{text}]"),
            Part::Phrase(text, Wanted::There) => format!("«{text}»"),
            Part::Phrase(text, Wanted::Absent) => format!("-«{text}»"),
            Part::Field(name, value, Wanted::There) => format!("{name}=[{value}]"),
            Part::Field(name, value, Wanted::Absent) => format!("-{name}=[{value}]"),
            Part::Perhaps { name, value, typed, wanted } => {
                let sign = if *wanted == Wanted::Absent { "-" } else { "" };
                format!("{sign}{name}=[{value}]or[{typed}]")
            }
        };
        parse(text).unwrap().iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[rstest]
    #[case("", "")]
    #[case("  电梯　困人 ", "[电梯] [困人]")]
    #[case("\"电梯 困人\" 三楼", "«电梯 困人» [三楼]")]
    #[case("“电梯 困人”", "«电梯 困人»")]
    #[case("电梯 -停电 -\"二 号\"", "[电梯] -[停电] -«二 号»")]
    #[case(
        "estate:ygh -state:closed unit:\"物业 科\"",
        "estate=[ygh] -state=[closed] unit=[物业 科]"
    )]
    #[case(
        "小区:岚光苑 状态：承办中 -单位:\"物业 科\"",
        "estate=[岚光苑] state=[承办中]or[状态：承办中] -unit=[物业 科]"
    )]
    #[case("受理：2026-05-01 王先生来电", "received=[2026-05-01]or[受理：2026-05-01] [王先生来电]")]
    #[case("-受理：王先生 电梯", "-received=[王先生]or[受理：王先生] [电梯]")]
    #[case("小区：“岚光 苑” 受理: 受理： 王先生", "estate=[岚光 苑] [王先生]")]
    // A name that is none, a full colon, a dash that stands alone: words.
    #[case("反映：电梯 foo:bar - 3-2", "[反映：电梯] [foo:bar] [-] [3-2]")]
    #[case("estate: 电梯 \"", "[电梯]")]
    #[case("\"没有关上", "«没有关上»")]
    fn what_was_typed_is_read(#[case] typed: &str, #[case] read: &str) {
        assert_eq!(shown(typed), read);
    }

    #[test]
    fn too_much_is_refused_and_nothing_else_is() {
        assert_eq!(parse(&"水 ".repeat(30)).unwrap_err().code(), "search.too_costly");
        assert_eq!(parse(&"水".repeat(401)).unwrap_err().code(), "search.too_costly");
        for odd in ["-", "\"", ":", "::", "-\"", "no:", "“”", "\u{0}", "--x", "state:\"\""] {
            assert!(parse(odd).is_ok(), "{odd}");
        }
    }
}
