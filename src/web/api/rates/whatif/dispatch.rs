//! Web, `/rates/whatif`: a period's tickets by another dispatch catalogue. Its rule: counts of tickets alone; a rate under
//! a unit that never had the ticket would be an invention.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::directory::{Directory, UnitCode};
use crate::error::{Error, FieldError, Result, sentence};
use crate::lifecycle::Rules;
use crate::routing::dry_run::{Counts, dry_run};
use crate::ticket::store::Dispatched;
use crate::time::Stamp;
use crate::web::api::reference::dry_run::{day_of, proposed};
use crate::web::api::reference::view::RuleView;
use crate::whatif::routed::{Count, Had, counted};

/// A dispatch catalogue, as `/catalogue/dry-run` takes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TriedCatalogue {
    /// A whole catalogue; the one recorded where it is left out.
    rules: Option<Vec<RuleView>>,
    /// Rules on top of it: one with a known code takes that one's place.
    #[serde(default)]
    changes: Vec<RuleView>,
    /// The day on which the rules are asked; as in the dry run where nothing is said.
    on: Option<NaiveDate>,
}

/// Tickets of a unit on one side.
#[derive(Serialize, ToSchema)]
struct WhatIfHad {
    /// Tickets that it leads.
    leads: i64,
    /// Tickets in which it assists.
    assists: i64,
    /// Both: what would be sent to it.
    dispatched: i64,
}

/// A unit by two catalogues.
#[derive(Serialize, ToSchema)]
struct WhatIfCount {
    /// `-`: no unit; the dispatcher decides.
    key: String,
    name: String,
    before: WhatIfHad,
    after: WhatIfHad,
    /// after − before, of the tickets it leads and of all that are sent to it.
    leads_difference: i64,
    dispatched_difference: i64,
    /// Tickets it would lead and did not, and led and would not.
    came: i64,
    went: i64,
}

/// How many tickets would have another lead.
#[derive(Serialize, ToSchema)]
struct WhatIfMove {
    from: String,
    to: String,
    tickets: i64,
}

/// The tickets received by two catalogues.
#[derive(Serialize, ToSchema)]
pub struct WhatIfDispatch {
    /// The day on which the rules are asked.
    on: NaiveDate,
    total: usize,
    /// One rule names others than those who had it.
    changed: usize,
    unmatched: usize,
    ties: usize,
    rows: Vec<WhatIfCount>,
    moves: Vec<WhatIfMove>,
    notes: Vec<String>,
}

impl TriedCatalogue {
    pub(super) fn routed(
        &self,
        app: &App,
        rules: &Rules,
        now: Stamp,
        mut tickets: Vec<Dispatched>,
    ) -> Result<WhatIfDispatch> {
        // What the desk answered, declined or merged never asked the catalogue.
        tickets.retain(|ticket| ticket.lead.is_some());
        let proposal = proposed(self.rules.as_deref(), &self.changes).map_err(below)?;
        let on = day_of(self.on, &proposal, now.day(rules.profile.zone));
        let tried = rules.directory.trying(proposal).map_err(below)?;
        let trials = dry_run(&tried, &app.keys, on, tickets);
        let Counts { total, changed, unmatched, ties, .. } = Counts::of(&trials);
        let (counts, moves) = counted(&trials);
        let key = |unit: &Option<UnitCode>| {
            unit.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
        };
        let moves = moves.iter().map(|((from, to), tickets)| WhatIfMove {
            from: key(from),
            to: key(to),
            tickets: *tickets,
        });
        Ok(WhatIfDispatch {
            on,
            total,
            changed,
            unmatched,
            ties,
            rows: rows(&rules.directory, &counts),
            moves: moves.collect(),
            notes: vec![sentence("whatif.dispatch", &[])],
        })
    }
}

/// A wrong field of the catalogue stands below it here.
fn below(error: Error) -> Error {
    let below = |fault: &FieldError| FieldError {
        pointer: format!("/catalogue{}", fault.pointer),
        ..fault.clone()
    };
    let fields: Vec<FieldError> = error.fields().iter().map(below).collect();
    if fields.is_empty() { error } else { Error::invalid(fields) }
}

/// Every unit, also those with nothing, and last what no unit has.
fn rows(directory: &Directory, counts: &BTreeMap<Option<UnitCode>, Count>) -> Vec<WhatIfCount> {
    let view = |key: String, name: String, count: Count| {
        let had =
            |Had { leads, assists }| WhatIfHad { leads, assists, dispatched: leads + assists };
        let (before, after) = (had(count.before), had(count.after));
        WhatIfCount {
            key,
            name,
            leads_difference: after.leads - before.leads,
            dispatched_difference: after.dispatched - before.dispatched,
            before,
            after,
            came: count.came,
            went: count.went,
        }
    };
    let of = |unit: &Option<UnitCode>| counts.get(unit).copied().unwrap_or_default();
    let units = directory
        .units()
        .map(|unit| view(unit.code.to_string(), unit.name.clone(), of(&Some(unit.code.clone()))));
    units.chain([view("-".to_owned(), "-".to_owned(), of(&None))]).collect()
}
