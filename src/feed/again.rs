//! Feed: a ticket that the platform sends again. Its rule: never a second ticket and never a lost fact: the
//! same content changes nothing; what is said otherwise than at first becomes a public note, once, and what
//! it says of the caller is put right.

use std::sync::Arc;

use crate::db::Tx;
use crate::error::{Error, Result, sentence};
use crate::identity::Actor;
use crate::intake::{Draft, amend, register};
use crate::lifecycle::{Hotline, Rules};
use crate::ticket::command::{Amend, Fields, Target};
use crate::ticket::overlay::Note;
use crate::ticket::store::{self, Stored};
use crate::ticket::{Caller, Mode, Scene, Text, Ticket, event};

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
    let events = store::load_events(tx.conn, &stored)?;
    let first = event::replay(events.first())?;
    let said = register(&scene, no, draft)?;
    let lines = differences(&first, &said, draft);
    let caller = changed_caller(&first.caller, &said.caller, &stored.ticket.caller);
    let mut after = stored.ticket.clone();
    let mut notes = Vec::new();
    if !lines.is_empty() {
        notes.push(sentence("upstream.said_again", &[("what", &lines.join("；"))]));
    }
    if let Some(caller) = caller.filter(|caller| *caller != stored.ticket.caller) {
        notes.push(put_right(&mut after, &scene, caller)?);
    }
    // Said a third time it is no news.
    let known =
        |text: &str| stored.ticket.notes.iter().any(|it| it.text == text && it.by == actor.name);
    notes.retain(|text| !known(text));
    if notes.is_empty() && after == stored.ticket {
        return Ok((stored, Again::Same));
    }
    let kept = note(tx, (hotline, &rules), actor, &stored, after, &notes)?;
    Ok((kept, Again::Noted))
}

fn note(
    tx: &mut Tx<'_>,
    (hotline, rules): (&Hotline, &Rules),
    actor: &Actor,
    stored: &Stored,
    mut after: Ticket,
    notes: &[String],
) -> Result<Stored> {
    let (at, by) = (tx.now, &actor.name);
    after.notes.extend(notes.iter().map(|text| Note {
        at,
        by: by.clone(),
        text: text.clone(),
        public: true,
    }));
    let body = serde_json::json!({ "notes": notes });
    hotline.keep(tx, rules, actor, stored, after, "upstream/facts", body, Target::default())
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

/// What the platform says otherwise than at first: a line for each.
fn differences(first: &Ticket, said: &Ticket, draft: &Draft) -> Vec<String> {
    let text = |text: &Option<Text>| text.as_ref().map(ToString::to_string);
    let mut lines = Vec::new();
    let mut line = |code: &'static str, before: Option<String>, now: Option<String>| {
        if let Some(value) = now.filter(|now| before.as_ref() != Some(now)) {
            lines.push(sentence(code, &[("value", &value)]));
        }
    };
    let zh = |ticket: &Ticket| Some(ticket.kind.zh().to_owned());
    line("upstream.said.kind", zh(first), zh(said));
    let zh = |ticket: &Ticket| Some(ticket.urgency.zh().to_owned());
    line("upstream.said.urgency", zh(first), zh(said).filter(|_| draft.matter.urgency.is_some()));
    let title = Some(said.title.clone()).filter(|_| draft.matter.title.is_some());
    line("upstream.said.title", Some(first.title.clone()), title);
    line("upstream.said.content", Some(first.content.clone()), Some(said.content.clone()));
    let code = |ticket: &Ticket| ticket.category.as_ref().map(ToString::to_string);
    line("upstream.said.category", code(first), code(said));
    line("upstream.said.accused", text(&first.accused), text(&said.accused));
    let tags = |ticket: &Ticket| {
        let tags: Vec<&str> = ticket.tags.iter().map(Text::as_str).collect();
        (!tags.is_empty()).then(|| tags.join("、"))
    };
    line("upstream.said.tags", tags(first), tags(said));
    let time = |at: Option<crate::time::Stamp>| at.map(|at| at.rfc3339(chrono_tz::Asia::Shanghai));
    line("upstream.said.event_time", time(first.event_time), time(said.event_time));
    let code = |ticket: &Ticket| ticket.place.region.as_ref().map(ToString::to_string);
    line("upstream.said.region", code(first), code(said));
    let code = |ticket: &Ticket| ticket.place.estate.as_ref().map(ToString::to_string);
    line("upstream.said.estate", code(first), code(said));
    line("upstream.said.building", text(&first.place.building), text(&said.place.building));
    line("upstream.said.address", text(&first.place.address), text(&said.place.address));
    let point = |ticket: &Ticket| ticket.place.point.map(|it| format!("{},{}", it.lat, it.lng));
    line("upstream.said.point", point(first), point(said));
    let due = |ticket: &Ticket| time(ticket.upstream.as_ref().and_then(|it| it.due_at));
    line("upstream.said.due_at", due(first), due(said));
    lines
}

/// What is said of the caller otherwise than at first, over what is known now; nothing where it is the same.
fn changed_caller(first: &Caller, said: &Caller, now: &Caller) -> Option<Caller> {
    if first == said {
        return None;
    }
    let other = |first: &Option<Text>, said: &Option<Text>, now: &Option<Text>| {
        if said.is_some() && first != said { said.clone() } else { now.clone() }
    };
    let yes = |first: bool, said: bool, now: bool| if first == said { now } else { said };
    Some(Caller {
        name: other(&first.name, &said.name, &now.name),
        phone: other(&first.phone, &said.phone, &now.phone),
        second_phone: other(&first.second_phone, &said.second_phone, &now.second_phone),
        email: other(&first.email, &said.email, &now.email),
        party: said.party.or(now.party),
        anonymous: yes(first.anonymous, said.anonymous, now.anonymous),
        confidential: yes(first.confidential, said.confidential, now.confidential),
        reply_wanted: yes(first.reply_wanted, said.reply_wanted, now.reply_wanted),
        preferred_hour: other(&first.preferred_hour, &said.preferred_hour, &now.preferred_hour),
        do_not_call: yes(first.do_not_call, said.do_not_call, now.do_not_call),
    })
}
