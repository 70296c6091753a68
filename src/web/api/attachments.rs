//! Web, `/tickets/{no}/attachments` and `/attachments/{id}`: files in and out. Its rule: who may is asked
//! before a byte is read; what goes out is to be saved, never to be shown by whoever fetches it.

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use futures_util::stream::try_unfold;
use utoipa::ToSchema;

use super::attached::{AttachmentView, name_of, plain_name, view};
use super::commands::split;
use crate::app::App;
use crate::attachment::Reading;
use crate::audit::{self, Entry};
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::lifecycle::attach::{Attaching, Most};
use crate::ticket::Mode;
use crate::ticket::attachment::{AttachmentKind, Media};
use crate::ticket::sight::{sees_attachment, sight};
use crate::web::idempotency::{again, kept_in};
use crate::web::problem::Problem;
use crate::web::upload::{Form, Upload};
use crate::web::{Answer, Asker, IdempotencyKey, IfMatch, run, write_once};

/// What the form is made of.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the form's description; it is read part by part")]
pub struct AttachmentForm {
    kind: AttachmentKind,
    /// JPEG, PNG, PDF, DOCX or XLSX, known by its content.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Adds a file. It is known by its content, whatever it is called; a photo is drawn anew, so that
/// no position and no device stays in it. The answer comes when the file and its row are on disk.
#[utoipa::path(tag = "attachments", operation_id = "add_attachment",
    params(("no" = String, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header, description = "bound to the file, its name and its kind")),
    request_body(content = AttachmentForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = AttachmentView),
        (status = 400, description = "no form, or it breaks off", body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "attachment.too_many", body = Problem, content_type = "application/problem+json"),
        (status = 412, body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "attachment.too_large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "attachment.type, .broken, .pixels, .active, .not_a_photo, .after_by_unit", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/tickets/{no}/attachments")]
pub async fn add(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
    version: IfMatch,
    key: IdempotencyKey,
    (request, payload): (HttpRequest, web::Payload),
) -> Result<HttpResponse> {
    let no = no.into_inner();
    let (asked, who, number) = (app.clone(), actor.clone(), no.clone());
    let room = run(move || {
        let now = asked.db.now();
        asked.db.read(|conn| asked.hotline.room_for(conn, now, &who, &number))
    })
    .await?;
    let form = Form { words: &["kind"], word_bytes: 64, files: 1 };
    let mut upload = Upload::read(&request, payload, &app.files, form).await?;
    let kind: AttachmentKind =
        upload.word("kind")?.parse().map_err(|_| Error::field("/kind", "field.unknown_code"))?;
    let file = upload.files.pop().ok_or_else(|| Error::field("/file", "field.required"))?;
    let told = [kind.as_str(), file.name.as_deref().unwrap_or_default(), ""].join("\0");
    let content = [told.as_bytes(), file.sent.digest()].concat();
    let idem = key.bind(&actor.name, &app.keys.content_hash(&content));
    let (there, same) = (app.clone(), idem.clone());
    let before = run(move || there.db.read(|conn| kept_in(conn, &there, &same))).await?;
    if let Some(answer) = before {
        return Ok(again(answer));
    }
    let (files, most, place) = (app.files.clone(), Most::of(&app.config), room.clone());
    let one = run(move || {
        let clean = files.inspect(file.sent)?;
        let kept = files.keep(place.ticket_id, &place.key, &clean)?;
        Ok(Attaching { kind, name: file.name, kept })
    })
    .await?;
    let (hotline, hash) = (app.hotline.clone(), one.kept.hash.clone());
    let done = write_once(&app, idem, move |tx| {
        let expected = |found: i32| version.check(found.into());
        let (stored, k) = hotline.attach(tx, (&actor, &no), &one, most, &expected)?;
        let rules = hotline.rules.current(tx.conn, tx.now)?;
        let scene = rules.scene(&actor, tx.now, Mode::Live);
        let attached = stored.ticket.attachments.get(&k).ok_or_else(Error::not_found)?;
        let place = format!("/api/v1/attachments/{}", stored.ticket.attachment_id(k));
        let shown = view(&stored.ticket, k, attached, &scene);
        Ok(Answer::created(place, &shown)?.versioned(i64::from(stored.version)))
    })
    .await;
    unless_done(&app, room.ticket_id, vec![hash], done).await
}

