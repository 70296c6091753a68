//! Notices: what is owed becomes later work. Its rule: a row in the transaction of its cause, and
//! nothing personal in it: whoever works it loads the ticket and decides anew.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::plan::{self, Addressee, Occasion, Owed};
use crate::db::Tx;
use crate::directory::UnitCode;
use crate::error::Result;
use crate::jobs;
use crate::limits::{Calendar, ClockName, soon_of};
use crate::ticket::Ticket;
use crate::time::Stamp;

/// The kind of job that makes letters of a notice.
pub const NOTICE: &str = "notice";
/// The kind of job that sends one letter.
pub const LETTER: &str = "letter";

/// A notice on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// 0 where it is about no ticket.
    pub ticket_id: i64,
    #[serde(flatten)]
    pub owed: Owed,
}

/// How long a notice waits, so that a slip can be undone before anybody hears of it.
pub const GRACE: TimeDelta = TimeDelta::seconds(60);

/// Puts a notice for everything that is owed after this change.
///
/// # Errors
/// As the database says.
pub fn tell(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    ticket_id: i64,
    before: Option<&Ticket>,
    after: &Ticket,
) -> Result<()> {
    for owed in plan::owed(before, after) {
        let Some(opens_at) = opens_at(&owed, after, calendar, tx.now) else { continue };
        jobs::put_at(tx, NOTICE, &Notice { ticket_id, owed }, opens_at.plus(GRACE))?;
    }
    Ok(())
}

/// Puts a notice of the case `case` of the bottom line to the unit that it is about, and another for `soon_at`, when its
/// answer is due soon: that one leaves if nobody has answered by then. Where it is due soon from the first there is one.
///
/// # Errors
/// As the database says.
pub fn accuse(tx: &mut Tx<'_>, (case, unit): (i64, &UnitCode), soon_at: Stamp) -> Result<()> {
    let now = tx.now;
    let later = (soon_at > now).then_some((Occasion::BottomLineDue, soon_at));
    for (occasion, at) in [Some((Occasion::BottomLine, now)), later].into_iter().flatten() {
        let (addressee, limit) = (Addressee::Unit(unit.clone()), Some(case.to_string()));
        let owed = Owed { occasion, addressee, assignment: None, limit };
        // Of the ticket that it may rest on it says nothing.
        jobs::put_at(tx, NOTICE, &Notice { ticket_id: 0, owed }, at.plus(GRACE))?;
    }
    Ok(())
}

/// The case that a notice of one is about; nothing for a notice of anything else.
pub(super) fn case_of(occasion: Occasion, limit: Option<&str>) -> Option<i64> {
    let is_case = matches!(occasion, Occasion::BottomLine | Occasion::BottomLineDue);
    limit.filter(|_| is_case)?.parse().ok()
}

/// Puts a notice of the charge on the article `code` to the unit that owns it.
///
/// # Errors
/// As the database says.
pub fn charge(tx: &mut Tx<'_>, code: &str, owner: &UnitCode) -> Result<()> {
    let (occasion, addressee) = (Occasion::Charged, Addressee::Unit(owner.clone()));
    let owed = Owed { occasion, addressee, assignment: None, limit: Some(code.to_owned()) };
    jobs::put_at(tx, NOTICE, &Notice { ticket_id: 0, owed }, tx.now.plus(GRACE)).map(drop)
}

/// Puts a notice of a warning of the rule `rule`, whose latest ticket is `ticket_id`: an emergency wakes.
///
/// # Errors
/// As the database says.
pub fn warn(tx: &mut Tx<'_>, ticket_id: i64, addressee: Addressee, rule: &str) -> Result<()> {
    let (occasion, limit) = (Occasion::Warning, Some(rule.to_owned()));
    let owed = Owed { occasion, addressee, assignment: None, limit };
    jobs::put_at(tx, NOTICE, &Notice { ticket_id, owed }, tx.now.plus(GRACE)).map(drop)
}

/// Puts a notice of the task `task` of `unit`, and another for when it is due: that one leaves if nobody has answered by
/// then. Where it was due at the same time before, that one is there already.
///
/// # Errors
/// As the database says.
pub fn instruct(
    tx: &mut Tx<'_>,
    (task, unit): (i64, &UnitCode),
    (before, due_at): (Option<Stamp>, Stamp),
) -> Result<()> {
    let owed = Owed {
        occasion: Occasion::Instructed,
        addressee: Addressee::Unit(unit.clone()),
        assignment: None,
        limit: Some(task_limit(task, due_at)),
    };
    // It is about no ticket.
    let notice = Notice { ticket_id: 0, owed };
    jobs::put_at(tx, NOTICE, &notice, tx.now.plus(GRACE))?;
    if before == Some(due_at) {
        return Ok(());
    }
    jobs::put_at(tx, NOTICE, &notice, due_at.plus(GRACE)).map(drop)
}

/// Puts a notice to `unit`, which has figures in the report `report`, that it is to be checked by `until`.
///
/// # Errors
/// As the database says.
pub fn check(tx: &mut Tx<'_>, (report, unit): (i64, &UnitCode), until: Stamp) -> Result<()> {
    let owed = Owed {
        occasion: Occasion::Checking,
        addressee: Addressee::Unit(unit.clone()),
        assignment: None,
        limit: Some(task_limit(report, until)),
    };
    jobs::put_at(tx, NOTICE, &Notice { ticket_id: 0, owed }, tx.now.plus(GRACE)).map(drop)
}

/// A task, or a report, and the limit that a notice of it is about, in one word.
fn task_limit(task: i64, due_at: Stamp) -> String {
    format!("{task}.{}", due_at.millis())
}

/// The task or report and its limit that [`task_limit`] put into a word.
pub(super) fn read_task_limit(word: &str) -> Option<(i64, Stamp)> {
    let (task, due_at) = word.split_once('.')?;
    Some((task.parse().ok()?, Stamp::from_millis(due_at.parse().ok()?)))
}

/// From when on it can be told: a survey opens after the day that the reply promised, and an answer is due soon when its
/// light turns yellow; nothing where it is yellow from the first, since the rung's own letter says by when.
fn opens_at(owed: &Owed, ticket: &Ticket, calendar: &Calendar, now: Stamp) -> Option<Stamp> {
    match owed.occasion {
        Occasion::Survey => {
            let timer = ticket.timers.get(&ClockName::Survey);
            Some(timer.map_or(now, |timer| timer.starts_at.max(now)))
        }
        Occasion::AnswerDue => {
            let rung = plan::rung(ticket, owed.limit.as_deref()?)?;
            Some(soon_of(rung.opened_at, rung.due_at?, calendar)).filter(|soon| *soon > now)
        }
        _ => Some(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_of_a_task_says_about_which_limit_it_is() {
        let due_at = Stamp::from_millis(200);
        assert_eq!(read_task_limit(&task_limit(7, due_at)), Some((7, due_at)));
        assert_eq!(read_task_limit("7"), None);
    }
}
