//! Papers: printing them. Its rule: what shows a citizen's name is on disk as a reveal before anybody gets it, and only
//! whoever gave a reason that day gets it.

use super::desk::Desk;
use super::facts::Facts;
use super::make::{MOST, REASON};
use super::package::Package;
use super::store::{Line, PaperRow};
use super::{PaperKind, Papers};
use crate::audit::{self, Entry};
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Actor;
use crate::lifecycle::Hotline;

/// A paper with its words: its number and its file.
pub type Print = (String, Package);

/// The papers with their words, in this order. Each that shows a citizen is noted as a reveal, each other as an opening
/// of its ticket, before this comes back.
///
/// # Errors
/// 404; 403 `paper.reason_needed` where `actor` gave no reason today; 422 for more than a hundred.
pub fn print(
    (hotline, papers): (&Hotline, &Papers),
    actor: &Actor,
    ids: &[i64],
) -> Result<Vec<Print>> {
    if ids.len() > MOST {
        let most = MOST.to_string();
        return Err(Error::invalid(vec![FieldError::with(
            "/ids",
            "paper.too_many",
            &[("most", &most)],
        )]));
    }
    let now = hotline.db.now();
    let day = now.day(papers.zone);
    let ready = hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let desk = Desk { hotline, rules: &rules };
        let one = |id: &i64| {
            let (row, lines) = desk.paper(conn, actor, *id)?;
            let id = row.id.to_string();
            let leave = Entry::new((actor.user, &actor.name), REASON, ("paper", &id));
            if row.kind.is_to_citizen() && !audit::is_recorded(conn, &leave, day)? {
                return Err(Error::new(Kind::Forbidden, "paper.reason_needed"));
            }
            let facts = desk.facts(conn, papers, actor, (&row, &lines))?;
            Ok((row, lines, facts))
        };
        ids.iter().map(one).collect::<Result<Vec<_>>>()
    })?;
    note_printing(hotline, papers, actor, &ready)?;
    let filled = |(row, _, facts): &(PaperRow, Vec<Line>, Facts)| {
        Ok((row.no.clone(), papers.templates.filled(row.kind, facts)?))
    };
    ready.iter().map(filled).collect()
}

fn note_printing(
    hotline: &Hotline,
    papers: &Papers,
    actor: &Actor,
    ready: &[(PaperRow, Vec<Line>, Facts)],
) -> Result<()> {
    let (user, name, zone) = (actor.user, actor.name.clone(), papers.zone);
    let of = |(row, lines, _): &(PaperRow, Vec<Line>, Facts)| {
        // A register is a list, and lists are not noted.
        let lines = if row.kind == PaperKind::Ledger { Vec::new() } else { lines.clone() };
        (row.clone(), lines)
    };
    let printed: Vec<(PaperRow, Vec<Line>)> = ready.iter().map(of).collect();
    hotline.db.write(move |tx| {
        let day = tx.now.day(zone);
        for (row, lines) in &printed {
            for line in lines {
                let thing = ("ticket", line.ticket_no.as_str());
                if row.kind.is_to_citizen() {
                    let entry = Entry::new((user, &name), "ticket.reveal", thing);
                    let entry = entry.for_purpose("paper").detailed(format!("name,{}", row.no));
                    audit::record(tx, &entry)?;
                } else {
                    let entry = Entry::new((user, &name), "ticket.open", thing);
                    audit::record_once(tx, &entry, day)?;
                }
            }
        }
        Ok(())
    })
}
