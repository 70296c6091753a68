//! Ground: what may be shown of personal data to somebody who has given no purpose (domain.md
//! §11). Its rule: masking is pure, and masking twice is the same as masking once.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::number::{normalise_phone, numbers_in};

/// `139****0001`; `010-****6666`; at least half of any other number is hidden.
pub fn mask_phone(phone: &str) -> String {
    if phone.contains('*') {
        return phone.to_owned();
    }
    let found = numbers_in(phone);
    if let Some(number) = found.first() {
        return number.masked.clone();
    }
    let digits = normalise_phone(phone).unwrap_or_default();
    let keep = (digits.len() / 2).min(4);
    let shown = digits.get(digits.len() - keep..).unwrap_or_default();
    format!("****{shown}")
}

/// Words that stand for a name and tell nothing more than the surname.
const TITLES: &[&str] = &[
    "女士", "先生", "小姐", "老师", "师傅", "同志", "大爷", "大妈", "阿姨", "叔叔", "大姐", "大哥",
    "某", "某某", "匿名", "市民", "居民", "业主",
];

/// Surnames of two characters (the common ones).
const DOUBLE: &[&str] = &[
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛",
    "尉迟", "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容",
    "仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于", "司空", "闾丘", "令狐", "轩辕", "呼延",
];

/// 张三 → 张*, 欧阳娜娜 → 欧阳**; 王女士 stays.
pub fn mask_name(name: &str) -> String {
    let name = name.trim();
    if name.contains('*') || TITLES.iter().any(|title| name.ends_with(title)) {
        return name.to_owned();
    }
    let length = name.chars().count();
    let double = length > 2 && DOUBLE.iter().any(|surname| name.starts_with(surname));
    let keep = if double { 2 } else { 1 };
    let shown: String = name.chars().take(keep).collect();
    let hidden = length.saturating_sub(keep).clamp(1, 4);
    if name.is_empty() { String::new() } else { shown + &"*".repeat(hidden) }
}

static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"([A-Za-z0-9])[A-Za-z0-9._%+\-]*[@＠]([A-Za-z0-9\-]+(?:[.．][A-Za-z0-9\-]+)+)").ok()
});

/// zhangsan@example.cn → z***@example.cn; anything else → ***.
pub fn mask_email(email: &str) -> String {
    let masked = mask_emails(email);
    if masked == email && !email.contains("***@") { "***".to_owned() } else { masked }
}

fn mask_emails(text: &str) -> String {
    if !text.contains(['@', '＠']) {
        return text.to_owned();
    }
    let mask = |found: &Captures<'_>| format!("{}***@{}", &found[1], &found[2]);
    match EMAIL.as_ref() {
        Some(pattern) => pattern.replace_all(text, mask).into_owned(),
        None => text.to_owned(),
    }
}

/// Names of areas end in these; what follows the last of them names a household.
const AREAS: &[&str] = &[
    "街道", "小区", "社区", "花园", "家园", "公寓", "新村", "大厦", "广场", "宿舍", "别墅", "庄园",
    "名苑", "雅苑", "省", "市", "区", "县", "镇", "乡", "村", "街", "路", "巷", "道", "里", "苑",
    "园", "庄", "府", "城", "湾", "院", "胡同",
];

/// 幸福小区3号楼2单元502室 → 幸福小区***: the estate or road stays, the household goes. An
/// address that names neither keeps three characters.
pub fn mask_address(address: &str) -> String {
    let address = address.trim();
    if address.is_empty() || address.ends_with("***") {
        return address.to_owned();
    }
    let number = |c: char| {
        c.is_ascii_digit()
            || ('０'..='９').contains(&c)
            || "一二三四五六七八九十甲乙丙丁".contains(c)
    };
    let detail = address
        .char_indices()
        .find(|(at, c)| number(*c) && counts_a_building(&address[*at..]))
        .map_or(address.len(), |(at, _)| at);
    let public = &address[..detail];
    let ends_here = |end: &usize| AREAS.iter().any(|area| public[..*end].ends_with(area));
    let ends = public.char_indices().rev().map(|(at, c)| at + c.len_utf8());
    let end = { ends }
        .find(ends_here)
        .unwrap_or_else(|| public.char_indices().nth(3).map_or(public.len(), |(at, _)| at));
    if end == address.len() { address.to_owned() } else { format!("{}***", &address[..end]) }
}

