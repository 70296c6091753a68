//! Places: estates that the same words may mean, beside each other. Its rule: what the words do not tell apart is told
//! to the person who can ask.

use super::case::Case;
use super::{Doubt, DoubtCode};
use crate::directory::{Directory, Region, RegionCode};
use crate::error::sentence;

/// What is left of a score that several share.
pub(super) const SHARED: f64 = 0.6;
/// So many places are named; of more it is only said that there are more.
const NAMED: usize = 4;

/// Lowers and doubts those of `cases` that the text does not tell apart.
pub(super) fn compare(directory: &Directory, cases: &mut [Case]) {
    let sources = cases.iter().flat_map(|case| case.sources.iter().copied());
    let sources: std::collections::BTreeSet<usize> = sources.collect();
    let said_all = |case: &Case| case.sources == sources;
    if sources.len() > 1 {
        for case in cases.iter_mut().filter(|case| !said_all(case)) {
            let text = sentence("place.doubt.contradiction", &[("name", &case.name)]);
            case.doubt(DoubtCode::Contradiction, text, SHARED);
        }
    }
    let best = |case: &&Case| (!case.is_elsewhere, case.agreeing);
    let equal = cases.iter().filter(|case| said_all(case));
    let Some(most) = equal.clone().map(|case| best(&case)).max() else { return };
    let is_best = |case: &Case| said_all(case) && best(&case) == most;
    let (mut exact, mut whole) = (Vec::new(), 0);
    for case in equal.filter(|case| is_best(case)) {
        if case.is_whole {
            whole += 1;
        } else {
            exact.push(place_of(directory, &case.region));
        }
    }
    for case in cases.iter_mut() {
        if !said_all(case) {
            continue;
        }
        if !is_best(case) {
            case.score *= SHARED;
        } else if !case.is_whole && exact.len() > 1 {
            let Some(doubt) = same_name(&case.name, &exact) else { continue };
            case.doubt(doubt.code, doubt.text, SHARED);
        } else if whole > usize::from(case.is_whole && exact.is_empty()) {
            let text = sentence("place.doubt.phase", &[("name", &case.name)]);
            let is_second = case.is_whole && !exact.is_empty();
            case.doubt(DoubtCode::Phase, text, if is_second { SHARED } else { 0.8 });
        }
    }
}

/// The warning that several are called so.
pub(super) fn same_name(name: &str, places: &[String]) -> Option<Doubt> {
    let named = places.get(..NAMED.min(places.len()))?.join("、");
    let count = places.len().to_string();
    let values = [("name", name), ("places", named.as_str()), ("count", count.as_str())];
    let which =
        if places.len() > NAMED { "place.doubt.same_many" } else { "place.doubt.same_name" };
    Some(Doubt { code: DoubtCode::SameName, text: sentence(which, &values) })
}

/// 朝阳区望京街道.
pub(super) fn place_of(directory: &Directory, region: &RegionCode) -> String {
    let mut path = directory.region_path(region);
    path.reverse();
    path.iter().take(2).map(|region| region.name.as_str()).collect()
}

/// Where a region lies: 朝阳区 of 八里庄街道.
pub(super) fn place_above(directory: &Directory, region: &Region) -> String {
    region.parent.as_ref().map_or_else(|| region.name.clone(), |above| place_of(directory, above))
}
