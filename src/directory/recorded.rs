//! Directory: what the journal already says of a thing. Its rule: reads the snapshot only.

use crate::directory::dated::Revisions;
use crate::directory::entry::Entry;
use crate::directory::snapshot::Directory;

impl Directory {
    /// How many descriptions of the entry's thing there are.
    pub fn recorded(&self, entry: &Entry) -> usize {
        match entry {
            Entry::Unit(it) => self.units.get(&it.code).map(Revisions::count),
            Entry::Region(it) => self.regions.get(&it.code).map(Revisions::count),
            Entry::Estate(it) => self.estates.get(&it.code).map(Revisions::count),
            Entry::Company(it) => self.companies.get(&it.code).map(Revisions::count),
            Entry::Category(it) => self.categories.get(&it.code).map(Revisions::count),
            Entry::Rule(it) => self.rules.get(&it.code).map(Revisions::count),
            Entry::CalendarYear(it) => self.calendars.get(&it.year).map(Revisions::count),
            Entry::CalendarOverride(it) => self.overrides.get(&it.on).map(Revisions::count),
            Entry::Profile(it) => {
                self.profiles.get(&(it.name.clone(), it.version)).map(Revisions::count)
            }
            Entry::Setting(it) => self.settings.get(&it.name).map(Revisions::count),
            Entry::Successor(it) => self.successors.get(&it.code).map(Revisions::count),
        }
        .unwrap_or(0)
    }

    /// Whether the newest description is this one already.
    pub fn describes(&self, entry: &Entry) -> bool {
        match entry {
            Entry::Unit(it) => self.unit(&it.code) == Some(it),
            Entry::Region(it) => self.region(&it.code) == Some(it),
            Entry::Estate(it) => self.estate(&it.code) == Some(it),
            Entry::Company(it) => self.company(&it.code) == Some(it),
            Entry::Category(it) => self.category(&it.code) == Some(it),
            Entry::Rule(it) => self.rule(&it.code) == Some(it),
            Entry::CalendarYear(it) => self.calendar(it.year) == Some(it),
            Entry::CalendarOverride(it) => {
                self.overrides.get(&it.on).map(Revisions::newest) == Some(it)
            }
            Entry::Profile(it) => self.profile(&it.name, it.version) == Some(it),
            Entry::Setting(it) => self.settings.get(&it.name).map(Revisions::newest) == Some(it),
            Entry::Successor(it) => self.successor(&it.code) == Some(it),
        }
    }
}
