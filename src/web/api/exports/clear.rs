//! Web, `/exports`: a list in clear, by two named people. Its rule: who asked fetches it once; each ticket is in
//! the audit trail before its line leaves, and what would be a handling copy stays without its caller.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Filters, Lines, is_whole, line_columns};
use crate::app::App;
use crate::audit;
use crate::code_enum;
use crate::error::{Error, Result, sentence};
use crate::identity::Actor;
use crate::privacy::clear::{self, ClearRow, ClearState, ClearVerdict, store};
use crate::sheet::{Cell, Form};
use crate::ticket::sight::gets_handling_copy;
use crate::ticket::store::load_many;
use crate::ticket::store::rows::TicketRow;
use crate::ticket::{Text, Ticket};
use crate::web::api::stretch::Onward;
use crate::web::api::tickets::{ListQuery, filter};
use crate::web::leaving::{self, Rows, Sheet};
use crate::web::problem::Problem;
use crate::web::{
    Answer, Asker, IdempotencyKey, Once, Page, Query, RawBody, run, run_long, write_once,
};

/// How many whole tickets are held in memory at once, and how many rows of which only the identifiers stay.
const PAGE: usize = 100;
const MANY: usize = 1_000;

code_enum! {
    /// What the file is written as.
    pub enum ExportForm { Csv = "csv" "CSV", Xlsx = "xlsx" "Excel" }
}

code_enum! {
    /// The columns that a list has only in clear.
    pub enum ClearColumn {
        Name = "name" "姓名",
        Phone = "phone" "电话",
        SecondPhone = "second_phone" "备用电话",
        Email = "email" "邮箱",
        Address = "address" "地址",
        Building = "building" "楼栋",
        Confidential = "confidential" "要求保密",
    }
}

/// What is asked for, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportWanted {
    /// The filters of a list.
    #[serde(default)]
    filters: ListQuery,
    format: ExportForm,
    reason: Text,
}

/// Why the second person agrees or not.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportWhy {
    reason: Text,
}

/// An export in clear that was asked for.
#[derive(Serialize, ToSchema)]
pub struct ExportView {
    id: String,
    state: ClearState,
    format: String,
    filters: BTreeMap<String, Value>,
    /// Masked.
    reason: String,
    /// How many tickets there were when it was asked.
    tickets: i64,
    asked_at: String,
    asked_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_why: Option<String>,
    /// Until when who asked may fetch it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    had_at: Option<String>,
}

impl ExportView {
    fn of(row: ClearRow, zone: chrono_tz::Tz) -> Result<Self> {
        Ok(Self {
            id: row.id.to_string(),
            state: row.state,
            format: row.form,
            filters: serde_json::from_str(&row.filters).map_err(Error::internal)?,
            reason: row.reason,
            tickets: row.tickets,
            asked_at: row.asked_at.rfc3339(zone),
            asked_by: row.asked_name,
            decided_at: row.decided_at.map(|at| at.rfc3339(zone)),
            decided_by: row.decided_name,
            decided_why: row.decided_why,
            ends_at: row.ends_at.map(|at| at.rfc3339(zone)),
            had_at: row.had_at.map(|at| at.rfc3339(zone)),
        })
    }
}

/// Exports in clear, the newest first.
#[derive(Serialize, ToSchema)]
pub struct ExportList {
    items: Vec<ExportView>,
    next: Option<String>,
}

/// Asks for the list of these filters with callers' names, telephones, e-mail and addresses in clear. A second
/// person decides; what came in after this instant is not in it.
#[utoipa::path(tag = "exports", operation_id = "export_ask", request_body = ExportWanted,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, body = ExportView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/exports")]
pub async fn ask(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let idem = key.bind(&actor.name, raw.bytes());
    let (house, zone) = (app.clone(), app.config.site.zone);
    let (actor, wanted, (at, tickets)) = run_long(move || {
        clear::may_ask(&actor)?;
        let wanted: ExportWanted = raw.parse()?;
        is_whole(wanted.filters.limit, wanted.filters.after.as_deref())?;
        let now = house.db.now();
        let rules = house.db.read(|conn| house.hotline.rules.current(conn, now))?;
        let mut filter = filter(&wanted.filters, &rules)?;
        filter.received_to = Some(clear::until(now, filter.received_to));
        let found = found(Lines::of(&house.hotline, &rules, &actor, filter, now))?;
        Ok((actor, wanted, (now, found)))
    })
    .await?;
    write_once(&app, idem, move |tx| {
        let filters = serde_json::to_string(&wanted.filters).map_err(Error::internal)?;
        let (form, reason, tickets) = (wanted.format.as_str(), &wanted.reason, &tickets);
        let row = clear::ask(tx, &actor, &clear::Wanted { filters, form, reason, at, tickets })?;
        Answer::created(format!("/api/v1/exports/{}", row.id), &ExportView::of(row, zone)?)
    })
    .await
}

