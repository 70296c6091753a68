//! Reports: warnings and campaigns out of their tables. Its rule: of a report about some, those that are about them; where
//! a warning cannot say so, none. Words come without the callers of the tickets that they cite: no erasure reaches them.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use crate::assessment::GroupBy;
use crate::db::schema::{campaign, warning};
use crate::db::{Conn, each};
use crate::error::{Error, Result};
use crate::reports::extras::acting::{Campaign, Point, Warned, WarningFact, by_rule};
use crate::reports::frame::Frame;
use crate::reports::said::texts::mask_callers;
use crate::sealing::MasterKey;
use crate::time::Stamp;

/// What was raised in the window of `frame`, by rule.
pub fn warnings(conn: &mut Conn, frame: &Frame) -> Result<BTreeMap<String, Warned>> {
    type Came = (Option<bool>, Option<Stamp>);
    type Keys = (Option<String>, Option<String>, Option<String>, Option<String>);
    type Line = (String, String, String, Came, Keys);
    let (start, end) = (frame.window.start, frame.window.end.min(frame.now));
    let within = warning::opened_at.ge(start.millis()).and(warning::opened_at.lt(end.millis()));
    let lines: Vec<Line> = each!(conn, c => warning::table
        .filter(within)
        .select((
            warning::rule,
            warning::judged,
            warning::state,
            (warning::is_real, warning::acted_at),
            (warning::unit, warning::estate, warning::category, warning::company),
        ))
        .load::<Line>(c))?;
    let fact = |(rule, judged, state, (real, acted_at), keys): Line| {
        let (unit, estate, category, company) = keys;
        WarningFact {
            rule,
            alarm: judged == "alarm",
            acted: acted_at.is_some(),
            closed: state == "closed",
            real,
            keys: [unit, estate, category, company],
        }
    };
    let mut facts: Vec<WarningFact> = lines.into_iter().map(fact).collect();
    if let Some((by, inside)) = frame.inside() {
        facts.retain(|it| it.key(by).is_some_and(|key| inside.contains(key)));
    }
    Ok(by_rule(&facts))
}

/// The campaigns that went on in the window of `frame`, the oldest first.
pub fn campaigns(conn: &mut Conn, keys: &MasterKey, frame: &Frame) -> Result<Vec<Campaign>> {
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
    let as_of = end.day(frame.zone);
    let mut found = Vec::new();
    for (id, month, goal, category, estate, points, closed_at) in lines {
        let mut points: Vec<Point> = serde_json::from_str(&points).map_err(Error::internal)?;
        for (point, k) in points.iter_mut().zip(1..) {
            point.k = k;
        }
        if shows(frame, &mut points, (estate.as_ref(), category.as_ref())) {
            let closed = closed_at.is_some();
            let mut one = Campaign { id, month, goal, closed, points, as_of };
            unnamed(conn, keys, &mut one)?;
            found.push(one);
        }
    }
    Ok(found)
}

/// Whether the report shows a campaign about these; of a unit's report its own points stay alone.
fn shows(
    frame: &Frame,
    points: &mut Vec<Point>,
    (estate, category): (Option<&String>, Option<&String>),
) -> bool {
    let is_in = |key: Option<&String>, inside: &BTreeSet<String>| {
        key.is_some_and(|key| inside.contains(key))
    };
    match frame.inside() {
        None => true,
        Some((GroupBy::Unit, inside)) => {
            points.retain(|point| inside.contains(point.unit.as_str()));
            !points.is_empty()
        }
        Some((GroupBy::Estate, inside)) => is_in(estate, inside),
        Some((GroupBy::Category, inside)) => is_in(category, inside),
        Some(_) => false,
    }
}

fn unnamed(conn: &mut Conn, keys: &MasterKey, one: &mut Campaign) -> Result<()> {
    let mut words = vec![&mut one.goal];
    for point in &mut one.points {
        words.push(&mut point.what);
        words.extend(point.proof.as_mut());
    }
    mask_callers(conn, keys, &mut words)
}
