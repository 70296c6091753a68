//! Web, `/rates/whatif`: a period's tickets by another dispatch catalogue. Its rule: counts of tickets alone; a rate under
//! a unit that never had the ticket would be an invention.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Result, sentence};
use crate::lifecycle::Rules;
use crate::routing::dry_run::Counts;
use crate::sealing::MasterKey;
use crate::ticket::store::Dispatched;
use crate::time::Stamp;
use crate::web::api::reference::dry_run::{day_of, proposed};
use crate::web::api::reference::view::RuleView;
use crate::whatif::routed::{Had, Routed, UnitRow};

/// A dispatch catalogue, as `/catalogue/dry-run` takes it.
#[derive(Default, Deserialize, ToSchema)]
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
    /// What the tickets received would have got by it.
    ///
    /// # Errors
    /// 422 with each wrong field, below `/catalogue`.
    pub fn routed(
        &self,
        rules: &Rules,
        keys: &MasterKey,
        now: Stamp,
        tickets: Vec<Dispatched>,
    ) -> Result<Routed> {
        let proposal = proposed(self.rules.as_deref(), &self.changes).map_err(below)?;
        let on = day_of(self.on, &proposal, now.day(rules.profile.zone));
        Routed::of(&rules.directory, keys, (proposal, on), tickets).map_err(below)
    }
}

pub(super) fn shown(routed: Routed) -> WhatIfDispatch {
    let key =
        |unit: &Option<UnitCode>| unit.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let had = |had: Had| WhatIfHad {
        leads: had.leads,
        assists: had.assists,
        dispatched: had.dispatched(),
    };
    let row = |UnitRow { key: unit, name, count }: UnitRow| WhatIfCount {
        key: key(&unit),
        name,
        before: had(count.before),
        after: had(count.after),
        leads_difference: count.leads_difference(),
        dispatched_difference: count.dispatched_difference(),
        came: count.came,
        went: count.went,
    };
    let moves = routed.moves.iter().map(|((from, to), tickets)| WhatIfMove {
        from: key(from),
        to: key(to),
        tickets: *tickets,
    });
    let Counts { total, changed, unmatched, ties, .. } = routed.counts;
    WhatIfDispatch {
        on: routed.on,
        total,
        changed,
        unmatched,
        ties,
        moves: moves.collect(),
        rows: routed.rows.into_iter().map(row).collect(),
        notes: vec![sentence("whatif.dispatch", &[])],
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
