//! Web, `/ledger/register.csv` and `.xlsx`: the register as a sheet. Its rule: each unit's line first, then in the
//! same columns the tickets that it is the sum of, a page of them at a time.

use actix_web::{HttpResponse, get, web};

use super::{Register, RegisterItem, RegisterQuery, RegisterRow, StayView};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::{Filters, Leaving, is_whole};
use crate::web::leaving::{self, Rows};
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// Whole tickets held in memory at once.
const PAGE: usize = 100;

/// The columns of the sheet, and their widths: first each unit's line, then its tickets in the same columns.
const COLUMNS: [(&str, u16); 16] = [
    ("行别", 8),
    ("单位代码", 18),
    ("单位", 22),
    ("期初", 8),
    ("新增", 8),
    ("销号", 8),
    ("取消", 8),
    ("期末", 8),
    ("工单编号", 18),
    ("批准时间", 26),
    ("承诺日期", 14),
    ("销号时间", 26),
    ("取消时间", 26),
    ("挂账理由", 40),
    ("解决方案", 40),
    ("考核办法", 16),
];

/// The sheet's rows: the lines, then the tickets, a page at a time.
struct RegisterRows {
    register: Register,
    /// None before the lines.
    next: Option<usize>,
}

impl Rows for RegisterRows {
    fn next_page(&mut self) -> Result<Option<Vec<Vec<Cell>>>> {
        let Some(begin) = self.next else {
            self.next = Some(0);
            let lines = self.register.rows.iter().chain([&self.register.total]);
            return Ok(Some(lines.map(|row| self.whole(line_cells(row))).collect()));
        };
        let end = begin.saturating_add(PAGE).min(self.register.items.len());
        if begin >= end {
            return Ok(None);
        }
        self.next = Some(end);
        let hotline = self.register.hotline.clone();
        let some = &self.register.items[begin..end];
        let items = hotline.db.read(|conn| self.register.views(conn, some))?;
        let name = |place: usize| self.register.rows[place].name.clone();
        let rows = items
            .iter()
            .zip(some)
            .map(|(item, (place, ..))| self.whole(item_cells(item, name(*place))));
        Ok(Some(rows.collect()))
    }
}

impl RegisterRows {
    /// The row up to its last column, the profile.
    fn whole(&self, mut cells: Vec<Cell>) -> Vec<Cell> {
        cells.resize_with(COLUMNS.len() - 1, || Cell::Empty);
        cells.push(Cell::Text(self.register.scoring.profile.clone()));
        cells
    }
}

fn line_cells(row: &RegisterRow) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let (kind, name) = match row.key {
        Some(_) => ("单位", row.name.as_str()),
        None => ("合计", "合计"),
    };
    let mut cells = vec![text(kind), row.key.as_deref().map_or(Cell::Empty, text), text(name)];
    cells.extend(row.parts.cells());
    cells
}

fn item_cells(item: &RegisterItem, name: String) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut cells = vec![text("工单"), text(&item.unit), Cell::Text(name)];
    cells.extend(item.parts.cells());
    cells.push(text(&item.no));
    let mut all = |of: &dyn Fn(&StayView) -> Option<String>| {
        let said: Vec<String> = item.stays.iter().filter_map(of).collect();
        cells.push(if said.is_empty() { Cell::Empty } else { Cell::Text(said.join("；")) });
    };
    all(&|stay| Some(stay.approved_at.clone()));
    all(&|stay| Some(stay.promised_on.clone()));
    all(&|stay| stay.written_off_at.clone());
    all(&|stay| stay.cancelled_at.clone());
    all(&|stay| stay.grounds.clone());
    all(&|stay| stay.plan.clone());
    cells
}

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: RegisterQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        is_whole(query.limit, query.after.as_deref())?;
        let register = Register::of(&house, &actor, &query)?;
        let turn = house.exports.enter(actor.user)?;
        let columns = COLUMNS.iter().map(|(heading, width)| ((*heading).to_owned(), *width));
        let leaving = Leaving {
            actor: &actor,
            rules: &register.rules,
            now: register.now,
            filters: Filters::of(&query)?,
            form,
            what: "ledger",
            title: "挂账台账",
            columns: columns.collect(),
        };
        let count = register.items.len() + register.rows.len() + 1;
        let sheet = leaving.begin(&house, i64::try_from(count).unwrap_or(i64::MAX))?;
        Ok((turn, sheet, RegisterRows { register, next: None }))
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

macro_rules! sheets {
    ($($(#[$doc:meta])* $handler:ident $path:literal $form:ident $media:literal;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "exports", params(RegisterQuery), responses(
            (status = 200, description = "the sheet; its last row says who had it, when and of what", content_type = $media, body = Vec<u8>),
            (status = 403, body = Problem, content_type = "application/problem+json"),
            (status = 422, description = "export.whole: limit and after are not taken", body = Problem, content_type = "application/problem+json"),
            (status = 429, description = "export.too_many", body = Problem, content_type = "application/problem+json"),
        ))]
        #[get($path)]
        pub async fn $handler(
            app: web::Data<App>,
            Asker(actor): Asker,
            Query(query): Query<RegisterQuery>,
        ) -> Result<HttpResponse> {
            sheet(app, actor, query, Form::$form).await
        })+
    };
}

sheets! {
    /// The register as CSV: each unit's line, then the tickets that it is the sum of.
    register_csv "/ledger/register.csv" Csv "text/csv";
    /// The register as a workbook: each unit's line, then the tickets that it is the sum of.
    register_xlsx "/ledger/register.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
