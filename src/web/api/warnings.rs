//! Web, `/warnings`: acting before the complaint. Its rule: who sees which is `proactive::sight`'s to say; a company
//! reads that it is warned about, and neither a ticket nor a caller.

mod sheet;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::directory::{CategoryCode, CompanyCode, EstateCode, UnitCode};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::proactive::desk::{self, Act, Close, Said, Take, Word};
use crate::proactive::sight::{Scope, may_act, scope};
use crate::proactive::store::{self, Filter, Precision, WarningRow, WarningState, tickets};
use crate::proactive::{Grade, Rule};
use crate::ticket::{listing, sight};
use crate::time::Stamp;
use crate::web::api::stretch::Onward;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Once, Query, RawBody, run};

/// Every route of warnings.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(list)
        .service(sheet::warnings_csv)
        .service(sheet::warnings_xlsx)
        .service(precision)
        .service(one)
        .service(take)
        .service(act)
        .service(close);
}

/// A place, a matter, a unit, with its name.
#[derive(Serialize, ToSchema)]
pub struct Named {
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// A warning, as much as its reader may see.
#[derive(Serialize, ToSchema)]
pub struct WarningView {
    id: String,
    rule: Rule,
    rule_name: &'static str,
    grade: Grade,
    state: WarningState,
    #[serde(skip_serializing_if = "Option::is_none")]
    estate: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<Named>,
    /// Who answers for it: a unit, or a desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desk: Option<Role>,
    /// What was counted, and from how many on the rule fires.
    n: i32,
    threshold: i32,
    /// Numbers of the tickets it rests on that the reader may see, the latest last, for units none that is sealed; not
    /// for companies.
    #[serde(skip_serializing_if = "Option::is_none")]
    tickets: Option<Vec<String>>,
    /// How it was counted: of a cluster the windows before, what was to be expected, and how likely so many are by
    /// chance.
    #[schema(value_type = Object)]
    why: serde_json::Value,
    opened_at: String,
    changed_at: String,
    /// The login name of whoever took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acted_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    /// Of a closed one; nothing where it lapsed by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    real: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<String>,
    /// What this reader may say to it now.
    allowed: Vec<Word>,
}

impl WarningView {
    /// The newest `most` of the tickets that the reader is told of, the newest first.
    pub fn newest(&self, most: usize) -> Vec<String> {
        self.tickets.iter().flatten().rev().take(most).cloned().collect()
    }

