//! Knowledge: the rows of articles and their versions. Its rule: whatever changes an article raises the mark in
//! the same write and adds a version; no version is ever changed.

use diesel::prelude::*;

use super::{Act, Article, ArticleCode, ArticleState, Content, Copy};
use crate::db::page::{cut, one_more};
use crate::db::schema::{article, article_version, knowledge_mark};
use crate::db::{Conn, Tx, each};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::time::Stamp;

/// Which library this is: it rises with every change; the instant tells it apart from one of the same number
/// that was rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub version: i64,
    pub changed_at: Stamp,
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = article, treat_none_as_default_value = false)]
struct Row {
    code: ArticleCode,
    version: i32,
    state: ArticleState,
    draft: String,
    draft_by: i64,
    live: Option<String>,
    live_version: Option<i32>,
    task: Option<String>,
    changed_at: Stamp,
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = article_version, treat_none_as_default_value = false)]
struct VersionRow {
    code: ArticleCode,
    version: i32,
    at: Stamp,
    by_id: i64,
    by_name: String,
    act: Act,
    changed: String,
    note: Option<String>,
    content: String,
}

/// What was done to an article, for its version.
#[derive(Debug)]
pub(super) struct Done<'a> {
    pub act: Act,
    /// The fields that differ from what it was before.
    pub changed: Vec<&'static str>,
    pub note: Option<&'a str>,
    /// The text that was saved, published, confirmed or retired.
    pub content: &'a Content,
}

/// One act on an article, and the text it was about.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    pub version: i32,
    pub at: Stamp,
    /// The login name.
    pub by: String,
    pub act: Act,
    /// Fields that differ: from the text saved before, of a publication from what was published before.
    pub changed: Vec<String>,
    /// Why it was retired.
    pub note: Option<String>,
    pub content: Content,
}

/// The library's present mark: one small query.
///
/// # Errors
/// As the database says.
pub fn mark(conn: &mut Conn) -> Result<Mark> {
    let row = knowledge_mark::table
        .select((knowledge_mark::version, knowledge_mark::changed_at))
        .filter(knowledge_mark::id.eq(1));
    let (version, changed_at) = each!(conn, c => row.first(c))?;
    Ok(Mark { version, changed_at })
}

