//! Directory: the responsible organisations and their heads. Its rule: who led a unit is asked for
//! a day, never for "now".

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::code_enum;
use crate::directory::dated::Span;
use crate::directory::vocabulary::{CompanyCode, UnitCode};
use crate::error::{Error, Kind};

code_enum! {
    /// What sort of organisation a unit is.
    pub enum UnitKind {
        Bureau = "bureau" "市局",
        Section = "section" "科室",
        DistrictBureau = "district_bureau" "区局",
        Street = "street" "街道（乡镇）",
        /// 居委会, 社区: never a responsible unit (domain.md §1, issue 2 item 3).
        CommunityCommittee = "community_committee" "社区居委会",
        Department = "department" "相关部门",
        Company = "company" "物业服务企业",
    }
}

/// A responsible organisation 承办单位, one node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub code: UnitCode,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitCode>,
    pub kind: UnitKind,
    /// Units of one group are ranked against each other (domain.md §6 rule 4); empty: in no rank.
    #[serde(default)]
    pub peer_group: String,
    /// 一把手, by days.
    #[serde(default)]
    pub heads: Vec<Head>,
    /// Published phones; a dead one is a 触碰底线 case.
    #[serde(default)]
    pub phones: Vec<Phone>,
    /// The property company that this unit is, for `UnitKind::Company`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyCode>,
    /// The days on which the unit exists.
    #[serde(flatten)]
    pub span: Span,
}

impl Unit {
    /// A unit without parent, head or phone.
    pub fn new(code: &str, name: &str, kind: UnitKind, from_on: NaiveDate) -> Self {
        Self {
            code: code.into(),
            name: name.to_owned(),
            parent: None,
            kind,
            peer_group: String::new(),
            heads: Vec::new(),
            phones: Vec::new(),
            company: None,
            span: Span::from(from_on),
        }
    }

    /// The same below `parent`.
    #[must_use]
    pub fn below(mut self, parent: &str) -> Self {
        self.parent = Some(parent.into());
        self
    }

    /// The name of whoever heads the unit on `day`.
    pub fn head_on(&self, day: NaiveDate) -> Option<&str> {
        self.heads.iter().rev().find(|head| head.span.holds_on(day)).map(|head| head.name.as_str())
    }
}

/// A named head 一把手 and the days in office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub name: String,
    #[serde(flatten)]
    pub span: Span,
}

/// A published phone and when it is answered, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    pub number: String,
    #[serde(default)]
    pub hours: String,
}

/// Why a unit cannot be made responsible on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("no such unit")]
    Unknown,
    #[error("the unit does not exist yet")]
    NotYet,
    #[error("the unit has ended")]
    Ended,
    #[error("a community committee is never a responsible unit")]
    Committee,
}

impl Unfit {
    /// The stable code, with a sentence in the catalogue.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "directory.unit_unknown",
            Self::NotYet => "directory.unit_not_yet",
            Self::Ended => "directory.unit_ended",
            Self::Committee => "directory.unit_committee",
        }
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        Self::new(Kind::Invalid, unfit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_head_of_a_day_is_the_one_in_office_and_nobody_in_between() {
        let mut unit = Unit::new("wuye", "物业科", UnitKind::Section, day("2020-01-01"));
        let first = Span { from_on: day("2020-01-01"), to_on: Some(day("2026-03-31")) };
        unit.heads.push(Head { name: "甲".into(), span: first });
        unit.heads.push(Head { name: "乙".into(), span: Span::from(day("2026-05-01")) });
        assert_eq!(unit.head_on(day("2026-03-31")), Some("甲"));
        assert_eq!(unit.head_on(day("2026-04-15")), None);
        assert_eq!(unit.head_on(day("2026-05-01")), Some("乙"));
    }
}
