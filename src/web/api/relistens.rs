//! Web, `/relistens`: surveys that somebody else hears again 重听. Its rule: nobody hears, or finds here, their own; what was
//! found is for the assessor to look at and changes no answer.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::calls::store::recorded;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::followup::drawn::{Difference, Finding, Heard, Stage, month};
use crate::followup::relisten::{READS, hear, may_hear};
use crate::followup::store::{self, RelistenRow, Which};
use crate::identity::Actor;
use crate::identity::store::account_of;
use crate::lifecycle::{Hotline, Rules};
use crate::ticket::overlay::{Attempt, BottomLine, Contacted, Satisfied, Solved};
use crate::ticket::store::rows::TicketRow;
use crate::ticket::store::{asked, load_many};
use crate::web::api::stretch::Onward;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Once, Query, RawBody, run};

/// A call began at most so long before its survey was written down.
const BEFORE_MS: i64 = 3_600_000;
/// Clocks of two machines differ by so much.
const AFTER_MS: i64 = 60_000;

/// Every route of re-listening.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(figures).service(list).service(record);
}

/// Which drawn surveys.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RelistenQuery {
    /// `open` where nothing is said.
    #[param(value_type = Option<String>)]
    pub stage: Option<Stage>,
    /// Asked in this month: `2026-11`.
    pub month: Option<String>,
    pub limit: Option<u32>,
    pub after: Option<String>,
}

/// Which month is counted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OfMonth {
    /// `2026-11`; this month where nothing is said.
    month: Option<String>,
}

/// A recording of the call, in the telephone system.
#[derive(Serialize, ToSchema)]
struct RecordingView {
    call_id: String,
    recording_id: String,
    at: String,
}

/// A drawn survey: what was written down, and what somebody else found.
#[derive(Serialize, ToSchema)]
pub struct RelistenView {
    id: String,
    /// The ticket's number.
    ticket: String,
    title: String,
    asked_at: String,
    month: String,
    /// The login name of who asked.
    surveyor: String,
    contacted: Option<Contacted>,
    solved: Option<Solved>,
    satisfied: Option<Satisfied>,
    bottom_line: Vec<BottomLine>,
    prompted: Option<bool>,
    /// Recorded calls with the caller's number at that time; none where the telephone system told of none.
    recordings: Vec<RecordingView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Difference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heard_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heard_by: Option<String>,
    /// What the reader may do to it now: `hear`, which is the `POST` to it.
    allowed: Vec<&'static str>,
}

/// A page of drawn surveys.
#[derive(Serialize, ToSchema)]
pub struct RelistenList {
    items: Vec<RelistenView>,
    next: Option<String>,
}

/// What was drawn of one surveyor in a month, and what was found.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct RelistenCount {
    /// The login name.
    surveyor: String,
    drawn: u64,
    /// Heard by somebody else: those that agree and those that differ.
    heard: u64,
    differing: u64,
    /// Without a recording that could be heard.
    unheard: u64,
}

/// The counts of a month.
#[derive(Serialize, ToSchema)]
pub struct RelistenFigures {
    month: String,
    items: Vec<RelistenCount>,
}

/// Drawn surveys, the oldest first; never the reader's own.
#[utoipa::path(tag = "tickets", operation_id = "relisten_list", params(RelistenQuery), responses(
    (status = 200, body = RelistenList),
    (status = 403, description = "only reviewers, assessors and leaders", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/relistens")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<RelistenQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&listed(&app.hotline, &actor, &query)?)).await.map(Answer::respond)
}

/// The drawn surveys that `query` asks for, as `actor` may see them.
///
/// # Errors
/// 403 for a role that reads none; 422 at `/month`, `/limit` and `/after`.
pub fn listed(hotline: &Hotline, actor: &Actor, query: &RelistenQuery) -> Result<RelistenList> {
    actor.require(READS)?;
    let page = Onward::asked(query.limit, query.after.as_deref())?;
    query.month.as_deref().map(check_month).transpose()?;
    let which = Which {
        stage: query.stage.unwrap_or(Stage::Open),
        month: query.month.as_deref(),
        not_of: actor.user,
    };
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let rows = store::list(conn, which, page.after.unwrap_or(i64::MIN), page.most())?;
        let (rows, next) = page.of(rows, |row| row.id);
        Ok(RelistenList { items: shown(conn, (hotline, &rules, actor), &rows)?, next })
    })
}

/// What was drawn in a month, heard and found to differ, by surveyor; without the reader's own.
#[utoipa::path(tag = "tickets", operation_id = "relisten_figures",
    params(OfMonth),
    responses(
        (status = 200, body = RelistenFigures),
        (status = 403, description = "only reviewers, assessors and leaders", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[get("/relistens/figures")]
pub async fn figures(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(asked): Query<OfMonth>,
) -> Result<HttpResponse> {
    let work = move || Answer::ok(&counted(&app.hotline, &actor, asked.month.as_deref())?);
    run(work).await.map(Answer::respond)
}

/// The counts of `asked`, such as `2026-11`, or of this month.
///
/// # Errors
/// 403 for a role that reads none; 422 at `/month`.
pub fn counted(hotline: &Hotline, actor: &Actor, asked: Option<&str>) -> Result<RelistenFigures> {
    actor.require(READS)?;
    asked.map(check_month).transpose()?;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let month = asked.map_or_else(|| month(now, rules.profile.zone), str::to_owned);
        let mut counts: BTreeMap<i64, RelistenCount> = BTreeMap::new();
        for (surveyor, finding) in store::found(conn, &month)? {
            if surveyor == actor.user {
                continue;
            }
            let count = counts.entry(surveyor).or_default();
            count.drawn += 1;
            match finding {
                Some(Finding::Agrees) => count.heard += 1,
                Some(Finding::Differs) => {
                    count.heard += 1;
                    count.differing += 1;
                }
                Some(Finding::Unheard) => count.unheard += 1,
                None => {}
            }
        }
        let mut items = Vec::with_capacity(counts.len());
        for (surveyor, count) in counts {
            items.push(RelistenCount { surveyor: name_of(conn, surveyor)?, ..count });
        }
        Ok(RelistenFigures { month, items })
    })
}

