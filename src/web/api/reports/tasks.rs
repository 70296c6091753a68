//! Web, `/reports/tasks`: what leaders wrote on reports, as tasks of units. Its rule: units find their own, whether they
//! may read the report itself or not.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::task_view::TaskView;
use super::{desk, read_id};
use crate::app::App;
use crate::db::Tx;
use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::Actor;
use crate::reports::kinds::TaskState;
use crate::reports::said::task::store::Filter;
use crate::reports::said::task::{Accepting, Answering, SendingBack};
use crate::reports::{Aim, Desk, Task};
use crate::time::Stamp;
use crate::web::api::stretch::Onward;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, RawBody, Refused, VersionHeaders, Versioned, run};

/// Tasks, the newest first.
#[derive(Serialize, ToSchema)]
pub struct TaskList {
    items: Vec<TaskView>,
    next: Option<String>,
}

/// Which tasks.
#[derive(Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TaskQuery {
    #[param(value_type = Option<String>)]
    state: Option<TaskState>,
    #[param(value_type = Option<String>)]
    unit: Option<UnitCode>,
    /// Only those whose answer is owed though its limit is past.
    overdue: Option<bool>,
    /// 1 to 500, 50 where nothing is said.
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

impl TaskQuery {
    /// The tasks behind the id `after` that are asked for.
    pub(super) fn filter(&self, now: Stamp, after: Option<i64>) -> Filter {
        let overdue_at = self.overdue.unwrap_or_default().then_some(now);
        Filter { state: self.state, unit: self.unit.clone(), overdue_at, after }
    }
}

/// What leaders wrote on reports: a task for each unit, the newest first. Units find their own.
#[utoipa::path(tag = "reports", operation_id = "reports_tasks", params(TaskQuery), responses(
    (status = 200, body = TaskList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/reports/tasks")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<TaskQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&listed(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The tasks that `actor` sees.
///
/// # Errors
/// 403 for whom none is there; 422 at `/limit` and `/after`.
pub fn listed(app: &App, actor: &Actor, query: &TaskQuery) -> Result<TaskList> {
    let page = Onward::asked(query.limit, query.after.as_deref())?;
    let now = app.db.now();
    let filter = query.filter(now, page.after);
    let which = (page.most(), now);
    let found = app.db.read(|conn| desk(app, actor).tasks(conn, &filter, which))?;
    let (found, next) = page.of(found, |task| task.row.id);
    let zone = app.config.site.zone;
    let items = found.into_iter().map(|task| TaskView::of(task, zone)).collect();
    Ok(TaskList { items, next })
}

/// One task with all that was said to it.
#[utoipa::path(tag = "reports", operation_id = "reports_task", params(("id" = String, Path)), responses(
    (status = 200, body = TaskView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/reports/tasks/{id}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || {
        let (id, now) = (read_id(&id)?, app.db.now());
        let task = app.db.read(|conn| desk(&app, &actor).task(conn, id, now))?;
        shown(&app, task)
    })
    .await
    .map(Answer::respond)
}

fn shown(app: &App, task: Task) -> Result<Answer> {
    let version = task.row.version.into();
    Ok(Answer::ok(&TaskView::of(task, app.config.site.zone))?.versioned(version))
}

async fn written(
    asked: Versioned<String>,
    done: impl Fn(&mut Tx<'_>, Desk<'_>, Aim<'_>, &RawBody) -> Result<Task> + Send + Sync + 'static,
) -> Result<HttpResponse> {
    asked
        .write(move |tx, asked| {
            let id = read_id(&asked.path)?;
            let aim = Aim { id, expected: &|found| asked.version.check(found) };
            let task = done(tx, desk(&asked.app, &asked.actor), aim, &asked.raw)?;
            shown(&asked.app, task)
        })
        .await
}

macro_rules! steps {
    ($($(#[$doc:meta])* $handler:ident $path:literal $name:literal $body:ident $done:expr;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(tag = "reports", operation_id = $name, request_body = $body,
            params(("id" = String, Path), VersionHeaders),
            responses(
                (status = 200, body = TaskView),
                (status = 409, description = "the state, and what may be done", body = Problem, content_type = "application/problem+json"),
                Refused,
            ))]
        #[post($path)]
        pub async fn $handler(asked: Versioned<String>) -> Result<HttpResponse> {
            written(asked, $done).await
        }
    )+};
}

steps! {
    /// The unit's head answers.
    answer "/reports/tasks/{id}/answer" "reports_task_answer" Answering
        |tx, desk, aim, raw| desk.answer(tx, aim, || raw.parse());
    /// The leader's office finds that the answer will do.
    accept "/reports/tasks/{id}/accept" "reports_task_accept" Accepting
        |tx, desk, aim, raw| desk.accept(tx, aim, || raw.parse());
    /// The leader's office sends the answer back, with another last day where one is named.
    send_back "/reports/tasks/{id}/send-back" "reports_task_send_back" SendingBack
        |tx, desk, aim, raw| desk.send_back(tx, aim, || raw.parse());
}
