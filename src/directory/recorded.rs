//! Directory: what the journal already says of a thing. Its rule: reads the snapshot only.

use chrono::NaiveDate;

use crate::directory::dated::Revisions;
use crate::directory::entry::Entry;
use crate::directory::policy::Setting;
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

    /// The day from which the setting holds already without an end in sight, where that is `day` or an earlier one:
    /// there is nothing to record then.
    pub fn holds_since(&self, setting: &Setting, day: NaiveDate) -> Option<NaiveDate> {
        let said = self.settings.get(&setting.name)?;
        let since_on = said.newest_since()?;
        (said.newest() == setting && since_on <= day).then_some(since_on)
    }

    /// Whether nothing would be said anew by describing the entry's thing so from `since_on` on. A setting may be
    /// described ahead, and again for an earlier day; of the rest the newest description is the present one.
    pub fn says(&self, entry: &Entry, since_on: NaiveDate) -> bool {
        match entry {
            Entry::Setting(setting) => self.holds_since(setting, since_on).is_some(),
            other => self.describes(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_holds_from_a_later_day_says_nothing_of_an_earlier_one() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let set = |value: &str| Setting { name: "profile".into(), value: value.into() };
        let mut town = Directory::default();
        town.add(day("2026-01-01"), Entry::Setting(set("default")));
        town.add(day("2027-03-01"), Entry::Setting(set("jinan")));
        let jinan = Entry::Setting(set("jinan"));
        assert!(!town.says(&jinan, day("2027-02-28")) && town.says(&jinan, day("2027-03-01")));
        assert_eq!(town.holds_since(&set("jinan"), day("2027-06-01")), Some(day("2027-03-01")));
        // It held, and will not hold any more.
        assert!(!town.says(&Entry::Setting(set("default")), day("2027-02-01")));
    }
}
