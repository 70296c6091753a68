//! Assessment: the rows of a table that the directory lists. Its rule: newest names, whole trees.

use std::collections::BTreeMap;

use super::facts::GroupBy;
use super::figures::{Depth, Dim};
use crate::directory::{Channel, Directory};

/// The sums of a roll-up by channel.
const PETITIONS: (&str, &str) = ("petitions", "来信来访");
const OTHERS: (&str, &str) = ("others", "其他渠道");

/// The rows that are listed whether or not anything happened.
pub fn dims(by: GroupBy, depth: Depth, directory: &Directory) -> Vec<Dim> {
    let dim = |key: &str, name: &str, parent: Option<String>, peers: Option<&str>| Dim {
        key: key.to_owned(),
        name: name.to_owned(),
        parent,
        peers: peers.filter(|peers| !peers.is_empty()).map(str::to_owned),
    };
    match by {
        GroupBy::Unit => directory
            .units()
            .map(|u| {
                let parent = u.parent.as_ref().map(ToString::to_string);
                dim(u.code.as_str(), &u.name, parent, Some(&u.peer_group))
            })
            .collect(),
        GroupBy::Head => {
            // One name is one row, whether one person heads several units or two are called alike: it says which
            // units it adds up.
            let mut led: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for unit in directory.units() {
                for head in &unit.heads {
                    let units = led.entry(head.name.as_str()).or_default();
                    if !units.contains(&unit.name.as_str()) {
                        units.push(unit.name.as_str());
                    }
                }
            }
            let row = |(head, units): (&str, Vec<&str>)| {
                dim(head, &with_units(head, &units), None, Some("head"))
            };
            led.into_iter().map(row).collect()
        }
        GroupBy::Category => directory
            .categories()
            .map(|c| {
                dim(c.code.as_str(), &c.name, c.parent.as_ref().map(ToString::to_string), None)
            })
            .collect(),
        GroupBy::Estate => directory
            .estates()
            .map(|e| dim(e.code.as_str(), &e.name, None, Some(&e.peer_group)))
            .collect(),
        GroupBy::Company => directory
            .companies()
            .map(|c| dim(c.code.as_str(), &c.name, None, Some(&c.peer_group)))
            .collect(),
        GroupBy::Region => directory
            .regions()
            .map(|r| {
                dim(r.code.as_str(), &r.name, r.parent.as_ref().map(ToString::to_string), None)
            })
            .collect(),
        GroupBy::Channel if depth == Depth::Own => {
            Channel::ALL.iter().map(|c| dim(c.as_str(), c.zh(), None, None)).collect()
        }
        // Petitions are counted apart (domain.md §1).
        GroupBy::Channel => {
            let sums = [PETITIONS, OTHERS].map(|(key, name)| dim(key, name, None, None));
            let above = |c: Channel| if c.is_petition() { PETITIONS.0 } else { OTHERS.0 };
            let own = |c: &Channel| dim(c.as_str(), c.zh(), Some(above(*c).to_owned()), None);
            sums.into_iter().chain(Channel::ALL.iter().map(own)).collect()
        }
    }
}

/// The name of a head; where several units are added up under it, with them.
fn with_units(head: &str, units: &[&str]) -> String {
    match units {
        [] | [_] => head.to_owned(),
        [first, second] => format!("{head}（{first}、{second}）"),
        [first, second, ..] => format!("{head}（{first}、{second}等{}个单位）", units.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Entry, Head, Unit, UnitKind};

    #[test]
    fn a_head_of_several_units_is_named_with_them() {
        let on = "2020-01-01".parse().unwrap();
        let unit = |code: &str, head: &str| {
            let mut unit = Unit::new(code, &format!("{code}科"), UnitKind::Section, on);
            unit.heads.push(Head { name: head.to_owned(), span: unit.span });
            Entry::Unit(unit)
        };
        let directory =
            Directory::of([unit("a", "甲"), unit("b", "乙"), unit("c", "乙"), unit("d", "丙")]);
        let names = |directory: &Directory| -> Vec<(String, String)> {
            let all = dims(GroupBy::Head, Depth::Own, directory).into_iter();
            all.map(|it| (it.key, it.name)).collect()
        };
        let told = names(&directory);
        assert_eq!(told.len(), 3);
        assert!(told.contains(&("甲".to_owned(), "甲".to_owned())), "{told:?}");
        assert!(told.contains(&("乙".to_owned(), "乙（b科、c科）".to_owned())), "{told:?}");
        assert_eq!(with_units("丁", &["一", "二", "三"]), "丁（一、二等3个单位）");
    }
}
