//! Web, dossier: what the ticket does to its unit. Its rule: the score of the table, by the same shares, in the window
//! that the ticket was received in; shown to those who may see that unit's figures.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::unit;
use crate::app::App;
use crate::assessment::fraction::Fraction;
use crate::assessment::projection::{effect, score as score_of};
use crate::assessment::rules::Rules as Scoring;
use crate::assessment::{Edition, GroupBy, Question};
use crate::db::Conn;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::lifecycle::Rules;
use crate::ticket::store::Stored;
use crate::time::Stamp;

/// A unit's composite score with one ticket and without it.
#[derive(Serialize, ToSchema)]
pub struct ScoreView {
    unit: String,
    name: String,
    /// The window that the ticket was received in.
    window: String,
    /// `name@version`: under which the score is made.
    profile: String,
    edition: Edition,
    /// Whether the ticket counts in it: it has a valid survey, and stands not excluded.
    counts: bool,
    /// Unrounded; null where a rate has no answer yet.
    with: Option<f64>,
    /// Null where a rate would have no answer left.
    without: Option<f64>,
    /// What it brings, below zero: what it costs.
    points: Option<f64>,
    /// The same as they are printed.
    with_shown: String,
    without_shown: String,
    points_shown: String,
}

/// The score of the final unit of `stored`, where there is one and `actor` may see its figures.
pub fn score(
    conn: &mut Conn,
    app: &App,
    rules: &Rules,
    (actor, stored, now): (&Actor, &Stored, Stamp),
) -> Result<Option<ScoreView>> {
    let Some((_, lead)) = stored.ticket.final_lead() else { return Ok(None) };
    let sees_figures = actor.sees_all_tickets() || actor.works_for(&lead.unit);
    if !sees_figures || actor.has(Role::Platform) {
        return Ok(None);
    }
    let window = rules.window_of(stored.ticket.received_at)?;
    let scoring: Scoring = (&rules.of_window(&window)?.profile).into();
    let facts = app.shelf.facts(conn, (window.start, window.end), scoring.repeat_days)?;
    let (start, end, edition) = (window.start, window.end, Edition::Assessed);
    let ask = Question { start, end, now, by: GroupBy::Unit, edition, rules: &scoring };
    let sym = facts.names.find(lead.unit.as_str());
    let found = sym.and_then(|sym| effect(&facts, &ask, sym, stored.id));
    let plain = sym.and_then(|sym| score_of(&facts, &ask, sym));
    let (with, without, points) = match found {
        Some(found) => (found.score, found.without, found.points),
        None => (plain, plain, None),
    };
    let value = |of: Option<Fraction>| of.map(Fraction::as_f64);
    Ok(Some(ScoreView {
        unit: lead.unit.to_string(),
        name: unit(&rules.directory, &lead.unit),
        window: window.label(),
        profile: scoring.profile.clone(),
        edition,
        counts: found.is_some(),
        with: value(with),
        without: value(without),
        points: value(points),
        with_shown: printed(value(with)),
        without_shown: printed(value(without)),
        points_shown: value(points).map_or_else(|| "—".to_owned(), |it| format!("{it:+.2}")),
    }))
}

fn printed(value: Option<f64>) -> String {
    value.map_or_else(|| "—".to_owned(), |it| format!("{it:.2}"))
}
