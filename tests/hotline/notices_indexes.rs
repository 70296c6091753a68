//! What is done to letters, deliveries and proposed supervisions inside a write walks over no table.

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use jiesu::db::Conn;

use crate::support::databases::on_each_database;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How SQLite goes about `sql`, each 7 bound as the program does it, for a partial index must serve
/// even so; of PostgreSQL, which reads so few rows whole by choice, the indexes there are.
fn plan(conn: &mut Conn, sql: &str) -> String {
    let lines: Vec<Line> = match conn {
        Conn::Sqlite(conn) => {
            let query = sql_query(format!("EXPLAIN QUERY PLAN {}", sql.replace('7', "?")));
            let bound = query.into_boxed::<diesel::sqlite::Sqlite>();
            let bound = (0..sql.matches('7').count()).fold(bound, |it, _| it.bind::<BigInt, _>(7_i64));
            bound.load(conn).unwrap()
        }
        Conn::Postgres(conn) => {
            sql_query("SELECT indexdef AS detail FROM pg_indexes WHERE tablename IN ('letter', 'webhook_delivery', 'supervision', 'supervision_word')")
                .load(conn)
                .unwrap()
        }
    };
    lines.into_iter().map(|line| line.detail).collect::<Vec<_>>().join("\n")
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
            assert!(!found.lines().any(|line| line.starts_with("SCAN")), "{found}");
        }
    }

    fn what_a_proposed_supervision_rests_on_is_found_by_an_index(test: &TestDb) {
        let rungs = "SELECT * FROM supervision JOIN ticket ON ticket.id = supervision.ticket_id \
                     WHERE (supervision.closed_at IS NULL OR supervision.opened_at >= 7)";
        let of_ticket = format!("{rungs} AND supervision.ticket_id = 7");
        let of_unit = format!("{rungs} AND supervision.unit = 'a' AND supervision.opened_at >= 7");
        for (sql, index) in [
            (of_ticket, "supervision_"),
            (of_unit, "supervision_by_unit"),
            ("SELECT key FROM supervision_word WHERE ticket_id = 7".to_owned(), "supervision_word_by_ticket"),
        ] {
            let asked = sql.clone();
            let found = test.db.write(move |tx| Ok(plan(tx.conn, &asked))).unwrap();
            assert!(found.contains(index), "{sql}\n{found}");
            assert!(!found.lines().any(|line| line.starts_with("SCAN")), "{found}");
        }
    }
}
