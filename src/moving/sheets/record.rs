//! Moving, sheets: a row becomes a line of the history file. Its rule: it says no more than the row does;
//! what a ticket becomes of it is decided where every line's is.
//!
//! Where a row leaves something open: a unit was sent to when the ticket was received; a day without a time
//! is its beginning, but never before what must have come before it on that same day; a contact spoke, a
//! review passed, a survey with an answer reached; an exclusion was asked and decided at its one time. A
//! ticket without a number of its own goes by the city's.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::mapping::{Field, Words};
use super::names::Names;
use super::units;
use crate::directory::{AssessmentClass, Channel, Kind, Urgency};
use crate::error::FieldError;
use crate::sheet::day::{Typed, Year};
use crate::sheet::plain::{narrow, several};
use crate::ticket::assignment::ContactOutcome;
use crate::ticket::overlay::{BottomLine, Contacted, ExclusionReason, Outcome, Satisfied, Solved};
use crate::time::Stamp;

/// A line in the making: its fields, and which column each comes from.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub json: Map<String, Value>,
    pub columns: BTreeMap<String, Field>,
}

macro_rules! list {
    ($type:ty) => {
        <$type>::ALL.iter().map(|it| (it.as_str(), it.zh())).collect::<Vec<_>>()
    };
}

impl Line {
    fn put(&mut self, key: &str, field: Field, value: impl Into<Value>) {
        self.columns.insert(format!("/{key}"), field);
        self.json.insert(key.to_owned(), value.into());
    }

    fn inner(&mut self, pointer: String, field: Field) {
        self.columns.insert(pointer, field);
    }
}

/// The instants of one row, each at or after those before it.
struct Course {
    zone: Tz,
    /// The day that years are counted from.
    from: NaiveDate,
    /// The latest instant so far.
    last: Stamp,
}

impl Course {
    fn next(&mut self, fields: &mut Fields<'_>, field: Field) -> Option<Stamp> {
        let typed = fields.time(field, Year::From(self.from))?;
        let at = self.settled(typed);
        self.last = self.last.max(at);
        Some(at)
    }

    /// A day without a time is not before what came before it that day.
    fn settled(&self, typed: Typed) -> Stamp {
        let same_day = self.last.day(self.zone) == typed.at.day(self.zone);
        if typed.whole_day && same_day { typed.at.max(self.last) } else { typed.at }
    }
}

/// Reads the row; what is wrong is noted in `fields`.
pub(super) fn line(fields: &mut Fields<'_>, names: &Names<'_>, today: NaiveDate, zone: Tz) -> Line {
    let mut line = Line::default();
    let received = fields.time(Field::ReceivedAt, Year::UpTo(today));
    if received.is_none() && fields.reasons.is_empty() {
        fields.missing(Field::ReceivedAt);
    }
    let at = received.map_or(Stamp::start_of(today, zone), |typed| typed.at);
    if received.is_some() {
        line.put("received_at", Field::ReceivedAt, at.to_string());
    }
    numbers(&mut line, fields, at, today, zone);
    what(&mut line, fields);
    who(&mut line, fields);
    place(&mut line, fields, names);
    let mut course = Course { zone, from: at.day(zone), last: at };
    work(&mut line, fields, names, &mut course);
    survey(&mut line, fields, &mut course);
    end(&mut line, fields, &mut course);
    line
}

fn numbers(line: &mut Line, fields: &mut Fields<'_>, at: Stamp, today: NaiveDate, zone: Tz) {
    let own = fields.number(Field::No);
    let upstream = fields.number(Field::UpstreamNo);
    match (own, &upstream) {
        (Some(no), _) => line.put("no", Field::No, no),
        (None, Some(no)) => line.put("no", Field::UpstreamNo, no.clone()),
        (None, None) => fields.missing(Field::No),
    }
    let Some(no) = upstream else { return };
    let received = fields.time(Field::UpstreamReceivedAt, Year::UpTo(today));
    let received = received.map_or(at, |typed| typed.at);
    let due = fields.time(Field::UpstreamDueAt, Year::From(at.day(zone)));
    let mut upstream = json!({"no": no, "received_at": received.to_string()});
    if let (Some(due), Some(fields)) = (due, upstream.as_object_mut()) {
        // A day that something is due on is over with its last moment.
        let due = if due.whole_day { Stamp::end_of(due.at.day(zone), zone) } else { due.at };
        fields.insert("due_at".to_owned(), due.to_string().into());
    }
    line.inner("/upstream/no".to_owned(), Field::UpstreamNo);
    line.inner("/upstream/received_at".to_owned(), Field::UpstreamReceivedAt);
    line.inner("/upstream/due_at".to_owned(), Field::UpstreamDueAt);
    line.put("upstream", Field::UpstreamNo, upstream);
}

