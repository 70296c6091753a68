//! Web, `/rates/whatif` 试算: a period's figures under another profile, and its tickets by another dispatch catalogue.
//! Its rule: for whoever answers for the rules; nothing is kept, and no ticket is named.

mod dispatch;

use std::collections::BTreeMap;

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::dispatch::{TriedCatalogue, WhatIfDispatch};
use super::listed::{DefinitionView, definitions};
use crate::app::App;
use crate::assessment::fraction::Fraction;
use crate::assessment::{Depth, Edition, GroupBy, List, Metric, Row};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::Rules;
use crate::limits::Window;
use crate::ticket::store::{Vault, dispatched};
use crate::time::Stamp;
use crate::web::api::period::Period;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, RawBody, run_long};
use crate::whatif::compare::Line;
use crate::whatif::settings::{Effect, Setting};
use crate::whatif::{self, Asked, Candidate, Outcome, print};

/// A year and what a window may reach over it, in milliseconds: more is not replayed in one question.
const LONGEST_MS: i64 = 400 * 86_400_000;
/// Who asks.
pub const ASKS: &[Role] = &[Role::Assessor, Role::Leader, Role::Sysadmin];

/// Which period, and what is tried: a profile, a catalogue, or both, each by itself.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// `2026-10`; the window before the present one where no period is given.
    pub window: Option<String>,
    /// Instead of a window: a day or an RFC 3339 instant, included.
    pub from: Option<String>,
    /// A day or an RFC 3339 instant, not included.
    pub to: Option<String>,
    /// `unit` where nothing is said.
    pub group_by: Option<GroupBy>,
    /// `all` where nothing is said.
    pub edition: Option<Edition>,
    /// `true`: a row also holds what lies below it in the tree.
    pub rollup: Option<bool>,
    /// `default@2`: a profile on record, in force or not.
    pub profile: Option<String>,
    /// Instead: the text of one.
    pub toml: Option<String>,
    pub catalogue: Option<TriedCatalogue>,
}

/// One side of a figure.
#[derive(Serialize, ToSchema)]
struct WhatIfSide {
    num: Option<f64>,
    den: Option<i64>,
    /// num ÷ den, unrounded; null at a zero denominator.
    value: Option<f64>,
}

/// A figure as it is and as it would be.
#[derive(Serialize, ToSchema)]
struct WhatIfMoved {
    before: WhatIfSide,
    after: WhatIfSide,
    /// after − before of the exact fractions; null where either has no value.
    difference: Option<f64>,
}

/// Where a row stands among its peers.
#[derive(Serialize, ToSchema)]
struct WhatIfPlace {
    /// The response denominator.
    n: i64,
    rank: Option<u32>,
    band: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<List>,
    /// n is small: out of the ranks.
    flagged: bool,
}

/// One line of figures on both sides.
#[derive(Serialize, ToSchema)]
struct WhatIfLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    name: String,
    before: WhatIfPlace,
    after: WhatIfPlace,
    metrics: BTreeMap<&'static str, WhatIfMoved>,
    /// The metrics that change, in their order.
    changed: Vec<&'static str>,
}

/// A setting in which both profiles differ.
#[derive(Serialize, ToSchema)]
pub struct WhatIfSetting {
    /// As in the profile's text: `assessment.basic_satisfied`.
    pub setting: String,
    pub before: Option<String>,
    pub after: Option<String>,
    effect: Effect,
    /// The same in Chinese.
    pub said: &'static str,
}

/// The figures under two profiles.
#[derive(Serialize, ToSchema)]
pub struct WhatIfFigures {
    group_by: GroupBy,
    edition: Edition,
    /// `name@version` under which the figures are made.
    profile: String,
    /// What is tried, as it calls itself.
    tried: String,
    /// Whether it stands on record so, word for word.
    on_record: bool,
    rows: Vec<WhatIfLine>,
    total: WhatIfLine,
    /// Every setting that differs, and whether the figures were counted anew by it.
    pub settings: Vec<WhatIfSetting>,
    /// Limits and handling times that were left as they were recorded.
    kept: u64,
    /// What must be read with the figures.
    notes: Vec<String>,
    definitions: BTreeMap<&'static str, DefinitionView>,
    /// What the metrics would mean.
    tried_definitions: BTreeMap<&'static str, DefinitionView>,
}

/// What would be.
#[derive(Serialize, ToSchema)]
pub struct WhatIfAnswer {
    window: String,
    from: String,
    to: String,
    /// Where a profile is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<WhatIfFigures>,
    /// Where a catalogue is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispatch: Option<WhatIfDispatch>,
}

/// Replays a period under another profile or catalogue, and says what would differ, unit by unit. Nothing is recorded.
#[utoipa::path(tag = "figures", request_body = WhatIf, responses(
    (status = 200, body = WhatIfAnswer),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/rates/whatif")]
pub async fn what_if(
    app: web::Data<App>,
    Asker(actor): Asker,
    raw: RawBody,
) -> Result<HttpResponse> {
    // Who may not ask is not told what is wrong with the question.
    actor.require(ASKS)?;
    let asked: WhatIf = raw.parse()?;
    run_long(move || Answer::ok(&answer_of(&app, &actor, &asked)?)).await.map(Answer::respond)
}

