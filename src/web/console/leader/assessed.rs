//! Web, console: the city's list of assessed tickets beside ours 对账: a month, a file, and what differs. Its rule: the
//! interface's own comparison; the browser sends the form itself, so that a file needs no script, and the echo stands in it.

use actix_web::{HttpRequest, get, post, web};
use serde::{Deserialize, Serialize};

use super::asked::sentence_of;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::sheet;
use crate::web::api::upstream::assessed::sheet::packed;
use crate::web::api::upstream::assessed::{AssessedView, CityList, compared_of, may, taken};
use crate::web::blocking::run_long;
use crate::web::console::fault::{Fault, Shown};
use crate::web::console::guest::Guest;
use crate::web::console::page::long_page;
use crate::web::problem;
use crate::web::upload::{Form, WordsFirst};

/// Where the form stands.
const HERE: &str = "/upstream/assessed";
/// What it sends, in this order.
const FORM: Form<'static> = Form { words: &["echo", "window"], word_bytes: 256, files: 1 };

/// For which month; the last one that is over, where nothing is said.
#[derive(Deserialize)]
pub struct Which {
    window: Option<String>,
}

#[derive(Serialize)]
struct Beside {
    window: String,
    /// Why the list could not be compared.
    wrong: Option<String>,
    found: Option<AssessedView>,
}

/// The form.
#[get("/upstream/assessed")]
pub async fn blank(app: web::Data<App>, guest: Guest, which: web::Query<Which>) -> Shown {
    may(&guest.actor)?;
    let said = which.into_inner().window;
    let look = move |app: &App, _: &Actor| -> Result<Beside> {
        let window = said.map_or_else(|| last_window(app), Ok)?;
        Ok(Beside { window, wrong: None, found: None })
    };
    long_page(&app, &guest, "assessed.html", look).await
}

fn last_window(app: &App) -> Result<String> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| Ok(hotline.rules.current(conn, now)?.window_before(now)?.label()))
}

async fn shown(app: &web::Data<App>, guest: &Guest, view: Beside) -> Shown {
    long_page(app, guest, "assessed.html", move |_, _| Ok(view)).await
}

/// What differs.
#[post("/upstream/assessed")]
pub async fn compare(
    app: web::Data<App>,
    (request, payload): (HttpRequest, web::Payload),
) -> Shown {
    let (guest, window, sent) = received(&app, &request, payload).await?;
    let found = match sent {
        Ok(sent) => {
            let (house, actor) = (app.clone(), guest.actor.clone());
            run_long(move || compared_of(&house, &actor, &sent)).await
        }
        Err(error) => Err(error),
    };
    match found {
        Ok(found) => shown(&app, &guest, Beside { window, wrong: None, found: Some(found) }).await,
        Err(error) => refused(&app, &guest, window, error).await,
    }
}

/// The same as a workbook, whole, with the instants that prove what we hold.
#[post("/upstream/assessed.xlsx")]
pub async fn save(app: web::Data<App>, (request, payload): (HttpRequest, web::Payload)) -> Shown {
    let (guest, window, sent) = received(&app, &request, payload).await?;
    let made = match sent {
        Ok(sent) => packed(app.clone(), guest.actor.clone(), sent, sheet::Form::Xlsx).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(workbook) => Ok(workbook),
        Err(error) => refused(&app, &guest, window, error).await,
    }
}

/// Who sends, for which month, and their list: who may is asked before it is read.
async fn received(
    app: &App,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<(Guest, String, Result<CityList>), Fault> {
    let form = WordsFirst::read_words(request, payload, FORM).await?;
    let said = |name: &str| form.words().get(name).cloned().unwrap_or_default();
    let (echo, window) = (said("echo"), said("window"));
    let guest = Guest::by_form(request, &echo, HERE).await.and_then(|guest| {
        may(&guest.actor)?;
        Ok(guest)
    });
    match guest {
        Ok(guest) => Ok((guest, window, taken(app, form).await)),
        Err(fault) => {
            form.hear_out().await;
            Err(fault)
        }
    }
}

/// What can be mended is told on the page.
async fn refused(app: &web::Data<App>, guest: &Guest, window: String, error: Error) -> Shown {
    if !matches!(error.kind(), Kind::Invalid | Kind::TooLarge | Kind::TooMany) {
        return Err(error.into());
    }
    problem::note(&error);
    let wrong = Some(sentence_of(&error));
    let mut page = shown(app, guest, Beside { window, wrong, found: None }).await?;
    *page.status_mut() = problem::status(error.kind());
    Ok(page)
}
