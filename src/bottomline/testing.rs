//! Bottom line: test calls 拨测 to the published phones of units, and which are due. Its rule: nobody tests the own
//! unit; what was in vain outside the published hours is held against nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::case::{self, Desk, JUDGES, Opening};
use super::hours::Hours;
use super::plan::{PlanRule, next_call, shows_dead};
use super::store::{self, CaseRow, TestCallRow};
use super::{Rang, Source};
use crate::db::{Conn, Tx};
use crate::directory::{Phone, Unit, UnitCode};
use crate::error::{Error, Kind, Result};
use crate::identity::Role;
use crate::limits::span::DAY_MS;
use crate::limits::{Calendar, Profile};
use crate::sealing::place;
use crate::ticket::Text;
use crate::ticket::overlay::BottomLine;
use crate::time::Stamp;

/// Who calls.
pub const CALLERS: [Role; 3] = [Role::Surveyor, Role::Agent, Role::Dispatcher];

/// A call as it is written down.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCall {
    pub unit: UnitCode,
    /// Which of its published phones, from 0.
    pub phone: u32,
    /// The number that was rung, as the plan showed it: where another stands in that place meanwhile, it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    pub outcome: Rang,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// A published phone, and where it stands in the plan.
#[derive(Debug, Clone)]
pub struct Planned<'a> {
    pub unit: &'a Unit,
    pub phone: usize,
    pub published: &'a Phone,
    /// The last call that counts.
    pub last: Option<(Stamp, Rang)>,
    /// Whether the words of its hours could be read.
    pub is_read: bool,
    /// When it is answered next, `now` where it is now; nothing where that is not known.
    pub opens_at: Option<Stamp>,
}

/// The rules by which a call is judged.
#[derive(Clone, Copy)]
pub struct By<'a> {
    pub profile: &'a Profile,
    pub calendar: &'a Calendar,
}

impl By<'_> {
    fn plan(&self) -> PlanRule<'_> {
        PlanRule {
            days: self.profile.bottom_line.test_days,
            no_answer: &self.profile.no_answer,
            zone: self.profile.zone,
        }
    }

    /// From when on calls matter: two periods, so that the tries of the last one are whole.
    fn since(&self, now: Stamp) -> Stamp {
        now.plus_millis(-2 * i64::from(self.profile.bottom_line.test_days) * DAY_MS)
    }

    fn hours(&self, phone: &Phone) -> Option<Hours> {
        Hours::read(&phone.hours, &self.profile.working_hours)
    }
}

impl<'a> Desk<'a> {
    /// Writes a test call down, and opens a case where it shows a dead phone and none waits for it.
    ///
    /// # Errors
    /// 403, also `test_call.own_unit`; 422 at `/unit`, `/phone`, `/number` and `/outcome`.
    pub fn log_call(
        self,
        tx: &mut Tx<'_>,
        by: By<'_>,
        read: impl FnOnce() -> Result<TestCall>,
    ) -> Result<(TestCallRow, Option<CaseRow>)> {
        self.actor.require(&CALLERS)?;
        let TestCall { unit, phone, number, outcome, note } = read()?;
        let published = self.published(&unit, phone, tx.now.day(by.profile.zone))?;
        if self.is_of(&unit) {
            return Err(Error::new(Kind::Forbidden, "test_call.own_unit"));
        }
        if number.is_some_and(|rung| rung != published.number) {
            return Err(Error::field("/number", "test_call.changed"));
        }
        let open = by.hours(published).map(|hours| hours.is_open(tx.now, by.calendar));
        match (outcome, open) {
            (Rang::OutOfHours, Some(true)) => {
                return Err(Error::field("/outcome", "test_call.in_hours"));
            }
            (Rang::NoAnswer | Rang::Busy, Some(false)) => {
                return Err(Error::field("/outcome", "test_call.out_of_hours"));
            }
            _ => {}
        }
        let id = tx.id();
        let sealed = |text: &Text| self.keys.seal(text.as_bytes(), &place("test_call", "note", id));
        let row = TestCallRow {
            id,
            unit,
            phone: i32::try_from(phone).unwrap_or(i32::MAX),
            number: published.number.clone(),
            at: tx.now,
            by_id: self.actor.user,
            by_name: self.actor.name.clone(),
            outcome,
            note: note.as_ref().map(sealed).transpose()?,
        };
        store::insert_call(tx, &row)?;
        let calls = store::calls_to(tx.conn, &row.unit, &row.number, by.since(tx.now))?;
        let calls: Vec<(Stamp, Rang)> = calls.iter().map(|call| (call.at, call.outcome)).collect();
        if !shows_dead(&calls, &by.plan())
            || store::waits_on_phone(tx.conn, &row.unit, &row.number)?
        {
            return Ok((row, None));
        }
        let opening = Opening {
            flag: BottomLine::PhoneDead,
            source: Source::TestCall,
            unit: row.unit.clone(),
            ticket: None,
            test_call: Some(id),
            by: self.actor.user,
        };
        let case = case::open(tx, &by.profile.bottom_line, by.calendar, opening)?;
        Ok((row, Some(case)))
    }

