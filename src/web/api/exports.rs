//! Web, `/tickets.csv`, `/search.csv` and their like: a reader's own list as a sheet, whole. Its rule: the same
//! filters, the same scope and the same masks as the list; what leaves is in the audit trail before it does, and
//! says at its end who had it.

pub mod clear;
pub mod column;
pub mod onward;

use std::sync::Arc;

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::line::{self, LineColumn};
use super::search::{self, SearchQuery};
use super::tickets::{self, ListQuery};
use crate::app::{App, ExportTurn};
use crate::audit::{self, Entry};
use crate::code_enum;
use crate::db::Conn;
use crate::error::{Error, FieldError, Result, sentence};
use crate::identity::Actor;
use crate::lifecycle::{Hotline, Rules};
use crate::sealing::mask_text;
use crate::search::question::Question;
use crate::search::{Asked, Names, Slice};
use crate::sheet::{Cell, Form};
use crate::ticket::Mode;
use crate::ticket::listing::{self, Filter};
use crate::ticket::sight::{Scope, scope};
use crate::ticket::store::rows::TicketRow;
use crate::time::Stamp;
use crate::web::leaving::{self, Rows, Sheet};
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// How many tickets are held in memory at once.
const PAGE: usize = 500;

code_enum! {
    /// What a list is narrowed by, as people read it.
    pub enum Narrowing {
        Words = "q" "检索词",
        State = "state" "状态",
        Unit = "unit" "单位",
        Category = "category" "事项分类",
        Estate = "estate" "小区",
        Region = "region" "区域",
        Light = "light" "灯色",
        Kind = "kind" "诉求类型",
        Channel = "channel" "受理渠道",
        From = "received_from" "受理起",
        To = "received_to" "受理止",
        Sort = "sort" "排序",
        Window = "window" "周期",
        Start = "from" "起",
        End = "to" "止",
        GroupBy = "group_by" "分组",
        Edition = "edition" "口径",
        Rollup = "rollup" "逐级汇总",
        Categories = "categories" "类别口径",
        Rule = "rule" "规则",
        Grade = "grade" "级别",
        Flag = "flag" "触碰事项",
        Account = "account" "账号",
        Action = "action" "操作",
        Subject = "subject" "对象",
        Month = "month" "月份",
        Overdue = "overdue" "逾期",
        Key = "key" "行",
        Metric = "metric" "指标",
        Part = "part" "分子或分母",
    }
}

/// The filters of a question in one line: for the sheet in Chinese, for the trail as they were typed; what could be
/// a person's in them is masked, and of words searched for it says only that there were some.
pub(super) struct Filters {
    pub(super) words: String,
    pub(super) codes: String,
}

impl Filters {
    pub(super) fn of(query: &impl Serialize) -> Result<Self> {
        let value = serde_json::to_value(query).map_err(Error::internal)?;
        let Value::Object(fields) = value else { return Err(Error::internal("no object")) };
        let (mut words, mut codes) = (Vec::new(), Vec::new());
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            let said = match (name.as_str(), value.as_str()) {
                ("q", Some("")) => continue,
                // A name among them could not be told from any other word.
                ("q", _) => sentence("export.words_left_out", &[]),
                (_, text) => text.map_or_else(|| value.to_string(), |it| mask_text(it, &[])),
            };
            let zh = name.parse::<Narrowing>().map(Narrowing::zh);
            words.push(format!("{}={said}", zh.unwrap_or_default()));
            codes.push(format!("{name}={said}"));
        }
        let none = words.is_empty();
        let words = if none { sentence("export.no_filter", &[]) } else { words.join("、") };
        Ok(Self { words, codes: codes.join("&") })
    }
}

/// An export about to begin.
pub(super) struct Leaving<'a> {
    pub(super) actor: &'a Actor,
    pub(super) rules: &'a Rules,
    pub(super) now: Stamp,
    pub(super) filters: Filters,
    pub(super) form: Form,
    /// `tickets`
    pub(super) what: &'static str,
    /// The worksheet's name.
    pub(super) title: &'static str,
    pub(super) columns: Vec<(String, u16)>,
}

