//! Ground: numbers that identify a person, found in text however they are typed (full-width or
//! Chinese digits, spaces, dashes). Its rule: where in doubt it is a telephone number.

use std::ops::Range;

/// A number that identifies somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// 11 digits from 1.
    Mobile(String),
    /// Area code with its 0, and the number.
    Landline(String, String),
    /// 7 or 8 digits without an area code.
    Local(String),
    /// Resident identity card, 15 or 18 places.
    Identity(String),
    /// A bank card, or any other long number that only one person has.
    Card(String),
}

/// One stretch of digits: where it stands, its ASCII digits, what lies around it.
#[derive(Debug)]
struct Group {
    range: Range<usize>,
    digits: String,
    /// Written in Chinese digits.
    han: bool,
    /// End of a check letter X that follows at once.
    letter_end: Option<usize>,
    /// Only dashes lie between the group before and this one.
    dashed: bool,
    /// At most three separators lie between the group before and this one.
    joined: bool,
    /// What follows and what comes before.
    next: Option<char>,
    before: Option<char>,
}

/// A found number: its bytes in the text and what may be shown in place of it.
pub(super) struct Found {
    pub range: Range<usize>,
    pub masked: String,
}

/// The normal form of a telephone number: ASCII digits only, without country code, trunk zero of
/// a mobile number, or extension; a landline keeps its area code (`01088886666`). Numbers of no
/// Chinese form (service numbers, foreign ones) keep their digits. None where there are fewer than
/// three digits or more than twenty.
pub fn normalise_phone(text: &str) -> Option<String> {
    let groups = groups(text);
    for start in 0..groups.len() {
        if let Some((_, shape)) = longest(&groups, start) {
            match shape {
                Shape::Mobile(digits) => return Some(digits),
                Shape::Local(digits) if start == 0 => return Some(digits),
                Shape::Landline(area, number) => return Some(area + &number),
                Shape::Local(_) | Shape::Identity(_) | Shape::Card(_) => {}
            }
        }
    }
    let all: String = groups.iter().map(|group| group.digits.as_str()).collect();
    (3..=20).contains(&all.len()).then_some(all)
}

/// The last four digits of the number's normal form, as a citizen proves it is theirs.
pub fn phone_tail(text: &str) -> Option<String> {
    let normal = normalise_phone(text)?;
    normal.len().checked_sub(4).and_then(|from| normal.get(from..)).map(str::to_owned)
}

/// Where the identifying numbers of `text` stand, in order, none overlapping.
pub fn numbers(text: &str) -> Vec<Range<usize>> {
    numbers_in(text).into_iter().map(|found| found.range).collect()
}

