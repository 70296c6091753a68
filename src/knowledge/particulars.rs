//! Knowledge: what in a text points at one household, person or case: a building or room, a name with a title, a
//! telephone, a ticket's number. Its rule: pure, and rather blind than wrong where a number may be a count, a day or an amount.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::code_enum;
use crate::sealing::{normalise_phone, numbers};

code_enum! {
    /// What a text points at.
    pub enum Pointing {
        Building = "building" "楼栋房号",
        Person = "person" "姓名称谓",
        Phone = "phone" "电话号码",
        Ticket = "ticket" "工单号",
    }
}

/// A place in a text that points at somebody or somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Particular {
    pub kind: Pointing,
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// What it comes to: the number of a building with its word, a surname, the digits of a telephone or
    /// of a ticket's number.
    pub normal: String,
}

/// Surnames that are not the end of another word before a title: the hundred commonest less a few (于, 何, 任, 方,
/// 常, 文, 高, 白, 康, 万, 安, 易, 段, 龙, 关, 向), which would rather be missed.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付邹孟熊秦邱江尹薛闫侯雷黎史陶贺顾毛郝龚邵钱严覃武戴莫孔汤";
const TITLES: [&str; 9] = ["先生", "女士", "小姐", "师傅", "阿姨", "大爷", "大妈", "同志", "某"];

static BUILDING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = "[0-9０-９]{1,4}|[一二三四五六七八九十百]{1,4}";
    Regex::new(&format!("({number})[ 　]*(号楼|#楼|＃楼|栋|幢|单元)|([0-9０-９]{{3,4}})[ 　]*室"))
        .ok()
});
static DASHED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("[0-9]{1,3}-[0-9]{1,2}-[0-9]{3,4}").ok());

/// A ticket's number: 2026-000123.
static TICKET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("([2２][0０][0-9０-９]{2})[-－–—]([0-9０-９]{6,9})").ok());

/// Every particular of `text`, numbers of tickets and telephones first.
pub fn particulars(text: &str) -> Vec<Particular> {
    let mut found = tickets(text);
    let phones = numbers(text).into_iter().filter_map(|range| {
        let normal = normalise_phone(&text[range.clone()])?;
        Some(Particular { kind: Pointing::Phone, range, normal })
    });
    let apart = |range: &Range<usize>, found: &[Particular]| {
        found.iter().all(|it| it.range.end <= range.start || range.end <= it.range.start)
    };
    for it in phones.chain(buildings(text)).chain(persons(text)) {
        if apart(&it.range, &found) {
            found.push(it);
        }
    }
    found
}

fn tickets(text: &str) -> Vec<Particular> {
    let mut found = Vec::new();
    for it in TICKET.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let (Some(whole), Some(year), Some(number)) = (it.get(0), it.get(1), it.get(2)) else {
            continue;
        };
        let (before, after) = (&text[..whole.start()], &text[whole.end()..]);
        if !ends_in_digit(before) && !after.starts_with(is_digit) {
            let digits = |text: &str| text.chars().filter_map(digit).collect::<String>();
            let normal = format!("{}-{}", digits(year.as_str()), digits(number.as_str()));
            found.push(Particular { kind: Pointing::Ticket, range: whole.range(), normal });
        }
    }
    found
}

fn buildings(text: &str) -> Vec<Particular> {
    let mut found = Vec::new();
    let building = |range, normal| Particular { kind: Pointing::Building, range, normal };
    for it in BUILDING.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let Some(whole) = it.get(0) else { continue };
        let (before, after) = (&text[..whole.start()], &text[whole.end()..]);
        if let Some(room) = it.get(3) {
            // 2026年会议室 has no number of its own; 10502室 was cut in two.
            if !ends_in_digit(before) {
                found.push(building(whole.range(), format!("{}室", plain(room.as_str()))));
            }
            continue;
        }
        let (Some(number), Some(word)) = (it.get(1), it.get(2)) else { continue };
        let counts = matches!(word.as_str(), "栋" | "幢")
            && (before.ends_with(['共', '余', '这', '约', '有', '各'])
                || after.starts_with(['楼', '房', '住', '建', '高', '多']));
        if counts || ends_in_digit(before) || before.ends_with('第') {
            continue;
        }
        let word = match word.as_str() {
            "单元" => "单元",
            _ => "号楼",
        };
        found.push(building(whole.range(), format!("{}{word}", plain(number.as_str()))));
    }
    for it in DASHED.iter().flat_map(|pattern| pattern.find_iter(text)) {
        let after = text[it.end()..].starts_with(|c: char| c.is_ascii_digit() || c == '-');
        if !after && !ends_in_digit(&text[..it.start()]) {
            found.push(building(it.range(), it.as_str().to_owned()));
        }
    }
    found
}

fn ends_in_digit(text: &str) -> bool {
    text.ends_with(|c: char| is_digit(c) || c == '-')
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

/// A number in plain digits without leading zeros: 十二 → 12, ０３ → 3, 三零一 → 301.
pub fn plain(number: &str) -> String {
    let spoken = match number.split_once('十') {
        Some(("", ones)) => format!("1{}", if ones.is_empty() { "0" } else { ones }),
        Some((tens, "")) => format!("{tens}0"),
        Some((tens, ones)) => format!("{tens}{ones}"),
        None => number.to_owned(),
    };
    let digits: String = spoken.chars().filter_map(digit).collect();
    let plain = digits.trim_start_matches('0');
    if plain.is_empty() && !digits.is_empty() { "0".to_owned() } else { plain.to_owned() }
}

fn digit(c: char) -> Option<char> {
    let value = match c {
        '零' | '〇' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        '０'..='９' => u32::from(c) - u32::from('０'),
        _ => c.to_digit(10)?,
    };
    char::from_digit(value, 10)
}

fn persons(text: &str) -> Vec<Particular> {
    let mut found: Vec<Particular> = Vec::new();
    for title in TITLES {
        for (at, _) in text.match_indices(title) {
            let after = &text[at + title.len()..];
            // 某小区, 某单位: nobody's name.
            let names = after
                .chars()
                .next()
                .is_none_or(|c| "，。、；：！？,. 某先女反来称）)\n".contains(c));
            if title == "某" && !names {
                continue;
            }
            let whole = matches!(title, "先生" | "女士" | "小姐");
            let given = if whole { 2 } else { 0 };
            if let Some((start, surname)) = surname_before(&text[..at], given) {
                let range = start..at + title.len();
                let normal = surname.to_string();
                if found.iter().all(|it| it.range.start != start) {
                    found.push(Particular { kind: Pointing::Person, range, normal });
                }
            }
        }
    }
    found
}

/// The surname that stands at the end of `before`, with at most `given` characters of a given name behind it.
fn surname_before(before: &str, given: usize) -> Option<(usize, char)> {
    let is_word = |c: char| c.is_alphabetic();
    let back = before.char_indices().rev().take(given + 1).take_while(|(_, c)| is_word(*c));
    back.into_iter().find(|(_, c)| SURNAMES.contains(*c))
}

/// `text` with every particular taken out.
pub fn struck(text: &str) -> String {
    let mut ranges: Vec<Range<usize>> = particulars(text).into_iter().map(|it| it.range).collect();
    ranges.sort_by_key(|range| range.start);
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for range in ranges {
        out.push_str(text.get(done..range.start).unwrap_or_default());
        out.push(' ');
        done = done.max(range.end);
    }
    out.push_str(&text[done..]);
    out
}
