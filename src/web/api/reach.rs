//! Web, `/users/{name}/reach` and `/deputies`: how staff are written to, and who gets their letters
//! while they are away. Its rule: one sets one's own; the security administrator anybody's.

use actix_web::{HttpResponse, get, post, put, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::identity::reach::{self, Deputy, NewDeputy, Reach};
use crate::web::asker::Asker;
use crate::web::blocking::run;
use crate::web::body::RawBody;
use crate::web::idempotency::{Answer, IdempotencyKey, answer_once};
use crate::web::problem::Problem;

/// Somebody who stands in, from day to day, both included.
#[derive(Serialize, ToSchema)]
pub struct DeputyView {
    id: String,
    deputy: String,
    #[schema(format = Date)]
    from_on: String,
    #[schema(format = Date)]
    to_on: String,
    set_by: String,
}

impl DeputyView {
    fn of((row, deputy): (Deputy, String)) -> Self {
        Self {
            id: row.id.to_string(),
            deputy,
            from_on: row.from_on.to_string(),
            to_on: row.to_on.to_string(),
            set_by: row.set_by,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct DeputyList {
    items: Vec<DeputyView>,
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct DeputyAdded {
    id: String,
}

/// How somebody is written to.
#[utoipa::path(tag = "administration", responses((status = 200, body = Reach), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/users/{name}/reach")]
pub async fn show(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
) -> Result<HttpResponse> {
    let view = run(move || reach_of(&app, &actor, &name)).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// How `name` is written to.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn reach_of(app: &App, actor: &Actor, name: &str) -> Result<Reach> {
    app.db.read(|conn| reach::reach_of(conn, &app.keys, actor, name))
}

/// Sets how somebody is written to; what is left out is taken away.
#[utoipa::path(tag = "administration", request_body = Reach, responses((status = 204), (status = 403, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json")))]
#[put("/users/{name}/reach")]
pub async fn set(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
    raw: RawBody,
) -> Result<HttpResponse> {
    run(move || {
        app.db.read(|conn| reach::reach_of(conn, &app.keys, &actor, &name))?;
        reach::set_reach(&app.db, &app.keys, &actor, &name, raw.parse()?)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who gets somebody's letters, and when.
#[utoipa::path(tag = "administration", responses((status = 200, body = DeputyList), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/users/{name}/deputies")]
pub async fn deputies(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
) -> Result<HttpResponse> {
    let list = run(move || deputies_of(&app, &actor, &name)).await?;
    Ok(HttpResponse::Ok().json(list))
}

/// Who gets the letters of `name`, and when.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn deputies_of(app: &App, actor: &Actor, name: &str) -> Result<DeputyList> {
    let found = app.db.read(|conn| reach::deputies(conn, actor, name))?;
    Ok(DeputyList { items: found.into_iter().map(DeputyView::of).collect(), next: None })
}

/// Names a deputy: of the same unit, and able to do the same work.
#[utoipa::path(tag = "administration", request_body = NewDeputy, params(("Idempotency-Key" = Option<String>, Header)), responses((status = 201, body = DeputyAdded), (status = 403, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json")))]
#[post("/users/{name}/deputies")]
pub async fn add(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        house.db.read(|conn| reach::deputies(conn, &actor, &name))?;
        let id = reach::add_deputy(&house.db, &actor, &name, raw.parse()?)?;
        let location = format!("/api/v1/users/{name}/deputies");
        Answer::created(location, &DeputyAdded { id: id.to_string() })
    })
    .await
}

/// Takes a deputy back at once.
#[utoipa::path(tag = "administration", params(("name" = String, Path), ("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses((status = 204), (status = 404, body = Problem, content_type = "application/problem+json")))]
#[post("/users/{name}/deputies/{id}/end")]
pub async fn end(
    app: web::Data<App>,
    Asker(actor): Asker,
    path: web::Path<(String, i64)>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        reach::end_deputy(&house.db, &actor, &path.0, path.1)?;
        Ok(Answer::no_content())
    })
    .await
}
