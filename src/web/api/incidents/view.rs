//! Web: an incident as its reader sees it. Its rule: the number of its ticket only for who sees that ticket; the rest of a
//! declared one is for everybody who reads incidents.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::code_enum;
use crate::db::Conn;
use crate::directory::{CategoryCode, Directory, EstateCode, RegionCode};
use crate::error::Result;
use crate::identity::Actor;
use crate::intake::incident::linked::LinkedRow;
use crate::intake::incident::store::{self, Lead};
use crate::intake::incident::{IncidentRow, IncidentState};
use crate::ticket::listing;
use crate::ticket::sight::scope;

code_enum! {
    /// How an incident is known.
    pub enum IncidentSource { Declared = "declared" "已公布", Linked = "linked" "多人反映" }
}

/// A place or a matter, with its name.
#[derive(Serialize, ToSchema)]
pub struct IncidentPlace {
    pub(super) code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

/// An incident.
#[derive(Serialize, ToSchema)]
pub struct IncidentView {
    /// Of a declared one; the other is its ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    pub(super) source: IncidentSource,
    pub(super) state: IncidentState,
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<IncidentPlace>,
    pub(super) estates: Vec<IncidentPlace>,
    pub(super) regions: Vec<IncidentPlace>,
    pub(super) since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected_end: Option<String>,
    /// Open, and past its expected end.
    pub(super) overdue: bool,
    /// What callers are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tell: Option<String>,
    /// The number of its ticket, for who sees that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) no: Option<String>,
    /// Whether the next caller's ticket can be merged into that: `POST /tickets` with `into`.
    pub(super) takes_callers: bool,
    /// How many were merged into it.
    pub(super) linked: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) declared_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) declared_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) closed_at: Option<String>,
}

/// Shows incidents to one reader.
pub(super) struct Shown<'a> {
    app: &'a App,
    directory: &'a Directory,
    leads: BTreeMap<String, Lead>,
    /// Ids of the tickets that the reader may see.
    seen: BTreeSet<i64>,
}

impl<'a> Shown<'a> {
    /// For `actor`: incidents whose leads have the numbers `leads`, and the tickets `linked`.
    ///
    /// # Errors
    /// The database's own.
    pub fn of(
        (app, directory): (&'a App, &'a Directory),
        conn: &mut Conn,
        actor: &Actor,
        (leads, linked): (Vec<String>, Vec<i64>),
    ) -> Result<Self> {
        let leads = store::leads(conn, leads)?;
        let ids: Vec<i64> = leads.values().map(|lead| lead.id).chain(linked).collect();
        let seen = listing::visible(conn, &scope(actor), &ids)?;
        Ok(Self { app, directory, leads, seen })
    }

    fn estate(&self, code: &EstateCode) -> IncidentPlace {
        let name = self.directory.estate(code).map(|it| it.name.clone());
        IncidentPlace { code: code.to_string(), name }
    }

    fn region(&self, code: &RegionCode) -> IncidentPlace {
        let name = self.directory.region(code).map(|it| it.name.clone());
        IncidentPlace { code: code.to_string(), name }
    }

    fn category(&self, code: &CategoryCode) -> IncidentPlace {
        let name = self.directory.category(code).map(|it| it.name.clone());
        IncidentPlace { code: code.to_string(), name }
    }

    pub fn declared(&self, row: IncidentRow) -> IncidentView {
        let zone = self.app.config.site.zone;
        let lead = row.lead.as_ref().and_then(|no| self.leads.get(no));
        let lead = lead.filter(|lead| self.seen.contains(&lead.id));
        let is_open = row.state == IncidentState::Open;
        let now = self.app.db.now();
        IncidentView {
            id: Some(row.id.to_string()),
            source: IncidentSource::Declared,
            state: row.state,
            category: row.category.as_ref().map(|code| self.category(code)),
            estates: row.estate_codes().iter().map(|code| self.estate(code)).collect(),
            regions: row.region_codes().iter().map(|code| self.region(code)).collect(),
            since: row.since.rfc3339(zone),
            expected_end: row.expected_end.map(|at| at.rfc3339(zone)),
            overdue: is_open && row.expected_end.is_some_and(|end| end < now),
            title: row.title,
            tell: Some(row.tell),
            takes_callers: is_open && lead.is_some_and(|lead| lead.state.is_live()),
            linked: lead.map_or(0, |lead| lead.linked),
            no: row.lead.filter(|_| lead.is_some()),
            version: Some(row.version),
            declared_at: Some(row.declared_at.rfc3339(zone)),
            declared_by: Some(row.declared_by),
            changed_at: Some(row.changed_at.rfc3339(zone)),
            changed_by: Some(row.changed_by),
            result: row.result,
            closed_at: row.closed_at.map(|at| at.rfc3339(zone)),
        }
    }

    /// Nothing where the reader does not see the ticket.
    pub fn linked(&self, row: LinkedRow) -> Option<IncidentView> {
        self.seen.contains(&row.id).then(|| self.of_ticket(row))
    }

    fn of_ticket(&self, row: LinkedRow) -> IncidentView {
        IncidentView {
            id: None,
            source: IncidentSource::Linked,
            state: IncidentState::Open,
            title: row.title,
            category: row.category.as_ref().map(|code| self.category(code)),
            estates: row.estate.iter().map(|code| self.estate(code)).collect(),
            regions: row.region.iter().map(|code| self.region(code)).collect(),
            since: row.received_at.rfc3339(self.app.config.site.zone),
            expected_end: None,
            overdue: false,
            tell: None,
            no: Some(row.no),
            takes_callers: true,
            linked: row.children,
            version: None,
            declared_at: None,
            declared_by: None,
            changed_at: None,
            changed_by: None,
            result: None,
            closed_at: None,
        }
    }
}

/// The declared incident `row` as `actor` sees it.
///
/// # Errors
/// The database's own.
pub(super) fn view(
    app: &App,
    conn: &mut Conn,
    actor: &Actor,
    row: IncidentRow,
) -> Result<IncidentView> {
    let directory = app.directory.current(conn)?;
    let leads = row.lead.iter().cloned().collect();
    let shown = Shown::of((app, &directory), conn, actor, (leads, Vec::new()))?;
    Ok(shown.declared(row))
}
