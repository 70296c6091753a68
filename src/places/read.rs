//! Places: the words of an address, taken apart. Its rule: at each place the longest name counts, and what it covers
//! is not looked at again; what stands around a name is told with it.

use super::gazetteer::{Gazetteer, part_length};
use crate::directory::address::{Door, MARKS, plain};

/// What is read of a text, in characters; addresses are shorter.
const READ: usize = 400;
/// A name of two characters counts only where nothing touches it.
const SURE: usize = 3;

/// A name in the text, or one with a door behind it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub name: usize,
    pub from: usize,
    /// Behind its last character, and behind the door.
    pub to: usize,
    /// Of a road.
    pub door: Option<Door>,
    /// 6号楼: of a road, a building is said where a door stands.
    pub is_building: bool,
}

/// What around a name speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// The name goes on: 望京园 of 望京园北里, 阳光花园 of 新阳光花园.
    Longer,
    /// Beside it, not in it.
    Near,
    /// A phase or part that the directory does not have.
    Part,
}

/// A text, and what of it is known.
#[derive(Debug)]
pub(super) struct Reading {
    pub text: Vec<char>,
    /// Regions in full, estates, roads; in the order of the text, none covering another.
    pub hits: Vec<Hit>,
    /// Regions without their kind, in what is left.
    pub short: Vec<Hit>,
}

impl Reading {
    pub fn of(gazetteer: &Gazetteer, text: &str) -> Self {
        let text: Vec<char> = plain(text).into_iter().take(READ).collect();
        let mut reading = Self { text, hits: Vec::new(), short: Vec::new() };
        let mut at = 0;
        while at < reading.text.len() {
            match reading.longest(gazetteer, at) {
                Some(hit) => {
                    at = hit.to;
                    reading.hits.push(hit);
                }
                None => at += 1,
            }
        }
        for (from, to) in reading.gaps() {
            reading.find_short(gazetteer, from, to);
        }
        let lone = |hit: &Hit| {
            let name = gazetteer.name(hit.name);
            let sure = hit.to - hit.from >= SURE || !name.regions.is_empty();
            sure || reading.troubles(hit).is_empty()
        };
        let hits = reading.hits.iter().filter(|hit| lone(hit)).cloned().collect();
        reading.hits = hits;
        reading
    }

    fn longest(&self, gazetteer: &Gazetteer, at: usize) -> Option<Hit> {
        let found = gazetteer.starting(&self.text[at..]).filter_map(|index| {
            let name = gazetteer.name(index);
            let to = at + name.text.len();
            let plain = Hit { name: index, from: at, to, door: None, is_building: false };
            if name.is_road {
                return Some(self.door(to).map_or_else(
                    || plain.clone(),
                    |(door, to, is_building)| Hit { door: Some(door), to, is_building, ..plain },
                ));
            }
            (!name.regions.is_empty() || !name.estates.is_empty()).then_some(plain)
        });
        found.max_by_key(|hit| hit.to)
    }

    /// The door that stands at `at`, and where it ends.
    fn door(&self, at: usize) -> Option<(Door, usize, bool)> {
        let mark = self.text.get(at).copied().filter(|c| MARKS.contains(*c));
        let from = at + usize::from(mark.is_some());
        let digits: String = self.text[from..].iter().take_while(|c| c.is_ascii_digit()).collect();
        let number = digits.parse().ok()?;
        let to = from + digits.len();
        let door = Door { mark, number };
        match self.text.get(to) {
            None => Some((door, to, false)),
            Some('号' | '弄' | '院') => {
                let next = self.text.get(to + 1);
                Some((door, to + 1, next.is_some_and(|c| "楼栋幢座".contains(*c))))
            }
            Some(_) => None,
        }
    }

    /// What no hit covers, from and to.
    pub fn gaps(&self) -> Vec<(usize, usize)> {
        between(self.hits.iter(), self.text.len())
    }

    /// What neither regions nor doors cover, from and to: where an estate may be named.
    pub fn unplaced(&self, gazetteer: &Gazetteer) -> Vec<(usize, usize)> {
        let placed = |hit: &&Hit| {
            let name = gazetteer.name(hit.name);
            hit.door.is_some() || name.estates.is_empty()
        };
        between(self.hits.iter().filter(placed), self.text.len())
    }

