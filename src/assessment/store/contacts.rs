//! Assessment: the contact entries of a period. Its rule: they come out of their index alone; what
//! is known of an assignment is looked up among those that were loaded.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::load_missing;
use crate::assessment::facts::{ContactFact, Facts, Fate, Keys, Sym, WorkName};
use crate::db::schema::{assignment, contact};
use crate::db::{Conn, each};
use crate::error::Result;
use crate::time::Stamp;

/// The contacts of the period, each with what is known of its assignment: most were loaded.
pub(super) fn load(
    conn: &mut Conn,
    start: Stamp,
    end: Stamp,
    facts: &mut Facts,
    loaded: &mut HashMap<i64, (Keys, Sym, bool)>,
) -> Result<()> {
    let lines: Vec<(i64, i32, Stamp)> = each!(conn, c => contact::table
        .filter(contact::at.ge(start.millis()).and(contact::at.lt(end.millis())))
        .select((contact::ticket_id, contact::k, contact::at))
        .load(c))?;
    let mut of: HashMap<(i64, i64), (Keys, bool, Fate)> = HashMap::new();
    for fact in &facts.assignments {
        of.insert((fact.ticket, fact.id), (fact.keys, fact.is_sub, fact.fate));
    }
    let elsewhere: BTreeSet<i64> = lines
        .iter()
        .filter(|(ticket, k, _)| !of.contains_key(&(*ticket, i64::from(*k))))
        .map(|(ticket, ..)| *ticket)
        .collect();
    let elsewhere: Vec<i64> = elsewhere.into_iter().collect();
    load_missing(conn, &elsewhere, &mut facts.names, loaded)?;
    for some in elsewhere.chunks(900) {
        type Line = (i64, i32, String, Option<String>, bool, WorkName);
        let there: Vec<Line> = each!(conn, c => assignment::table
            .filter(assignment::ticket_id.eq_any(some.to_vec()))
            .select((
                assignment::ticket_id,
                assignment::k,
                assignment::unit,
                assignment::head,
                assignment::is_sub,
                assignment::state,
            ))
            .load(c))?;
        for (ticket, k, unit, head, is_sub, state) in there {
            let keys = loaded.get(&ticket).map_or_else(Keys::default, |ticket| ticket.0);
            let keys = keys.of_unit(&unit, head.as_deref(), &mut facts.names);
            of.insert((ticket, i64::from(k)), (keys, is_sub, Fate::from(state)));
        }
    }
    for (ticket, k, at) in lines {
        let assignment = i64::from(k);
        let Some((keys, is_sub, fate)) = of.get(&(ticket, assignment)).copied() else { continue };
        let excluded = loaded.get(&ticket).map_or(Sym::NONE, |ticket| ticket.1);
        facts.contacts.push(ContactFact { ticket, assignment, at, keys, excluded, is_sub, fate });
    }
    Ok(())
}