    fn of(app: &App, conn: &mut crate::db::Conn, actor: &Actor, row: WarningRow) -> Result<Self> {
        let directory = app.directory.current(conn)?;
        let zone = app.config.site.zone;
        let shown = |at: Option<Stamp>| at.map(|at| at.rfc3339(zone));
        let named = |code: &str, name: Option<&String>| Named {
            code: code.to_owned(),
            name: name.cloned(),
        };
        let estate = row
            .estate
            .as_deref()
            .map(|code| named(code, directory.estate(&EstateCode::from(code)).map(|it| &it.name)));
        let category = row.category.as_deref().map(|code| {
            named(code, directory.category(&CategoryCode::from(code)).map(|it| &it.name))
        });
        let company = row.company.as_deref().map(|code| {
            named(code, directory.company(&CompanyCode::from(code)).map(|it| &it.name))
        });
        let unit = row
            .unit
            .as_ref()
            .map(|code| named(code.as_str(), directory.unit(code).map(|it| &it.name)));
        let is_open = row.state != WarningState::Closed;
        let may = is_open && may_act(actor, row.unit.as_ref(), row.desk);
        let inside = !actor.company;
        let tickets = if inside { Some(numbers(conn, actor, &row)?) } else { None };
        Ok(Self {
            id: row.id.to_string(),
            rule: row.rule,
            rule_name: row.rule.zh(),
            grade: row.grade,
            state: row.state,
            estate,
            category,
            company,
            unit,
            desk: row.desk,
            n: row.n,
            threshold: row.threshold,
            tickets,
            why: if inside { desk::reasons(&row) } else { serde_json::json!({}) },
            opened_at: row.opened_at.rfc3339(zone),
            changed_at: row.changed_at.rfc3339(zone),
            owner: row.owner.filter(|_| inside),
            taken_at: shown(row.taken_at),
            act: row.act.filter(|_| inside),
            acted_at: shown(row.acted_at),
            result: row.result.filter(|_| inside),
            real: row.is_real,
            closed_at: shown(row.closed_at),
            allowed: if may { Word::ALL.to_vec() } else { Vec::new() },
        })
    }
}

/// The numbers of a warning's tickets that `actor` may see. Whoever does not see all tickets gets none of a sealed one:
/// who is accused must not learn of it.
fn numbers(conn: &mut crate::db::Conn, actor: &Actor, row: &WarningRow) -> Result<Vec<String>> {
    let mut all = row.numbers();
    if actor.sees_all_tickets() {
        return Ok(all);
    }
    let mut shown = tickets::numbered(conn, &all)?;
    shown.retain(|it| !it.sealed);
    let ids: Vec<i64> = shown.iter().map(|it| it.id).collect();
    let visible = listing::visible(conn, &sight::scope(actor), &ids)?;
    all.retain(|no| shown.iter().any(|it| it.no == *no && visible.contains(&it.id)));
    Ok(all)
}

/// Warnings, the newest first.
#[derive(Serialize, ToSchema)]
pub struct WarningList {
    items: Vec<WarningView>,
    next: Option<String>,
}

/// Which of them.
#[derive(Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WarningQuery {
    /// All that are not closed, where nothing is said.
    pub state: Option<WarningState>,
    pub rule: Option<Rule>,
    pub grade: Option<Grade>,
    #[param(value_type = Option<String>)]
    pub estate: Option<EstateCode>,
    #[param(value_type = Option<String>)]
    pub unit: Option<UnitCode>,
    /// 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl WarningQuery {
    /// What it asks of those before the id `after`.
    fn filter(&self, after: Option<i64>) -> Filter {
        Filter {
            state: self.state,
            rule: self.rule,
            grade: self.grade,
            estate: self.estate.as_ref().map(ToString::to_string),
            unit: self.unit.clone(),
            after,
        }
    }
}

/// Warnings that the reader may see, the newest first: the desks all, a unit's people what their unit answers for,
/// a company what is about itself.
#[utoipa::path(tag = "warnings", operation_id = "warning_list", params(WarningQuery), responses(
    (status = 200, body = WarningList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/warnings")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<WarningQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&listed(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The warnings that `actor` may see of those that `query` asks for.
///
/// # Errors
/// 403 for a role that reads none; 422 at `/limit` and `/after`.
pub fn listed(app: &App, actor: &Actor, query: &WarningQuery) -> Result<WarningList> {
    let page = Onward::asked(query.limit, query.after.as_deref())?;
    let filter = query.filter(page.after);
    app.db.read(|conn| {
        let scope = scope(actor, &*app.directory.current(conn)?)?;
        let found = store::page(conn, &scope, &filter, page.most())?;
        let (found, next) = page.of(found, |row| row.id);
        let view = |row| WarningView::of(app, conn, actor, row);
        let items = found.into_iter().map(view).collect::<Result<_>>()?;
        Ok(WarningList { items, next })
    })
}

/// What became of a rule's warnings.
#[derive(Serialize, ToSchema)]
pub struct PrecisionView {
    rule: Rule,
    rule_name: &'static str,
    /// Warnings that somebody closed within `days`, and how many were real.
    closed: i64,
    real: i64,
    /// real ÷ closed; nothing where none was closed.
    value: Option<f64>,
    /// Whether it is listed and pushed no more.
    demoted: bool,
}

/// The precision of every rule.
#[derive(Serialize, ToSchema)]
pub struct PrecisionList {
    /// Of warnings closed within so many days.
    days: i64,
    items: Vec<PrecisionView>,
}

/// How often each rule was right: real ÷ closed. A rule that is wrong too often is listed and pushed no more.
#[utoipa::path(tag = "warnings", operation_id = "warning_precision", responses(
    (status = 200, body = PrecisionList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/warnings/precision")]
pub async fn precision(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    run(move || Answer::ok(&precision_of(&app, &actor)?)).await.map(Answer::respond)
}

/// How often each rule was right, for `actor`.
///
/// # Errors
/// 403 for companies, and for a role that reads no warnings.
pub fn precision_of(app: &App, actor: &Actor) -> Result<PrecisionList> {
    let demotion = app.watchman.settings.demotion;
    let found = app.db.read(|conn| match scope(actor, &*app.directory.current(conn)?)? {
        Scope::Company(_) => Err(Error::forbidden()),
        Scope::All | Scope::Units(_) => store::precision(conn, app.db.now().plus(-demotion.within)),
    })?;
    let view = |it: Precision| PrecisionView {
        rule: it.rule,
        rule_name: it.rule.zh(),
        closed: it.closed,
        real: it.real,
        value: share(it.real, it.closed),
        demoted: it.is_demoted(demotion),
    };
    let items = found.into_iter().map(view).collect();
    Ok(PrecisionList { days: demotion.within.num_days(), items })
}

fn share(part: i64, all: i64) -> Option<f64> {
    let number = |n: i64| i32::try_from(n).ok().map(f64::from);
    number(part).zip(number(all)).filter(|(_, all)| *all > 0.0).map(|(part, all)| part / all)
}

/// The warning `id`, where `actor` may see it.
fn seen(tx: &mut crate::db::Conn, app: &App, actor: &Actor, id: &str) -> Result<WarningRow> {
    let scope = scope(actor, &*app.directory.current(tx)?)?;
    let id = id.parse().map_err(|_| Error::not_found())?;
    let row = store::find(tx, id)?.ok_or_else(Error::not_found)?;
    let may = match &scope {
        Scope::All => true,
        Scope::Units(units) => row.unit.as_ref().is_some_and(|unit| units.contains(unit)),
        Scope::Company(own) => {
            let is_own = own.as_ref().map(ToString::to_string) == row.company;
            own.is_some() && is_own && desk::is_of_companies(row.rule)
        }
    };
    if may { Ok(row) } else { Err(Error::not_found()) }
}

/// One warning.
#[utoipa::path(tag = "warnings", operation_id = "warning_one", params(("id" = String, Path)), responses(
    (status = 200, body = WarningView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/warnings/{id}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&opened(&app, &actor, &id)?)).await.map(Answer::respond)
}

