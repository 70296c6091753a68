//! Web: reference data: `/units /regions /estates /companies /categories /catalogue`. Its rule: all
//! staff read; the sysadmin describes, with a day; nothing is deleted.

pub mod calendar;
pub mod category_map;
pub mod corrections;
pub mod dry_run;
pub mod profiles;
pub mod view;

use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use view::{Listed, turned};

use crate::directory::{Category, Company, Estate, Region, Rule, Unit};
use crate::search::sounds::{Sound, hears};

/// `?since_on=` of a new description.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The day from which it holds; today where nothing is said, never a later day.
    since_on: Option<NaiveDate>,
}

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    pub after: Option<String>,
    /// Only what exists on this day.
    pub on: Option<NaiveDate>,
    /// Only what this names: a part of the name, the beginning of the code, or the name's pinyin or its initials.
    pub q: Option<String>,
}

impl Which {
    /// Whether `q` names what is called so.
    fn names<'a>(&self, code: &str, called: impl Iterator<Item = &'a str>) -> bool {
        let typed = self.q.as_deref().unwrap_or_default();
        is_named(typed, code, called)
    }
}

/// Whether `typed` names what has this code or is called so: the beginning of the code, a part of a name, or a name's
/// pinyin or its initials. Nothing typed names everything.
pub(super) fn is_named<'a>(
    typed: &str,
    code: &str,
    mut called: impl Iterator<Item = &'a str>,
) -> bool {
    let typed = typed.trim();
    typed.is_empty()
        || code.starts_with(typed)
        || called.any(|name| name.contains(typed) || hears(&Sound::of(name), typed))
}

/// Whether a body speaks of the thing that the address names.
fn is_code(inside: &impl AsRef<str>, asked: &str) -> bool {
    inside.as_ref() == asked
}

/// What a unit, a place or a category may be called.
fn called_units(it: &Unit) -> impl Iterator<Item = &str> {
    std::iter::once(it.name.as_str())
}
fn called_regions(it: &Region) -> impl Iterator<Item = &str> {
    std::iter::once(it.name.as_str())
}
fn called_estates(it: &Estate) -> impl Iterator<Item = &str> {
    std::iter::once(&it.name).chain(&it.aliases).map(String::as_str)
}
fn called_companies(it: &Company) -> impl Iterator<Item = &str> {
    std::iter::once(it.name.as_str())
}
fn called_categories(it: &Category) -> impl Iterator<Item = &str> {
    std::iter::once(it.name.as_str())
}
/// A rule has its code alone.
fn called_rules(_: &Rule) -> impl Iterator<Item = &str> {
    std::iter::empty()
}