/// Writes down what somebody found who heard a drawn survey again: a reviewer or an assessor, not who asked, nobody of a unit
/// that handled the ticket. The survey stays as it is.
#[utoipa::path(tag = "tickets", operation_id = "relisten_record", request_body = Heard,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = RelistenView),
        (status = 403, description = "also own_request, relisten.own_unit", body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "relisten.heard", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/relistens/{id}")]
pub async fn record(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(move |tx, asked| {
            let id = asked.path.parse().map_err(|_| Error::not_found())?;
            let hotline = &asked.app.hotline;
            let rules = hotline.rules.current(tx.conn, tx.now)?;
            let raw: &RawBody = &asked.raw;
            let who = (&asked.actor, &*hotline.keys, &*rules.directory);
            let row = hear(tx, who, id, || raw.parse())?;
            let reader = (&**hotline, &*rules, &asked.actor);
            let mut views = shown(tx.conn, reader, &[row])?;
            Answer::ok(&views.pop())
        })
        .await
}

fn check_month(month: &str) -> Result<()> {
    let is_month =
        month.len() == 7 && NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").is_ok();
    if is_month { Ok(()) } else { Err(Error::field("/month", "field.format")) }
}

/// The login name of an account, or its id where it is no more.
fn name_of(conn: &mut Conn, id: i64) -> Result<String> {
    Ok(account_of(conn, id)?.map_or_else(|| id.to_string(), |account| account.name))
}

/// The views of `rows`, without those whose ticket was erased.
fn shown(
    conn: &mut Conn,
    (hotline, rules, actor): (&Hotline, &Rules, &Actor),
    rows: &[RelistenRow],
) -> Result<Vec<RelistenView>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.ticket_id).collect();
    let tickets = load_many(conn, rules.vault(&hotline.keys), &ids)?;
    let lines: BTreeMap<i64, TicketRow> =
        asked::rows(conn, &ids)?.into_iter().map(|line| (line.id, line)).collect();
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let Some((ticket, line)) = tickets.get(&row.ticket_id).zip(lines.get(&row.ticket_id))
        else {
            continue;
        };
        let own = |it: &&Attempt| it.at == row.asked_at && it.by == row.surveyor;
        let Some(attempt) = ticket.attempts.iter().find(own) else { continue };
        let may = may_hear(actor, (row.surveyor, ticket), &rules.directory).is_ok();
        let allowed = if may && row.heard_at.is_none() { vec!["hear"] } else { Vec::new() };
        views.push(RelistenView { allowed, ..view(conn, rules, row, (line, attempt))? });
    }
    Ok(views)
}

fn view(
    conn: &mut Conn,
    rules: &Rules,
    row: &RelistenRow,
    (line, attempt): (&TicketRow, &Attempt),
) -> Result<RelistenView> {
    let zone = rules.profile.zone;
    let surveyor = name_of(conn, row.surveyor)?;
    let recordings = recordings(conn, rules, row, (line, &surveyor))?;
    let heard_by = match row.heard_by {
        Some(id) => Some(name_of(conn, id)?),
        None => None,
    };
    Ok(RelistenView {
        id: row.id.to_string(),
        ticket: line.no.clone(),
        title: line.title.clone(),
        asked_at: row.asked_at.rfc3339(zone),
        month: row.month.clone(),
        surveyor,
        contacted: attempt.contacted,
        solved: attempt.solved,
        satisfied: attempt.satisfied,
        bottom_line: attempt.bottom_line.clone(),
        prompted: attempt.prompted,
        recordings,
        finding: row.finding,
        reason: row.reason,
        heard_at: row.heard_at.map(|at| at.rfc3339(zone)),
        heard_by,
        allowed: Vec::new(),
    })
}

/// What the telephone system recorded with the caller's number while the survey was asked, by this surveyor or by nobody
/// that it named.
fn recordings(
    conn: &mut Conn,
    rules: &Rules,
    row: &RelistenRow,
    (line, surveyor): (&TicketRow, &str),
) -> Result<Vec<RecordingView>> {
    let Some(hash) = &line.phone_hash else { return Ok(Vec::new()) };
    let within = (row.asked_at.plus_millis(-BEFORE_MS), row.asked_at.plus_millis(AFTER_MS));
    let mut calls = recorded(conn, hash, within)?;
    calls.retain(|call| call.agent.as_deref().is_none_or(|agent| agent == surveyor));
    let view = |call: crate::calls::Call| {
        Some(RecordingView {
            recording_id: call.recording_id?,
            call_id: call.call_id,
            at: call.first_at.rfc3339(rules.profile.zone),
        })
    };
    Ok(calls.into_iter().filter_map(view).collect())
}
