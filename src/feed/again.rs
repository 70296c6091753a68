//! Feed: a ticket that the platform sends again. Its rule: never a second ticket and never a lost fact: the
//! same content changes nothing; what is said otherwise than the last time becomes a public note, once, and
//! what it says of the caller is put right. So a slip that is taken back is taken back here.

use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::db::Tx;
use crate::error::{Error, Result, sentence};
use crate::identity::Actor;
use crate::intake::{Draft, amend, register};
use crate::lifecycle::{Hotline, Rules};
use crate::ticket::command::{Amend, Fields, Target};
use crate::ticket::event::{Event, apply, patch};
use crate::ticket::overlay::Note;
use crate::ticket::store::{self, Stored};
use crate::ticket::{Caller, Mode, Scene, Text, Ticket};

/// The event that keeps what was said.
const FACTS: &str = "upstream/facts";
/// What the platform says of a ticket, by its names in the document; urgency and title only where it says
/// them, since else they are worked out.
const SAID: &[&str] =
    &["kind", "content", "category", "accused", "tags", "event_time", "place", "caller"];

/// What became of a ticket that was sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It said what was known.
    Same,
    /// It said something else, which stands in a note now.
    Noted,
}

/// The ticket that `draft`'s number has, and what `draft` adds to it, in a write of its own.
///
/// # Errors
/// 404 where it is not the platform's; 422 where the draft could not be registered either.
pub fn come_again(hotline: &Arc<Hotline>, actor: &Actor, draft: &Draft) -> Result<(Stored, Again)> {
    let (here, actor, draft) = (hotline.clone(), actor.clone(), draft.clone());
    hotline.db.write(move |tx| again(tx, &here, &actor, &draft))
}

/// The same within a write.
pub fn again(
    tx: &mut Tx<'_>,
    hotline: &Hotline,
    actor: &Actor,
    draft: &Draft,
) -> Result<(Stored, Again)> {
    let upstream = draft.upstream.as_ref().ok_or_else(Error::not_found)?;
    let no = super::store::ticket_of(tx.conn, &upstream.no)?.ok_or_else(Error::not_found)?;
    let rules = hotline.rules.current(tx.conn, tx.now)?;
    let stored = hotline.see(tx.conn, &rules, actor, &no)?;
    let scene = rules.scene(actor, tx.now, Mode::Live);
    let before = last_said(&store::load_events(tx.conn, &stored)?);
    let last: Ticket = serde_json::from_value(before.clone()).map_err(Error::internal)?;
    let said = register(&scene, no, draft)?;
    let news = patch(&before, &said_since(&before, &said, draft)?);
    if news.as_object().is_none_or(serde_json::Map::is_empty) {
        return Ok((stored, Again::Same));
    }
    let lines = differences((&last, &said), draft, rules.profile.zone);
    let caller = changed_caller(&last.caller, &said.caller, &stored.ticket.caller);
    let mut after = stored.ticket.clone();
    let mut notes = Vec::new();
    if !lines.is_empty() {
        notes.push(sentence("upstream.said_again", &[("what", &lines.join("；"))]));
    }
    if let Some(caller) = caller.filter(|caller| *caller != stored.ticket.caller) {
        notes.push(put_right(&mut after, &scene, caller)?);
    }
    // What we had put right ourselves is no news here, but it is the platform's last word.
    let known = notes.is_empty() && after == stored.ticket;
    let kept = note(tx, (hotline, &rules), actor, &stored, after, (&notes, news))?;
    Ok((kept, if known { Again::Same } else { Again::Noted }))
}

/// The ticket's document as the platform has told it so far: what it said first, and each later word over it.
fn last_said(events: &[Event]) -> Value {
    let mut document = events.first().map(|event| event.patch.clone()).unwrap_or_default();
    let later = events.iter().filter(|event| event.command == FACTS);
    for said in later.filter_map(|event| event.body.get("said")) {
        apply(&mut document, said);
    }
    document
}

/// `before` with what is said now over it. What is not said now stays as it was said.
fn said_since(before: &Value, said: &Ticket, draft: &Draft) -> Result<Value> {
    let mut now = serde_json::to_value(said).map_err(Error::internal)?;
    let due_at = now.pointer("/upstream/due_at").cloned();
    if let Some(fields) = now.as_object_mut() {
        fields.retain(|name, _| match name.as_str() {
            "urgency" => draft.matter.urgency.is_some(),
            "title" => draft.matter.title.is_some(),
            name => SAID.contains(&name),
        });
        if let Some(due_at) = due_at {
            fields.insert("upstream".to_owned(), json!({ "due_at": due_at }));
        }
    }
    let mut document = before.clone();
    apply(&mut document, &now);
    Ok(document)
}

