//! Web, `/ledger/register.csv` and `.xlsx`: the register as a sheet. Its rule: each unit's line first, then in the
//! same columns the tickets that it is the sum of, a page of them at a time.

use actix_web::{HttpResponse, get, web};

use super::{Parts, Register, RegisterItem, RegisterQuery, RegisterRow, StayView};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::column::{Column, cells, column, headings, text};
use crate::web::api::exports::onward::list_sheets;
use crate::web::api::exports::{Filters, Leaving, is_whole};
use crate::web::leaving::{self, Rows};
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// Whole tickets held in memory at once.
const PAGE: usize = 100;

/// A row of the sheet: a unit's line, the sum of them, or a ticket of a unit's.
struct Line<'a> {
    kind: &'static str,
    /// The unit's; none in the sum.
    code: Option<&'a str>,
    name: &'a str,
    parts: Parts,
    ticket: Option<&'a RegisterItem>,
    /// `name@version`
    profile: &'a str,
}

/// The columns of each unit's line and of its tickets alike.
fn columns<'a>() -> [Column<Line<'a>>; 16] {
    [
        column("行别", 8, |line| text(line.kind)),
        column("单位代码", 18, |line| line.code.map_or(Cell::Empty, text)),
        column("单位", 22, |line| text(line.name)),
        column("期初", 8, |line| count(line.parts.opening)),
        column("新增", 8, |line| count(line.parts.new)),
        column("销号", 8, |line| count(line.parts.written_off)),
        column("取消", 8, |line| count(line.parts.cancelled)),
        column("期末", 8, |line| count(line.parts.closing)),
        column("工单编号", 18, |line| {
            line.ticket.map_or(Cell::Empty, |ticket| text(&ticket.no))
        }),
        column("批准时间", 26, |line| stays(line, |stay| Some(stay.approved_at.clone()))),
        column("承诺日期", 14, |line| stays(line, |stay| Some(stay.promised_on.clone()))),
        column("销号时间", 26, |line| stays(line, |stay| stay.written_off_at.clone())),
        column("取消时间", 26, |line| stays(line, |stay| stay.cancelled_at.clone())),
        column("挂账理由", 40, |line| stays(line, |stay| stay.grounds.clone())),
        column("解决方案", 40, |line| stays(line, |stay| stay.plan.clone())),
        column("考核办法", 16, |line| text(line.profile)),
    ]
}

fn count(count: i64) -> Cell {
    Cell::Number(count as f64)
}

/// What `of` says of each stay of the line's ticket.
fn stays(line: &Line<'_>, of: fn(&StayView) -> Option<String>) -> Cell {
    let all = line.ticket.map(|ticket| ticket.stays.iter()).into_iter().flatten();
    let said: Vec<String> = all.filter_map(of).collect();
    if said.is_empty() { Cell::Empty } else { Cell::Text(said.join("；")) }
}

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
            let rows = self.register.rows.iter().chain([&self.register.total]);
            let columns = columns();
            return Ok(Some(rows.map(|row| cells(&columns, &self.line(row))).collect()));
        };
        let end = begin.saturating_add(PAGE).min(self.register.items.len());
        if begin >= end {
            return Ok(None);
        }
        self.next = Some(end);
        let hotline = self.register.hotline.clone();
        let some = &self.register.items[begin..end];
        let items = hotline.db.read(|conn| self.register.views(conn, some))?;
        let columns = columns();
        let rows = items.iter().map(|(place, item)| cells(&columns, &self.ticket(*place, item)));
        Ok(Some(rows.collect()))
    }
}

impl RegisterRows {
    fn line<'a>(&'a self, row: &'a RegisterRow) -> Line<'a> {
        let (kind, name) = match row.key {
            Some(_) => ("单位", row.name.as_str()),
            None => ("合计", "合计"),
        };
        let (code, profile) = (row.key.as_deref(), self.register.scoring.profile.as_str());
        Line { kind, code, name, parts: row.parts, ticket: None, profile }
    }

    /// The line of a ticket of the unit whose row is at `place`.
    fn ticket<'a>(&'a self, place: usize, item: &'a RegisterItem) -> Line<'a> {
        Line {
            kind: "工单",
            code: Some(&item.unit),
            name: &self.register.rows[place].name,
            parts: item.parts,
            ticket: Some(item),
            profile: &self.register.scoring.profile,
        }
    }
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
        let leaving = Leaving {
            actor: &actor,
            rules: &register.rules,
            now: register.now,
            filters: Filters::of(&query)?,
            form,
            what: "ledger",
            title: "挂账台账",
            columns: headings(&columns()),
        };
        let count = register.items.len() + register.rows.len() + 1;
        let sheet = leaving.begin(&house, i64::try_from(count).unwrap_or(i64::MAX))?;
        Ok((turn, sheet, RegisterRows { register, next: None }))
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    RegisterQuery, sheet;
    /// The register as CSV: each unit's line, then the tickets that it is the sum of.
    register_csv "/ledger/register.csv" Csv "text/csv";
    /// The register as a workbook: each unit's line, then the tickets that it is the sum of.
    register_xlsx "/ledger/register.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