/// Every article as it is now.
///
/// # Errors
/// As the database says.
pub fn all(conn: &mut Conn) -> Result<Vec<Article>> {
    let rows: Vec<Row> = article::table.select(Row::as_select()).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The article with this number.
///
/// # Errors
/// As the database says.
pub fn one(conn: &mut Conn, code: &ArticleCode) -> Result<Option<Article>> {
    let found = article::table.find(code).select(Row::as_select()).first(conn).optional()?;
    found.map(read).transpose()
}

/// A page of at most `limit` acts on the article, newest first, before the version `before`, and the version to go on
/// from.
///
/// # Errors
/// As the database says.
pub fn versions(
    conn: &mut Conn,
    code: &ArticleCode,
    before: Option<i32>,
    acts: &[Act],
    limit: usize,
) -> Result<(Vec<Version>, Option<i32>)> {
    let most = one_more(limit);
    let rows: Vec<VersionRow> = article_version::table
        .filter(article_version::code.eq(code))
        .filter(article_version::version.lt(before.unwrap_or(i32::MAX)))
        .filter(article_version::act.eq_any(acts))
        .order(article_version::version.desc())
        .limit(most)
        .select(VersionRow::as_select())
        .load(conn)?;
    let (rows, next) = cut(rows, limit, |row| row.version);
    let versions = rows.into_iter().map(read_version).collect::<Result<_>>()?;
    Ok((versions, next))
}

/// A number that no article had.
pub(super) fn next_code(tx: &mut Tx<'_>) -> Result<ArticleCode> {
    diesel::update(knowledge_mark::table.filter(knowledge_mark::id.eq(1)))
        .set(knowledge_mark::last_no.eq(knowledge_mark::last_no + 1))
        .execute(tx.conn)?;
    let no: i64 = knowledge_mark::table
        .filter(knowledge_mark::id.eq(1))
        .select(knowledge_mark::last_no)
        .first(tx.conn)?;
    Ok(ArticleCode::new(format!("zs-{no:04}")))
}

/// Adds an article with its first version.
pub(super) fn add(tx: &mut Tx<'_>, it: &Article, actor: &Actor, done: &Done<'_>) -> Result<()> {
    raise(tx)?;
    let row = row(it)?;
    each!(tx.conn, c => diesel::insert_into(article::table).values(&row).execute(c))?;
    note(tx, it, actor, done)
}

/// Keeps an article as it is now, and the version that made it so.
pub(super) fn change(tx: &mut Tx<'_>, it: &Article, actor: &Actor, done: &Done<'_>) -> Result<()> {
    raise(tx)?;
    let row = row(it)?;
    diesel::update(article::table.find(&it.code))
        .set((
            article::version.eq(row.version),
            article::state.eq(row.state),
            article::draft.eq(row.draft),
            article::draft_by.eq(row.draft_by),
            article::live.eq(row.live),
            article::live_version.eq(row.live_version),
            article::task.eq(row.task),
            article::changed_at.eq(row.changed_at),
        ))
        .execute(tx.conn)?;
    note(tx, it, actor, done)
}

/// The mark first: two changes at once meet here, and one of them runs again.
fn raise(tx: &mut Tx<'_>) -> Result<()> {
    diesel::update(knowledge_mark::table.filter(knowledge_mark::id.eq(1)))
        .set((
            knowledge_mark::version.eq(knowledge_mark::version + 1),
            knowledge_mark::changed_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

fn note(tx: &mut Tx<'_>, it: &Article, actor: &Actor, done: &Done<'_>) -> Result<()> {
    let row = VersionRow {
        code: it.code.clone(),
        version: it.version,
        at: tx.now,
        by_id: actor.user,
        by_name: actor.name.clone(),
        act: done.act,
        changed: done.changed.join(","),
        note: done.note.map(str::to_owned),
        content: text(done.content)?,
    };
    each!(tx.conn, c => diesel::insert_into(article_version::table).values(&row).execute(c))?;
    Ok(())
}

fn row(it: &Article) -> Result<Row> {
    Ok(Row {
        code: it.code.clone(),
        version: it.version,
        state: it.state,
        draft: text(&it.draft.content)?,
        draft_by: it.draft_by,
        live: it.live().map(text).transpose()?,
        live_version: it.live.as_ref().map(|(version, _)| *version),
        task: it.task.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?,
        changed_at: it.changed_at,
    })
}

fn text(content: &Content) -> Result<String> {
    serde_json::to_string(content).map_err(Error::internal)
}

fn read(row: Row) -> Result<Article> {
    let copy = |text: &str| serde_json::from_str(text).map(Copy::of).map_err(Error::internal);
    let live = row.live_version.zip(row.live.as_deref());
    let task = row.task.as_deref().map(serde_json::from_str).transpose();
    Ok(Article {
        code: row.code,
        version: row.version,
        state: row.state,
        draft: copy(&row.draft)?,
        draft_by: row.draft_by,
        live: live.map(|(version, text)| copy(text).map(|copy| (version, copy))).transpose()?,
        task: task.map_err(Error::internal)?,
        changed_at: row.changed_at,
    })
}

fn read_version(row: VersionRow) -> Result<Version> {
    let changed = row.changed.split(',').filter(|name| !name.is_empty());
    Ok(Version {
        version: row.version,
        at: row.at,
        by: row.by_name,
        act: row.act,
        changed: changed.map(str::to_owned).collect(),
        note: row.note,
        content: serde_json::from_str(&row.content).map_err(Error::internal)?,
    })
}
