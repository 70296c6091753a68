//! Assessment: the facts of a window out of the projection tables. Its rule: never fewer rows than
//! `facts.rs` asks for, and by index: a site of a million tickets pays for the month it asks about.

mod contacts;
mod late;
mod mark;
mod repeats;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::facts::{
    AssignmentFact, Facts, Fate, Gap, Keys, LedgerFact, Names, Part, Run, Standing, StateName, Sym,
    TicketFact, ValidSurvey, WhistleFact, WorkName,
};
use crate::db::schema::{assignment, ledger, tickets, whistle};
use crate::db::{Conn, each};
use crate::directory::{AssessmentClass, Kind};
use crate::error::Result;
use crate::time::Stamp;
pub use late::surveyed_from;
pub use mark::{Mark, mark};
pub use repeats::{Repeat, repeat_of};

type Code = Option<String>;

type TicketLine = (
    (i64, StateName, Stamp, Option<Stamp>, String, Kind, String, AssessmentClass),
    (Code, Code, Code, Code, Code, Code),
    (Code, bool, Code, Code, Option<i64>, bool),
);

macro_rules! ticket_columns {
    () => {
        (
            (
                tickets::id,
                tickets::state,
                tickets::received_at,
                tickets::ended_at,
                tickets::gaps,
                tickets::kind,
                tickets::channel,
                tickets::assessment_class,
            ),
            (
                tickets::lead_unit,
                tickets::lead_head,
                tickets::category,
                tickets::estate,
                tickets::company,
                tickets::region,
            ),
            (
                tickets::excluded,
                tickets::direct,
                tickets::first_solved,
                tickets::survey,
                tickets::handled_ms,
                tickets::flagged,
            ),
        )
    };
}

/// Every fact that a question about `[start, end)` needs, where a ticket repeats one that its caller
/// brought at most `reach` days before it.
pub fn load(conn: &mut Conn, start: Stamp, end: Stamp, reach: i64) -> Result<Facts> {
    let mut facts = Facts::default();
    let mut loaded: HashMap<i64, (Keys, Sym, bool)> = HashMap::new();
    load_tickets(conn, start, end, &mut facts, &mut loaded)?;
    repeats::load(conn, start, end, reach, &mut facts)?;
    load_assignments(conn, start, end, &mut facts, &mut loaded)?;
    contacts::load(conn, start, end, &mut facts, &mut loaded)?;
    load_whistles(conn, start, end, &mut facts, &mut loaded)?;
    load_ledger(conn, start, end, &mut facts, &mut loaded)?;
    Ok(facts)
}

/// When the first ticket of the site was received; nothing where there is none.
///
/// # Errors
/// What the database says.
pub fn first_received(conn: &mut Conn) -> Result<Option<Stamp>> {
    let first = tickets::table.select(diesel::dsl::min(tickets::received_at));
    Ok(first.first::<Option<Stamp>>(conn)?)
}

/// Line by line: the lines of a month together are several times its facts.
fn load_tickets(
    conn: &mut Conn,
    start: Stamp,
    end: Stamp,
    facts: &mut Facts,
    loaded: &mut HashMap<i64, (Keys, Sym, bool)>,
) -> Result<()> {
    let (from, to) = (start.millis(), end.millis());
    // By state, which has an index; a live ticket is one that has not ended.
    let live: Vec<&str> =
        StateName::ALL.iter().filter(|s| s.is_live()).map(|s| s.as_str()).collect();
    let mut keep = |line: QueryResult<TicketLine>| -> QueryResult<()> {
        let line = line?;
        let withdrawn = line.0.1 == StateName::Withdrawn;
        let fact = ticket_fact(line, &mut facts.names);
        loaded.insert(fact.id, (fact.keys, fact.excluded, withdrawn));
        facts.tickets.push(fact);
        Ok(())
    };
    each!(&mut *conn, c => tickets::table
        .filter(tickets::received_at.ge(from).and(tickets::received_at.lt(to)))
        .select(ticket_columns!())
        .load_iter::<TicketLine, DefaultLoadingMode>(c)?
        .try_for_each(&mut keep))?;
    each!(&mut *conn, c => tickets::table
        .filter(tickets::state.eq_any(live.clone()).and(tickets::received_at.lt(from)))
        .select(ticket_columns!())
        .load_iter::<TicketLine, DefaultLoadingMode>(c)?
        .try_for_each(&mut keep))?;
    each!(conn, c => tickets::table
        .filter(tickets::ended_at.ge(from).and(tickets::received_at.lt(from)))
        .select(ticket_columns!())
        .load_iter::<TicketLine, DefaultLoadingMode>(c)?
        .try_for_each(&mut keep))?;
    Ok(())
}

