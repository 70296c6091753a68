//! Web, `/category-map` 新旧类别对照: what older categories are counted as. Its rule: all staff read, the sysadmin says it
//! with a day; no ticket is touched, and a figure is counted so only where it is asked for.

use actix_web::{HttpResponse, get, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::Listed;
use crate::app::App;
use crate::directory::{self, CategoryCode, Entry, Successor};
use crate::error::{Error, Result};
use crate::identity::Role;
use crate::web::problem::Problem;
use crate::web::{Asker, Page, Query, RawBody, run};

/// What one category is counted as.
#[derive(Serialize, ToSchema)]
pub struct CategoryMapLine {
    /// The category as tickets carry it.
    code: CategoryCode,
    /// What it is counted as; null: as itself again.
    to: Option<CategoryCode>,
    /// The first day on which it is counted so, whenever the ticket came.
    from_on: NaiveDate,
    /// What it is counted as today, as far as the words lead.
    counted_as: CategoryCode,
}

/// What a category is to be counted as.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryMapWord {
    /// Null takes an earlier word back.
    to: Option<CategoryCode>,
    /// Today where nothing is said; a later day is allowed.
    from_on: Option<NaiveDate>,
}

/// The newest word about each category that is or was counted as another.
#[utoipa::path(tag = "reference", params(Page), responses((status = 200, body = Listed<CategoryMapLine>)))]
#[get("/category-map")]
pub async fn list(
    app: web::Data<App>,
    _asker: Asker,
    Query(page): Query<Page>,
) -> Result<HttpResponse> {
    let listed = run(move || listed_of(&app, &page)).await?;
    Ok(HttpResponse::Ok().json(listed))
}

/// A page of the words, by code.
///
/// # Errors
/// 422 at `/limit`.
pub fn listed_of(app: &App, page: &Page) -> Result<Listed<CategoryMapLine>> {
    let limit = page.limit()?;
    let today = app.clock.now().day(app.config.site.zone);
    let known = app.db.read(|conn| app.directory.current(conn))?;
    let all = known.successors();
    let page = directory::page(all, |it| it.code.to_string(), page.after.as_deref(), limit);
    let line = |it: &Successor| CategoryMapLine {
        code: it.code.clone(),
        to: it.to.clone(),
        from_on: it.from_on,
        counted_as: known.counted_as(&it.code, today),
    };
    Ok(Listed { items: page.items.into_iter().map(line).collect(), next: page.next })
}

/// Says what a category is counted as from a day on; what was said of earlier days stays.
#[utoipa::path(tag = "reference", request_body = CategoryMapWord, params(("code" = String, Path)), responses(
    (status = 200, body = CategoryMapLine),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "no such category", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "directory.category_circle, directory.category_ended", body = Problem, content_type = "application/problem+json"),
))]
#[put("/category-map/{code}")]
pub async fn say(
    app: web::Data<App>,
    Asker(actor): Asker,
    code: web::Path<String>,
    raw: RawBody,
) -> Result<HttpResponse> {
    let zone = app.config.site.zone;
    let line = run(move || {
        let code = CategoryCode::from(code.as_str());
        let known = app.db.read(|conn| app.directory.current(conn))?;
        known.category(&code).ok_or_else(Error::not_found)?;
        actor.require(&[Role::Sysadmin])?;
        let word: CategoryMapWord = raw.parse()?;
        let (of, said) = (code.clone(), word.clone());
        let (from_on, today) = app.db.write(move |tx| {
            let today = tx.now.day(zone);
            let from_on = said.from_on.unwrap_or(today);
            let word = Successor { code: of.clone(), to: said.to.clone(), from_on };
            directory::put(tx, &actor, Entry::Successor(word), today, today)?;
            Ok((from_on, today))
        })?;
        let known = app.db.read(|conn| app.directory.current(conn))?;
        let counted_as = known.counted_as(&code, today);
        Ok(CategoryMapLine { code, to: word.to, from_on, counted_as })
    })
    .await?;
    Ok(HttpResponse::Ok().json(line))
}

/// Both.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(list).service(say);
}
