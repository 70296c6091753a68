//! Web, console: what moves by itself on an open page: counts, lights, who is at work on a ticket. Its rule: server-sent
//! events over the reader's own lists; one follows the database for all of a node, and whoever is logged out is told no
//! more. Whom nobody will tell any more is told that last (`over`), and does not come back. A page works without.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BodyStream;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{HttpResponse, delete, get, put, web};
use futures_util::future::{Either, select};
use futures_util::stream::try_unfold;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::home::counts;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::live;
use crate::live::hub::{Round, Seat};
use crate::web::api::watched::{Moving, moving_of, shown_to};
use crate::web::{Asker, Caller, Query, run};

/// Between two looks for one page, whatever happens.
const LEAST: Duration = Duration::from_millis(1_500);
/// Pages that hear of the same change look one after the other.
const APART: Duration = Duration::from_millis(40);
/// Tickets that one page is told of.
const MOST: usize = 100;

/// The routes of what moves.
pub fn routes(services: &mut ServiceConfig) {
    services.service(stream).service(attend).service(part);
}

/// What the page shows.
#[derive(Deserialize)]
pub struct Asked {
    /// Numbers of tickets, between commas.
    #[serde(default)]
    tickets: String,
}

/// How far a look goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// Counts, and who is at work.
    Counts,
    /// The page's tickets too.
    Tickets,
    /// Whether the reader is still logged in, too.
    Reader,
}

/// What is done for a page next.
enum Next {
    Look(Depth),
    /// It is told why nothing more comes, and nothing more.
    Over(&'static str),
    /// The program ends: the page comes back by itself.
    End,
}

/// Why a page is told no more: `pages`, its reader has opened too many; `login`, they are logged out.
#[derive(Serialize)]
struct Over {
    why: &'static str,
}

/// What a page was told last.
#[derive(Debug, Clone, Default)]
struct Told {
    tickets: BTreeMap<String, Moving>,
    counts: BTreeMap<&'static str, i64>,
    at_work: BTreeMap<String, Vec<String>>,
}

/// One page that looks.
struct Feed {
    app: Data<App>,
    caller: Caller,
    actor: Actor,
    seat: Seat,
    heard: Receiver<Arc<Round>>,
    beat: Interval,
    shown: Arc<Vec<String>>,
    told: Told,
    /// Looks that did not wait for anything.
    early: u8,
    /// It was told that nothing more comes.
    is_over: bool,
}

/// Who is at work on a ticket, beside the reader.
#[derive(Serialize)]
struct Present<'a> {
    no: &'a str,
    names: &'a [String],
}

/// Tells an open page what changes of what it shows, until it is closed or its reader is logged out.
#[get("/live")]
pub async fn stream(
    app: Data<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<HttpResponse> {
    let (house, who) = (app.clone(), caller.clone());
    let actor = run(move || house.db.read(|conn| who.actor(conn, &house))).await?;
    let numbers: BTreeSet<String> =
        asked.tickets.split(',').filter(|no| !no.is_empty()).map(str::to_owned).collect();
    let shown = Arc::new(numbers.into_iter().take(MOST).collect());
    let (seat, heard) = app.live.sit(actor.user, app.config.console.live_per_person);
    if app.live.needs_following() {
        actix_web::rt::spawn(follow(app.clone()));
    }
    let mut beat = interval(Duration::from_millis(app.config.console.live_beat_ms.max(100)));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let told = Told::default();
    let feed =
        Feed { app, caller, actor, seat, heard, beat, shown, told, early: 0, is_over: false };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A proxy that gathers answers would gather for ever.
        .insert_header(("x-accel-buffering", "no"))
        .body(BodyStream::new(Box::pin(try_unfold(feed, Feed::step)))))
}

/// Follows the database for all pages of this node, as long as there are any.
async fn follow(app: Data<App>) {
    let pause = Duration::from_millis(app.config.console.live_ms.max(100));
    let mut end = Box::pin(told_to_end());
    loop {
        let house = app.clone();
        if let Err(error) = run(move || house.live.round(&house.db)).await {
            tracing::debug!(target: "jiesu::live", code = error.code(), "not followed");
        }
        if let Either::Right(_) = select(pin!(sleep(pause)), &mut end).await {
            // Pages that are being told would hold the program up.
            app.live.close();
            return;
        }
        if app.live.rests() {
            return;
        }
    }
}

/// Until the program is told to end.
#[cfg(unix)]
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut stop), Ok(mut key)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    select(pin!(stop.recv()), pin!(key.recv())).await;
}

/// Until the program is told to end.
#[cfg(not(unix))]
async fn told_to_end() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

