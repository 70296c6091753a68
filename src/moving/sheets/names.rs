//! Moving, sheets: units, places and categories by code, by name or by what a site calls them. Its
//! rule: a name that two things bear names neither, unless what stands beside it tells which.

use std::collections::HashMap;

use super::mapping::{Mapping, Words};
use crate::directory::{CategoryCode, Directory, EstateCode, RegionCode};
use crate::error::sentence;
use crate::sheet::plain::{folded, trimmed};

/// Names that come near one that is none.
const NEAR: usize = 3;

/// What a sheet's name is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unnamed {
    /// Nothing is called so; names that come near.
    Unknown(Vec<String>),
    /// Several things are called so.
    Several,
}

impl Unnamed {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "import.name_unknown",
            Self::Several => "import.name_several",
        }
    }

    /// The Chinese sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Unknown(near) if near.is_empty() => sentence("import.name_unknown", &[]),
            Self::Unknown(near) => {
                sentence("import.name_unknown.near", &[("near", &near.join("、"))])
            }
            Self::Several => sentence("import.name_several", &[]),
        }
    }
}

/// Folded name or code → codes.
#[derive(Debug, Default)]
struct Book {
    codes: HashMap<String, String>,
    names: HashMap<String, Vec<String>>,
    shown: Vec<(String, String)>,
}

impl Book {
    fn add(&mut self, code: &str, name: &str) {
        self.codes.insert(folded(code), code.to_owned());
        let codes = self.names.entry(folded(name)).or_default();
        if !codes.iter().any(|there| there == code) {
            codes.push(code.to_owned());
        }
        self.shown.push((folded(name), name.to_owned()));
    }

    /// The codes of what is called so; a code is itself alone.
    fn find(&self, typed: &str) -> Vec<String> {
        let typed = folded(typed);
        match self.codes.get(&typed) {
            Some(code) => vec![code.clone()],
            None => self.names.get(&typed).cloned().unwrap_or_default(),
        }
    }

    fn unknown(&self, typed: &str) -> Unnamed {
        let typed = folded(typed);
        let near = |name: &str| {
            let mut rest = name.chars();
            typed.chars().count() > 1 && typed.chars().all(|c| rest.any(|there| there == c))
        };
        let found = self.shown.iter().filter(|(name, _)| near(name)).map(|(_, name)| name.clone());
        Unnamed::Unknown(found.take(NEAR).collect())
    }
}

/// Everything that a cell can name.
pub struct Names<'a> {
    directory: &'a Directory,
    mapping: &'a Mapping,
    units: Book,
    regions: Book,
    estates: Book,
    categories: Book,
}

impl<'a> Names<'a> {
    pub fn of(directory: &'a Directory, mapping: &'a Mapping) -> Self {
        let mut units = Book::default();
        for unit in directory.units() {
            units.add(unit.code.as_str(), &unit.name);
        }
        let mut regions = Book::default();
        for region in directory.regions() {
            regions.add(region.code.as_str(), &region.name);
        }
        let mut estates = Book::default();
        for estate in directory.estates() {
            for name in estate.aliases.iter().chain([&estate.name]) {
                estates.add(estate.code.as_str(), name);
            }
        }
        let mut categories = Book::default();
        for category in directory.categories() {
            categories.add(category.code.as_str(), &category.name);
        }
        Self { directory, mapping, units, regions, estates, categories }
    }

    /// What is typed, or what the mapping says that it means.
    fn meant<'t>(&'t self, list: Words, typed: &'t str) -> &'t str {
        self.mapping.word(list, typed).unwrap_or(typed)
    }

    /// The unit's code.
    pub fn unit(&self, typed: &str) -> Result<String, Unnamed> {
        let meant = self.meant(Words::Unit, typed);
        one(&self.units.find(meant)).unwrap_or_else(|| Err(self.units.unknown(typed)))
    }

    /// The region that the names, from the widest to the narrowest, lead to.
    pub fn region(&self, path: &[&str]) -> Result<String, Unnamed> {
        let path: Vec<&str> = path.iter().flat_map(|part| steps(part)).collect();
        let Some((last, above)) = path.split_last() else {
            return Err(Unnamed::Unknown(Vec::new()));
        };
        let mut found = self.regions.find(self.meant(Words::Region, last));
        for name in above {
            let within = self.regions.find(self.meant(Words::Region, name));
            found.retain(|code| {
                let above = self.directory.region_ancestors(&RegionCode::from(code.as_str()));
                within.iter().any(|wide| wide == code || above.iter().any(|a| a.as_str() == wide))
            });
        }
        one(&found).unwrap_or_else(|| Err(self.regions.unknown(last)))
    }

    /// The estate; of several with one name, the one in `region`.
    pub fn estate(&self, typed: &str, region: Option<&str>) -> Result<String, Unnamed> {
        let mut found = self.estates.find(self.meant(Words::Estate, typed));
        if let (Some(region), true) = (region, found.len() > 1) {
            let region = RegionCode::from(region);
            found.retain(|code| {
                let estate = self.directory.estate(&EstateCode::from(code.as_str()));
                estate.is_some_and(|it| self.directory.contains(&region, &it.region))
            });
        }
        one(&found).unwrap_or_else(|| Err(self.estates.unknown(typed)))
    }

    /// The category that the names, from the first level on, lead to; of several with one name, the
    /// one that nothing lies below.
    pub fn category(&self, path: &[&str]) -> Result<String, Unnamed> {
        let path: Vec<&str> = path.iter().flat_map(|part| self.parts(part)).collect();
        let Some((last, above)) = path.split_last() else {
            return Err(Unnamed::Unknown(Vec::new()));
        };
        let code_of = |code: &str| CategoryCode::from(code);
        let mut found = self.categories.find(self.meant(Words::Category, last));
        for name in above {
            let within = self.categories.find(self.meant(Words::Category, name));
            found.retain(|code| {
                let above = self.directory.category_ancestors(&code_of(code));
                within.iter().any(|wide| wide == code || above.iter().any(|a| a.as_str() == wide))
            });
        }
        if found.len() > 1 {
            found.retain(|code| self.directory.is_leaf(&code_of(code)));
        }
        one(&found).unwrap_or_else(|| Err(self.categories.unknown(last)))
    }

    /// A name that has a mark of a path in it is one name, where there is one.
    fn parts<'t>(&self, typed: &'t str) -> Vec<&'t str> {
        let whole = !self.categories.find(self.meant(Words::Category, typed)).is_empty();
        if whole { vec![typed] } else { steps(typed) }
    }
}

/// `甲/乙`, `甲>乙`, `甲－乙`: the steps of a path.
fn steps(typed: &str) -> Vec<&str> {
    let marks = ['/', '／', '>', '＞', '→', '-', '－', '—', '\\'];
    typed.split(marks).map(trimmed).filter(|step| !step.is_empty()).collect()
}

/// The one that is left, where one is; none where there is none.
fn one(found: &[String]) -> Option<Result<String, Unnamed>> {
    match found {
        [] => None,
        [code] => Some(Ok(code.clone())),
        _ => Some(Err(Unnamed::Several)),
    }
}
