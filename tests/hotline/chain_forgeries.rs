//! A thousand forgeries of a small database, each found: edits of any column of any row, deletions,
//! truncations, rows moved and rows made up, by whoever can write to the file and has no key.

use std::collections::BTreeMap;
use std::fmt::Write;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use jiesu::db::Conn;
use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::sealing::MasterKey;
use jiesu::ticket::command::CommandName;
use jiesu::ticket::event::link;
use jiesu::ticket::store::proof::{Fault, Log, Proof};
use jiesu::time::Stamp;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::json;

use crate::chain::history;
use crate::support::databases::{Folder, TestDb, say};
use crate::support::desk::{Desk, handler};

const FORGERIES: usize = 1_000;
/// The tables under proof. Marks are no part of the history: a lost one is found, one too many of
/// an earlier event says nothing.
const TABLES: [&str; 11] = [
    "event",
    "ticket",
    "ticket_body",
    "assignment",
    "contact",
    "whistle",
    "ledger",
    "trail",
    "caller_key",
    "seal",
    "seal_leaf",
];

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}
#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}
#[derive(QueryableByName)]
struct Bytes {
    #[diesel(sql_type = Nullable<Binary>)]
    v: Option<Vec<u8>>,
}

/// Whoever can write to the file.
struct Forger {
    conn: SqliteConnection,
    rng: StdRng,
}

impl Forger {
    fn number(&mut self, sql: &str) -> i64 {
        sql_query(sql).get_result::<Number>(&mut self.conn).unwrap().n
    }

