//! Web: reference data as clients see and send it. Its rule: every field is listed here; a field
//! that is not is refused on the way in and not shown on the way out.

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::directory::{
    CategoryCode, CompanyCode, EstateCode, Kind, RegionCode, RegionLevel, UnitCode, UnitKind,
    Urgency,
};
use crate::error::{Error, Result};

/// A responsible organisation 承办单位.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitView {
    pub code: UnitCode,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitCode>,
    pub kind: UnitKind,
    /// Units of one group are ranked against each other; empty: in no rank.
    #[serde(default)]
    pub peer_group: String,
    /// 一把手, by days.
    #[serde(default)]
    pub heads: Vec<HeadView>,
    /// The published phones.
    #[serde(default)]
    pub phones: Vec<PhoneView>,
    /// The property company that this unit is, for kind `company`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyCode>,
    /// The first day on which the unit exists, and the last.
    pub from_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_on: Option<NaiveDate>,
}

/// A named head 一把手 and the days in office.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadView {
    pub name: String,
    pub from_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_on: Option<NaiveDate>,
}

/// A published phone and when it is answered.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneView {
    pub number: String,
    #[serde(default)]
    pub hours: String,
}

/// A district, street or community.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionView {
    pub code: RegionCode,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RegionCode>,
    pub level: RegionLevel,
    /// The unit that answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    pub from_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_on: Option<NaiveDate>,
}

/// An estate 小区.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EstateView {
    pub code: EstateCode,
    pub name: String,
    /// Other names that citizens use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Its doors on roads: `花家地南街6号院`, `花家地南街2-18号双`.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// The smallest region known.
    pub region: RegionCode,
    /// Who runs it, by days.
    #[serde(default)]
    pub companies: Vec<ManagementView>,
    /// Managed floor space in square metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_space_m2: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub households: Option<i64>,
    #[serde(default)]
    pub peer_group: String,
    pub from_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_on: Option<NaiveDate>,
}

/// One company's time in an estate.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagementView {
    pub company: CompanyCode,
    pub from_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_on: Option<NaiveDate>,
}

/// A property company 物业服务企业.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompanyView {
    pub code: CompanyCode,
    pub name: String,
    #[serde(default)]
    pub peer_group: String,
    pub from_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_on: Option<NaiveDate>,
}

/// A category of matter of one of three levels.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryView {
    pub code: CategoryCode,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<CategoryCode>,
    /// 1, 2 or 3.
    pub level: u8,
    /// The taxonomy's version in which it was last changed.
    pub version: String,
    /// The kinds it usually comes as.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// The urgency a ticket of it starts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// Words of citizens that point to it.
    #[serde(default)]
    pub keywords: Vec<String>,
    pub from_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_on: Option<NaiveDate>,
}

/// One rule of the dispatch catalogue 派单目录; what it leaves open matches everything.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleView {
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estate: Option<EstateCode>,
    /// A unit's code, `@street`, `@district` or `@company`.
    pub lead: String,
    #[serde(default)]
    pub assists: Vec<String>,
    #[serde(default)]
    pub copies: Vec<String>,
    /// The basis: a document, a meeting.
    #[serde(default)]
    pub note: String,
    pub from_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_on: Option<NaiveDate>,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// What to give as `after` for the next page; null at the end.
    pub next: Option<String>,
}

/// One thing in its other form: views and the directory's own types have the same fields, so a
/// view is the directory's type with every field listed.
///
/// # Errors
/// 422 with the field that the directory's type reads more strictly (a rule's `lead`).
pub fn turned<T: DeserializeOwned>(from: &impl Serialize) -> Result<T> {
    let value = serde_json::to_value(from).map_err(Error::internal)?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = error.path().to_string().replace(['.', '['], "/").replace(']', "");
        Error::field(format!("/{pointer}"), "field.format")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Rule, Unit};

    #[test]
    fn a_unit_comes_back_out_as_it_went_in() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 1).expect("day");
        let mut unit = Unit::new("wuye", "物业科", UnitKind::Section, day).below("ju");
        unit.company = Some("c".into());
        let view: UnitView = turned(&unit).expect("view");
        assert_eq!(turned::<Unit>(&view).expect("unit"), unit);
    }

    #[test]
    fn a_target_that_is_none_is_named() {
        let rule = serde_json::json!({"code": "r", "lead": "@moon", "from_on": "2026-01-01"});
        let view: RuleView = serde_json::from_value(rule).expect("view");
        let error = turned::<Rule>(&view).expect_err("422");
        assert_eq!(error.fields()[0].pointer, "/lead");
    }
}
