//! Proactive: the rows of warnings. Its rule: one open row for a rule and a cell; what was closed stays as it was.

pub mod campaigns;
pub mod tickets;

use diesel::dsl::max;
use diesel::prelude::*;

use super::dissatisfied::{Answered, Whose};
use super::finding::{Grade, Rule};
use super::sight::{OF_COMPANIES, Scope};
use crate::code_enum;
use crate::db::schema::{surveyed, warning, warning_mark};
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::Role;
use crate::time::Stamp;

code_enum! {
    /// How far a warning has come.
    pub enum WarningState {
        Open = "open" "待认领",
        Taken = "taken" "已认领",
        Acted = "acted" "已处置",
        Closed = "closed" "已关闭",
    }
}

/// A row of `warning`.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Identifiable,
)]
#[diesel(table_name = warning, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct WarningRow {
    pub id: i64,
    pub rule: Rule,
    pub cell: String,
    pub grade: Grade,
    pub estate: Option<String>,
    pub category: Option<String>,
    pub company: Option<String>,
    pub unit: Option<UnitCode>,
    pub desk: Option<Role>,
    pub ticket_id: i64,
    pub n: i32,
    pub threshold: i32,
    /// Numbers of tickets, as a JSON list.
    pub tickets: String,
    /// How it was counted, as JSON.
    pub why: String,
    pub state: WarningState,
    pub opened_at: Stamp,
    pub changed_at: Stamp,
    /// The login name of whoever took it.
    pub owner: Option<String>,
    pub taken_at: Option<Stamp>,
    /// Masked.
    pub act: Option<String>,
    pub acted_at: Option<Stamp>,
    /// Masked; of one that lapsed by itself `lapsed`.
    pub result: Option<String>,
    pub is_real: Option<bool>,
    pub closed_at: Option<Stamp>,
    pub closed_by: Option<String>,
    /// The grade that its rule gave it at its loudest; `grade` is what a demotion left of that.
    pub judged: Grade,
}

impl WarningRow {
    /// The numbers of the tickets it rests on.
    pub fn numbers(&self) -> Vec<String> {
        serde_json::from_str(&self.tickets).unwrap_or_default()
    }
}

/// The open warning of a rule and a cell.
///
/// # Errors
/// The database's own, as everywhere here.
pub fn open_of(conn: &mut Conn, rule: Rule, cell: &str) -> Result<Option<WarningRow>> {
    Ok(warning::table
        .filter(warning::rule.eq(rule.as_str()).and(warning::cell.eq(cell.to_owned())))
        .filter(warning::state.ne(WarningState::Closed.as_str()))
        .select(WarningRow::as_select())
        .first(conn)
        .optional()?)
}

/// Up to when a cell was dealt with: when somebody closed its last warning. One that lapsed settles nothing.
pub fn settled(conn: &mut Conn, rule: Rule, cell: &str) -> Result<Stamp> {
    let last: Option<Stamp> = warning::table
        .filter(warning::rule.eq(rule.as_str()).and(warning::cell.eq(cell.to_owned())))
        .filter(warning::is_real.is_not_null())
        .select(max(warning::closed_at))
        .first(conn)?;
    Ok(last.unwrap_or(Stamp::MIN))
}

pub fn insert(tx: &mut Tx<'_>, row: &WarningRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(warning::table).values(row).execute(c)?);
    Ok(())
}

pub fn save(tx: &mut Tx<'_>, row: &WarningRow) -> Result<()> {
    each!(tx.conn, c => diesel::update(warning::table.find(row.id)).set(row).execute(c)?);
    Ok(())
}

pub fn find(conn: &mut Conn, id: i64) -> Result<Option<WarningRow>> {
    Ok(warning::table.find(id).select(WarningRow::as_select()).first(conn).optional()?)
}

/// Closes what was only watched and has been quiet since `watched`, and lists that nothing was added to since
/// `listed`; answers how many. They say nothing of a rule's precision.
pub fn lapse(tx: &mut Tx<'_>, watched: Stamp, listed: Stamp) -> Result<usize> {
    let now = tx.now;
    let mut closed = 0;
    for (grade, before) in [(Grade::Watch, watched), (Grade::List, listed)] {
        let quiet = warning::table
            .filter(warning::state.eq(WarningState::Open.as_str()))
            .filter(warning::grade.eq(grade.as_str()))
            .filter(warning::changed_at.lt(before.millis()));
        closed += each!(tx.conn, c => diesel::update(quiet)
            .set((
                warning::state.eq(WarningState::Closed),
                warning::result.eq("lapsed"),
                warning::closed_at.eq(now),
            ))
            .execute(c)?);
    }
    Ok(closed)
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<WarningState>,
    pub rule: Option<Rule>,
    pub grade: Option<Grade>,
    pub estate: Option<String>,
    pub unit: Option<UnitCode>,
    /// The last warning of the page before.
    pub after: Option<i64>,
}

/// At most `most` warnings that `scope` sees and `filter` lets through, the newest first; closed ones only where
/// they are asked for.
pub fn page(conn: &mut Conn, scope: &Scope, filter: &Filter, most: i64) -> Result<Vec<WarningRow>> {
    let Some(query) = which(scope, filter) else { return Ok(Vec::new()) };
    Ok(query.order(warning::id.desc()).limit(most).select(WarningRow::as_select()).load(conn)?)
}

