//! Moving, demo: who calls, when, about what and from where.

use chrono::{Datelike, Days, NaiveDate};

use super::dice::Dice;
use super::story::{Course, tell};
use super::words::{GIVEN, HOW_LONG, SURNAMES, WHO, WORDS, Words};
use crate::directory::{Category, CategoryCode, Channel, Directory, Estate, Kind, UnitCode};
use crate::lifecycle::Rules;
use crate::moving::history::History;
use crate::routing::catalogue::{Match, Question, match_rules};
use crate::ticket::{Caller, Text, Upstream};
use crate::time::Stamp;

const SEED: u64 = 20_261_122;
const MINUTE: i64 = 60_000;
/// Calls that came in just now and wait for an agent or a dispatcher.
const WAITING: i64 = 14;

const CHANNELS: &[(Channel, i64)] = &[
    (Channel::Phone, 66),
    (Channel::Wechat, 10),
    (Channel::App, 7),
    (Channel::Web, 6),
    (Channel::Platform, 7),
    (Channel::Visit, 2),
    (Channel::Letter, 2),
];

/// What the city is made of, ready to be drawn from.
struct City<'a> {
    rules: &'a Rules,
    now: Stamp,
    /// Top categories with their words, by weight.
    tops: Vec<(&'static Words, i64)>,
    /// Estates by their households.
    estates: Vec<(&'a Estate, i64)>,
    leaves: Vec<&'a Category>,
    callers: i64,
    days: u64,
}

pub(super) fn lines(rules: &Rules, now: Stamp, tickets: i64, days: u64) -> Vec<History> {
    let city = City::of(rules, now, tickets, days);
    let mut dice = Dice::new(SEED);
    let today = now.day(rules.profile.zone);
    let mut received: Vec<Stamp> = (0..tickets)
        .map(|_| city.call_time(&mut dice, today))
        .filter(|at| *at <= now.plus_millis(-2 * MINUTE))
        .collect();
    received.extend((0..WAITING).map(|_| now.plus_millis(-dice.between(1, 100) * MINUTE)));
    received.sort_unstable();
    let mut years = std::collections::BTreeMap::<i32, i64>::new();
    let fresh = received.len().saturating_sub(usize::try_from(WAITING).unwrap_or_default());
    let mut lines = Vec::with_capacity(received.len());
    for (place, at) in received.into_iter().enumerate() {
        let year = at.day(rules.profile.zone).year();
        let number = years.entry(year).or_default();
        *number += 1;
        let no = format!("{year}-{number:06}");
        if let Some(line) = city.ticket(&mut dice, no, at, place >= fresh) {
            lines.push(line);
        }
    }
    lines
}

impl<'a> City<'a> {
    fn of(rules: &'a Rules, now: Stamp, tickets: i64, days: u64) -> Self {
        let directory = &*rules.directory;
        let today = now.day(rules.profile.zone);
        let heating = matches!(today.month(), 10..=12 | 1..=3);
        let tops = WORDS
            .iter()
            .filter(|words| directory.category(&CategoryCode::from(words.top)).is_some())
            .map(|words| (words, if words.top == "H07" && heating { 110 } else { words.weight }))
            .collect();
        let estates = directory
            .estates()
            .map(|estate| (estate, estate.households.unwrap_or(200).max(50)))
            .collect();
        let leaves = directory.categories().filter(|leaf| directory.is_leaf(&leaf.code)).collect();
        Self { rules, now, tops, estates, leaves, callers: tickets * 2 / 3, days }
    }

    /// Somewhere in those days: more on working days, more in the morning.
    fn call_time(&self, dice: &mut Dice, today: NaiveDate) -> Stamp {
        let zone = self.rules.profile.zone;
        let back = |dice: &mut Dice| {
            let days = u64::try_from(dice.below(self.days.cast_signed() + 1)).unwrap_or_default();
            today.checked_sub_days(Days::new(days)).unwrap_or(today)
        };
        let mut day = back(dice);
        if !self.rules.calendar.is_working(day) && dice.percent(50) {
            day = back(dice);
        }
        let hour = dice
            .weighed(&[
                (8, 14),
                (9, 18),
                (10, 16),
                (11, 9),
                (12, 5),
                (13, 6),
                (14, 10),
                (15, 10),
                (16, 9),
                (17, 7),
                (18, 5),
                (19, 5),
                (20, 4),
                (21, 3),
                (6, 1),
                (23, 1),
            ])
            .copied()
            .unwrap_or(9);
        Stamp::start_of(day, zone).plus_millis(hour * 60 * MINUTE + dice.below(60 * MINUTE))
    }

    fn ticket(&self, dice: &mut Dice, no: String, at: Stamp, waiting: bool) -> Option<History> {
        let directory = &*self.rules.directory;
        let day = at.day(self.rules.profile.zone);
        let (words, estate, leaf) = self.matter(dice, at)?;
        let kind = kind(directory, leaf, dice);
        let channel = dice.weighed(CHANNELS).copied().unwrap_or(Channel::Phone);
        let question =
            Question { category: Some(&leaf.code), region: None, estate: Some(&estate.code) };
        let outcome = match match_rules(directory, &question, day) {
            Match::One { outcome, .. } => Some(outcome),
            _ => None,
        };
        let lead = outcome.as_ref().map_or_else(|| UnitCode::from("wuye"), |it| it.lead.clone());
        let other = if lead.as_str() == "wuye" { "chengguan" } else { "wuye" };
        let building = format!("{}号楼{}单元", dice.between(1, 18), dice.between(1, 4));
        let content = content(dice, words, estate, leaf, &building);
        let mut line = History {
            no,
            kind,
            channel,
            urgency: directory.default_urgency(&leaf.code),
            received_at: at,
            upstream: None,
            caller: self.caller(dice, kind),
            title: Text::parse(&format!("{}{}", estate.name, leaf.name)).ok(),
            content: Text::parse(&content).ok()?,
            category: Some(leaf.code.clone()),
            region: None,
            estate: Some(estate.code.clone()),
            building: Text::parse(&building).ok(),
            address: None,
            assessment_class: None,
            assignments: Vec::new(),
            reviews: Vec::new(),
            surveys: Vec::new(),
            exclusion: None,
            merged_into: None,
            closed_at: None,
            events: None,
            reason: None,
        };
        if channel == Channel::Platform {
            let no = Text::parse(&format!("SZ{}", line.no.replace('-', ""))).ok()?;
            line.upstream = Some(Upstream { no, received_at: at, due_at: None });
        }
        let done = dice.pick(&words.done);
        let assists = outcome.into_iter().flat_map(|it| it.assists).take(2).collect();
        let other = UnitCode::from(other);
        let (calendar, now) = (&self.rules.calendar, self.now);
        let course = Course { calendar, now, lead, assists, other, done };
        if waiting {
            unsettle(&mut line, estate, directory, &building);
        } else {
            tell(&mut line, dice, &course);
        }
        Some(line)
    }

    /// What and where. In the last week one estate's lifts fail again and again.
    fn matter(
        &self,
        dice: &mut Dice,
        at: Stamp,
    ) -> Option<(&'static Words, &'a Estate, &'a Category)> {
        let recent = self.now.millis_since(at) < 6 * 24 * 60 * MINUTE;
        let (words, estate) = if recent && dice.percent(6) {
            (
                *self.tops.iter().map(|(words, _)| words).find(|words| words.top == "H05")?,
                self.estates.first()?.0,
            )
        } else {
            (*dice.weighed(&self.tops)?, *dice.weighed(&self.estates)?)
        };
        let below: Vec<(&'a Category, i64)> = self
            .leaves
            .iter()
            .filter(|leaf| leaf.code.as_str().starts_with(words.top))
            .enumerate()
            // The first of a kind are the common ones.
            .map(|(place, leaf)| (*leaf, 12 - i64::try_from(place).unwrap_or(11).min(11)))
            .collect();
        let leaf = if recent && words.top == "H05" && std::ptr::eq(estate, self.estates.first()?.0)
        {
            below.iter().map(|(leaf, _)| leaf).find(|leaf| leaf.code.as_str().starts_with("H0502"))
        } else {
            dice.weighed(&below)
        };
        Some((words, estate, leaf.copied()?))
    }

    fn caller(&self, dice: &mut Dice, kind: Kind) -> Caller {
        let who = dice.below(self.callers);
        if dice.percent(3) {
            return Caller { anonymous: true, ..Caller::default() };
        }
        // The caller's name goes with the number.
        let mut own = Dice::new(SEED ^ who.cast_unsigned());
        let name = format!("{}{}", own.pick(SURNAMES), own.pick(GIVEN));
        Caller {
            name: Text::parse(&name).ok(),
            // 100… was never given to anybody's mobile telephone.
            phone: Text::parse(&format!("100{:08}", 20_000_000 + who)).ok(),
            confidential: kind == Kind::Report && dice.percent(60) || dice.percent(4),
            reply_wanted: true,
            ..Caller::default()
        }
    }
}

/// Of some of those that wait nobody has found the estate yet: the place is what the caller said.
fn unsettle(line: &mut History, estate: &Estate, directory: &Directory, building: &str) {
    let regions = directory.region_path(&estate.region);
    let district = regions.last().map_or("", |region| region.name.as_str());
    let alias = estate.aliases.first().unwrap_or(&estate.name);
    let doors = estate.addresses.first().unwrap_or(alias);
    let door =
        doors.split_once('-').map_or_else(|| doors.clone(), |(first, _)| format!("{first}号"));
    let said = match line.no.as_bytes().last() {
        Some(b'0' | b'5') => format!("{district}{}{building}", estate.name),
        Some(b'2') => format!("{alias}附近的路上"),
        Some(b'4') => format!("{}二期{building}", estate.name),
        Some(b'7') => door,
        Some(b'8') => format!("{district}老电影院后面那个院子"),
        _ => return,
    };
    line.address = Text::parse(&said).ok();
    line.estate = None;
    line.building = None;
}

/// What the caller says, put together from the category's words.
fn content(
    dice: &mut Dice,
    words: &Words,
    estate: &Estate,
    leaf: &Category,
    building: &str,
) -> String {
    let (who, since) = (dice.pick(WHO), dice.pick(HOW_LONG));
    let (effect, ask) = (dice.pick(&words.effects), dice.pick(&words.asks));
    format!("{who}：{}{building}{}，{since}，{effect}。{ask}。", estate.name, leaf.name)
}

/// As its category usually comes; the first kind named is the commonest.
fn kind(directory: &Directory, leaf: &Category, dice: &mut Dice) -> Kind {
    if leaf.code.as_str().starts_with("H2004") {
        return Kind::Praise;
    }
    let mut chain = vec![leaf.code.clone()];
    chain.extend(directory.category_ancestors(&leaf.code));
    let kinds = chain
        .iter()
        .filter_map(|code| directory.category(code))
        .map(|category| &category.kinds)
        .find(|kinds| !kinds.is_empty());
    let Some(kinds) = kinds else { return Kind::Complaint };
    let weighed: Vec<(Kind, i64)> =
        kinds.iter().zip([6, 3, 1, 1, 1]).map(|(kind, weight)| (*kind, weight)).collect();
    dice.weighed(&weighed).copied().unwrap_or(Kind::Complaint)
}
