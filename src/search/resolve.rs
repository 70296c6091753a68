//! Search: names that people type, as codes. Its rule: a code is itself; then a name or an alias as it is
//! written, then a part of one, then how it sounds; what means nothing is told with its field.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::asked::{Asked, Narrow};
use super::fields::Facet;
use super::fold::fold;
use super::matching::Sought;
use super::query::{Part, Wanted};
use super::sounds::{Sound, hears};
use crate::directory::{Channel, Directory, Kind, Urgency};
use crate::error::{Error, FieldError, Result};
use crate::limits::Light;
use crate::ticket::StateName;
use crate::time::Stamp;

/// More places than this are not what somebody means by a word.
const MEANT: usize = 20;

/// What a name is looked up in: made once for each version of the directory.
#[derive(Debug)]
pub struct Names {
    directory: Arc<Directory>,
    estates: Vec<Name>,
    regions: Vec<Name>,
}

/// A name or an alias that is or was, folded, and how it sounds.
#[derive(Debug)]
struct Name {
    code: String,
    text: String,
    sound: Sound,
    /// The estate had it once.
    is_former: bool,
}

impl Name {
    fn new(code: &str, name: &str) -> Self {
        let text = flat(name);
        Self { code: code.to_owned(), sound: Sound::of(&text), text, is_former: false }
    }

    /// The names and aliases of all estates, and those that they had.
    fn all_of(directory: &Directory) -> Vec<Self> {
        let now = directory.estates().flat_map(|estate| {
            let names = estate.aliases.iter().chain([&estate.name]);
            names.map(|name| Self::new(estate.code.as_str(), name))
        });
        let mut all: Vec<Self> = now.collect();
        let known: BTreeSet<(String, String)> =
            all.iter().map(|name| (name.text.clone(), name.code.clone())).collect();
        for (text, codes) in directory.estate_names() {
            let ever = codes.iter().map(|code| Self::new(code.as_str(), text));
            let former = ever.filter(|it| !known.contains(&(it.text.clone(), it.code.clone())));
            all.extend(former.map(|name| Self { is_former: true, ..name }));
        }
        all
    }
}

fn flat(text: &str) -> String {
    text.chars().map(fold).filter(|c| !c.is_whitespace()).collect()
}

impl Names {
    pub fn of(directory: Arc<Directory>) -> Self {
        let estates = Name::all_of(&directory);
        let regions = directory.regions();
        let regions = regions.map(|region| Name::new(region.code.as_str(), &region.name)).collect();
        Self { directory, estates, regions }
    }

    pub const fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// The estates that somebody means who typed `text`, by their codes.
    pub fn estates(&self, text: &str) -> BTreeSet<String> {
        meant(&self.estates, text)
    }

    /// The estates, else the streets, that a word without any ticket may mean; nothing where they are too
    /// many to be meant.
    pub fn place(&self, text: &str) -> Option<(Facet, BTreeSet<String>)> {
        let few = |codes: &BTreeSet<String>| (1..=MEANT).contains(&codes.len());
        let estates = self.estates(text);
        if !estates.is_empty() {
            return Some((Facet::Estate, estates)).filter(|(_, codes)| few(codes));
        }
        let regions = meant(&self.regions, text);
        let below = regions.iter().flat_map(|code| self.below(code)).collect();
        Some((Facet::Region, below)).filter(|_| few(&regions))
    }

    /// What the words of `asked` are exactly the names of: estates (by an alias or a former name too), units, categories
    /// and regions; each word with the facet and the code that it is the name of. What is asked by that facet already, and a
    /// phrase, which means nothing but itself, are left out.
    pub fn means(&self, asked: &Asked) -> Vec<(String, Facet, String)> {
        let words = asked.sought.iter().filter(|it| it.wanted == Wanted::There && !it.is_phrase);
        let mut found = Vec::new();
        for word in words {
            let text = flat(&word.text);
            for facet in [Facet::Estate, Facet::Unit, Facet::Category, Facet::Region] {
                let codes = self.called(facet, &text);
                if codes.len() <= MEANT && !asked.narrow.iter().any(|it| it.facet == facet) {
                    found.extend(codes.into_iter().map(|code| (word.text.clone(), facet, code)));
                }
            }
        }
        found
    }

    /// The codes of what is called exactly `text`.
    fn called(&self, facet: Facet, text: &str) -> BTreeSet<String> {
        let directory = &self.directory;
        let of = |name: &str, code: &dyn Display| (flat(name) == text).then(|| code.to_string());
        match facet {
            Facet::Estate => exactly(&self.estates, text),
            Facet::Region => exactly(&self.regions, text),
            Facet::Unit => directory.units().filter_map(|it| of(&it.name, &it.code)).collect(),
            Facet::Category => {
                directory.categories().filter_map(|it| of(&it.name, &it.code)).collect()
            }
            _ => BTreeSet::new(),
        }
    }