    /// The units whose calls this reader sees, where not all.
    ///
    /// # Errors
    /// 403 for whoever sees none.
    pub fn units_of_calls(self) -> Result<Option<Vec<UnitCode>>> {
        if self.actor.has_any(&CALLERS) && !self.actor.company {
            return Ok(None);
        }
        self.units()
    }

    /// The published phones to be called at `now`, those that are answered now first. No unit is told when: nobody
    /// learns it of the own one.
    ///
    /// # Errors
    /// 403; the database's own.
    pub fn due(self, conn: &mut Conn, by: By<'_>, now: Stamp) -> Result<Vec<Planned<'a>>> {
        if self.actor.company {
            return Err(Error::forbidden());
        }
        self.actor.require(&[&CALLERS[..], &JUDGES[..]].concat())?;
        let today = now.day(by.profile.zone);
        let mut calls: BTreeMap<(UnitCode, String), Vec<(Stamp, Rang)>> = BTreeMap::new();
        for call in store::calls_since(conn, by.since(now))? {
            calls.entry((call.unit, call.number)).or_default().push((call.at, call.outcome));
        }
        let mut due = Vec::new();
        let units = self.directory.units().filter(|unit| unit.span.holds_on(today));
        for unit in units.filter(|unit| !self.is_of(&unit.code)) {
            for (phone, published) in unit.phones.iter().enumerate() {
                let of = calls.get(&(unit.code.clone(), published.number.clone()));
                let of = of.map(Vec::as_slice).unwrap_or_default();
                if next_call(of, &by.plan()).is_some_and(|next| next > now) {
                    continue;
                }
                let hours = by.hours(published);
                let last = of.iter().rev().find(|(_, rang)| *rang != Rang::OutOfHours).copied();
                let opens_at = hours.as_ref().and_then(|hours| hours.opens(now, by.calendar));
                let is_read = hours.is_some();
                due.push(Planned { unit, phone, published, last, is_read, opens_at });
            }
        }
        due.sort_by_key(|it| (it.opens_at.unwrap_or(now), it.unit.code.clone(), it.phone));
        Ok(due)
    }

    /// The note of a call, in clear.
    ///
    /// # Errors
    /// What cannot be opened.
    pub fn note(self, call: &TestCallRow) -> Result<Option<String>> {
        let Some(sealed) = &call.note else { return Ok(None) };
        let plain = self.keys.open(sealed, &place("test_call", "note", call.id))?;
        String::from_utf8(plain).map(Some).map_err(Error::internal)
    }

    fn published(self, unit: &UnitCode, phone: u32, today: chrono::NaiveDate) -> Result<&'a Phone> {
        let found = self.directory.unit_on(unit, today);
        let found = found.ok_or_else(|| Error::field("/unit", "field.unknown_code"))?;
        let phone = usize::try_from(phone).ok().and_then(|place| found.phones.get(place));
        phone.ok_or_else(|| Error::field("/phone", "test_call.no_phone"))
    }
}
