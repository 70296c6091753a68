//! Web: what is known of a caller and a matter, and `/vexatious`: who proposes, confirms and lifts the mark.
//! Its rule: for whoever reads any ticket; no unit, company or citizen ever reads it, and it stands in
//! nothing that leaves for them.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::assessment::store::{Repeat, repeat_of};
use crate::db::{Conn, Tx};
use crate::directory::{Directory, UnitCode};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::intake::vexatious::{
    DECIDERS, Eyes, Listed, MarkRow, MarkState, Proposal, Verdict, Why,
};
use crate::lifecycle::{Hotline, Rules};
use crate::ticket::Ticket;
use crate::ticket::again::About;
use crate::time::Stamp;
use crate::web::api::stretch::Onward;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Once, Query, RawBody, run};

/// Which ticket it repeats.
#[derive(Serialize, ToSchema)]
pub struct RepeatView {
    /// The number of the latest earlier one.
    of: String,
    /// How many earlier ones there are within those days.
    count: usize,
}

impl From<Repeat> for RepeatView {
    fn from(repeat: Repeat) -> Self {
        Self { of: repeat.of, count: repeat.count }
    }
}

/// A vexatious mark, or a proposal of one.
#[derive(Serialize, ToSchema)]
pub struct MarkView {
    id: String,
    state: MarkState,
    /// The number of the ticket it was proposed on.
    ticket: String,
    category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    estate: Option<String>,
    /// Where there is no estate.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// What it rests on: numbers of the caller's tickets about this matter.
    tickets: Vec<String>,
    /// Masked.
    reason: String,
    proposed_at: String,
    /// The login name.
    proposed_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_why: Option<String>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted_why: Option<String>,
    /// In lists: whether the ticket it was proposed on is still of this caller and matter. Where it is not, the mark
    /// counts and is shown nowhere else, and a proposal cannot be confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<bool>,
}

impl MarkView {
    pub(super) fn of(mark: MarkRow, zone: chrono_tz::Tz) -> Self {
        let shown = |at: Stamp| at.rfc3339(zone);
        Self {
            id: mark.id.to_string(),
            state: mark.state,
            tickets: mark.tickets(),
            ticket: mark.ticket_no,
            category: mark.category,
            estate: mark.estate,
            region: mark.region,
            reason: mark.reason,
            proposed_at: shown(mark.proposed_at),
            proposed_by: mark.proposed_name,
            decided_at: mark.decided_at.map(shown),
            decided_by: mark.decided_name,
            decided_why: mark.decided_why,
            ends_at: mark.ends_at.map(shown),
            lifted_at: mark.lifted_at.map(shown),
            lifted_by: mark.lifted_name,
            lifted_why: mark.lifted_why,
            holds: None,
        }
    }

    fn listed(it: Listed, zone: chrono_tz::Tz) -> Self {
        Self { holds: Some(it.holds), ..Self::of(it.mark, zone) }
    }
}

/// Whether `actor` sees all tickets and is of no unit that works on this one: whoever is both is its unit.
pub(super) fn is_no_handler(actor: &Actor, ticket: &Ticket, directory: &Directory) -> bool {
    let mut units = ticket.assignments.values().map(|it| &it.unit);
    let is_of = |own: &UnitCode| units.any(|unit| directory.subtree(unit).contains(own));
    actor.sees_all_tickets() && !actor.unit.as_ref().is_some_and(is_of)
}

/// What `actor` may know at `now` of the caller's other tickets about the same matter: which it repeats, and the
/// mark that stands.
pub(super) fn marks(
    conn: &mut Conn,
    hotline: &Hotline,
    rules: &Rules,
    actor: &Actor,
    (ticket, now): (&Ticket, Stamp),
) -> Result<(Option<RepeatView>, Option<MarkView>)> {
    let (Some(phone), Some(about), true) = (
        &ticket.caller.phone,
        About::of_ticket(ticket),
        is_no_handler(actor, ticket, &rules.directory),
    ) else {
        return Ok((None, None));
    };
    let caller = hotline.keys.phone_hash(phone);
    let days = i64::from(rules.profile.repeat_days);
    let repeat = repeat_of(conn, &caller, &about, ticket.received_at, days)?;
    let eyes = Eyes { actor, keys: &hotline.keys, directory: &rules.directory };
    let mark = eyes.in_force(conn, (&caller, &about), now)?;
    let mark = mark.map(|mark| MarkView::of(mark, rules.profile.zone));
    Ok((repeat.map(Into::into), mark))
}

