//! Intake: incidents 突发事件, declared before anybody calls: what it is, where, and what callers are told. Its rule:
//! its words are for everybody, so they point at nobody; what it leads callers to is one live ticket, whose answer is
//! theirs.

pub mod linked;
pub mod near;
pub mod public;
pub mod state;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::state::IncidentState;
pub use self::store::IncidentRow;

use crate::audit::{self, Entry};
use crate::db::Tx;
use crate::directory::{CategoryCode, Directory, EstateCode, RegionCode};
use crate::error::{Error, FieldError, Result};
use crate::identity::{Actor, Role};
use crate::ticket::Text;
use crate::ticket::command::Doubt;
use crate::ticket::listing;
use crate::ticket::sight::scope;
use crate::time::Stamp;
use public::{Place, Said};

/// Who declares, amends and closes incidents: whoever hears of one first.
pub const KEEPERS: [Role; 3] = [Role::Agent, Role::Dispatcher, Role::Reviewer];
/// Who reads them: everybody who works on cases. Companies do not.
pub const READERS: [Role; 8] = [
    Role::Agent,
    Role::Dispatcher,
    Role::Handler,
    Role::UnitHead,
    Role::Reviewer,
    Role::Surveyor,
    Role::Assessor,
    Role::Leader,
];
/// Letters of a title, and of what callers are told; estates and regions of one incident, at most.
const TITLE: usize = 100;
const WORDS: usize = 2_000;
const PLACES: usize = 200;

/// An incident as it is declared.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIncident {
    pub title: Text,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub category: Option<CategoryCode>,
    /// Where it is: at least one estate or region.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub estates: Vec<EstateCode>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub regions: Vec<RegionCode>,
    /// Now, where nothing is said; what is only announced begins later.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Stamp>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expected_end: Option<Stamp>,
    /// What callers are told.
    pub tell: Text,
    /// The number of the live ticket that those of callers are merged into; the first caller's, where it comes later.
    #[serde(default)]
    pub lead: Option<Text>,
    /// `estate`, `building`: names another estate, or a household's door, and shall.
    #[serde(default)]
    pub acknowledge: Vec<Doubt>,
}

/// What is said anew of an incident; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentChange {
    #[serde(default)]
    pub title: Option<Text>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub category: Option<CategoryCode>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub estates: Option<Vec<EstateCode>>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub regions: Option<Vec<RegionCode>>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Stamp>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expected_end: Option<Stamp>,
    #[serde(default)]
    pub tell: Option<Text>,
    #[serde(default)]
    pub lead: Option<Text>,
    #[serde(default)]
    pub acknowledge: Vec<Doubt>,
}

/// How an incident ended.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentEnd {
    /// What came of it, in words that callers may be told.
    pub result: Text,
    /// Whether the lead, which no unit has, is answered by these words, and with it everybody who was linked to it.
    #[serde(default)]
    pub answer: bool,
    #[serde(default)]
    pub acknowledge: Vec<Doubt>,
}

/// Declares an incident.
///
/// # Errors
/// 403; 422 naming the fields, `incident.guard` where its words point at somebody.
pub fn declare(
    tx: &mut Tx<'_>,
    actor: &Actor,
    directory: &Directory,
    new: NewIncident,
) -> Result<IncidentRow> {
    actor.require(&KEEPERS)?;
    let row = IncidentRow {
        id: tx.id(),
        title: String::new(),
        category: None,
        estates: json(&new.estates)?,
        regions: json(&new.regions)?,
        since: tx.now,
        expected_end: None,
        tell: String::new(),
        lead: None,
        state: IncidentState::Open,
        version: 0,
        declared_at: tx.now,
        declared_by: actor.name.clone(),
        changed_at: tx.now,
        changed_by: actor.name.clone(),
        result: None,
        closed_at: None,
    };
    let change = IncidentChange {
        title: Some(new.title),
        category: new.category,
        estates: None,
        regions: None,
        since: new.since,
        expected_end: new.expected_end,
        tell: Some(new.tell),
        lead: new.lead,
        acknowledge: new.acknowledge,
    };
    let row = changed(tx, (actor, directory), row, change)?;
    store::insert(tx, &row)?;
    note(tx, actor, "incident.declare", &row)?;
    Ok(row)
}

/// Says something of an open incident anew.
///
/// # Errors
/// As [`declare`]; 409 `incident.not_open`.
pub fn amend(
    tx: &mut Tx<'_>,
    (actor, directory): (&Actor, &Directory),
    row: IncidentRow,
    read: impl FnOnce() -> Result<IncidentChange>,
) -> Result<IncidentRow> {
    actor.require(&KEEPERS)?;
    let change = read()?;
    let row = changed(tx, (actor, directory), row, change)?;
    let row = open(row)?;
    store::save(tx, &row)?;
    note(tx, actor, "incident.amend", &row)?;
    Ok(row)
}

