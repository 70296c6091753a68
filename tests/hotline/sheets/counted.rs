//! What is there, counted from outside: rows of every table, rows of a sheet of rejects by another reader.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use calamine::{DataType, Reader, Xlsx, open_workbook};
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use jiesu::intake::Draft;
use jiesu::lifecycle::Hotline;
use jiesu::sheet::Form;
use serde_json::json;

use crate::support::databases::TestDb;
use crate::support::desk::agent;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}
#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What may stay of an import that was taken back: that it was, who did it, and the seals with what they
/// are over; and which numbers are given out.
const STAYS: [&str; 9] = [
    "import_batch",
    "removal",
    "removed_event",
    "audit_entry",
    "seal",
    "seal_leaf",
    "unsealed",
    "number_lease",
    "node_start",
];

/// How many rows each table has, but those that may stay.
pub fn counts(test: &TestDb) -> BTreeMap<String, i64> {
    let tables = if test.url.starts_with("sqlite") {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    } else {
        "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'"
    };
    test.db
        .read(|conn| {
            let tables: Vec<Name> = sql_query(tables).load(conn)?;
            let tables = tables.into_iter().map(|it| it.name);
            let mut counts = BTreeMap::new();
            for table in tables.filter(|name| !STAYS.contains(&name.as_str())) {
                let count = format!("SELECT count(*) AS n FROM \"{table}\"");
                let n = sql_query(count).get_result::<Count>(conn)?.n;
                counts.insert(table, n);
            }
            Ok(counts)
        })
        .unwrap()
}

/// A ticket of our own, taken in the first time it is asked for; its number and how often it was changed.
pub fn native(hotline: &Arc<Hotline>) -> (String, i32) {
    let no = "2026-000001";
    if let Some(there) = super::load(hotline, no) {
        return (there.ticket.no, there.version);
    }
    let draft: Draft = serde_json::from_value(json!({
        "kind": "help", "channel": "phone",
        "caller": {"name": "王芳", "phone": "10000000001", "reply_wanted": true},
        "matter": {"content": "三号楼顶层屋面漏水"},
    }))
    .unwrap();
    let made = hotline.take_in(&agent(), draft).unwrap().stored;
    (made.ticket.no, made.version)
}

/// The rows of a sheet of rejects: what stands first, and the reason, which stands last.
pub fn rejected(path: &Path, form: Form) -> Vec<(String, String)> {
    let rows: Vec<Vec<String>> = match form {
        Form::Xlsx => {
            let mut book: Xlsx<_> = open_workbook(path).unwrap();
            let range = book.worksheet_range_at(0).unwrap().unwrap();
            let text = |cell: &calamine::Data| cell.as_string().unwrap_or_default();
            range.rows().map(|row| row.iter().map(text).collect()).collect()
        }
        Form::Csv => {
            let bytes = std::fs::read(path).unwrap();
            assert!(bytes.starts_with(b"\xef\xbb\xbf"), "Excel reads it as UTF-8");
            let mut csv = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(&bytes[3..]);
            csv.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
        }
    };
    // No cell of it is a formula.
    let formula = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    assert!(!rows.iter().flatten().any(formula));
    let head = rows.iter().position(|row| row.contains(&"未导入原因".to_owned())).unwrap();
    let place = rows[head].iter().position(|cell| cell == "未导入原因").unwrap();
    rows[head + 1..].iter().map(|row| (row[0].clone(), row[place].clone())).collect()
}
