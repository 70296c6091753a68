//! Web, `/profiles`: the 考核办法 of the city. Its rule: a version is never changed, a change is a
//! new version; which profile is in force is a dated setting.

use actix_web::{HttpResponse, get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::Listed;
use crate::app::App;
use crate::directory::{self, Directory, Entry, PROFILE_IN_FORCE, Profile, Setting};
use crate::error::{Error, Result};
use crate::identity::Role;
use crate::web::asker::Asker;
use crate::web::blocking::run;
use crate::web::body::{Page, Query, RawBody};
use crate::web::idempotency::{Answer, IdempotencyKey, write_once};
use crate::web::problem::Problem;

/// One version of a profile.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileView {
    pub name: String,
    /// 1, 2, 3 …
    pub version: i32,
    /// Clocks, windows, weights and reasons, as TOML.
    pub toml: String,
    /// The first day on which this version applies.
    pub from_on: NaiveDate,
}

/// A version in a list.
#[derive(Serialize, ToSchema)]
pub struct ProfileLine {
    /// Name and version: `default@1`.
    code: String,
    name: String,
    version: i32,
    from_on: NaiveDate,
    toml: String,
    /// Whether it is the one that applies today.
    in_force: bool,
}

/// Every version of every profile.
#[utoipa::path(tag = "reference", params(Page), responses((status = 200, body = Listed<ProfileLine>)))]
#[get("/profiles")]
pub async fn list(
    app: web::Data<App>,
    _asker: Asker,
    Query(page): Query<Page>,
) -> Result<HttpResponse> {
    let limit = page.limit()?;
    let today = app.clock.now().day(app.config.site.zone);
    let listed = run(move || {
        let directory = app.db.read(|conn| app.directory.current(conn))?;
        let name = in_force(&app, &directory, today);
        let current = directory.profile_on(&name, today).map(code);
        let page =
            directory::page(directory.profiles(), |it| code(it), page.after.as_deref(), limit);
        let items = page.items.into_iter().map(|profile| ProfileLine {
            code: code(profile),
            name: profile.name.clone(),
            version: profile.version,
            from_on: profile.from_on,
            toml: profile.toml.clone(),
            in_force: current.as_deref() == Some(&code(profile)),
        });
        Ok(Listed { items: items.collect(), next: page.next })
    })
    .await?;
    Ok(HttpResponse::Ok().json(listed))
}

fn code(profile: &Profile) -> String {
    format!("{}@{}", profile.name, profile.version)
}

fn in_force(app: &App, directory: &Directory, day: NaiveDate) -> String {
    directory.setting_on(PROFILE_IN_FORCE, day).unwrap_or(&app.config.site.profile).to_owned()
}

/// Adds a version.
#[utoipa::path(tag = "reference", request_body = ProfileView, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = ProfileView),
    (status = 409, description = "directory.exists", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/profiles")]
pub async fn add(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(&[Role::Sysadmin])?;
    let view: ProfileView = raw.parse()?;
    let idem = key.bind(&actor.name, raw.bytes());
    let zone = app.config.site.zone;
    write_once(&app, idem, move |tx| {
        let ProfileView { name, version, toml, from_on } = view.clone();
        let entry = Entry::Profile(Profile { name, version, toml, from_on });
        let today = tx.now.day(zone);
        directory::create(tx, &actor, entry, today)?;
        Answer::created("/api/v1/profiles", &view)
    })
    .await
}

/// Which profile is to be in force, and from which day on.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    name: String,
    /// Today where nothing is said; a later day is allowed.
    since_on: Option<NaiveDate>,
}

/// Puts a profile into force.
#[utoipa::path(tag = "reference", request_body = InForce, responses(
    (status = 200, body = InForce),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[put("/profiles/in-force")]
pub async fn put_in_force(
    app: web::Data<App>,
    Asker(actor): Asker,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(&[Role::Sysadmin])?;
    let body: InForce = raw.parse()?;
    let zone = app.config.site.zone;
    let wanted = body.clone();
    run(move || {
        app.db.write(move |tx| {
            let today = tx.now.day(zone);
            let since_on = wanted.since_on.unwrap_or(today);
            let setting = Setting { name: PROFILE_IN_FORCE.to_owned(), value: wanted.name.clone() };
            directory::put(tx, &actor, Entry::Setting(setting), since_on, today)
                .map_err(|error| named(error, "/value", "/name"))
        })
    })
    .await?;
    Ok(HttpResponse::Ok().json(body))
}

/// The setting's value is called otherwise here.
fn named(error: Error, inside: &str, outside: &str) -> Error {
    match error.fields().first() {
        Some(field) if field.pointer == inside => Error::field(outside, field.code),
        _ => error,
    }
}

pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(list).service(add).service(put_in_force);
}