/// The warning `id` as `actor` sees it.
///
/// # Errors
/// 404 where it is absent or not for their eyes; 403 for a role that reads none.
pub fn opened(app: &App, actor: &Actor, id: &str) -> Result<WarningView> {
    app.db.read(|conn| {
        let row = seen(conn, app, actor, id)?;
        WarningView::of(app, conn, actor, row)
    })
}

/// Says `word` to a warning and answers the warning as it is then.
async fn say(
    asked: Once<String>,
    word: Word,
    read: impl Fn(&RawBody) -> Result<Said> + Send + Sync + 'static,
) -> Result<HttpResponse> {
    asked
        .write(move |tx, Once { app, actor, path, raw, .. }| {
            let row = seen(tx.conn, app, actor, path)?;
            let after = desk::say(tx, actor, row, word, || read(raw))?;
            Answer::ok(&WarningView::of(app, tx.conn, actor, after)?)
        })
        .await
}

macro_rules! words {
    ($($(#[$doc:meta])* $handler:ident $path:literal $name:literal $word:expr, $body:ty, $read:expr;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "warnings", operation_id = $name, request_body = $body,
            params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
            responses(
                (status = 200, body = WarningView),
                (status = 403, body = Problem, content_type = "application/problem+json"),
                (status = 404, body = Problem, content_type = "application/problem+json"),
                (status = 409, body = Problem, content_type = "application/problem+json"),
                (status = 422, body = Problem, content_type = "application/problem+json"),
            ))]
        #[post($path)]
        pub async fn $handler(asked: Once<String>) -> Result<HttpResponse> {
            say(asked, $word, $read).await
        })+
    };
}

words! {
    /// Somebody of whoever answers for it takes it.
    take "/warnings/{id}/take" "warning_take" Word::Take, Take,
        |raw| raw.parse::<Take>().map(|_| Said::Take);
    /// What was done about it.
    act "/warnings/{id}/act" "warning_act" Word::Act, Act,
        |raw| Said::try_from(raw.parse::<Act>()?);
    /// Ends it: `{"real": false}` says not real and nothing else; a real one needs an action before, and a result.
    close "/warnings/{id}/close" "warning_close" Word::Close, Close,
        |raw| Said::try_from(raw.parse::<Close>()?);
}
