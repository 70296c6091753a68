//! Web, `/profiles`: the 考核办法 of the city. Its rule: a version is never changed, a change is a
//! new version; which profile is in force is a dated setting.

use actix_web::{HttpResponse, get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::Listed;
use crate::app::App;
use crate::assessment::store::first_received;
use crate::directory::{
    self, BUILT_IN_PROFILES, Directory, Entry, PROFILE_IN_FORCE, Profile, Setting,
};
use crate::error::{Error, Result};
use crate::identity::Role;
use crate::limits::check_profile;
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
    pub code: String,
    pub name: String,
    pub version: i32,
    pub from_on: NaiveDate,
    pub toml: String,
    /// Whether it is the one that applies today.
    pub in_force: bool,
}

/// Every version of every profile.
#[utoipa::path(tag = "reference", params(Page), responses((status = 200, body = Listed<ProfileLine>)))]
#[get("/profiles")]
pub async fn list(
    app: web::Data<App>,
    _asker: Asker,
    Query(page): Query<Page>,
) -> Result<HttpResponse> {
    let listed = run(move || listed_of(&app, &page)).await?;
    Ok(HttpResponse::Ok().json(listed))
}

/// A page of the versions.
///
/// # Errors
/// 422 at `/limit`.
pub fn listed_of(app: &App, page: &Page) -> Result<Listed<ProfileLine>> {
    let limit = page.limit()?;
    let today = app.clock.now().day(app.config.site.zone);
    let directory = app.db.read(|conn| app.directory.current(conn))?;
    let current = current(app, &directory, today);
    let page = directory::page(directory.profiles(), |it| code(it), page.after.as_deref(), limit);
    let items = page.items.into_iter().map(|profile| line(profile, current));
    Ok(Listed { items: items.collect(), next: page.next })
}

fn code(profile: &Profile) -> String {
    format!("{}@{}", profile.name, profile.version)
}

/// The version that applies on `day`, where the site has laid one down.
fn current<'a>(app: &App, directory: &'a Directory, day: NaiveDate) -> Option<&'a Profile> {
    let name = directory.setting_on(PROFILE_IN_FORCE, day).unwrap_or(&app.config.site.profile);
    directory.profile_on(name, day)
}

fn line(profile: &Profile, current: Option<&Profile>) -> ProfileLine {
    ProfileLine {
        code: code(profile),
        name: profile.name.clone(),
        version: profile.version,
        from_on: profile.from_on,
        toml: profile.toml.clone(),
        in_force: current == Some(profile),
    }
}

/// One version of a profile.
#[utoipa::path(tag = "reference", params(("code" = String, Path, description = "name@version")), responses(
    (status = 200, body = ProfileLine),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/profiles/{code}")]
