//! Web, console, administration: units, regions, estates, companies, categories and the catalogue. Its rule: one table,
//! a line for each of them; listed, added and described anew as the interface does, dated, never deleted.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::frame::{DESCRIBES, TRIES, framed};
use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::Role;
use crate::web::api::reference::{
    Which, catalogue, categories, companies, estates, regions, units,
};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

/// One of the lists.
struct List {
    noun: &'static str,
    word: &'static str,
    roles: &'static [Role],
    listed: fn(&App, &Which) -> Result<Value>,
    one: fn(&App, &str) -> Result<Value>,
}

const LISTS: &[List] = &[
    List {
        noun: "units",
        word: "承办单位",
        roles: DESCRIBES,
        listed: |app, which| plain(units::listed_of(app, which)),
        one: |app, code| plain(units::one_of(app, code)),
    },
    List {
        noun: "regions",
        word: "行政区划",
        roles: DESCRIBES,
        listed: |app, which| plain(regions::listed_of(app, which)),
        one: |app, code| plain(regions::one_of(app, code)),
    },
    List {
        noun: "estates",
        word: "小区",
        roles: DESCRIBES,
        listed: |app, which| plain(estates::listed_of(app, which)),
        one: |app, code| plain(estates::one_of(app, code)),
    },
    List {
        noun: "companies",
        word: "物业企业",
        roles: DESCRIBES,
        listed: |app, which| plain(companies::listed_of(app, which)),
        one: |app, code| plain(companies::one_of(app, code)),
    },
    List {
        noun: "categories",
        word: "诉求分类",
        roles: DESCRIBES,
        listed: |app, which| plain(categories::listed_of(app, which)),
        one: |app, code| plain(categories::one_of(app, code)),
    },
    List {
        noun: "catalogue",
        word: "派单目录",
        roles: TRIES,
        listed: |app, which| plain(catalogue::listed_of(app, which)),
        one: |app, code| plain(catalogue::one_of(app, code)),
    },
];

/// A view in the form that one template reads for all of them.
fn plain(found: Result<impl Serialize>) -> Result<Value> {
    serde_json::to_value(found?).map_err(Error::internal)
}

fn list_named(noun: &str) -> Result<&'static List> {
    LISTS.iter().find(|list| list.noun == noun).ok_or_else(Error::not_found)
}

/// What is looked for, and where the list goes on.
#[derive(Deserialize)]
pub struct Sought {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

#[derive(Serialize)]
struct ListView {
    noun: &'static str,
    word: &'static str,
    q: String,
    today: String,
    listed: Value,
}

#[derive(Serialize)]
struct EntryView {
    noun: &'static str,
    word: &'static str,
    today: String,
    it: Value,
}

/// One of the lists, a page at a time.
#[get("/admin/{noun:units|regions|estates|companies|categories|catalogue}")]
pub async fn list_page(
    app: web::Data<App>,
    guest: Guest,
    noun: web::Path<String>,
    sought: web::Query<Sought>,
) -> Shown {
    framed(&app, &guest, "admin/list.html", move |app, actor| {
        let list = list_named(&noun)?;
        actor.require(list.roles)?;
        let Sought { q, after } = sought.into_inner();
        let which = Which { q: Some(q.clone()), after, ..Which::default() };
        let listed = (list.listed)(app, &which)?;
        Ok(ListView { noun: list.noun, word: list.word, q, today: today(app), listed })
    })
    .await
}

/// One thing of a list, and what it may be described as anew.
#[get("/admin/{noun:units|regions|estates|companies|categories|catalogue}/{code}")]
pub async fn entry_page(
    app: web::Data<App>,
    guest: Guest,
    path: web::Path<(String, String)>,
) -> Shown {
    framed(&app, &guest, "admin/entry.html", move |app, actor| {
        let (noun, code) = path.into_inner();
        let list = list_named(&noun)?;
        actor.require(list.roles)?;
        let it = (list.one)(app, &code)?;
        Ok(EntryView { noun: list.noun, word: list.word, today: today(app), it })
    })
    .await
}

fn today(app: &App) -> String {
    app.db.now().day(app.config.site.zone).to_string()
}