impl Leaving<'_> {
    /// Notes it in the audit trail, with how many `rows` there are; answers the sheet.
    pub(super) fn begin(self, app: &App, rows: i64) -> Result<Sheet> {
        let scope = scope_words(self.actor, self.rules);
        self.begin_of(app, rows, &scope)
    }

    /// The same of what is no list of tickets: `scope` says of what.
    pub(super) fn begin_of(self, app: &App, rows: i64, scope: &str) -> Result<Sheet> {
        let zone = self.rules.profile.zone;
        let (user, name) = (self.actor.user, self.actor.name.clone());
        let subject = format!("{}.{}", self.what, self.form.as_str());
        let detail = format!("rows={rows} {}", self.filters.codes);
        app.db.write(move |tx| {
            let entry = Entry::new((user, &name), "export", ("export", &subject));
            audit::record(tx, &entry.detailed(detail.clone()))
        })?;
        let at = self.now.in_zone(zone).format("%Y-%m-%d %H:%M:%S").to_string();
        let values = [
            ("who", self.actor.name.as_str()),
            ("at", &at),
            ("scope", scope),
            ("filters", &self.filters.words),
        ];
        Ok(Sheet {
            form: self.form,
            name: leaving::file_name(self.what, self.now, zone),
            title: self.title,
            columns: self.columns,
            mark: sentence("export.mark", &values),
        })
    }
}

/// What this reader's lists are of.
fn scope_words(actor: &Actor, rules: &Rules) -> String {
    match scope(actor) {
        Scope::Units(_) => {
            let unit = actor.unit.as_ref().and_then(|code| rules.directory.unit(code));
            let unit = unit.map_or("", |it| it.name.as_str());
            sentence("export.of_units", &[("unit", unit)])
        }
        Scope::Upstream => sentence("export.upstream", &[]),
        Scope::All | Scope::Nothing => sentence("export.everything", &[]),
    }
}

pub(super) fn line_columns() -> Vec<(String, u16)> {
    LineColumn::ALL.iter().map(|it| (it.zh().to_owned(), it.width())).collect()
}

