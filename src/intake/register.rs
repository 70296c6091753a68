//! Intake: registering what a citizen asked. Its rule: every field is checked before a number is
//! spent, and each wrong one is named.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::code_enum;
use crate::directory::{Channel, CompanyCode, Directory, Kind, Urgency};
use crate::error::{Error, FieldError, Result};
use crate::sealing::beginning;
use crate::ticket::{CallRef, Caller, Matter, Mode, Place, Scene, State, Text, Ticket, Upstream};
use crate::time::Stamp;

code_enum! {
    /// Whether the catalogue may dispatch at once.
    pub enum DispatchMode { Hold = "hold" "人工派单", Auto = "auto" "自动派单" }
}

/// The intake body of contract.md.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub kind: Kind,
    pub channel: Channel,
    /// Defaults to `hold` for agents and `auto` otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<DispatchMode>,
    /// Only where it lies in the past (letters, visits, paper), with a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub received_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_reason: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallRef>,
    #[serde(default)]
    pub caller: Caller,
    pub matter: Matter,
    #[serde(default)]
    pub place: Place,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Text>,
    /// The `slip` of the suggestions that were shown, so that it is noted whether they were taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<String>,
    /// The number of a live ticket on the same matter, which it is merged into at once: a known incident. It
    /// is then dispatched to nobody, whatever `dispatch` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<Text>,
}

/// Makes the ticket of `draft`, numbered `no`, with its first clocks running.
///
/// # Errors
/// 422 with every wrong field: an unknown code, a time in the future, a past time without a
/// reason, nobody to answer to.
pub fn register(scene: &Scene<'_>, no: String, draft: &Draft) -> Result<Ticket> {
    check(scene, draft)?;
    let received_at = received_at(scene, draft);
    let urgency = urgency(scene, draft);
    let place = completed_place(scene.directory, &draft.place);
    let day = received_at.day(scene.calendar.zone());
    let company = company_of(scene.directory, &place, day);
    let content = draft.matter.content.clone().into_string();
    let title = draft
        .matter
        .title
        .clone()
        .map_or_else(|| first_words(&content, &draft.caller), Text::into_string);
    let mut ticket = Ticket {
        no,
        kind: draft.kind,
        channel: draft.channel,
        urgency,
        state: State::Accepted {},
        received_at,
        received_reason: draft.received_reason.clone(),
        registered_at: scene.now,
        upstream: draft.upstream.clone(),
        call: draft.call.clone(),
        caller: draft.caller.clone(),
        former_names: Vec::new(),
        phone_changed_at: None,
        title,
        content,
        category: draft.matter.category.clone(),
        event_time: draft.matter.event_time,
        accused: draft.matter.accused.as_ref().map(|it| accused_party(scene.directory, it)),
        tags: draft.matter.tags.clone(),
        place,
        company,
        profile: scene.profile_tag(),
        class: scene.class_of(draft.kind),
        code: None,
        code_hash: None,
        assignments: std::collections::BTreeMap::new(),
        timers: std::collections::BTreeMap::new(),
        endings: Vec::new(),
        direct: None,
        reply: None,
        first_passed_at: None,
        handled_ms: None,
        attempts: Vec::new(),
        triages: Vec::new(),
        ledgers: Vec::new(),
        exclusion: None,
        supervisions: std::collections::BTreeMap::new(),
        whistles: std::collections::BTreeMap::new(),
        notes: Vec::new(),
        attachments: std::collections::BTreeMap::new(),
        flags: Vec::new(),
        urges: Vec::new(),
        withdrawal: None,
        suspended: None,
        advice: None,
        matches: Vec::new(),
        children: Vec::new(),
        noted: std::collections::BTreeMap::new(),
        previous: draft.previous.clone().map(Text::into_string),
    };
    let upstream = draft.upstream.as_ref().map(|upstream| upstream.received_at);
    ticket.start_overall(scene, upstream.unwrap_or(received_at));
    ticket.back_to_accepted(scene);
    Ok(ticket)
}

fn received_at(scene: &Scene<'_>, draft: &Draft) -> Stamp {
    draft
        .received_at
        .or_else(|| draft.upstream.as_ref().map(|upstream| upstream.received_at))
        .unwrap_or(scene.now)
}

fn urgency(scene: &Scene<'_>, draft: &Draft) -> Urgency {
    draft
        .matter
        .urgency
        .or_else(|| {
            let category = draft.matter.category.as_ref()?;
            scene.directory.default_urgency(category)
        })
        .unwrap_or(scene.profile.default_urgency)
}

/// The accused as written down: a unit that was called by its name stands there by its code, so
/// that the case is hidden from it (domain.md §11).
pub fn accused_party(directory: &Directory, accused: &Text) -> Text {
    let same = |name: &str| name.split_whitespace().eq(accused.split_whitespace());
    let is_code = directory.unit(&accused.as_str().into()).is_some();
    let named = directory.units().find(|unit| !is_code && same(&unit.name));
    named.and_then(|unit| Text::parse(unit.code.as_str()).ok()).unwrap_or_else(|| accused.clone())
}

