//! Web, console, citizens: what a citizen does with a ticket: adds facts, urges, takes it back, says that it is not
//! solved, judges. Its rule: the interface's acts; the page that answers is the ticket as it stands then.

use actix_web::{HttpRequest, post, web};

use super::face::Told;
use super::form::Typed;
use super::ticket::Entered;
use crate::app::App;
use crate::citizen::acts::Act;
use crate::error::{Error, Result};
use crate::ticket::overlay::Way;
use crate::web::RawBody;
use crate::web::api::public::act::{done, worded};

/// Does what `read` finds in the form, once; `name` is what it is called.
async fn does(
    app: web::Data<App>,
    (request, raw): (HttpRequest, Result<RawBody>),
    name: &'static str,
    read: impl FnOnce(&Typed) -> Result<Act>,
) -> Told {
    let (entered, idem) = Entered::by(app, &request, raw).await?;
    let tried = match read(&entered.typed) {
        Ok(wish) => done(&entered.app, idem, entered.no.clone(), wish).await,
        Err(error) => Err(error),
    };
    entered.after(name, tried).await
}

/// Adds facts.
#[post("/c/facts")]
pub async fn add_facts(
    app: web::Data<App>,
    request: HttpRequest,
    raw: Result<RawBody, Error>,
) -> Told {
    let read = |typed: &Typed| worded(typed.word("text")).map(Act::Facts);
    does(app, (request, raw), "facts", read).await
}

/// Urges.
#[post("/c/urge")]
pub async fn ask_where_it_stays(
    app: web::Data<App>,
    request: HttpRequest,
    raw: Result<RawBody, Error>,
) -> Told {
    let read = |typed: &Typed| worded(typed.word("text")).map(Act::Urge);
    does(app, (request, raw), "urge", read).await
}

/// Takes it back.
#[post("/c/withdraw")]
pub async fn take_back(
    app: web::Data<App>,
    request: HttpRequest,
    raw: Result<RawBody, Error>,
) -> Told {
    let read = |typed: &Typed| worded(typed.word("text")).map(Act::Withdraw);
    does(app, (request, raw), "withdraw", read).await
}

/// 没解决.
#[post("/c/unsolved")]
pub async fn say_unsolved(
    app: web::Data<App>,
    request: HttpRequest,
    raw: Result<RawBody, Error>,
) -> Told {
    let read = |typed: &Typed| -> Result<Act> {
        let (contacted, satisfied) = (typed.chosen("contacted")?, typed.chosen("satisfied")?);
        let text = worded(typed.word("text"))?;
        Ok(Act::Unsolved { text, contacted, satisfied })
    };
    does(app, (request, raw), "unsolved", read).await
}

/// Answers the three questions.
#[post("/c/survey")]
pub async fn judge(app: web::Data<App>, request: HttpRequest, raw: Result<RawBody, Error>) -> Told {
    let read = |typed: &Typed| typed.answers()?.as_survey(Way::Web).map(Act::Survey);
    does(app, (request, raw), "survey", read).await
}
