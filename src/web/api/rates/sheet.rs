//! Web, `/rates.csv` and `/rates.xlsx`: the table of figures as a sheet. Its rule: what `GET /rates` says, cell by
//! cell, unrounded; what has no value is "—", never 0. A column of red and black lists is there where the profile wants
//! them, and columns of the same mix where it is asked for.

use actix_web::{HttpResponse, get, web};

use super::{RatesQuery, RatesView, RowView, table};
use crate::app::App;
use crate::assessment::Metric;
use crate::assessment::samemix::Fair;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::{Filters, Leaving};
use crate::web::leaving::{self, Ready};
use crate::web::problem::Problem;
use crate::web::{Asker, Query, run_long};

/// What stands where there is no value.
pub(super) const NONE: &str = "—";
/// The column of red and black lists, and before which of the others it stands.
const LIST: (&str, u16) = ("红黑榜", 8);
const LIST_AT: usize = 5;
/// The columns before the figures, and their widths.
const BEFORE: [(&str, u16); 8] = [
    ("代码", 18),
    ("名称", 22),
    ("有效回访数", 12),
    ("排名", 8),
    ("档次", 8),
    ("样本不足", 10),
    ("可比组", 18),
    ("考核办法", 16),
];

/// The columns of each of the three rates beside the same mix, and their widths.
const MIX: [(&str, u16); 4] =
    [("同类期望", 14), ("与同类之差", 14), ("与同类之差下限", 16), ("与同类之差上限", 16)];

async fn rates(
    app: web::Data<App>,
    actor: Actor,
    query: RatesQuery,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        for (pointer, said) in
            [("/compare", query.compare.is_some()), ("/quarter", query.quarter.is_some())]
        {
            // A sheet has one window.
            if said {
                return Err(Error::field(pointer, "field.unknown"));
            }
        }
        let view = table(&house, &actor, &query)?;
        let now = house.db.now();
        let rules = house.db.read(|conn| house.hotline.rules.current(conn, now))?;
        let turn = house.exports.enter(actor.user)?;
        let rows = rows(&view);
        let leaving = Leaving {
            actor: &actor,
            rules: &rules,
            now,
            filters: Filters::of(&query)?,
            form,
            what: "rates",
            title: "考核指标",
            columns: columns(&view),
        };
        let sheet = leaving.begin(&house, i64::try_from(rows.len()).unwrap_or(i64::MAX))?;
        Ok((turn, sheet, Ready(Some(rows))))
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

fn columns(view: &RatesView) -> Vec<(String, u16)> {
    let mut before = BEFORE.to_vec();
    if view.has_lists {
        before.insert(LIST_AT, LIST);
    }
    let mut columns: Vec<(String, u16)> =
        before.into_iter().map(|(heading, width)| (heading.to_owned(), width)).collect();
    for metric in Metric::ALL {
        columns.push((format!("{}·分子", metric.zh()), 12));
        columns.push((format!("{}·分母", metric.zh()), 12));
        columns.push((format!("{}·值（{}）", metric.zh(), metric.definition()), 14));
    }
    if is_mixed(view) {
        for metric in Metric::THREE {
            let definition = Fair::definition(metric);
            for (name, width) in MIX {
                columns.push((format!("{}·{name}（{definition}）", metric.zh()), width));
            }
        }
    }
    columns
}

/// Whether the same mix was asked for: then each row has it, though of a rate without answers there is none.
fn is_mixed(view: &RatesView) -> bool {
    view.rows.iter().any(|row| row.same_mix.is_some())
}

fn rows(view: &RatesView) -> Vec<Vec<Cell>> {
    view.rows.iter().chain([&view.total]).map(|row| cells(row, view)).collect()
}

fn cells(row: &RowView, view: &RatesView) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let small = |number: Option<u32>| number.map_or(Cell::Empty, |it| Cell::Number(f64::from(it)));
    let mut cells = vec![
        row.key.as_deref().map_or(Cell::Empty, text),
        if row.key.is_some() { text(&row.name) } else { text("合计") },
        Cell::Number(row.n as f64),
        small(row.rank),
        small(row.band),
        Cell::Truth(row.flagged),
        row.peers.as_deref().map_or(Cell::Empty, text),
        text(&view.profile),
    ];
    if view.has_lists {
        cells.insert(LIST_AT, row.list.map_or(Cell::Empty, |list| text(list.zh())));
    }
    for metric in Metric::ALL {
        let cell = row.metrics.get(metric.as_str());
        let number = |number: Option<f64>| number.map_or(Cell::Empty, Cell::Number);
        cells.push(number(cell.and_then(|it| it.num)));
        cells.push(number(cell.and_then(|it| it.den.map(|den| den as f64))));
        cells.push(cell.and_then(|it| it.value).map_or_else(|| text(NONE), Cell::Number));
    }
    if is_mixed(view) {
        for metric in Metric::THREE {
            let mix = row.same_mix.as_ref();
            let fair = mix.and_then(|it| it.get(metric.as_str())).and_then(Option::as_ref);
            let four = fair.map(|it| [it.expected, it.difference, it.low, it.high]);
            cells.extend(
                four.map_or_else(|| [NONE; MIX.len()].map(text), |four| four.map(Cell::Number)),
            );
        }
    }
    cells
}

macro_rules! sheets {
    ($($(#[$doc:meta])* $handler:ident $path:literal $form:ident $media:literal;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "exports", params(RatesQuery), responses(
            (status = 200, description = "the sheet; its last row says who had it, when and of what", content_type = $media, body = Vec<u8>),
            (status = 403, body = Problem, content_type = "application/problem+json"),
            (status = 422, description = "compare and quarter are not taken", body = Problem, content_type = "application/problem+json"),
            (status = 429, description = "export.too_many", body = Problem, content_type = "application/problem+json"),
        ))]
        #[get($path)]
        pub async fn $handler(
            app: web::Data<App>,
            Asker(actor): Asker,
            Query(query): Query<RatesQuery>,
        ) -> Result<HttpResponse> {
            rates(app, actor, query, Form::$form).await
        })+
    };
}

sheets! {
    /// The table of figures as CSV: of each metric the numerator, the denominator and the value.
    rates_csv "/rates.csv" Csv "text/csv";
    /// The table of figures as a workbook: of each metric the numerator, the denominator and the value.
    rates_xlsx "/rates.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
