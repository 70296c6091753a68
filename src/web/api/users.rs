//! Web, `/users`: the security administrator's accounts and machine keys. Its rule: a one-time
//! password or a key is told once, in the answer that made it.

use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::db::page::{cut, one_more};
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::identity::{self, Account, AccountKind, Actor, NewAccount, Role, Scope};
use crate::time::Stamp;
use crate::web::asker::Asker;
use crate::web::blocking::run;
use crate::web::body::{Page, Query, RawBody};
use crate::web::idempotency::{Answer, IdempotencyKey, answer_once};
use crate::web::problem::Problem;

const KEEPERS: &[Role] = &[Role::Secadmin];

/// An account, without its secrets.
#[derive(Serialize, ToSchema)]
pub struct UserView {
    name: String,
    display_name: String,
    pub kind: AccountKind,
    roles: Vec<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<String>,
    /// Whether a second factor is in use.
    second_factor: bool,
}

impl UserView {
    fn of(app: &App, account: &Account) -> Self {
        let zone = app.config.site.zone;
        let shown = |at: Option<Stamp>| at.map(|at| at.rfc3339(zone));
        Self {
            name: account.name.clone(),
            display_name: account.display_name.clone(),
            kind: account.kind,
            roles: account.roles.iter().copied().collect(),
            unit: account.unit.as_ref().map(ToString::to_string),
            created_at: account.created_at.rfc3339(zone),
            disabled_at: shown(account.disabled_at),
            locked_until: shown(
                account.locked_until.filter(|_| account.is_locked(app.clock.now())),
            ),
            last_login_at: shown(account.last_login_at),
            second_factor: account.totp.is_some(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct UserList {
    items: Vec<UserView>,
    next: Option<String>,
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// 2 to 32 small letters, digits, `.`, `_` or `-`.
    name: String,
    #[serde(default)]
    display_name: String,
    roles: Vec<Role>,
    unit: Option<UnitCode>,
    /// A machine account comes in by keys only and has no password.
    #[serde(default)]
    machine: bool,
}

/// A password that works once, within 72 hours; told now and never again.
#[derive(Serialize, ToSchema)]
pub struct OneTime {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    one_time_password: Option<String>,
}

/// The accounts, in the order of their names.
#[utoipa::path(tag = "administration", params(Page), responses((status = 200, body = UserList), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/users")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(page): Query<Page>,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let list = run(move || listed_of(&app, &actor, &page)).await?;
    Ok(HttpResponse::Ok().json(list))
}

/// A page of the accounts.
///
/// # Errors
/// `forbidden`; 422 at `/limit`.
pub fn listed_of(app: &App, actor: &Actor, page: &Page) -> Result<UserList> {
    actor.require(KEEPERS)?;
    let limit = page.limit()?;
    let (after, most) = (page.after.as_deref(), one_more(limit));
    let found = app.db.read(|conn| identity::list_users(conn, actor, after, most))?;
    let (found, next) = cut(found, limit, |account| account.name.clone());
    let items = found.iter().map(|account| UserView::of(app, account)).collect();
    Ok(UserList { items, next })
}

/// One account.
#[utoipa::path(tag = "administration", responses((status = 200, body = UserView), (status = 404, body = Problem, content_type = "application/problem+json")))]
#[get("/users/{name}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let view = run(move || one_of(&app, &actor, &name)).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// The account `name`.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn one_of(app: &App, actor: &Actor, name: &str) -> Result<UserView> {
    actor.require(KEEPERS)?;
    let account = app.db.read(|conn| identity::find_user(conn, actor, name))?;
    Ok(UserView::of(app, &account))
}

/// Makes an account.
#[utoipa::path(tag = "administration", request_body = NewUser, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = OneTime),
    (status = 409, description = "account.name_taken", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/users")]
pub async fn add(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let body: NewUser = raw.parse()?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        let (name, machine) = (body.name.trim().to_lowercase(), body.machine);
        check_unit(&house, body.unit.as_ref())?;
        let plan = NewAccount {
            name: body.name,
            display_name: body.display_name,
            roles: body.roles.into_iter().collect(),
            unit: body.unit,
        };
        let one_time_password = if machine {
            identity::add_machine(&house.db, &actor, plan)?;
            None
        } else {
            Some(identity::add_user(&house.db, &actor, plan)?)
        };
        let location = format!("/api/v1/users/{name}");
        Answer::created(location, &OneTime { name, one_time_password })
    })
    .await
}

fn check_unit(app: &App, unit: Option<&UnitCode>) -> Result<()> {
    let Some(unit) = unit else { return Ok(()) };
    let directory = app.db.read(|conn| app.directory.current(conn))?;
    match directory.unit(unit) {
        Some(_) => Ok(()),
        None => Err(Error::field("/unit", "field.unknown_code")),
    }
}

/// Exactly the roles that an account is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    roles: Vec<Role>,
    unit: Option<UnitCode>,
}

