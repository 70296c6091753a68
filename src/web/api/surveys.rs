//! Web, `GET /surveys/due`: whom a surveyor may ask now. Its rule: the command's own judge says who; who asked to be rung
//! stands first, and not before that time; then, of the tickets received first, the limit that lapses next; and what one
//! citizen has to say of several tickets is asked in one call.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{LineView, line};
use crate::app::App;
use crate::db::Conn;
use crate::error::Result;
use crate::followup::survey::attempts_used;
use crate::followup::{appointment, store};
use crate::identity::{Actor, Role};
use crate::lifecycle::{Hotline, decide, table};
use crate::limits::{ClockName, Light};
use crate::ticket::command::{Command, CommandName, Survey, Target};
use crate::ticket::listing::{self, Filter, Sort};
use crate::ticket::overlay::{Attempt, Outcome, Way};
use crate::ticket::sight::scope;
use crate::ticket::state::StateName;
use crate::ticket::store::rows::TicketRow;
use crate::ticket::store::{Vault, asked, load, load_many, row_of};
use crate::ticket::{Mode, Scene, Ticket};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, run};

/// How far is looked for whom to ask.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Tickets that are looked at at once, the oldest first.
    pub at_once: usize,
    /// So many that may be asked are enough; until then it is looked on, so that however many may not be rung now (who
    /// answered badly and waits for the reviewer, who was not there this morning) hide none of those that may.
    pub enough: usize,
}

/// Of a list that a surveyor works off.
pub const LIST: Reach = Reach { at_once: 100, enough: 100 };
/// Appointments that are looked at beside them, the earliest first.
const AGREED: i64 = 200;
/// How long after a call a ticket may still be answered in it.
const CALL_MS: i64 = 3_600_000;

/// A ticket whose citizen may be asked now.
#[derive(Serialize, ToSchema)]
pub struct SurveyDueView {
    #[serde(flatten)]
    line: LineView,
    /// Until when the citizen is to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    survey_due_at: Option<String>,
    survey_light: Light,
    /// Calls of this round so far.
    attempts: u32,
    /// When the citizen asked to be rung again: that time has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    again_at: Option<String>,
    /// Other tickets of the same caller that may be asked about in the same call.
    beside: Vec<String>,
    /// The ticket's number, to be looked for.
    #[serde(skip)]
    pub no: String,
}

impl SurveyDueView {
    /// The next ticket of the same call.
    pub fn next_beside(&self) -> Option<&str> {
        self.beside.first().map(String::as_str)
    }

    /// Whether `no` may be asked about in the same call.
    pub fn is_beside(&self, no: &str) -> bool {
        self.beside.iter().any(|it| it == no)
    }
}

/// A ticket whose citizen asked to be rung at a time to come.
#[derive(Serialize, ToSchema)]
pub struct AgreedView {
    #[serde(flatten)]
    line: LineView,
    again_at: String,
    /// Until when the citizen is to be asked; an appointment does not move it.
    #[serde(skip_serializing_if = "Option::is_none")]
    survey_due_at: Option<String>,
    /// The appointment is later than that.
    after_limit: bool,
}

/// The call in which a surveyor has just asked the same caller about another ticket.
#[derive(Serialize)]
pub struct SameCall {
    /// That ticket's number.
    no: String,
    at: String,
    outcome: Outcome,
    /// When the citizen asked to be rung again.
    again_at: Option<String>,
}

/// Whom to ask.
#[derive(Serialize, ToSchema)]
pub struct SurveysDue {
    pub items: Vec<SurveyDueView>,
    /// Appointments to come, the earliest first: they are asked at their time and not before.
    pub agreed: Vec<AgreedView>,
    /// There are tickets that were not looked at: `items` were enough.
    pub partial: bool,
}

/// The tickets whose citizens this surveyor may ask now: overdue appointments, then what lapses first.
#[utoipa::path(tag = "tickets", operation_id = "surveys_due", responses(
    (status = 200, body = SurveysDue),
    (status = 403, description = "only surveyors", body = Problem, content_type = "application/problem+json"),
))]
#[get("/surveys/due")]
pub async fn list(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    run(move || Answer::ok(&due(&app.hotline, &actor, LIST)?)).await.map(Answer::respond)
}

/// Whom `actor` may ask now.
///
/// # Errors
/// 403 for whoever is no surveyor.
pub fn due(hotline: &Hotline, actor: &Actor, reach: Reach) -> Result<SurveysDue> {
    actor.require(&[Role::Surveyor])?;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let scene = rules.scene(actor, now, Mode::Live);
        let vault = rules.vault(&hotline.keys);
        let mut seen = Seen::default();
        let agreed = store::agreed(conn, AGREED)?;
        let rows = asked::rows(conn, &agreed)?;
        seen.add(conn, vault, &scene, rows)?;
        let mut after = None;
        loop {
            let (rows, next) = oldest(conn, &scene, (after.as_deref(), reach.at_once))?;
            seen.add(conn, vault, &scene, rows)?;
            let items = seen.items(&scene);
            if items.len() >= reach.enough || next.is_none() {
                return Ok(SurveysDue {
                    items,
                    agreed: seen.agreed(&scene),
                    partial: next.is_some(),
                });
            }
            after = next;
        }
    })
}

