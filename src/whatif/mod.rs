//! What-if 试算: a period's figures under another profile, and its tickets by another dispatch catalogue, unit by unit.
//! Its rule: nothing is stored and no ticket is touched; only rules are changed, what people did stays as it was, and
//! what cannot be replayed is said and not guessed.

pub mod compare;
pub mod print;
pub mod replay;
pub mod routed;
pub mod settings;
pub mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::assessment::facts::Facts;
use crate::assessment::listed::dims;
use crate::assessment::{Depth, Edition, GroupBy, Question, Rules as Scoring, Table, store};
use crate::db::Conn;
use crate::error::{Error, FieldError, Result};
use crate::lifecycle::Rules;
use crate::limits::{InForce, Profile, Rulebook, Window};
use crate::ticket::store::{Vault, load_many};
use crate::time::Stamp;
use compare::{Line, compare};
use replay::Replay;
use settings::{Setting, differing};

/// How many natural days before the period assignments are looked for whose limit would have run out in it: one that was
/// sent earlier and ran out earlier is not among them.
const REACH_DAYS: i64 = 62;
const DAY_MS: i64 = 86_400_000;
/// How many documents of tickets are held at once.
const SOME: usize = 500;

/// Which figures.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub window: Window,
    pub by: GroupBy,
    pub depth: Depth,
    pub edition: Edition,
}

/// What the figures would be.
#[derive(Debug)]
pub struct Outcome {
    pub asked: Asked,
    /// Under which the figures are made: `name@version`.
    pub before: String,
    /// What is tried, as it calls itself.
    pub after: String,
    /// Whether what is tried stands on record under that name, word for word.
    pub on_record: bool,
    /// The definitions' numbers on either side.
    pub scoring: (Scoring, Scoring),
    pub lines: Vec<Line>,
    pub total: Line,
    /// Every setting that differs, and what became of it.
    pub settings: Vec<Setting>,
    /// Limits and handling times that were left as they were recorded, since their own rule does not give them again.
    pub kept: u64,
}

/// A profile to be tried: one on record by its id, or a text.
#[derive(Debug, Clone, Copy)]
pub enum Candidate<'a> {
    Id(&'a str),
    Text(&'a str),
}

impl Candidate<'_> {
    /// The profile with the calendar it would have here, and whether it is one on record.
    ///
    /// # Errors
    /// 422 `field.unknown_code` at `/profile`, `limits.profile` at `/toml`.
    pub fn read(self, rules: &Rules) -> Result<(Arc<Rulebook>, bool)> {
        match self {
            Self::Id(id) => {
                let unknown = || Error::field("/profile", "field.unknown_code");
                Ok((rules.by_id(id).cloned().ok_or_else(unknown)?, true))
            }
            Self::Text(text) => {
                let profile = Profile::parse(text).map_err(|why| {
                    let why = why.to_string();
                    let fault = FieldError::with("/toml", "limits.profile", &[("why", &why)]);
                    Error::invalid(vec![fault])
                })?;
                let there = rules.by_id(&profile.id()).is_some_and(|book| book.profile == profile);
                Ok((Arc::new(InForce::trial(&rules.directory, profile)), there))
            }
        }
    }
}

/// The figures of `asked` as they are at `now` and as they would be under `tried`.
///
/// # Errors
/// What the database says.
pub fn figures(
    conn: &mut Conn,
    vault: Vault<'_>,
    rules: &Rules,
    asked: Asked,
    (tried, on_record): (&Rulebook, bool),
    now: Stamp,
) -> Result<Outcome> {
    let base = rules.of_window(&asked.window)?;
    let calendar_of = |id: &str| rules.calendar_of(id);
    let mut replay = Replay { base: &base, tried, calendar_of: &calendar_of, kept: 0 };
    let scoring = (Scoring::from(&base.profile), Scoring::from(&tried.profile));
    let reach = scoring.0.repeat_days.max(scoring.1.repeat_days);
    let (mut start, end) = (asked.window.start, asked.window.end);
    if replay.moves_limits() {
        start = start.plus_millis(-REACH_DAYS * DAY_MS);
    }
    let facts = store::load(conn, start, end, reach)?;
    let after = replayed(conn, vault, &mut replay, &facts)?;
    let dims = dims(asked.by, asked.depth, &rules.directory);
    let rates = |facts: &Facts, scoring: &Scoring| {
        let (start, end) = (asked.window.start, asked.window.end);
        let (by, edition) = (asked.by, asked.edition);
        let question = Question { start, end, now, by, edition, rules: scoring };
        Table::compute(facts, question).rates(&dims, asked.depth, |_| true)
    };
    let (lines, total) = compare(rates(&facts, &scoring.0), rates(&after, &scoring.1));
    Ok(Outcome {
        asked,
        before: base.profile.id(),
        after: tried.profile.id(),
        on_record,
        scoring,
        lines,
        total,
        settings: differing(&base.profile, &tried.profile)?,
        kept: replay.kept,
    })
}

/// The facts as the profile tried would have them.
fn replayed(
    conn: &mut Conn,
    vault: Vault<'_>,
    replay: &mut Replay<'_>,
    facts: &Facts,
) -> Result<Facts> {
    let mut after = facts.clone();
    replay.facts(&mut after);
    if !replay.reads_tickets() {
        return Ok(after);
    }
    let mut tickets: BTreeMap<i64, usize> = BTreeMap::new();
    tickets.extend(after.tickets.iter().enumerate().map(|(place, it)| (it.id, place)));
    let mut assignments: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (place, it) in after.assignments.iter().enumerate() {
        assignments.entry(it.ticket).or_default().push(place);
    }
    let ids: BTreeSet<i64> = tickets.keys().chain(assignments.keys()).copied().collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    for some in ids.chunks(SOME) {
        // One whose key was destroyed has no document any more: its facts stay as they were recorded.
        for (id, ticket) in load_many(conn, vault, some)? {
            if let Some(place) = tickets.get(&id) {
                replay.ticket(&ticket, &mut after.tickets[*place]);
            }
            for place in assignments.get(&id).into_iter().flatten() {
                let fact = &mut after.assignments[*place];
                let k = u32::try_from(fact.id).unwrap_or_default();
                if let Some(of) = ticket.assignments.get(&k) {
                    replay.assignment(ticket.urgency, of, fact);
                }
            }
        }
    }
    Ok(after)
}