/// Every identifying number in `text`, in order, none overlapping.
pub(super) fn numbers_in(text: &str) -> Vec<Found> {
    let groups = groups(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = groups.get(at) {
        let Some((last, shape)) = longest(&groups, at) else {
            at += 1;
            continue;
        };
        let with_letter = matches!(shape, Shape::Identity(_)).then_some(groups[last].letter_end);
        let end = with_letter.flatten().unwrap_or(groups[last].range.end);
        found.push(Found { range: first.range.start..end, masked: shape.masked() });
        at = last + 1;
    }
    found
}

impl Shape {
    fn masked(&self) -> String {
        match self {
            Self::Mobile(digits) => format!("{}****{}", head(digits, 3), tail(digits, 4)),
            Self::Landline(area, number) => format!("{area}-****{}", tail(number, 4)),
            Self::Local(digits) => format!("****{}", tail(digits, 4)),
            Self::Identity(digits) => {
                let stars = "*".repeat(digits.len().saturating_sub(2));
                format!("{}{stars}{}", head(digits, 1), tail(digits, 1))
            }
            Self::Card(digits) => format!("****{}", tail(digits, 4)),
        }
    }
}

fn head(digits: &str, count: usize) -> &str {
    digits.get(..count).unwrap_or(digits)
}

fn tail(digits: &str, count: usize) -> &str {
    digits.len().checked_sub(count).and_then(|from| digits.get(from..)).unwrap_or(digits)
}

/// The shape that most groups from `start` on make together, and the last of them.
fn longest(groups: &[Group], start: usize) -> Option<(usize, Shape)> {
    let mut best = None;
    let mut digits = String::new();
    for (at, group) in groups.iter().enumerate().skip(start) {
        if at > start && (!group.joined || group.han != groups[start].han) {
            break;
        }
        digits.push_str(&group.digits);
        if digits.len() > 24 {
            break;
        }
        if let Some(shape) = shape_of(&digits, &groups[start..=at]) {
            best = Some((at, shape));
        }
    }
    best
}

fn shape_of(digits: &str, groups: &[Group]) -> Option<Shape> {
    let last = groups.last()?;
    let alone = groups.len() == 1;
    let bare = ["0086", "86"].iter().find_map(|country| digits.strip_prefix(country));
    for form in [Some(digits), bare].into_iter().flatten() {
        let form = form.strip_prefix('0').filter(|rest| is_mobile(rest)).unwrap_or(form);
        if is_mobile(form) {
            return Some(Shape::Mobile(form.to_owned()));
        }
    }
    if last.han {
        return None;
    }
    if last.letter_end.is_some() && digits.len() == 17 && is_identity(digits) {
        return Some(Shape::Identity(format!("{digits}X")));
    }
    if digits.len() == 18 && is_identity(digits) {
        return Some(Shape::Identity(digits.to_owned()));
    }
    if let Some(shape) = landline(digits) {
        return Some(shape);
    }
    if let Some(shape) = bare.and_then(|rest| landline(&format!("0{rest}"))) {
        return Some(shape);
    }
    if alone {
        return lone(digits, last);
    }
    if is_local_pair(groups) {
        return Some(Shape::Local(digits.to_owned()));
    }
    ((16..=19).contains(&digits.len()) && passes_luhn(digits))
        .then(|| Shape::Card(digits.to_owned()))
}

/// A group by itself: an old identity card, a card, a mistyped mobile number, a local number.
fn lone(digits: &str, group: &Group) -> Option<Shape> {
    let first = digits.as_bytes().first().copied()?;
    match digits.len() {
        7 | 8 if (b'2'..=b'8').contains(&first) => {
            let is_code = group.before.is_some_and(|c| c.is_ascii_alphabetic());
            let is_day = digits.len() == 8 && digits.starts_with("20") && is_day(&digits[4..]);
            (!is_code && !is_day && !is_measured(group)).then(|| Shape::Local(digits.to_owned()))
        }
        12 | 13 if is_mobile(head(digits, 11)) => Some(Shape::Mobile(digits.to_owned())),
        15 if is_day(&digits[8..12]) => Some(Shape::Identity(digits.to_owned())),
        16..=19 => Some(Shape::Card(digits.to_owned())),
        _ => None,
    }
}

/// `8888-6666` or `888-6666`, but neither `3000-5000元` nor `2019-2024`.
fn is_local_pair(groups: &[Group]) -> bool {
    let [left, right] = groups else {
        return false;
    };
    let year = |digits: &str| digits.starts_with("19") || digits.starts_with("20");
    matches!(left.digits.len(), 3 | 4)
        && right.digits.len() == 4
        && (right.dashed && !left.dashed)
        && (b'2'..=b'8').contains(&left.digits.as_bytes()[0])
        && !(year(&left.digits) && year(&right.digits))
        && !is_measured(right)
}

/// Whether a unit of measure follows, so that the digits count something.
fn is_measured(group: &Group) -> bool {
    group.next.is_some_and(|c| "元块万亿年米平吨个户人次度斤％%".contains(c))
}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

/// Area code (010, 02x, or 03xx to 09xx) and 7 or 8 digits.
fn landline(digits: &str) -> Option<Shape> {
    let bytes = digits.as_bytes();
    if bytes.first() != Some(&b'0') {
        return None;
    }
    let area = match bytes.get(1)? {
        b'1' | b'2' => 3,
        b'3'..=b'9' => 4,
        _ => return None,
    };
    let (area, number) = digits.split_at_checked(area)?;
    let starts_well = number.bytes().next().is_some_and(|b| (b'2'..=b'8').contains(&b));
    (starts_well && matches!(number.len(), 7 | 8))
        .then(|| Shape::Landline(area.to_owned(), number.to_owned()))
}

/// 17 or 18 digits with a plausible day of birth in the middle.
fn is_identity(digits: &str) -> bool {
    let century = digits.get(6..8);
    !digits.starts_with('0')
        && matches!(century, Some("18" | "19" | "20"))
        && digits.get(10..14).is_some_and(is_day)
}

/// `MMDD`.
fn is_day(text: &str) -> bool {
    let month = text.get(..2).and_then(|m| m.parse::<u8>().ok());
    let day = text.get(2..).and_then(|d| d.parse::<u8>().ok());
    matches!((month, day), (Some(1..=12), Some(1..=31)))
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0') * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Splits `text` into its stretches of digits.
fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut gap = String::new();
    let mut before = None;
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let Some((first, han)) = digit(c) else {
            gap.push(c);
            before = Some(c);
            continue;
        };
        let mut digits = String::from(first);
        let mut end = start + c.len_utf8();
        while let Some((at, c)) = chars.peek().copied() {
            match digit(c) {
                Some((next, same)) if same == han => digits.push(next),
                _ => break,
            }
            end = at + c.len_utf8();
            chars.next();
        }
        let next = chars.peek().copied();
        let letter_end = next
            .filter(|(_, c)| matches!(c, 'x' | 'X' | 'Ｘ' | 'ｘ'))
            .map(|(at, c)| at + c.len_utf8());
        let short = gap.chars().count() <= 3;
        groups.push(Group {
            range: start..end,
            digits,
            han,
            letter_end,
            dashed: !gap.is_empty() && gap.chars().all(is_dash),
            joined: short && !gap.is_empty() && gap.chars().all(|c| is_dash(c) || is_space(c)),
            next: next.map(|(_, c)| c),
            before,
        });
        gap.clear();
        before = None;
    }
    groups
}

/// The ASCII digit of an ASCII, full-width or Chinese digit, and whether it is Chinese.
fn digit(c: char) -> Option<(char, bool)> {
    if c.is_ascii_digit() {
        return Some((c, false));
    }
    if ('０'..='９').contains(&c) {
        return char::from_digit(u32::from(c) - u32::from('０'), 10).map(|d| (d, false));
    }
    let value = match c {
        '零' | '〇' => 0,
        '一' | '幺' | '壹' => 1,
        '二' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    };
    char::from_digit(value, 10).map(|d| (d, true))
}

const fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '－' | '−' | '﹣' | '_')
}

fn is_space(c: char) -> bool {
    (c.is_whitespace() && !matches!(c, '\n' | '\r'))
        || matches!(c, '.' | '．' | '·' | '(' | ')' | '（' | '）' | '\u{200b}' | '\u{feff}')
}
