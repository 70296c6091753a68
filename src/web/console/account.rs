//! Web, console: one's own account: password, second factor, how one is written to, who stands in. Its rule: whoever
//! must do something first is led here and sees nothing else; a new password is a new cookie.

use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, get, post, web};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Oneself;
use super::page::Page;
use super::people::names_in;
use crate::app::App;
use crate::error::Result;
use crate::identity::reach::Reach;
use crate::identity::{Visitor, change_password, is_enrolled};
use crate::web::api::auth::{self, Me, NewPassword};
use crate::web::api::reach::{self, DeputyList};
use crate::web::asker::Known;
use crate::web::blocking::run;
use crate::web::body::Body;
use crate::web::cookie;

/// The pages of one's own account.
pub fn routes(services: &mut ServiceConfig) {
    services.service(own_account).service(renew);
}

#[derive(Serialize)]
struct Own {
    /// `me` is what every page has.
    account: Me,
    second_factor: bool,
    /// Where nothing else is to be done first.
    reach: Option<Reach>,
    deputies: Option<DeputyList>,
}

/// One's own account.
#[get("/me")]
pub async fn own_account(app: web::Data<App>, oneself: Oneself) -> Shown {
    let Oneself { guest, visitor } = oneself;
    let house = app.clone();
    let (own, names) = run(move || {
        let own = own_of(&house, &visitor)?;
        let names = names_in(&house, visitor.self_service(), &own.deputies)?;
        Ok((own, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("me.html", own)?)
}

fn own_of(app: &App, visitor: &Visitor) -> Result<Own> {
    let (mut reach, mut deputies) = (None, None);
    if let Ok(actor) = visitor.actor() {
        reach = Some(reach::reach_of(app, actor, &actor.name)?);
        deputies = Some(reach::deputies_of(app, actor, &actor.name)?);
    }
    let second_factor = is_enrolled(&app.db, visitor)?;
    Ok(Own { account: auth::me_of(visitor), second_factor, reach, deputies })
}

/// Changes one's password, as the interface does; every session ends, and this browser has the new one.
#[post("/me/password")]
pub async fn renew(
    app: web::Data<App>,
    Known(visitor): Known,
    Body(body): Body<NewPassword>,
) -> Result<HttpResponse> {
    let house = app.clone();
    let tokens =
        run(move || change_password(&house.db, &house.gate, &visitor, &body.old, &body.new))
            .await?;
    let fresh = cookie::logged_in(&app, tokens.console_token);
    Ok(HttpResponse::NoContent().cookie(fresh).finish())
}
