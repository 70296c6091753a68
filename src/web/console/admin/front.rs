//! Web, console, administration: its first page. Its rule: what the reader has a part in, and for whoever keeps the
//! system how it stands.

use actix_web::{get, web};
use serde::Serialize;

use super::frame::{DESCRIBES, framed};
use crate::app::App;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::KEEPERS;
use crate::web::health::{self, Check};

#[derive(Serialize)]
struct Front {
    /// How the program stands, for whoever keeps it.
    checks: Option<Vec<Check>>,
    /// What is in force, in the same case.
    profile: Option<String>,
    /// What of the directory cannot be read.
    faults: Vec<String>,
}

/// What there is to administer.
#[get("/admin")]
pub async fn parts(app: web::Data<App>, guest: Guest) -> Shown {
    framed(&app, &guest, "admin/front.html", |app, actor| {
        actor.require(KEEPERS)?;
        if !actor.has_any(DESCRIBES) {
            return Ok(Front { checks: None, profile: None, faults: Vec::new() });
        }
        let now = app.db.now();
        // Without rules the bar says why.
        let rules = app.db.read(|conn| app.hotline.rules.current(conn, now)).ok();
        Ok(Front {
            checks: Some(health::checks(app)),
            profile: rules.as_ref().map(|rules| rules.profile.id()),
            faults: rules.map(|rules| rules.faults().to_vec()).unwrap_or_default(),
        })
    })
    .await
}
