//! Directory: the invented city 云川市 that a newcomer finds. Its rule: it comes in through the same
//! sheets as a real city, and no row of it is anybody's.

use chrono::NaiveDate;

use crate::db::Tx;
use crate::directory::change::import;
use crate::directory::import::{Days, Imported, Sheet};
use crate::error::Result;
use crate::identity::Actor;

/// The taxonomy of housing and property matters that comes with the program.
pub const TAXONOMY: &str = include_str!("../../config/taxonomy/housing.csv");

const COMPANIES: &str = include_str!("../../config/demo/companies.csv");
const UNITS: &str = include_str!("../../config/demo/units.csv");
const REGIONS: &str = include_str!("../../config/demo/regions.csv");
const ESTATES: &str = include_str!("../../config/demo/estates.csv");
const CATALOGUE: &str = include_str!("../../config/demo/catalogue.csv");

/// The sheets of the demo city, in the order in which they name each other.
pub const SHEETS: &[(Sheet, &str)] = &[
    (Sheet::Companies, COMPANIES),
    (Sheet::Units, UNITS),
    (Sheet::Regions, REGIONS),
    (Sheet::Estates, ESTATES),
    (Sheet::Categories, TAXONOMY),
    (Sheet::Catalogue, CATALOGUE),
];

/// Where the demo city's things begin that name no day.
const BEGIN: NaiveDate = match NaiveDate::from_ymd_opt(2020, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Loads the demo city; a second time it finds everything known already, except that what was
/// revised by hand is set back.
///
/// # Errors
/// As [`import`].
pub fn load(tx: &mut Tx<'_>, actor: &Actor, today: NaiveDate) -> Result<Vec<Imported>> {
    import(tx, actor, SHEETS, Days { from_on: BEGIN, today })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::import::plan;
    use crate::directory::snapshot::Directory;
    use crate::directory::unit::UnitKind;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn city() -> Directory {
        let mut directory = Directory::default();
        let days = Days { from_on: BEGIN, today: day("2026-10-01") };
        for (sheet, text) in SHEETS {
            let outcome = plan(&mut directory, *sheet, text, days).unwrap().outcome;
            assert_eq!(outcome.rejects_csv().unwrap().lines().skip(1).collect::<Vec<_>>(), [""; 0]);
        }
        directory
    }

    #[test]
    fn every_line_of_the_demo_city_loads() {
        let city = city();
        assert_eq!(city.regions().count(), 90);
        assert_eq!(city.estates().count(), 60);
        assert_eq!(city.companies().count(), 12);
        assert_eq!(city.units().filter(|unit| unit.kind == UnitKind::Street).count(), 24);
    }

    #[test]
    fn the_taxonomy_has_three_levels_and_every_leaf_an_idea_of_its_kind() {
        let city = city();
        let at = |level| city.categories().filter(|it| it.level == level).count();
        assert_eq!((at(1), at(2), at(3)), (20, 101, 407));
        for category in city.categories() {
            assert_eq!(city.is_leaf(&category.code), category.level == 3, "{}", category.name);
            assert!(!city.kind_hints(&category.code).is_empty(), "{}", category.name);
        }
    }

    #[test]
    fn a_caught_passenger_is_an_emergency_and_a_question_is_asked() {
        let city = city();
        let urgency = |name: &str| {
            let category = city.categories().find(|it| it.name == name).unwrap();
            city.default_urgency(&category.code).map(crate::directory::Urgency::as_str)
        };
        assert_eq!(urgency("电梯困人"), Some("emergency"));
        assert_eq!(urgency("室温不足"), Some("urgent_utility"));
        assert_eq!(urgency("购房政策"), Some("ask"));
        assert_eq!(urgency("楼道长期不打扫"), None);
    }

    #[test]
    fn published_numbers_of_the_demo_city_belong_to_nobody() {
        for phone in city().units().flat_map(|unit| &unit.phones) {
            assert!(phone.number.starts_with("0000-8000"), "{}", phone.number);
        }
    }

    #[test]
    fn an_estate_that_changed_hands_keeps_its_earlier_company() {
        let city = city();
        let changed: Vec<_> = city.estates().filter(|it| it.companies.len() == 2).collect();
        assert!(!changed.is_empty());
        for estate in changed {
            let before = estate.company_on(day("2026-05-31"));
            assert!(before.is_some() && before != estate.company_on(day("2026-10-01")));
        }
    }
}