fn what(line: &mut Line, fields: &mut Fields<'_>) {
    for (key, field, words, all) in [
        ("kind", Field::Kind, Words::Kind, list!(Kind)),
        ("channel", Field::Channel, Words::Channel, list!(Channel)),
        ("urgency", Field::Urgency, Words::Urgency, list!(Urgency)),
        ("assessment_class", Field::Class, Words::Class, list!(AssessmentClass)),
    ] {
        if let Some(code) = fields.code(field, words, &all) {
            line.put(key, field, code);
        }
    }
    match fields.text(Field::Content) {
        Some(content) => line.put("content", Field::Content, content.into_owned()),
        None => fields.missing(Field::Content),
    }
    if let Some(title) = fields.text(Field::Title) {
        line.put("title", Field::Title, title.into_owned());
    }
    if let Some(into) = fields.number(Field::MergedInto) {
        line.put("merged_into", Field::MergedInto, into);
    }
}

fn who(line: &mut Line, fields: &mut Fields<'_>) {
    let mut caller = Map::new();
    if let Some(name) = fields.plain(Field::Name) {
        caller.insert("name".to_owned(), name.into());
    }
    let first = fields.plain(Field::Phone).unwrap_or_default();
    let second = fields.plain(Field::SecondPhone).unwrap_or_default();
    // Two numbers in one cell are the caller's two; there is no place for a third.
    let phones: Vec<String> = several(&first).chain(several(&second)).map(narrow).collect();
    if phones.len() > 2 {
        fields.fault(Field::Phone, "import.phones_too_many");
    }
    for (key, phone) in ["phone", "second_phone"].into_iter().zip(phones) {
        caller.insert(key.to_owned(), phone.into());
    }
    if let Some(email) = fields.plain(Field::Email) {
        caller.insert("email".to_owned(), email.into());
    }
    for (key, field) in [
        ("anonymous", Field::Anonymous),
        ("confidential", Field::Confidential),
        ("reply_wanted", Field::ReplyWanted),
    ] {
        if let Some(yes) = fields.yes(field) {
            caller.insert(key.to_owned(), yes.into());
        }
    }
    for (key, field) in [
        ("name", Field::Name),
        ("phone", Field::Phone),
        ("second_phone", Field::SecondPhone),
        ("email", Field::Email),
    ] {
        line.inner(format!("/caller/{key}"), field);
    }
    if !caller.is_empty() {
        line.put("caller", Field::Name, caller);
    }
}

fn place(line: &mut Line, fields: &mut Fields<'_>, names: &Names<'_>) {
    let path = |fields: &mut Fields<'_>, levels: &[Field]| {
        let named = levels.iter().filter_map(|field| Some((*field, fields.plain(*field)?)));
        named.collect::<Vec<_>>()
    };
    let parts = |path: &[(Field, String)]| -> Vec<String> {
        path.iter().map(|(_, name)| name.clone()).collect()
    };
    let levels = [Field::Category1, Field::Category2, Field::Category];
    let category = path(fields, &levels);
    if let Some((field, _)) = category.last() {
        let parts = parts(&category);
        let found = names.category(&parts.iter().map(String::as_str).collect::<Vec<_>>());
        if let Some(code) = fields.named(*field, found) {
            line.put("category", *field, code);
        }
    }
    let region = path(fields, &[Field::District, Field::Region]);
    let mut known = None;
    if let Some((field, _)) = region.last() {
        let parts = parts(&region);
        let found = names.region(&parts.iter().map(String::as_str).collect::<Vec<_>>());
        known = fields.named(*field, found);
        if let Some(code) = &known {
            line.put("region", *field, code.clone());
        }
    }
    if let Some(typed) = fields.plain(Field::Estate) {
        let found = names.estate(&typed, known.as_deref());
        if let Some(code) = fields.named(Field::Estate, found) {
            line.put("estate", Field::Estate, code);
        }
    }
    for (key, field) in [("building", Field::Building), ("address", Field::Address)] {
        if let Some(text) = fields.plain(field) {
            line.put(key, field, text);
        }
    }
}

