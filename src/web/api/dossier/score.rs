//! Web, dossier: what the ticket does to its unit. Its rule: the score of the table, by the same shares, in the window
//! that the ticket was received in; shown to those who may see that unit's figures. It is said whether it is as of now
//! or of a frozen edition, and what the check period took out is out of both.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::unit;
use crate::app::App;
use crate::assessment::facts::{Facts, Sym};
use crate::assessment::fraction::Fraction;
use crate::assessment::projection::{effect, score as score_of};
use crate::assessment::rules::Rules as Scoring;
use crate::assessment::{Edition, GroupBy, Question};
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::lifecycle::Rules;
use crate::limits::Window;
use crate::papers::when;
use crate::reports::{Reads, State, live};
use crate::ticket::store::{Stored, Vault};
use crate::time::Stamp;

/// A composite score with one ticket and without it.
#[derive(Serialize, ToSchema)]
struct CountedView {
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

/// A unit's composite score as it stands now, with one ticket and without it.
#[derive(Serialize, ToSchema)]
pub struct ScoreView {
    unit: String,
    name: String,
    /// The window that the ticket was received in.
    window: String,
    /// `name@version`: under which the score is made.
    profile: String,
    edition: Edition,
    /// The instant that it is of, as it is printed.
    as_of: String,
    /// An objection to its being counted was upheld: a freeze leaves it out.
    upheld: bool,
    #[serde(flatten)]
    counted: CountedView,
    /// The same of the latest frozen edition of the window's report that the reader knows of; it does not move.
    frozen: Option<FrozenView>,
}

/// A unit's composite score in a frozen report, with one ticket and without it.
#[derive(Serialize, ToSchema)]
struct FrozenView {
    /// The report's id.
    report: String,
    /// The number of the edition.
    number: i32,
    state: State,
    /// The state in Chinese.
    stands: &'static str,
    /// The unit that the ticket belonged to then.
    unit: String,
    name: String,
    profile: String,
    /// The instant that its figures are of, as it is printed.
    as_of: String,
    #[serde(flatten)]
    counted: CountedView,
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
    let (start, end, edition) = (window.start, window.end, Edition::Assessed);
    let facts = app.shelf.facts(conn, (start, end), scoring.repeat_days)?;
    let upheld = live::upheld_in(conn, (start, end), None)?.contains(&stored.id);
    let vault = Vault { keys: &app.hotline.keys };
    let facts = live::as_frozen(conn, (vault, rules), &window, facts)?;
    let ask = Question { start, end, now, by: GroupBy::Unit, edition, rules: &scoring };
    let sym = facts.names.find(lead.unit.as_str());
    Ok(Some(ScoreView {
        unit: lead.unit.to_string(),
        name: unit(&rules.directory, &lead.unit),
        window: window.label(),
        profile: scoring.profile.clone(),
        edition,
        as_of: when::instant(now, rules.profile.zone),
        upheld,
        counted: counted(&facts, &ask, (sym, stored.id)),
        frozen: frozen(conn, app, rules, (actor, &window, stored.id))?,
    }))
}

/// What `ticket` does to the score of `unit` by `ask`.
fn counted(facts: &Facts, ask: &Question<'_>, (unit, ticket): (Option<Sym>, i64)) -> CountedView {
    let found = unit.and_then(|unit| effect(facts, ask, unit, ticket));
    let plain = || unit.and_then(|unit| score_of(facts, ask, unit));
    let (with, without, points) = match found {
        Some(found) => (found.score, found.without, found.points),
        None => {
            let score = plain();
            (score, score, None)
        }
    };
    let value = |of: Option<Fraction>| of.map(Fraction::as_f64);
    CountedView {
        counts: found.is_some(),
        with: value(with),
        without: value(without),
        points: value(points),
        with_shown: printed(value(with)),
        without_shown: printed(value(without)),
        points_shown: value(points).map_or_else(|| "—".to_owned(), |it| format!("{it:+.2}")),
    }
}

/// The same of the latest frozen edition about `window`, where `actor` reads that and the ticket is in it.
fn frozen(
    conn: &mut Conn,
    app: &App,
    rules: &Rules,
    (actor, window, ticket): (&Actor, &Window, i64),
) -> Result<Option<FrozenView>> {
    let reads = Reads::of(actor);
    let found = live::frozen_of(conn, (window.start, window.end), &reads)?;
    let Some(row) = found else { return Ok(None) };
    let kept = app.drawer.open(conn, &row)?;
    let facts = &kept.body.facts;
    let Some(fact) = facts.tickets.iter().find(|fact| fact.id == ticket) else { return Ok(None) };
    let lead = UnitCode::new(facts.names.text(fact.keys.unit));
    if fact.keys.unit == Sym::NONE || reads.units().is_some_and(|own| !own.contains(&lead)) {
        return Ok(None);
    }
    let ask = kept.question(GroupBy::Unit, Edition::Assessed);
    Ok(Some(FrozenView {
        report: row.id.to_string(),
        number: row.edition,
        state: row.state,
        stands: row.state.zh(),
        name: unit(&rules.directory, &lead),
        unit: lead.to_string(),
        profile: kept.scoring.profile.clone(),
        as_of: when::instant(kept.taken_at, rules.profile.zone),
        counted: counted(facts, &ask, (Some(fact.keys.unit), ticket)),
    }))
}

fn printed(value: Option<f64>) -> String {
    value.map_or_else(|| "—".to_owned(), |it| format!("{it:.2}"))
}
