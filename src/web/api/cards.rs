//! Web, `/tickets/{no}/card` and `/public/card/{token}`: a repair card 维修卡 for whoever goes there, instead of a
//! screenshot. Its rule: no caller, ever; of a sealed ticket the place to estate level; it opens nothing after its
//! hours, nor once the unit's work is done; who made one stands on the trail.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::public::{let_ask, opened_by};
use crate::app::App;
use crate::audit::{self, Entry};
use crate::directory::Directory;
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::{Actor, Role};
use crate::limits::ClockName;
use crate::limits::span::{HOUR_MS, MINUTE_MS};
use crate::ticket::link::{self, Purpose};
use crate::ticket::sight::{Sight, sight};
use crate::ticket::state::{Part, StateName};
use crate::ticket::{Ticket, store};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Once};

/// Hours for which one is good where nothing is said, and at most.
const HOURS: u32 = 24;
const MOST_HOURS: u32 = 72;

/// For how long.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardWish {
    /// 1 to 72; 24 where nothing is said.
    #[serde(default = "a_day")]
    hours: u32,
}

const fn a_day() -> u32 {
    HOURS
}

/// Where the card lies.
#[derive(Serialize, ToSchema)]
pub struct CardMade {
    /// To be sent to whoever goes there: who has it sees the card.
    url: String,
    until: String,
}

/// Makes a card of a ticket at work, for one of the unit's own workers.
#[utoipa::path(tag = "tickets", operation_id = "make_card", params(("no" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = CardWish, responses(
    (status = 200, body = CardMade),
    (status = 403, description = "only a unit at work, which sees the case whole", body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "card.over", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/tickets/{no}/card")]
pub async fn make(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path: no, raw, .. }| {
            let rules = app.hotline.rules.current(tx.conn, tx.now)?;
            let stored = app.hotline.see(tx.conn, &rules, actor, no)?;
            let own = may_make(&stored.ticket, actor, &rules.directory)?;
            let wish: CardWish = raw.parse()?;
            if !(1..=MOST_HOURS).contains(&wish.hours) {
                let most = MOST_HOURS.to_string();
                let range = [("from", "1"), ("to", most.as_str())];
                return Err(Error::invalid(vec![FieldError::with(
                    "/hours",
                    "field.range",
                    &range,
                )]));
            }
            let until = tx.now.plus_millis(i64::from(wish.hours) * HOUR_MS);
            let entry = Entry::new((actor.user, &actor.name), "ticket.card", ("ticket", no));
            audit::record(tx, &entry.detailed(format!("hours={}", wish.hours)))?;
            let token = link::make(&app.keys, Purpose::Card, stored.id, packed(until, own));
            let url = format!("{}/c/card/{token}", app.config.public_url());
            Answer::ok(&CardMade { url, until: until.rfc3339(rules.profile.zone) })
        })
        .await
}

/// The key of the assignment for which `actor` makes one.
///
/// # Errors
/// 403 for whoever has no part of the work, or does not see the case whole; 409 once the work is done.
pub(super) fn may_make(ticket: &Ticket, actor: &Actor, directory: &Directory) -> Result<u8> {
    actor.require(&[Role::Handler, Role::UnitHead])?;
    if sight(ticket, actor, directory) != Sight::Case {
        return Err(Error::forbidden());
    }
    require_at_work(ticket, actor)
}

/// The key of the actor's own assignment; refuses whoever has no part of the work, and a ticket whose work is done.
fn require_at_work(ticket: &Ticket, actor: &Actor) -> Result<u8> {
    let own = |part: Part, unit| part != Part::Copy && actor.works_for(unit);
    let found = ticket.assignments.iter().find(|(_, a)| a.is_live() && own(a.part, &a.unit));
    let Some((key, _)) = found else {
        return Err(Error::new(Kind::Forbidden, "not_your_unit"));
    };
    // A ticket of more than 255 assignments is nobody's to send a worker for.
    let key = u8::try_from(*key).ok().filter(|_| is_at_work(ticket));
    key.ok_or_else(|| Error::new(Kind::Refused, "card.over"))
}

fn is_at_work(ticket: &Ticket) -> bool {
    matches!(ticket.state.name(), StateName::InUnits | StateName::OnLedger)
}

/// The first of January 2026, in minutes of the epoch: no card is older.
const BEFORE: u32 = 29_453_760;

/// Minutes since 2026 began.
fn minute(at: Stamp) -> u32 {
    u32::try_from(at.millis() / MINUTE_MS).unwrap_or_default().saturating_sub(BEFORE)
}

/// From which minute on a card opens nothing, and of which assignment it is: 24 bits and 8.
fn packed(until: Stamp, key: u8) -> u32 {
    minute(until) << 8 | u32::from(key)
}

/// What whoever goes there is told.
#[derive(Serialize, ToSchema)]
pub struct CardView {
    no: String,
    title: String,
    /// Masked, as the ticket shows it.
    content: String,
    estate: Option<String>,
    /// The door, in clear; absent where the ticket is sealed.
    address: Option<String>,
    unit: Option<String>,
    /// Until when it is to be done.
    due_at: Option<String>,
    /// Until when the card is good.
    until: String,
}

/// What the card `token` says.
#[utoipa::path(tag = "public", security(()), operation_id = "read_card", params(("token" = String, Path)), responses(
    (status = 200, body = CardView),
    (status = 404, description = "card.gone", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "web.too_many", body = Problem, content_type = "application/problem+json"),
))]
#[get("/public/card/{token}")]
pub async fn read(
    request: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
) -> Result<HttpResponse> {
    let_ask(&request, &app)?;
    let card = opened_by(&app, &token, card_of).await?;
    Ok(Answer::ok(&card)?.respond())
}

/// What the card `token` says now.
///
/// # Errors
/// `card.gone` (404): it was never made, its hours or the work are over.
pub fn card_of(app: &App, token: &str) -> Result<CardView> {
    let gone = || Error::new(Kind::NotFound, "card.gone");
    let card = link::read(&app.keys, Purpose::Card, token).ok_or_else(gone)?;
    let now = app.db.now();
    let (last, key) = (card.round >> 8, card.round & 0xff);
    if minute(now) >= last {
        return Err(gone());
    }
    app.db.read(|conn| {
        let rules = app.hotline.rules.current(conn, now)?;
        let stored = store::load_by_id(conn, rules.vault(&app.keys), card.ticket_id)?;
        let ticket = stored.map(|stored| stored.ticket).filter(is_at_work).ok_or_else(gone)?;
        // Recalled, disputed away or done: whoever it was sent to has no business there any more.
        let own = ticket.assignments.get(&key).filter(|it| it.is_live()).ok_or_else(gone)?;
        let (zone, directory) = (rules.profile.zone, &rules.directory);
        let door = [&ticket.place.building, &ticket.place.address].into_iter().flatten();
        let door: Vec<String> = door.map(ToString::to_string).collect();
        let until = Stamp::from_millis(i64::from(last + BEFORE) * MINUTE_MS);
        Ok(CardView {
            no: ticket.no.clone(),
            title: ticket.masked(&ticket.title),
            content: ticket.masked(&ticket.content),
            estate: ticket
                .estate()
                .and_then(|code| directory.estate(code))
                .map(|it| it.name.clone()),
            address: Some(door.join(" ")).filter(|text| !text.is_empty() && !ticket.is_sealed()),
            unit: directory.unit(&own.unit).map(|unit| unit.name.clone()),
            due_at: own.timers.get(&ClockName::Handle).map(|timer| timer.due_at.rfc3339(zone)),
            until: until.rfc3339(zone),
        })
    })
}
