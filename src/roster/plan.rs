//! Roster: what stands in a day's plan. Its rule: pure; what is missing of hours comes from the shift.

use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::code_enum;
use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Result};
use crate::identity::account::fold_name;
use crate::sealing::normalise_phone;
use crate::time::Stamp;

/// Turns of a unit's day at most.
const MOST: usize = 12;
/// Characters of a name, and of a phone with its extension.
const NAME: usize = 40;
const PHONE: usize = 40;

code_enum! {
    /// Which part of a day somebody is on duty.
    pub enum Shift {
        Day = "day" "白班",
        Night = "night" "夜班",
        Whole = "whole" "全天",
    }
}

/// Somebody's turn of duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub shift: Shift,
    /// By the clock on the wall.
    pub from: NaiveTime,
    /// The same; where it is no later than `from`, of the next day.
    pub to: NaiveTime,
    /// The login name, where they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    pub name: String,
    /// The phone of the duty, as it was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl Turn {
    /// Whether it ends on the day after the one on which it begins.
    pub fn is_over_midnight(&self) -> bool {
        self.to <= self.from
    }

    /// From when to when it lasts, of a plan for `on`; without the last instant.
    pub fn span(&self, on: NaiveDate, zone: Tz) -> (Stamp, Stamp) {
        let next = on.checked_add_days(Days::new(1)).unwrap_or(on);
        let last = if self.is_over_midnight() { next } else { on };
        let at = |day: NaiveDate, time| Stamp::from_local(day.and_time(time), zone);
        (at(on, self.from), at(last, self.to))
    }
}

/// Who is on duty at a unit from a day on, as it was put last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub unit: UnitCode,
    pub on: NaiveDate,
    pub turns: Vec<Turn>,
    /// The login name.
    pub set_by: String,
    pub set_at: Stamp,
}

/// The version of a day that nobody has put yet.
pub const NEVER_PUT: i64 = 0;

impl Plan {
    /// Which putting of its day it is: a later one is higher.
    pub const fn version(&self) -> i64 {
        self.set_at.millis()
    }
}

/// A day's plan to be put; without turns, nobody is on duty.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// At most 12.
    #[serde(default)]
    pub turns: Vec<NewTurn>,
}

/// A turn to be put.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTurn {
    pub shift: Shift,
    /// `HH:MM`; the shift's own where nothing is said.
    #[serde(default)]
    pub from: Option<String>,
    /// `HH:MM`; where it is no later than `from`, of the next day.
    #[serde(default)]
    pub to: Option<String>,
    /// The login name, where they have one.
    #[serde(default)]
    pub account: Option<String>,
    /// At most 40 characters; the account's where nothing is said.
    #[serde(default)]
    pub name: Option<String>,
    /// The phone of the duty.
    #[serde(default)]
    pub phone: Option<String>,
}

impl NewPlan {
    /// The turns as they are kept. `called` says what the account of a login name is called, if it may be put on duty;
    /// `open` is from when to when a working day lasts.
    ///
    /// # Errors
    /// 422 at `/turns` or at each wrong field; as `called`.
    pub fn checked(
        self,
        open: (NaiveTime, NaiveTime),
        mut called: impl FnMut(&str) -> Result<Option<String>>,
    ) -> Result<Vec<Turn>> {
        if self.turns.len() > MOST {
            let most = MOST.to_string();
            let wrong = FieldError::with("/turns", "roster.too_many", &[("most", &most)]);
            return Err(Error::invalid(vec![wrong]));
        }
        let (mut turns, mut wrong) = (Vec::new(), Vec::new());
        for (n, new) in self.turns.into_iter().enumerate() {
            let at = |field: &str| format!("/turns/{n}/{field}");
            let account = filled(new.account).map(|login| fold_name(&login));
            let display = match &account {
                None => None,
                Some(login) => {
                    let display = called(login)?;
                    if display.is_none() {
                        wrong.push(FieldError::new(at("account"), "field.unknown_code"));
                    }
                    display
                }
            };
            let (first, last) = new.shift.hours(open);
            let mut hour = |field: &str, typed: Option<String>, own: NaiveTime| match filled(typed)
            {
                None => own,
                Some(text) => time_of(&text).unwrap_or_else(|| {
                    wrong.push(FieldError::new(at(field), "field.format"));
                    own
                }),
            };
            let from = hour("from", new.from, first);
            let to = hour("to", new.to, last);
            let name = filled(new.name).or(display).unwrap_or_default();
            if name.is_empty() && account.is_none() {
                wrong.push(FieldError::new(at("name"), "field.required"));
            }
            if name.chars().count() > NAME || name.chars().any(char::is_control) {
                wrong.push(FieldError::new(at("name"), "field.format"));
            }
            let phone = filled(new.phone);
            if phone.as_deref().is_some_and(|text| !is_phone(text)) {
                wrong.push(FieldError::new(at("phone"), "field.format"));
            }
            turns.push(Turn { shift: new.shift, from, to, account, name, phone });
        }
        if wrong.is_empty() { Ok(turns) } else { Err(Error::invalid(wrong)) }
    }
}

