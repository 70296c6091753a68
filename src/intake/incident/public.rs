//! Intake: the words of an incident, which any caller may be told. Its rule: pure; a person and a number that no unit
//! has published are never let in, a household's door and another estate only where whoever writes means them.

use super::store::IncidentRow;
use crate::directory::{Directory, EstateCode, RegionCode};
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
    for mention in directory.estates_in(text) {
        let is_here = mention.estates.iter().any(|estate| place.has(&estate.code, directory));
        if let Some(other) = mention.estates.first().filter(|_| !is_here) {
            let name = [("name", other.name.as_str())];
            found.push((Doubt::Estate, FieldError::with(pointer, "incident.estate", &name)));
        }
    }
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
