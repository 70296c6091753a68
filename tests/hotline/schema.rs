//! The tables as diesel sees them are the tables as they are, on both databases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};

use crate::support::databases::{TestDb, on_each_database};

/// Table to column to type and whether it may be empty.
type Tables = BTreeMap<String, BTreeMap<String, String>>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    in_table: String,
    #[diesel(sql_type = Text)]
    named: String,
    #[diesel(sql_type = Text)]
    of_type: String,
    #[diesel(sql_type = Text)]
    may_be_null: String,
}

/// Read from the text of `src/db/schema/*.rs`, so that no table can be left out.
fn written() -> Tables {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db/schema");
    let mut tables = Tables::new();
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let text: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .filter(|line| !line.trim_start().starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n");
        for table in text.split("table! {").skip(1) {
            let (head, rest) = table.split_once('{').unwrap();
            let name = head.split('(').next().unwrap().trim().to_owned();
            let columns = rest.split_once('}').unwrap().0;
            let columns = columns.split(",\n").filter_map(|line| line.split_once("->"));
            let columns = columns
                .map(|(name, of)| (name.trim().to_owned(), plain(of.trim().trim_end_matches(','))));
            assert!(
                tables.insert(name.clone(), columns.collect()).is_none(),
                "{name} is there twice"
            );
        }
    }
    assert!(tables.len() > 3);
    tables
}

/// `Nullable<BigInt>` as `bigint?`.
fn plain(of: &str) -> String {
    let (of, end) = match of.strip_prefix("Nullable<") {
        Some(inner) => (inner.trim_end_matches('>'), "?"),
        None => (of, ""),
    };
    format!("{}{end}", word(of))
}

fn word(of: &str) -> &'static str {
    match of.to_ascii_lowercase().as_str() {
        "bigint" => "bigint",
        "integer" => "integer",
        "text" => "text",
        "bool" | "boolean" => "boolean",
        "rowid" => "rowid",
        "binary" | "blob" | "bytea" => "binary",
        "double" | "double precision" => "double",
        other => panic!("the type {other} is none of those that both databases share"),
    }
}