pub async fn one(
    app: web::Data<App>,
    _asker: Asker,
    asked: web::Path<String>,
) -> Result<HttpResponse> {
    let view = run(move || one_of(&app, &asked)).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// The version `asked`, such as `default@1`.
///
/// # Errors
/// `not_found`, also for what comes with the program and was not laid down.
pub fn one_of(app: &App, asked: &str) -> Result<ProfileLine> {
    let today = app.clock.now().day(app.config.site.zone);
    let directory = app.db.read(|conn| app.directory.current(conn))?;
    let found = directory.profiles().find(|it| code(it) == asked);
    let found = found.ok_or_else(Error::not_found)?;
    Ok(line(found, current(app, &directory, today)))
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
    let profile = view.checked()?;
    let idem = key.bind(&actor.name, raw.bytes());
    let zone = app.config.site.zone;
    write_once(&app, idem, move |tx| {
        let today = tx.now.day(zone);
        directory::create(tx, &actor, Entry::Profile(profile.clone()), today)?;
        Answer::created(format!("/api/v1/profiles/{}", code(&profile)), &view)
    })
    .await
}

impl ProfileView {
    /// The version as the directory keeps it, where its text can be read.
    fn checked(&self) -> Result<Profile> {
        let Self { name, version, toml, from_on } = self.clone();
        let profile = Profile { name, version, toml, from_on };
        check_profile(&profile)?;
        Ok(profile)
    }
}

/// Describes a profile anew from a day on, by a new version: the one before stays as it is, and so do
/// the days before. A version that is there already is answered as it is, and never changed.
#[utoipa::path(tag = "reference", request_body = ProfileView,
    params(("code" = String, Path, description = "the profile's name, or name@version of one of its versions")),
    responses(
        (status = 200, body = ProfileView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "directory.profile_fixed", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[put("/profiles/{code}")]
pub async fn revise(
    app: web::Data<App>,
    Asker(actor): Asker,
    asked: web::Path<String>,
    raw: RawBody,
) -> Result<HttpResponse> {
    let zone = app.config.site.zone;
    let view = run(move || {
        let directory = app.db.read(|conn| app.directory.current(conn))?;
        let name = named(&directory, &asked).ok_or_else(Error::not_found)?;
        actor.require(&[Role::Sysadmin])?;
        let view: ProfileView = raw.parse()?;
        if view.name != name {
            return Err(Error::field("/name", "field.format"));
        }
        let entry = Entry::Profile(view.checked()?);
        app.db.write(move |tx| {
            let today = tx.now.day(zone);
            directory::put(tx, &actor, entry.clone(), today, today)
        })?;
        Ok(view)
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// The name of the profile that `asked` means: itself, or one of its versions.
fn named<'a>(directory: &Directory, asked: &'a str) -> Option<&'a str> {
    let built_in = |name| BUILT_IN_PROFILES.contains(&name);
    match asked.split_once('@') {
        None => {
            (built_in(asked) || directory.profiles().any(|it| it.name == asked)).then_some(asked)
        }
        Some((name, version)) => (built_in(name) && version == "1"
            || directory.profiles().any(|it| code(it) == asked))
        .then_some(name),
    }
}

/// Which profile is to be in force, and from which day on.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    name: String,
    /// Today where nothing is said; a later day is allowed, an earlier one is not once a profile was named. In the
    /// answer the day from which it holds: an earlier one where it was named for that before.
    since_on: Option<NaiveDate>,
}

/// Puts a profile into force from a day on. What was named before for that day and later ones holds no more.
#[utoipa::path(tag = "reference", request_body = InForce, responses(
    (status = 200, body = InForce),
    (status = 422, description = "/since_on directory.profile_past: a profile is never put in force for days gone by", body = Problem, content_type = "application/problem+json"),
))]
#[put("/profiles/in-force")]
pub async fn put_in_force(
    app: web::Data<App>,
    Asker(actor): Asker,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(&[Role::Sysadmin])?;
    let wanted: InForce = raw.parse()?;
    let zone = app.config.site.zone;
    let view = run(move || {
        let house = app.clone();
        app.db.write(move |tx| {
            let today = tx.now.day(zone);
            let since_on = wanted.since_on.unwrap_or(today);
            let named = |value: &str| Setting {
                name: PROFILE_IN_FORCE.to_owned(),
                value: value.to_owned(),
            };
            let directory = house.directory.current(tx.conn)?;
            let is_named = directory.setting_on(PROFILE_IN_FORCE, today).is_some();
            let has_past = is_named || first_received(tx.conn)?.is_some();
            if since_on < today && has_past {
                // What was counted under another one stays (decision 0032).
                return Err(Error::field("/since_on", "directory.profile_past"));
            }
            if !is_named && (since_on > today || has_past) {
                // The first to be named would hold for all the days before: until now it was the configuration's.
                let before = Entry::Setting(named(&house.config.site.profile));
                directory::put(tx, &actor, before, today, today)?;
            }
            let setting = named(&wanted.name);
            let holds = directory.holds_since(&setting, since_on);
            directory::put(tx, &actor, Entry::Setting(setting), since_on, today)
                .map_err(|error| renamed(error, "/value", "/name"))?;
            Ok(InForce { name: wanted.name.clone(), since_on: holds.or(Some(since_on)) })
        })
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// The setting's value is called otherwise here.
fn renamed(error: Error, inside: &str, outside: &str) -> Error {
    match error.fields().first() {
        Some(field) if field.pointer == inside => Error::field(outside, field.code),
        _ => error,
    }
}

pub fn routes(services: &mut ServiceConfig<'_>) {
    // `in-force` before `{code}`, which would take it for a profile's name.
    services.service(list).service(add).service(put_in_force).service(one).service(revise);
}