    /// Whether rows changed; what the schema itself refuses is no forgery.
    fn run(&mut self, sql: &str) -> bool {
        sql_query(sql).execute(&mut self.conn).is_ok_and(|rows| rows > 0)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.rng.random_range(0..from.len())].clone()
    }

    /// A row of the table, as a condition on its primary key: not all tables have row numbers.
    fn any_row(&mut self, table: &str) -> Option<String> {
        let count = self.number(&format!("SELECT count(*) AS n FROM {table}"));
        (count > 0).then(|| {
            let skip = self.rng.random_range(0..count);
            let keys: Vec<Column> = sql_query(format!(
                "SELECT name, type AS kind FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"
            ))
            .load(&mut self.conn)
            .unwrap();
            let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
            let parts: Vec<String> =
                names.iter().map(|name| format!("'{name} = ' || quote({name})")).collect();
            let place: Column = sql_query(format!(
                "SELECT {} AS name, '' AS kind FROM {table} ORDER BY {} LIMIT 1 OFFSET {skip}",
                parts.join(" || ' AND ' || "),
                names.join(", ")
            ))
            .get_result(&mut self.conn)
            .unwrap();
            format!("({})", place.name)
        })
    }

    fn ticket(&mut self, among: &str) -> i64 {
        let sql = format!("SELECT DISTINCT ticket_id AS n FROM {among} ORDER BY 1");
        let ids: Vec<Number> = sql_query(sql).load(&mut self.conn).unwrap();
        let ids: Vec<i64> = ids.iter().map(|id| id.n).collect();
        self.pick(&ids)
    }

    /// Any column of any row of any table gets another value.
    fn edit(&mut self) -> Option<String> {
        let table = self.pick(&TABLES);
        let row = self.any_row(table)?;
        let sql = format!("SELECT name, type AS kind FROM pragma_table_info('{table}')");
        let columns: Vec<Column> = sql_query(sql).load(&mut self.conn).unwrap();
        let at = self.rng.random_range(0..columns.len());
        let Column { name, kind } = &columns[at];
        let value = match kind.as_str() {
            "BLOB" => {
                let sql = format!("SELECT {name} AS v FROM {table} WHERE {row}");
                let bytes: Bytes = sql_query(sql).get_result(&mut self.conn).unwrap();
                self.bent(bytes.v.unwrap_or_default())
            }
            "BOOLEAN" => format!("NOT COALESCE({name}, 0)"),
            "TEXT" => format!("COALESCE({name}, '') || 'x'"),
            _ => {
                let by = self.rng.random_range(1..1_000);
                let by = if self.rng.random_bool(0.5) { by } else { -by };
                format!("COALESCE({name}, 0) + {by}")
            }
        };
        self.run(&format!("UPDATE {table} SET {name} = {value} WHERE {row}"))
            .then(|| format!("edit {table}.{name}"))
    }

    /// One bit flipped, some bytes cut off, or nothing left.
    fn bent(&mut self, mut bytes: Vec<u8>) -> String {
        match self.rng.random_range(0..4) {
            0 if bytes.len() > 1 => bytes.truncate(self.rng.random_range(0..bytes.len())),
            _ if bytes.is_empty() => bytes.push(1),
            _ => {
                let at = self.rng.random_range(0..bytes.len());
                bytes[at] ^= 1 << self.rng.random_range(0..8);
            }
        }
        let mut text = String::from("x'");
        for byte in bytes {
            write!(text, "{byte:02x}").unwrap();
        }
        text + "'"
    }

    fn delete_row(&mut self) -> Option<String> {
        let table = self.pick(&TABLES);
        let row = self.any_row(table)?;
        self.run(&format!("DELETE FROM {table} WHERE {row}"))
            .then(|| format!("delete from {table}"))
    }

    /// The last events of a ticket go, with more or less care about what else tells of them.
    fn truncate(&mut self) -> String {
        let id = self.ticket("event");
        let last = self.number(&format!("SELECT max(seq) AS n FROM event WHERE ticket_id = {id}"));
        let keep = self.rng.random_range(0..last);
        let care = self.rng.random_range(0..4);
        self.run(&format!("DELETE FROM event WHERE ticket_id = {id} AND seq > {keep}"));
        if care > 0 {
            self.run(&format!("UPDATE ticket SET version = {keep} WHERE id = {id}"));
        }
        if care > 1 {
            let head = format!("SELECT hash FROM event WHERE ticket_id = {id} AND seq = {keep}");
            self.run(&format!(
                "UPDATE ticket_body SET head = COALESCE(({head}), head) WHERE ticket_id = {id}"
            ));
        }
        if care > 2 {
            self.run(&format!("DELETE FROM unsealed WHERE ticket_id = {id} AND seq > {keep}"));
        }
        format!("truncate with care {care}")
    }

    /// A sealed ticket vanishes with every trace outside the seals.
    fn vanish(&mut self) -> Option<String> {
        let id = self.ticket("seal_leaf");
        for table in [
            "event",
            "ticket_body",
            "assignment",
            "contact",
            "whistle",
            "ledger",
            "trail",
            "caller_key",
            "unsealed",
        ] {
            self.run(&format!("DELETE FROM {table} WHERE ticket_id = {id}"));
        }
        self.run(&format!("DELETE FROM ticket WHERE id = {id}")).then(|| "vanish".to_owned())
    }

    /// A row of a ticket that there is not.
    fn orphan(&mut self) -> Option<String> {
        let table = self.pick(&["assignment", "contact", "whistle", "ledger"]);
        let row = self.any_row(table)?;
        let columns: Vec<Column> =
            sql_query(format!("SELECT name, type AS kind FROM pragma_table_info('{table}')"))
                .load(&mut self.conn)
                .unwrap();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<&str> = names
            .iter()
            .map(|name| if *name == "ticket_id" { "ticket_id + 1" } else { name })
            .collect();
        let sql = format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {table} WHERE {row}",
            names.join(", "),
            values.join(", ")
        );
        self.run(&sql).then(|| format!("orphan in {table}"))
    }

    /// Seals go, the last ones or any, with their leaves or without.
    fn unseal(&mut self) -> Option<String> {
        let count = self.number("SELECT count(*) AS n FROM seal");
        let no = self.rng.random_range(1..=count);
        let (which, word) =
            if self.rng.random_bool(0.5) { ("=", "one") } else { (">=", "the last") };
        if self.rng.random_bool(0.5) {
            self.run(&format!("DELETE FROM seal_leaf WHERE seal_no {which} {no}"));
        }
        self.run(&format!("DELETE FROM seal WHERE no {which} {no}"))
            .then(|| format!("unseal {word}"))
    }

    /// Two values of one column change places.
    fn swap(&mut self) -> Option<String> {
        let choice = [
            ("event", "sealed"),
            ("event", "hash"),
            ("ticket_body", "doc"),
            ("ticket_body", "record_key"),
            ("ticket_body", "head"),
            ("seal_leaf", "head"),
            ("ticket", "title"),
            ("ticket", "next_at"),
        ];
        let (table, column) = self.pick(&choice);
        let (one, other) = (self.any_row(table)?, self.any_row(table)?);
        let value = |row: &str| format!("(SELECT {column} FROM {table} WHERE {row})");
        let (first, second) = (value(&one), value(&other));
        if self.number(&format!("SELECT {first} IS {second} AS n")) == 1 {
            return None;
        }
        let sql = format!(
            "UPDATE {table} SET {column} = CASE WHEN {one} THEN {second} ELSE {first} END \
             WHERE {one} OR {other}"
        );
        self.run(&sql).then(|| format!("swap {table}.{column}"))
    }

    /// An event made up, rightly chained, with everything that tells of it but the key.
    fn forge(&mut self) -> Option<String> {
        let id = self.ticket("event");
        let last = self.number(&format!("SELECT max(seq) AS n FROM event WHERE ticket_id = {id}"));
        let sql = format!("SELECT hash AS v FROM event WHERE ticket_id = {id} AND seq = {last}");
        let head: Bytes = sql_query(sql).get_result(&mut self.conn).unwrap();
        let mut sealed = vec![0; 80];
        self.rng.fill_bytes(&mut sealed);
        sealed[..5].copy_from_slice(&[1, 0, 0, 0, 0]);
        let seq = i32::try_from(last + 1).unwrap();
        let at = Stamp::from_millis(1_791_000_000_000);
        let hash = link(&head.v.unwrap(), id, seq, at, &sealed);
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let (sealed, hash) = (hex(&sealed), hex(&hash));
        self.run(&format!(
            "INSERT INTO event (ticket_id, seq, at, sealed, hash) \
             VALUES ({id}, {seq}, {}, x'{sealed}', x'{hash}')",
            at.millis()
        ));
        self.run(&format!(
            "INSERT INTO unsealed (ticket_id, since, seq) VALUES ({id}, {seq}, {seq})"
        ));
        self.run(&format!("UPDATE ticket SET version = {seq} WHERE id = {id}"));
        self.run(&format!("UPDATE ticket_body SET head = x'{hash}' WHERE ticket_id = {id}"))
            .then(|| "forge".to_owned())
    }

    fn any_forgery(&mut self) -> Option<String> {
        match self.rng.random_range(0..22) {
            0..9 => self.edit(),
            9..12 => self.delete_row(),
            12..15 => Some(self.truncate()),
            15 => self.vanish(),
            16 => self.unseal(),
            17..19 => self.swap(),
            19..21 => self.orphan(),
            _ => self.forge(),
        }
    }
}

