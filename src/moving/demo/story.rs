//! Moving, demo: one invented ticket, from the call to the survey, as far as time has come.

use chrono::Timelike;

use super::dice::Dice;
use super::words::NOT_DONE;
use crate::directory::{Kind, UnitCode, Urgency};
use crate::limits::Calendar;
use crate::moving::history::{Asked, Excluded, History, Reviewed, Sent, Tried};
use crate::ticket::Part;
use crate::ticket::assignment::ContactOutcome;
use crate::ticket::overlay::{BottomLine, Contacted, ExclusionReason, Outcome, Satisfied, Solved};
use crate::time::Stamp;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// What a story needs to know beside its ticket.
pub(super) struct Course<'a> {
    pub calendar: &'a Calendar,
    pub now: Stamp,
    /// Who the catalogue says.
    pub lead: UnitCode,
    pub assists: Vec<UnitCode>,
    /// Whom it is given to first by mistake, now and then.
    pub other: UnitCode,
    /// What the lead answers where it solved the matter.
    pub done: &'static str,
}

/// How well a unit works, 55 to 95, always the same for a unit.
fn quality(unit: &UnitCode) -> i64 {
    let sum = unit
        .as_str()
        .bytes()
        .fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    55 + i64::from(sum % 41)
}

struct Teller<'a> {
    dice: &'a mut Dice,
    course: &'a Course<'a>,
    at: Stamp,
}

impl Teller<'_> {
    /// Goes on by `millis`; none where that is still to come.
    fn on(&mut self, millis: i64) -> Option<Stamp> {
        let next = self.at.plus_millis(millis.max(1_000));
        (next <= self.course.now).then(|| {
            self.at = next;
            next
        })
    }

    /// The same, but in office hours: what falls outside happens the next working morning.
    fn in_office(&mut self, millis: i64) -> Option<Stamp> {
        let calendar = self.course.calendar;
        let next = self.at.plus_millis(millis.max(1_000));
        let local = next.in_zone(calendar.zone());
        let open = calendar.is_working(local.date_naive()) && (8..18).contains(&local.hour());
        let next = if open {
            next
        } else {
            let early = calendar.is_working(local.date_naive()) && local.hour() < 8;
            let day = if early {
                local.date_naive()
            } else {
                calendar.next_workday(local.date_naive().succ_opt().unwrap_or_default())
            };
            let morning = Stamp::start_of(day, calendar.zone()).plus_millis(8 * HOUR + 30 * MINUTE);
            morning.plus_millis(self.dice.below(2 * HOUR)).max(self.at.plus_millis(1_000))
        };
        let wait = next.millis_since(self.at);
        self.on(wait)
    }

    /// The same by whoever is on duty, and somebody is every day: what falls into the night happens in the morning.
    fn on_duty(&mut self, millis: i64) -> Option<Stamp> {
        let zone = self.course.calendar.zone();
        let next = self.at.plus_millis(millis.max(1_000));
        let local = next.in_zone(zone);
        let day = match local.hour() {
            0..8 => local.date_naive(),
            8..21 => return self.on(millis),
            _ => local.date_naive().succ_opt().unwrap_or_default(),
        };
        let morning = Stamp::start_of(day, zone).plus_millis(8 * HOUR + self.dice.below(HOUR));
        let wait = morning.millis_since(self.at);
        self.on(wait)
    }
}

/// Lets the ticket's story happen.
pub(super) fn tell(line: &mut History, dice: &mut Dice, course: &Course<'_>) {
    let mut teller = Teller { dice, course, at: line.received_at };
    // Whatever is still to come leaves the ticket where it stands.
    let _: Option<()> = teller.whole(line);
    end_assists(line);
}

/// An assist that had not answered by the lead's reply ended with it.
fn end_assists(line: &mut History) {
    let replied = line.assignments.iter().filter(|sent| sent.role == Part::Lead);
    let Some(replied) = replied.filter_map(|sent| sent.replied_at).max() else { return };
    for sent in line.assignments.iter_mut().filter(|sent| sent.role == Part::Assist) {
        sent.signed_at = sent.signed_at.filter(|at| *at <= replied);
        let is_signed = sent.signed_at.is_some();
        sent.contacts.retain(|tried| is_signed && tried.at <= replied);
        if sent.signed_at.is_none() || sent.replied_at.is_some_and(|at| at > replied) {
            sent.replied_at = None;
            sent.reply = None;
        }
    }
}

