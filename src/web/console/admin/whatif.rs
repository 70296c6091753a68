//! Web, console, administration: a period under another profile 考核办法 or by the catalogue of today 试算. Its rule: what
//! the interface answers, unit by unit, with the settings that differ in words; nothing is kept.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::frame::{Frame, TRIES_RULES};
use super::settings::in_words;
use crate::app::App;
use crate::assessment::{Edition, Metric};
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::limits::profile::builtin_names;
use crate::web::api::rates::whatif::{
    TriedCatalogue, WhatIf, WhatIfAnswer, WhatIfSetting, answer_of,
};
use crate::web::api::reference::profiles;
use crate::web::body::Page;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::run_long;

/// The figures that stand in the table; others that change are named.
const SHOWN: &[Metric] = &[
    Metric::Composite,
    Metric::ResponseRate,
    Metric::ResolutionRate,
    Metric::SatisfactionRate,
    Metric::OnTimeRate,
    Metric::ContactRate,
];

/// What is tried, as typed; with neither a profile nor the catalogue the form alone is shown.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    window: String,
    edition: String,
    profile: String,
    /// Not empty: the catalogue of today.
    catalogue: String,
}

/// A setting in which both profiles differ.
#[derive(Serialize)]
struct Differing {
    key: String,
    /// What it is called.
    name: String,
    before: Option<String>,
    after: Option<String>,
    /// What it does to the figures.
    said: &'static str,
}

#[derive(Serialize)]
struct WhatIfPage {
    typed: Typed,
    /// Every version that may be tried.
    profiles: Vec<String>,
    metrics: &'static [Metric],
    /// What cannot be asked, and why.
    wrong: Option<String>,
    found: Option<WhatIfAnswer>,
    settings: Vec<Differing>,
}

/// Last month under another profile, or by the catalogue of today.
#[get("/admin/whatif")]
pub async fn what_if_page(app: web::Data<App>, guest: Guest, typed: web::Query<Typed>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (frame, page) = run_long(move || {
        let page = tried(&house, &actor, typed.into_inner())?;
        Ok((Frame::around(&house, &actor, &page)?, page))
    })
    .await?;
    frame.show(&app, &guest, "admin/whatif.html", page)
}

fn tried(app: &App, actor: &Actor, typed: Typed) -> Result<WhatIfPage> {
    actor.require(TRIES_RULES)?;
    let (mut found, mut wrong) = (None, None);
    if !typed.profile.is_empty() || !typed.catalogue.is_empty() {
        match typed.asked().and_then(|asked| answer_of(app, actor, &asked)) {
            Ok(answer) => found = Some(answer),
            Err(error) if error.kind() == Kind::Invalid => {
                let said = error.fields().first().map_or(error.detail(), |field| &field.detail);
                wrong = Some(said.to_owned());
            }
            Err(error) => return Err(error),
        }
    }
    let figures = found.as_ref().and_then(|answer| answer.figures.as_ref());
    let settings: Option<Vec<Differing>> =
        figures.map(|it| it.settings.iter().map(differing).collect());
    Ok(WhatIfPage {
        typed,
        profiles: versions(app)?,
        metrics: SHOWN,
        wrong,
        settings: settings.unwrap_or_default(),
        found,
    })
}

impl Typed {
    /// What the interface is asked.
    fn asked(&self) -> Result<WhatIf> {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let edition = said(&self.edition).map(|code| code.parse::<Edition>()).transpose();
        Ok(WhatIf {
            window: said(&self.window),
            edition: edition.map_err(|_| Error::field("/edition", "field.unknown_code"))?,
            profile: said(&self.profile),
            catalogue: said(&self.catalogue).map(|_| TriedCatalogue::default()),
            ..WhatIf::default()
        })
    }
}

/// What the site laid down, and what came with the program to begin with.
fn versions(app: &App) -> Result<Vec<String>> {
    let page = Page { limit: Some(500), after: None };
    let own = profiles::listed_of(app, &page)?.items;
    let laid_down = |name: &str| own.iter().any(|line| line.name == name && line.version == 1);
    let built_in = builtin_names().filter(|name| !laid_down(name)).map(|name| format!("{name}@1"));
    Ok(own.iter().map(|line| line.code.clone()).chain(built_in).collect())
}

fn differing(it: &WhatIfSetting) -> Differing {
    let (before, after) = (it.before.as_deref().map(value), it.after.as_deref().map(value));
    let (name, [before, after]) = in_words(&it.setting, [before.as_ref(), after.as_ref()]);
    Differing { key: it.setting.clone(), name, before, after, said: it.said }
}

/// The value that `text` writes; most are words.
fn value(text: &str) -> Value {
    let table = format!("it = {text}").parse::<Table>();
    match table.ok().and_then(|mut table| table.remove("it")) {
        None | Some(Value::Datetime(_)) => Value::String(text.to_owned()),
        Some(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_differ_are_said_as_people_say_them() {
        for (text, read) in [
            ("0.9", Value::Float(0.9)),
            ("3", Value::Integer(3)),
            ("false", Value::Boolean(false)),
            ("5 workdays", Value::String("5 workdays".to_owned())),
            ("17:30:00", Value::String("17:30:00".to_owned())),
        ] {
            assert_eq!(value(text), read, "{text}");
        }
    }
}
