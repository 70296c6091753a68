//! The ground: what `Db::write` and `Db::read` promise.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use jiesu::db::schema::number_lease::dsl::{number_lease, series, taken};
use jiesu::db::{Db, Tx, is_duplicate};
use jiesu::error::{Error, Kind, Result};
use jiesu::time::SystemClock;

use crate::support::databases::{Folder, TestDb, on_each_database, start};

/// A row is a row: the numbers' table serves as any other.
fn keep(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    diesel::insert_into(number_lease).values((series.eq(name), taken.eq(1))).execute(tx.conn)?;
    Ok(())
}

fn count(db: &Db) -> i64 {
    db.read(|conn| Ok(number_lease.count().get_result(conn)?)).unwrap()
}

on_each_database! {
    fn four_hundred_writes_at_once_all_survive(test: &TestDb) {
        std::thread::scope(|scope| {
            for thread in 0..40 {
                let db = test.db.clone();
                scope.spawn(move || {
                    for row in 0..10 {
                        db.write(move |tx| keep(tx, &format!("{thread}-{row}"))).unwrap();
                    }
                });
            }
        });
        assert_eq!(count(&test.db), 400);
    }

    fn four_hundred_increments_of_one_row_lose_none(test: &TestDb) {
        test.db.write(|tx| keep(tx, "counter")).unwrap();
        let mut turned_away = 0;
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| {
                let db = test.db.clone();
                scope.spawn(move || (0..50).filter(|_| db.write(|tx| {
                    let row = number_lease.find("counter");
                    let before: i64 = row.select(taken).first(tx.conn)?;
                    diesel::update(row).set(taken.eq(before + 1)).execute(tx.conn)?;
                    Ok(())
                }).map_err(|error| assert_eq!(error.kind(), Kind::Unavailable)).is_err()).count())
            }).collect();
            turned_away = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        });
        let last: i64 = test.db.read(|conn| {
            Ok(number_lease.find("counter").select(taken).first(conn)?)
        }).unwrap();
        assert!(turned_away < 40, "{turned_away} of 400 were turned away");
        assert_eq!(last, 1 + 400 - i64::try_from(turned_away).unwrap());
    }

    fn a_refused_write_leaves_nothing(test: &TestDb) {
        let refused = test.db.write(|tx| {
            keep(tx, "gone")?;
            Err::<(), _>(Error::refused("stale"))
        });
        assert_eq!(refused.unwrap_err().code(), "stale");
        assert_eq!(count(&test.db), 0);
    }

    fn whoever_is_told_of_its_write_finds_it_written(test: &TestDb) {
        let (tell, told) = channel();
        for row in 0..20 {
            let tell = tell.clone();
            let write = move |tx: &mut Tx<'_>| keep(tx, &row.to_string());
            test.db.write_then(write, move |fate| tell.send(fate).unwrap());
        }
        drop(tell);
        assert_eq!(told.iter().map(Result::unwrap).count(), 20);
        assert_eq!(count(&test.db), 20);
    }

    fn a_refusal_is_told_too(test: &TestDb) {
        let (tell, told) = channel();
        let write = |_: &mut Tx<'_>| Err::<(), _>(Error::refused("stale"));
        test.db.write_then(write, move |fate| tell.send(fate).unwrap());
        assert_eq!(told.recv().unwrap().unwrap_err().code(), "stale");
    }

    fn a_panicking_write_hurts_only_itself(test: &TestDb) {
        std::thread::scope(|scope| {
            for thread in 0..20 {
                let db = test.db.clone();
                scope.spawn(move || {
                    let made = db.write(move |tx| {
                        keep(tx, &thread.to_string())?;
                        assert!(thread % 4 != 0, "on purpose");
                        Ok(())
                    });
                    assert_eq!(made.is_err(), thread % 4 == 0);
                });
            }
        });
        assert_eq!(count(&test.db), 15);
    }

    fn a_write_that_panics_inside_transactions_of_its_own_leaves_nothing(test: &TestDb) {
        let made = test.db.write(|tx| {
            use diesel::Connection;
            keep(tx, "outer")?;
            tx.conn.transaction::<(), diesel::result::Error, _>(|conn| {
                conn.transaction(|_| panic!("on purpose"))
            })?;
            Ok(())
        });
        assert_eq!(made.unwrap_err().kind(), Kind::Internal);
        test.db.write(|tx| keep(tx, "after")).unwrap();
        assert_eq!(count(&test.db), 1);
    }

    fn a_second_row_of_the_same_key_is_known_as_that(test: &TestDb) {
        test.db.write(|tx| keep(tx, "one")).unwrap();
        let again = test.db.write(|tx| keep(tx, "one"));
        assert!(is_duplicate(&again.unwrap_err()));
    }

    fn a_write_has_one_instant(test: &TestDb) {
        let clock = test.clock.clone();
        let (before, after) = test.db.write(move |tx| {
            let before = tx.now;
            clock.forward(TimeDelta::hours(1));
            Ok((before, tx.now))
        }).unwrap();
        assert_eq!(before, after);
        assert_eq!(test.db.now(), start().plus(TimeDelta::hours(1)));
    }

    fn a_read_cannot_change_anything(test: &TestDb) {
        let tried = test.db.read(|conn| {
            Ok(diesel::update(number_lease).set(taken.eq(9)).execute(conn)?)
        });
        assert!(tried.is_err());
        test.db.write(|tx| keep(tx, "one")).unwrap();
    }

    fn everything_asked_in_one_read_is_of_one_instant(test: &TestDb) {
        let db = test.db.clone();
        test.db.read(move |conn| {
            let before: i64 = number_lease.count().get_result(conn)?;
            db.write(|tx| keep(tx, "meanwhile")).unwrap();
            let after: i64 = number_lease.count().get_result(conn)?;
            assert_eq!(before, after);
            Ok(())
        }).unwrap();
        assert_eq!(count(&test.db), 1);
    }

    fn a_panicking_read_leaves_the_database_usable(test: &TestDb) {
        let db = test.db.clone();
        let panicked = std::thread::spawn(move || {
            db.read(|_| -> Result<()> { panic!("on purpose") })
        }).join();
        assert!(panicked.is_err());
        test.db.write(|tx| keep(tx, "one")).unwrap();
        assert_eq!(count(&test.db), 1);
    }

    fn nodes_give_different_identifiers_at_the_same_instant(test: &TestDb) {
        let other = test.another_node();
        let take = |db: &Db| -> Vec<i64> {
            (0..200).map(|_| db.write(|tx| Ok(tx.id())).unwrap()).collect()
        };
        let mut given = take(&test.db);
        assert!(given.is_sorted());
        given.extend(take(&other));
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 400);
    }

    fn numbers_of_two_nodes_are_all_different(test: &TestDb) {
        let other = test.another_node();
        assert_eq!(test.db.number(2026).unwrap(), "2026-000001");
        assert_eq!(other.number(2026).unwrap(), "2026-000101");
        assert_eq!(test.db.number(2027).unwrap(), "2027-000001");
        let given: std::collections::BTreeSet<String> = (0..150)
            .flat_map(|_| [test.db.number(2026).unwrap(), other.number(2026).unwrap()])
            .collect();
        assert_eq!(given.len(), 300);
        assert_eq!(count(&test.db), 2); // a row for each year, however many were taken
    }

    fn the_schema_goes_up_and_down_and_up_again(test: &TestDb) {
        assert!(test.db.migrate().unwrap().is_empty());
        assert!(test.db.pending_migrations().unwrap().is_empty());
        let down = test.db.unmigrate().unwrap();
        let pending = test.db.pending_migrations().unwrap();
        assert_eq!(down.len(), pending.len());
        assert_eq!(test.db.migrate().unwrap(), pending);
        test.db.write(|tx| keep(tx, "one")).unwrap();
    }

    fn nodes_that_start_at_once_migrate_once(test: &TestDb) {
        test.db.write(|tx| keep(tx, "one")).unwrap();
        test.db.unmigrate().unwrap();
        let applied: usize = std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| test.another_node().migrate().unwrap().len()))
                .collect();
            nodes.into_iter().map(|node| node.join().unwrap()).sum()
        });
        let all = test.db.unmigrate().unwrap().len();
        assert!(all > 0);
        assert_eq!(applied, all);
    }

    fn a_database_of_a_newer_program_is_refused(test: &TestDb) {
        test.db.write(|tx| Ok(diesel::sql_query(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')",
        ).execute(tx.conn)?)).unwrap();
        assert_eq!(test.db.migrate().unwrap_err().code(), "db.newer");
    }
}

