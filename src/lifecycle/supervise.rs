//! Lifecycle: proposed rungs of the ladder of supervision, taken or refused by a reviewer. Its rule: what is proposed is
//! counted when it is asked for; a rung is opened by the command `supervise`, in a person's name.

use super::{Hotline, Rules};
use crate::audit::{self, Entry};
use crate::db::{Conn, Tx};
use crate::directory::Directory;
use crate::error::{Error, Kind, Result, sentence};
use crate::handling::ladder::{
    About, Proposal, Trigger, Verdict, Working, about, disappointments, proposals,
};
use crate::handling::store;
use crate::identity::{Actor, Role};
use crate::limits::span::DAY_MS;
use crate::ticket::Text;
use crate::ticket::command::{Command, Supervise, Target};
use crate::ticket::sight::is_of;
use crate::ticket::store::load_by_id;
use crate::time::Stamp;

impl Hotline {
    /// What the profile's triggers propose at `now` and nobody has decided.
    ///
    /// # Errors
    /// The database's own.
    pub fn proposed(&self, conn: &mut Conn, rules: &Rules, now: Stamp) -> Result<Vec<Proposal>> {
        let working = store::working(conn, now, None)?;
        climbing(conn, rules, (&working, None), now)
    }

    /// A reviewer takes the proposal `key`, which opens its rung, or refuses it.
    ///
    /// # Errors
    /// 403, also `supervise.own_unit`; 404 where nothing of that key is proposed now; what `supervise` refuses.
    pub fn decide_proposal(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        (key, verdict): (&str, Verdict),
    ) -> Result<Proposal> {
        actor.require(&[Role::Reviewer])?;
        let rules = self.rules.current(tx.conn, tx.now)?;
        let proposal = proposal(tx, &rules, key)?;
        may_decide(actor, &proposal, &rules.directory)?;
        let by = (actor.user, actor.name.as_str());
        store::decide(tx, &proposal, verdict, by)?;
        if verdict == Verdict::Refused {
            // Of what is taken the ticket's own history tells.
            audit::record(tx, &Entry::new(by, "supervision.refuse", ("proposal", &proposal.key)))?;
        } else {
            let vault = rules.vault(&self.keys);
            let stored = load_by_id(tx.conn, vault, proposal.ticket)?;
            let stored = stored.ok_or_else(Error::not_found)?;
            let text = Text::parse(&words(&proposal)).map_err(Error::internal)?;
            // Whoever leads meanwhile is not meant.
            let units = vec![proposal.unit.clone()];
            let body = Supervise { step: proposal.step, text, due_at: None, units };
            let command = Command::Supervise(body);
            self.perform(tx, &rules, actor, &stored, &command, Target::default())?;
        }
        Ok(proposal)
    }
}

/// Whether `actor` may decide `proposal`: a reviewer, who is nobody of the unit that it is about, nor below it.
///
/// # Errors
/// 403, also `supervise.own_unit`.
pub fn may_decide(actor: &Actor, proposal: &Proposal, directory: &Directory) -> Result<()> {
    actor.require(&[Role::Reviewer])?;
    if is_of(actor, &proposal.unit, directory) {
        return Err(Error::new(Kind::Forbidden, "supervise.own_unit"));
    }
    Ok(())
}

/// What follows from these leads, and from what is or was lately supervised: all of it, or what a proposal and its key
/// rest on.
fn climbing(
    conn: &mut Conn,
    rules: &Rules,
    (working, only): (&[Working], Option<(&About, &str)>),
    now: Stamp,
) -> Result<Vec<Proposal>> {
    let rule = &rules.profile.supervision;
    let days = i64::from(rule.interview.days.max(rule.circular.days));
    // A rung that was opened on late work still counts, however long it is late.
    let late = working.iter().filter_map(Working::limit).min().unwrap_or(now);
    let since = now.plus_millis(-days * DAY_MS).min(late);
    let rungs = store::rungs(conn, since, only.map(|(about, _)| about))?;
    let decided = store::decided(conn, only)?;
    let mut found = proposals((working, &rungs), &decided, (rule, &rules.calendar), now);
    // Nobody's warnings are looked at for a key that does not rest on one.
    let (of, rests_on_one) = match only {
        None => (None, true),
        Some((About::Ticket(id), key)) => (Some(*id), key.starts_with("dissatisfied.")),
        Some((About::Unit(_), _)) => (None, false),
    };
    if rests_on_one {
        let leads = store::disappointing(conn, of)?;
        found.extend(disappointments(&leads, &rungs, &decided));
    }
    Ok(found)
}

/// The proposal `key`, as long as it is one; nothing else is looked at than what it rests on, so that whoever
/// writes to other tickets meanwhile is not in the way.
fn proposal(tx: &mut Tx<'_>, rules: &Rules, key: &str) -> Result<Proposal> {
    let about = about(key).ok_or_else(Error::not_found)?;
    let working = match &about {
        About::Ticket(id) => store::working(tx.conn, tx.now, Some(*id))?,
        About::Unit(_) => Vec::new(),
    };
    let all = climbing(tx.conn, rules, (&working, Some((&about, key))), tx.now)?;
    all.into_iter().find(|it| it.key == key).ok_or_else(Error::not_found)
}

/// Why, as the unit and the reviewer read it.
pub fn words(proposal: &Proposal) -> String {
    let count = proposal.count.to_string();
    let values = [("count", count.as_str())];
    match proposal.trigger {
        Trigger::Overdue => sentence("supervise.overdue", &values),
        Trigger::Rework => sentence("supervise.reworks", &values),
        Trigger::Unanswered => sentence("supervise.unanswered", &values),
        Trigger::Unsettled => sentence("supervise.unsettled", &values),
        Trigger::Urged => sentence("supervise.urged", &values),
        Trigger::Silent => sentence("supervise.silent", &values),
        Trigger::Supervised => sentence("supervise.supervised", &values),
        Trigger::Interviewed => sentence("supervise.interviewed", &values),
        Trigger::Dissatisfied => sentence("supervise.dissatisfied", &values),
    }
}
