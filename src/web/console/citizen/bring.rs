//! Web, console, citizens: somebody asks for something, with photos. Its rule: the words are taken in first; what is
//! wrong with a photo is told beside the number, and loses nothing.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::NaiveDate;
use minijinja::context;
use serde::{Deserialize, Serialize};

use super::face::{Filled, Told, can_be_mended, in_words, show};
use super::form::Typed;
use super::photos::{add, chosen};
use super::ticket::{listed, shown};
use crate::app::App;
use crate::directory::{Directory, Region, RegionLevel};
use crate::error::{Error, Result};
use crate::lifecycle::attach::Most;
use crate::sealing::phone_tail;
use crate::web::api::public::intake::{let_bring, taken};
use crate::web::api::public::photos::content;
use crate::web::upload::{Form, WordsFirst};
use crate::web::{client, run};

const WORDS: [&str; 11] = [
    "key",
    "kind",
    "matter.content",
    "place.region",
    "place.address",
    "caller.name",
    "caller.phone",
    "caller.email",
    "caller.preferred_hour",
    "caller.anonymous",
    "caller.confidential",
];
/// Bytes of one of them: three times what is taken, so that what is too long is told at its field.
const WORD: usize = 64 << 10;

/// A district and what lies in it.
#[derive(Serialize)]
struct District {
    code: String,
    name: String,
    streets: Vec<Street>,
}

#[derive(Serialize)]
struct Street {
    code: String,
    name: String,
}

/// What the interface tells who has brought a ticket.
#[derive(Deserialize)]
struct Kept {
    no: String,
    code: String,
    phone_tail: Option<String>,
}

/// The form.
#[get("/c/new")]
pub async fn blank(app: web::Data<App>) -> Told {
    Ok(paper(&app, &Filled::default()).await?)
}

/// The form as it was filled in.
async fn paper(app: &web::Data<App>, filled: &Filled<'_>) -> Result<HttpResponse> {
    let house = app.clone();
    let directory = run(move || house.db.read(|conn| house.directory.current(conn))).await?;
    let today = app.clock.now().day(app.config.site.zone);
    let with = context! {
        districts => listed(districts(&directory, today)),
        most => Most::of(&app.config).per_citizen,
    };
    Ok(show(app, "citizen/new.html", filled, with))
}

/// The districts of a day with their streets, each in the order of its code.
fn districts(directory: &Directory, today: NaiveDate) -> Vec<District> {
    let streets_of = |district: &Region| -> Vec<Street> {
        of_level(directory, RegionLevel::Street, today)
            .filter(|street| street.parent.as_ref() == Some(&district.code))
            .map(|street| Street { code: street.code.to_string(), name: street.name.clone() })
            .collect()
    };
    of_level(directory, RegionLevel::District, today)
        .map(|district| District {
            code: district.code.to_string(),
            name: district.name.clone(),
            streets: streets_of(district),
        })
        .collect()
}

fn of_level(
    directory: &Directory,
    level: RegionLevel,
    today: NaiveDate,
) -> impl Iterator<Item = &Region> {
    let there = directory.regions().filter(move |region| region.level == level);
    there.filter(move |region| region.span.holds_on(today))
}

/// Takes it in.
#[post("/c/new")]
pub async fn bring(app: web::Data<App>, (request, payload): (HttpRequest, web::Payload)) -> Told {
    client::require_own_page(&request)?;
    let asked = let_bring(&request, &app);
    let most = Most::of(&app.config).per_citizen;
    let form = Form { words: &WORDS, word_bytes: WORD, files: most };
    let form = WordsFirst::read_words(&request, payload, form).await?;
    let typed = Typed::of_words(form.words().clone());
    let idem = typed.idem(&request, &content(typed.words(), &[]));
    let words = typed.clone();
    // Who comes too often is told so, and loses nothing of what was typed: only its words are read, each to its limit.
    let tried = match asked {
        Ok(()) => taken(&app, idem, move || words.draft()).await,
        Err(error) => Err(error),
    };
    let given = match tried {
        Ok(given) => given,
        Err(error) => {
            form.hear_out().await;
            if !can_be_mended(&error) {
                return Err(error.into());
            }
            let filled = Filled { typed: Some(&typed), error: Some(&error) };
            return Ok(paper(&app, &filled).await?);
        }
    };
    let kept: Kept = given.answer.read()?;
    let tail = kept.phone_tail.clone().or_else(|| phone_tail(typed.word("caller.phone")));
    let tail = tail.unwrap_or_default();
    let claim = Typed::of_claim(&kept.no, &kept.code, &tail);
    let photos = match chosen(&app, form).await {
        Ok(sent) if sent.is_empty() => Ok(0),
        Ok(sent) => {
            let count = sent.len();
            add(&app, &request, &typed, (kept.no.clone(), sent)).await.map(|_| count)
        }
        Err(error) => Err(error),
    };
    Ok(told(&app, &kept, &claim, &photos))
}

/// What the citizen keeps, and what became of the photos.
fn told(app: &App, kept: &Kept, claim: &Typed, photos: &Result<usize, Error>) -> HttpResponse {
    let with = context! {
        lent => kept.phone_tail.clone().unwrap_or_default(),
        photos => photos.as_ref().copied().unwrap_or_default(),
        photos_wrong => photos.as_ref().err().map(in_words).unwrap_or_default(),
        most => Most::of(&app.config).per_citizen,
        ..shown(claim)
    };
    let mut page = show(app, "citizen/taken.html", &Filled::default(), with);
    // It was taken in, whatever is wrong with a photo.
    if page.status() == StatusCode::OK {
        *page.status_mut() = StatusCode::CREATED;
    }
    page
}
