//! Directory: where something is: regions, estates and the companies that run them. Its rule: an
//! estate's company is asked for a day (domain.md §6: "the estate's at received_at").

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::code_enum;
use crate::directory::dated::Span;
use crate::directory::vocabulary::{CompanyCode, EstateCode, RegionCode, UnitCode};

code_enum! {
    /// The three levels of regions.
    pub enum RegionLevel {
        District = "district" "区",
        Street = "street" "街道（乡镇）",
        Community = "community" "社区",
    }
}

impl RegionLevel {
    /// The level that a region of this level lies in.
    pub const fn above(self) -> Option<Self> {
        match self {
            Self::District => None,
            Self::Street => Some(Self::District),
            Self::Community => Some(Self::Street),
        }
    }
}

/// A district, street or community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    pub code: RegionCode,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RegionCode>,
    pub level: RegionLevel,
    /// The unit that answers for it: a district bureau or a street.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    #[serde(flatten)]
    pub span: Span,
}

/// An estate 小区.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estate {
    pub code: EstateCode,
    pub name: String,
    /// Other names that citizens use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Its doors on roads, each as [`Doors::read`](crate::directory::address::Doors::read) reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The smallest region known: a community, else a street.
    pub region: RegionCode,
    /// Who runs it, by days.
    #[serde(default)]
    pub companies: Vec<Management>,
    /// Managed floor space in square metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_space_m2: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub households: Option<i64>,
    /// Estates of one group are ranked against each other; empty: all estates together.
    #[serde(default)]
    pub peer_group: String,
    #[serde(flatten)]
    pub span: Span,
}

impl Estate {
    /// The property company in charge on `day`; none for an estate without management.
    pub fn company_on(&self, day: NaiveDate) -> Option<&CompanyCode> {
        self.companies.iter().rev().find(|run| run.span.holds_on(day)).map(|run| &run.company)
    }

    /// Records that whoever runs the estate on `from_on` has left it the day before.
    pub fn abandon(&mut self, from_on: NaiveDate) {
        for run in &mut self.companies {
            if run.span.holds_on(from_on) {
                run.span.to_on = from_on.pred_opt();
            }
        }
        self.companies.retain(|run| !run.span.is_backwards());
    }

    /// Records that `company` takes over on `from_on`: an open earlier management ends the day
    /// before. The same company again changes nothing.
    pub fn hand_over(&mut self, company: CompanyCode, from_on: NaiveDate) {
        if self.company_on(from_on) == Some(&company) {
            return;
        }
        self.abandon(from_on);
        let next = self.companies.iter().map(|run| run.span.from_on).filter(|on| *on > from_on);
        let to_on = next.min().and_then(|on| on.pred_opt());
        self.companies.push(Management { company, span: Span { from_on, to_on } });
        self.companies.sort_by_key(|run| run.span.from_on);
    }
}

/// One company's time in an estate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Management {
    pub company: CompanyCode,
    #[serde(flatten)]
    pub span: Span,
}

/// A property company 物业服务企业.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    pub code: CompanyCode,
    pub name: String,
    #[serde(default)]
    pub peer_group: String,
    #[serde(flatten)]
    pub span: Span,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn estate() -> Estate {
        Estate {
            code: "e".into(),
            name: "甲小区".into(),
            aliases: vec![],
            addresses: vec![],
            region: "r".into(),
            companies: vec![],
            floor_space_m2: None,
            households: None,
            peer_group: String::new(),
            span: Span::from(day("2020-01-01")),
        }
    }

    #[test]
    fn the_company_changes_on_the_day_of_the_hand_over() {
        let mut estate = estate();
        estate.hand_over("first".into(), day("2020-01-01"));
        estate.hand_over("second".into(), day("2026-04-01"));
        assert_eq!(estate.company_on(day("2026-03-31")), Some(&"first".into()));
        assert_eq!(estate.company_on(day("2026-04-01")), Some(&"second".into()));
        assert_eq!(estate.company_on(day("2019-12-31")), None);
    }

    #[test]
    fn a_hand_over_recorded_late_fits_between_the_ones_already_known() {
        let mut estate = estate();
        estate.hand_over("first".into(), day("2020-01-01"));
        estate.hand_over("third".into(), day("2026-04-01"));
        estate.hand_over("second".into(), day("2024-01-01"));
        assert_eq!(estate.company_on(day("2023-12-31")), Some(&"first".into()));
        assert_eq!(estate.company_on(day("2026-03-31")), Some(&"second".into()));
        assert_eq!(estate.company_on(day("2026-04-01")), Some(&"third".into()));
    }

    #[test]
    fn a_hand_over_on_the_same_day_corrects_the_one_before() {
        let mut estate = estate();
        estate.hand_over("wrong".into(), day("2020-01-01"));
        estate.hand_over("right".into(), day("2020-01-01"));
        assert_eq!(estate.companies.len(), 1);
        assert_eq!(estate.company_on(day("2020-01-01")), Some(&"right".into()));
    }
}
