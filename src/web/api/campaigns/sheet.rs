//! Web, `/campaigns.csv` and `.xlsx`: campaigns as a sheet. Its rule: what `GET /campaigns` shows to this reader, a
//! campaign a row; of its points each with its unit, its day and its proof.

use std::sync::Arc;

use actix_web::{HttpResponse, get, web};

use super::{CampaignQuery, CampaignView, PointView, sees};
use crate::app::App;
use crate::db::Conn;
use crate::directory::{CategoryCode, Directory, EstateCode};
use crate::error::Result;
use crate::identity::Actor;
use crate::proactive::sight::{Scope, scope};
use crate::proactive::store::campaigns;
use crate::sheet::{Cell, Form};
use crate::web::api::bottomline::name_of;
use crate::web::api::exports::column::{Column, column, maybe, moment, text};
use crate::web::api::exports::onward::{self, Listed, PAGE, Paged, list_sheets, unit_of};
use crate::web::api::exports::{Filters, is_whole};
use crate::web::leaving;
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// A campaign, and what its codes are called.
struct Line {
    view: CampaignView,
    directory: Arc<Directory>,
}

/// What each of them says.
const COLUMNS: &[Column<Line>] = &[
    column("月份", 10, |it| text(&it.view.month)),
    column("目标", 40, |it| text(&it.view.goal)),
    column("事项分类", 22, Line::category),
    column("小区", 18, Line::estate),
    column("状态", 10, |it| text(it.view.state.zh())),
    column("点位数", 8, |it| count(it.view.points.len())),
    column("已完成", 8, |it| count(it.view.points.iter().filter(|it| is_done(it)).count())),
    column("已逾期", 8, |it| count(it.view.points.iter().filter(|it| it.overdue).count())),
    column("点位", 60, Line::points),
    column("工单", 40, |it| text(&it.view.tickets.join("、"))),
    column("发起时间", 20, |it| moment(Some(&it.view.created_at))),
    column("发起人", 16, |it| text(&it.view.created_by)),
    column("结果", 40, |it| maybe(it.view.result.as_ref())),
    column("结束时间", 20, |it| moment(it.view.closed_at.as_ref())),
];

impl Line {
    fn category(&self) -> Cell {
        let name = |code: &String| {
            let known = self.directory.category(&CategoryCode::from(code.as_str()));
            text(known.map_or(code, |it| &it.name))
        };
        self.view.category.as_ref().map_or(Cell::Empty, name)
    }

    fn estate(&self) -> Cell {
        let name = |code: &String| {
            let known = self.directory.estate(&EstateCode::from(code.as_str()));
            text(known.map_or(code, |it| &it.name))
        };
        self.view.estate.as_ref().map_or(Cell::Empty, name)
    }

    fn points(&self) -> Cell {
        let point = |it: &PointView| {
            let (unit, day) = (name_of(&self.directory, &it.unit), &it.due_on);
            let how = match (is_done(it), it.overdue) {
                (true, _) => "已完成",
                (false, true) => "已逾期",
                (false, false) => "未完成",
            };
            let proof = it.proof.as_ref().map_or_else(String::new, |proof| format!("：{proof}"));
            format!("{}.{}（{unit}，{day}，{how}{proof}）", it.k, it.what)
        };
        let points: Vec<String> = self.view.points.iter().map(point).collect();
        text(&points.join("；"))
    }
}

fn is_done(point: &PointView) -> bool {
    point.done_at.is_some()
}

fn count(many: usize) -> Cell {
    u32::try_from(many).map_or(Cell::Empty, |many| Cell::Number(f64::from(many)))
}

/// The campaigns of `query` as `actor` sees them.
struct Whose {
    actor: Actor,
    query: CampaignQuery,
    directory: Arc<Directory>,
}

impl Whose {
    /// A page behind the id `after`, of which the reader sees some.
    fn page(&self, app: &App, conn: &mut Conn, after: Option<i64>) -> Result<Paged<Line, i64>> {
        let which = (self.query.month.as_deref(), self.query.state);
        let found = campaigns::page(conn, which, after, PAGE)?;
        let next = onward::behind(found.len(), found.last().map(|row| row.id));
        let mut lines = Vec::new();
        for row in found {
            if sees(&self.actor, &row, &self.directory)? {
                let view = CampaignView::of(app, conn, &self.actor, row)?;
                lines.push(Line { view, directory: self.directory.clone() });
            }
        }
        Ok((lines, next))
    }

    /// How many the reader sees.
    fn count(&self, conn: &mut Conn) -> Result<i64> {
        let which = (self.query.month.as_deref(), self.query.state);
        let (mut count, mut after) = (0, None);
        loop {
            let found = campaigns::page(conn, which, after, PAGE)?;
            after = onward::behind(found.len(), found.last().map(|row| row.id));
            for row in found {
                count += i64::from(sees(&self.actor, &row, &self.directory)?);
            }
            if after.is_none() {
                return Ok(count);
            }
        }
    }
}

async fn sheet(
    app: web::Data<App>,
    actor: Actor,
    query: CampaignQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let now = house.db.now();
        let rules = house.db.read(|conn| house.hotline.rules.current(conn, now))?;
        let scope = scope(&actor, &rules.directory)?;
        is_whole(query.limit, query.after.as_deref())?;
        let filters = Filters::of(&query)?;
        let whose = Whose { actor: actor.clone(), query, directory: rules.directory.clone() };
        let count = house.db.read(|conn| whose.count(conn))?;
        let listed = Listed {
            only: (scope != Scope::All).then(|| unit_of(&actor, &rules)),
            actor,
            rules,
            now,
            filters,
            form,
            what: "campaigns",
            title: "每月一题",
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
    CampaignQuery, sheet;
    /// The campaigns that the reader sees as CSV, every page of them.
    campaigns_csv "/campaigns.csv" Csv "text/csv";
    /// The campaigns that the reader sees as a workbook, every page of them.
    campaigns_xlsx "/campaigns.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
