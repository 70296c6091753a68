//! Directory: one recorded description of one thing. Its rule: the directory's table is a journal
//! of these, only ever added to; the snapshot is their fold.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::code_enum;
use crate::directory::matter::{Category, Rule, Successor};
use crate::directory::place::{Company, Estate, Region};
use crate::directory::policy::{CalendarOverride, CalendarYear, Profile, Setting};
use crate::directory::unit::Unit;

code_enum! {
    /// What an entry describes.
    pub enum Noun {
        Unit = "unit" "承办单位",
        Region = "region" "区域",
        Estate = "estate" "小区",
        Company = "company" "物业服务企业",
        Category = "category" "事项分类",
        Rule = "rule" "派单目录",
        CalendarYear = "calendar_year" "年度日历",
        CalendarOverride = "calendar_override" "本地调整日",
        Profile = "profile" "考核办法",
        Setting = "setting" "站点设置",
        Successor = "successor" "新旧类别对照",
    }
}

/// One thing as it is from some day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "noun", content = "body", rename_all = "snake_case")]
pub enum Entry {
    Unit(Unit),
    Region(Region),
    Estate(Estate),
    Company(Company),
    Category(Category),
    Rule(Rule),
    CalendarYear(CalendarYear),
    CalendarOverride(CalendarOverride),
    Profile(Profile),
    Setting(Setting),
    Successor(Successor),
}

impl Entry {
    pub const fn noun(&self) -> Noun {
        match self {
            Self::Unit(_) => Noun::Unit,
            Self::Region(_) => Noun::Region,
            Self::Estate(_) => Noun::Estate,
            Self::Company(_) => Noun::Company,
            Self::Category(_) => Noun::Category,
            Self::Rule(_) => Noun::Rule,
            Self::CalendarYear(_) => Noun::CalendarYear,
            Self::CalendarOverride(_) => Noun::CalendarOverride,
            Self::Profile(_) => Noun::Profile,
            Self::Setting(_) => Noun::Setting,
            Self::Successor(_) => Noun::Successor,
        }
    }

    /// What tells it from the others of its noun.
    pub fn code(&self) -> String {
        match self {
            Self::Unit(unit) => unit.code.to_string(),
            Self::Region(region) => region.code.to_string(),
            Self::Estate(estate) => estate.code.to_string(),
            Self::Company(company) => company.code.to_string(),
            Self::Category(category) => category.code.to_string(),
            Self::Rule(rule) => rule.code.clone(),
            Self::CalendarYear(calendar) => calendar.year.to_string(),
            Self::CalendarOverride(change) => change.on.to_string(),
            Self::Profile(profile) => format!("{}@{}", profile.name, profile.version),
            Self::Setting(setting) => setting.name.clone(),
            Self::Successor(word) => word.code.to_string(),
        }
    }

    /// The day on which the thing itself begins, where it has one.
    pub const fn from_on(&self) -> Option<NaiveDate> {
        match self {
            Self::Unit(unit) => Some(unit.span.from_on),
            Self::Region(region) => Some(region.span.from_on),
            Self::Estate(estate) => Some(estate.span.from_on),
            Self::Company(company) => Some(company.span.from_on),
            Self::Category(category) => Some(category.span.from_on),
            Self::Rule(rule) => Some(rule.span.from_on),
            Self::Successor(word) => Some(word.from_on),
            Self::CalendarYear(_)
            | Self::CalendarOverride(_)
            | Self::Profile(_)
            | Self::Setting(_) => None,
        }
    }
}
