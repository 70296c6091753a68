//! The directory in the database: recorded once, dated, loaded anew by every node.

use chrono::NaiveDate;
use diesel::{QueryDsl, RunQueryDsl};
use jiesu::db::Db;
use jiesu::db::schema::directory_entry::dsl::directory_entry;
use jiesu::directory::{self, Cached, Days, Directory, Entry, Noun, Sheet, Unit, UnitKind};
use jiesu::directory::{PROFILE_IN_FORCE, Profile, Setting, store};
use jiesu::error::{Kind, Result};
use jiesu::identity::{Actor, Role};

use crate::support::databases::on_each_database;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-10-01")
}

fn sysadmin() -> Actor {
    let roles = std::collections::BTreeSet::from([Role::Sysadmin]);
    Actor { name: "sysadmin".into(), roles, ..Actor::system() }
}

fn unit(code: &str, name: &str) -> Entry {
    Entry::Unit(Unit::new(code, name, UnitKind::Section, day("2020-01-01")))
}

fn create(db: &Db, entry: Entry) -> Result<i64> {
    db.write(move |tx| directory::create(tx, &sysadmin(), entry.clone(), today()))
}

fn revise(db: &Db, entry: Entry, since_on: NaiveDate) -> Result<i64> {
    db.write(move |tx| directory::revise(tx, &sysadmin(), entry.clone(), since_on, today()))
}

fn load(db: &Db) -> Directory {
    db.read(store::load).unwrap()
}

on_each_database! {
    fn a_revision_keeps_what_was_said_of_the_days_before(test: &TestDb) {
        create(&test.db, unit("wuye", "物业科")).unwrap();
        let version = revise(&test.db, unit("wuye", "物业管理科"), day("2026-06-01")).unwrap();
        let directory = load(&test.db);
        assert_eq!((version, directory.version()), (2, 2));
        let name = |on: &str| directory.unit_on(&"wuye".into(), day(on)).unwrap().name.clone();
        assert_eq!((name("2026-05-31"), name("2026-06-01")), ("物业科".into(), "物业管理科".into()));
        let rows: i64 = test.db.read(|conn| Ok(directory_entry.count().get_result(conn)?)).unwrap();
        assert_eq!(rows, 2);
    }

    fn a_code_is_created_once_and_revised_only_where_it_is(test: &TestDb) {
        create(&test.db, unit("wuye", "物业科")).unwrap();
        let again = create(&test.db, unit("wuye", "物业科")).unwrap_err();
        assert_eq!(again.code(), "directory.exists");
        let absent = revise(&test.db, unit("nobody", "无"), today()).unwrap_err();
        assert_eq!(absent.kind(), Kind::NotFound);
        let ahead = revise(&test.db, unit("wuye", "新"), day("2026-10-02")).unwrap_err();
        assert_eq!(ahead.fields()[0].code, "directory.since_future");
    }

    fn nobody_but_the_sysadmin_changes_the_directory(test: &TestDb) {
        for role in [Role::Dispatcher, Role::Secadmin, Role::Leader, Role::Auditor, Role::Platform] {
            let roles = std::collections::BTreeSet::from([role]);
            let actor = Actor { roles, ..Actor::system() };
            let refused =
                test.db.write(move |tx| directory::create(tx, &actor, unit("wuye", "物业科"), today()));
            assert_eq!(refused.unwrap_err().kind(), Kind::Forbidden, "{role}");
        }
        assert_eq!(load(&test.db).version(), 0);
    }

    fn another_node_sees_a_change_at_its_next_question_and_loads_once(test: &TestDb) {
        let other = test.another_node();
        let cached = Cached::default();
        let ask = || other.read(|conn| cached.current(conn)).unwrap();
        assert!(ask().unit(&"wuye".into()).is_none());
        create(&test.db, unit("wuye", "物业科")).unwrap();
        let seen = ask();
        assert!(seen.unit(&"wuye".into()).is_some());
        assert!(std::sync::Arc::ptr_eq(&seen, &ask()));
    }

    fn a_profile_version_is_never_changed_and_the_site_names_one_that_is_there(test: &TestDb) {
        let profile = |toml: &str| {
            let toml = toml.to_owned();
            Entry::Profile(Profile { name: "default".into(), version: 1, toml, from_on: today() })
        };
        let in_force = |value: &str| {
            Entry::Setting(Setting { name: PROFILE_IN_FORCE.into(), value: value.into() })
        };
        create(&test.db, profile("a = 1")).unwrap();
        let changed = revise(&test.db, profile("a = 2"), today()).unwrap_err();
        assert_eq!(changed.code(), "directory.profile_fixed");
        assert_eq!(create(&test.db, in_force("atlantis")).unwrap_err().fields()[0].pointer, "/value");
        create(&test.db, in_force("default")).unwrap();
        assert_eq!(load(&test.db).setting_on(PROFILE_IN_FORCE, today()), Some("default"));
    }

    fn an_import_records_its_good_lines_in_one_write(test: &TestDb) {
        let units = "code,name,kind\nzjj,局,bureau\nbad,,section\nwuye,物业科,section\n";
        let days = Days { from_on: day("2020-01-01"), today: today() };
        let outcomes = test
            .db
            .write(move |tx| directory::import(tx, &sysadmin(), &[(Sheet::Units, units)], days))
            .unwrap();
        assert_eq!((outcomes[0].created, outcomes[0].rejected.len()), (2, 1));
        let directory = load(&test.db);
        assert_eq!((directory.version(), directory.units().count()), (1, 2));
        assert_eq!(Noun::Unit.as_str(), "unit");
    }

    fn the_demo_city_loads_once_and_the_second_time_changes_nothing(test: &TestDb) {
        let load_demo =
            || test.db.write(|tx| directory::demo::load(tx, &Actor::system(), today())).unwrap();
        assert!(load_demo().iter().all(|sheet| sheet.created > 0 && sheet.rejected.is_empty()));
        let city = load(&test.db);
        let head = |on: &str| city.head_on(&"wuye".into(), day(on)).map(str::to_owned);
        assert!(head("2026-06-30").is_some() && head("2026-06-30") != head("2026-07-01"));
        assert!(load_demo().iter().all(|sheet| sheet.created == 0 && sheet.rejected.is_empty()));
        assert_eq!(load(&test.db).version(), city.version());
    }

    fn changes_made_at_once_by_two_nodes_are_all_recorded(test: &TestDb) {
        let nodes = [test.db.clone(), test.another_node()];
        create(&test.db, unit("wuye", "物业科")).unwrap();
        std::thread::scope(|scope| {
            for (n, node) in nodes.iter().enumerate() {
                scope.spawn(move || {
                    for round in 0..5 {
                        let name = format!("物业科 {n} {round}");
                        while revise(node, unit("wuye", &name), today())
                            .is_err_and(|error| error.kind() == Kind::Unavailable)
                        {}
                    }
                });
            }
        });
        let directory = load(&test.db);
        assert_eq!(directory.version(), 11);
        assert_eq!(directory.recorded(&unit("wuye", "")), 11);
    }
}