/// Gives an account exactly these roles, from its next request on.
#[utoipa::path(tag = "administration", request_body = Grant, responses(
    (status = 200, body = UserView),
    (status = 409, description = "account.own, account.last_keeper", body = Problem, content_type = "application/problem+json"),
))]
#[put("/users/{name}")]
pub async fn grant(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let view = run(move || {
        app.db.read(|conn| identity::find_user(conn, &actor, &name))?;
        let body: Grant = raw.parse()?;
        check_unit(&app, body.unit.as_ref())?;
        let roles = body.roles.into_iter().collect();
        identity::grant_roles(&app.db, &actor, &name, roles, body.unit)?;
        one_of(&app, &actor, &name)
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// `disable`, `enable`, `end-sessions`, `drop-totp`: answered with the account;
/// `reset-password`: with a one-time password.
#[utoipa::path(tag = "administration", params(
    ("name" = String, Path),
    ("action" = String, Path, description = "disable, enable, end-sessions, drop-totp or reset-password"),
    ("Idempotency-Key" = Option<String>, Header),
), responses(
    (status = 200, body = OneTime),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "account.own, account.last_keeper, account.no_password", body = Problem, content_type = "application/problem+json"),
))]
#[post("/users/{name}/{action}")]
pub async fn act(
    app: web::Data<App>,
    Asker(actor): Asker,
    path: web::Path<(String, String)>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let (name, action) = path.into_inner();
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        let (db, settings) = (&house.db, &house.gate.settings);
        let name = name.to_lowercase();
        let one_time_password = match action.as_str() {
            "disable" => identity::disable(db, &actor, &name).map(|()| None),
            "enable" => identity::enable(db, &actor, &name).map(|()| None),
            "end-sessions" => identity::end_sessions(db, &actor, &name).map(|()| None),
            "drop-totp" => identity::drop_totp(db, &actor, &name).map(|()| None),
            "reset-password" => identity::reset_password(db, &actor, settings, &name).map(Some),
            _ => Err(Error::not_found()),
        }?;
        Answer::ok(&OneTime { name, one_time_password })
    })
    .await
}

/// A new key of a machine account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    label: String,
    scopes: Vec<Scope>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Stamp>,
}

/// A key, told now and never again.
#[derive(Serialize, ToSchema)]
pub struct KeyTold {
    key: String,
}

/// A key as it is listed: never the key itself.
#[derive(Serialize, ToSchema)]
pub struct KeyView {
    id: String,
    label: String,
    scopes: Vec<Scope>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct KeyList {
    items: Vec<KeyView>,
    next: Option<String>,
}

/// The keys of a machine account, newest first.
#[utoipa::path(tag = "administration", responses((status = 200, body = KeyList), (status = 404, body = Problem, content_type = "application/problem+json")))]
#[get("/users/{name}/keys")]
pub async fn list_keys(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let keys = run(move || keys_of(&app, &actor, &name)).await?;
    Ok(HttpResponse::Ok().json(keys))
}

/// The keys of the machine account `name`.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn keys_of(app: &App, actor: &Actor, name: &str) -> Result<KeyList> {
    actor.require(KEEPERS)?;
    Ok(KeyList { items: key_views(app, actor, name)?, next: None })
}

fn key_views(app: &App, actor: &Actor, name: &str) -> Result<Vec<KeyView>> {
    let zone = app.config.site.zone;
    let shown = |at: Option<Stamp>| at.map(|at| at.rfc3339(zone));
    let keys = app.db.read(|conn| identity::list_api_keys(conn, actor, name))?;
    keys.into_iter()
        .map(|key| {
            Ok(KeyView {
                id: key.id.to_string(),
                label: key.label,
                scopes: serde_json::from_str(&key.scopes).map_err(Error::internal)?,
                created_at: key.created_at.rfc3339(zone),
                expires_at: shown(key.expires_at),
                ended_at: shown(key.ended_at),
            })
        })
        .collect()
}

/// Makes a key for a machine account.
#[utoipa::path(tag = "administration", request_body = NewKey, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = KeyTold),
    (status = 409, description = "account.not_machine", body = Problem, content_type = "application/problem+json"),
))]
#[post("/users/{name}/keys")]
pub async fn add_key(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        house.db.read(|conn| identity::find_user(conn, &actor, &name))?;
        let body: NewKey = raw.parse()?;
        let scopes = body.scopes.into_iter().collect();
        let label = &body.label;
        let key = identity::add_api_key(&house.db, &actor, &name, label, &scopes, body.expires_at)?;
        Answer::created(format!("/api/v1/users/{name}/keys"), &KeyTold { key })
    })
    .await
}

/// Ends a key at once.
#[utoipa::path(tag = "administration", params(("name" = String, Path), ("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses((status = 204), (status = 404, body = Problem, content_type = "application/problem+json")))]
#[post("/users/{name}/keys/{id}/end")]
pub async fn end_key(
    app: web::Data<App>,
    Asker(actor): Asker,
    path: web::Path<(String, i64)>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        identity::end_api_key(&house.db, &actor, path.1)?;
        Ok(Answer::no_content())
    })
    .await
}
