//! Intake: which declared incidents a call may be about. Its rule: an estate that is named says enough; a region only
//! with the matter, where that is known; without a place only the matter speaks, and little.

use std::collections::BTreeMap;

use super::public::Place;
use super::state::IncidentState;
use super::store::{self, IncidentRow, Lead};
use crate::code_enum;
use crate::db::Conn;
use crate::directory::{CategoryCode, Directory, EstateCode, RegionCode};
use crate::error::Result;

/// Open incidents that are looked at, and of those how many are shown.
const OPEN: i64 = 500;
const SHOWN: usize = 8;
/// Of the suggested categories those that count where none was chosen.
const SUGGESTED: usize = 3;

code_enum! {
    /// Why a call may be about an incident.
    pub enum Near {
        Estate = "estate" "该小区",
        Region = "region" "该区域",
        Category = "category" "同类事项",
    }
}

/// What is known of a call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub estate: Option<&'a EstateCode>,
    pub region: Option<&'a RegionCode>,
    pub chosen: Option<&'a CategoryCode>,
    /// What its words suggest, the likeliest first.
    pub suggested: &'a [CategoryCode],
}

/// An incident that a call may be about.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub row: IncidentRow,
    pub near: Near,
    /// 0 to 1
    pub score: f64,
    /// Its lead, where that is live: whoever calls is merged into it.
    pub lead: Option<Lead>,
}

/// The open incidents that `call` may be about, the likeliest first.
///
/// # Errors
/// The database's own.
pub fn known(conn: &mut Conn, call: &Call<'_>, directory: &Directory) -> Result<Vec<Known>> {
    let rows = store::page(conn, IncidentState::Open, None, OPEN)?;
    let mut near: Vec<(IncidentRow, Near, f64)> = rows
        .into_iter()
        .filter_map(|row| bears_on(&row, call, directory).map(|(near, score)| (row, near, score)))
        .collect();
    near.sort_by(|one, two| two.2.total_cmp(&one.2).then_with(|| two.0.id.cmp(&one.0.id)));
    near.truncate(SHOWN);
    let numbers = near.iter().filter_map(|(row, ..)| row.lead.clone()).collect();
    let leads: BTreeMap<String, Lead> = store::leads(conn, numbers)?;
    let known = |(row, near, score): (IncidentRow, Near, f64)| {
        let lead = row.lead.as_ref().and_then(|no| leads.get(no)).copied();
        Known { lead: lead.filter(|lead| lead.state.is_live()), row, near, score }
    };
    Ok(near.into_iter().map(known).collect())
}

/// Whether `call` may be about the incident, why, and how likely.
fn bears_on(row: &IncidentRow, call: &Call<'_>, directory: &Directory) -> Option<(Near, f64)> {
    let same = row.category.as_ref().and_then(|own| is_same_matter(own, call, directory));
    let place = Place::of(row);
    if call.estate.is_some_and(|estate| place.estates.contains(estate)) {
        let score = if same == Some(true) { 1.0 } else { 0.8 };
        return Some((Near::Estate, score));
    }
    let region = call.region.or_else(|| {
        let estate = call.estate.and_then(|code| directory.estate(code));
        estate.map(|estate| &estate.region)
    });
    let Some(region) = region else {
        let is_nowhere = call.estate.is_none() && same == Some(true);
        return is_nowhere.then_some((Near::Category, 0.4));
    };
    // A street that is named, and no estate in it: it may be one of the incident's.
    let may_lie_in = call.estate.is_none()
        && place
            .estates
            .iter()
            .filter_map(|code| directory.estate(code))
            .any(|estate| directory.contains(region, &estate.region));
    if !place.covers(region, directory) && !may_lie_in {
        return None;
    }
    match same {
        Some(true) => Some((Near::Region, 0.8)),
        Some(false) => None,
        None => Some((Near::Region, 0.5)),
    }
}

/// Whether the call is of the category `own`, of one above it or below it; nothing where that cannot be said.
fn is_same_matter(own: &CategoryCode, call: &Call<'_>, directory: &Directory) -> Option<bool> {
    let is_akin = |code: &CategoryCode| {
        own == code
            || directory.category_ancestors(code).contains(own)
            || directory.category_ancestors(own).contains(code)
    };
    match call.chosen {
        Some(chosen) => Some(is_akin(chosen)),
        // What is only suggested may be wrong: it speaks for, and never against.
        None => call.suggested.iter().take(SUGGESTED).any(is_akin).then_some(true),
    }
}
