//! Intake: the words of an incident, which any caller may be told. Its rule: pure; a person and a number that no unit
//! has published are never let in, a household's door and another estate only where whoever writes means them.

use super::store::IncidentRow;
use crate::directory::{Directory, Estate, EstateCode, RegionCode};
use crate::error::{Error, FieldError, Kind, Result};
use crate::knowledge::check::is_published;
use crate::knowledge::particulars::{Pointing, particulars};
use crate::sealing::mask_text;
use crate::ticket::command::Doubt;

/// Where an incident is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub estates: Vec<EstateCode>,
    /// Each with all that lies below it.
    pub regions: Vec<RegionCode>,
}

impl Place {
    pub fn of(row: &IncidentRow) -> Self {
        Self { estates: row.estate_codes(), regions: row.region_codes() }
    }

    /// Whether the estate is one of its own, or lies in one of its regions.
    pub fn has(&self, estate: &EstateCode, directory: &Directory) -> bool {
        let region = directory.estate(estate).map(|it| &it.region);
        self.estates.contains(estate) || region.is_some_and(|region| self.covers(region, directory))
    }

    /// Whether the region is one of its own, or lies in one.
    pub fn covers(&self, region: &RegionCode, directory: &Directory) -> bool {
        self.regions.iter().any(|own| directory.contains(own, region))
    }
}

/// A text, the field it came in, and how many letters it may have.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub pointer: &'static str,
    pub text: &'a str,
    pub most: usize,
}

/// # Errors
/// 422 `field.too_long`; 422 `incident.guard` with everything that points at somebody and is not in `acknowledged`.
pub fn demand(
    said: &[Said<'_>],
    place: &Place,
    acknowledged: &[Doubt],
    directory: &Directory,
) -> Result<()> {
    let mut open = Vec::new();
    for one in said {
        if one.text.chars().count() > one.most {
            return Err(Error::field(one.pointer, "field.too_long"));
        }
        let found = found(one, place, directory).into_iter();
        let stays = |doubt: &Doubt| {
            let may_be_meant = matches!(doubt, Doubt::Estate | Doubt::Building | Doubt::Ticket);
            !(may_be_meant && acknowledged.contains(doubt))
        };
        open.extend(found.filter(|(doubt, _)| stays(doubt)).map(|(_, field)| field));
    }
    if open.is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::Invalid, "incident.guard").at_fields(open))
}

/// The same of words that were let in when the incident was at `before`, and stand while it moves to `after`: what is asked
/// again is which estates no longer are its own.
///
/// # Errors
/// 422 `incident.guard` with every such estate, where it is not in `acknowledged`.
pub fn demand_moved(
    said: &[Said<'_>],
    (before, after): (&Place, &Place),
    acknowledged: &[Doubt],
    directory: &Directory,
) -> Result<()> {
    if before == after || acknowledged.contains(&Doubt::Estate) {
        return Ok(());
    }
    let left = |one: &Said<'_>| {
        let known = others(one.text, before, directory);
        let is_new = |other: &&Estate| !known.iter().any(|it| it.code == other.code);
        let new: Vec<&Estate> =
            others(one.text, after, directory).into_iter().filter(is_new).collect();
        new.into_iter().map(|other| at_estate(one.pointer, other)).collect::<Vec<_>>()
    };
    let open: Vec<FieldError> = said.iter().flat_map(left).collect();
    if open.is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::Invalid, "incident.guard").at_fields(open))
}

/// The estates that a text names and that are not of the place.
fn others<'d>(text: &str, place: &Place, directory: &'d Directory) -> Vec<&'d Estate> {
    let mentions = directory.estates_in(text).into_iter();
    let elsewhere =
        mentions.filter(|mention| !mention.estates.iter().any(|it| place.has(&it.code, directory)));
    elsewhere.filter_map(|mention| mention.estates.first().copied()).collect()
}

fn at_estate(pointer: &'static str, other: &Estate) -> FieldError {
    FieldError::with(pointer, "incident.estate", &[("name", other.name.as_str())])
}

fn found(said: &Said<'_>, place: &Place, directory: &Directory) -> Vec<(Doubt, FieldError)> {
    let (text, pointer) = (said.text, said.pointer);
    let mut found = Vec::new();
    let mut rest = text.to_owned();
    for it in particulars(text) {
        let words = &text[it.range.clone()];
        let at = (text[..it.range.start].chars().count() + 1).to_string();
        let (doubt, code) = match it.kind {
            Pointing::Phone if is_published(words, directory) => {
                rest = rest.replace(words, "");
                continue;
            }
            Pointing::Phone => (Doubt::Phone, "incident.phone"),
            Pointing::Person => (Doubt::Person, "incident.person"),
            // A whole building may be without water; a door is somebody's home.
            Pointing::Building if !(it.normal.ends_with('室') || it.normal.contains('-')) => {
                continue;
            }
            Pointing::Building => (Doubt::Building, "incident.building"),
            Pointing::Ticket => {
                rest = rest.replace(words, "");
                (Doubt::Ticket, "incident.ticket")
            }
        };
        found.push((doubt, FieldError::with(pointer, code, &[("at", &at)])));
    }
    // A card, an identity, a mail address.
    if !found.iter().any(|(doubt, _)| *doubt == Doubt::Phone) && mask_text(&rest, &[]) != rest {
        found.push((Doubt::Phone, FieldError::new(pointer, "incident.number")));
    }
    let others = others(text, place, directory).into_iter();
    found.extend(others.map(|other| (Doubt::Estate, at_estate(pointer, other))));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, acknowledged: &[Doubt]) -> Vec<String> {
        let said = [Said { pointer: "/tell", text, most: 100 }];
        let directory = Directory::of([]);
        match demand(&said, &Place::default(), acknowledged, &directory) {
            Ok(()) => Vec::new(),
            Err(error) => error.fields().iter().map(|field| field.code.to_owned()).collect(),
        }
    }

    #[test]
    fn a_building_may_be_named_and_a_door_only_where_it_is_meant() {
        assert!(said("3号楼至5号楼停水，今晚8时前恢复", &[]).is_empty());
        assert_eq!(said("502室水管爆裂", &[]), ["incident.building"]);
        assert!(said("502室水管爆裂", &[Doubt::Building]).is_empty());
    }

    #[test]
    fn nobody_and_no_number_that_is_not_published_is_let_in_whatever_is_acknowledged() {
        let all = [Doubt::Phone, Doubt::Person, Doubt::Building, Doubt::Estate];
        assert_eq!(said("联系13900000001", &all), ["incident.phone"]);
        assert_eq!(said("王女士家楼下爆管", &all), ["incident.person"]);
        assert_eq!(said("信箱 zhang@example.cn", &all), ["incident.number"]);
    }
}
