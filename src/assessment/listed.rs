//! Assessment: the rows of a table that the directory lists. Its rule: newest names, whole trees.

use std::collections::BTreeSet;

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
            let heads = directory.units().flat_map(|u| u.heads.iter().map(|head| &head.name));
            let heads: BTreeSet<&String> = heads.collect();
            heads.into_iter().map(|head| dim(head, head, None, Some("head"))).collect()
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
