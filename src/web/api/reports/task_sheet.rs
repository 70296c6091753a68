//! Web, `/reports/tasks.csv` and `.xlsx`: what leaders wrote on reports as a sheet. Its rule: what `GET /reports/tasks`
//! shows to this reader, a task a row, with all that was said to it.

use std::sync::Arc;

use actix_web::{HttpResponse, get, web};

use super::desk;
use super::task_view::{TaskView, WordView};
use super::tasks::TaskQuery;
use crate::app::App;
use crate::db::Conn;
use crate::directory::Directory;
use crate::error::Result;
use crate::identity::Actor;
use crate::reports::{Reads, Task};
use crate::sheet::{Cell, Form};
use crate::time::Stamp;
use crate::web::api::bottomline::name_of;
use crate::web::api::exports::column::{Column, column, moment, text};
use crate::web::api::exports::onward::{self, Listed, PAGE, Paged, list_sheets, unit_of};
use crate::web::api::exports::{Filters, is_whole};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// A task, and what its unit is called.
struct Line {
    view: TaskView,
    directory: Arc<Directory>,
}

/// What each of them says.
const COLUMNS: &[Column<Line>] = &[
    column("专报周期", 12, |it| text(&it.view.window)),
    column("批示内容", 50, |it| text(&it.view.text)),
    column("批示人", 16, |it| text(&it.view.by)),
    column("批示时间", 20, |it| moment(Some(&it.view.at))),
    column("承办单位", 22, |it| text(&name_of(&it.directory, it.view.unit.as_str()))),
    column("状态", 10, |it| text(it.view.state.zh())),
    column("答复时限", 20, |it| moment(Some(&it.view.due_at))),
    column("灯色", 8, |it| text(it.view.light.zh())),
    column("逾期", 8, |it| text(if it.view.overdue { "是" } else { "否" })),
    column("答复时间", 20, |it| moment(it.view.answered_at.as_ref())),
    column("答复与审核", 60, Line::words),
];

impl Line {
    fn words(&self) -> Cell {
        let word = |it: &WordView| format!("{}：{}（{}）", it.step.zh(), it.text, it.by);
        let words: Vec<String> = self.view.words.iter().map(word).collect();
        text(&words.join("；"))
    }
}

/// The tasks of `query` as `actor` sees them at `now`.
struct Whose {
    actor: Actor,
    query: TaskQuery,
    directory: Arc<Directory>,
    now: Stamp,
}

impl Whose {
    /// A page behind the id `after`, and the id to go on behind.
    fn read(
        &self,
        app: &App,
        conn: &mut Conn,
        after: Option<i64>,
    ) -> Result<(Vec<Task>, Option<i64>)> {
        let filter = self.query.filter(self.now, after);
        let found = desk(app, &self.actor).tasks(conn, &filter, (PAGE, self.now))?;
        let next = onward::behind(found.len(), found.last().map(|task| task.row.id));
        Ok((found, next))
    }

    fn page(&self, app: &App, conn: &mut Conn, after: Option<i64>) -> Result<Paged<Line, i64>> {
        let (found, next) = self.read(app, conn, after)?;
        let zone = app.config.site.zone;
        let line =
            |task: Task| Line { view: TaskView::of(task, zone), directory: self.directory.clone() };
        Ok((found.into_iter().map(line).collect(), next))
    }

    /// How many there are.
    fn count(&self, app: &App, conn: &mut Conn) -> Result<i64> {
        let (mut count, mut after) = (0, None);
        loop {
            let (found, next) = self.read(app, conn, after)?;
            count += i64::try_from(found.len()).unwrap_or(i64::MAX);
            after = next;
            if after.is_none() {
                return Ok(count);
            }
        }
    }
}

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: TaskQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let now = house.db.now();
        let rules = house.db.read(|conn| house.hotline.rules.current(conn, now))?;
        let directory = rules.directory.clone();
        let whose = Whose { actor: actor.clone(), query, directory, now };
        let count = house.db.read(|conn| whose.count(&house, conn))?;
        is_whole(whose.query.limit, whose.query.after.as_deref())?;
        let listed = Listed {
            only: (Reads::of(&actor) != Reads::Everything).then(|| unit_of(&actor, &rules)),
            actor,
            rules,
            now,
            filters: Filters::of(&whose.query)?,
            form,
            what: "reports-tasks",
            title: "批示任务",
            columns: COLUMNS,
            count,
        };
        let app = house.clone();
        let page = move |after: Option<i64>| app.db.read(|conn| whose.page(&app, conn, after));
        listed.begin(&house, page)
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

list_sheets! {
    TaskQuery, sheet;
    /// What leaders wrote on reports as CSV, every task that the reader sees.
    report_tasks_csv "/reports/tasks.csv" Csv "text/csv";
    /// What leaders wrote on reports as a workbook, every task that the reader sees.
    report_tasks_xlsx "/reports/tasks.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