fn prove(conn: SqliteConnection, keys: &MasterKey) -> (Vec<Fault>, SqliteConnection) {
    let mut conn = Conn::Sqlite(conn);
    let mut proof = Proof::new(keys);
    let none: Box<dyn Iterator<Item = String>> = Box::new(std::iter::empty());
    let mut log: Log<'_> = none.peekable();
    while proof.seals(&mut conn, &mut log).unwrap() {}
    let mut after = i64::MIN;
    while let Some(next) = proof.tickets(&mut conn, after).unwrap() {
        after = next;
    }
    let Conn::Sqlite(conn) = conn else { unreachable!() };
    (proof.problems.iter().map(|problem| problem.fault).collect(), conn)
}

/// Three seals, a tail after the last one, and a ticket that no seal knows.
fn city(desk: &Desk) -> Folder {
    let folder = Folder::new();
    let seal = || desk.hotline.seal(&seal_file(folder.path()), &Bell::default()).unwrap();
    let numbers = history(desk);
    seal();
    let ask =
        json!({"grounds": "须动用维修资金", "plan": "表决后施工", "promised_at": "2026-11-10"});
    let head = crate::support::desk::unit_head();
    desk.give(head, &numbers[0], CommandName::Ledger, ask).unwrap();
    seal();
    let reviewer = crate::support::desk::reviewer();
    desk.give(reviewer, &numbers[0], CommandName::LedgerDecide, json!({"approve": true})).unwrap();
    seal();
    let progress = json!({"text": "已报价"});
    desk.give_to(handler(), (&numbers[0], 1), CommandName::Progress, progress.clone()).unwrap();
    desk.give_to(handler(), (&numbers[0], 1), CommandName::Progress, progress).unwrap();
    desk.dispatched("ask");
    folder
}

#[test]
fn a_thousand_forgeries_are_all_found() {
    let test = TestDb::sqlite();
    let desk = Desk::new(&test);
    let _folder = city(&desk);
    let path = test.url.strip_prefix("sqlite://").unwrap();
    let conn = SqliteConnection::establish(path).unwrap();
    let (clean, conn) = prove(conn, &desk.hotline.keys);
    assert_eq!(clean, []);
    // As on PostgreSQL, where none stands guard (decision 0011).
    let mut conn = conn;
    conn.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    let mut forger = Forger { conn, rng: StdRng::seed_from_u64(12_345) };
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = 0;
    while count < FORGERIES {
        forger.conn.batch_execute("BEGIN IMMEDIATE").unwrap();
        if let Some(what) = forger.any_forgery() {
            let (faults, conn) = prove(forger.conn, &desk.hotline.keys);
            forger.conn = conn;
            assert!(!faults.is_empty(), "forgery {count} was not found: {what}");
            *found.entry(what).or_default() += 1;
            count += 1;
        }
        forger.conn.batch_execute("ROLLBACK").unwrap();
    }
    let (clean, _) = prove(forger.conn, &desk.hotline.keys);
    assert_eq!(clean, []);
    say(&format!("{count} forgeries of {} sorts, all found", found.len()));
}
