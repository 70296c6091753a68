//! Assessment: what the signals see of the tickets received in a window. Its rule: two questions by index, no
//! document is opened; who came again is found as the rate of repeats finds it.

use std::collections::HashMap;

use diesel::prelude::*;

use super::Seen;
use crate::assessment::facts::{Names, Run, Satisfied, StateName, ValidSurvey};
use crate::db::schema::{assignment, tickets, trail};
use crate::db::{Conn, each};
use crate::error::Result;
use crate::ticket::again::About;
use crate::ticket::store::TrailRow;
use crate::time::Stamp;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

type Line = (
    (i64, StateName, Option<Stamp>, Option<String>, bool),
    (String, Stamp, Option<Stamp>, Option<Stamp>, bool),
    Option<TrailRow>,
);

/// What is asked: the tickets received in `[start, end)`, and who comes again within so many days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub start: Stamp,
    pub end: Stamp,
    pub again_days: u32,
}

/// What was found, and when.
#[derive(Debug)]
pub struct Counted {
    pub at: Stamp,
    pub names: Names,
    pub seen: Vec<Seen>,
}

/// Every ticket received in `[start, end)` that has a final lead, by receipt, as `conn` sees them at `at`; who comes
/// again is looked for up to `again_days` after the last survey.
///
/// # Errors
/// What the database says.
pub fn load(conn: &mut Conn, asked: Asked, at: Stamp) -> Result<Counted> {
    use assignment as a;
    let Asked { start, end, again_days } = asked;
    let leads = a::ticket_id.eq(tickets::id).and(a::is_final.eq(true));
    let trails = trail::ticket_id.eq(tickets::id);
    let lines: Vec<Line> = each!(conn, c => tickets::table
        .inner_join(a::table.on(leads))
        .left_join(trail::table.on(trails))
        .filter(tickets::received_at.ge(start.millis()))
        .filter(tickets::received_at.lt(end.millis()))
        .order((tickets::received_at, tickets::id))
        .select((
            (tickets::id, tickets::state, tickets::ended_at, tickets::survey, tickets::sealed),
            (a::unit, a::sent_at, a::handle_due_at, a::handle_stopped_at, a::handle_missed),
            Option::<TrailRow>::as_select(),
        ))
        .load(c))?;
    let mut names = Names::default();
    let mut seen: Vec<Seen> = lines.into_iter().map(|line| read(line, &mut names)).collect();
    let last = seen.iter().filter_map(|one| one.trail.survey_at).max();
    if let Some(last) = last {
        let until = last.plus_millis(i64::from(again_days) * DAY);
        let again = came_again(conn, (start, end), until, &seen)?;
        for one in &mut seen {
            one.again_at = again.get(&one.ticket).copied();
        }
    }
    Ok(Counted { at, names, seen })
}

fn read(line: Line, names: &mut Names) -> Seen {
    let (about, (unit, sent_at, due_at, stopped_at, missed), trail) = line;
    let (ticket, state, ended_at, survey, sealed) = about;
    Seen {
        ticket,
        unit: names.intern(&unit),
        closed: state == StateName::Closed,
        withdrawn_at: ended_at.filter(|_| state == StateName::Withdrawn),
        survey: survey.as_deref().and_then(ValidSurvey::read),
        trail: trail.map(|row| row.trail()).unwrap_or_default(),
        sent_at,
        handle: Run { due_at, stopped_at, missed },
        again_at: None,
        sealed,
    }
}

/// For each satisfied ticket when its caller next came about the same matter after the answer.
fn came_again(
    conn: &mut Conn,
    (start, end): (Stamp, Stamp),
    until: Stamp,
    seen: &[Seen],
) -> Result<HashMap<i64, Stamp>> {
    type Came = (i64, Stamp, Option<String>, Option<String>, Option<String>, Option<String>);
    let satisfied =
        |one: &&Seen| one.survey.is_some_and(|survey| survey.satisfied == Satisfied::Satisfied);
    let answered: HashMap<i64, Stamp> = seen
        .iter()
        .filter(satisfied)
        .filter_map(|one| Some((one.ticket, one.trail.survey_at?)))
        .collect();
    if answered.is_empty() {
        return Ok(HashMap::new());
    }
    let within = diesel::alias!(tickets as within);
    let at = within.field(tickets::received_at);
    let callers = within
        .filter(at.ge(start.millis()).and(at.lt(end.millis())))
        .filter(within.field(tickets::survey).like("%:satisfied"))
        .select(within.field(tickets::phone_hash));
    let lines: Vec<Came> = each!(conn, c => tickets::table
        .filter(tickets::received_at.ge(start.millis()))
        .filter(tickets::received_at.le(until.millis()))
        .filter(tickets::phone_hash.eq_any(callers).and(tickets::category.is_not_null()))
        .order((tickets::received_at, tickets::id))
        .select((
            tickets::id,
            tickets::received_at,
            tickets::phone_hash,
            tickets::category,
            tickets::estate,
            tickets::region,
        ))
        .load(c))?;
    let mut comes: HashMap<(String, About), Vec<Stamp>> = HashMap::new();
    let mut asked: Vec<(i64, (String, About))> = Vec::new();
    for (id, at, caller, category, estate, region) in lines {
        let (Some(caller), Some(about)) = (caller, About::of(category, estate, region)) else {
            continue;
        };
        let who = (caller, about);
        if answered.contains_key(&id) {
            asked.push((id, who.clone()));
        }
        comes.entry(who).or_default().push(at);
    }
    let next = |(id, who): (i64, (String, About))| {
        let (after, at) = (answered.get(&id)?, comes.get(&who)?);
        // By receipt: the first after the answer.
        let place = at.partition_point(|at| at <= after);
        at.get(place).map(|at| (id, *at))
    };
    Ok(asked.into_iter().filter_map(next).collect())
}
