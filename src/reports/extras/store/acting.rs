//! Reports: warnings and campaigns out of their tables. Its rule: of a report about some, those that are about them; where
//! a warning cannot say so, none.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::assessment::GroupBy;
use crate::db::schema::{campaign, warning};
use crate::db::{Conn, each};
use crate::error::{Error, Result};
use crate::reports::extras::acting::{Campaign, Point, Warned, WarningFact, by_rule, key_of};
use crate::reports::frame::Frame;
use crate::time::Stamp;

/// What was raised in the window of `frame`, by rule.
pub fn warnings(conn: &mut Conn, frame: &Frame) -> Result<BTreeMap<String, Warned>> {
    type Keys = (Option<String>, Option<String>, Option<String>, Option<String>);
    type Line = (String, String, String, Option<bool>, Keys);
    let (start, end) = (frame.window.start, frame.window.end.min(frame.now));
    let within = warning::opened_at.ge(start.millis()).and(warning::opened_at.lt(end.millis()));
    let lines: Vec<Line> = each!(conn, c => warning::table
        .filter(within)
        .select((
            warning::rule,
            warning::grade,
            warning::state,
            warning::is_real,
            (warning::unit, warning::estate, warning::category, warning::company),
        ))
        .load::<Line>(c))?;
    let fact = |(rule, grade, state, real, (unit, estate, category, company)): Line| WarningFact {
        rule,
        alarm: grade == "alarm",
        closed: state == "closed",
        real,
        keys: [unit, estate, category, company],
    };
    let mut facts: Vec<WarningFact> = lines.into_iter().map(fact).collect();
    if let Some((by, inside)) = frame.inside() {
        facts.retain(|it| {
            let key = key_of(by).and_then(|place| it.keys[place].as_ref());
            key.is_some_and(|key| inside.contains(key))
        });
    }
    Ok(by_rule(&facts))
}

/// The campaigns that went on in the window of `frame`, the oldest first.
pub fn campaigns(conn: &mut Conn, frame: &Frame) -> Result<Vec<Campaign>> {
    type Line = (i64, String, String, Option<String>, Option<String>, String, Option<Stamp>);
    let (start, end) = (frame.window.start, frame.window.end.min(frame.now));
    let went_on =
        campaign::closed_at.is_null().or(campaign::closed_at.ge(start.millis()).assume_not_null());
    let lines: Vec<Line> = each!(conn, c => campaign::table
        .filter(campaign::created_at.lt(end.millis()))
        .filter(went_on)
        .order(campaign::id)
        .select((
            campaign::id,
            campaign::month,
            campaign::goal,
            campaign::category,
            campaign::estate,
            campaign::points,
            campaign::closed_at,
        ))
        .load::<Line>(c))?;
    let day = end.day(frame.zone);
    let mut found = Vec::new();
    for (id, month, goal, category, estate, points, closed_at) in lines {
        let all: Vec<Point> = serde_json::from_str(&points).map_err(Error::internal)?;
        let mut own: Vec<&Point> = all.iter().collect();
        let is_about = |key: Option<&String>, inside: &std::collections::BTreeSet<String>| {
            key.is_some_and(|key| inside.contains(key))
        };
        let shown = match frame.inside() {
            None => true,
            Some((GroupBy::Unit, inside)) => {
                own.retain(|point| inside.contains(&point.unit));
                !own.is_empty()
            }
            Some((GroupBy::Estate, inside)) => is_about(estate.as_ref(), inside),
            Some((GroupBy::Category, inside)) => is_about(category.as_ref(), inside),
            Some(_) => false,
        };
        if shown {
            let closed = closed_at.is_some();
            let bare = Campaign { id, month, goal, closed, points: 0, done: 0, late: 0 };
            found.push(bare.of_points(&own, day));
        }
    }
    Ok(found)
}