impl Feed {
    /// The next words for the page; nothing where it is to be told no more.
    async fn step(mut self) -> Result<Option<(Bytes, Self)>> {
        if self.is_over {
            return Ok(None);
        }
        let is_first = self.early == 0;
        let depth = match self.wait().await {
            Next::Look(depth) => depth,
            Next::Over(why) => return self.over(why).map(Some),
            Next::End => return Ok(None),
        };
        let (app, caller, actor) = (self.app.clone(), self.caller.clone(), self.actor.clone());
        let (shown, mut told) = (self.shown.clone(), self.told.clone());
        let looked = run(move || {
            let actor = match depth {
                Depth::Reader => app.db.read(|conn| caller.actor(conn, &app))?,
                _ => actor,
            };
            let text = look(&app, &actor, &shown, &mut told, depth)?;
            Ok((text, told, actor))
        });
        let mut text = match looked.await {
            Ok((text, told, actor)) => {
                (self.told, self.actor) = (told, actor);
                text
            }
            Err(error) if is_out(&error) => return self.over("login").map(Some),
            // The database is away: it is asked again.
            Err(_) => String::new(),
        };
        if is_first {
            text.insert_str(0, "retry: 5000\n\n");
        }
        if text.is_empty() {
            text.push_str(":\n\n");
        }
        Ok(Some((Bytes::from(text), self)))
    }

    /// The last words for the page.
    fn over(mut self, why: &'static str) -> Result<(Bytes, Self)> {
        let mut text = String::new();
        say(&mut text, "over", &Over { why })?;
        self.is_over = true;
        Ok((Bytes::from(text), self))
    }

    /// Waits until there is something to look at.
    async fn wait(&mut self) -> Next {
        // What changes between the first look and the first round of whoever follows is seen by the second look.
        if self.early < 2 {
            if self.early == 1 {
                sleep(LEAST).await;
            }
            self.early += 1;
            return Next::Look(Depth::Tickets);
        }
        sleep(LEAST).await;
        loop {
            let heard = match select(pin!(self.beat.tick()), pin!(self.heard.recv())).await {
                Either::Left(_) => None,
                Either::Right((heard, _)) => Some(heard),
            };
            if !self.seat.holds() {
                return Next::Over("pages");
            }
            let round = match heard {
                None => return Next::Look(Depth::Reader),
                Some(Err(RecvError::Closed)) => return Next::End,
                Some(Err(RecvError::Lagged(_))) => return Next::Look(Depth::Tickets),
                Some(Ok(round)) if round.is_last => return Next::End,
                Some(Ok(round)) => round,
            };
            if let Some(depth) = self.touched_by(&round) {
                sleep(APART * self.seat.rank(16)).await;
                return Next::Look(self.drain(depth));
            }
        }
    }

    /// How far one must look after `round`; nothing where it is no business of the page.
    fn touched_by(&self, round: &Round) -> Option<Depth> {
        if round.changed.touches(&self.shown) {
            return Some(Depth::Tickets);
        }
        let is_counted = round.changed.is_any() && !self.told.counts.is_empty();
        let is_attended = self.shown.iter().any(|no| round.attended.contains(no));
        (is_counted || is_attended).then_some(Depth::Counts)
    }

    /// The same after all that was said meanwhile too.
    fn drain(&mut self, mut depth: Depth) -> Depth {
        while let Ok(round) = self.heard.try_recv() {
            depth = self.touched_by(&round).map_or(depth, |it| it.max(depth));
        }
        depth
    }
}

/// Whether the reader has no business here any more.
fn is_out(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unauthenticated | Kind::Forbidden)
}

/// What is other than what was `told`, as events. It blocks.
fn look(
    app: &App,
    actor: &Actor,
    shown: &[String],
    told: &mut Told,
    depth: Depth,
) -> Result<String> {
    let mut text = String::new();
    if depth > Depth::Counts && !shown.is_empty() {
        let moving = moving_of(&app.hotline, actor, shown)?;
        let moving: BTreeMap<_, _> = moving.into_iter().map(|it| (it.no.clone(), it)).collect();
        for (no, it) in &moving {
            if told.tickets.get(no) != Some(it) {
                say(&mut text, "ticket", it)?;
            }
        }
        told.tickets = moving;
    }
    let counts = counts(app, actor)?;
    if counts != told.counts {
        say(&mut text, "counts", &counts)?;
        told.counts = counts;
    }
    let at_work = app.live.at_work();
    // Of those that the reader's lists show, and no other.
    for no in told.tickets.iter().filter(|(_, it)| !it.is_quiet).map(|(no, _)| no) {
        let others = at_work.get(no).into_iter().flatten().filter(|(user, _)| **user != actor.user);
        let names: Vec<String> = others.map(|(_, name)| name.clone()).collect();
        if told.at_work.get(no).map_or(&[][..], Vec::as_slice) != names {
            say(&mut text, "at_work", &Present { no, names: &names })?;
            told.at_work.insert(no.clone(), names);
        }
    }
    Ok(text)
}

fn say(text: &mut String, event: &str, data: &impl Serialize) -> Result<()> {
    let data = serde_json::to_string(data).map_err(Error::internal)?;
    for piece in ["event: ", event, "\ndata: ", &data, "\n\n"] {
        text.push_str(piece);
    }
    Ok(())
}

/// The reader is at work on the ticket; said again as long as that is so.
#[put("/live/{no}")]
pub async fn attend(
    app: Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || {
        shown_to(&app.hotline, &actor, &no)?;
        app.db.write(move |tx| live::attend(tx, &no, actor.user))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The reader is no more.
#[delete("/live/{no}")]
pub async fn part(
    app: Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || app.db.write(move |tx| live::leave(tx, &no, actor.user))).await?;
    Ok(HttpResponse::NoContent().finish())
}