impl Teller<'_> {
    fn whole(&mut self, line: &mut History) -> Option<()> {
        let easy = matches!(line.kind, Kind::Consult | Kind::Praise);
        if self.dice.percent(if easy { 78 } else { 3 }) {
            let wait = self.minutes(3, 25);
            line.closed_at = Some(self.on(wait)?);
            return Some(());
        }
        let urgent = matches!(line.urgency, Some(Urgency::Emergency | Urgency::UrgentUtility));
        let wait = if urgent { self.minutes(2, 25) } else { self.minutes(5, 150) };
        self.on(wait)?;
        if !urgent && self.dice.percent(5) {
            self.returned(line)?;
        }
        let quality = quality(&self.course.lead);
        let lead = self.send(line, quality, urgent)?;
        let solved = self.reply(line, lead, quality)?;
        if line.kind == Kind::Consult {
            line.closed_at = Some(self.at);
            return Some(());
        }
        self.surveys(line, lead, quality, solved)?;
        self.exclusion(line);
        Some(())
    }

    fn minutes(&mut self, least: i64, most: i64) -> i64 {
        self.dice.between(least * MINUTE, most * MINUTE)
    }

    fn hours(&mut self, least: i64, most: i64) -> i64 {
        self.minutes(60 * least, 60 * most)
    }

    /// Given to the wrong unit first.
    fn returned(&mut self, line: &mut History) -> Option<()> {
        let mut sent = part(&self.course.other, Part::Lead, self.at);
        let wait = self.minutes(20, 200);
        sent.signed_at = self.in_office(wait);
        let wait = self.minutes(60, 600);
        sent.returned_at = sent.signed_at.and_then(|_| self.in_office(wait));
        let returned = sent.returned_at;
        line.assignments.push(sent);
        returned?;
        let wait = self.minutes(10, 90);
        self.on(wait).map(|_| ())
    }

    fn send(&mut self, line: &mut History, quality: i64, urgent: bool) -> Option<usize> {
        let sent_at = self.at;
        for unit in &self.course.assists {
            let mut assist = part(unit, Part::Assist, sent_at);
            self.at = sent_at;
            let late = self.dice.percent(6);
            let wait = match (urgent, late) {
                (true, false) => self.minutes(3, 20),
                (false, false) => self.minutes(20, 300),
                (true, true) => self.minutes(60, 180),
                (false, true) => self.hours(26, 50),
            };
            assist.signed_at = if urgent { self.on(wait) } else { self.on_duty(wait) };
            if let Some(signed_at) = assist.signed_at {
                let at = signed_at.plus_millis(if urgent { 10 * MINUTE } else { 40 * MINUTE });
                let spoke = Tried { at, outcome: ContactOutcome::Spoke, text: None };
                assist.contacts.extend((at <= self.course.now).then_some(spoke));
            }
            assist.replied_at = assist.signed_at.and_then(|_| {
                let wait = self.dice.between(2 * HOUR, 30 * HOUR);
                self.in_office(wait)
            });
            assist.reply = assist.replied_at.map(|_| "已配合主办单位处理本辖区事项。".to_owned());
            line.assignments.push(assist);
        }
        self.at = sent_at;
        let place = line.assignments.len();
        line.assignments.push(part(&self.course.lead, Part::Lead, sent_at));
        // Few are late even of a unit that works badly: this is what a bureau looks at every day.
        let late = !self.dice.percent(90 + quality / 10);
        let wait = match (urgent, late) {
            (true, false) => self.dice.between(3 * MINUTE, 25 * MINUTE),
            (true, true) => self.dice.between(35 * MINUTE, 3 * HOUR),
            (false, false) => self.dice.between(15 * MINUTE, 7 * HOUR),
            (false, true) => self.dice.between(40 * HOUR, 60 * HOUR),
        };
        let signed = if urgent { self.on(wait)? } else { self.on_duty(wait)? };
        line.assignments.get_mut(place)?.signed_at = Some(signed);
        self.rings(line, place, urgent)?;
        Some(place)
    }

    /// The first contact; nobody answers now and then, and is rung once more.
    fn rings(&mut self, line: &mut History, lead: usize, urgent: bool) -> Option<()> {
        for _ in 0..2 {
            let wait = if urgent { self.minutes(3, 20) } else { self.minutes(10, 180) };
            let rang = if urgent { self.on(wait)? } else { self.on_duty(wait)? };
            let outcome = if self.dice.percent(10) {
                ContactOutcome::NoAnswer
            } else if self.dice.percent(4) {
                ContactOutcome::MessageLeft
            } else {
                ContactOutcome::Spoke
            };
            let tried = Tried { at: rang, outcome, text: None };
            line.assignments.get_mut(lead)?.contacts.push(tried);
            if outcome != ContactOutcome::NoAnswer {
                break;
            }
        }
        Some(())
    }

    /// Works, answers, is reviewed; whether the matter was solved.
    fn reply(&mut self, line: &mut History, lead: usize, quality: i64) -> Option<bool> {
        let most = match line.urgency {
            Some(Urgency::Emergency) => 80 * MINUTE,
            Some(Urgency::UrgentUtility) => 20 * HOUR,
            Some(Urgency::Ask) => 8 * HOUR,
            Some(Urgency::Complex) => 16 * 24 * HOUR,
            _ => 5 * 24 * HOUR,
        };
        let late = !self.dice.percent(60 + quality * 2 / 5);
        let wait = if late {
            self.dice.between(most, most * 2)
        } else {
            self.dice.between(most / 6, most * 4 / 5)
        };
        let quick = most < 24 * HOUR;
        let replied = if quick { self.on(wait)? } else { self.in_office(wait)? };
        let solved = self.dice.percent(quality - 5);
        let not_done = self.dice.pick(NOT_DONE);
        let sent = line.assignments.get_mut(lead)?;
        sent.replied_at = Some(replied);
        sent.reply = Some(if solved { self.course.done } else { not_done }.to_owned());
        if self.dice.percent(7) {
            let wait = self.hours(1, 8);
            let at = self.in_office(wait)?;
            line.reviews.push(Reviewed { at, pass: false, reason: None });
            let wait = self.hours(6, 40);
            self.in_office(wait)?;
        }
        let wait = self.minutes(30, 840);
        let at = self.in_office(wait)?;
        line.reviews.push(Reviewed { at, pass: true, reason: None });
        Some(solved)
    }

    fn surveys(
        &mut self,
        line: &mut History,
        lead: usize,
        quality: i64,
        solved: bool,
    ) -> Option<()> {
        let mut solved = solved;
        for round in 0..2 {
            for attempt in 0..3 {
                let wait = self.hours(5, 26);
                let at = self.in_office(wait)?;
                if self.dice.percent(82) {
                    let contacted = self.contacted(line, lead, quality);
                    line.surveys.push(self.answer(at, contacted, solved));
                    break;
                }
                line.surveys.push(missed(at));
                if attempt == 2 {
                    line.closed_at = Some(self.on(5 * MINUTE)?);
                    return Some(());
                }
            }
            let bad = line.surveys.last().is_some_and(is_bad);
            if !bad || round == 1 || !self.dice.percent(60) {
                break;
            }
            // Worked on again; the second time it mostly goes well.
            let wait = self.hours(10, 60);
            self.in_office(wait)?;
            let wait = self.hours(1, 12);
            let at = self.in_office(wait)?;
            line.reviews.push(Reviewed { at, pass: true, reason: None });
            solved = self.dice.percent(quality);
        }
        let wait = self.minutes(2, 240);
        line.closed_at = Some(self.on(wait)?);
        Some(())
    }

    fn contacted(&mut self, line: &History, lead: usize, quality: i64) -> Contacted {
        let spoke = line.assignments.get(lead).is_some_and(|sent| {
            sent.contacts.iter().any(|tried| tried.outcome == ContactOutcome::Spoke)
        });
        let yes = self.dice.percent(if spoke { 80 + quality / 5 } else { 45 });
        if yes { Contacted::Yes } else { Contacted::No }
    }

    fn answer(&mut self, at: Stamp, contacted: Contacted, solved: bool) -> Asked {
        let (solved, satisfied) = if solved {
            let solved = if self.dice.percent(78) { Solved::Solved } else { Solved::Basic };
            let glad = if self.dice.percent(80) { Satisfied::Satisfied } else { Satisfied::Basic };
            (solved, glad)
        } else if self.dice.percent(35) {
            (Solved::Basic, Satisfied::Basic)
        } else {
            let glad =
                if self.dice.percent(30) { Satisfied::Basic } else { Satisfied::Dissatisfied };
            (Solved::Unsolved, glad)
        };
        let bottom_line = if satisfied == Satisfied::Dissatisfied && self.dice.percent(12) {
            let which = usize::try_from(self.dice.below(3)).unwrap_or_default();
            BottomLine::ALL.get(which).copied().into_iter().collect()
        } else {
            Vec::new()
        };
        Asked {
            at,
            outcome: Outcome::Reached,
            contacted: Some(contacted),
            solved: Some(solved),
            satisfied: Some(satisfied),
            bottom_line,
            prompted: None,
            comment: None,
        }
    }

    /// After a bad end, a unit sometimes asks that it should not count.
    fn exclusion(&mut self, line: &mut History) {
        if !line.surveys.last().is_some_and(is_bad) || !self.dice.percent(30) {
            return;
        }
        let reason = match self.dice.below(4) {
            0 => ExclusionReason::BeyondPower,
            1 => ExclusionReason::CallerUncooperative,
            2 => ExclusionReason::LegalOrPetition,
            _ => ExclusionReason::ForceMajeure,
        };
        let wait = self.hours(2, 30);
        let Some(asked_at) = self.in_office(wait) else { return };
        let wait = self.hours(4, 40);
        let decided_at = self.in_office(wait);
        let approved = decided_at.map(|_| self.dice.percent(55));
        line.exclusion = Some(Excluded { reason, asked_at, decided_at, approved });
    }
}

fn part(unit: &UnitCode, role: Part, sent_at: Stamp) -> Sent {
    Sent {
        unit: unit.clone(),
        role,
        sent_at,
        signed_at: None,
        contacts: Vec::new(),
        replied_at: None,
        reply: None,
        returned_at: None,
    }
}

fn missed(at: Stamp) -> Asked {
    Asked {
        at,
        outcome: Outcome::NoAnswer,
        contacted: None,
        solved: None,
        satisfied: None,
        bottom_line: Vec::new(),
        prompted: None,
        comment: None,
    }
}

fn is_bad(asked: &Asked) -> bool {
    asked.solved == Some(Solved::Unsolved) || asked.satisfied == Some(Satisfied::Dissatisfied)
}
