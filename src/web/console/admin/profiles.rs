//! Web, console, administration: the profiles 考核办法. Its rule: every version that the site laid down, and those that
//! came with the program to begin with; each beside the one in force.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::Serialize;

use super::differences::{self, Difference};
use super::frame::{READS_RULES, framed};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::limits::profile::{builtin_names, builtin_text};
use crate::web::api::reference::profiles::{self, ProfileLine};
use crate::web::body::Page;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

#[derive(Serialize)]
struct Versions {
    /// `default@1`; none where no rules can be read.
    in_force: Option<String>,
    today: String,
    /// Laid down by the site.
    own: Vec<ProfileLine>,
    /// Came with the program, by name.
    built_in: Vec<&'static str>,
    /// What may be put in force: each name with a version of it, which says what it is called.
    named: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct VersionPage {
    code: String,
    name: String,
    version: i32,
    /// The first version number that is free.
    next: i32,
    today: String,
    toml: String,
    /// None for what came with the program.
    from_on: Option<String>,
    in_force: Option<String>,
    /// From the one in force.
    differences: Vec<Difference>,
}

/// Every version.
#[get("/admin/profiles")]
pub async fn versions_page(app: web::Data<App>, guest: Guest) -> Shown {
    framed(&app, &guest, "admin/profiles.html", |app, actor| {
        actor.require(READS_RULES)?;
        let page = Page { limit: Some(500), after: None };
        let own = profiles::listed_of(app, &page)?.items;
        let laid_down = |name: &str| own.iter().any(|line| line.name == name && line.version == 1);
        let built_in = builtin_names().filter(|name| !laid_down(name)).collect();
        let mut named: BTreeMap<String, String> =
            builtin_names().map(|name| (name.to_owned(), format!("{name}@1"))).collect();
        named.extend(own.iter().map(|line| (line.name.clone(), line.code.clone())));
        Ok(Versions { in_force: in_force(app), today: today(app), own, built_in, named })
    })
    .await
}

/// One version, and what of it differs from the one in force.
#[get("/admin/profiles/{code}")]
pub async fn one_version(app: web::Data<App>, guest: Guest, code: web::Path<String>) -> Shown {
    framed(&app, &guest, "admin/profile.html", move |app, actor| {
        actor.require(READS_RULES)?;
        version_page(app, &code)
    })
    .await
}

fn version_page(app: &App, code: &str) -> Result<VersionPage> {
    let (name, version) = code.split_once('@').ok_or_else(Error::not_found)?;
    let (toml, from_on) = text_of(app, code)?;
    let in_force = in_force(app);
    let differences = match &in_force {
        Some(current) if current != code => differences::between(&toml, &text_of(app, current)?.0),
        _ => Vec::new(),
    };
    let page = Page { limit: Some(500), after: None };
    let own = profiles::listed_of(app, &page)?.items;
    let last = own.iter().filter(|line| line.name == name).map(|line| line.version).max();
    Ok(VersionPage {
        code: code.to_owned(),
        name: name.to_owned(),
        version: version.parse().map_err(|_| Error::not_found())?,
        next: last.unwrap_or(1).saturating_add(1),
        today: today(app),
        toml,
        from_on,
        in_force,
        differences,
    })
}

/// The text of a version, and from which day it applies where the site laid it down.
fn text_of(app: &App, code: &str) -> Result<(String, Option<String>)> {
    match profiles::one_of(app, code) {
        Ok(line) => Ok((line.toml, Some(line.from_on.to_string()))),
        Err(error) if error.kind() == Kind::NotFound => {
            let built_in = code.strip_suffix("@1").and_then(builtin_text);
            built_in.map(|text| (text.to_owned(), None)).ok_or(error)
        }
        Err(error) => Err(error),
    }
}

/// What limits are counted by today; without rules the bar says why.
fn in_force(app: &App) -> Option<String> {
    let now = app.db.now();
    let rules = app.db.read(|conn| app.hotline.rules.current(conn, now));
    rules.ok().map(|rules| rules.profile.id())
}

fn today(app: &App) -> String {
    app.db.now().day(app.config.site.zone).to_string()
}
