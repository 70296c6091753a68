//! Bottom line: a case from its opening to the reviewer's word. Its rule: see, may, well formed, possible; who flagged or
//! answered does not decide, nor does anybody of the unit; what is said lies under the key of the ticket it is about.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{self, CaseRow};
use super::{CaseState, Rang, Source};
use crate::audit::{self, Entry};
use crate::db::{Conn, Tx};
use crate::directory::{Directory, UnitCode};
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::limits::conduct::BottomLineRule;
use crate::limits::{Calendar, due_and_soon};
use crate::notify::enclosed::Accused;
use crate::notify::outbox;
use crate::sealing::{MasterKey, RecordKey, place};
use crate::ticket::overlay::BottomLine;
use crate::ticket::sight::{Sight, is_of, sight};
use crate::ticket::store::{Stored, Vault, load_by_id, wrapped_key};
use crate::ticket::{Text, Ticket};
use crate::time::Stamp;

/// Who sees every unit's cases.
pub const JUDGES: [Role; 3] = [Role::Reviewer, Role::Leader, Role::Assessor];

/// What opens a case.
#[derive(Debug, Clone)]
pub struct Opening {
    pub flag: BottomLine,
    pub source: Source,
    pub unit: UnitCode,
    pub ticket: Option<i64>,
    pub test_call: Option<i64>,
    /// Who flagged it; 0 for the program and for citizens.
    pub by: i64,
}

/// The unit's word, or the reviewer's reason.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    pub text: Text,
}

/// The reviewer's word.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// Whether the unit touched the bottom line.
    pub uphold: bool,
    pub reason: Text,
}

/// Who acts or reads, and by which directory.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub actor: &'a Actor,
    pub keys: &'a MasterKey,
    pub directory: &'a Directory,
}

/// Whether it was not refused; what the database says is said on.
fn may(done: Result<()>) -> Result<bool> {
    match done {
        Err(error) if error.kind() == Kind::Forbidden => Ok(false),
        done => done.map(|()| true),
    }
}

/// Opens a case, due by the rule in force, and lets the unit be told, now and before its answer is due.
///
/// # Errors
/// The database's own.
pub fn open(
    tx: &mut Tx<'_>,
    rule: &BottomLineRule,
    calendar: &Calendar,
    opening: Opening,
) -> Result<CaseRow> {
    let (due_at, soon_at) = due_and_soon(rule.answer.0, tx.now, calendar);
    let Opening { flag, source, unit, ticket, test_call, by } = opening;
    let row = CaseRow {
        id: tx.id(),
        flag,
        source,
        unit,
        ticket_id: ticket,
        test_call_id: test_call,
        opened_at: tx.now,
        opened_by: by,
        soon_at,
        due_at,
        state: CaseState::Open,
        answer: None,
        answered_at: None,
        answered_by: None,
        answered_name: None,
        decision: None,
        decided_at: None,
        decided_by: None,
        decided_name: None,
    };
    store::insert(tx, &row)?;
    outbox::accuse(tx, (row.id, &row.unit), row.soon_at)?;
    Ok(row)
}

/// What a letter about the case `id` says, as long as its answer is owed.
///
/// # Errors
/// The database's own.
pub fn accused(conn: &mut Conn, id: i64) -> Result<Option<Accused>> {
    let case = store::find(conn, id)?.filter(|case| case.state == CaseState::Open);
    Ok(case.map(|case| Accused { flag: case.flag.zh(), due_at: case.due_at }))
}

