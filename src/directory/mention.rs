//! Directory: the estates that a text names. Its rule: at each place the longest name counts, and what it covers is
//! not looked at again; widths, case and spaces make no difference.

use std::collections::BTreeSet;

use crate::directory::place::Estate;
use crate::directory::snapshot::{Directory, folded};
use crate::directory::vocabulary::EstateCode;

/// The shortest name that is looked for, in characters: shorter ones are words.
const SHORTEST: usize = 3;

/// A name in a text, and the estates that bear it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention<'d> {
    /// As names are compared.
    pub name: &'d str,
    pub estates: Vec<&'d Estate>,
}

impl Directory {
    /// Every name that an estate has or had, as names are compared, with the estates that bear it.
    pub fn estate_names(&self) -> impl Iterator<Item = (&str, &BTreeSet<EstateCode>)> {
        self.estate_names.iter().map(|(name, codes)| (name.as_str(), codes))
    }

    /// The estates named in `text`, by name or alias, in the order of the text.
    pub fn estates_in(&self, text: &str) -> Vec<Mention<'_>> {
        let text = folded(text);
        let mut found: Vec<Mention<'_>> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            match self.longest_name(rest) {
                Some((name, estates)) => {
                    rest = &rest[name.len()..];
                    if seen.insert(name) {
                        found.push(Mention { name, estates });
                    }
                }
                None => rest = &rest[first.len_utf8()..],
            }
        }
        found
    }

    /// The longest name that `text` begins with.
    fn longest_name(&self, text: &str) -> Option<(&str, Vec<&Estate>)> {
        let mut ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        let start = &text[..ends.nth(SHORTEST - 1)?];
        let (name, codes) = self
            .estate_names
            .range(start.to_owned()..)
            .take_while(|(name, _)| name.starts_with(start))
            .filter(|(name, _)| text.starts_with(name.as_str()))
            .max_by_key(|(name, _)| name.len())?;
        Some((name.as_str(), codes.iter().filter_map(|code| self.estate(code)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Entry, Span};

    fn city(names: &[&str]) -> Directory {
        let from = "2020-01-01".parse().unwrap();
        Directory::of(names.iter().map(|name| {
            Entry::Estate(Estate {
                code: (*name).into(),
                name: (*name).to_owned(),
                aliases: vec![],
                addresses: vec![],
                region: "r".into(),
                companies: vec![],
                floor_space_m2: None,
                households: None,
                peer_group: String::new(),
                span: Span::from(from),
            })
        }))
    }

    #[test]
    fn the_longest_name_counts_and_what_it_covers_is_not_named() {
        let city = city(&["阳光花园", "阳光花园二期", "花园二期", "新城", "A座公馆"]);
        let named = |text: &str| -> Vec<String> {
            city.estates_in(text).iter().map(|it| it.name.to_owned()).collect()
        };
        assert_eq!(named("阳光 花园二期的住户"), ["阳光花园二期"]);
        assert_eq!(named("阳光花园，花园二期，阳光花园"), ["阳光花园", "花园二期"]);
        assert_eq!(named("ａ座公馆"), ["a座公馆"]);
        assert_eq!(named("新城的住户；阳光花"), [""; 0]);
        assert_eq!(named("在阳光花园"), ["阳光花园"]);
        assert_eq!(self::city(&["望京园"]).estates_in("已转至望京园").len(), 1);
    }
}