/// A ticket that waits for its citizen's answers.
type Asked<'a> = (&'a TicketRow, &'a Ticket);

/// At most `most` of the oldest tickets that wait, behind the key `after`, and the key to go on from.
fn oldest(
    conn: &mut Conn,
    scene: &Scene<'_>,
    (after, most): (Option<&str>, usize),
) -> Result<(Vec<TicketRow>, Option<String>)> {
    let filter = Filter {
        states: vec![StateName::Surveying],
        sort: Some(Sort::Oldest),
        ..Filter::default()
    };
    listing::page(conn, &scope(scene.actor), &filter, scene.now, after, most)
}

/// The tickets that were looked at.
#[derive(Default)]
struct Seen {
    rows: BTreeMap<(Stamp, i64), TicketRow>,
    tickets: BTreeMap<i64, Ticket>,
    /// Of these a call could be written down now.
    open: BTreeSet<i64>,
    /// The calls of today to their callers.
    rung: Vec<Rung>,
}

impl Seen {
    /// Looks at those of `rows` that are new.
    fn add(
        &mut self,
        conn: &mut Conn,
        vault: Vault<'_>,
        scene: &Scene<'_>,
        mut rows: Vec<TicketRow>,
    ) -> Result<()> {
        rows.retain(|row| !self.tickets.contains_key(&row.id));
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let tickets = load_many(conn, vault, &ids)?;
        let all: Vec<Asked<'_>> =
            rows.iter().filter_map(|row| Some((row, tickets.get(&row.id)?))).collect();
        self.rung.extend(rung_today(conn, vault, &all, scene)?);
        let open = all.iter().filter(|(_, ticket)| may_ask(ticket, scene));
        self.open.extend(open.map(|(row, _)| row.id));
        self.tickets.extend(tickets);
        self.rows.extend(rows.into_iter().map(|row| ((row.received_at, row.id), row)));
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = Asked<'_>> {
        self.rows.values().filter_map(|row| Some((row, self.tickets.get(&row.id)?)))
    }

    /// Those whose citizens asked to be rung at a time to come, the earliest first.
    fn later(&self, now: Stamp) -> Vec<(Stamp, Asked<'_>)> {
        let mut later: Vec<(Stamp, Asked<'_>)> = self
            .all()
            .filter_map(|one| Some((appointment::of(one.1).filter(|at| *at > now)?, one)))
            .collect();
        later.sort_by_key(|(at, (row, _))| (*at, row.id));
        later
    }

    /// Who may be asked now.
    fn items(&self, scene: &Scene<'_>) -> Vec<SurveyDueView> {
        let later = self.later(scene.now);
        let open = self.all().filter(|(row, _)| self.open.contains(&row.id));
        let open: Vec<Asked<'_>> = open.filter(|one| !is_later(*one, &later, scene)).collect();
        let here = open.iter().filter(|one| !is_dialled(**one, &self.rung, scene));
        let mut items: Vec<SurveyDueView> =
            here.map(|(row, ticket)| view(row, ticket, &open, scene)).collect();
        items.sort_by_cached_key(|it| {
            let (agreed, due) = (it.again_at.clone(), it.survey_due_at.clone());
            (agreed.is_none(), agreed, due.is_none(), due)
        });
        items
    }

    /// Whom to ask at a time to come.
    fn agreed(&self, scene: &Scene<'_>) -> Vec<AgreedView> {
        let mut later = self.later(scene.now);
        later.retain(|(at, (_, ticket))| may_ask(ticket, &Scene { now: *at, ..*scene }));
        later.iter().map(|(at, (row, ticket))| agreed_view(*at, row, ticket, scene)).collect()
    }
}

/// Whether nobody rings about `one` yet: its citizen asked to be rung later, or, of another ticket, later today.
fn is_later(one: Asked<'_>, later: &[(Stamp, Asked<'_>)], scene: &Scene<'_>) -> bool {
    let (row, ticket) = one;
    if let Some(at) = appointment::of(ticket) {
        return at > scene.now;
    }
    let today = scene.now.day(scene.calendar.zone());
    later.iter().any(|(at, (other, _))| {
        let same = row.phone_hash.is_some() && other.phone_hash == row.phone_hash;
        same && at.day(scene.calendar.zone()) == today
    })
}

/// A call of today to ask a citizen.
struct Rung {
    /// The phone hash.
    caller: String,
    ticket: i64,
    at: Stamp,
    by: i64,
}