/// The identifiers of all its rows, in order.
fn found(mut lines: Lines) -> Result<Vec<i64>> {
    let hotline = lines.hotline.clone();
    let mut ids = Vec::new();
    while let Some(rows) = hotline.db.read(|conn| lines.page(conn, MANY))? {
        ids.extend(rows.iter().map(|row| row.id));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Exports in clear: one's own; for those who decide, all.
#[utoipa::path(tag = "exports", operation_id = "export_list", params(Page), responses(
    (status = 200, body = ExportList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/exports")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(page): Query<Page>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&list_of(&app, &actor, &page)?)).await.map(Answer::respond)
}

/// Those that `actor` sees.
///
/// # Errors
/// 403; 422 at `/limit` and `/after`.
pub fn list_of(app: &App, actor: &Actor, page: &Page) -> Result<ExportList> {
    let decides = actor.has_any(&clear::DECIDERS);
    if !decides {
        clear::may_ask(actor)?;
    }
    let page = Onward::asked(page.limit, page.after.as_deref())?;
    let asker = Some(actor.user).filter(|_| !decides);
    let (before, most) = (page.after.unwrap_or(i64::MAX), page.most());
    let rows = app.db.read(|conn| store::list(conn, asker, before, most))?;
    let (rows, next) = page.of(rows, |row| row.id);
    let zone = app.config.site.zone;
    let items = rows.into_iter().map(|row| ExportView::of(row, zone)).collect::<Result<_>>()?;
    Ok(ExportList { items, next })
}

/// One export in clear, for who asked and for those who decide.
#[utoipa::path(tag = "exports", operation_id = "export_one", params(("id" = String, Path)), responses(
    (status = 200, body = ExportView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/exports/{id}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || {
        let row = app.db.read(|conn| clear::see(conn, &actor, number(&id)?))?;
        Answer::ok(&ExportView::of(row, app.config.site.zone)?)
    })
    .await
    .map(Answer::respond)
}

fn number(id: &str) -> Result<i64> {
    id.parse().map_err(|_| Error::not_found())
}

macro_rules! verdicts {
    ($($(#[$doc:meta])* $handler:ident $path:literal $name:literal $verdict:ident;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "exports", operation_id = $name, request_body = ExportWhy,
            params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
            responses(
                (status = 200, body = ExportView),
                (status = 403, description = "another role; own_request", body = Problem, content_type = "application/problem+json"),
                (status = 404, body = Problem, content_type = "application/problem+json"),
                (status = 409, description = "export.decided", body = Problem, content_type = "application/problem+json"),
                (status = 422, body = Problem, content_type = "application/problem+json"),
            ))]
        #[post($path)]
        pub async fn $handler(asked: Once<String>) -> Result<HttpResponse> {
            asked
                .write(|tx, Once { app, actor, path: id, raw, .. }| {
                    let (zone, hours) = (app.config.site.zone, app.config.exports.clear_hours);
                    let row = clear::see(tx.conn, actor, number(id)?)?;
                    clear::may_decide(actor, &row)?;
                    let why: ExportWhy = raw.parse()?;
                    let said = (ClearVerdict::$verdict, &why.reason);
                    let row = clear::decide(tx, actor, row, said, hours)?;
                    Answer::ok(&ExportView::of(row, zone)?)
                })
                .await
        })+
    };
}

verdicts! {
    /// The second person agrees: who asked may fetch it, once, within the hours of the configuration.
    approve "/exports/{id}/approve" "export_approve" Approve;
    /// The second person does not agree.
    refuse "/exports/{id}/refuse" "export_refuse" Refuse;
}

