//! Web, `/upstream/assessed.csv` and `.xlsx`: what differs as a sheet, with the instants that prove what we hold. Its rule:
//! the command's appeal pack row by row, then the rows of the city's list that could not be read; no caller is in it.

use std::sync::Arc;
use std::vec::IntoIter;

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Serialize;

use super::{CityList, CityListForm, Compared, received};
use crate::app::App;
use crate::assessment::reconcile::Line;
use crate::error::{Result, sentence};
use crate::identity::Actor;
use crate::lifecycle::{Hotline, Rules};
use crate::moving::assessed::list::Faulty;
use crate::moving::assessed::pack;
use crate::sheet::{Cell, Form};
use crate::web::api::exports::{Filters, Leaving};
use crate::web::leaving::{self, Rows};
use crate::web::problem::Problem;
use crate::web::{Asker, run_long};

/// Whole tickets held in memory at once.
const PAGE: usize = 100;
/// The worksheet's name, and what it is of.
const TITLE: &str = "对账差异";

/// By what the list is narrowed.
#[derive(Serialize)]
struct Narrowed {
    window: String,
}

/// The rows: the differences, then what could not be read, a page at a time.
struct PackRows {
    hotline: Arc<Hotline>,
    rules: Arc<Rules>,
    lines: IntoIter<Line>,
    unread: IntoIter<Faulty>,
}

impl Rows for PackRows {
    fn next_page(&mut self) -> Result<Option<Vec<Vec<Cell>>>> {
        let some: Vec<Line> = self.lines.by_ref().take(PAGE).collect();
        if some.is_empty() {
            let unread = self.unread.by_ref().take(PAGE);
            let unread: Vec<Vec<Cell>> = unread.map(|it| unread_row(&it)).collect();
            return Ok((!unread.is_empty()).then_some(unread));
        }
        let (hotline, rules) = (&*self.hotline, &*self.rules);
        let rows = hotline.db.read(|conn| {
            let row = |line| pack::row(conn, (hotline, rules), line);
            some.iter().map(row).collect::<Result<Vec<_>>>()
        })?;
        Ok(Some(rows))
    }
}

/// A row that could not be read stands under the column that says what differs.
fn unread_row(faulty: &Faulty) -> Vec<Cell> {
    let row = faulty.row.to_string();
    let said = sentence("assessed.row", &[("row", &row), ("reason", &faulty.reason)]);
    vec![Cell::Empty, Cell::Empty, Cell::Text(said)]
}

/// Sends what differs between the city's list and ours as a sheet.
///
/// # Errors
/// As [`super::compared_of`].
pub async fn packed(
    app: web::Data<App>,
    actor: Actor,
    sent: CityList,
    form: Form,
) -> Result<HttpResponse> {
    let house = app.clone();
    let (turn, sheet, rows) = run_long(move || {
        let Compared { found, unread, window, rules, now, turn } =
            Compared::of(&house, &actor, &sent)?;
        let leaving = Leaving {
            actor: &actor,
            rules: &rules,
            now,
            filters: Filters::of(&Narrowed { window: window.label() })?,
            form,
            what: "upstream-assessed",
            title: TITLE,
            columns: pack::COLUMNS.map(|(heading, width)| (heading.to_owned(), width)).into(),
        };
        let count = found.lines.len() + unread.len();
        let scope = sentence("export.list_whole", &[("list", TITLE)]);
        let sheet = leaving.begin_of(&house, i64::try_from(count).unwrap_or(i64::MAX), &scope)?;
        let (lines, unread) = (found.lines.into_iter(), unread.into_iter());
        Ok((turn, sheet, PackRows { hotline: house.hotline.clone(), rules, lines, unread }))
    })
    .await?;
    leaving::send(&app, turn, sheet, rows).await
}

macro_rules! sheets {
    ($($(#[$doc:meta])* $handler:ident $path:literal $form:ident $media:literal;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "upstream", request_body(content = CityListForm, content_type = "multipart/form-data"), responses(
            (status = 200, description = "the sheet; its last row says who had it, when, of what, and how many", content_type = $media, body = Vec<u8>),
            (status = 400, description = "no form, or it breaks off", body = Problem, content_type = "application/problem+json"),
            (status = 403, body = Problem, content_type = "application/problem+json"),
            (status = 413, description = "attachment.too_large", body = Problem, content_type = "application/problem+json"),
            (status = 422, description = "as POST /upstream/assessed", body = Problem, content_type = "application/problem+json"),
            (status = 429, description = "export.too_many", body = Problem, content_type = "application/problem+json"),
        ))]
        #[post($path)]
        pub async fn $handler(
            app: web::Data<App>,
            Asker(actor): Asker,
            (request, payload): (HttpRequest, web::Payload),
        ) -> Result<HttpResponse> {
            let sent = received(&app, &actor, &request, payload).await?;
            packed(app, actor, sent, Form::$form).await
        })+
    };
}

sheets! {
    /// What differs between the city's list of assessed tickets and ours as CSV, all of it, to object with.
    assessed_csv "/upstream/assessed.csv" Csv "text/csv";
    /// The same as a workbook.
    assessed_xlsx "/upstream/assessed.xlsx" Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}