/// The calls of today to the callers of `all`, also about tickets of theirs that ended today.
fn rung_today(
    conn: &mut Conn,
    vault: Vault<'_>,
    all: &[Asked<'_>],
    scene: &Scene<'_>,
) -> Result<Vec<Rung>> {
    let zone = scene.calendar.zone();
    let since = Stamp::start_of(scene.now.day(zone), zone);
    let callers: BTreeSet<String> =
        all.iter().filter_map(|(row, _)| row.phone_hash.clone()).collect();
    let callers: Vec<String> = callers.into_iter().collect();
    let ids = asked::ended_of_callers(conn, &callers, since)?;
    let ended = load_many(conn, vault, &ids)?;
    let rows = asked::rows(conn, &ids)?;
    let closed = rows.iter().filter_map(|row| Some((row, ended.get(&row.id)?)));
    let mut rung = Vec::new();
    for (row, ticket) in all.iter().copied().chain(closed) {
        let Some(caller) = &row.phone_hash else { continue };
        let calls = ticket.attempts.iter().filter(|it| it.way == Way::Phone && it.at >= since);
        let call =
            |it: &Attempt| Rung { caller: caller.clone(), ticket: row.id, at: it.at, by: it.by };
        rung.extend(calls.map(call));
    }
    Ok(rung)
}

/// Whether the citizen was rung today about another ticket and not about `one`: one call covers them all, and nobody is
/// dialled twice a day for what it covers (domain.md §5). It is asked in that call, so long as it may still go on, or in
/// the next one; and always where the citizen asked to be rung.
fn is_dialled(one: Asked<'_>, rung: &[Rung], scene: &Scene<'_>) -> bool {
    let (row, ticket) = one;
    if appointment::of(ticket).is_some() || rung.iter().any(|it| it.ticket == row.id) {
        return false;
    }
    let theirs = rung.iter().filter(|it| row.phone_hash.as_ref() == Some(&it.caller));
    let last = theirs.max_by_key(|it| it.at);
    last.is_some_and(|it| it.by != scene.actor.user || scene.now.millis_since(it.at) > CALL_MS)
}

/// Whether a call that reaches nobody could be written down now: any other could then.
fn may_ask(ticket: &Ticket, scene: &Scene<'_>) -> bool {
    let call = Command::Survey(Survey {
        outcome: Outcome::NoAnswer,
        contacted: None,
        solved: None,
        satisfied: None,
        bottom_line: Vec::new(),
        prompted: None,
        comment: None,
        way: None,
        again_at: None,
    });
    table::allowed(ticket, scene, Target::default()).contains(&CommandName::Survey)
        && decide(ticket, &call, Target::default(), scene).is_ok()
}

fn view(
    row: &TicketRow,
    ticket: &Ticket,
    open: &[(&TicketRow, &Ticket)],
    scene: &Scene<'_>,
) -> SurveyDueView {
    let timer = ticket.timers.get(&ClockName::Survey);
    let same = |other: &&(&TicketRow, &Ticket)| {
        other.0.id != row.id && row.phone_hash.is_some() && other.0.phone_hash == row.phone_hash
    };
    SurveyDueView {
        line: line(row, scene),
        survey_due_at: timer.map(|timer| timer.due_at.rfc3339(scene.profile.zone)),
        survey_light: timer.map_or(Light::Green, |timer| timer.light(scene.now)),
        attempts: attempts_used(ticket),
        again_at: appointment::of(ticket).map(|at| at.rfc3339(scene.profile.zone)),
        beside: open.iter().filter(same).map(|(other, _)| other.no.clone()).collect(),
        no: row.no.clone(),
    }
}

fn agreed_view(at: Stamp, row: &TicketRow, ticket: &Ticket, scene: &Scene<'_>) -> AgreedView {
    let limit = ticket.timers.get(&ClockName::Survey).map(|timer| timer.due_at);
    AgreedView {
        line: line(row, scene),
        again_at: at.rfc3339(scene.profile.zone),
        survey_due_at: limit.map(|limit| limit.rfc3339(scene.profile.zone)),
        after_limit: limit.is_some_and(|limit| at > limit),
    }
}

/// The call in which `actor` has just rung the caller of the ticket `no` about the ticket `rung`: what is answered about
/// `no` within the hour needs no other call. Nothing where they are not the same caller's.
///
/// # Errors
/// 403 for whoever is no surveyor.
pub fn same_call(
    hotline: &Hotline,
    actor: &Actor,
    rung: &str,
    no: &str,
) -> Result<Option<SameCall>> {
    actor.require(&[Role::Surveyor])?;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let vault = rules.vault(&hotline.keys);
        let (Some(first), Some(second)) = (load(conn, vault, rung)?, load(conn, vault, no)?) else {
            return Ok(None);
        };
        let caller = row_of(conn, first.id)?.and_then(|row| row.phone_hash);
        let other = row_of(conn, second.id)?.and_then(|row| row.phone_hash);
        if first.id == second.id || caller.is_none() || caller != other {
            return Ok(None);
        }
        let just = |it: &&Attempt| it.way == Way::Phone && now.millis_since(it.at) <= CALL_MS;
        let own = first.ticket.attempts.iter().rev().find(just);
        let zone = rules.profile.zone;
        Ok(own.filter(|it| it.by == actor.user).map(|it| SameCall {
            no: first.ticket.no.clone(),
            at: it.at.rfc3339(zone),
            outcome: it.outcome,
            again_at: it.again_at.map(|at| at.rfc3339(zone)),
        }))
    })
}
