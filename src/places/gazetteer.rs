//! Places: every name that may stand in an address, made ready to be found. Its rule: made once for each version
//! of the directory; immutable.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::directory::address::{Door, Doors, plain};
use crate::directory::{Directory, Estate, EstateCode, RegionCode};
use crate::search::sounds::Sound;

/// Names of fewer characters are words.
const SHORTEST: usize = 2;
/// What kinds of regions are called.
const KINDS: [&str; 9] = ["街道", "地区", "社区", "区", "县", "市", "镇", "乡", "村"];

/// How an estate comes by a name; the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Name,
    Alias,
    /// A name that it had.
    Former,
    /// One without 小区 behind it.
    Stem,
    /// One without the phase or part behind it: of 阳光花园二期 阳光花园.
    Whole,
}

/// A name and everything that bears it.
#[derive(Debug, Default)]
pub(super) struct Name {
    /// As [`plain`] writes it.
    pub text: Vec<char>,
    pub shown: String,
    pub estates: BTreeMap<EstateCode, Form>,
    /// Regions called so in full.
    pub regions: Vec<RegionCode>,
    /// Regions called so without their kind: 八里庄 for 八里庄街道.
    pub short: Vec<RegionCode>,
    pub is_road: bool,
    /// How it sounds, of the name of an estate.
    pub sound: Option<Sound>,
}

/// The doors of one estate on one road.
#[derive(Debug)]
struct Front {
    doors: Doors,
    shown: String,
    estate: EstateCode,
}

/// Every name that may stand in an address.
#[derive(Debug)]
pub struct Gazetteer {
    directory: Arc<Directory>,
    names: Vec<Name>,
    heads: HashMap<[char; 2], Vec<usize>>,
    sounds: HashMap<String, Vec<usize>>,
    fronts: HashMap<String, Vec<Front>>,
}

impl Gazetteer {
    /// The names of `directory`.
    pub fn of(directory: Arc<Directory>) -> Self {
        let mut book: BTreeMap<Vec<char>, Name> = BTreeMap::new();
        let mut fronts: HashMap<String, Vec<Front>> = HashMap::new();
        for estate in directory.estates() {
            add_names(&mut book, estate);
            for shown in &estate.addresses {
                let Some(doors) = Doors::read(shown) else { continue };
                let road: Vec<char> = doors.road.chars().collect();
                entry(&mut book, &road, &doors.road).is_road = true;
                let (shown, estate) = (shown.clone(), estate.code.clone());
                fronts.entry(doors.road.clone()).or_default().push(Front { doors, shown, estate });
            }
        }
        for (former, codes) in directory.estate_names() {
            let name = entry(&mut book, &plain(former), former);
            for code in codes {
                bears(name, code, Form::Former);
            }
        }
        for region in directory.regions() {
            let text = plain(&region.name);
            if let Some(short) = without(&text, &KINDS) {
                let shown: String = short.iter().collect();
                entry(&mut book, short, &shown).short.push(region.code.clone());
            }
            entry(&mut book, &text, &region.name).regions.push(region.code.clone());
        }
        Self::indexed(directory, book, fronts)
    }

