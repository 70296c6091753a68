//! Web, `GET /surveys/due`: whom a surveyor may ask now. Its rule: the command's own judge says who; the limit that
//! lapses next stands first, and what one citizen has to say of several tickets is asked in one call.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{LineView, line};
use crate::app::App;
use crate::error::Result;
use crate::followup::survey::attempts_used;
use crate::identity::{Actor, Role};
use crate::lifecycle::{Hotline, decide, table};
use crate::limits::{ClockName, Light};
use crate::ticket::command::{Command, CommandName, Survey, Target};
use crate::ticket::listing::{self, Filter, Sort};
use crate::ticket::overlay::Outcome;
use crate::ticket::sight::scope;
use crate::ticket::state::StateName;
use crate::ticket::store::load_many;
use crate::ticket::store::rows::TicketRow;
use crate::ticket::{Mode, Scene, Ticket};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, run};

/// Tickets that are looked at, the oldest first.
const LOOKED_AT: usize = 200;

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
}

/// Whom to ask.
#[derive(Serialize, ToSchema)]
pub struct SurveysDue {
    pub items: Vec<SurveyDueView>,
}

/// The tickets whose citizens this surveyor may ask now, what lapses first before the others.
#[utoipa::path(tag = "tickets", operation_id = "surveys_due", responses(
    (status = 200, body = SurveysDue),
    (status = 403, description = "only surveyors", body = Problem, content_type = "application/problem+json"),
))]
#[get("/surveys/due")]
pub async fn list(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    run(move || Answer::ok(&due(&app.hotline, &actor)?)).await.map(Answer::respond)
}

/// Whom `actor` may ask now.
///
/// # Errors
/// 403 for whoever is no surveyor.
pub fn due(hotline: &Hotline, actor: &Actor) -> Result<SurveysDue> {
    actor.require(&[Role::Surveyor])?;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let scene = rules.scene(actor, now, Mode::Live);
        let filter = Filter {
            states: vec![StateName::Surveying],
            sort: Some(Sort::Oldest),
            ..Filter::default()
        };
        let (rows, _) = listing::page(conn, &scope(actor), &filter, now, None, LOOKED_AT)?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let tickets = load_many(conn, rules.vault(&hotline.keys), &ids)?;
        let open: Vec<(&TicketRow, &Ticket)> = rows
            .iter()
            .filter_map(|row| Some((row, tickets.get(&row.id)?)))
            .filter(|(_, ticket)| may_ask(ticket, &scene))
            .collect();
        let mut items: Vec<SurveyDueView> =
            open.iter().map(|(row, ticket)| view(row, ticket, &open, &scene)).collect();
        let key = |it: &SurveyDueView| (it.survey_due_at.is_none(), it.survey_due_at.clone());
        items.sort_by_cached_key(key);
        Ok(SurveysDue { items })
    })
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
        beside: open.iter().filter(same).map(|(other, _)| other.no.clone()).collect(),
        no: row.no.clone(),
    }
}
