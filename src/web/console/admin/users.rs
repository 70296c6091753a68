//! Web, console, administration: accounts. Its rule: the security administrator's alone; a one-time password or a key
//! is told once, on the page that asked for it.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::frame::{KEEPS_ACCOUNTS, framed};
use crate::app::App;
use crate::identity::AccountKind;
use crate::identity::reach::Reach;
use crate::web::api::reach::{self, DeputyList};
use crate::web::api::users::{self, KeyList, UserList, UserView};
use crate::web::body::Page;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

/// Where the list goes on.
#[derive(Deserialize)]
pub struct Onward {
    after: Option<String>,
}

#[derive(Serialize)]
struct Users {
    listed: UserList,
}

#[derive(Serialize)]
struct UserPage {
    user: UserView,
    reach: Reach,
    deputies: DeputyList,
    /// Of a machine account.
    keys: Option<KeyList>,
}

/// The accounts, in the order of their names.
#[get("/admin/users")]
pub async fn everybody(app: web::Data<App>, guest: Guest, onward: web::Query<Onward>) -> Shown {
    framed(&app, &guest, "admin/users.html", move |app, actor| {
        actor.require(KEEPS_ACCOUNTS)?;
        let page = Page { limit: None, after: onward.into_inner().after };
        Ok(Users { listed: users::listed_of(app, actor, &page)? })
    })
    .await
}

/// One account.
#[get("/admin/users/{name}")]
pub async fn somebody(app: web::Data<App>, guest: Guest, name: web::Path<String>) -> Shown {
    framed(&app, &guest, "admin/user.html", move |app, actor| {
        let user = users::one_of(app, actor, &name)?;
        let keys = match user.kind {
            AccountKind::Machine => Some(users::keys_of(app, actor, &name)?),
            AccountKind::Person | AccountKind::Demo => None,
        };
        Ok(UserPage {
            user,
            reach: reach::reach_of(app, actor, &name)?,
            deputies: reach::deputies_of(app, actor, &name)?,
            keys,
        })
    })
    .await
}
