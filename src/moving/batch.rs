//! Moving: the runs that brought tickets in, and taking one back. Its rule: what was worked on since stays,
//! and is named; of the rest nothing stays but its tombstone (decision 0016).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::replay::importer;
pub use super::store::Batch;
use super::store::{self, Brought};
use crate::audit::{self, Entry};
use crate::db::{Scrubbed, Tx, thoroughly};
use crate::error::{Error, Kind, Result};
use crate::intake::incident::linked;
use crate::lifecycle::{Hotline, Rules};
use crate::ticket::command::Target;
use crate::ticket::store::{self as tickets, Stored};
use crate::ticket::{State, Ticket};

/// What came of taking a run back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    pub removed: usize,
    /// Whether bytes of what was removed are left on the disk.
    pub scrubbed: Scrubbed,
    /// The numbers of the tickets that stay, in their order: worked on since, or holding one that was.
    pub kept: Vec<String>,
}

/// How many tickets are taken back in one transaction.
const TOGETHER: usize = 32;
/// Keys that are looked for on the disk afterwards: one each of the first writes.
const NEEDLES: usize = 32;
/// How often tickets may change under our hands.
const ROUNDS: usize = 10;

/// Every run that brought something, the newest first.
///
/// # Errors
/// The database's own.
pub fn batches(hotline: &Hotline) -> Result<Vec<Batch>> {
    hotline.db.read(store::batches)
}

/// Takes back what the run `batch` brought, but for tickets with any event since. Cut short and done
/// again, it goes on.
///
/// # Errors
/// `import.no_batch`; the database's own.
pub fn undo(hotline: &Arc<Hotline>, batch: i64) -> Result<Undone> {
    if !hotline.db.read(|conn| store::has_batch(conn, batch))? {
        return Err(Error::new(Kind::Invalid, "import.no_batch"));
    }
    let (mut removed, mut kept, mut needles) = (0, Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let plan = look(hotline, batch)?;
        kept = plan.kept;
        let mut changed = false;
        for family in plan.families {
            let (house, gone) = (hotline.clone(), family.len());
            let key = family.first().map(|(_, id, ..)| *id);
            let key = hotline.db.read(|conn| match key {
                Some(id) if needles.len() < NEEDLES => tickets::wrapped_key(conn, id),
                _ => Ok(None),
            })?;
            let taken = hotline
                .db
                .write(move |tx| thoroughly(tx, |tx| take_back(tx, &house, batch, &family)))?;
            if taken {
                removed += gone;
                needles.extend(key);
            } else {
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let stay = kept.len();
    hotline.db.write(move |tx| {
        if stay == 0 {
            store::undone(tx, batch)?;
        }
        let id = batch.to_string();
        let entry = Entry::new((0, "system"), "import.undo", ("import", &id));
        audit::record(tx, &entry.detailed(format!("removed={removed} kept={stay}")))
    })?;
    Ok(Undone { removed, scrubbed: hotline.db.scrub(&needles)?, kept })
}

/// What can go, some at a time, and what stays.
struct Plan {
    families: Vec<Vec<Brought>>,
    kept: Vec<String>,
}

/// What one ticket of a run holds to others.
struct Kin {
    children: Vec<String>,
    into: Option<String>,
}

fn look(hotline: &Hotline, batch: i64) -> Result<Plan> {
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now()))?;
    let all = hotline.db.read(|conn| store::brought(conn, batch))?;
    let mut kin = BTreeMap::new();
    for (no, id, ..) in &all {
        let vault = rules.vault(&hotline.keys);
        let found = match hotline.db.read(|conn| tickets::load_by_id(conn, vault, *id)) {
            Ok(found) => found,
            // Erased: there is nobody in it any more, and it stays as it is.
            Err(error) if error.kind() == Kind::NotFound => None,
            Err(error) => return Err(error),
        };
        if let Some(Stored { ticket, .. }) = found {
            kin.insert(no.clone(), Kin { children: ticket.children.clone(), into: into(&ticket) });
        }
    }
    let untouched = |(no, _, given, has): &&Brought| given == has && kin.contains_key(no);
    let mut going: BTreeSet<&str> =
        all.iter().filter(untouched).map(|(no, ..)| no.as_str()).collect();
    // Whoever holds a ticket that stays, stays.
    loop {
        let held = |no: &&str| {
            let children = kin.get(*no).map(|kin| kin.children.as_slice()).unwrap_or_default();
            children.iter().any(|child| !going.contains(child.as_str()))
        };
        let staying: Vec<&str> = going.iter().copied().filter(held).collect();
        if staying.is_empty() {
            break;
        }
        going.retain(|no| !staying.contains(no));
    }
    // A ticket and those merged into it go together.
    let root = |no: &str| {
        let into = kin.get(no).and_then(|kin| kin.into.clone());
        into.filter(|into| going.contains(into.as_str())).unwrap_or_else(|| no.to_owned())
    };
    let mut by_root: BTreeMap<String, Vec<Brought>> = BTreeMap::new();
    let mut kept = Vec::new();
    for one in &all {
        if going.contains(one.0.as_str()) {
            by_root.entry(root(&one.0)).or_default().push(one.clone());
        } else {
            kept.push(one.0.clone());
        }
    }
    kept.sort();
    let mut families: Vec<Vec<Brought>> = Vec::new();
    for family in by_root.into_values() {
        match families.last_mut() {
            Some(last) if last.len() + family.len() <= TOGETHER => last.extend(family),
            _ => families.push(family),
        }
    }
    Ok(Plan { families, kept })
}

fn into(ticket: &Ticket) -> Option<String> {
    match &ticket.state {
        State::Merged { into } => Some(into.clone()),
        _ => None,
    }
}

/// Takes these away, if nobody has touched any of them; answers whether.
fn take_back(tx: &mut Tx<'_>, hotline: &Hotline, batch: i64, family: &[Brought]) -> Result<bool> {
    let rules = hotline.rules.current(tx.conn, tx.now)?;
    let vault = rules.vault(&hotline.keys);
    let mut gone = Vec::with_capacity(family.len());
    for (_, id, given, _) in family {
        match tickets::load_by_id(tx.conn, vault, *id)? {
            Some(stored) if stored.version == *given => gone.push(stored),
            _ => return Ok(false),
        }
    }
    let numbers: Vec<String> = gone.iter().map(|stored| stored.ticket.no.clone()).collect();
    for stored in &gone {
        if let Some(parent) = into(&stored.ticket).filter(|parent| !numbers.contains(parent)) {
            let_go(tx, hotline, &rules, &parent, &stored.ticket.no)?;
        }
    }
    let ids: Vec<i64> = gone.iter().map(|stored| stored.id).collect();
    store::forget(tx, &ids, &numbers)?;
    linked::forget(tx, &ids)?;
    tickets::remove(tx, vault, batch, &gone)?;
    Ok(true)
}

/// A ticket that stays no longer holds the one that goes, and its own record says so.
fn let_go(
    tx: &mut Tx<'_>,
    hotline: &Hotline,
    rules: &Rules,
    parent: &str,
    child: &str,
) -> Result<()> {
    let vault = rules.vault(&hotline.keys);
    let Some(stored) = tickets::load(tx.conn, vault, parent)? else { return Ok(()) };
    let mut after = stored.ticket.clone();
    after.children.retain(|there| there != child);
    if after != stored.ticket {
        let (actor, none) = (importer(), Target::default());
        let kept =
            hotline.record(tx, rules, &actor, &stored, after, "unmerge/child", json!({}), none)?;
        linked::follow(tx, kept.id, Some(&stored.ticket), &kept.ticket)?;
    }
    Ok(())
}
