//! The ground: what `Db::write` and `Db::read` promise.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use jiesu::db::schema::number_lease::dsl::{number_lease, series, taken};
use jiesu::db::{Db, Tx};
use jiesu::error::{Error, Result};

use crate::support::databases::TestDb;

/// A row is a row: the numbers' table serves as any other.
fn keep(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    diesel::insert_into(number_lease).values((series.eq(name), taken.eq(1))).execute(tx.conn)?;
    Ok(())
}

fn count(db: &Db) -> i64 {
    db.read(|conn| Ok(number_lease.count().get_result(conn)?)).unwrap()
}

#[test]
fn four_hundred_writes_at_once_all_survive() {
    let test = TestDb::sqlite();
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

#[test]
fn a_refused_write_leaves_nothing() {
    let test = TestDb::sqlite();
    let refused = test.db.write(|tx| {
        keep(tx, "gone")?;
        Err::<(), _>(Error::refused("stale"))
    });
    assert_eq!(refused.unwrap_err().code(), "stale");
    assert_eq!(count(&test.db), 0);
}

#[test]
fn a_database_in_memory_works_the_same() {
    let clock = std::sync::Arc::new(jiesu::time::SystemClock);
    let db = Db::open("sqlite://:memory:", clock).unwrap();
    assert!(db.migrate().unwrap().contains(&"0000_ground".to_owned()));
    assert!(db.migrate().unwrap().is_empty());
    assert!(db.pending_migrations().unwrap().is_empty());
    db.write(|tx| keep(tx, "one")).unwrap();
    let one = db.write(|tx| Ok(tx.id())).unwrap();
    assert!(db.write(|tx| Ok(tx.id())).unwrap() > one);
    assert_eq!(count(&db), 1);
}
