//! A town for histories: its codes, and a hotline that knows them.

use std::sync::Arc;

use jiesu::directory::{Cached, Days, Sheet, import};
use jiesu::identity::{Actor, Role};
use jiesu::lifecycle::{Hotline, RuleBook};
use jiesu::sealing::{MasterKey, entropy};

use super::databases::TestDb;
use super::histories::Codes;

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

fn sheets(codes: &Codes) -> Vec<(Sheet, String)> {
    let mut units = "code,name,kind\n".to_owned();
    for unit in &codes.units {
        units += &format!("{unit},{unit}科,section\n");
    }
    let mut regions = "code,name,parent,level\nd1,一区,,district\n".to_owned();
    for i in 0..7 {
        regions += &format!("street{i},第{i}街道,d1,street\n");
    }
    let mut estates = "code,name,region\n".to_owned();
    for (region, estate) in &codes.places {
        if let Some(estate) = estate {
            estates += &format!("{estate},{estate}苑,{region}\n");
        }
    }
    let mut categories = "code,name,parent,level,version\nK,物业,,1,1\nK1,服务,K,2,1\n".to_owned();
    for leaf in &codes.categories {
        categories += &format!("{leaf},{leaf},K1,3,1\n");
    }
    vec![
        (Sheet::Units, units),
        (Sheet::Regions, regions),
        (Sheet::Estates, estates),
        (Sheet::Categories, categories),
    ]
}

/// The hotline of the town on `test`'s database.
pub fn hotline(test: &TestDb) -> Arc<Hotline> {
    let sheets = sheets(&codes());
    let refused = test
        .db
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
    let keys = Arc::new(MasterKey::fleeting(&mut entropy()));
    let rules = RuleBook::new(Cached::default(), "default");
    Arc::new(Hotline { db: test.db.clone(), keys, rules })
}