#[test]
fn a_database_in_memory_works_the_same() {
    let db = Db::open("sqlite://:memory:", Arc::new(SystemClock)).unwrap();
    assert!(db.migrate().unwrap().contains(&"0000_ground".to_owned()));
    assert!(db.migrate().unwrap().is_empty());
    assert!(db.pending_migrations().unwrap().is_empty());
    db.write(|tx| keep(tx, "one")).unwrap();
    let one = db.write(|tx| Ok(tx.id())).unwrap();
    assert!(db.write(|tx| Ok(tx.id())).unwrap() > one);
    db.read(|conn| Ok(diesel::update(number_lease).set(taken.eq(9)).execute(conn)?)).unwrap_err();
    assert_eq!(count(&db), 1);
    let unmade = db.write(|tx| keep(tx, "one").and_then(|()| keep(tx, "two")));
    assert!(is_duplicate(&unmade.unwrap_err()));
    assert_eq!(count(&db), 1);
}

#[test]
fn a_write_that_asks_the_database_from_outside_is_refused_instead_of_waiting_for_itself() {
    let test = TestDb::sqlite();
    let db = test.db.clone();
    let tried = test.db.write(move |_| db.write(|tx| keep(tx, "inner")));
    assert_eq!(tried.unwrap_err().kind(), Kind::Internal);
}

#[test]
fn the_embedded_database_may_end_with_the_last_who_is_told() {
    let folder = Folder::new();
    let url = format!("sqlite://{}", folder.path().join("last.db").display());
    let db = Db::open(&url, Arc::new(SystemClock)).unwrap();
    db.migrate().unwrap();
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    // It holds the writer until the others wait too: so all are told together, by another thread.
    let first = move |_: &mut Tx<'_>| {
        wait.lock().unwrap().recv().unwrap_or_default();
        Ok(())
    };
    db.write_then(first, drop);
    let (tell, told) = channel();
    for row in 0..3 {
        let (tell, held) = (tell.clone(), db.clone());
        let write = move |tx: &mut Tx<'_>| keep(tx, &row.to_string());
        let end = move |fate| {
            drop(held);
            tell.send(fate).unwrap();
        };
        db.write_then(write, end);
    }
    drop(db);
    go.send(()).unwrap();
    for _ in 0..3 {
        told.recv_timeout(Duration::from_secs(30)).expect("nobody waits for itself").unwrap();
    }
}