/// How many [`page`] has on all its pages.
pub fn count(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<i64> {
    let Some(query) = which(scope, filter) else { return Ok(0) };
    Ok(query.count().get_result(conn)?)
}

type Query<'a> = warning::BoxedQuery<'a, crate::db::conn::MultiBackend>;

/// The warnings that `scope` sees and `filter` lets through; nothing where there can be none.
fn which<'a>(scope: &Scope, filter: &Filter) -> Option<Query<'a>> {
    let mut query = warning::table.into_boxed();
    query = match scope {
        Scope::All => query,
        Scope::Units(units) => {
            let codes: Vec<String> = units.iter().map(ToString::to_string).collect();
            query.filter(warning::unit.eq_any(codes))
        }
        Scope::Company(None) => return None,
        Scope::Company(Some(own)) => {
            let rules = OF_COMPANIES.map(Rule::as_str);
            query.filter(warning::company.eq(own.to_string())).filter(warning::rule.eq_any(rules))
        }
    };
    query = match filter.state {
        Some(state) => query.filter(warning::state.eq(state.as_str())),
        None => query.filter(warning::state.ne(WarningState::Closed.as_str())),
    };
    if let Some(rule) = filter.rule {
        query = query.filter(warning::rule.eq(rule.as_str()));
    }
    if let Some(grade) = filter.grade {
        query = query.filter(warning::grade.eq(grade.as_str()));
    }
    if let Some(estate) = &filter.estate {
        query = query.filter(warning::estate.eq(estate.clone()));
    }
    if let Some(unit) = &filter.unit {
        query = query.filter(warning::unit.eq(unit.to_string()));
    }
    if let Some(after) = filter.after {
        query = query.filter(warning::id.lt(after));
    }
    Some(query)
}

/// What became of a rule's warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Precision {
    pub rule: Rule,
    /// Alarms of the rule that somebody closed, and how many of them were real.
    pub closed: i64,
    pub real: i64,
}

/// Of each rule that somebody closed an alarm of since `since`; what its rule itself only watched or listed says
/// nothing. A demoted rule's alarms are listed, and count: how else would it be known that it has become better?
pub fn precision(conn: &mut Conn, since: Stamp) -> Result<Vec<Precision>> {
    use diesel::dsl::count_star;
    let found: Vec<(Rule, Option<bool>, i64)> = warning::table
        .filter(warning::closed_at.ge(since.millis()).and(warning::is_real.is_not_null()))
        .filter(warning::judged.eq(Grade::Alarm.as_str()))
        .group_by((warning::rule, warning::is_real))
        .select((warning::rule, warning::is_real, count_star()))
        .load(conn)?;
    let mut all: Vec<Precision> = Vec::new();
    for rule in Rule::ALL {
        let own = found.iter().filter(|it| it.0 == *rule);
        let (mut closed, mut real) = (0, 0);
        for (_, is_real, count) in own {
            closed += count;
            real += if *is_real == Some(true) { *count } else { 0 };
        }
        all.push(Precision { rule: *rule, closed, real });
    }
    Ok(all)
}

/// Up to which seal it was looked, and the day on which the seasons were.
pub fn mark(conn: &mut Conn) -> Result<(i64, String)> {
    Ok(warning_mark::table
        .find(1)
        .select((warning_mark::seal_no, warning_mark::season_on))
        .first(conn)?)
}

/// Moves the mark from `from` to `to`; not, where somebody else has done it meanwhile.
pub fn move_mark(tx: &mut Tx<'_>, from: i64, to: i64) -> Result<bool> {
    let own =
        warning_mark::table.filter(warning_mark::id.eq(1).and(warning_mark::seal_no.eq(from)));
    let moved = each!(tx.conn, c => diesel::update(own)
        .set(warning_mark::seal_no.eq(to))
        .execute(c)?);
    Ok(moved > 0)
}

/// The seasons were looked at on `day`.
pub fn season_seen(tx: &mut Tx<'_>, day: &str) -> Result<()> {
    let day = day.to_owned();
    each!(tx.conn, c => diesel::update(warning_mark::table.find(1))
        .set(warning_mark::season_on.eq(day))
        .execute(c)?);
    Ok(())
}

/// A row of `surveyed`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = surveyed, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Surveyed {
    pub ticket_id: i64,
    pub ticket_no: String,
    pub at: Stamp,
    pub estate: Option<String>,
    pub company: Option<String>,
    pub dissatisfied: bool,
}

/// Keeps the last valid survey of a ticket.
pub fn keep_survey(tx: &mut Tx<'_>, row: &Surveyed) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(surveyed::table)
        .values(row)
        .on_conflict(surveyed::ticket_id)
        .do_update()
        .set(row)
        .execute(c)?);
    Ok(())
}

/// The same of one that was answered before anybody kept them; a row that is there is no older, and stays.
pub fn keep_earlier(tx: &mut Tx<'_>, row: &Surveyed) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(surveyed::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c)?);
    Ok(())
}

/// The latest `most` answers of an estate or a company, the latest first.
pub fn answers(conn: &mut Conn, whose: &Whose<'_>, most: i64) -> Result<Vec<Answered>> {
    let mut query = surveyed::table.into_boxed();
    query = match whose {
        Whose::Estate(code) => query.filter(surveyed::estate.eq((*code).to_owned())),
        Whose::Company(code) => query.filter(surveyed::company.eq((*code).to_owned())),
    };
    let found: Vec<(Stamp, String, bool)> = query
        .order((surveyed::at.desc(), surveyed::ticket_id.desc()))
        .limit(most)
        .select((surveyed::at, surveyed::ticket_no, surveyed::dissatisfied))
        .load(conn)?;
    let read = |(at, ticket, dissatisfied)| Answered { at, ticket, dissatisfied };
    Ok(found.into_iter().map(read).collect())
}
