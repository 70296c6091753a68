//! Web, console: test calls 拨测: what is to be called, and what came of calling. Its rule: a unit sees its own calls once
//! they were made, and never when the next one comes; who calls says what came of it with one key.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::bottomline::testing::CALLERS;
use crate::web::api::test_calls::{self, DueList, DueQuery, TestCallList};
use crate::web::blocking::run;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::leader::asked::where_allowed;
use crate::web::console::page::Page;
use crate::web::console::people::names_in;

/// Which of them.
#[derive(Deserialize)]
pub struct Asked {
    /// Phones too that are not answered at this hour.
    #[serde(default)]
    all: bool,
    after: Option<String>,
}

#[derive(Serialize)]
struct TestCalls {
    all: bool,
    /// For whoever may know.
    due: Option<DueList>,
    calls: TestCallList,
    /// Whether the reader calls.
    acts: bool,
}

/// Phones to be called, and the calls that were made.
#[get("/test-calls")]
pub async fn rung(app: web::Data<App>, guest: Guest, asked: web::Query<Asked>) -> Shown {
    let (house, actor, asked) = (app.clone(), guest.actor.clone(), asked.into_inner());
    let (view, names) = run(move || {
        let query = DueQuery { open: Some(!asked.all) };
        let view = TestCalls {
            all: asked.all,
            due: where_allowed(test_calls::due_of(&house, &actor, &query))?,
            calls: test_calls::newest_of(&house, &actor, asked.after.as_deref())?,
            acts: actor.has_any(&CALLERS) && !actor.company,
        };
        let names = names_in(&house, &actor, &view.calls)?;
        Ok((view, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("test_calls.html", view)?)
}