/// Marks, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct MarkList {
    items: Vec<MarkView>,
    next: Option<String>,
}

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MarkQuery {
    /// `proposed`, those that wait for a second person, where nothing is said.
    pub state: Option<MarkState>,
    /// 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// Vexatious marks in one state, the oldest first; without a state the proposals that wait for a second person. Who
/// belongs to a unit that handled one of a mark's tickets is not shown it.
#[utoipa::path(tag = "vexatious marks", operation_id = "vexatious_list", params(MarkQuery), responses(
    (status = 200, body = MarkList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/vexatious")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<MarkQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&marks_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The marks that `query` names, as far as `actor` may see them.
///
/// # Errors
/// 403 for whoever decides none; 422 at `/limit` and `/after`.
pub fn marks_of(app: &App, actor: &Actor, query: &MarkQuery) -> Result<MarkList> {
    actor.require(&DECIDERS)?;
    let page = Onward::asked(query.limit, query.after.as_deref())?;
    let (state, now) = (query.state.unwrap_or(MarkState::Proposed), app.db.now());
    let found = app.db.read(|conn| {
        let directory = app.directory.current(conn)?;
        let eyes = Eyes { actor, keys: &app.keys, directory: &directory };
        eyes.list(conn, (state, now), page.after.unwrap_or(i64::MIN), page.most())
    })?;
    let (found, next) = page.of(found, |it| it.mark.id);
    let zone = app.config.site.zone;
    let items = found.into_iter().map(|it| MarkView::listed(it, zone)).collect();
    Ok(MarkList { items, next })
}

/// Proposes the mark on the caller and the matter of this ticket; it stands once a second person has confirmed it.
#[utoipa::path(tag = "vexatious marks", operation_id = "vexatious_propose", request_body = Proposal,
    params(("no" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, body = MarkView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "vexatious.already, vexatious.no_caller, vexatious.no_matter", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/tickets/{no}/vexatious")]
pub async fn propose(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path, raw, .. }| {
            let mark = app.hotline.propose_mark(tx, actor, path, || raw.parse())?;
            let place = format!("/api/v1/vexatious/{}", mark.id);
            Answer::created(place, &MarkView::of(mark, app.config.site.zone))
        })
        .await
}

/// Does `done` to a mark and answers the mark as it is then.
async fn say(
    asked: Once<String>,
    done: impl Fn(&mut Tx<'_>, &Hotline, &Actor, (i64, &RawBody)) -> Result<MarkRow>
    + Send
    + Sync
    + 'static,
) -> Result<HttpResponse> {
    asked
        .write(move |tx, asked| {
            let id = asked.path.parse().map_err(|_| Error::not_found())?;
            let mark = done(tx, &asked.app.hotline, &asked.actor, (id, &asked.raw))?;
            Answer::ok(&MarkView::of(mark, asked.app.config.site.zone))
        })
        .await
}

macro_rules! verdicts {
    ($($(#[$doc:meta])* $handler:ident $path:literal $name:literal $done:expr;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "vexatious marks", operation_id = $name, request_body = Why,
            params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
            responses(
                (status = 200, body = MarkView),
                (status = 403, body = Problem, content_type = "application/problem+json"),
                (status = 404, body = Problem, content_type = "application/problem+json"),
                (status = 409, body = Problem, content_type = "application/problem+json"),
                (status = 422, body = Problem, content_type = "application/problem+json"),
            ))]
        #[post($path)]
        pub async fn $handler(asked: Once<String>) -> Result<HttpResponse> {
            say(asked, $done).await
        })+
    };
}

verdicts! {
    /// The second person confirms a proposal: the mark stands from now on, until its day.
    confirm "/vexatious/{id}/confirm" "vexatious_confirm" |tx, hotline, actor, (id, raw)| {
        hotline.decide_mark(tx, actor, (id, Verdict::Confirm), || raw.parse())
    };
    /// The second person refuses a proposal.
    refuse "/vexatious/{id}/refuse" "vexatious_refuse" |tx, hotline, actor, (id, raw)| {
        hotline.decide_mark(tx, actor, (id, Verdict::Refuse), || raw.parse())
    };
    /// A reviewer lifts a mark before its day.
    lift "/vexatious/{id}/lift" "vexatious_lift" |tx, hotline, actor, (id, raw)| {
        hotline.lift_mark(tx, actor, id, || raw.parse())
    };
}

/// Every route of vexatious marks.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(list).service(propose).service(confirm).service(refuse).service(lift);
}
