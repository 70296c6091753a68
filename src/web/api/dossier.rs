//! Web, `/tickets/{no}/dossier`: everything about a ticket on one page 一单一档. Its rule: what it shows is what its
//! reader may see elsewhere, the ticket, its events, its limits, and of the figures those of the reader's own scope.

mod past;
mod score;
mod words;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::history::{LimitExplained, all_limits, explained};
use super::tickets::{note_opening, shown};
use super::view::TicketView;
use crate::app::App;
use crate::code_enum;
use crate::db::Conn;
use crate::error::Result;
use crate::identity::Actor;
use crate::lifecycle::Hotline;
use crate::limits::ClockName;
use crate::papers::{dossier as page, when};
use crate::ticket::sight::{Sight, sight};
use crate::ticket::store;
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};
pub use past::ToldView;
use past::{DecisionView, StepView, decisions, steps};
use score::{ScoreView, score};
use words::{Named, named};

code_enum! {
    /// How it is shown.
    pub enum DossierFormat { Html = "html" "网页", Json = "json" "数据" }
}

/// How it is shown.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DossierQuery {
    /// `html`, a page to print, where nothing is said.
    #[param(value_type = Option<String>)]
    format: Option<DossierFormat>,
}

/// A limit with its explanation and its names.
#[derive(Serialize, ToSchema)]
struct LimitLine {
    /// 办理时限
    name: &'static str,
    /// Whose: nothing for the ticket's own.
    unit: Option<String>,
    /// `2026年11月9日24时`
    due: String,
    stopped: Option<String>,
    /// 按时, 超时, 未到期 …
    stands: &'static str,
    explained: LimitExplained,
}

/// Everything about a ticket, as much as the reader may see.
#[derive(Serialize, ToSchema)]
pub struct Dossier {
    /// Who printed it, and when.
    printed_by: String,
    printed_at: String,
    ticket: TicketView,
    /// The same in words.
    #[schema(value_type = Object)]
    words: Named,
    limits: Vec<LimitLine>,
    /// Every accepted command, oldest first.
    history: Vec<StepView>,
    /// Those of them that decided something.
    decisions: Vec<DecisionView>,
    /// The score of the final unit in the window that the ticket was received in, with and without it; nothing where
    /// no unit leads or the reader may not see that unit's figures.
    score: Option<ScoreView>,
}

/// Everything about a ticket on one page. Opening it is noted as opening the ticket.
#[utoipa::path(tag = "tickets", params(("no" = String, Path), DossierQuery), responses(
    (status = 200, description = "a page to print; with `format=json` the same as data", body = Dossier),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/tickets/{no}/dossier")]
pub async fn dossier(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
    Query(query): Query<DossierQuery>,
) -> Result<HttpResponse> {
    let html = query.format != Some(DossierFormat::Json);
    let answer = run_long(move || {
        let now = app.db.now();
        let (whole, day) = app.db.read(|conn| gather(conn, &app, &actor, (&no, now)))?;
        note_opening(&app.hotline, &actor, (&no, day))?;
        if html {
            Ok(Answer::text("text/html; charset=utf-8", page::page(&whole)?))
        } else {
            Answer::ok(&whole)
        }
    })
    .await?;
    let mut response = answer.respond();
    if html {
        // Nothing is fetched and nothing runs: what a citizen typed stays text.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-modals";
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CACHE_CONTROL, "private, no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
        ] {
            response.headers_mut().insert(name, header::HeaderValue::from_static(value));
        }
    }
    Ok(response)
}

/// What happened to the ticket `no`, in words, oldest first, as `actor` may see it.
///
/// # Errors
/// 404 where it is absent or not for their eyes.
pub fn story_of(hotline: &Hotline, actor: &Actor, no: &str) -> Result<Vec<ToldView>> {
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let stored = hotline.see(conn, &rules, actor, no)?;
        let is_copy = sight(&stored.ticket, actor, &rules.directory) == Sight::HandlingCopy;
        let (ticket, directory, zone) = (&stored.ticket, &rules.directory, rules.profile.zone);
        let events = store::load_events(conn, &stored)?;
        Ok(past::story(&past::Past { ticket, directory, zone, is_copy }, &events))
    })
}

fn gather(
    conn: &mut Conn,
    app: &App,
    actor: &Actor,
    (no, now): (&str, Stamp),
) -> Result<(Dossier, chrono::NaiveDate)> {
    let rules = app.hotline.rules.current(conn, now)?;
    let stored = app.hotline.see(conn, &rules, actor, no)?;
    let (ticket, zone) = (&stored.ticket, rules.profile.zone);
    let is_copy = sight(ticket, actor, &rules.directory) == Sight::HandlingCopy;
    let unit_of = |id: &Option<String>| {
        let k = id.as_ref()?.rsplit_once('-')?.1.parse().ok()?;
        Some(words::unit(&rules.directory, &ticket.assignments.get(&k)?.unit))
    };
    let limits = all_limits(ticket)
        .filter(|(_, timer)| !(is_copy && timer.clock == ClockName::Contact))
        .map(|(assignment, timer)| {
            Ok(LimitLine {
                name: timer.clock.zh(),
                unit: unit_of(&assignment),
                due: when::instant(timer.due_at, zone),
                stopped: timer.stopped_at.map(|at| when::instant(at, zone)),
                stands: words::stands(timer, now),
                explained: explained(&rules, assignment, timer, now)?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let events = store::load_events(conn, &stored)?;
    let past = past::Past { ticket, directory: &rules.directory, zone, is_copy };
    let whole = Dossier {
        printed_by: actor.name.clone(),
        printed_at: when::instant(now, zone),
        words: named(ticket, &rules, (actor, now)),
        limits,
        history: steps(&past, &events),
        decisions: decisions(&past, &events),
        score: score(conn, app, &rules, (actor, &stored, now))?,
        ticket: shown(&rules, actor, &stored, now),
    };
    Ok((whole, now.day(zone)))
}
