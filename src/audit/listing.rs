//! Audit: reading the trail. Its rule: newest first, in pages by (instant, id); who may read is
//! asked before (`identity::trail`, `ticket`).

use diesel::{
    BoolExpressionMethods, EscapeExpressionMethods, ExpressionMethods, JoinOnDsl, QueryDsl,
    Queryable, RunQueryDsl, TextExpressionMethods,
};

use super::{Line, Went};
use crate::db::Conn;
use crate::db::schema::audit_entry::{self as t};
use crate::db::schema::audit_subject::{self as many};
use crate::error::Result;
use crate::time::Stamp;

/// Which entries; all that are given must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub from: Option<Stamp>,
    /// Not included.
    pub to: Option<Stamp>,
    pub account_name: Option<String>,
    pub action: Option<String>,
    /// Kind and number.
    pub subject: Option<(String, String)>,
    /// The last line of the page before.
    pub after: Option<(Stamp, i64)>,
}

#[derive(Queryable)]
struct Row {
    id: i64,
    at: Stamp,
    account_id: i64,
    account_name: String,
    action: String,
    outcome: Went,
    subject_kind: String,
    subject: String,
    purpose: Option<String>,
    detail: Option<String>,
    _once_key: Option<String>,
}

impl From<Row> for Line {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            at: row.at,
            account: row.account_id,
            name: row.account_name,
            action: row.action,
            outcome: row.outcome,
            subject_kind: row.subject_kind,
            subject: row.subject,
            purpose: row.purpose,
            detail: row.detail,
        }
    }
}

/// At most `limit` lines that `filter` lets through, newest first.
pub fn page(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Line>> {
    let query = which(filter);
    let rows: Vec<Row> = query.order((t::at.desc(), t::id.desc())).limit(limit).load(conn)?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// How many lines `filter` lets through.
pub fn count(conn: &mut Conn, filter: &Filter) -> Result<i64> {
    Ok(which(filter).count().get_result(conn)?)
}

type Query<'a> = t::BoxedQuery<'a, crate::db::conn::MultiBackend>;

fn which<'a>(filter: &Filter) -> Query<'a> {
    let mut query = t::table.into_boxed();
    if let Some(from) = filter.from {
        query = query.filter(t::at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(t::at.lt(to));
    }
    if let Some(name) = &filter.account_name {
        query = query.filter(t::account_name.eq(name.clone()));
    }
    if let Some(action) = &filter.action {
        query = query.filter(t::action.eq(action.clone()));
    }
    if let Some((kind, subject)) = &filter.subject {
        query = query.filter(t::subject_kind.eq(kind.clone()).and(t::subject.eq(subject.clone())));
    }
    if let Some((at, id)) = filter.after {
        query = query.filter(t::at.le(at)).filter(t::at.lt(at).or(t::at.eq(at).and(t::id.lt(id))));
    }
    query
}

/// Everyone who has done one of `actions` to `subject` (opened it, had its clear values shown), to it alone or to
/// many at once (an export in clear), oldest first.
pub fn readers_of(
    conn: &mut Conn,
    subject: (&str, &str),
    actions: &[&str],
    limit: u32,
) -> Result<Vec<Line>> {
    let (kind, no) = subject;
    let mut rows: Vec<Row> = t::table
        .filter(t::subject_kind.eq(kind).and(t::subject.eq(no)))
        .filter(t::action.eq_any(actions))
        .order((t::at, t::id))
        .limit(i64::from(limit))
        .load(conn)?;
    rows.extend(with_many(conn, subject, actions, limit)?);
    rows.sort_by_key(|row| (row.at, row.id));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(rows.into_iter().map(Line::from).collect())
}

/// The entries that have `no` among many others.
fn with_many(
    conn: &mut Conn,
    (kind, no): (&str, &str),
    actions: &[&str],
    limit: u32,
) -> Result<Vec<Row>> {
    let mut line = String::with_capacity(no.len() + 4);
    for c in no.chars() {
        if matches!(c, '%' | '_' | '\\') {
            line.push('\\');
        }
        line.push(c);
    }
    let found: Vec<(Row, String)> = t::table
        .inner_join(many::table.on(many::entry_id.eq(t::id)))
        .filter(many::subject_kind.eq(kind))
        .filter(many::lowest.le(no).and(many::highest.ge(no)))
        .filter(many::subjects.like(format!("%\n{line}\n%")).escape('\\'))
        .filter(t::action.eq_any(actions))
        .order((t::at, t::id))
        .limit(i64::from(limit))
        .select((t::all_columns, many::subjects))
        .load(conn)?;
    // One database does not tell large letters from small ones.
    let is_it = |(_, lines): &(Row, String)| lines.lines().any(|line| line == no);
    Ok(found.into_iter().filter(is_it).map(|(row, _)| row).collect())
}
