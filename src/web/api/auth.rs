//! Web, `/auth` and `/me`: coming in, staying, leaving, one's own account. Its rule: who one is
//! and what must be done first, and nothing about anybody else.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::identity::{
    self, AccountKind, Attempt, Role, Standing, Tokens, Visitor, change_password, confirm_totp,
    enrol_totp, log_in, log_out,
};
use crate::web::asker::{Known, door};
use crate::web::blocking::run;
use crate::web::body::Body;
use crate::web::client;
use crate::web::problem::Problem;

/// What somebody types to come in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    username: String,
    #[schema(format = Password)]
    password: String,
    /// The second factor's code, where the account has one.
    otp: Option<String>,
}

/// Tokens for the `Authorization` header and for `/auth/refresh`.
#[derive(Serialize, ToSchema)]
pub struct Granted {
    access_token: String,
    /// Good once; using it twice ends the session.
    refresh_token: String,
    /// `Bearer`
    token_type: &'static str,
    /// Seconds that the access token is good for.
    expires_in: u32,
    /// What must be done before anything else is answered: `change_password` or `enrol_totp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<&'static str>,
}

impl From<Tokens> for Granted {
    fn from(tokens: Tokens) -> Self {
        Self {
            due: due(tokens.standing),
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            token_type: "Bearer",
            expires_in: tokens.expires_in_s,
        }
    }
}

const fn due(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Full => None,
        Standing::MustChangePassword => Some("change_password"),
        Standing::MustEnrolTotp => Some("enrol_totp"),
    }
}

/// Logs in. The same answer for an unknown name, a wrong password and a locked account.
#[utoipa::path(tag = "auth", security(()), request_body = Login, responses(
    (status = 200, body = Granted),
    (status = 401, description = "login.failed, login.otp_needed", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "login.too_often", body = Problem, content_type = "application/problem+json"),
))]
#[post("/auth/token")]
pub async fn token(
    request: HttpRequest,
    app: web::Data<App>,
    Body(login): Body<Login>,
) -> Result<HttpResponse> {
    if let Some(address) = client::client_ip(&request, &app.config.web.trusted_proxies) {
        app.limiter.check(address, &login.username)?;
    }
    let door = door(&request);
    let attempt = Attempt { name: login.username, password: login.password, otp: login.otp };
    let tokens = run(move || log_in(&app.db, &app.gate, &attempt, door)).await?;
    Ok(HttpResponse::Ok().json(Granted::from(tokens)))
}

/// The refresh token of the last answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    refresh_token: String,
}

/// Exchanges a refresh token for new tokens; the reuse of an old one ends the session.
#[utoipa::path(tag = "auth", security(()), request_body = Refresh, responses(
    (status = 200, body = Granted),
    (status = 401, description = "login.over", body = Problem, content_type = "application/problem+json"),
))]
#[post("/auth/refresh")]
pub async fn refresh(
    request: HttpRequest,
    app: web::Data<App>,
    Body(body): Body<Refresh>,
) -> Result<HttpResponse> {
    let door = door(&request);
    let tokens =
        run(move || identity::refresh(&app.db, &app.gate, &body.refresh_token, door)).await?;
    Ok(HttpResponse::Ok().json(Granted::from(tokens)))
}

/// Ends the session at once, on every node.
#[utoipa::path(tag = "auth", responses((status = 204), (status = 401, body = Problem, content_type = "application/problem+json")))]
#[post("/auth/logout")]
pub async fn logout(app: web::Data<App>, Known(visitor): Known) -> Result<HttpResponse> {
    run(move || log_out(&app.db, &visitor)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
pub struct Me {
    pub name: String,
    pub display_name: String,
    pub kind: AccountKind,
    pub roles: Vec<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<&'static str>,
}

/// Who one is.
#[utoipa::path(tag = "auth", responses((status = 200, body = Me), (status = 401, body = Problem, content_type = "application/problem+json")))]
#[get("/me")]
pub async fn me(Known(visitor): Known) -> HttpResponse {
    HttpResponse::Ok().json(me_of(&visitor))
}

/// Who `visitor` is.
pub fn me_of(visitor: &Visitor) -> Me {
    let actor = visitor.self_service();
    Me {
        name: actor.name.clone(),
        display_name: visitor.display_name.clone(),
        kind: visitor.kind,
        roles: actor.roles.iter().copied().collect(),
        unit: actor.unit.as_ref().map(ToString::to_string),
        due: due(visitor.standing),
    }
}

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    #[schema(format = Password)]
    pub old: String,
    #[schema(format = Password)]
    pub new: String,
}

/// Changes one's own password; every other session ends.
#[utoipa::path(tag = "auth", request_body = NewPassword, responses(
    (status = 200, body = Granted),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/me/password")]
pub async fn password(
    app: web::Data<App>,
    Known(visitor): Known,
    Body(body): Body<NewPassword>,
) -> Result<HttpResponse> {
    let tokens =
        run(move || change_password(&app.db, &app.gate, &visitor, &body.old, &body.new)).await?;
    Ok(HttpResponse::Ok().json(Granted::from(tokens)))
}

/// What an authenticator application has to be told, once.
#[derive(Serialize, ToSchema)]
pub struct TotpSecret {
    /// Base 32, to be typed.
    secret: String,
    /// `otpauth://…`, to be shown as a code to scan.
    uri: String,
}

/// Begins a second factor; it counts once a code is confirmed.
#[utoipa::path(tag = "auth", responses((status = 200, body = TotpSecret), (status = 409, body = Problem, content_type = "application/problem+json")))]
#[post("/me/totp")]
pub async fn totp(app: web::Data<App>, Known(visitor): Known) -> Result<HttpResponse> {
    let enrolment = run(move || enrol_totp(&app.db, &app.gate, &visitor)).await?;
    Ok(HttpResponse::Ok().json(TotpSecret { secret: enrolment.secret, uri: enrolment.uri }))
}

/// A code of the new second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    code: String,
}

/// Puts the second factor into use.
#[utoipa::path(tag = "auth", request_body = TotpCode, responses((status = 204), (status = 422, body = Problem, content_type = "application/problem+json")))]
#[post("/me/totp/confirm")]
pub async fn totp_confirm(
    app: web::Data<App>,
    Known(visitor): Known,
    Body(body): Body<TotpCode>,
) -> Result<HttpResponse> {
    run(move || confirm_totp(&app.db, &app.gate, &visitor, &body.code)).await?;
    Ok(HttpResponse::NoContent().finish())
}
