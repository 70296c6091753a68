//! Web, console, administration: letters on their way, and those that somebody has to look at. Its rule: numbers and
//! codes, neither an address nor a word of the case; what failed for one reason is tried again together.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::frame::{DESCRIBES, framed};
use crate::app::App;
use crate::notify::store::LetterState;
use crate::web::api::outbox::{self, LetterList, Which};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

/// Which letters, as the address says.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    occasion: String,
    after: Option<String>,
}

/// Why letters of this page failed.
#[derive(Serialize)]
struct Failed {
    why: String,
    why_name: String,
    count: usize,
}

#[derive(Serialize)]
struct Outbox {
    state: String,
    occasion: String,
    listed: LetterList,
    failed: Vec<Failed>,
}

/// The letters, newest first.
#[get("/admin/outbox")]
pub async fn letters_page(app: web::Data<App>, guest: Guest, asked: web::Query<Asked>) -> Shown {
    framed(&app, &guest, "admin/outbox.html", move |app, actor| {
        actor.require(DESCRIBES)?;
        let Asked { state, occasion, after } = asked.into_inner();
        // A code that nobody knows narrows nothing.
        let (state, occasion) = (state.parse().ok(), occasion.parse().ok());
        let which = Which { state, occasion, after, ..Which::default() };
        let listed = outbox::letters_of(app, actor, &which)?;
        Ok(Outbox {
            state: which.state.map(|code| code.to_string()).unwrap_or_default(),
            occasion: which.occasion.map(|code| code.to_string()).unwrap_or_default(),
            failed: failed(&listed),
            listed,
        })
    })
    .await
}

fn failed(listed: &LetterList) -> Vec<Failed> {
    let mut reasons: BTreeMap<&str, Failed> = BTreeMap::new();
    for letter in listed.items.iter().filter(|letter| letter.state == LetterState::Dead) {
        let Some(why) = &letter.why else { continue };
        let reason = reasons.entry(why).or_insert_with(|| Failed {
            why: why.clone(),
            why_name: letter.why_name.clone().unwrap_or_default(),
            count: 0,
        });
        reason.count += 1;
    }
    reasons.into_values().collect()
}