    /// The region, and all that lie in it.
    pub(super) fn below(&self, region: &str) -> BTreeSet<String> {
        let outer = region.into();
        let inner = self.directory.regions().filter(|it| self.directory.contains(&outer, &it.code));
        inner.map(|region| region.code.to_string()).collect()
    }

    /// The codes of `facet` that `value` means.
    fn codes(&self, facet: Facet, value: &str) -> BTreeSet<String> {
        let directory = &self.directory;
        match facet {
            Facet::State => listed(StateName::ALL, value, |it| (it.as_str(), it.zh())),
            Facet::Channel => listed(Channel::ALL, value, |it| (it.as_str(), it.zh())),
            Facet::Kind => listed(Kind::ALL, value, |it| (it.as_str(), it.zh())),
            Facet::Urgency => listed(Urgency::ALL, value, |it| (it.as_str(), it.zh())),
            Facet::Month => {
                let month = span(value).filter(|_| value.len() == "2026-10".len());
                month.map(|_| value.to_owned()).into_iter().collect()
            }
            Facet::Tag => BTreeSet::from([value.chars().map(fold).collect()]),
            Facet::Estate if directory.estate(&value.into()).is_some() => [value.to_owned()].into(),
            Facet::Estate => self.estates(value),
            Facet::Region if directory.region(&value.into()).is_some() => self.below(value),
            Facet::Region => {
                let meant = meant(&self.regions, value);
                meant.iter().flat_map(|code| self.below(code)).collect()
            }
            Facet::Company => {
                let all = directory.companies().map(|it| (it.code.to_string(), it.name.clone()));
                named(all, value)
            }
            Facet::Unit => {
                let all = directory.units().map(|it| (it.code.to_string(), it.name.clone()));
                let found = named(all, value).into_iter();
                let below = found.flat_map(|code| directory.subtree(&code.into()));
                below.map(|unit| unit.to_string()).collect()
            }
            Facet::Category => {
                let all = directory.categories().map(|it| (it.code.to_string(), it.name.clone()));
                let found = named(all, value).into_iter();
                let below = found.flat_map(|code| directory.category_subtree(&code.into()));
                below.map(|code| code.to_string()).collect()
            }
        }
    }

    /// What `parts` ask; days are those of a zone, in which it is a day now.
    ///
    /// # Errors
    /// 422 at `/q` with each value that means nothing, unless it stands behind a colon that texts have.
    pub fn read(&self, parts: Vec<Part>, days: (Tz, NaiveDate)) -> Result<Asked> {
        let mut asked = Asked::default();
        let mut wrong = Vec::new();
        for part in parts {
            match part {
                Part::Word(text, wanted) => asked.sought.push(Sought::new(text, wanted)),
                Part::Phrase(text, wanted) => asked.sought.push(Sought::phrase(text, wanted)),
                Part::Field(name, value, wanted) => {
                    if !self.field(&mut asked, (&name, &value), wanted, days) {
                        let values = [("field", name.as_str()), ("value", value.as_str())];
                        wrong.push(FieldError::with("/q", "search.value", &values));
                    }
                }
                Part::Perhaps { name, value, typed, wanted } => {
                    // Anything may be how a number begins.
                    let may_fit = name != "no" || value.is_ascii();
                    let fits = may_fit && self.field(&mut asked, (name, &value), wanted, days);
                    if !fits {
                        asked.sought.push(Sought::new(typed, wanted));
                    }
                }
            }
        }
        if wrong.is_empty() { Ok(asked) } else { Err(Error::invalid(wrong)) }
    }

    /// Adds a field; false where its value means nothing.
    fn field(
        &self,
        asked: &mut Asked,
        (name, value): (&str, &str),
        wanted: Wanted,
        zone_and_day: (Tz, NaiveDate),
    ) -> bool {
        match name {
            "no" => {
                asked.no.push((flat(value), wanted));
                true
            }
            "light" => {
                let found = Light::ALL.iter().find(|it| value == it.as_str() || it.zh() == value);
                asked.lights.extend(found.map(|light| (*light, wanted)));
                found.is_some()
            }
            "received" => {
                let span = days(value, zone_and_day);
                asked.received.extend(span.map(|(from, before)| (from, before, wanted)));
                span.is_some()
            }
            _ => {
                let Ok(facet) = name.parse::<Facet>() else { return false };
                let any_of = self.codes(facet, value);
                let known = !any_of.is_empty();
                if known {
                    asked.narrow.push(Narrow { facet, any_of, wanted });
                }
                known
            }
        }
    }
}