/// What would be by what is `asked`.
///
/// # Errors
/// 403 for whoever does not answer for the rules; 422 for a window, a profile or a catalogue that there is not.
pub fn answer_of(app: &App, actor: &Actor, asked: &WhatIf) -> Result<WhatIfAnswer> {
    actor.require(ASKS)?;
    asked.answered(app)
}

impl WhatIf {
    fn answered(&self, app: &App) -> Result<WhatIfAnswer> {
        let hotline = &app.hotline;
        let now = hotline.db.now();
        let (rules, window, figures, tickets) = hotline.db.read(|conn| {
            let rules = hotline.rules.current(conn, now)?;
            let window = self.window(&rules, now)?;
            let figures = match self.candidate()? {
                Some(candidate) => {
                    let (book, on_record) = candidate.read(&rules)?;
                    let (vault, asked) = (Vault { keys: &hotline.keys }, self.asked(window));
                    let tried = (&*book, on_record);
                    Some(whatif::figures(conn, vault, &rules, asked, tried, now)?)
                }
                None => None,
            };
            let tickets = match &self.catalogue {
                Some(_) => Some(dispatched(conn, window.start, window.end)?),
                None => None,
            };
            Ok((rules, window, figures, tickets))
        })?;
        let dispatch = match (&self.catalogue, tickets) {
            (Some(tried), Some(tickets)) => {
                Some(dispatch::shown(tried.routed(&rules, &app.keys, now, tickets)?))
            }
            _ => None,
        };
        let zone = window.zone();
        Ok(WhatIfAnswer {
            window: window.label(),
            from: window.start.rfc3339(zone),
            to: window.end.rfc3339(zone),
            figures: figures.map(shown),
            dispatch,
        })
    }

    fn window(&self, rules: &Rules, now: Stamp) -> Result<Window> {
        let (window, from, to) = (self.window.as_deref(), self.from.as_deref(), self.to.as_deref());
        let period = Period { window, from, to };
        if period.is_unsaid() {
            return rules.window_before(now);
        }
        let window = period.read(rules)?;
        // Every ticket of it may have to be read.
        if window.end.millis_since(window.start) > LONGEST_MS {
            return Err(Error::field("/to", "field.too_long"));
        }
        Ok(window)
    }

    fn candidate(&self) -> Result<Option<Candidate<'_>>> {
        match (&self.profile, &self.toml) {
            (Some(_), Some(_)) => Err(Error::field("/toml", "whatif.both")),
            (Some(id), None) => Ok(Some(Candidate::Id(id))),
            (None, Some(text)) => Ok(Some(Candidate::Text(text))),
            (None, None) if self.catalogue.is_none() => {
                Err(Error::field("/profile", "whatif.nothing"))
            }
            (None, None) => Ok(None),
        }
    }

    fn asked(&self, window: Window) -> Asked {
        Asked {
            window,
            by: self.group_by.unwrap_or(GroupBy::Unit),
            depth: if self.rollup == Some(true) { Depth::RollUp } else { Depth::Own },
            edition: self.edition.unwrap_or(Edition::All),
        }
    }
}

fn shown(outcome: Outcome) -> WhatIfFigures {
    let notes = print::notes(&outcome);
    let (before, after) = &outcome.scoring;
    let setting = |it: Setting| WhatIfSetting {
        setting: it.name,
        before: it.before,
        after: it.after,
        effect: it.effect,
        said: it.effect.zh(),
    };
    WhatIfFigures {
        group_by: outcome.asked.by,
        edition: outcome.asked.edition,
        profile: outcome.before,
        tried: outcome.after,
        on_record: outcome.on_record,
        definitions: definitions(before),
        tried_definitions: definitions(after),
        rows: outcome.lines.iter().map(line).collect(),
        total: line(&outcome.total),
        settings: outcome.settings.into_iter().map(setting).collect(),
        kept: outcome.kept,
        notes,
    }
}

fn line(line: &Line) -> WhatIfLine {
    let place = |row: &Row| WhatIfPlace {
        n: row.n,
        rank: row.rank,
        band: row.band,
        list: row.list,
        flagged: row.flagged,
    };
    let moved = |metric: &Metric| {
        let side = |row: &Row| {
            let cell = row.cell(*metric);
            WhatIfSide { num: cell.num, den: cell.den, value: cell.value }
        };
        let difference = line.difference(*metric).map(Fraction::as_f64);
        (
            metric.as_str(),
            WhatIfMoved { before: side(&line.before), after: side(&line.after), difference },
        )
    };
    let changes = Metric::ALL.iter().filter(|metric| line.changes(**metric));
    WhatIfLine {
        key: line.key().map(str::to_owned),
        name: line.before.name.clone(),
        before: place(&line.before),
        after: place(&line.after),
        metrics: Metric::ALL.iter().map(moved).collect(),
        changed: changes.map(|metric| metric.as_str()).collect(),
    }
}
