//! Web, console: the page for a phone in the field. Its rule: the list of `GET /work` without anybody's name; photos
//! and notes leave through the interface when there is a signal, and are stamped when they arrive.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use super::templates::POLICY;
use crate::app::App;
use crate::web::api::work::{self, WorkList};
use crate::web::blocking::run;

#[derive(Serialize)]
struct Field {
    work: WorkList,
}

/// One's tasks.
#[get("/field")]
pub async fn tasks(app: web::Data<App>, guest: Guest) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (field, directory) = run(move || {
        let field = Field { work: work::work_of(&house.hotline, &actor, None)? };
        Ok((field, house.db.read(|conn| house.directory.current(conn))?))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("field.html", field)?)
}

/// What keeps the page on the phone. It lies at the root, because it may keep nothing above itself, and asks under the
/// policy that it came with.
#[get("/field-worker.js")]
pub async fn keeper() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(include_str!("assets/field-worker.js"))
}
