//! Web, `/bottom-line`: cases of the bottom line 触碰底线 and their figures. Its rule: the unit reads and answers its own,
//! those who judge all; which ticket a case rests on is said only to who sees that ticket.

pub mod counted;
mod sheet;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::assessment::Edition;
use crate::bottomline::case::{Explained, Ruling};
use crate::bottomline::store::{self, Which};
use crate::bottomline::{CaseRow, CaseState, Desk, Rang, Source};
use crate::db::{Conn, Tx};
use crate::directory::{Directory, UnitCode};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::lifecycle::Rules;
use crate::limits::Light;
use crate::ticket::listing::visible;
use crate::ticket::overlay::BottomLine;
use crate::ticket::sight::scope;
use crate::ticket::store::numbers_of;
use crate::time::Stamp;
use crate::web::api::period::Period;
use crate::web::api::stretch::Onward;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Once, Query, RawBody, run};

/// Every route of the bottom line.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(counted::counted)
        .service(list)
        .service(sheet::cases_csv)
        .service(sheet::cases_xlsx)
        .service(answer)
        .service(decide);
}

/// The test call that a case rests on.
#[derive(Serialize, ToSchema)]
struct CalledView {
    id: String,
    number: String,
    at: String,
    outcome: Rang,
}

/// A case.
#[derive(Serialize, ToSchema)]
pub struct CaseView {
    id: String,
    flag: BottomLine,
    flag_name: &'static str,
    source: Source,
    source_name: &'static str,
    unit: String,
    unit_name: String,
    /// The ticket's number, for whoever sees that ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_call: Option<CalledView>,
    opened_at: String,
    due_at: String,
    /// Of the answer: red where it is overdue or came late.
    light: Light,
    state: CaseState,
    state_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    /// What the reader may do: `answer`, `decide`.
    allowed: Vec<&'static str>,
}

/// The unit's word and the reviewer's.
type Words = (Option<String>, Option<String>);

/// Shows cases to one reader.
struct Shown<'a> {
    desk: Desk<'a>,
    zone: chrono_tz::Tz,
    now: Stamp,
}

impl Shown<'_> {
    fn all(&self, conn: &mut Conn, cases: Vec<CaseRow>) -> Result<Vec<CaseView>> {
        let tickets: Vec<i64> = cases.iter().filter_map(|case| case.ticket_id).collect();
        let seen = visible(conn, &scope(self.desk.actor), &tickets)?;
        let seen: Vec<i64> = seen.into_iter().collect();
        let numbers = numbers_of(conn, &seen)?;
        let calls: Vec<i64> = cases.iter().filter_map(|case| case.test_call_id).collect();
        let calls = store::calls(conn, &calls)?;
        let mut views = Vec::with_capacity(cases.len());
        for case in cases {
            let words = self.desk.words(conn, &case)?;
            let allowed = self.desk.allowed(conn, &case, self.now)?;
            let ticket = case.ticket_id.and_then(|id| numbers.get(&id).cloned());
            let call = calls.iter().find(|call| Some(call.id) == case.test_call_id);
            let test_call = call.map(|call| CalledView {
                id: call.id.to_string(),
                number: call.number.clone(),
                at: call.at.rfc3339(self.zone),
                outcome: call.outcome,
            });
            views.push(self.view(case, (words, allowed), (ticket, test_call)));
        }
        Ok(views)
    }

    fn view(
        &self,
        case: CaseRow,
        ((said, ruled), allowed): (Words, Vec<&'static str>),
        (ticket, test_call): (Option<String>, Option<CalledView>),
    ) -> CaseView {
        let shown = |at: Stamp| at.rfc3339(self.zone);
        let light = match case.answered_at {
            Some(at) if at > case.due_at => Light::Red,
            Some(_) => Light::Green,
            None => Light::of(Some(case.soon_at), Some(case.due_at), self.now),
        };
        CaseView {
            id: case.id.to_string(),
            flag: case.flag,
            flag_name: case.flag.zh(),
            source: case.source,
            source_name: case.source.zh(),
            unit_name: name_of(self.desk.directory, case.unit.as_str()),
            allowed,
            unit: case.unit.to_string(),
            ticket,
            test_call,
            opened_at: shown(case.opened_at),
            due_at: shown(case.due_at),
            light,
            state: case.state,
            state_name: case.state.zh(),
            answer: said,
            answered_at: case.answered_at.map(shown),
            answered_by: case.answered_name,
            decision: ruled,
            decided_at: case.decided_at.map(shown),
            decided_by: case.decided_name,
        }
    }
}

/// The name of a unit; its code where the directory has no such unit any more.
pub(super) fn name_of(directory: &Directory, code: &str) -> String {
    let unit = directory.unit(&UnitCode::from(code));
    unit.map_or_else(|| code.to_owned(), |unit| unit.name.clone())
}