/// The file, for who asked, once: it counts as had when it begins to leave.
#[utoipa::path(tag = "exports", operation_id = "export_file", params(("id" = String, Path)), responses(
    (status = 200, description = "the sheet", content_type = "application/octet-stream", body = Vec<u8>),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "export.not_approved, .refused, .had, .over", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "export.too_many", body = Problem, content_type = "application/problem+json"),
))]
#[get("/exports/{id}/file")]
pub async fn file(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, (sheet, rows)) = run_long(move || {
        let id = number(&id)?;
        let row = house.db.read(|conn| clear::see(conn, &actor, id))?;
        clear::may_take(&row, &actor, house.db.now())?;
        let turn = house.exports.enter(actor.user)?;
        Ok((turn, begin(&house, &actor, &row)?))
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

/// The sheet and its rows, where they are still those that were agreed to; nothing is had yet.
fn begin(app: &web::Data<App>, actor: &Actor, row: &ClearRow) -> Result<(Sheet, InClear)> {
    let (hotline, now) = (&app.hotline, app.db.now());
    let rules = app.db.read(|conn| hotline.rules.current(conn, now))?;
    let query: ListQuery = serde_json::from_str(&row.filters).map_err(Error::internal)?;
    let mut filter = filter(&query, &rules)?;
    filter.received_to = Some(clear::until(row.asked_at, filter.received_to));
    let mut agreed = found(Lines::of(hotline, &rules, actor, filter.clone(), now))?;
    // What was written down after it was asked was not asked for, even where it had been received before.
    agreed.retain(|id| *id < row.id);
    clear::is_as_agreed(row, &agreed)?;
    let zone = rules.profile.zone;
    let at = now.in_zone(zone).format("%Y-%m-%d %H:%M:%S").to_string();
    let values = [
        ("who", actor.name.as_str()),
        ("agreed", row.decided_name.as_deref().unwrap_or_default()),
        ("at", &at),
        ("reason", &row.reason),
        ("filters", &Filters::of(&query)?.words),
    ];
    let mut columns = line_columns();
    columns.extend(ClearColumn::ALL.iter().map(|it| (it.zh().to_owned(), 18)));
    let sheet = Sheet {
        form: if row.form == ExportForm::Xlsx.as_str() { Form::Xlsx } else { Form::Csv },
        name: leaving::file_name("tickets-clear", now, zone),
        title: "工单明文",
        columns,
        mark: sentence("export.clear_mark", &values),
    };
    let lines = Lines::of(hotline, &rules, actor, filter, now);
    Ok((sheet, InClear { lines, export: row.id, agreed, entry: None, part: 0 }))
}

/// The list with its callers.
struct InClear {
    lines: Lines,
    export: i64,
    /// The tickets that were agreed to, in order: nothing else leaves, whatever moves meanwhile.
    agreed: Vec<i64>,
    /// The entry of the audit trail that has the tickets; none before the first page, with which it is had.
    entry: Option<i64>,
    part: i32,
}

impl InClear {
    /// Whether whoever fetches it would have a handling copy of this ticket in the place of a unit.
    fn is_kept_from(&self, ticket: &Ticket) -> bool {
        let unit = self.lines.actor.unit.as_ref();
        unit.is_some_and(|unit| gets_handling_copy(ticket, unit, &self.lines.rules.directory))
    }

    fn cells(&self, row: &TicketRow, ticket: Option<&Ticket>) -> Vec<Cell> {
        let mut cells = self.lines.cells(row);
        let Some(ticket) = ticket else {
            cells.resize(cells.len() + ClearColumn::ALL.len(), Cell::Empty);
            return cells;
        };
        let cell = |text: &Text| Cell::Text(text.to_string());
        let text = |text: &Option<Text>| text.as_ref().map_or(Cell::Empty, cell);
        let (caller, place) = (&ticket.caller, &ticket.place);
        cells.extend(ClearColumn::ALL.iter().map(|column| match column {
            ClearColumn::Name => text(&caller.name),
            ClearColumn::Phone => text(&caller.phone),
            ClearColumn::SecondPhone => text(&caller.second_phone),
            ClearColumn::Email => text(&caller.email),
            ClearColumn::Address => text(&place.address),
            ClearColumn::Building => text(&place.building),
            ClearColumn::Confidential => Cell::Truth(caller.confidential),
        }));
        cells
    }
}

impl Rows for InClear {
    fn next_page(&mut self) -> Result<Option<Vec<Vec<Cell>>>> {
        let (hotline, rules) = (self.lines.hotline.clone(), self.lines.rules.clone());
        let page = hotline.db.read(|conn| {
            let Some(mut rows) = self.lines.page(conn, PAGE)? else { return Ok(None) };
            rows.retain(|row| self.agreed.binary_search(&row.id).is_ok());
            let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
            let mut whole = load_many(conn, rules.vault(&hotline.keys), &ids)?;
            whole.retain(|_, ticket| !self.is_kept_from(ticket));
            Ok(Some((rows, whole)))
        })?;
        let Some((rows, whole)) = page else { return Ok(None) };
        let shown: Vec<String> = whole.values().map(|ticket| ticket.no.clone()).collect();
        let (taker, export) = (self.lines.actor.clone(), self.export);
        let (entry, part) = (self.entry, self.part);
        let entry = hotline.db.write(move |tx| {
            let entry = entry.map_or_else(|| clear::take(tx, &taker, export), Ok)?;
            audit::add_subjects(tx, (entry, part), "ticket", &shown)?;
            Ok(entry)
        })?;
        self.entry = Some(entry);
        self.part += 1;
        let cells = |row: &TicketRow| self.cells(row, whole.get(&row.id));
        Ok(Some(rows.iter().map(cells).collect()))
    }
}

/// Every route of exports in clear.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(ask).service(list).service(approve).service(refuse).service(file).service(one);
}