/// Ends an incident: no caller is linked to it any more. Those who were are answered with its lead.
///
/// # Errors
/// As [`amend`]; `incident.no_lead` where there is nothing to answer.
pub fn close(
    tx: &mut Tx<'_>,
    (actor, directory): (&Actor, &Directory),
    row: IncidentRow,
    read: impl FnOnce() -> Result<IncidentEnd>,
) -> Result<(IncidentRow, IncidentEnd)> {
    actor.require(&KEEPERS)?;
    let end = read()?;
    let place = Place::of(&row);
    let said = [Said { pointer: "/result", text: end.result.as_str(), most: WORDS }];
    public::demand(&said, &place, &end.acknowledge, directory)?;
    if end.answer && row.lead.is_none() {
        return Err(Error::field("/answer", "incident.no_lead"));
    }
    let mut row = open(row)?;
    row.state = IncidentState::Closed;
    row.version += 1;
    row.result = Some(end.result.to_string());
    row.closed_at = Some(tx.now);
    row.changed_at = tx.now;
    row.changed_by.clone_from(&actor.name);
    store::save(tx, &row)?;
    note(tx, actor, "incident.close", &row)?;
    Ok((row, end))
}

/// The row with what is said anew, checked.
fn changed(
    tx: &mut Tx<'_>,
    (actor, directory): (&Actor, &Directory),
    mut row: IncidentRow,
    change: IncidentChange,
) -> Result<IncidentRow> {
    let before = Place::of(&row);
    row.version += 1;
    row.changed_at = tx.now;
    row.changed_by.clone_from(&actor.name);
    row.category = change.category.or(row.category);
    row.since = change.since.unwrap_or(row.since);
    row.expected_end = change.expected_end.or(row.expected_end);
    if let Some(estates) = &change.estates {
        row.estates = json(estates)?;
    }
    if let Some(regions) = &change.regions {
        row.regions = json(regions)?;
    }
    let place = Place::of(&row);
    check(&row, &place, directory)?;
    if let Some(lead) = &change.lead {
        row.lead = Some(lead_of(tx, actor, lead)?);
    }
    let words = [
        ("/title", change.title.as_ref(), &row.title, TITLE),
        ("/tell", change.tell.as_ref(), &row.tell, WORDS),
    ];
    let (mut said, mut stands) = (Vec::new(), Vec::new());
    for (pointer, new, old, most) in words {
        match new {
            Some(text) => said.push(Said { pointer, text: text.as_str(), most }),
            None => stands.push(Said { pointer, text: old, most }),
        }
    }
    public::demand(&said, &place, &change.acknowledge, directory)?;
    public::demand_moved(&stands, (&before, &place), &change.acknowledge, directory)?;
    if let Some(title) = change.title {
        row.title = title.into_string();
    }
    if let Some(tell) = change.tell {
        row.tell = tell.into_string();
    }
    Ok(row)
}

fn check(row: &IncidentRow, place: &Place, directory: &Directory) -> Result<()> {
    let mut wrong = Vec::new();
    if row.category.as_ref().is_some_and(|code| directory.category(code).is_none()) {
        wrong.push(FieldError::new("/category", "field.unknown_code"));
    }
    for (at, code) in place.estates.iter().enumerate() {
        if directory.estate(code).is_none() {
            wrong.push(FieldError::new(format!("/estates/{at}"), "field.unknown_code"));
        }
    }
    for (at, code) in place.regions.iter().enumerate() {
        if directory.region(code).is_none() {
            wrong.push(FieldError::new(format!("/regions/{at}"), "field.unknown_code"));
        }
    }
    if place.estates.is_empty() && place.regions.is_empty() {
        wrong.push(FieldError::new("/estates", "field.required"));
    }
    if place.estates.len() + place.regions.len() > PLACES {
        wrong.push(FieldError::new("/estates", "field.too_long"));
    }
    if row.expected_end.is_some_and(|end| end <= row.since) {
        wrong.push(FieldError::new("/expected_end", "incident.ends_before"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// The number of a live ticket that `actor` sees in lists.
fn lead_of(tx: &mut Tx<'_>, actor: &Actor, no: &Text) -> Result<String> {
    if !listing::has(tx.conn, &scope(actor), no.as_str())? {
        return Err(Error::field("/lead", "field.unknown_code"));
    }
    let no = no.to_string();
    let found = store::leads(tx.conn, vec![no.clone()])?;
    if found.get(&no).is_some_and(|lead| lead.state.is_live()) {
        Ok(no)
    } else {
        Err(Error::field("/lead", "incident.lead_ended"))
    }
}

fn open(row: IncidentRow) -> Result<IncidentRow> {
    if row.state == IncidentState::Open {
        Ok(row)
    } else {
        Err(Error::refused("incident.not_open"))
    }
}

fn note(tx: &mut Tx<'_>, actor: &Actor, action: &'static str, row: &IncidentRow) -> Result<()> {
    let id = row.id.to_string();
    let entry = Entry::new((actor.user, &actor.name), action, ("incident", &id));
    audit::record(tx, &entry.detailed(format!("version={}", row.version)))
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