    fn find_short(&mut self, gazetteer: &Gazetteer, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            let names = gazetteer.starting(&self.text[at..to]);
            let short = names.filter(|index| !gazetteer.name(*index).short.is_empty());
            let longest = short.max_by_key(|index| gazetteer.name(*index).text.len());
            let end = longest.map_or(at + 1, |index| at + gazetteer.name(index).text.len());
            // 朝阳路 and 朝阳北路 are not in 朝阳 because of their names.
            let turn = self.text.get(end).is_some_and(|next| "东南西北中内外大".contains(*next));
            let next = self.text.get(end + usize::from(turn));
            let is_other = next.is_some_and(|next| "路街巷道桥胡".contains(*next));
            if let Some(name) = longest.filter(|_| !is_other) {
                let hit = Hit { name, from: at, to: end, door: None, is_building: false };
                self.short.push(hit);
            }
            at = end;
        }
    }

    /// What speaks against the name of `hit` being the whole name.
    pub fn troubles(&self, hit: &Hit) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        if !self.may_begin(hit.from) {
            troubles.push(Trouble::Longer);
        }
        if hit.door.is_none() {
            troubles.extend(self.behind(hit.to));
        }
        troubles
    }

    /// Whether a name may begin at `at`: after nothing, a known name, a mark, or a word that a place follows.
    fn may_begin(&self, at: usize) -> bool {
        const LEAD: &str = "区县市镇乡村道路街巷号弄院旁厦在住是到于位的问去往从由向就即指";
        let known = |hit: &Hit| hit.to == at;
        let Some(before) = at.checked_sub(1).map(|before| self.text[before]) else { return true };
        self.hits.iter().chain(&self.short).any(known)
            || !before.is_alphabetic()
            || LEAD.contains(before)
    }

    /// Whether what is meant is beside the place whose name or door ends at `at`: also behind a gate (东门对面),
    /// and behind what may stand between (小区东门对面).
    pub fn is_near(&self, at: usize) -> bool {
        const NEAR: [&str; 13] = [
            "附近", "旁", "对面", "东侧", "西侧", "南侧", "北侧", "路口", "周边", "外面", "门外",
            "隔壁", "边上",
        ];
        let rest = &self.text[at..];
        let between = ["小区", "社区", "大院", "院"].iter().find(|word| starts(rest, word));
        let skip = between.map_or(0, |word| word.chars().count());
        let near = |at: usize| NEAR.iter().any(|word| starts(rest.get(at..).unwrap_or(&[]), word));
        (0..3).any(|at| near(at) || near(skip + at))
    }

    /// What the words at `at`, where a name ends, say of it.
    fn behind(&self, at: usize) -> Option<Trouble> {
        const GOES_ON: [&str; 34] = [
            "小区", "社区", "院", "内", "里面", "里边", "门", "的", "大院", "物业", "业主", "东门",
            "西门", "南门", "北门", "正门", "底商", "地下", "车库", "楼", "号", "居民", "住户",
            "全体", "这", "有", "是", "因", "电梯", "甲", "乙", "丙", "丁", "单元",
        ];
        let rest = &self.text[at..];
        let first = *rest.first()?;
        let begins = |words: &[&str]| words.iter().any(|word| starts(rest, word));
        if self.is_near(at) {
            return Some(Trouble::Near);
        }
        let is_known = self.hits.iter().any(|hit| hit.from == at);
        if part_length(rest).is_some() && !is_known {
            return Some(Trouble::Part);
        }
        let letter = first.is_ascii_alphabetic()
            && rest.get(1).is_some_and(|next| "座栋幢楼".contains(*next));
        let fine = is_known || letter || !first.is_alphabetic() || begins(&GOES_ON);
        (!fine).then_some(Trouble::Longer)
    }

    /// The building and entrance that are named, as they stand there.
    pub fn building(&self) -> Option<String> {
        let begin = self.hits.iter().filter(|hit| hit.door.is_some()).map(|hit| hit.to).max();
        let begin = begin.filter(|_| !self.hits.iter().any(|hit| hit.is_building)).unwrap_or(0);
        let mut at = begin;
        while at < self.text.len() {
            if let Some(end) = self.counted(at, &["号楼", "栋", "幢", "座", "楼"]) {
                let end = self.counted(end, &["单元", "门"]).unwrap_or(end);
                return Some(self.text[at..end].iter().collect());
            }
            // A number is read as a whole or not at all.
            let digits = self.text[at..].iter().take_while(|c| c.is_ascii_digit()).count();
            at += digits.max(1);
        }
        None
    }

    /// Where a number, or a letter, and one of `words` behind it end.
    fn counted(&self, at: usize, words: &[&str]) -> Option<usize> {
        let rest = &self.text[at..];
        let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
        let letter = rest.first().is_some_and(|c| c.is_ascii_alphabetic() || MARKS.contains(*c));
        let count = if digits > 0 { digits } else { usize::from(letter) };
        let word = words.iter().find(|word| count > 0 && starts(&rest[count..], word))?;
        Some(at + count + word.chars().count())
    }
}

/// The stretches before, between and behind `hits`.
fn between<'h>(hits: impl Iterator<Item = &'h Hit> + Clone, length: usize) -> Vec<(usize, usize)> {
    let starts = std::iter::once(0).chain(hits.clone().map(|hit| hit.to));
    let ends = hits.map(|hit| hit.from).chain([length]);
    starts.zip(ends).filter(|(from, to)| from < to).collect()
}

fn starts(text: &[char], word: &str) -> bool {
    let mut rest = text.iter();
    word.chars().all(|c| rest.next() == Some(&c))
}