/// The place with the estate's region where none was given.
pub fn completed_place(directory: &Directory, place: &Place) -> Place {
    let mut place = place.clone();
    if place.region.is_none()
        && let Some(code) = &place.estate
        && let Some(estate) = directory.estate(code)
    {
        place.region = Some(estate.region.clone());
    }
    place
}

/// The estate's property company on `day`.
pub fn company_of(
    directory: &Directory,
    place: &Place,
    day: chrono::NaiveDate,
) -> Option<CompanyCode> {
    directory.company_on(place.estate.as_ref()?, day).cloned()
}

/// A title for a ticket that came without one: the first clause, at most 30 characters; what is
/// masked whole is not cut in two.
fn first_words(content: &str, caller: &Caller) -> String {
    let clause = content.split(['。', '！', '？', '\n', '；']).next().unwrap_or(content);
    let names: Vec<&str> = caller.name.iter().map(Text::as_str).collect();
    beginning(clause, 30, &names).to_owned()
}

fn check(scene: &Scene<'_>, draft: &Draft) -> Result<()> {
    let mut wrong = Vec::new();
    check_times(scene, draft, &mut wrong);
    check_caller(&draft.caller, scene.mode, &mut wrong);
    check_codes(scene.directory, draft, &mut wrong);
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

fn check_times(scene: &Scene<'_>, draft: &Draft, wrong: &mut Vec<FieldError>) {
    if scene.mode == Mode::History {
        return;
    }
    if let Some(at) = draft.received_at {
        if at > scene.now {
            wrong.push(FieldError::new("/received_at", "field.in_future"));
        } else if at < scene.now && draft.received_reason.is_none() {
            wrong.push(FieldError::new("/received_reason", "intake.reason_for_past"));
        }
    }
    if draft.upstream.as_ref().is_some_and(|upstream| upstream.received_at > scene.now) {
        wrong.push(FieldError::new("/upstream/received_at", "field.in_future"));
    }
}

fn check_caller(caller: &Caller, mode: Mode, wrong: &mut Vec<FieldError>) {
    let nobody = !caller.anonymous && caller.phone.is_none() && caller.email.is_none();
    // An older system may not have kept whom to answer; that is no reason to lose the ticket.
    if nobody && mode == Mode::Live {
        wrong.push(FieldError::new("/caller/phone", "intake.nobody_to_answer"));
    }
    check_reach(caller, "/caller", wrong);
}

/// The forms of phones and mail address; `pointer` is where the caller stands.
pub fn check_reach(caller: &Caller, pointer: &str, wrong: &mut Vec<FieldError>) {
    for (field, phone) in [("phone", &caller.phone), ("second_phone", &caller.second_phone)] {
        if let Some(phone) = phone
            && !is_phone(phone)
        {
            wrong.push(FieldError::new(format!("{pointer}/{field}"), "intake.phone_form"));
        }
    }
    if let Some(email) = &caller.email
        && !is_email(email)
    {
        wrong.push(FieldError::new(format!("{pointer}/email"), "intake.email_form"));
    }
}

/// Digits with the usual separators, 3 to 20 of them.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (3..=20).contains(&digits)
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')'))
}

/// One `@` with something on both sides, and no space nor a letter that few mail servers can carry;
/// a mail that fails says the rest.
fn is_email(text: &str) -> bool {
    text.len() <= 200
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.contains('@')
        })
}

/// The codes a draft names must be in the directory.
pub fn check_codes(directory: &Directory, draft: &Draft, wrong: &mut Vec<FieldError>) {
    if let Some(category) = &draft.matter.category
        && directory.category(category).is_none()
    {
        wrong.push(FieldError::new("/matter/category", "field.unknown_code"));
    }
    check_place(directory, &draft.place, "/place", wrong);
}

/// The codes a place names must be in the directory.
pub fn check_place(
    directory: &Directory,
    place: &Place,
    pointer: &str,
    wrong: &mut Vec<FieldError>,
) {
    if let Some(region) = &place.region
        && directory.region(region).is_none()
    {
        wrong.push(FieldError::new(format!("{pointer}/region"), "field.unknown_code"));
    }
    if let Some(estate) = &place.estate
        && directory.estate(estate).is_none()
    {
        wrong.push(FieldError::new(format!("{pointer}/estate"), "field.unknown_code"));
    }
    if let Some(point) = place.point
        && !((-90.0..=90.0).contains(&point.lat) && (-180.0..=180.0).contains(&point.lng))
    {
        wrong.push(FieldError::new(format!("{pointer}/point"), "field.format"));
    }
}