    fn indexed(
        directory: Arc<Directory>,
        book: BTreeMap<Vec<char>, Name>,
        fronts: HashMap<String, Vec<Front>>,
    ) -> Self {
        let known = book.into_values().filter(|name| name.text.len() >= SHORTEST);
        let mut names: Vec<Name> = known.collect();
        let mut heads: HashMap<[char; 2], Vec<usize>> = HashMap::new();
        let mut sounds: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, name) in names.iter_mut().enumerate() {
            heads.entry([name.text[0], name.text[1]]).or_default().push(at);
            if name.estates.is_empty() {
                continue;
            }
            let sound = Sound::of(&name.text.iter().collect::<String>());
            for key in openings(sound.readings()) {
                sounds.entry(key).or_default().push(at);
            }
            name.sound = Some(sound);
        }
        Self { directory, names, heads, sounds, fronts }
    }

    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    pub(super) fn name(&self, at: usize) -> &Name {
        &self.names[at]
    }

    /// The names that `text` begins with.
    pub(super) fn starting<'g>(&'g self, text: &'g [char]) -> impl Iterator<Item = usize> + 'g {
        let head = text.first().zip(text.get(1)).map(|(one, two)| [*one, *two]);
        let found = head.and_then(|head| self.heads.get(&head)).into_iter().flatten().copied();
        found.filter(|at| text.starts_with(&self.names[*at].text))
    }

    /// The names that begin with `text`.
    pub(super) fn beginning<'g>(&'g self, text: &'g [char]) -> impl Iterator<Item = usize> + 'g {
        let head = text.first().zip(text.get(1)).map(|(one, two)| [*one, *two]);
        let found = head.and_then(|head| self.heads.get(&head)).into_iter().flatten().copied();
        found.filter(|at| self.names[*at].text.starts_with(text))
    }

    /// Estates' names that may begin like this sound.
    pub(super) fn sounding<'g>(
        &'g self,
        sound: &'g [Vec<String>],
    ) -> impl Iterator<Item = usize> + 'g {
        openings(sound).filter_map(|key| self.sounds.get(&key)).flatten().copied()
    }

    /// The names of estates, with how they sound.
    pub(super) fn spoken(&self) -> impl Iterator<Item = (usize, &Sound)> {
        self.names.iter().enumerate().filter_map(|(at, name)| Some((at, name.sound.as_ref()?)))
    }

    /// The estates with `door` on `road`, and how the directory writes their doors.
    pub(super) fn behind<'g>(
        &'g self,
        road: &str,
        door: Door,
    ) -> impl Iterator<Item = (&'g EstateCode, &'g str)> + 'g {
        let fronts = self.fronts.get(road).into_iter().flatten();
        let there = fronts.filter(move |front| front.doors.has(door));
        there.map(|front| (&front.estate, front.shown.as_str()))
    }
}

fn entry<'b>(book: &'b mut BTreeMap<Vec<char>, Name>, text: &[char], shown: &str) -> &'b mut Name {
    let new = || Name { text: text.to_vec(), shown: shown.to_owned(), ..Name::default() };
    book.entry(text.to_vec()).or_insert_with(new)
}

fn bears(name: &mut Name, code: &EstateCode, form: Form) {
    let known = name.estates.entry(code.clone()).or_insert(form);
    *known = form.min(*known);
}

fn add_names(book: &mut BTreeMap<Vec<char>, Name>, estate: &Estate) {
    let aliases = estate.aliases.iter().map(|alias| (alias, Form::Alias));
    for (shown, form) in aliases.chain([(&estate.name, Form::Name)]) {
        let text = plain(shown);
        let bare = without(&text, &["小区"]);
        for (part, form) in [(bare, Form::Stem), (without_part(&text), Form::Whole)] {
            // Shorter ones are words of the language: 花园小区 is not 花园.
            let Some(part) = part.filter(|part| part.len() > 2) else { continue };
            let shown: String = part.iter().collect();
            bears(entry(book, part, &shown), &estate.code, form);
        }
        bears(entry(book, &text, shown), &estate.code, form);
    }
}

/// 八里庄街道 is also called 八里庄, 望京园小区 望京园.
fn without<'t>(text: &'t [char], kinds: &[&str]) -> Option<&'t [char]> {
    kinds.iter().find_map(|kind| {
        let kind: Vec<char> = kind.chars().collect();
        text.strip_suffix(kind.as_slice()).filter(|rest| rest.len() >= SHORTEST)
    })
}

/// How long the phase or part is that `text` begins with: 2期, 12区, b区, 东区.
pub(super) fn part_length(text: &[char]) -> Option<usize> {
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let first = *text.first()?;
    let named = first.is_ascii_alphabetic() || "东南西北中".contains(first);
    let count = if digits > 0 { digits } else { usize::from(named) };
    let kind = *text.get(count).filter(|_| count > 0)?;
    (kind == '区' || kind == '期' && digits > 0).then_some(count + 1)
}

/// 阳光花园 of 阳光花园2期.
fn without_part(text: &[char]) -> Option<&[char]> {
    let at = (1..text.len()).find(|at| part_length(&text[*at..]) == Some(text.len() - at))?;
    Some(&text[..at])
}

/// The first two syllables, in every reading.
fn openings(sound: &[Vec<String>]) -> impl Iterator<Item = String> + '_ {
    let pair = sound.first().zip(sound.get(1));
    pair.into_iter().flat_map(|(one, two)| {
        one.iter().flat_map(move |one| two.iter().map(move |two| format!("{one} {two}")))
    })
}
