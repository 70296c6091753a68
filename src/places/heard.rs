//! Places: names that a text only sounds like, or begins like. Its rule: what is found so is always doubted.

use std::collections::{BTreeMap, BTreeSet};

use super::DoubtCode;
use super::case::{Asked, Case};
use super::gazetteer::Form;
use crate::directory::EstateCode;
use crate::error::sentence;
use crate::search::sounds::{Sound, hears};

impl Asked<'_> {
    /// Names that sound like a part of the text, of which no more than half is written otherwise; the longest at a
    /// place.
    pub fn by_sound(&self, cases: &mut BTreeMap<EstateCode, Case>) {
        let sources: BTreeSet<usize> =
            cases.values().flat_map(|case| case.sources.iter().copied()).collect();
        let text = &self.reading.text;
        let whole: String = text.iter().collect();
        let heard = Sound::of(&whole);
        let mut found: Vec<(usize, usize, usize, f64)> = Vec::new();
        for (from, to) in self.reading.unplaced(self.gazetteer) {
            for at in from..to {
                for index in self.gazetteer.sounding(&heard.readings()[at..to]) {
                    let name = self.gazetteer.name(index);
                    let end = at + name.text.len();
                    if name.text.len() < 3 || end > to {
                        continue;
                    }
                    let other =
                        text[at..end].iter().zip(&name.text).filter(|(one, two)| one != two);
                    let other = other.count();
                    let alike = |sound: &Sound| sound.is_like_part(&heard, at);
                    let is_other = other > 0 && other * 2 <= name.text.len();
                    if is_other && name.sound.as_ref().is_some_and(alike) {
                        let far = u32::try_from(other).map_or(0.0, f64::from);
                        found.push((at, end, index, (0.8 - 0.1 * far).max(0.3)));
                    }
                }
            }
        }
        for (at, end, index, share) in &found {
            let covers = |(from, to, ..): &(usize, usize, usize, f64)| {
                from <= at && end <= to && to - from > end - at
            };
            if !found.iter().any(covers) {
                self.sounds_like(*index, *share, &sources, cases);
            }
        }
        if whole.len() > 1 && whole.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            for (index, _) in self.gazetteer.spoken().filter(|(_, sound)| hears(sound, &whole)) {
                self.sounds_like(index, 0.4, &sources, cases);
            }
        }
    }

    fn sounds_like(
        &self,
        index: usize,
        share: f64,
        sources: &BTreeSet<usize>,
        cases: &mut BTreeMap<EstateCode, Case>,
    ) {
        let name = self.gazetteer.name(index);
        for (code, form) in &name.estates {
            let Some(case) = self.case(cases, code, &name.shown) else { continue };
            if case.score < share {
                case.score = share;
                case.is_whole = *form == Form::Whole;
                case.sources.clone_from(sources);
                case.name.clone_from(&name.shown);
                case.why = vec![sentence("place.sound", &[("name", &name.shown)])];
                case.doubts.clear();
                let text = sentence("place.doubt.sound", &[("name", &name.shown)]);
                case.doubt(DoubtCode::Sound, text, 1.0);
            }
        }
    }

    /// Names that begin like what is left of the text: somebody still types.
    pub fn by_beginning(&self, cases: &mut BTreeMap<EstateCode, Case>) {
        let Some((from, to)) = self.reading.gaps().pop() else { return };
        let typed = &self.reading.text[from..to];
        for index in self.gazetteer.beginning(typed) {
            let name = self.gazetteer.name(index);
            let share = typed.len() as f64 / name.text.len() as f64;
            for code in name.estates.keys() {
                let Some(case) = self.case(cases, code, &name.shown) else { continue };
                if case.score < 0.3 + 0.4 * share {
                    case.score = 0.3 + 0.4 * share;
                    case.why = vec![sentence("place.beginning", &[("name", &name.shown)])];
                    case.doubts.clear();
                    let text = sentence("place.doubt.beginning", &[("name", &name.shown)]);
                    case.doubt(DoubtCode::Beginning, text, 1.0);
                }
            }
        }
    }
}
