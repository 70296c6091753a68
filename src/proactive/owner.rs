//! Proactive: who answers for a warning. Its rule: the unit that leads, else the one of the place, else a desk; never
//! a property company, which is what most of them are about, and where a sealed ticket is among them no unit at all.

use crate::directory::{Directory, EstateCode, RegionCode, UnitCode};
use crate::identity::Role;

use super::finding::{Finding, Rule};
use super::seen::Seen;

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    Unit(UnitCode),
    Desk(Role),
}

impl Owner {
    pub const fn unit(&self) -> Option<&UnitCode> {
        match self {
            Self::Unit(unit) => Some(unit),
            Self::Desk(_) => None,
        }
    }
    pub const fn desk(&self) -> Option<Role> {
        match self {
            Self::Unit(_) => None,
            Self::Desk(role) => Some(*role),
        }
    }
}

/// Who answers for `finding`, which rests on `tickets` (the latest last). A supervision is the reviewer's to open,
/// and a season the whole city's.
pub fn owner(finding: &Finding, tickets: &[&Seen], directory: &Directory) -> Owner {
    if matches!(finding.rule, Rule::Dissatisfied | Rule::Season) {
        return Owner::Desk(Role::Reviewer);
    }
    // Any unit may be the one that is accused, or stand below it.
    if tickets.iter().any(|it| it.sealed) {
        return Owner::Desk(Role::Dispatcher);
    }
    let of_lead = tickets.iter().rev().find_map(|it| it.lead.as_ref());
    let led = of_lead.and_then(|unit| above_companies(unit, directory));
    led.or_else(|| of_place(tickets.last()?, directory))
        .map_or(Owner::Desk(Role::Dispatcher), Owner::Unit)
}

/// The unit itself, or the nearest one above it that is no company's.
fn above_companies(unit: &UnitCode, directory: &Directory) -> Option<UnitCode> {
    let mut all = std::iter::once(unit.clone()).chain(directory.ancestors(unit));
    all.find(|it| directory.unit(it).is_some() && !directory.is_company(it))
}

/// The unit of the smallest region around the ticket's place that has one.
fn of_place(ticket: &Seen, directory: &Directory) -> Option<UnitCode> {
    let estate = ticket.estate.as_deref().map(EstateCode::from);
    let region = estate
        .and_then(|code| directory.estate(&code))
        .map(|estate| estate.region.clone())
        .or_else(|| ticket.region.as_deref().map(RegionCode::from))?;
    let mut units = directory.region_path(&region).into_iter().filter_map(|it| it.unit.as_ref());
    units.find_map(|unit| above_companies(unit, directory))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Entry, Unit, UnitKind};
    use crate::proactive::seen::tests::seen;

    #[test]
    fn the_lead_answers_for_a_company_the_unit_above_it_and_for_a_sealed_ticket_a_desk() {
        let on = "2020-01-01".parse().unwrap();
        let wuye = Unit::new("wuye", "物业科", UnitKind::Section, on);
        let firm = Unit::new("firm", "某物业", UnitKind::Company, on).below("wuye");
        let directory = Directory::of([Entry::Unit(wuye), Entry::Unit(firm)]);
        let led = |lead: Option<&str>| {
            let mut ticket = seen(1, "a", "E", "C");
            ticket.lead = lead.map(UnitCode::from);
            owner(&Finding::of(Rule::Cluster, "E/C".to_owned(), &ticket), &[&ticket], &directory)
        };
        assert_eq!(led(Some("wuye")), Owner::Unit("wuye".into()));
        assert_eq!(led(Some("firm")), Owner::Unit("wuye".into()));
        assert_eq!(led(None), Owner::Desk(Role::Dispatcher));
        let mut ticket = seen(1, "a", "E", "C");
        (ticket.lead, ticket.sealed) = (Some("wuye".into()), true);
        let found = Finding::of(Rule::Cluster, "E/C".to_owned(), &ticket);
        assert_eq!(owner(&found, &[&ticket], &directory), Owner::Desk(Role::Dispatcher));
    }
}
