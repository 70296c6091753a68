//! Reports: taking a report: its facts out of the database, its document out of its facts. Its rule: one read, one
//! instant; what is not loaded here is in no report.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::Arc;

use super::ahead::{Ahead, Windows};
use super::contents;
use super::cutoff::{Cut, Late};
use super::document::Document;
use super::extras::{Extras, store as extras};
use super::frame::Frame;
use super::live::{late_in, upheld_in};
use super::material::{Material, Past};
use super::packed::{Body, Packed, pack_facts};
use super::said::confirmation::{self, Told};
pub use super::scope::Scope;
use super::scope::{mark_upheld, narrowed};
use super::site::Listing;
use super::store as kept;
use super::wording::Sentences;
use crate::assessment::Categories;
use crate::assessment::facts::Facts;
use crate::assessment::likewise::{Against, Earlier};
use crate::assessment::store;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::lifecycle::Rules;
use crate::limits::{Rulebook, Window};
use crate::ticket::store::Vault;
use crate::time::Stamp;

/// Which report.
#[derive(Debug, Clone)]
pub struct Asked {
    pub window: Window,
    /// Of one unit, region, estate, company or head; nothing: of everything.
    pub scope: Option<Scope>,
    /// By which categories its tickets are counted.
    pub categories: Categories,
    /// The site's name.
    pub issuer: String,
    /// Tickets (by id) whose objection was upheld in the check period: excluded from the edition `assessed` with the reason
    /// `objection`.
    pub upheld: BTreeSet<i64>,
    /// What becomes of surveys after the cut-off.
    pub late: Late,
    /// What the report says of its check period; nothing before it is frozen.
    pub checked: Option<Told>,
    /// In whose words.
    pub sentences: Arc<Sentences>,
    pub listing: Listing,
}

/// A report and the facts that its figures were made of.
#[derive(Debug)]
pub struct Taken {
    pub document: Document,
    /// Those of the window, with what was upheld marked, and of the scope alone; packed.
    pub facts: Packed,
    /// How its figures were asked for: [`Frame::behind`] finds a cell's tickets among the facts.
    pub frame: Frame,
}

