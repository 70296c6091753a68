//! Web, console: what waits for whoever comes in. Its rule: a queue is a list of the interface, narrowed for a role;
//! the most urgent stands first, what is empty last.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::alarm::alarm_for;
use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::limits::Light;
use crate::ticket::listing::Sort;
use crate::ticket::sight::scope;
use crate::web::api::decisions::{DecisionList, withdrawals_of};
use crate::web::api::roster::duty::{NowView, after_hours};
use crate::web::api::tickets::{self, Lines, ListQuery};
use crate::web::api::watched;
use crate::web::blocking::run;

/// Lines of a queue that stand on the first page.
const SHOWN: u32 = 20;
/// And on a page of its own.
const PAGE: u32 = 100;

/// A list that somebody of a role works off.
#[derive(Debug, Clone, Copy, Serialize)]
struct Queue {
    key: &'static str,
    title: &'static str,
    /// What it means that nothing is in it.
    empty: &'static str,
    #[serde(skip)]
    roles: &'static [Role],
    states: &'static str,
    #[serde(skip)]
    light: Option<Light>,
    #[serde(skip)]
    sort: Sort,
    /// What stands first.
    first: &'static str,
}

/// Who works off what; the first that fits stands first.
const QUEUES: &[Queue] = &[
    Queue {
        key: "dispatch",
        title: "待派单",
        empty: "没有待派单的工单。",
        roles: &[Role::Dispatcher],
        states: "accepted,consulting",
        light: None,
        sort: Sort::Due,
        first: "最急的在最前",
    },
    Queue {
        key: "unit",
        title: "本单位在办",
        empty: "本单位没有在办的工单。",
        roles: &[Role::Handler, Role::UnitHead],
        states: "in_units,on_ledger",
        light: None,
        sort: Sort::Due,
        first: "最急的在最前",
    },
    Queue {
        key: "review",
        title: "待审核",
        empty: "没有待审核的答复。",
        roles: &[Role::Reviewer],
        states: "replied",
        light: None,
        sort: Sort::Due,
        first: "最急的在最前",
    },
    Queue {
        key: "survey",
        title: "待回访",
        empty: "没有待回访的工单。",
        roles: &[Role::Surveyor],
        states: "surveying",
        light: None,
        // No limit of the whole ticket runs while it waits for its survey.
        sort: Sort::Oldest,
        first: "先受理的在最前",
    },
    Queue {
        key: "open",
        title: "受理中",
        empty: "没有受理中的工单。",
        roles: &[Role::Agent],
        states: "accepted,consulting,in_units",
        light: None,
        sort: Sort::Due,
        first: "最急的在最前",
    },
    Queue {
        key: "overdue",
        title: "已超期",
        empty: "没有超期的工单。",
        roles: &[Role::Leader, Role::Assessor, Role::Reviewer],
        states: "accepted,consulting,in_units,replied,on_ledger,surveying",
        light: Some(Light::Red),
        sort: Sort::Due,
        first: "最急的在最前",
    },
];

#[derive(Serialize)]
struct Filled {
    #[serde(flatten)]
    queue: Queue,
    lines: Lines,
}

#[derive(Serialize)]
struct Home {
    queues: Vec<Filled>,
    /// Of an agent: what citizens took back and one of them is to be asked about.
    withdrawals: Option<DecisionList>,
    /// Outside working hours, for whoever sends a matter on: who is on duty, by unit.
    duty: Option<BTreeMap<String, NowView>>,
}

/// A queue on its own page.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    filled: Filled,
    duty: Option<BTreeMap<String, NowView>>,
}

/// The first page.
#[get("/")]
pub async fn home(app: web::Data<App>, guest: Guest) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (home, directory, alarm) = run(move || {
        let directory = house.db.read(|conn| house.directory.current(conn))?;
        let asks = actor.has(Role::Agent);
        let withdrawals = asks.then(|| withdrawals_of(&house.hotline, &actor)).transpose()?;
        let duty = after_hours(&house, &actor)?;
        let home = Home { queues: queues(&house, &actor)?, withdrawals, duty };
        Ok((home, directory, alarm_for(&house, &actor)))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).alarmed(alarm).show("home.html", home)?)
}

/// What `actor` works off; where there is nothing to do, last.
fn queues(app: &App, actor: &Actor) -> Result<Vec<Filled>> {
    let mine = QUEUES.iter().filter(|queue| actor.has_any(queue.roles));
    let filled = mine.map(|queue| filled(app, actor, queue, SHOWN, None));
    let mut all: Vec<Filled> = filled.collect::<Result<_>>()?;
    all.sort_by_key(|queue| queue.lines.is_empty());
    Ok(all)
}

/// Where a list goes on.
#[derive(Deserialize)]
pub struct Onward {
    after: Option<String>,
}

/// All of a queue, a page at a time.
#[get("/queues/{key}")]
pub async fn whole(
    app: web::Data<App>,
    guest: Guest,
    key: web::Path<String>,
    onward: web::Query<Onward>,
) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let after = onward.into_inner().after;
    let (paged, directory) = run(move || {
        let mine = QUEUES.iter().find(|queue| queue.key == key.as_str());
        let queue = mine.ok_or_else(Error::not_found)?;
        actor.require(queue.roles)?;
        let directory = house.db.read(|conn| house.directory.current(conn))?;
        let duty = after_hours(&house, &actor)?;
        let filled = filled(&house, &actor, queue, PAGE, after)?;
        Ok((Whole { filled, duty }, directory))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("queue.html", paged)?)
}

impl Queue {
    /// The list that it is.
    fn query(&self) -> ListQuery {
        ListQuery {
            state: Some(self.states.to_owned()),
            light: self.light,
            sort: Some(self.sort),
            ..ListQuery::default()
        }
    }
}

/// How many tickets are in each of `actor`'s queues, asked once for all who see the same.
///
/// # Errors
/// The database's own.
pub fn counts(app: &App, actor: &Actor) -> Result<BTreeMap<&'static str, i64>> {
    let (whose, now) = (format!("{:?}", scope(actor)), app.db.now());
    let mine = QUEUES.iter().filter(|queue| actor.has_any(queue.roles));
    let counted = mine.map(|queue| {
        let count = || watched::counted(&app.hotline, actor, &queue.query());
        Ok((queue.key, app.live.counted((whose.clone(), queue.key), now, count)?))
    });
    let mut counts: BTreeMap<&'static str, i64> = counted.collect::<Result<_>>()?;
    if actor.has(Role::Agent) {
        let count = || watched::withdrawals(&app.hotline);
        counts.insert("withdraw", app.live.counted((whose, "withdraw"), now, count)?);
    }
    Ok(counts)
}

fn filled(
    app: &App,
    actor: &Actor,
    queue: &Queue,
    limit: u32,
    after: Option<String>,
) -> Result<Filled> {
    let query = ListQuery { limit: Some(limit), after, ..queue.query() };
    Ok(Filled { queue: *queue, lines: tickets::listed(&app.hotline, actor, &query)? })
}
