//! Moving, assessed: the city's list of a window beside what we hold, and the appeal pack made of it. Its rule:
//! nothing is written to the database but that it was looked at; who compares is `assessment::reconcile`.

pub mod list;
pub mod pack;
mod store;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use crate::assessment::facts::{Edition, GroupBy};
use crate::assessment::reconcile::{Comparison, Ours, TheirList, compare};
use crate::assessment::rules::Rules as Scoring;
use crate::assessment::shares::Question;
use crate::assessment::store::load;
use crate::audit::{self, Entry};
use crate::error::Result;
use crate::lifecycle::{Hotline, Rules};
use crate::sheet::Form;
use crate::time::Stamp;

/// Compares the city's list `theirs` with our tickets of `window`.
///
/// # Errors
/// The database's own.
pub fn reconcile(
    hotline: &Hotline,
    (start, end): (Stamp, Stamp),
    theirs: &TheirList,
) -> Result<Comparison> {
    let now = hotline.db.now();
    let (rules, ours) = hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let facts = load(conn, start, end, 0)?;
        let of_window =
            facts.tickets.into_iter().filter(|it| start <= it.received_at && it.received_at < end);
        let of_window: Vec<_> = of_window.collect();
        let ids: Vec<i64> = of_window.iter().map(|it| it.id).collect();
        let numbers = store::numbers(conn, &ids)?;
        let named: BTreeSet<&str> = theirs.lines.iter().map(|it| it.number.as_str()).collect();
        let mut ours = Vec::new();
        for fact in of_window {
            let Some((no, upstream_no)) = numbers.get(&fact.id).cloned() else { continue };
            // What the city never had, it cannot assess.
            if upstream_no.is_some() || named.contains(no.as_str()) {
                ours.push(Ours { no, upstream_no, fact });
            }
        }
        let held: BTreeSet<&str> = ours
            .iter()
            .flat_map(|it: &Ours| it.upstream_no.iter().chain([&it.no]))
            .map(String::as_str)
            .collect();
        let others: Vec<&str> = named.into_iter().filter(|number| !held.contains(number)).collect();
        // Received in another window, by us: not ours of this one, but not unknown either.
        let elsewhere = store::elsewhere(conn, &others)?;
        ours.extend(elsewhere);
        Ok((rules, ours))
    })?;
    // As the table of that window has them (decision 0032).
    let scoring = Scoring::from(&rules.on(start.day(rules.profile.zone))?.profile);
    let (by, edition) = (GroupBy::Unit, Edition::Assessed);
    let ask = Question { start, end, now, by, edition, rules: &scoring };
    Ok(compare(&ask, &ours, theirs))
}

/// Writes the appeal pack: of each difference what we hold, with the instants that prove it, what the city says and
/// what it costs, the dearest first. No caller is in it.
///
/// # Errors
/// What the database or the output says.
pub fn write_pack<W: Write + Send>(
    hotline: &Hotline,
    comparison: &Comparison,
    form: Form,
    out: W,
    aside: &Path,
) -> Result<()> {
    let now = hotline.db.now();
    let rules: std::sync::Arc<Rules> = hotline.db.read(|conn| hotline.rules.current(conn, now))?;
    pack::write(hotline, &rules, comparison, form, (out, aside))
}

/// Notes in the audit trail that `who` (an account's id and name) compared the list of `window`.
///
/// # Errors
/// The database's own.
pub fn note(
    hotline: &Hotline,
    (account, name): (i64, &str),
    window: &str,
    comparison: &Comparison,
) -> Result<()> {
    let (name, window) = (name.to_owned(), window.to_owned());
    let (differences, agreed) = (comparison.lines.len(), comparison.agreed);
    let left_out = comparison.left_out;
    let detail = format!("differences={differences} agreed={agreed} left_out={left_out}");
    hotline.db.write(move |tx| {
        let entry = Entry::new((account, &name), "upstream.assessed", ("window", &window));
        audit::record(tx, &entry.detailed(detail.clone()))
    })
}