fn ticket_fact(line: TicketLine, names: &mut Names) -> TicketFact {
    let (
        (id, state, received_at, ended_at, gaps, kind, channel, class),
        (unit, head, category, estate, company, region),
        (excluded, direct, first_solved, survey, handled_ms, flagged),
    ) = line;
    TicketFact {
        id,
        standing: Standing::from(state),
        received_at,
        ended_at,
        gaps: if gaps.is_empty() { Box::default() } else { Gap::read(&gaps) },
        keys: Keys {
            unit: names.intern_some(unit.as_deref()),
            head: names.intern_some(head.as_deref()),
            category: names.intern_some(category.as_deref()),
            estate: names.intern_some(estate.as_deref()),
            company: names.intern_some(company.as_deref()),
            region: names.intern_some(region.as_deref()),
            channel: names.intern(&channel),
        },
        kind,
        class,
        excluded: names.intern_some(excluded.as_deref()),
        direct,
        first_solved: first_solved.and_then(|text| text.parse().ok()),
        survey: survey.as_deref().and_then(ValidSurvey::read),
        handled_ms,
        earlier_at: None,
        flagged,
    }
}

/// Keys, exclusion and withdrawal of tickets that other facts name and that were not loaded.
fn load_missing(
    conn: &mut Conn,
    ids: &[i64],
    names: &mut Names,
    loaded: &mut HashMap<i64, (Keys, Sym, bool)>,
) -> Result<()> {
    let missing: BTreeSet<i64> =
        ids.iter().copied().filter(|id| !loaded.contains_key(id)).collect();
    let missing: Vec<i64> = missing.into_iter().collect();
    for some in missing.chunks(900) {
        let lines: Vec<TicketLine> = each!(conn, c => tickets::table
            .filter(tickets::id.eq_any(some.to_vec()))
            .select(ticket_columns!())
            .load(c))?;
        for line in lines {
            let withdrawn = line.0.1 == StateName::Withdrawn;
            let fact = ticket_fact(line, names);
            loaded.insert(fact.id, (fact.keys, fact.excluded, withdrawn));
        }
    }
    Ok(())
}

type AssignmentLine = (
    (i64, i32, String, Option<String>, Part, WorkName, bool, bool, Stamp),
    (Option<Stamp>, Option<Stamp>, Option<Stamp>, Option<Stamp>),
    (Option<Stamp>, Option<Stamp>, bool),
    (Option<Stamp>, Option<Stamp>, bool),
    (Option<Stamp>, Option<Stamp>, bool),
    (bool, i32, i32, i32),
);

fn load_assignments(
    conn: &mut Conn,
    start: Stamp,
    end: Stamp,
    facts: &mut Facts,
    loaded: &mut HashMap<i64, (Keys, Sym, bool)>,
) -> Result<()> {
    use assignment as a;
    let (from, to) = (start.millis(), end.millis());
    let columns = (
        (
            a::ticket_id,
            a::k,
            a::unit,
            a::head,
            a::part,
            a::state,
            a::is_sub,
            a::is_final,
            a::sent_at,
        ),
        (a::sign_due_at, a::signed_at, a::contact_due_at, a::contacted_at),
        (a::handle_due_at, a::handle_stopped_at, a::handle_missed),
        (a::rework1_due_at, a::rework1_stopped_at, a::rework1_missed),
        (a::rework2_due_at, a::rework2_stopped_at, a::rework2_missed),
        (a::paused, a::urges, a::extensions, a::rework_count),
    );
    let (names, all) = (&mut facts.names, &mut facts.assignments);
    each!(&mut *conn, c => a::table
    .filter(a::sent_at.ge(from).and(a::sent_at.lt(to)))
    .filter(a::part.ne("copy"))
    .select(columns)
    .load_iter::<AssignmentLine, DefaultLoadingMode>(c)?
    .try_for_each(|line| -> QueryResult<()> {
        all.push(assignment_fact(line?, names));
        Ok(())
    }))?;
    // Sent before the window, with a limit in it: by the index of each limit.
    let mut earlier: BTreeMap<(i64, i64), AssignmentFact> = BTreeMap::new();
    macro_rules! due {
        ($due:ident) => {
            each!(&mut *conn, c => a::table
                .filter(a::$due.ge(from).and(a::$due.lt(to)).assume_not_null())
                .filter(a::sent_at.lt(from))
                .filter(a::part.ne("copy"))
                .select(columns)
                .load_iter::<AssignmentLine, DefaultLoadingMode>(c)?
                .try_for_each(|line| -> QueryResult<()> {
                    let fact = assignment_fact(line?, names);
                    earlier.insert((fact.ticket, fact.id), fact);
                    Ok(())
                }))?;
        };
    }
    due!(handle_due_at);
    due!(rework1_due_at);
    due!(rework2_due_at);
    all.extend(earlier.into_values());
    let ids: Vec<i64> = all.iter().map(|fact| fact.ticket).collect();
    load_missing(conn, &ids, names, loaded)?;
    for fact in all {
        let (keys, excluded, withdrawn) =
            loaded.get(&fact.ticket).copied().unwrap_or((Keys::default(), Sym::NONE, false));
        fact.keys = Keys { unit: fact.keys.unit, head: fact.keys.head, ..keys };
        fact.excluded = excluded;
        fact.withdrawn = withdrawn;
    }
    Ok(())
}