/// The four routes of one noun, in a module of their own.
macro_rules! noun {
    ($noun:ident, $all:literal, $one:literal, $view:ident, $entry:ident, $found:expr, $listed:expr, $called:expr) => {
        pub mod $noun {
            use actix_web::{HttpResponse, get, post, put, web};

            use super::{Listed, Since, Which, is_code, turned};
            use crate::app::App;
            use crate::directory::{self, Directory, Entry};
            use crate::error::{Error, Result};
            use crate::identity::Role;
            use crate::web::asker::Asker;
            use crate::web::blocking::run;
            use crate::web::body::{Page, Query, RawBody};
            use crate::web::idempotency::{Answer, IdempotencyKey, write_once};
            use crate::web::problem::Problem;
            use super::view::$view;

            fn known(directory: &Directory, code: &str) -> Option<$view> {
                let found = $found;
                found(directory, code).and_then(|it| turned(&it).ok())
            }

            /// A page of them, in the order of their codes.
            ///
            /// # Errors
            /// 422 at `/limit`.
            pub fn listed_of(app: &App, which: &Which) -> Result<Listed<$view>> {
                let limit = Page { limit: which.limit, after: None }.limit()?;
                let directory = app.db.read(|conn| app.directory.current(conn))?;
                let (listed, called) = ($listed, $called);
                let all = listed(&directory)
                    .filter(|it| which.on.is_none_or(|day| it.span.holds_on(day)))
                    .filter(|it| which.names(it.code.as_ref(), called(it)));
                let page =
                    directory::page(all, |it| it.code.to_string(), which.after.as_deref(), limit);
                let items: Vec<$view> =
                    page.items.into_iter().map(turned).collect::<Result<_>>()?;
                Ok(Listed { items, next: page.next })
            }

            /// One of them, as it is described now.
            ///
            /// # Errors
            /// `not_found`.
            pub fn one_of(app: &App, code: &str) -> Result<$view> {
                let directory = app.db.read(|conn| app.directory.current(conn))?;
                known(&directory, code).ok_or_else(Error::not_found)
            }

            /// A page of them, in the order of their codes.
            #[utoipa::path(tag = "reference", params(Which), responses((status = 200, body = Listed<$view>)))]
            #[get($all)]
            pub async fn list(
                app: web::Data<App>,
                _asker: Asker,
                Query(which): Query<Which>,
            ) -> Result<HttpResponse> {
                let listed = run(move || listed_of(&app, &which)).await?;
                Ok(HttpResponse::Ok().json(listed))
            }

            /// One of them, as it is described now.
            #[utoipa::path(tag = "reference", params(("code" = String, Path)), responses((status = 200, body = $view), (status = 404, body = Problem, content_type = "application/problem+json")))]
            #[get($one)]
            pub async fn one(
                app: web::Data<App>,
                _asker: Asker,
                code: web::Path<String>,
            ) -> Result<HttpResponse> {
                let view = run(move || one_of(&app, &code)).await?;
                Ok(HttpResponse::Ok().json(view))
            }

            /// Adds one.
            #[utoipa::path(tag = "reference", request_body = $view, params(("Idempotency-Key" = Option<String>, Header)), responses(
                (status = 201, body = $view),
                (status = 403, body = Problem, content_type = "application/problem+json"),
                (status = 409, description = "directory.exists", body = Problem, content_type = "application/problem+json"),
                (status = 422, body = Problem, content_type = "application/problem+json"),
            ))]
            #[post($all)]
            pub async fn add(
                app: web::Data<App>,
                Asker(actor): Asker,
                key: IdempotencyKey,
                raw: RawBody,
            ) -> Result<HttpResponse> {
                actor.require(&[Role::Sysadmin])?;
                let view: $view = raw.parse()?;
                let entry = Entry::$entry(turned(&view)?);
                let idem = key.bind(&actor.name, raw.bytes());
                let zone = app.config.site.zone;
                let location = format!("/api/v1{}/{}", $all, view.code);
                write_once(&app, idem, move |tx| {
                    let today = tx.now.day(zone);
                    directory::create(tx, &actor, entry.clone(), today)?;
                    Answer::created(location.clone(), &view)
                })
                .await
            }

            /// Describes one anew from a day on; what was said of earlier days stays.
            #[utoipa::path(tag = "reference", request_body = $view, params(("code" = String, Path), Since), responses(
                (status = 200, body = $view),
                (status = 403, body = Problem, content_type = "application/problem+json"),
                (status = 404, body = Problem, content_type = "application/problem+json"),
                (status = 422, body = Problem, content_type = "application/problem+json"),
            ))]
            #[put($one)]
            pub async fn revise(
                app: web::Data<App>,
                Asker(actor): Asker,
                code: web::Path<String>,
                Query(since): Query<Since>,
                raw: RawBody,
            ) -> Result<HttpResponse> {
                let zone = app.config.site.zone;
                let view = run(move || {
                    let directory = app.db.read(|conn| app.directory.current(conn))?;
                    known(&directory, &code).ok_or_else(Error::not_found)?;
                    actor.require(&[Role::Sysadmin])?;
                    let view: $view = raw.parse()?;
                    if !is_code(&view.code, &code) {
                        return Err(Error::field("/code", "field.format"));
                    }
                    let entry = Entry::$entry(turned(&view)?);
                    app.db.write(move |tx| {
                        let today = tx.now.day(zone);
                        let since_on = since.since_on.unwrap_or(today);
                        directory::revise(tx, &actor, entry.clone(), since_on, today)
                    })?;
                    Ok(view)
                })
                .await?;
                Ok(HttpResponse::Ok().json(view))
            }

            /// Registers the four.
            pub fn routes(services: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
                services.service(list).service(add).service(one).service(revise);
            }
        }
    };
}

noun!(
    units,
    "/units",
    "/units/{code}",
    UnitView,
    Unit,
    |directory: &'_ Directory, code: &str| directory.unit(&code.into()).cloned(),
    Directory::units,
    super::called_units
);
noun!(
    regions,
    "/regions",
    "/regions/{code}",
    RegionView,
    Region,
    |directory: &'_ Directory, code: &str| directory.region(&code.into()).cloned(),
    Directory::regions,
    super::called_regions
);
noun!(
    estates,
    "/estates",
    "/estates/{code}",
    EstateView,
    Estate,
    |directory: &'_ Directory, code: &str| directory.estate(&code.into()).cloned(),
    Directory::estates,
    super::called_estates
);
noun!(
    companies,
    "/companies",
    "/companies/{code}",
    CompanyView,
    Company,
    |directory: &'_ Directory, code: &str| directory.company(&code.into()).cloned(),
    Directory::companies,
    super::called_companies
);
noun!(
    categories,
    "/categories",
    "/categories/{code}",
    CategoryView,
    Category,
    |directory: &'_ Directory, code: &str| directory.category(&code.into()).cloned(),
    Directory::categories,
    super::called_categories
);
noun!(
    catalogue,
    "/catalogue",
    "/catalogue/{code}",
    RuleView,
    Rule,
    |directory: &'_ Directory, code: &str| directory.rule(code).cloned(),
    Directory::rules,
    super::called_rules
);

/// Every route of reference data.
pub fn routes(services: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    units::routes(services);
    regions::routes(services);
    estates::routes(services);
    companies::routes(services);
    categories::routes(services);
    // Before the catalogue's own, for which it would be a rule's code.
    corrections::routes(services);
    catalogue::routes(services);
    dry_run::routes(services);
    calendar::routes(services);
    profiles::routes(services);
    category_map::routes(services);
}
