//! Knowledge: what is counted: uses of articles, and what no article answered. Its rule: rows are added and, in
//! time, forgotten; they name no ticket and nobody.

use std::collections::BTreeMap;

use diesel::dsl::{count, max, min};
use diesel::prelude::*;

use super::ArticleCode;
use super::gaps::{Gap, GapSource};
use super::prints::Print;
use crate::db::schema::{article_use, knowledge_gap, reply_print, tickets};
use crate::db::{Conn, Tx, each};
use crate::directory::{CategoryCode, EstateCode, RegionCode};
use crate::error::Result;
use crate::ticket::Cited;
use crate::time::Stamp;

/// How often answers rested on an article, and when the last one did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    pub times: i64,
    pub last_at: Stamp,
}

/// What use was made of the articles called `codes`; of those never used nothing is said.
///
/// # Errors
/// As the database says.
pub fn used(conn: &mut Conn, codes: &[ArticleCode]) -> Result<BTreeMap<ArticleCode, Used>> {
    let rows: Vec<(ArticleCode, i64, Option<Stamp>)> = article_use::table
        .filter(article_use::code.eq_any(codes))
        .group_by(article_use::code)
        .select((article_use::code, count(article_use::id), max(article_use::at)))
        .load(conn)?;
    let read = |(code, times, last_at): (ArticleCode, i64, Option<Stamp>)| {
        Some((code, Used { times, last_at: last_at? }))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Notes that an answer rests on an article.
pub(super) fn note_use(tx: &mut Tx<'_>, cited: &Cited) -> Result<()> {
    let row = (
        article_use::id.eq(tx.id()),
        article_use::code.eq(&cited.code),
        article_use::version.eq(cited.version),
        article_use::at.eq(tx.now),
    );
    each!(tx.conn, c => diesel::insert_into(article_use::table).values(row).execute(c))?;
    Ok(())
}

/// Notes that `words` were asked and nothing answered them; answers the row.
///
/// # Errors
/// As the database says.
pub fn note_gap(tx: &mut Tx<'_>, source: GapSource, words: &str) -> Result<i64> {
    let id = tx.id();
    let row = (
        knowledge_gap::id.eq(id),
        knowledge_gap::at.eq(tx.now),
        knowledge_gap::source.eq(source),
        knowledge_gap::words.eq(words),
    );
    each!(tx.conn, c => diesel::insert_into(knowledge_gap::table).values(row).execute(c))?;
    Ok(id)
}

/// Takes back the gap `id`: it was the beginning of a question.
///
/// # Errors
/// As the database says.
pub fn forget_gap(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    diesel::delete(knowledge_gap::table.find(id)).execute(tx.conn)?;
    Ok(())
}

/// Gaps that are listed: each is compared with every article.
const LISTED: usize = 500;

/// What was asked since `since`, the most asked first, as many as are listed.
///
/// # Errors
/// As the database says.
pub fn gaps(conn: &mut Conn, since: Stamp) -> Result<Vec<Gap>> {
    type Row = (GapSource, String, i64, Option<Stamp>, Option<Stamp>);
    let rows: Vec<Row> = knowledge_gap::table
        .filter(knowledge_gap::at.ge(since))
        .group_by((knowledge_gap::source, knowledge_gap::words))
        .select((
            knowledge_gap::source,
            knowledge_gap::words,
            count(knowledge_gap::id),
            min(knowledge_gap::at),
            max(knowledge_gap::at),
        ))
        .load(conn)?;
    let read = |(source, words, asked, first_at, last_at): Row| {
        Some(Gap { source, words, asked, first_at: first_at?, last_at: last_at? })
    };
    let mut gaps: Vec<Gap> = rows.into_iter().filter_map(read).collect();
    gaps.sort_by(|a, b| (b.asked, b.last_at, &a.words).cmp(&(a.asked, a.last_at, &b.words)));
    gaps.truncate(LISTED);
    Ok(gaps)
}

/// Forgets what was asked before `before`, `most` at a time; answers how many.
///
/// # Errors
/// As the database says.
pub fn forget_gaps(tx: &mut Tx<'_>, before: Stamp, most: i64) -> Result<usize> {
    let old: Vec<i64> = knowledge_gap::table
        .filter(knowledge_gap::at.lt(before))
        .order((knowledge_gap::at, knowledge_gap::id))
        .limit(most)
        .select(knowledge_gap::id)
        .load(tx.conn)?;
    Ok(diesel::delete(knowledge_gap::table.filter(knowledge_gap::id.eq_any(old)))
        .execute(tx.conn)?)
}

/// The most replies that one is compared with.
const COMPARED: i64 = 500;

/// Keeps what a reply to the ticket comes to.
pub(super) fn note_print(tx: &mut Tx<'_>, ticket_id: i64, print: Print) -> Result<()> {
    let [a, b, c, d] = print.quarters();
    let row = (
        reply_print::id.eq(tx.id()),
        reply_print::ticket_id.eq(ticket_id),
        reply_print::print.eq(print.0),
        (reply_print::a.eq(a), reply_print::b.eq(b), reply_print::c.eq(c), reply_print::d.eq(d)),
    );
    each!(tx.conn, conn => diesel::insert_into(reply_print::table).values(row).execute(conn))?;
    Ok(())
}

/// What a ticket is about, as far as it decides whether two are on the same matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matter {
    pub category: Option<CategoryCode>,
    pub estate: Option<EstateCode>,
    pub region: Option<RegionCode>,
}

type Codes = (Option<CategoryCode>, Option<EstateCode>, Option<RegionCode>);

impl From<Codes> for Matter {
    fn from((category, estate, region): Codes) -> Self {
        Self { category, estate, region }
    }
}

/// What the other tickets are about whose replies come to the same, of the newest replies first.
///
/// # Errors
/// As the database says.
pub fn told_alike(conn: &mut Conn, ticket_id: i64, print: Print) -> Result<Vec<Matter>> {
    let [a, b, c, d] = print.quarters();
    let quarter = reply_print::a.eq(a).or(reply_print::b.eq(b)).or(reply_print::c.eq(c));
    let others: Vec<(i64, Codes)> = reply_print::table
        .inner_join(tickets::table.on(tickets::id.eq(reply_print::ticket_id)))
        .filter(reply_print::ticket_id.ne(ticket_id))
        .filter(quarter.or(reply_print::d.eq(d)))
        .order(reply_print::id.desc())
        .limit(COMPARED)
        .select((reply_print::print, (tickets::category, tickets::estate, tickets::region)))
        .load(conn)?;
    let alike = others.into_iter().filter(|(other, _)| print.is_near(Print(*other)));
    Ok(alike.map(|(_, codes)| codes.into()).collect())
}

/// What the ticket with this id is about.
///
/// # Errors
/// As the database says.
pub fn matter_of(conn: &mut Conn, ticket_id: i64) -> Result<Matter> {
    let codes: Codes = tickets::table
        .find(ticket_id)
        .select((tickets::category, tickets::estate, tickets::region))
        .first(conn)?;
    Ok(codes.into())
}
