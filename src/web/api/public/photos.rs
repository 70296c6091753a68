//! Web, `POST /public/attachments`: a citizen adds photos and papers. Its rule: number, code and digits stand
//! in the form before the files, and are proven before a byte of any file is read.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, post, web};
use utoipa::ToSchema;

use super::look::seen;
use super::view::CitizenView;
use super::{let_ask, proven};
use crate::app::App;
use crate::attachment::Files;
use crate::citizen::Claim;
use crate::citizen::photos::{Meant, attach, room_for};
use crate::error::{Error, FieldError, Kind, Result};
use crate::lifecycle::attach::{Attaching, Most, Room};
use crate::ticket::attachment::AttachmentKind;
use crate::web::api::attachments::unless_done;
use crate::web::idempotency::kept_in;
use crate::web::problem::Problem;
use crate::web::upload::{Form, Uploaded, WordsFirst};
use crate::web::{Answer, Given, Idem, IdempotencyKey, given_once, run};

const WORDS: [&str; 4] = ["no", "code", "phone_tail", "kind"];
/// Bytes of one of them: a number is of 64 characters at most.
const WORD: usize = 256;

/// What a citizen shows and sends, in this order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the form's description; it is read part by part")]
pub struct CitizenFiles {
    no: String,
    code: String,
    phone_tail: String,
    /// `before` or `document`, of all files; who says nothing: photos `before`, papers `document`.
    kind: Option<AttachmentKind>,
    /// JPEG, PNG, PDF, DOCX or XLSX, known by its content; one part for each file.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

/// Adds photos and papers, all or none: right after the ticket was taken in, or later. Each is known
/// by its content; a photo is drawn anew, so that no position and no device stays in it. The same
/// answer for an unknown number, another code, other digits.
#[utoipa::path(tag = "public", operation_id = "add_citizen_attachments", security(()),
    params(("Idempotency-Key" = Option<String>, Header, description = "bound to the words, and to the files and their names")),
    request_body(content = CitizenFiles, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = CitizenView),
        (status = 400, description = "no form, or it breaks off", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "public.locked", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "public.no_match", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "attachment.too_many", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "attachment.too_large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "at /file/0 and so on: attachment.type, .broken, .pixels, .active; .not_a_photo, .after_by_unit, .words_first", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "web.too_many", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/public/attachments")]
pub async fn attachments(
    app: web::Data<App>,
    key: IdempotencyKey,
    (request, payload): (HttpRequest, web::Payload),
) -> Result<HttpResponse> {
    let address = let_ask(&request, &app)?;
    let most = Most::of(&app.config);
    let form = Form { words: &WORDS, word_bytes: WORD, files: most.per_citizen };
    let form = WordsFirst::read(&request, payload, form).await?;
    let word = |name| form.word(name);
    let claim = || Claim::parse(word("no")?, word("code")?, word("phone_tail")?);
    let (claim, meant) = super::both(claim(), Meant::parse(word("kind").ok()))?;
    let no = proven(&app, address, claim).await?;
    let words = form.words().clone();
    let sent = form.files(&app.files).await?;
    let idem = key.bind("public", &app.keys.content_hash(&content(&words, &sent)));
    added(&app, idem, no, (meant, sent)).await.map(Given::respond)
}

/// Adds files to the ticket numbered `no`, which is proven to be the citizen's, all or none, once for each key: a
/// [`CitizenView`].
///
/// # Errors
/// As the route.
pub async fn added(
    app: &web::Data<App>,
    idem: Idem,
    no: String,
    (meant, sent): (Meant, Vec<Uploaded>),
) -> Result<Given> {
    let (there, same, number) = (app.clone(), idem.clone(), no.clone());
    let (before, room) = run(move || {
        let now = there.db.now();
        there.db.read(|conn| {
            let before = kept_in(conn, &there, &same)?;
            Ok((before, room_for(&there.hotline, conn, now, &number)?))
        })
    })
    .await?;
    match before {
        Some(answer) => Ok(Given::before(answer)),
        None => keep(app, idem, (no, room), (meant, sent)).await,
    }
}

/// What a form holds, whatever its boundary.
pub fn content(words: &BTreeMap<String, String>, sent: &[Uploaded]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut put = |part: &[u8]| {
        content.extend((part.len() as u64).to_be_bytes());
        content.extend(part);
    };
    for (name, word) in words {
        put(name.as_bytes());
        put(word.as_bytes());
    }
    for one in sent {
        put(one.name.as_deref().unwrap_or_default().as_bytes());
        put(one.sent.digest());
    }
    content
}

/// Keeps the files, and then writes that they are the ticket's.
async fn keep(
    app: &web::Data<App>,
    idem: Idem,
    (no, room): (String, Room),
    (meant, sent): (Meant, Vec<Uploaded>),
) -> Result<Given> {
    let (files, place) = (app.files.clone(), room.clone());
    let kept = run(move || all_kept(&files, &place, meant, sent)).await?;
    let hashes = kept.iter().map(|one| one.kept.hash.clone()).collect();
    let (hotline, most) = (app.hotline.clone(), Most::of(&app.config));
    let done = given_once(app, idem, move |tx| {
        let stored = attach(&hotline, tx, &no, &kept, most)?;
        let (rules, now) = (hotline.rules.current(tx.conn, tx.now)?, tx.now);
        Answer::ok(&seen(tx.conn, &hotline, &rules, &stored, now)?)
    })
    .await;
    unless_done(app, room.ticket_id, hashes, done).await
}

/// All of them on disk, after all were looked at.
fn all_kept(
    files: &Files,
    room: &Room,
    meant: Meant,
    sent: Vec<Uploaded>,
) -> Result<Vec<Attaching>> {
    let looked_at = |(n, one): (usize, Uploaded)| {
        let clean = files.inspect(one.sent).map_err(|error| at_file(error, n))?;
        Ok((one.name, clean))
    };
    let clean = sent.into_iter().enumerate().map(looked_at).collect::<Result<Vec<_>>>()?;
    let keep = |(name, clean)| {
        let kept = files.keep(room.ticket_id, &room.key, &clean)?;
        Ok(Attaching { kind: meant.kind(kept.media), name, kept })
    };
    clean.into_iter().map(keep).collect()
}

/// Says which of several files is refused.
fn at_file(error: Error, n: usize) -> Error {
    if error.kind() != Kind::Invalid {
        return error;
    }
    let there = |field: &FieldError| FieldError { pointer: format!("/file/{n}"), ..field.clone() };
    Error::invalid(error.fields().iter().map(there).collect())
}