on_each_database! {
    fn the_schema_written_is_the_schema_there(test: &TestDb) {
        let question = if test.url.starts_with("sqlite") {
            "SELECT m.name AS in_table, c.name AS named,
                    CASE WHEN c.pk = 1 AND c.type = 'INTEGER' THEN 'rowid' ELSE c.type END AS of_type,
                    CASE WHEN c.\"notnull\" = 1 THEN 'NO' ELSE 'YES' END AS may_be_null
             FROM sqlite_master m, pragma_table_xinfo(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        } else {
            "SELECT table_name::text AS in_table, column_name::text AS named,
                    data_type::text AS of_type, is_nullable::text AS may_be_null
             FROM information_schema.columns WHERE table_schema = 'public'"
        };
        let columns: Vec<Column> =
            test.db.read(|conn| Ok(diesel::sql_query(question).load(conn)?)).unwrap();
        let mut there = Tables::new();
        for column in columns {
            if matches!(column.in_table.as_str(), "__diesel_schema_migrations" | "schema_lock") {
                continue;
            }
            let end = if column.may_be_null == "YES" { "?" } else { "" };
            let of = format!("{}{end}", word(&column.of_type));
            there.entry(column.in_table).or_default().insert(column.named, of);
        }
        let written = written();
        for (table, columns) in &written {
            let found = there.get_mut(table).unwrap_or_else(|| panic!("no table {table}"));
            for (name, of) in found.iter_mut().filter(|(_, of)| *of == "rowid") {
                // The number by which SQLite keeps the row: of 64 bits, however narrow the column.
                assert!(matches!(columns[name].as_str(), "bigint" | "integer"), "{table} {name}");
                of.clone_from(&columns[name]);
            }
            assert_eq!(there.get(table), Some(columns), "table {table}");
            assert!(columns.len() <= 32, "table {table} has more columns than diesel takes");
        }
        assert_eq!(there.keys().collect::<Vec<_>>(), written.keys().collect::<Vec<_>>());
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// What is asked of the platform's two tables at any size, by values that the planner does not see.
const OF_THE_PLATFORM: &[&str] = &[
    "SELECT * FROM backfill WHERE state IN (?, ?, ?, ?) ORDER BY due_at, id LIMIT ?",
    "SELECT id FROM backfill WHERE state IN (?, ?) AND (next_at IS NULL OR next_at < ? AND NOT EXISTS
        (SELECT earlier.id FROM backfill AS earlier WHERE earlier.ticket_id = backfill.ticket_id
            AND earlier.revision < backfill.revision AND earlier.state IN (?, ?)))
        ORDER BY id LIMIT ?",
    "SELECT * FROM backfill WHERE upstream_no IN (?, ?, ?) ORDER BY ticket_id, revision",
    "SELECT DISTINCT upstream_no FROM upstream_message WHERE fate = ? AND upstream_no > ?
        ORDER BY upstream_no LIMIT ?",
    "SELECT * FROM upstream_message WHERE fate = ? ORDER BY received_at DESC, id DESC LIMIT ?",
    "SELECT * FROM upstream_message WHERE fate = ? AND received_at <= ?
        AND (received_at < ? OR received_at = ? AND id < ?)
        ORDER BY received_at DESC, id DESC LIMIT ?",
    "SELECT * FROM upstream_message ORDER BY received_at DESC, id DESC LIMIT ?",
    "UPDATE upstream_message SET body = NULL WHERE ticket_no = ?",
];

on_each_database! {
    fn no_question_about_the_platform_walks_a_whole_table(test: &TestDb) {
        let asks = |question: &str| -> Vec<Step> {
            test.db.read(|conn| Ok(diesel::sql_query(question).load(conn)?)).unwrap()
        };
        if !test.url.starts_with("sqlite") {
            // A planner of small tables walks them whatever there is: only the indexes can be asked for.
            let there = asks("SELECT indexdef AS detail FROM pg_indexes WHERE schemaname = 'public'
                AND tablename IN ('backfill', 'upstream_message')");
            for of in ["(state, due_at, id)", "(upstream_no)", "(fate, upstream_no)",
                "(fate, received_at, id)", "(received_at, id)", "(ticket_no)"] {
                assert!(there.iter().any(|index| index.detail.ends_with(of)), "no index {of}");
            }
            return;
        }
        for question in OF_THE_PLATFORM {
            let plan = asks(&format!("EXPLAIN QUERY PLAN {question}"));
            assert!(!plan.is_empty());
            for step in plan.iter().map(|step| step.detail.as_str()) {
                let here = step.contains("backfill") || step.contains("upstream_message");
                let all = !question.contains("WHERE") && step.contains("USING INDEX");
                assert!(all || !(here && step.starts_with("SCAN")), "{question}: {step}");
                let by_fate = step.contains("fate=?") || !question.contains("fate =");
                assert!(by_fate || !here, "{question}: {step}");
                // Only what is open is sorted: the rest may be millions.
                let sorts = step.contains("TEMP B-TREE");
                assert!(!sorts || question.contains("IN ("), "{question}: {step}");
            }
        }
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |database: &str| -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .inspect(|entry| {
                assert!(entry.path().join("up.sql").is_file());
                assert!(entry.path().join("down.sql").is_file());
            })
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    named: String,
}

#[test]
fn both_databases_have_the_same_indexes() {
    let Some(postgres) = TestDb::postgres() else { return };
    let names = |test: &TestDb, question: &str| -> BTreeSet<String> {
        let found: Vec<Index> =
            test.db.read(|conn| Ok(diesel::sql_query(question).load(conn)?)).unwrap();
        found.into_iter().map(|index| index.named).collect()
    };
    // What a key brings with it is named by each database as it likes.
    let here = names(
        &TestDb::sqlite(),
        "SELECT name AS named FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    );
    let there = names(
        &postgres,
        "SELECT c.relname::text AS named FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid
             WHERE n.nspname = 'public' AND k.oid IS NULL",
    );
    assert!(here.len() > 50, "{here:?}");
    assert_eq!(here, there);
}