/// The report as the database is now. `vault` opens the tickets that are unsolved or flagged, whose reasons no column has;
/// `db` is where `conn` comes from.
///
/// # Errors
/// What the database says.
pub fn take(
    conn: &mut Conn,
    (db, vault): (&Db, Vault<'_>),
    rules: &Rules,
    asked: &Asked,
    now: Stamp,
) -> Result<Taken> {
    let book = rules.of_window(&asked.window)?;
    let mut frame = Frame::new(
        asked.window,
        now,
        rules.profile.zone,
        (&book.profile).into(),
        rules.directory.clone(),
    )
    .of_scope(asked.scope.clone())
    .counted_by(asked.categories);
    let first = store::first_received(conn)?;
    let ahead = Ahead::of(conn, db, &frame, first)?;
    let (own, windows) = std::thread::scope(|beside| {
        let reading = beside.spawn(|| ahead.read());
        let own = own(conn, vault, (&mut frame, &book), (asked, first));
        (own, reading.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let (facts, whole, extras) = own?;
    let past = past(conn, (vault, rules), &frame, (first, windows))?;
    let body = Body::of(facts, &frame);
    let (document, facts) = std::thread::scope(|beside| {
        // What is kept is packed while the document is made of it.
        let packing = beside.spawn(|| pack_facts(&body));
        let whole = whole.as_ref().unwrap_or(&body.facts);
        let material = Material {
            frame: &frame,
            profile: book.profile.title.clone(),
            facts: &body.facts,
            whole,
            past,
            extras,
            sentences: &asked.sentences,
            listing: asked.listing,
        };
        let document = document(&material, asked);
        let facts = packing.join().unwrap_or_else(|panic| resume_unwind(panic));
        Ok::<_, Error>((document?, facts?))
    })?;
    Ok(Taken { document, facts, frame })
}

/// The facts of the window and the scope, everybody's where those are others, and what no fact says; `frame` learns which
/// surveys came late.
fn own(
    conn: &mut Conn,
    vault: Vault<'_>,
    (frame, book): (&mut Frame, &Rulebook),
    (asked, first): (&Asked, Option<Stamp>),
) -> Result<(Facts, Option<Facts>, Extras)> {
    let (start, end) = (asked.window.start, asked.window.end.min(frame.now));
    let mut whole = store::load(conn, start, end, frame.scoring.repeat_days)?;
    mark_upheld(&mut whole, &asked.upheld);
    let cut = Cut::find(conn, vault, (&asked.window, book))?;
    if let Some(cut) = &cut {
        cut.apply(&mut whole, asked.late);
    }
    let whole = frame.counted(whole);
    let (facts, whole) = scoped(frame, whole);
    frame.surveys = cut.map(|cut| cut.told(&facts, asked.late));
    let extras = extras::load(conn, vault, frame, &facts, first)?;
    Ok((facts, whole, extras))
}

/// The document of all that was read for it.
fn document(material: &Material<'_>, asked: &Asked) -> Result<Document> {
    let frame = material.frame;
    let mut document = contents::document(material, &asked.issuer)?;
    match &asked.checked {
        Some(Told::Now { units, until }) => {
            let (section, mark) = contents::check((frame, &asked.sentences), (units, *until))?;
            confirmation::put(&mut document, section, mark);
        }
        Some(Told::Unchecked) => {
            let (section, mark) = contents::unchecked();
            confirmation::put(&mut document, section, mark);
        }
        Some(Told::Kept { section, mark }) => {
            confirmation::put(&mut document, section.clone(), mark.clone());
        }
        None => {}
    }
    Ok(document)
}

/// The facts of the scope, and everybody's where those are others.
fn scoped(frame: &Frame, whole: Facts) -> (Facts, Option<Facts>) {
    match frame.inside() {
        Some((by, keys)) => (narrowed(&whole, by, keys), Some(whole)),
        None => (whole, None),
    }
}

/// The profile by which the report about `[start, end)` and the same scope was frozen, where it was.
fn printed_by(
    conn: &mut Conn,
    window: (Stamp, Stamp),
    scope: Option<&Scope>,
) -> Result<Option<String>> {
    let scope = scope.map(|scope| (scope.by, scope.key.as_str()));
    let row = kept::latest_of(conn, window, scope)?.filter(|row| row.frozen_by.is_some());
    Ok(row.map(|row| row.profile))
}

/// The earlier windows that it is compared with.
fn past(
    conn: &mut Conn,
    by: (Vault<'_>, &Rules),
    frame: &Frame,
    (first, mut windows): (Option<Stamp>, Windows),
) -> Result<Vec<Past>> {
    let mut all: Vec<Past> = Vec::new();
    for against in [Against::Previous, Against::Year] {
        let Some(earlier) = Earlier::of(against, &frame.window, frame.now) else { continue };
        // Of a year both are the same window: it is loaded once.
        let same = all.iter().find(|past| past.earlier.whole == earlier.whole).cloned();
        all.push(match same {
            Some(same) => Past { earlier, ..same },
            None => past_of(conn, by, frame, earlier, (first, &mut windows))?,
        });
    }
    Ok(all)
}

fn past_of(
    conn: &mut Conn,
    (vault, rules): (Vault<'_>, &Rules),
    frame: &Frame,
    earlier: Earlier,
    (first, windows): (Option<Stamp>, &mut Windows),
) -> Result<Past> {
    if !earlier.is_known(first) {
        return Ok(Past { earlier, printed: None, is_cut: false, facts: None, whole: None });
    }
    let (start, end) = (earlier.whole.start, earlier.whole.end);
    let mut whole = match windows.remove(&(start, end)) {
        Some(read) => read,
        None => store::load(conn, start, end, frame.scoring.repeat_days)?,
    };
    // As its own report counted it.
    mark_upheld(&mut whole, &upheld_in(conn, (start, end), frame.scope.as_ref())?);
    // Up to the cut-off of the rules that were in force then, which its own report had.
    let book = rules.of_window(&earlier.whole)?;
    let cut = Cut::find(conn, vault, (&earlier.whole, &book))?;
    let is_cut = cut.is_some();
    if let Some(cut) = cut {
        cut.apply(&mut whole, late_in(conn, (start, end), frame.scope.as_ref())?);
    }
    let whole = frame.counted(whole);
    let (facts, whole) = scoped(frame, whole);
    let printed = printed_by(conn, (start, end), frame.scope.as_ref())?;
    let (facts, whole) = (Some(Arc::new(facts)), whole.map(Arc::new));
    Ok(Past { earlier, printed, is_cut, facts, whole })
}
