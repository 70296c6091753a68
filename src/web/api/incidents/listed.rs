//! Web, `/incidents`: the list: what was declared, and among the open ones live tickets that others were merged into. Its
//! rule: one list by one sequence of ids; of the tickets only those that the reader sees.

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::may_read;
use super::view::{IncidentView, Shown};
use crate::app::App;
use crate::db::Conn;
use crate::error::Result;
use crate::identity::Actor;
use crate::intake::incident::linked::{self, LinkedRow};
use crate::intake::incident::{IncidentRow, IncidentState, store};
use crate::web::api::stretch::Onward;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run};

/// Incidents, the newest first.
#[derive(Serialize, ToSchema)]
pub struct IncidentList {
    items: Vec<IncidentView>,
    next: Option<String>,
}

/// Which of them.
#[derive(Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct IncidentQuery {
    /// Open ones, where nothing is said.
    #[param(value_type = Option<String>)]
    pub(super) state: Option<IncidentState>,
    /// 1 to 500, 50 where nothing is said.
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

impl IncidentQuery {
    /// Open ones, where nothing is said.
    pub fn state(&self) -> IncidentState {
        self.state.unwrap_or(IncidentState::Open)
    }
}

/// Which incidents a reader's list is made of.
pub(super) struct Which<'a> {
    pub actor: &'a Actor,
    pub state: IncidentState,
}

/// A row of either kind: ids are of one sequence.
pub(super) enum Either {
    Declared(IncidentRow),
    Linked(LinkedRow),
}

impl Either {
    pub fn id(&self) -> i64 {
        match self {
            Self::Declared(row) => row.id,
            Self::Linked(row) => row.id,
        }
    }
}

impl Which<'_> {
    /// Who else told of it is not for those who see only what was sent to them.
    fn wants_linked(&self) -> bool {
        self.state == IncidentState::Open && self.actor.sees_all_tickets()
    }

    /// How many there are.
    ///
    /// # Errors
    /// The database's own, as everywhere here.
    pub fn count(&self, conn: &mut Conn) -> Result<i64> {
        let linked = if self.wants_linked() { linked::count(conn)? } else { 0 };
        Ok(store::count(conn, self.state)? + linked)
    }

    /// The newest before the id `after`: `most` of them, where there are as many, and perhaps more.
    pub fn rows(&self, conn: &mut Conn, after: Option<i64>, most: i64) -> Result<Vec<Either>> {
        let declared =
            store::page(conn, self.state, after, most)?.into_iter().map(Either::Declared);
        let linked =
            if self.wants_linked() { linked::page(conn, after, most)? } else { Vec::new() };
        let mut rows: Vec<Either> =
            declared.chain(linked.into_iter().map(Either::Linked)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.id()));
        Ok(rows)
    }

    /// The rows as the reader sees them.
    pub fn views(
        &self,
        app: &App,
        conn: &mut Conn,
        rows: Vec<Either>,
    ) -> Result<Vec<IncidentView>> {
        let directory = app.directory.current(conn)?;
        let (mut leads, mut ids) = (Vec::new(), Vec::new());
        for row in &rows {
            match row {
                Either::Declared(row) => leads.extend(row.lead.clone()),
                Either::Linked(row) => ids.push(row.id),
            }
        }
        let shown = Shown::of((app, &directory), conn, self.actor, (leads, ids))?;
        let view = |row| match row {
            Either::Declared(row) => Some(shown.declared(row)),
            Either::Linked(row) => shown.linked(row),
        };
        Ok(rows.into_iter().filter_map(view).collect())
    }
}

/// Incidents, the newest first: declared ones, and among the open ones live tickets that others were merged into, as far
/// as the reader sees them.
#[utoipa::path(tag = "incidents", operation_id = "incident_list", params(IncidentQuery), responses(
    (status = 200, body = IncidentList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/incidents")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<IncidentQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&list_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The incidents that `actor` sees.
///
/// # Errors
/// 403; 422 at `/limit` and `/after`.
pub fn list_of(app: &App, actor: &Actor, query: &IncidentQuery) -> Result<IncidentList> {
    let page = Onward::asked(query.limit, query.after.as_deref())?;
    may_read(actor)?;
    let which = Which { actor, state: query.state() };
    app.db.read(|conn| {
        let (rows, next) = page.of(which.rows(conn, page.after, page.most())?, Either::id);
        Ok(IncidentList { items: which.views(app, conn, rows)?, next })
    })
}
