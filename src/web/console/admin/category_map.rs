//! Web, console, administration: as which category an older one is counted 新旧类别对照. Its rule: a word has a day and
//! takes no earlier one away; no ticket is touched.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::frame::{DESCRIBES, framed};
use crate::app::App;
use crate::web::api::reference::category_map::{self, CategoryMapLine};
use crate::web::api::reference::view::Listed;
use crate::web::body::Page;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

/// Where the list goes on.
#[derive(Deserialize)]
pub struct Onward {
    after: Option<String>,
}

#[derive(Serialize)]
struct Mapped {
    today: String,
    listed: Listed<CategoryMapLine>,
}

/// What older categories are counted as, by code.
#[get("/admin/category-map")]
pub async fn mapped(app: web::Data<App>, guest: Guest, onward: web::Query<Onward>) -> Shown {
    framed(&app, &guest, "admin/category_map.html", move |app, actor| {
        actor.require(DESCRIBES)?;
        let page = Page { limit: None, after: onward.into_inner().after };
        let today = app.db.now().day(app.config.site.zone).to_string();
        Ok(Mapped { today, listed: category_map::listed_of(app, &page)? })
    })
    .await
}