impl Desk<'_> {
    /// Whether every unit's cases are this reader's to see.
    pub fn sees_all(self) -> bool {
        self.actor.has_any(&JUDGES) && !self.actor.company
    }

    /// Whether the cases of `unit` are.
    pub fn sees(self, unit: &UnitCode) -> bool {
        let works = self.actor.roles.iter().any(|role| role.sees_unit_tickets());
        self.sees_all() || works && self.actor.works_for(unit)
    }

    /// The units whose cases this reader sees, where not all.
    ///
    /// # Errors
    /// 403 for whoever sees none.
    pub fn units(self) -> Result<Option<Vec<UnitCode>>> {
        if self.sees_all() {
            return Ok(None);
        }
        self.actor.require(&[Role::Handler, Role::UnitHead])?;
        Ok(Some(self.actor.subtree.iter().cloned().collect()))
    }

    /// The head of the unit says what was.
    ///
    /// # Errors
    /// 404; 403; 422; 409 `bottom_line.answered`, `bottom_line.decided`, `bottom_line.erased`.
    pub fn answer(
        self,
        tx: &mut Tx<'_>,
        id: i64,
        read: impl FnOnce() -> Result<Explained>,
    ) -> Result<CaseRow> {
        let case = self.case(tx.conn, id)?;
        self.actor.require(&[Role::UnitHead])?;
        if !self.actor.works_for(&case.unit) {
            return Err(Error::new(Kind::Forbidden, "not_your_unit"));
        }
        let said = read()?;
        match case.state {
            CaseState::Open => {}
            CaseState::Answered => return self.refuse("bottom_line.answered", &case, tx),
            _ => return self.refuse("bottom_line.decided", &case, tx),
        }
        let Some(sealed) = self.seal(tx.conn, &case, "answer", &said.text)? else {
            return self.refuse("bottom_line.erased", &case, tx);
        };
        let after = CaseRow {
            state: CaseState::Answered,
            answer: Some(sealed),
            answered_at: Some(tx.now),
            answered_by: Some(self.actor.user),
            answered_name: Some(self.actor.name.clone()),
            ..case
        };
        self.keep(tx, "bottom_line.answer", after)
    }

    /// A reviewer upholds or dismisses it: once it is answered, or the limit for that is over.
    ///
    /// # Errors
    /// 404; 403, also `own_request` and `bottom_line.own_unit`; 422; 409 `bottom_line.awaits_answer`,
    /// `bottom_line.decided`.
    pub fn decide(
        self,
        tx: &mut Tx<'_>,
        id: i64,
        read: impl FnOnce() -> Result<Ruling>,
    ) -> Result<CaseRow> {
        let case = self.case(tx.conn, id)?;
        self.actor.require(&[Role::Reviewer])?;
        self.apart(tx.conn, &case)?;
        let ruling = read()?;
        match case.state {
            CaseState::Open if tx.now <= case.due_at => {
                return self.refuse("bottom_line.awaits_answer", &case, tx);
            }
            CaseState::Open | CaseState::Answered => {}
            _ => return self.refuse("bottom_line.decided", &case, tx),
        }
        // Of a person who was erased meanwhile no reason is kept.
        let decision = self.seal(tx.conn, &case, "decision", &ruling.reason)?;
        let after = CaseRow {
            state: if ruling.uphold { CaseState::Upheld } else { CaseState::Dismissed },
            decision,
            decided_at: Some(tx.now),
            decided_by: Some(self.actor.user),
            decided_name: Some(self.actor.name.clone()),
            ..case
        };
        self.keep(tx, "bottom_line.decide", after)
    }

    /// What this actor may do to `case` at `now`.
    ///
    /// # Errors
    /// The database's own.
    pub fn allowed(self, conn: &mut Conn, case: &CaseRow, now: Stamp) -> Result<Vec<&'static str>> {
        let answers = case.state == CaseState::Open
            && self.actor.has(Role::UnitHead)
            && self.actor.works_for(&case.unit);
        let ripe =
            case.state == CaseState::Answered || case.state == CaseState::Open && now > case.due_at;
        let decides = ripe && self.actor.has(Role::Reviewer) && may(self.apart(conn, case))?;
        let both = [(answers, "answer"), (decides, "decide")];
        Ok(both.into_iter().filter_map(|(may, name)| may.then_some(name)).collect())
    }

    /// What was answered and decided, in clear; nothing where the key of the ticket is gone. What a reviewer typed may
    /// repeat the case: whoever sees no more of the ticket than a handling copy reads the verdict and no reason.
    ///
    /// # Errors
    /// The database's own; what cannot be opened.
    pub fn words(
        self,
        conn: &mut Conn,
        case: &CaseRow,
    ) -> Result<(Option<String>, Option<String>)> {
        let answer = self.unseal(conn, case, "answer", case.answer.as_deref())?;
        let is_told = case.decision.is_some() && self.sees_the_case(conn, case)?;
        let decision = case.decision.as_deref().filter(|_| is_told);
        Ok((answer, self.unseal(conn, case, "decision", decision)?))
    }

    fn sees_the_case(self, conn: &mut Conn, case: &CaseRow) -> Result<bool> {
        if case.ticket_id.is_none() || self.sees_all() {
            return Ok(true);
        }
        let stored = self.stored(conn, case)?;
        Ok(stored.is_some_and(|it| sight(&it.ticket, self.actor, self.directory) == Sight::Case))
    }

    /// Whoever said the same of the unit while the case waited has flagged it too.
    fn flagged_nothing(self, case: &CaseRow, ticket: &Ticket) -> Result<()> {
        let reported =
            ticket.flags.iter().filter(|it| it.flag == case.flag && it.unit == case.unit);
        let surveyed = ticket.attempts.iter().filter(|it| it.bottom_line.contains(&case.flag));
        let mut all = reported.map(|it| it.by).chain(surveyed.map(|it| it.by));
        all.try_for_each(|user| self.actor.require_other_than(user))
    }

    /// Whoever tried the phone in vain before it was found dead has flagged it too: every try since the last that was
    /// answered.
    fn called_nothing(self, conn: &mut Conn, case: &CaseRow) -> Result<()> {
        let Some(id) = case.test_call_id else { return Ok(()) };
        let Some(last) = store::calls(conn, &[id])?.pop() else { return Ok(()) };
        let calls = store::calls_to(conn, &last.unit, &last.number, Stamp::from_millis(0))?;
        let before = calls.iter().rev().skip_while(|call| call.id > id);
        let tries = before.take_while(|call| call.outcome != Rang::Answered);
        let mut tries = tries.filter(|call| call.outcome != Rang::OutOfHours);
        tries.try_for_each(|call| self.actor.require_other_than(call.by_id))
    }

    /// The ticket it rests on; nothing where there is none, or it was erased.
    fn stored(self, conn: &mut Conn, case: &CaseRow) -> Result<Option<Stored>> {
        let Some(id) = case.ticket_id else { return Ok(None) };
        load_by_id(conn, Vault { keys: self.keys }, id)
    }

    /// Neither whoever flagged or answered, nor anybody of the unit or below it.
    fn apart(self, conn: &mut Conn, case: &CaseRow) -> Result<()> {
        self.actor.require_other_than(case.opened_by)?;
        case.answered_by.map_or(Ok(()), |head| self.actor.require_other_than(head))?;
        if self.is_of(&case.unit) {
            return Err(Error::new(Kind::Forbidden, "bottom_line.own_unit"));
        }
        self.called_nothing(conn, case)?;
        let stored = self.stored(conn, case)?;
        stored.map_or(Ok(()), |stored| self.flagged_nothing(case, &stored.ticket))
    }

    /// Whether the actor belongs to `unit` or below it.
    pub(super) fn is_of(self, unit: &UnitCode) -> bool {
        is_of(self.actor, unit, self.directory)
    }

    fn case(self, conn: &mut Conn, id: i64) -> Result<CaseRow> {
        let found = store::find(conn, id)?.filter(|case| self.sees(&case.unit));
        found.ok_or_else(Error::not_found)
    }

    fn refuse<T>(self, code: &'static str, case: &CaseRow, tx: &mut Tx<'_>) -> Result<T> {
        let allowed = self.allowed(tx.conn, case, tx.now)?;
        let allowed = allowed.into_iter().map(str::to_owned).collect();
        Err(Error::refused(code).in_state(case.state.as_str(), allowed))
    }

    fn keep(self, tx: &mut Tx<'_>, action: &'static str, after: CaseRow) -> Result<CaseRow> {
        store::save(tx, &after)?;
        let (by, id) = ((self.actor.user, self.actor.name.as_str()), after.id.to_string());
        let entry = Entry::new(by, action, ("bottom_line", &id));
        audit::record(tx, &entry.detailed(after.state.as_str()))?;
        Ok(after)
    }

    /// Masked as the ticket's other texts are, and sealed under its key; nothing where that is gone.
    fn seal(
        self,
        conn: &mut Conn,
        case: &CaseRow,
        column: &str,
        text: &Text,
    ) -> Result<Option<Vec<u8>>> {
        let aad = place("bottom_case", column, case.id);
        if case.ticket_id.is_none() {
            return self.keys.seal(text.as_bytes(), &aad).map(Some);
        }
        let Some(stored) = self.stored(conn, case)? else { return Ok(None) };
        stored.key().seal(stored.ticket.masked(text).as_bytes(), &aad).map(Some)
    }

    fn unseal(
        self,
        conn: &mut Conn,
        case: &CaseRow,
        column: &str,
        sealed: Option<&[u8]>,
    ) -> Result<Option<String>> {
        let Some(sealed) = sealed else { return Ok(None) };
        let aad = place("bottom_case", column, case.id);
        let plain = match case.ticket_id {
            None => self.keys.open(sealed, &aad)?,
            Some(id) => {
                let Some(wrapped) = wrapped_key(conn, id)? else { return Ok(None) };
                let at = place("ticket_body", "record_key", id);
                RecordKey::unwrap(self.keys, &wrapped, &at)?.open(sealed, &aad)?
            }
        };
        String::from_utf8(plain).map(Some).map_err(Error::internal)
    }
}