/// An export has every page.
pub(super) fn is_whole(limit: Option<u32>, after: Option<&str>) -> Result<()> {
    let said = [("/limit", limit.is_some()), ("/after", after.is_some())];
    let wrong = said.iter().filter(|(_, said)| *said);
    let wrong: Vec<FieldError> =
        wrong.map(|(pointer, _)| FieldError::new(*pointer, "export.whole")).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// A list, read on by its key.
pub(super) struct Lines {
    pub(super) hotline: Arc<Hotline>,
    pub(super) rules: Arc<Rules>,
    pub(super) actor: Actor,
    pub(super) filter: Filter,
    pub(super) now: Stamp,
    pub(super) after: Option<String>,
    pub(super) is_over: bool,
}

impl Lines {
    /// The list of `filter` for `actor` from its beginning.
    pub(super) fn of(
        hotline: &Arc<Hotline>,
        rules: &Arc<Rules>,
        actor: &Actor,
        filter: Filter,
        now: Stamp,
    ) -> Self {
        Self {
            hotline: hotline.clone(),
            rules: rules.clone(),
            actor: actor.clone(),
            filter,
            now,
            after: None,
            is_over: false,
        }
    }

    /// At most `most` rows more; none behind the last.
    pub(super) fn page(&mut self, conn: &mut Conn, most: usize) -> Result<Option<Vec<TicketRow>>> {
        if self.is_over {
            return Ok(None);
        }
        let after = self.after.as_deref();
        let scope = scope(&self.actor);
        let (rows, next) = listing::page(conn, &scope, &self.filter, self.now, after, most)?;
        self.is_over = next.is_none();
        self.after = next;
        Ok(Some(rows))
    }

    pub(super) fn cells(&self, row: &TicketRow) -> Vec<Cell> {
        line::cells(row, &self.rules.scene(&self.actor, self.now, Mode::Live))
    }
}

impl Rows for Lines {
    fn next_page(&mut self) -> Result<Option<Vec<Vec<Cell>>>> {
        let hotline = self.hotline.clone();
        let page = hotline.db.read(|conn| self.page(conn, PAGE))?;
        Ok(page.map(|rows| rows.iter().map(|row| self.cells(row)).collect()))
    }
}

async fn list(
    app: web::Data<App>,
    actor: Actor,
    query: ListQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let (hotline, now) = (&house.hotline, house.db.now());
        let (rules, filter, count) = house.db.read(|conn| {
            let rules = hotline.rules.current(conn, now)?;
            let scope = scope(&actor);
            if scope == Scope::Nothing {
                return Err(Error::forbidden());
            }
            is_whole(query.limit, query.after.as_deref())?;
            let filter = tickets::filter(&query, &rules)?;
            let count = listing::count(conn, &scope, &filter, now)?;
            Ok((rules, filter, count))
        })?;
        let turn = house.exports.enter(actor.user)?;
        let leaving = Leaving {
            actor: &actor,
            rules: &rules,
            now,
            filters: Filters::of(&query)?,
            form,
            what: "tickets",
            title: "工单",
            columns: line_columns(),
        };
        let sheet = leaving.begin(&house, count)?;
        Ok((turn, sheet, Lines::of(hotline, &rules, &actor, filter, now)))
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

/// What was found, read on by its key.
struct Found {
    app: web::Data<App>,
    rules: Arc<Rules>,
    names: Arc<Names>,
    actor: Actor,
    asked: Asked,
    slice: Option<Slice>,
    query: SearchQuery,
    now: Stamp,
    /// The first page, which said how many there are.
    first: Option<Vec<TicketRow>>,
}

impl Found {
    fn page(&mut self) -> Result<(Vec<TicketRow>, usize)> {
        let Some(slice) = self.slice.take() else { return Ok((Vec::new(), 0)) };
        let question = Question {
            actor: &self.actor,
            names: &self.names,
            asked: &self.asked,
            slice,
            now: self.now,
        };
        let answer = self.app.search.ask(question)?;
        if let Some(next) = answer.next {
            self.query.after = Some(next);
            let names = (&*self.names, self.app.search.zone());
            let read = search::read(&self.query, names, &self.rules, (PAGE, self.now))?;
            self.slice = Some(read.1);
        }
        Ok((answer.hits.into_iter().map(|hit| hit.row).collect(), answer.total))
    }
}

impl Rows for Found {
    fn next_page(&mut self) -> Result<Option<Vec<Vec<Cell>>>> {
        let rows = match self.first.take() {
            Some(rows) => rows,
            None if self.slice.is_none() => return Ok(None),
            None => self.page()?.0,
        };
        let scene = self.rules.scene(&self.actor, self.now, Mode::Live);
        Ok(Some(rows.iter().map(|row| line::cells(row, &scene)).collect()))
    }
}

async fn found(
    app: web::Data<App>,
    actor: Actor,
    query: SearchQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let begin = move || -> Result<(ExportTurn, Sheet, Found)> {
        is_whole(query.limit, query.after.as_deref())?;
        let now = house.db.now();
        let (rules, names) = house.db.read(|conn| {
            let rules = house.hotline.rules.current(conn, now)?;
            Ok((rules, house.search.names(conn)?))
        })?;
        let known = (&*names, house.search.zone());
        let (asked, slice) = search::read(&query, known, &rules, (PAGE, now))?;
        let filters = Filters::of(&query)?;
        let turn = house.exports.enter(actor.user)?;
        let slice = Some(slice);
        let app = house.clone();
        let mut found = Found { app, rules, names, actor, asked, slice, query, now, first: None };
        let (rows, total) = found.page()?;
        found.first = Some(rows);
        let leaving = Leaving {
            actor: &found.actor,
            rules: &found.rules,
            now,
            filters,
            form,
            what: "search",
            title: "检索",
            columns: line_columns(),
        };
        let sheet = leaving.begin(&house, i64::try_from(total).unwrap_or(i64::MAX))?;
        Ok((turn, sheet, found))
    };
    let (turn, sheet, rows) = run_long(begin).await?;
    leaving::send(&app, turn, sheet, rows).await
}

macro_rules! sheets {
    ($($(#[$doc:meta])* $handler:ident $path:literal $query:ident $of:ident $form:ident $media:literal;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "exports", params($query), responses(
            (status = 200, description = "the sheet; its last row says who had it, when, of what, and how many", content_type = $media, body = Vec<u8>),
            (status = 403, description = "the role sees no cases", body = Problem, content_type = "application/problem+json"),
            (status = 422, description = "export.whole: limit and after are not taken", body = Problem, content_type = "application/problem+json"),
            (status = 429, description = "export.too_many", body = Problem, content_type = "application/problem+json"),
        ))]
        #[get($path)]
        pub async fn $handler(
            app: web::Data<App>,
            Asker(actor): Asker,
            Query(query): Query<$query>,
        ) -> Result<HttpResponse> {
            $of(app, actor, query, Form::$form).await
        })+
    };
}

sheets! {
    /// The reader's list of tickets as CSV, every page of it, masked as the list is.
    tickets_csv "/tickets.csv" ListQuery list Csv "text/csv";
    /// The reader's list of tickets as a workbook, every page of it, masked as the list is.
    tickets_xlsx "/tickets.xlsx" ListQuery list Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    /// All that a search finds as CSV, in its order.
    search_csv "/search.csv" SearchQuery found Csv "text/csv";
    /// All that a search finds as a workbook, in its order.
    search_xlsx "/search.xlsx" SearchQuery found Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}

/// Every route of exports.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(tickets_csv).service(tickets_xlsx).service(search_csv).service(search_xlsx);
    clear::routes(services);
}
