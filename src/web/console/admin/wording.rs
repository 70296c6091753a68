//! Web, console, administration: the templates of letters, in the site's own words. Its rule: the text that came with the
//! program stands beside; what is shown filled in is filled with invented facts.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::frame::{DESCRIBES, framed};
use crate::app::App;
use crate::web::api::letters::{self, TemplateLine, TemplateView, Which};
use crate::web::api::reference::view::Listed;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

/// Which templates, as the address says.
#[derive(Deserialize)]
pub struct Sought {
    #[serde(default)]
    own: bool,
}

#[derive(Serialize)]
struct Templates {
    own: bool,
    listed: Listed<TemplateLine>,
}

#[derive(Serialize)]
struct TemplatePage {
    it: TemplateView,
    today: String,
}

/// Every template.
#[get("/admin/letters")]
pub async fn every_template(
    app: web::Data<App>,
    guest: Guest,
    sought: web::Query<Sought>,
) -> Shown {
    framed(&app, &guest, "admin/letters.html", move |app, actor| {
        actor.require(DESCRIBES)?;
        let own = sought.own;
        // There are some seventy: one page.
        let which = Which { limit: Some(500), after: None, own };
        Ok(Templates { own, listed: letters::listed_of(app, actor, &which)? })
    })
    .await
}

/// One template, and what was stored in its place.
#[get("/admin/letters/{name}")]
pub async fn one_template(app: web::Data<App>, guest: Guest, name: web::Path<String>) -> Shown {
    framed(&app, &guest, "admin/letter.html", move |app, actor| {
        actor.require(DESCRIBES)?;
        let it = letters::one_of(app, actor, &name)?;
        let today = app.db.now().day(app.config.site.zone).to_string();
        Ok(TemplatePage { it, today })
    })
    .await
}