fn work(line: &mut Line, fields: &mut Fields<'_>, names: &Names<'_>, course: &mut Course) {
    let units = units::of(fields, names);
    let received = course.last;
    let sent = course.next(fields, Field::SentAt).unwrap_or(received);
    let signed = course.next(fields, Field::SignedAt);
    let contacted = course.next(fields, Field::ContactedAt);
    let all = list!(ContactOutcome);
    let outcome = fields.code(Field::ContactOutcome, Words::ContactOutcome, &all);
    if contacted.is_none() && fields.is_written(Field::ContactOutcome) {
        fields.missing(Field::ContactedAt);
    }
    let replied = course.next(fields, Field::RepliedAt);
    let reply = fields.text(Field::Reply);
    let reviewed = course.next(fields, Field::ReviewedAt);
    let passed = fields.code(Field::Passed, Words::Passed, &[("yes", "通过"), ("no", "不通过")]);
    if reviewed.is_none() && fields.is_written(Field::Passed) {
        fields.missing(Field::ReviewedAt);
    }
    let led = units.iter().any(|(_, part, _)| *part == "lead");
    let done =
        [(Field::SignedAt, signed), (Field::ContactedAt, contacted), (Field::RepliedAt, replied)];
    if !led && done.iter().any(|(_, at)| at.is_some()) {
        let field = if fields.plain(Field::Lead).is_some() { Field::Lead } else { Field::Units };
        if fields.plain(field).is_none() {
            fields.missing(field);
        }
    }
    let mut assignments = Vec::with_capacity(units.len());
    for (i, (unit, part, field)) in units.into_iter().enumerate() {
        let mut one = json!({"unit": unit, "role": part, "sent_at": sent.to_string()});
        line.inner(format!("/assignments/{i}/unit"), field);
        line.inner(format!("/assignments/{i}/sent_at"), Field::SentAt);
        if let (true, Some(one)) = (part == "lead", one.as_object_mut()) {
            let mut put = |key: &str, field: Field, value: Value| {
                line.inner(format!("/assignments/{i}/{key}"), field);
                one.insert(key.to_owned(), value);
            };
            if let Some(at) = signed {
                put("signed_at", Field::SignedAt, at.to_string().into());
            }
            if let Some(at) = contacted {
                let outcome = outcome.as_deref().unwrap_or("spoke");
                let tried = json!([{"at": at.to_string(), "outcome": outcome}]);
                put("contacts", Field::ContactedAt, tried);
            }
            if let Some(at) = replied {
                put("replied_at", Field::RepliedAt, at.to_string().into());
            }
            if let Some(reply) = &reply {
                put("reply", Field::Reply, reply.as_ref().into());
            }
        }
        assignments.push(one);
    }
    if !assignments.is_empty() {
        line.put("assignments", Field::Units, assignments);
    }
    if let Some(at) = reviewed {
        let pass = passed.as_deref() != Some("no");
        line.put("reviews", Field::ReviewedAt, json!([{"at": at.to_string(), "pass": pass}]));
    }
}

fn survey(line: &mut Line, fields: &mut Fields<'_>, course: &mut Course) {
    let mut asked = Map::new();
    for (key, field, words, all) in [
        ("outcome", Field::SurveyOutcome, Words::SurveyOutcome, list!(Outcome)),
        ("contacted", Field::Contacted, Words::Contacted, list!(Contacted)),
        ("solved", Field::Solved, Words::Solved, list!(Solved)),
        ("satisfied", Field::Satisfied, Words::Satisfied, list!(Satisfied)),
    ] {
        if let Some(code) = fields.code(field, words, &all) {
            line.inner(format!("/surveys/0/{key}"), field);
            asked.insert(key.to_owned(), code.into());
        }
    }
    let flags = fields.codes(Field::BottomLine, Words::BottomLine, &list!(BottomLine));
    let comment = fields.text(Field::Comment);
    let at = course.next(fields, Field::SurveyedAt);
    if asked.is_empty() && flags.is_empty() && at.is_none() {
        return;
    }
    // Without a time of its own it was asked when the ticket was closed.
    let at = at.or_else(|| {
        let closed = fields.time(Field::ClosedAt, Year::From(course.from))?;
        Some(course.settled(closed))
    });
    let Some(at) = at else { return fields.missing(Field::SurveyedAt) };
    asked.entry("outcome").or_insert_with(|| "reached".into());
    asked.insert("at".to_owned(), at.to_string().into());
    asked.insert("bottom_line".to_owned(), flags.into());
    if let Some(comment) = comment {
        asked.insert("comment".to_owned(), comment.as_ref().into());
    }
    line.put("surveys", Field::SurveyedAt, json!([asked]));
}

fn end(line: &mut Line, fields: &mut Fields<'_>, course: &mut Course) {
    let closed = course.next(fields, Field::ClosedAt);
    if let Some(at) = closed {
        line.put("closed_at", Field::ClosedAt, at.to_string());
    }
    let all = list!(ExclusionReason);
    let reason = fields.code(Field::ExclusionReason, Words::ExclusionReason, &all);
    let at = course.next(fields, Field::ExcludedAt);
    match (reason, at.or(closed)) {
        (Some(reason), Some(at)) => {
            let at = at.to_string();
            let exclusion =
                json!({"reason": reason, "asked_at": at, "decided_at": at, "approved": true});
            line.put("exclusion", Field::ExcludedAt, exclusion);
        }
        (Some(_), None) => fields.missing(Field::ExcludedAt),
        (None, _) => {}
    }
}

/// The column that a pointer of the history file comes from: its own, else that of what it is in.
pub(super) fn column(line: &Line, error: &FieldError) -> Option<Field> {
    let mut pointer = error.pointer.as_str();
    while !pointer.is_empty() {
        if let Some(field) = line.columns.get(pointer) {
            return Some(*field);
        }
        pointer = pointer.rsplit_once('/').map_or("", |(outer, _)| outer);
    }
    None
}