/// Exactly so, as it is called rather than as it was; else with that part; else so sounding.
fn meant(names: &[Name], text: &str) -> BTreeSet<String> {
    let text = flat(text);
    if text.is_empty() {
        return BTreeSet::new();
    }
    let codes = |fits: &dyn Fn(&Name) -> bool| -> BTreeSet<String> {
        names.iter().filter(|name| fits(name)).map(|name| name.code.clone()).collect()
    };
    let exact = exactly(names, &text);
    if !exact.is_empty() {
        return exact;
    }
    let parts = codes(&|name| name.text.contains(&text));
    if !parts.is_empty() {
        return parts;
    }
    let sound = Sound::of(&text);
    codes(&|name| hears(&name.sound, &text) || name.sound.is_like(&sound))
}

/// What is called exactly `text`, which is flat; else what was.
fn exactly(names: &[Name], text: &str) -> BTreeSet<String> {
    let called = |was: bool| -> BTreeSet<String> {
        let some = names.iter().filter(|name| name.is_former == was && name.text == text);
        some.map(|name| name.code.clone()).collect()
    };
    let now = called(false);
    if now.is_empty() { called(true) } else { now }
}

/// By code, by name, or by a part of the name.
fn named(all: impl Iterator<Item = (String, String)>, value: &str) -> BTreeSet<String> {
    let wanted = flat(value);
    let (mut exact, mut parts) = (BTreeSet::new(), BTreeSet::new());
    for (code, name) in all {
        let name = flat(&name);
        if code == value || name == wanted {
            exact.insert(code);
        } else if name.contains(&wanted) {
            parts.insert(code);
        }
    }
    if exact.is_empty() { parts } else { exact }
}

/// Several with commas between; nothing where one of them means nothing.
fn listed<T: Copy>(
    all: &[T],
    value: &str,
    names: impl Fn(T) -> (&'static str, &'static str),
) -> BTreeSet<String> {
    let code = |one: &str| {
        let mut all = all.iter().map(|it| names(*it));
        all.find(|(code, zh)| one == *code || one == *zh).map(|(code, _)| code.to_owned())
    };
    value.split([',', '，']).map(code).collect::<Option<_>>().unwrap_or_default()
}

/// A day, a month, a year, days counted from today, or `from..to`, to included.
fn days(value: &str, (zone, today): (Tz, NaiveDate)) -> Option<(Option<Stamp>, Option<Stamp>)> {
    let span = |text: &str| span(text).or_else(|| lately(text, today));
    let first = |text: &str| span(text).map(|(from, _)| Stamp::start_of(from, zone));
    let last = |text: &str| span(text).map(|(_, to)| Stamp::start_of(to, zone));
    match value.split_once("..") {
        Some(("", to)) => Some((None, Some(last(to)?))),
        Some((from, "")) => Some((Some(first(from)?), None)),
        Some((from, to)) => Some((Some(first(from)?), Some(last(to)?))),
        None => Some((Some(first(value)?), Some(last(value)?))),
    }
}

/// Days told from `today`: `today`, `yesterday`, `week` (from Monday), `month`, `last_month`, or the last so
/// many with this one, `7d`; and the same in Chinese.
fn lately(text: &str, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let tomorrow = today.succ_opt()?;
    let month = today.with_day(1)?;
    let number = text.strip_suffix(['d', '天']).map(|text| text.trim_start_matches('近'));
    match text {
        "today" | "今天" => Some((today, tomorrow)),
        "yesterday" | "昨天" => Some((today.pred_opt()?, today)),
        "week" | "本周" => Some((today.week(Weekday::Mon).first_day(), tomorrow)),
        "month" | "本月" => Some((month, tomorrow)),
        "last_month" | "上月" => Some((month.checked_sub_months(Months::new(1))?, month)),
        _ => {
            let count: u64 = number?.parse().ok().filter(|count| (1..=3660).contains(count))?;
            Some((tomorrow.checked_sub_days(Days::new(count))?, tomorrow))
        }
    }
}

/// The first day of it, and the first day after it.
fn span(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let mut parts = text.split('-').map(str::parse::<u32>);
    let year =
        i32::try_from(parts.next()?.ok()?).ok().filter(|year| (1900..3000).contains(year))?;
    let (month, day) = (parts.next().transpose().ok()?, parts.next().transpose().ok()?);
    if parts.next().is_some() {
        return None;
    }
    let from = NaiveDate::from_ymd_opt(year, month.unwrap_or(1), day.unwrap_or(1))?;
    let to = match (month, day) {
        (_, Some(_)) => from.succ_opt()?,
        (Some(_), None) => from.checked_add_months(Months::new(1))?,
        (None, None) => from.checked_add_months(Months::new(12))?,
    };
    Some((from, to))
}
