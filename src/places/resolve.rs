//! Places: which place an address means, with a score and why. Its rule: pure; the same text on the same day comes to the
//! same candidates in the same order.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::case::{Asked, Case, Hint};
use super::gazetteer::{Form, Gazetteer};
use super::group;
use super::read::{Hit, Reading, Trouble};
use super::{Candidate, DoubtCode, Resolved};
use crate::directory::{Directory, EstateCode, Region, RegionCode};
use crate::error::sentence;

/// Candidates that a person can look through while somebody speaks.
const MOST: usize = 5;
/// What an estate scores by its whole name, or by its door; nothing else said.
const NAMED: f64 = 0.9;
/// What is left of the doubt where a region that was named agrees.
const AGREES: f64 = 0.6;
const PERHAPS_AGREES: f64 = 0.75;
/// From here on an estate tells more than the region that was named beside it.
const UNLIKELY: f64 = 0.4;
/// A second estate may not come nearer than this to one that is certain.
const APART: f64 = 0.1;

impl Gazetteer {
    /// The places that `text` may mean on the day `today`, `region` being known besides; from the score `certain`
    /// on the best one may be certain.
    pub fn resolve(
        &self,
        text: &str,
        region: Option<&RegionCode>,
        (today, certain): (NaiveDate, f64),
    ) -> Resolved {
        let reading = Reading::of(self, text);
        let hints = hints(self, &reading, region);
        let asked = Asked { gazetteer: self, reading, hints, today };
        let mut cases = asked.cases();
        asked.weigh(&mut cases);
        cases.sort_by(|one, two| {
            two.score.total_cmp(&one.score).then_with(|| one.estate.cmp(&two.estate))
        });
        cases.truncate(MOST);
        let second = cases.get(1).map_or(0.0, |case| case.score);
        let is_exact = cases.first().is_some_and(|case| !case.is_whole);
        let mut candidates: Vec<Candidate> = cases.into_iter().map(candidate).collect();
        if let Some(first) = candidates.first_mut() {
            let stands_alone = first.score - second >= APART;
            let is_sure = first.doubts.is_empty() && first.score >= certain;
            // A name without its phase is no name, however often it is said.
            first.certain = is_exact && is_sure && stands_alone;
        }
        if candidates.first().is_none_or(|first| first.score < UNLIKELY) {
            candidates.extend(asked.regions());
            candidates.sort_by(|one, two| two.score.total_cmp(&one.score));
            candidates.truncate(MOST);
        }
        Resolved { candidates, building: asked.reading.building() }
    }
}

fn candidate(case: Case) -> Candidate {
    Candidate {
        estate: Some(case.estate),
        region: case.region,
        score: case.score,
        why: case.why.join("；"),
        doubts: case.doubts,
        certain: false,
    }
}

fn hints(gazetteer: &Gazetteer, reading: &Reading, region: Option<&RegionCode>) -> Vec<Hint> {
    let named = |hit: &Hit, is_full: bool| {
        let name = gazetteer.name(hit.name);
        let codes = if is_full { name.regions.clone() } else { name.short.clone() };
        Hint { codes, shown: name.shown.clone(), is_full }
    };
    let full = reading.hits.iter().map(|hit| named(hit, true)).filter(|it| !it.codes.is_empty());
    let short = reading.short.iter().map(|hit| named(hit, false));
    let known = region.and_then(|code| gazetteer.directory().region(code));
    let known = known.map(|region| Hint {
        codes: vec![region.code.clone()],
        shown: region.name.clone(),
        is_full: true,
    });
    full.chain(short).chain(known).collect()
}

/// The region with those above it.
fn path(directory: &Directory, region: &RegionCode) -> Vec<RegionCode> {
    directory.region_path(region).into_iter().map(|region| region.code.clone()).collect()
}

