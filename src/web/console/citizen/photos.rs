//! Web, console, citizens: photos and papers for a ticket. Its rule: the interface's way for them: the claim is
//! proven before a byte of a file is kept, each is known by its content, and a photo is drawn anew.

use actix_web::{HttpRequest, post, web};

use super::face::{LOOK, Sorry, Told};
use super::form::Typed;
use super::ticket::Entered;
use crate::app::App;
use crate::citizen::photos::Meant;
use crate::error::{Error, Result};
use crate::lifecycle::attach::Most;
use crate::web::api::public::let_ask;
use crate::web::api::public::photos::{added, content};
use crate::web::upload::{Form, Uploaded, WordsFirst};
use crate::web::{Given, Idem, client};

const WORDS: [&str; 4] = ["no", "code", "phone_tail", "key"];
/// Bytes of one of them.
const WORD: usize = 256;

/// Adds photos and papers, all or none.
#[post("/c/photos")]
pub async fn add_photos(
    app: web::Data<App>,
    (request, payload): (HttpRequest, web::Payload),
) -> Told {
    client::require_own_page(&request)?;
    let asked = let_ask(&request, &app);
    let most = Most::of(&app.config).per_citizen;
    let form = Form { words: &WORDS, word_bytes: WORD, files: most };
    let form = WordsFirst::read_words(&request, payload, form).await?;
    let typed = Typed::of_words(form.words().clone());
    let address = match asked {
        Ok(address) => address,
        Err(error) => {
            form.hear_out().await;
            return Err(Sorry::too_soon(error, &app, typed, LOOK));
        }
    };
    let entered = Entered::with(app, address, typed).await?;
    let tried = match chosen(&entered.app, form).await {
        Ok(sent) if sent.is_empty() => Err(Error::field("/file", "field.required")),
        Ok(sent) => add(&entered.app, &request, &entered.typed, (entered.no.clone(), sent)).await,
        Err(error) => Err(error),
    };
    entered.after("photos", tried).await
}

/// The files of a form, without the fields in which none was chosen.
///
/// # Errors
/// As [`WordsFirst::files`].
pub async fn chosen(app: &App, form: WordsFirst<'_>) -> Result<Vec<Uploaded>> {
    let sent = form.files_heard_out(&app.files).await?;
    Ok(sent.into_iter().filter(|one| !one.is_nothing()).collect())
}

/// Adds what was sent with the form `typed` to the ticket numbered `no`, once.
///
/// # Errors
/// As [`added`].
pub async fn add(
    app: &web::Data<App>,
    request: &HttpRequest,
    typed: &Typed,
    (no, sent): (String, Vec<Uploaded>),
) -> Result<Given> {
    let held = app.keys.content_hash(&content(typed.words(), &sent));
    let idem: Idem = typed.idem(request, &held);
    added(app, idem, no, (Meant::ByContent, sent)).await
}