/// Writes the notes down, and beside them what was said, to compare the next word with.
fn note(
    tx: &mut Tx<'_>,
    (hotline, rules): (&Hotline, &Rules),
    actor: &Actor,
    stored: &Stored,
    mut after: Ticket,
    (notes, said): (&[String], Value),
) -> Result<Stored> {
    let (at, by) = (tx.now, &actor.name);
    after.notes.extend(notes.iter().map(|text| Note {
        at,
        by: by.clone(),
        text: text.clone(),
        public: true,
    }));
    let body = json!({ "notes": notes, "said": said });
    hotline.keep(tx, rules, actor, stored, after, FACTS, body, Target::default())
}

/// The caller as corrected; what is answered says how that went, and nothing personal.
fn put_right(ticket: &mut Ticket, scene: &Scene<'_>, caller: Caller) -> Result<String> {
    let fields = Fields { caller: Some(caller), ..Fields::default() };
    let reason = Text::parse(&sentence("upstream.caller_changed", &[])).map_err(Error::internal)?;
    let code = match amend::amend(ticket, scene, &Amend { fields, reason }) {
        Ok(()) => "upstream.caller_changed",
        // Such as one who must be hidden now from the company that leads: a person decides.
        Err(_) => "upstream.caller_unchanged",
    };
    Ok(sentence(code, &[]))
}

/// What the platform says otherwise than the last time: a line for each.
fn differences((last, said): (&Ticket, &Ticket), draft: &Draft, zone: Tz) -> Vec<String> {
    let text = |text: &Option<Text>| text.as_ref().map(ToString::to_string);
    let mut lines = Vec::new();
    let mut line = |code: &'static str, before: Option<String>, now: Option<String>| {
        if let Some(value) = now.filter(|now| before.as_ref() != Some(now)) {
            lines.push(sentence(code, &[("value", &value)]));
        }
    };
    let zh = |ticket: &Ticket| Some(ticket.kind.zh().to_owned());
    line("upstream.said.kind", zh(last), zh(said));
    let zh = |ticket: &Ticket| Some(ticket.urgency.zh().to_owned());
    line("upstream.said.urgency", zh(last), zh(said).filter(|_| draft.matter.urgency.is_some()));
    let title = Some(said.title.clone()).filter(|_| draft.matter.title.is_some());
    line("upstream.said.title", Some(last.title.clone()), title);
    line("upstream.said.content", Some(last.content.clone()), Some(said.content.clone()));
    let code = |ticket: &Ticket| ticket.category.as_ref().map(ToString::to_string);
    line("upstream.said.category", code(last), code(said));
    line("upstream.said.accused", text(&last.accused), text(&said.accused));
    let tags = |ticket: &Ticket| {
        let tags: Vec<&str> = ticket.tags.iter().map(Text::as_str).collect();
        (!tags.is_empty()).then(|| tags.join("、"))
    };
    line("upstream.said.tags", tags(last), tags(said));
    let time = |at: Option<crate::time::Stamp>| at.map(|at| at.rfc3339(zone));
    line("upstream.said.event_time", time(last.event_time), time(said.event_time));
    let code = |ticket: &Ticket| ticket.place.region.as_ref().map(ToString::to_string);
    line("upstream.said.region", code(last), code(said));
    let code = |ticket: &Ticket| ticket.place.estate.as_ref().map(ToString::to_string);
    line("upstream.said.estate", code(last), code(said));
    line("upstream.said.building", text(&last.place.building), text(&said.place.building));
    line("upstream.said.address", text(&last.place.address), text(&said.place.address));
    let point = |ticket: &Ticket| ticket.place.point.map(|it| format!("{},{}", it.lat, it.lng));
    line("upstream.said.point", point(last), point(said));
    let due = |ticket: &Ticket| time(ticket.upstream.as_ref().and_then(|it| it.due_at));
    line("upstream.said.due_at", due(last), due(said));
    lines
}

/// What is said of the caller otherwise than the last time, over what is known now; nothing where it is the same.
fn changed_caller(last: &Caller, said: &Caller, now: &Caller) -> Option<Caller> {
    if last == said {
        return None;
    }
    let other = |last: &Option<Text>, said: &Option<Text>, now: &Option<Text>| {
        if said.is_some() && last != said { said.clone() } else { now.clone() }
    };
    let yes = |last: bool, said: bool, now: bool| if last == said { now } else { said };
    Some(Caller {
        name: other(&last.name, &said.name, &now.name),
        phone: other(&last.phone, &said.phone, &now.phone),
        second_phone: other(&last.second_phone, &said.second_phone, &now.second_phone),
        email: other(&last.email, &said.email, &now.email),
        party: said.party.filter(|party| last.party != Some(*party)).or(now.party),
        anonymous: yes(last.anonymous, said.anonymous, now.anonymous),
        confidential: yes(last.confidential, said.confidential, now.confidential),
        reply_wanted: yes(last.reply_wanted, said.reply_wanted, now.reply_wanted),
        preferred_hour: other(&last.preferred_hour, &said.preferred_hour, &now.preferred_hour),
        do_not_call: yes(last.do_not_call, said.do_not_call, now.do_not_call),
    })
}