impl Asked<'_> {
    /// By whole names and doors; else by how names sound; else by how they begin.
    fn cases(&self) -> Vec<Case> {
        let mut cases = BTreeMap::new();
        for (source, hit) in self.reading.hits.iter().enumerate() {
            self.by_name(source, hit, &mut cases);
            self.by_door(source, hit, &mut cases);
        }
        if cases.values().all(|case| case.has(DoubtCode::Longer)) {
            self.by_sound(&mut cases);
        }
        if cases.is_empty() {
            self.by_beginning(&mut cases);
        }
        cases.into_values().collect()
    }

    fn by_name(&self, source: usize, hit: &Hit, cases: &mut BTreeMap<EstateCode, Case>) {
        let name = self.gazetteer.name(hit.name);
        if hit.door.is_some() {
            return;
        }
        let troubles = self.reading.troubles(hit);
        for (code, form) in &name.estates {
            let Some(case) = self.case(cases, code, &name.shown) else { continue };
            let (share, why) = match form {
                Form::Name => (NAMED, "place.name"),
                Form::Alias => (NAMED, "place.alias"),
                Form::Former => (0.88, "place.former"),
                Form::Stem => (0.88, "place.stem"),
                Form::Whole => (0.7, "place.whole"),
            };
            let is_first = case.sources.is_empty();
            case.is_whole = *form == Form::Whole && (is_first || case.is_whole);
            case.sources.insert(source);
            case.believe(share);
            case.why.push(sentence(why, &[("name", &name.shown)]));
            for trouble in &troubles {
                let (code, text, keeps) = match trouble {
                    Trouble::Longer => (DoubtCode::Longer, "place.doubt.longer", 0.7),
                    Trouble::Near => (DoubtCode::Near, "place.doubt.near", 0.8),
                    Trouble::Part => (DoubtCode::Phase, "place.doubt.part", 0.8),
                };
                case.doubt(code, sentence(text, &[("name", &name.shown)]), keeps);
            }
        }
    }

    fn by_door(&self, source: usize, hit: &Hit, cases: &mut BTreeMap<EstateCode, Case>) {
        let Some(door) = hit.door else { return };
        let name = self.gazetteer.name(hit.name);
        let road: String = name.text.iter().collect();
        let is_whole_road = self.reading.troubles(hit).is_empty();
        for (code, shown) in self.gazetteer.behind(&road, door) {
            let Some(case) = self.case(cases, code, shown) else { continue };
            case.is_whole = false;
            case.sources.insert(source);
            case.believe(NAMED);
            case.why.push(sentence("place.door", &[("door", shown)]));
            if self.reading.is_near(hit.to) {
                let text = sentence("place.doubt.near", &[("name", shown)]);
                case.doubt(DoubtCode::Near, text, 0.8);
            }
            if hit.is_building {
                let text = sentence("place.doubt.door", &[("road", &name.shown)]);
                case.doubt(DoubtCode::Door, text, 0.7);
            }
            if !is_whole_road {
                let text = sentence("place.doubt.longer", &[("name", &name.shown)]);
                case.doubt(DoubtCode::Longer, text, 0.7);
            }
        }
    }

    /// Regions that were named, several estates that are, and others of the same name.
    fn weigh(&self, cases: &mut [Case]) {
        let directory = self.gazetteer.directory();
        for case in cases.iter_mut() {
            let path = path(directory, &case.region);
            for hint in &self.hints {
                // An estate may be recorded by its street; a community of that street is no other place.
                let within = |code: &RegionCode| {
                    path.contains(code) || directory.contains(&case.region, code)
                };
                if hint.codes.iter().any(within) {
                    case.agreeing += 1;
                    let left = if hint.is_full { AGREES } else { PERHAPS_AGREES };
                    case.believe(1.0 - left);
                    case.why.push(sentence("place.within", &[("region", &hint.shown)]));
                } else {
                    case.is_elsewhere |= hint.is_full;
                    let there = group::place_of(directory, &case.region);
                    let values = [("said", hint.shown.as_str()), ("there", there.as_str())];
                    let keeps = if hint.is_full { group::SHARED } else { 0.8 };
                    case.doubt(
                        DoubtCode::Elsewhere,
                        sentence("place.doubt.elsewhere", &values),
                        keeps,
                    );
                }
            }
        }
        group::compare(directory, cases);
    }

    /// The regions that were named, where no estate was.
    fn regions(&self) -> Vec<Candidate> {
        let directory = self.gazetteer.directory();
        let stands = |code: &RegionCode| {
            directory.region(code).filter(|region| !region.span.has_ended(self.today))
        };
        let mut found: BTreeMap<RegionCode, (f64, usize, String, &Region)> = BTreeMap::new();
        for hint in &self.hints {
            let base: f64 = if hint.is_full { NAMED } else { 0.5 };
            for region in hint.codes.iter().filter_map(stands) {
                let path = path(directory, &region.code);
                let agrees = |hint: &&Hint| hint.codes.iter().any(|code| path.contains(code));
                let agreeing = self.hints.iter().filter(agrees).count();
                let others = i32::try_from(agreeing.saturating_sub(1)).unwrap_or_default();
                let score = 1.0 - (1.0 - base) * AGREES.powi(others);
                let known = found.get(&region.code).map_or(0.0, |(score, ..)| *score);
                if known < score {
                    let shown = hint.shown.clone();
                    found.insert(region.code.clone(), (score, agreeing, shown, region));
                }
            }
        }
        let most = found.values().map(|(_, agreeing, ..)| *agreeing).max().unwrap_or_default();
        found.retain(|_, (_, agreeing, ..)| *agreeing == most);
        let narrower = |code: &RegionCode| {
            found.keys().any(|other| other != code && directory.contains(code, other))
        };
        let wide: Vec<RegionCode> = found.keys().filter(|code| narrower(code)).cloned().collect();
        found.retain(|code, _| !wide.contains(code));
        let regions: Vec<&Region> = found.values().map(|(.., region)| *region).collect();
        let mut candidates = Vec::new();
        for (code, (score, _, shown, region)) in &found {
            let same = regions.iter().filter(|other| other.name == region.name);
            let places: Vec<String> = same.map(|it| group::place_above(directory, it)).collect();
            let doubt = group::same_name(&region.name, &places).filter(|_| places.len() > 1);
            candidates.push(Candidate {
                estate: None,
                region: code.clone(),
                score: if doubt.is_some() { score * group::SHARED } else { *score },
                why: sentence("place.region", &[("region", shown)]),
                doubts: doubt.into_iter().collect(),
                certain: false,
            });
        }
        candidates
    }
}
