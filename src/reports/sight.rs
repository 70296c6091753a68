//! Reports: who reads how much of one. Its rule: whoever reads every ticket reads every report; a unit reads what was
//! published, and in the check period its own rows; a property company, which is judged in it, reads none.

use std::collections::BTreeSet;

use super::document::{Block, Cell, Document, Row, Source, Table};
use super::state::State;
use crate::assessment::GroupBy;
use crate::directory::UnitCode;
use crate::identity::Actor;
use crate::ticket::sight::{Scope, scope};

/// How much somebody reads of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reads {
    /// None is there for them.
    Nothing,
    /// What was published; of preliminary figures, and of the tickets behind any, those of these units.
    Own(BTreeSet<UnitCode>),
    Everything,
}

impl State {
    /// Whether units know of a report in this state.
    pub const fn is_shown_to_units(self) -> bool {
        matches!(self, Self::Preliminary | Self::Published | Self::Superseded)
    }

    /// Whether it was published, so that units read the whole of it.
    const fn was_published(self) -> bool {
        matches!(self, Self::Published | Self::Superseded)
    }
}

impl Reads {
    /// What `actor` reads of reports.
    pub fn of(actor: &Actor) -> Self {
        match scope(actor) {
            _ if actor.company => Self::Nothing,
            Scope::All => Self::Everything,
            Scope::Units(units) => Self::Own(units),
            Scope::Nothing | Scope::Upstream => Self::Nothing,
        }
    }

    /// Whether a report in `state` is there for them at all.
    pub const fn knows_of(&self, state: State) -> bool {
        match self {
            Self::Nothing => false,
            Self::Own(_) => state.is_shown_to_units(),
            Self::Everything => true,
        }
    }

    /// The units whose tickets alone they see behind a figure.
    pub const fn units(&self) -> Option<&BTreeSet<UnitCode>> {
        match self {
            Self::Own(units) => Some(units),
            _ => None,
        }
    }

    /// Whether they read what people wrote into a report in `state`.
    pub const fn words_in(&self, state: State) -> bool {
        match self {
            Self::Nothing => false,
            Self::Own(_) => state.was_published(),
            Self::Everything => true,
        }
    }

    /// What of `document` they read in `state`; which tickets its lists name is nobody's to read there.
    #[must_use]
    pub fn part_of(&self, mut document: Document, state: State) -> Document {
        document.lists.clear();
        match self {
            Self::Own(units) if !state.was_published() => own_rows(document, units),
            _ => document,
        }
    }
}

/// The rows of `units` in tables of units, and nothing else: no sum, no other's row, no words about the whole.
fn own_rows(mut document: Document, units: &BTreeSet<UnitCode>) -> Document {
    for section in &mut document.sections {
        section.blocks.retain_mut(|block| match block {
            Block::Table(table) => keep_own(table, units),
            _ => false,
        });
    }
    document.sections.retain(|section| !section.blocks.is_empty());
    document
}

fn keep_own(table: &mut Table, units: &BTreeSet<UnitCode>) -> bool {
    let by_unit = |cell: &Cell| {
        matches!(&cell.source, Some(Source::Figure { by: GroupBy::Unit, key: Some(_), .. }))
    };
    let is_own = |row: &Row| units.contains(row.key.as_str()) && row.cells.iter().any(by_unit);
    table.rows.retain(is_own);
    !table.rows.is_empty()
}
