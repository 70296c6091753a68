//! PostgreSQL's connections give way, at each place of a write: before it, within it, at its COMMIT.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Integer;
use diesel::{QueryDsl, QueryableByName, RunQueryDsl};
use jiesu::db::Conn;
use jiesu::db::schema::number_lease::dsl::number_lease;
use jiesu::error::Kind;

use super::{assert_away_in_time, count, keep};
use crate::support::databases::TestDb;

#[derive(QueryableByName)]
struct Pid {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

#[test]
fn a_connection_lost_before_the_commit_is_replaced_and_the_write_done_once() {
    let Some(test) = TestDb::postgres() else { return };
    let runs = Arc::new(AtomicUsize::new(0));
    let (seen, other) = (runs.clone(), test.another_node());
    test.db
        .write(move |tx| {
            keep(tx, "once")?;
            if seen.fetch_add(1, Ordering::SeqCst) == 0 {
                let me: Pid =
                    diesel::sql_query("SELECT pg_backend_pid() AS pid").get_result(tx.conn)?;
                let end = format!("SELECT pg_terminate_backend({})", me.pid);
                other.read(|conn| Ok(diesel::sql_query(end).execute(conn)?))?;
            }
            keep(tx, "twice")
        })
        .unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(count(&test.db), 2);
}

/// Ends the connection that asks; what comes after it cannot even be sent.
fn hang_up(conn: &mut Conn) {
    drop(conn.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())"));
    drop(conn.batch_execute("SELECT 1"));
}

#[test]
fn what_cannot_be_sent_over_a_lost_connection_is_no_fault_of_ours() {
    let Some(test) = TestDb::postgres() else { return };
    let runs = Arc::new(AtomicUsize::new(0));
    let seen = runs.clone();
    test.db
        .write(move |tx| {
            if seen.fetch_add(1, Ordering::SeqCst) == 0 {
                hang_up(tx.conn);
            }
            keep(tx, "once")
        })
        .unwrap();
    assert_eq!((runs.load(Ordering::SeqCst), count(&test.db)), (2, 1));
    assert_away_in_time(|| {
        test.db.read(|conn| {
            hang_up(conn);
            number_lease.count().get_result::<i64>(conn)?;
            Ok(())
        })
    });
    assert_eq!(count(&test.db), 1);
}

#[test]
fn a_connection_lost_at_the_commit_is_never_tried_again() {
    let Some(test) = TestDb::postgres() else { return };
    test.db
        .write(|tx| {
            Ok(tx.conn.batch_execute(
                "CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                 CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON number_lease
                     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hang_up();",
            )?)
        })
        .unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let seen = runs.clone();
    let lost = test.db.write(move |tx| {
        seen.fetch_add(1, Ordering::SeqCst);
        keep(tx, "perhaps")
    });
    assert_eq!(lost.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[test]
fn a_write_that_swallows_a_database_error_is_not_called_done() {
    let Some(test) = TestDb::postgres() else { return };
    test.db.write(|tx| keep(tx, "one")).unwrap();
    let swallowed = test.db.write(|tx| {
        keep(tx, "two")?;
        drop(keep(tx, "one"));
        Ok(())
    });
    assert_eq!(swallowed.unwrap_err().kind(), Kind::Internal);
    assert_eq!(count(&test.db), 1);
}
