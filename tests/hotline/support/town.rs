//! A town for histories: its codes, and a hotline that knows them.

use std::collections::HashMap;
use std::sync::Arc;

use jiesu::db::Db;
use jiesu::directory::{Cached, Days, Sheet, import};
use jiesu::identity::{Actor, Role};
use jiesu::lifecycle::{Hotline, RuleBook};
use jiesu::sealing::{MasterKey, entropy};
use jiesu::time::Stamp;

use super::databases::TestDb;
use super::histories::{Codes, HOUR};
use super::oracle::{City, Terms};

/// 12 units, 9 leaf categories, 40 places in 7 streets, every fifth without an estate.
pub fn codes() -> Codes {
    let named = |name: &str, n: usize| (0..n).map(|i| format!("{name}{i}")).collect::<Vec<_>>();
    let place = |i: usize| {
        (format!("street{}", i % 7), (!i.is_multiple_of(5)).then(|| format!("estate{i}")))
    };
    Codes {
        units: named("unit", 12),
        categories: named("leaf", 9),
        places: (0..40).map(place).collect(),
    }
}

/// Midnight of a day here.
fn midnight(day: &str) -> i64 {
    Stamp::parse(&format!("{day}T00:00:00+08:00")).unwrap().millis()
}

/// Who heads which unit and which company looks after which estate: unit0 has nobody, two heads go
/// while histories are told, an estate changes hands and another is left alone.
pub fn city() -> City {
    let codes = codes();
    let always = |name: String| vec![(i64::MIN, Some(name))];
    let heads = codes.units.iter().skip(1).enumerate();
    let mut heads: HashMap<_, _> =
        heads.map(|(i, unit)| (unit.clone(), always(format!("head{}", i / 2)))).collect();
    let estates = codes.places.into_iter().filter_map(|place| place.1).enumerate().skip(3);
    let mut companies: HashMap<_, _> =
        estates.map(|(i, estate)| (estate, always(format!("company{}", i % 6)))).collect();
    let follow = |terms: &mut HashMap<String, Terms>, of: &str, day, next: Option<&str>| {
        terms.get_mut(of).unwrap().push((midnight(day), next.map(str::to_owned)));
    };
    follow(&mut heads, "unit3", "2026-10-12", Some("head9"));
    follow(&mut heads, "unit4", "2026-09-21", Some("head0"));
    follow(&mut companies, "estate7", "2026-10-10", Some("company5"));
    follow(&mut companies, "estate12", "2026-10-20", None);
    City { heads, companies }
}

/// The group that a unit is ranked in.
pub fn peers(unit: &str) -> &'static str {
    if unit.len() > "unit0".len() { "bureaus" } else { "sections" }
}

/// The unit above: two stand below others, so that what is of a unit may be of more than one.
fn above(unit: &str) -> &'static str {
    match unit {
        "unit9" => "unit3",
        "unit11" => "unit10",
        _ => "",
    }
}

/// The district of a street.
pub fn district(street: usize) -> &'static str {
    if street < 5 { "d1" } else { "d2" }
}

/// A line for each term of an office: the cells before it, who, and from which day on.
fn terms(sheet: &mut String, cells: &str, terms: Option<&Terms>) {
    let nobody = vec![(i64::MIN, None)];
    for (from, who) in terms.unwrap_or(&nobody) {
        let day = match *from {
            i64::MIN => String::new(),
            from => Stamp::from_millis(from).plus_millis(8 * HOUR).utc().date_naive().to_string(),
        };
        let nobody = if *from == i64::MIN { "" } else { "-" };
        *sheet += &format!("{cells},{},{day}\n", who.as_deref().unwrap_or(nobody));
    }
}

fn sheets(codes: &Codes) -> Vec<(Sheet, String)> {
    let city = city();
    let mut companies = "code,name,peer_group\n".to_owned();
    for i in 0..6 {
        companies += &format!("company{i},第{i}物业公司,companies\n");
    }
    let mut units = "code,name,kind,parent,peer_group,head,head_from_on\n".to_owned();
    for unit in &codes.units {
        let cells = format!("{unit},{unit}科,section,{},{}", above(unit), peers(unit));
        terms(&mut units, &cells, city.heads.get(unit));
    }
    let mut regions = "code,name,parent,level\nd1,一区,,district\nd2,二区,,district\n".to_owned();
    for i in 0..7 {
        regions += &format!("street{i},第{i}街道,{},street\n", district(i));
    }
    let mut estates = "code,name,region,peer_group,company,company_from_on\n".to_owned();
    for (region, estate) in &codes.places {
        if let Some(estate) = estate {
            let cells = format!("{estate},{estate}苑,{region},estates");
            terms(&mut estates, &cells, city.companies.get(estate));
        }
    }
    let mut categories = "code,name,parent,level,version\nK,物业,,1,1\nK1,服务,K,2,1\n".to_owned();
    for leaf in &codes.categories {
        categories += &format!("{leaf},{leaf},K1,3,1\n");
    }
    vec![
        (Sheet::Companies, companies),
        (Sheet::Units, units),
        (Sheet::Regions, regions),
        (Sheet::Estates, estates),
        (Sheet::Categories, categories),
    ]
}

/// The hotline of the town on `test`'s database.
pub fn hotline(test: &TestDb) -> Arc<Hotline> {
    describe(&test.db);
    let keys = Arc::new(MasterKey::fleeting(&mut entropy()));
    let rules = RuleBook::new(Cached::default(), "default");
    Arc::new(Hotline { db: test.db.clone(), keys, rules })
}

/// Records the town in the directory of `db`.
pub fn describe(db: &Db) {
    let sheets = sheets(&codes());
    let refused = db
        .write(move |tx| {
            let roles = [Role::Sysadmin].into();
            let sysadmin = Actor { roles, ..Actor::system() };
            let from_on = "2020-01-01".parse().unwrap();
            let days = Days { from_on, today: "2026-09-01".parse().unwrap() };
            let sheets: Vec<_> =
                sheets.iter().map(|(sheet, text)| (*sheet, text.as_str())).collect();
            import(tx, &sysadmin, &sheets, days)
        })
        .unwrap();
    assert!(refused.iter().all(|sheet| sheet.rejected.is_empty()), "{refused:?}");
}