impl Shift {
    /// Its usual hours, at a site whose working day lasts from and to these.
    const fn hours(self, (opens, closes): (NaiveTime, NaiveTime)) -> (NaiveTime, NaiveTime) {
        match self {
            Self::Day => (opens, closes),
            Self::Night => (closes, opens),
            Self::Whole => (opens, opens),
        }
    }
}

/// The text without spaces around, where there is some.
fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// `8:30`, `08:30`; `24:00` is midnight.
fn time_of(text: &str) -> Option<NaiveTime> {
    let text = text.replace('：', ":");
    if text == "24:00" {
        return Some(NaiveTime::MIN);
    }
    NaiveTime::parse_from_str(&text, "%H:%M").ok()
}

/// Digits, and what stands between them and an extension.
fn is_phone(text: &str) -> bool {
    let good = |c: char| c.is_ascii_digit() || " -+()（）转#".contains(c);
    text.chars().count() <= PHONE && text.chars().all(good) && normalise_phone(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveTime {
        time_of(text).unwrap()
    }

    fn checked(turns: &str) -> Result<Vec<Turn>> {
        let plan: NewPlan = serde_json::from_str(&format!("{{\"turns\":{turns}}}")).unwrap();
        let known = |login: &str| Ok((login == "wang").then(|| "王工".to_owned()));
        plan.checked((time("09:00"), time("17:30")), known)
    }

    #[test]
    fn hours_that_are_not_said_are_the_shift_s_own() {
        for (shift, from, to, over) in [
            ("day", "09:00", "17:30", false),
            ("night", "17:30", "09:00", true),
            ("whole", "09:00", "09:00", true),
        ] {
            let turns = checked(&format!("[{{\"shift\":\"{shift}\",\"name\":\"甲\"}}]")).unwrap();
            let turn = &turns[0];
            assert_eq!((turn.from, turn.to), (time(from), time(to)), "{shift}");
            assert_eq!(turn.is_over_midnight(), over, "{shift}");
        }
        let said = r#"[{"shift":"night","from":"8:00","to":"24:00","account":"wang"}]"#;
        let turns = checked(said).unwrap();
        assert_eq!((turns[0].from, turns[0].to), (time("08:00"), NaiveTime::MIN));
        assert_eq!(turns[0].name, "王工");
    }

    #[test]
    fn each_wrong_field_is_told_at_its_place() {
        for (turn, pointer, code) in [
            (r#"{"shift":"day"}"#, "/turns/0/name", "field.required"),
            (r#"{"shift":"day","account":"li"}"#, "/turns/0/account", "field.unknown_code"),
            (r#"{"shift":"day","name":"甲","from":"25:00"}"#, "/turns/0/from", "field.format"),
            (r#"{"shift":"day","name":"甲","to":"later"}"#, "/turns/0/to", "field.format"),
            (r#"{"shift":"day","name":"甲","phone":"<b>1</b>"}"#, "/turns/0/phone", "field.format"),
            (r#"{"shift":"day","name":"甲","phone":"12"}"#, "/turns/0/phone", "field.format"),
        ] {
            let error = checked(&format!("[{turn}]")).unwrap_err();
            let field = &error.fields()[0];
            assert_eq!((field.pointer.as_str(), field.code), (pointer, code), "{turn}");
        }
        let many = vec![r#"{"shift":"day","name":"甲"}"#; MOST + 1].join(",");
        let error = checked(&format!("[{many}]")).unwrap_err();
        assert_eq!(error.fields()[0].code, "roster.too_many");
    }
}