/// Whether `text`, which starts with a number, goes on as a building, a door or a bare number:
/// 三号楼 does, 三里屯 does not.
fn counts_a_building(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| {
        c.is_ascii_alphanumeric()
            || ('０'..='９').contains(&c)
            || "一二三四五六七八九十百零〇甲乙丙丁-－#".contains(c)
    });
    rest.is_empty()
        || [
            "号", "栋", "幢", "座", "单元", "室", "层", "楼", "门", "户", "组", "排", "弄", " ",
            "，",
        ]
        .iter()
        .any(|word| rest.starts_with(word))
}

/// Free text with mobile and landline numbers, identity and bank cards, e-mail addresses and
/// `known_names` masked. Names are found with spaces, dots or dashes between their characters too.
pub fn mask_text(text: &str, known_names: &[&str]) -> String {
    let mut names: Vec<&str> = known_names.iter().map(|name| name.trim()).collect();
    names.retain(|name| name.chars().count() > 1);
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut masked = text.to_owned();
    for name in names {
        masked = mask_known(&masked, name);
    }
    mask_numbers(&mask_emails(&masked))
}

/// The first `most` characters of `text`, or a few less or more: a number, a mail or a name that
/// would be cut in two, so that its half could not be told to be one, is left out, or kept whole where
/// nothing stands before it.
pub fn beginning<'t>(text: &'t str, most: usize, known_names: &[&str]) -> &'t str {
    let Some((cut, _)) = text.char_indices().nth(most) else { return text };
    let numbers = numbers_in(text).into_iter().map(|found| found.range);
    let mails = EMAIL.iter().flat_map(|pattern| pattern.find_iter(text)).map(|mail| mail.range());
    let starts = text.char_indices().map(|(at, _)| at).take_while(|at| *at < cut);
    let names = starts.flat_map(|at| {
        let length = move |name: &&str| spaced_prefix(&text[at..], name.trim());
        known_names.iter().filter_map(length).map(move |length| at..at + length)
    });
    let within = |range: &Range<usize>| range.start < cut && cut < range.end;
    let whole: Vec<Range<usize>> = numbers.chain(mails).chain(names).filter(within).collect();
    let start = whole.iter().map(|range| range.start).min().unwrap_or(cut);
    let end = if start > 0 { start } else { whole.iter().map(|r| r.end).max().unwrap_or(cut) };
    text[..end].trim_end()
}

fn mask_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for found in numbers_in(text) {
        out.push_str(&text[done..found.range.start]);
        out.push_str(&found.masked);
        done = found.range.end;
    }
    out.push_str(&text[done..]);
    out
}

fn mask_known(text: &str, name: &str) -> String {
    let Some(first) = name.chars().find(|c| !c.is_whitespace()) else { return text.to_owned() };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(first) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(length) = spaced_prefix(rest, name) {
            out.push_str(&mask_name(name));
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out.push_str(rest);
    out
}

/// The length of `name` at the start of `text`, spaces and what names of files have in place of them
/// allowed between its characters.
fn spaced_prefix(text: &str, name: &str) -> Option<usize> {
    let mut rest = text;
    for (place, wanted) in name.chars().filter(|c| !c.is_whitespace()).enumerate() {
        if place > 0 {
            rest = rest.trim_start_matches(is_between);
        }
        rest = rest.strip_prefix(wanted)?;
    }
    Some(text.len() - rest.len())
}

const fn is_between(c: char) -> bool {
    matches!(c, ' ' | '\u{3000}' | '\u{200b}' | '\u{feff}' | '_' | '-' | '.' | '·' | '．' | '＿')
}