/// Takes the files away again that were kept for a write that did not come about.
pub(super) async fn unless_done<T>(
    app: &App,
    ticket_id: i64,
    hashes: Vec<String>,
    done: Result<T>,
) -> Result<T> {
    if done.as_ref().is_err_and(is_final) {
        let files = app.files.clone();
        let remove = move || hashes.iter().try_for_each(|hash| files.remove(ticket_id, hash));
        // What is left is swept later.
        drop(run(remove).await);
    }
    done
}

/// Whether nothing was written for certain.
fn is_final(error: &Error) -> bool {
    use Kind::{Forbidden, Invalid, NotFound, Refused, Stale};
    matches!(error.kind(), Forbidden | Invalid | NotFound | Refused | Stale)
}

/// A file on its way out.
struct Served {
    reading: Reading,
    media: Media,
    bytes: u64,
    plain_name: String,
    name: String,
}

/// A file, to be saved. Fetching one is noted once a reader and day.
#[utoipa::path(tag = "attachments", operation_id = "get_attachment", params(("id" = String, Path)), responses(
    (status = 200, description = "the file; its type is one of those that are taken", content_type = "application/octet-stream", body = Vec<u8>),
    (status = 404, description = "absent, or not for this reader's eyes", body = Problem, content_type = "application/problem+json"),
))]
#[get("/attachments/{id}")]
pub async fn fetch(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    let Served { reading, media, bytes, plain_name, name } =
        run(move || open(&app, &actor, &id)).await?;
    let disposition = format!(
        "attachment; filename=\"{plain_name}\"; filename*=UTF-8''{}",
        percent_encoded(&name)
    );
    let body = try_unfold(reading, |mut reading| async move {
        run(move || Ok(reading.next_chunk()?.map(|chunk| (Bytes::from(chunk), reading)))).await
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media.as_str()))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(SizedStream::new(bytes, Box::pin(body))))
}

fn open(app: &App, actor: &Actor, id: &str) -> Result<Served> {
    let (no, k) = split(id)?;
    let now = app.db.now();
    let stored = app.db.read(|conn| {
        let rules = app.hotline.rules.current(conn, now)?;
        let stored = app.hotline.see(conn, &rules, actor, &no)?;
        let seen = sight(&stored.ticket, actor, &rules.directory);
        let there = stored.ticket.attachments.get(&k).filter(|one| one.gone.is_none());
        match there.filter(|one| sees_attachment(seen, actor, one)) {
            Some(_) => Ok(stored),
            None => Err(Error::not_found()),
        }
    })?;
    let one = stored.ticket.attachments.get(&k).ok_or_else(Error::not_found)?;
    let reading = app.files.read(stored.id, stored.key(), &one.hash)?;
    note_fetching(app, actor, &no)?;
    Ok(Served {
        reading,
        media: one.media,
        bytes: one.bytes,
        plain_name: plain_name(&stored.ticket, k, one),
        name: name_of(&stored.ticket, k, one),
    })
}

/// Notes that `actor` fetched files of the ticket, once a day.
fn note_fetching(app: &App, actor: &Actor, no: &str) -> Result<()> {
    const WHAT: &str = "ticket.attachment";
    let day = app.db.now().day(app.config.site.zone);
    let entry = Entry::new((actor.user, &actor.name), WHAT, ("ticket", no));
    if app.db.read(|conn| audit::is_recorded(conn, &entry, day))? {
        return Ok(());
    }
    let (user, name, no) = (actor.user, actor.name.clone(), no.to_owned());
    app.db.write(move |tx| {
        let entry = Entry::new((user, &name), WHAT, ("ticket", &no));
        audit::record_once(tx, &entry, day)
    })
}

/// As RFC 5987 writes a name (`ext-value`).
pub(super) fn percent_encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
    let mut text = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
