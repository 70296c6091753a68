//! Directory: what a ticket is about, and who gets it by the dispatch catalogue. Its rule: data
//! only; `routing::catalogue` decides.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::directory::dated::Span;
use crate::directory::vocabulary::{CategoryCode, EstateCode, Kind, RegionCode, UnitCode, Urgency};

/// A category of matter of one of three levels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    pub code: CategoryCode,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<CategoryCode>,
    /// 1, 2 or 3.
    pub level: u8,
    /// The taxonomy's version in which it was last changed.
    pub version: String,
    /// The kinds it usually comes as; a hint for the agent.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// The urgency a ticket of it starts with, unless the agent says otherwise; none: the
    /// parent's, else the profile's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// Words of citizens that point to it; for suggestions.
    #[serde(default)]
    pub keywords: Vec<String>,
    #[serde(flatten)]
    pub span: Span,
}

/// What one category is counted as from a day on; many may be counted as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Successor {
    /// The category as tickets carry it.
    pub code: CategoryCode,
    /// What it is counted as; none takes an earlier word back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<CategoryCode>,
    /// The first day on which it is counted so, whenever the ticket came.
    pub from_on: NaiveDate,
}

/// One line of the dispatch catalogue 派单目录. What it leaves open matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The rule's own code, named in the reason of a match.
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estate: Option<EstateCode>,
    pub lead: Target,
    #[serde(default)]
    pub assists: Vec<Target>,
    #[serde(default)]
    pub copies: Vec<Target>,
    /// The basis: a document, a meeting.
    #[serde(default)]
    pub note: String,
    #[serde(flatten)]
    pub span: Span,
}

/// Whom a rule names: a fixed unit, or the one that the place gives. As text: the unit's code, or
/// `@street`, `@district`, `@company`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Unit(UnitCode),
    /// The unit of the street that the place lies in.
    StreetOfPlace,
    /// The unit of the district that the place lies in.
    DistrictOfPlace,
    /// The unit of the company that runs the estate on the day.
    CompanyOfEstate,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unit(code) => code.as_str(),
            Self::StreetOfPlace => "@street",
            Self::DistrictOfPlace => "@district",
            Self::CompanyOfEstate => "@company",
        })
    }
}

impl FromStr for Target {
    type Err = crate::code::UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "@street" => Ok(Self::StreetOfPlace),
            "@district" => Ok(Self::DistrictOfPlace),
            "@company" => Ok(Self::CompanyOfEstate),
            other if other.starts_with('@') || other.is_empty() => Err(crate::code::UnknownCode),
            code => Ok(Self::Unit(code.into())),
        }
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