/// Which cases.
#[derive(Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CaseQuery {
    #[param(value_type = Option<String>)]
    state: Option<CaseState>,
    #[param(value_type = Option<String>)]
    flag: Option<BottomLine>,
    #[param(value_type = Option<String>)]
    unit: Option<UnitCode>,
    /// Opened in this window, as `/bottom-line` counts them.
    window: Option<String>,
    from: Option<String>,
    to: Option<String>,
    #[param(value_type = Option<String>)]
    edition: Option<Edition>,
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl CaseQuery {
    /// What it asks of the cases of `own`, or of all.
    fn which(&self, own: Option<Vec<UnitCode>>, rules: &Rules) -> Result<Which> {
        let units = match (self.unit.clone(), own) {
            (Some(unit), Some(own)) => Some(own.into_iter().filter(|it| *it == unit).collect()),
            (Some(unit), None) => Some(vec![unit]),
            (None, own) => own,
        };
        let (window, from, to) = (&self.window, &self.from, &self.to);
        let (window, from, to) = (window.as_deref(), from.as_deref(), to.as_deref());
        let period = Period { window, from, to };
        let window = if period.is_unsaid() { None } else { Some(period.read(rules)?) };
        Ok(Which {
            units,
            state: self.state,
            flag: self.flag,
            opened: window.map(|window| (window.start, window.end)),
            is_assessed: self.edition == Some(Edition::Assessed),
        })
    }
}

/// A page of cases.
#[derive(Serialize, ToSchema)]
pub struct CaseList {
    items: Vec<CaseView>,
    next: Option<String>,
}

/// Cases of the bottom line, the oldest first: a unit its own, those who judge all.
#[utoipa::path(tag = "bottom line", operation_id = "bottom_line_cases", params(CaseQuery), responses(
    (status = 200, body = CaseList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/bottom-line/cases")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<CaseQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&listed(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The cases that `actor` may see of those that `query` asks for.
///
/// # Errors
/// 403 for a role that sees none; 422 for a window that there is not, at `/limit` and at `/after`.
pub fn listed(app: &App, actor: &Actor, query: &CaseQuery) -> Result<CaseList> {
    let page = Onward::asked(query.limit, query.after.as_deref())?;
    let (now, zone) = (app.db.now(), app.config.site.zone);
    app.db.read(|conn| {
        let rules = app.hotline.rules.current(conn, now)?;
        let desk = Desk { actor, keys: &app.keys, directory: &rules.directory };
        let which = query.which(desk.units()?, &rules)?;
        let found = store::list(conn, &which, page.after.unwrap_or(i64::MIN), page.most())?;
        let (found, next) = page.of(found, |case| case.id);
        let items = Shown { desk, zone, now }.all(conn, found)?;
        Ok(CaseList { items, next })
    })
}

/// Does `done` to a case and answers the case as it is then.
async fn say(
    asked: Once<String>,
    done: impl Fn(&mut Tx<'_>, Desk<'_>, (i64, &RawBody)) -> Result<CaseRow> + Send + Sync + 'static,
) -> Result<HttpResponse> {
    asked
        .write(move |tx, asked| {
            let id = asked.path.parse().map_err(|_| Error::not_found())?;
            let (hotline, actor) = (&asked.app.hotline, &asked.actor);
            let rules = hotline.rules.current(tx.conn, tx.now)?;
            let desk = Desk { actor, keys: &hotline.keys, directory: &rules.directory };
            let case = done(tx, desk, (id, &asked.raw))?;
            let shown = Shown { desk, zone: asked.app.config.site.zone, now: tx.now };
            let mut views = shown.all(tx.conn, vec![case])?;
            Answer::ok(&views.pop())
        })
        .await
}

/// The head of the unit says what was.
#[utoipa::path(tag = "bottom line", operation_id = "bottom_line_answer", request_body = Explained,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = CaseView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "bottom_line.answered, bottom_line.decided, bottom_line.erased", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/bottom-line/cases/{id}/answer")]
pub async fn answer(asked: Once<String>) -> Result<HttpResponse> {
    say(asked, |tx, desk, (id, raw)| desk.answer(tx, id, || raw.parse())).await
}

/// A reviewer upholds or dismisses it, once it is answered or overdue: not whoever flagged it, nobody of the unit.
#[utoipa::path(tag = "bottom line", operation_id = "bottom_line_decide", request_body = Ruling,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = CaseView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "bottom_line.awaits_answer, bottom_line.decided", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/bottom-line/cases/{id}/decide")]
pub async fn decide(asked: Once<String>) -> Result<HttpResponse> {
    say(asked, |tx, desk, (id, raw)| desk.decide(tx, id, || raw.parse())).await
}
