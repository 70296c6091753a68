//! What is done to letters and deliveries inside a write walks over no table.

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use jiesu::db::Conn;

use crate::support::databases::on_each_database;

/// One line of a plan, as each database calls it.
#[derive(QueryableByName)]
struct OfSqlite {
    #[diesel(sql_type = Text)]
    detail: String,
}
#[derive(QueryableByName)]
struct OfPostgres {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// How the database goes about `sql`, whose values stand where they are bound.
fn plan(conn: &mut Conn, sql: &str) -> String {
    match conn {
        Conn::Sqlite(conn) => {
            // Values are bound, as the program does it: a partial index must serve even so.
            let query = sql_query(format!("EXPLAIN QUERY PLAN {}", sql.replace('7', "?")));
            let bound = query.into_boxed::<diesel::sqlite::Sqlite>();
            let many = sql.matches('7').count();
            let bound = (0..many).fold(bound, |it, _| it.bind::<diesel::sql_types::BigInt, _>(7));
            let lines: Vec<OfSqlite> = bound.load(conn).unwrap();
            lines.into_iter().map(|it| it.detail).collect::<Vec<_>>().join("\n")
        }
        Conn::Postgres(conn) => {
            // So few rows are read whole by choice: it must be able to do otherwise.
            sql_query("SET LOCAL enable_seqscan = off").execute(conn).unwrap();
            let lines: Vec<OfPostgres> = sql_query(format!("EXPLAIN {sql}")).load(conn).unwrap();
            lines.into_iter().map(|it| it.line).collect::<Vec<_>>().join("\n")
        }
    }
}

on_each_database! {
    fn letters_of_a_digest_and_old_rows_are_found_by_an_index(test: &TestDb) {
        for (sql, index) in [
            ("SELECT * FROM letter WHERE digest_id = 7 ORDER BY id", "letter_of_digest"),
            ("UPDATE letter SET state = 'sent' WHERE digest_id = 7", "letter_of_digest"),
            ("SELECT id FROM letter WHERE state IN ('sent', 'dropped') AND done_at < 7 ORDER BY done_at LIMIT 7", "letter_ended"),
            ("SELECT id FROM webhook_delivery WHERE created_at < 7 AND (delivered_at IS NOT NULL OR dead_at IS NOT NULL) ORDER BY created_at LIMIT 7", "webhook_delivery_by_age"),
        ] {
            let found = test.db.write(move |tx| Ok(plan(tx.conn, sql))).unwrap();
            assert!(found.contains(index), "{sql}\n{found}");
            assert!(!found.contains("SCAN letter\n") && !found.contains("Seq Scan"), "{found}");
        }
    }
}