/// What the line says; what only its ticket knows is still to come.
fn assignment_fact(line: AssignmentLine, names: &mut Names) -> AssignmentFact {
    let (
        (ticket, k, unit, head, part, state, is_sub, is_final, sent_at),
        (sign_due_at, signed_at, contact_due_at, contacted_at),
        handle,
        rework1,
        rework2,
        (paused, urges, extensions, rework_count),
    ) = line;
    let run = |(due_at, stopped_at, missed)| Run { due_at, stopped_at, missed };
    AssignmentFact {
        id: i64::from(k),
        ticket,
        keys: Keys::default().of_unit(&unit, head.as_deref(), names),
        excluded: Sym::NONE,
        part,
        is_sub,
        is_final,
        fate: Fate::from(state),
        withdrawn: false,
        sent_at,
        sign_due_at,
        signed_at,
        contact_due_at,
        contacted_at,
        handle: run(handle),
        reworks: [run(rework1), run(rework2)],
        paused,
        urges,
        extensions,
        rework_count,
    }
}

fn load_whistles(
    conn: &mut Conn,
    start: Stamp,
    end: Stamp,
    facts: &mut Facts,
    loaded: &mut HashMap<i64, (Keys, Sym, bool)>,
) -> Result<()> {
    type Line = (i64, String, Option<String>, String, Option<String>, Stamp, Stamp, Option<Stamp>);
    let lines: Vec<Line> = each!(conn, c => whistle::table
        .filter(whistle::called_at.ge(start.millis()).and(whistle::called_at.lt(end.millis())))
        .select((
            whistle::ticket_id,
            whistle::unit,
            whistle::head,
            whistle::caller,
            whistle::caller_head,
            whistle::called_at,
            whistle::due_at,
            whistle::answered_at,
        ))
        .load(c))?;
    let ids: Vec<i64> = lines.iter().map(|line| line.0).collect();
    load_missing(conn, &ids, &mut facts.names, loaded)?;
    for (ticket, unit, head, caller, caller_head, called_at, due_at, answered_at) in lines {
        let (keys, excluded, _) =
            loaded.get(&ticket).copied().unwrap_or((Keys::default(), Sym::NONE, false));
        let names = &mut facts.names;
        let keys = keys.of_unit(&unit, head.as_deref(), names);
        facts.whistles.push(WhistleFact {
            ticket,
            keys,
            caller: names.intern(&caller),
            caller_head: names.intern_some(caller_head.as_deref()),
            excluded,
            called_at,
            due_at,
            answered_at,
        });
    }
    Ok(())
}

fn load_ledger(
    conn: &mut Conn,
    start: Stamp,
    end: Stamp,
    facts: &mut Facts,
    loaded: &mut HashMap<i64, (Keys, Sym, bool)>,
) -> Result<()> {
    type Line = (i64, Stamp, Option<Stamp>, Option<Stamp>);
    let lines: Vec<Line> = each!(conn, c => ledger::table
        .filter(ledger::approved_at.lt(end.millis()))
        .select((
            ledger::ticket_id,
            ledger::approved_at,
            ledger::written_off_at,
            ledger::cancelled_at,
        ))
        .load(c))?;
    let still = |line: &Line| line.2.or(line.3).is_none_or(|ended| ended >= start);
    let lines: Vec<Line> = lines.into_iter().filter(still).collect();
    let ids: Vec<i64> = lines.iter().map(|line| line.0).collect();
    load_missing(conn, &ids, &mut facts.names, loaded)?;
    for (ticket, approved_at, written_off_at, cancelled_at) in lines {
        let (keys, excluded, _) =
            loaded.get(&ticket).copied().unwrap_or((Keys::default(), Sym::NONE, false));
        let fact = LedgerFact { ticket, keys, excluded, approved_at, written_off_at, cancelled_at };
        facts.ledger.push(fact);
    }
    Ok(())
}

/// The numbers of tickets by their ids.
pub fn numbers(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, String>> {
    let mut numbers = HashMap::new();
    for some in ids.chunks(900) {
        let found: Vec<(i64, String)> = tickets::table
            .filter(tickets::id.eq_any(some.to_vec()))
            .select((tickets::id, tickets::no))
            .load(conn)?;
        numbers.extend(found);
    }
    Ok(numbers)
}
