//! Web, `/rates/tickets.csv` and `.xlsx`: what lies behind a figure as a sheet. Its rule: all that `GET /rates/tickets`
//! has on its pages, so that the weights sum to the figure; numbers of tickets, and nobody.

use std::sync::Arc;

use actix_web::{HttpResponse, get, web};

use super::{DrillItem, DrillQuery, named, shares_of};
use crate::app::App;
use crate::assessment::Item;
use crate::error::Result;
use crate::identity::Actor;
use crate::lifecycle::Hotline;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::column::{Column, cells, column, headings, maybe, text};
use crate::web::api::exports::onward::list_sheets;
use crate::web::api::exports::{Filters, Leaving, is_whole};
use crate::web::leaving::{self, Rows};
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// Numbers held in memory at once.
const PAGE: usize = 500;

/// What each of them says.
const COLUMNS: &[Column<DrillItem>] = &[
    column("工单编号", 18, |it| text(&it.no)),
    column("子单编号", 22, |it| maybe(it.assignment.as_ref())),
    column("权重", 12, |it| Cell::Number(it.weight)),
];

/// The rows, a page at a time.
struct DrillRows {
    hotline: Arc<Hotline>,
    items: Vec<Item>,
    next: usize,
}

impl Rows for DrillRows {
    fn next_page(&mut self) -> Result<Option<Vec<Vec<Cell>>>> {
        let end = self.next.saturating_add(PAGE).min(self.items.len());
        if self.next >= end {
            return Ok(None);
        }
        let some = &self.items[self.next..end];
        let items = self.hotline.db.read(|conn| named(conn, some))?;
        self.next = end;
        Ok(Some(items.iter().map(|item| cells(COLUMNS, item)).collect()))
    }
}

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: DrillQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let now = house.db.now();
        let (rules, items) = house.db.read(|conn| {
            let rules = house.hotline.rules.current(conn, now)?;
            let (_, items) = shares_of(&house, conn, (&actor, &rules), &query, now)?;
            Ok((rules, items))
        })?;
        is_whole(query.limit, query.after.as_deref())?;
        let turn = house.exports.enter(actor.user)?;
        let leaving = Leaving {
            actor: &actor,
            rules: &rules,
            now,
            filters: Filters::of(&query)?,
            form,
            what: "rates-tickets",
            title: "指标工单",
            columns: headings(COLUMNS),
        };
        let sheet = leaving.begin(&house, i64::try_from(items.len()).unwrap_or(i64::MAX))?;
        Ok((turn, sheet, DrillRows { hotline: house.hotline.clone(), items, next: 0 }))
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    DrillQuery, sheet;
    /// The tickets behind one side of one figure as CSV, all of them.
    rates_tickets_csv "/rates/tickets.csv" Csv "text/csv";
    /// The tickets behind one side of one figure as a workbook, all of them.
    rates_tickets_xlsx "/rates/tickets.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
