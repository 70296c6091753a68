//! Web, console, administration: what the program says, in the site's own words. Its rule: the sentence that came with
//! the program stands beside; what is shown filled in is filled with samples.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::frame::{DESCRIBES, framed};
use crate::app::App;
use crate::error::filled;
use crate::web::api::reference::view::Listed;
use crate::web::api::words::{self, SentenceHistory, SentenceView, Which};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

/// What stands in a place while one looks at a sentence; the rest show their names.
const SAMPLES: &[(&str, &str)] = &[
    ("state", "办理中"),
    ("command", "签收"),
    ("name", "阳光花园"),
    ("unit", "某街道办事处"),
    ("region", "某街道"),
    ("category", "电梯故障"),
    ("no", "2026-000123"),
    ("number", "2026-000123"),
    ("day", "11月27日"),
    ("days", "3"),
    ("count", "3"),
    ("n", "1"),
    ("from", "1"),
    ("to", "100"),
    ("most", "100"),
    ("line", "12"),
    ("file", "名单.xlsx"),
    ("words", "电梯、停运"),
];

/// Which sentences, as the address says.
#[derive(Deserialize)]
pub struct Sought {
    #[serde(default)]
    q: String,
    #[serde(default)]
    own: bool,
    after: Option<String>,
}

#[derive(Serialize)]
struct Sentences {
    q: String,
    own: bool,
    listed: Listed<SentenceView>,
}

/// A place and what stands in it meanwhile.
#[derive(Serialize)]
struct Sample {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct SentencePage {
    it: SentenceHistory,
    today: String,
    samples: Vec<Sample>,
    /// As people read it today, filled with the samples.
    read: String,
}

/// Every sentence.
#[get("/admin/words")]
pub async fn every_sentence(
    app: web::Data<App>,
    guest: Guest,
    sought: web::Query<Sought>,
) -> Shown {
    framed(&app, &guest, "admin/sentences.html", move |app, actor| {
        actor.require(DESCRIBES)?;
        let Sought { q, own, after } = sought.into_inner();
        let which = Which { limit: None, after, q: Some(q.clone()), own };
        Ok(Sentences { q, own, listed: words::listed_of(app, actor, &which)? })
    })
    .await
}

/// One sentence, and what was said in its place.
#[get("/admin/words/{code}")]
pub async fn one_sentence(app: web::Data<App>, guest: Guest, code: web::Path<String>) -> Shown {
    framed(&app, &guest, "admin/sentence.html", move |app, actor| {
        actor.require(DESCRIBES)?;
        let it = words::one_of(app, actor, &code)?;
        let samples: Vec<Sample> = it.sentence.places.iter().map(|name| sample(name)).collect();
        let values: Vec<(&str, &str)> =
            samples.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
        let read = filled(it.sentence.text.as_ref().unwrap_or(&it.sentence.built_in), &values);
        let today = app.db.now().day(app.config.site.zone).to_string();
        Ok(SentencePage { it, today, samples, read })
    })
    .await
}

fn sample(name: &str) -> Sample {
    let known = SAMPLES.iter().find(|(place, _)| *place == name);
    let value = known.map_or_else(|| format!("〈{name}〉"), |(_, value)| (*value).to_owned());
    Sample { name: name.to_owned(), value }
}
