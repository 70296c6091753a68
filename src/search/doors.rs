//! Search: the doors that a text names. Its rule: pure; 3号楼 and 3栋 are the same one.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::fold;

/// What the same door, and another one, do to the score: chosen on invented matters told twice, in other words, among
/// others of the same estate (`tests/hotline/suggest`), and flat around it.
const SAME_DOOR: f64 = 1.3;
const OTHER_DOOR: f64 = 0.2;

/// By what is counted, which ones.
pub type Doors = BTreeMap<char, BTreeSet<String>>;

/// How much two texts may be on one matter by the doors that they name: another building is another
/// matter; the same one is a sign.
pub fn doors_agree(one: &Doors, two: &Doors) -> f64 {
    let mut factor = 1.0;
    for (kind, numbers) in one {
        if let Some(others) = two.get(kind) {
            factor *= if numbers.is_disjoint(others) { OTHER_DOOR } else { SAME_DOOR };
        }
    }
    factor
}

/// Adds the numbers before 号楼, 栋, 幢, 单元, 楼, 层, 室, 户.
pub fn doors(text: &str, into: &mut Doors) {
    let chars: Vec<char> = text.chars().map(fold).collect();
    let mut at = 0;
    while at < chars.len() {
        let digits = chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            at += 1;
            continue;
        }
        let number: String = chars[at..at + digits].iter().collect();
        let rest: String = chars[at + digits..].iter().take(2).collect();
        let kind = match rest.as_str() {
            "号楼" | "单元" => rest.chars().next(),
            _ if rest.starts_with(['栋', '幢']) => Some('号'),
            _ if rest.starts_with(['楼', '层']) => Some('层'),
            _ if rest.starts_with(['室', '户']) => Some('室'),
            _ => None,
        };
        if let Some(kind) = kind {
            into.entry(kind).or_default().insert(number);
        }
        at += digits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Doors {
        let mut found = Doors::new();
        doors(text, &mut found);
        found
    }

    #[test]
    fn doors_are_read_from_a_text() {
        let found = all("３号楼2单元15楼，1502室；12栋有30户，停了3天");
        let of = |kind: char| found[&kind].iter().cloned().collect::<Vec<_>>().join(",");
        assert_eq!(
            (of('号'), of('单'), of('层'), of('室')),
            ("12,3".into(), "2".into(), "15".into(), "1502,30".into())
        );
    }

    #[test]
    fn another_building_is_another_matter() {
        let agree = |one, two| doors_agree(&all(one), &all(two));
        assert!(agree("3号楼", "5号楼") < 1.0 && agree("3号楼", "3栋") > 1.0);
        assert!((agree("3号楼", "没有说") - 1.0).abs() < f64::EPSILON);
    }
}
