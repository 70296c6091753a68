//! Intake: two tickets about one thing 并单. Its rule: a child's units are recalled, its own
//! overall clock runs on, and unmerging restores it as if nothing had happened (domain.md §2).

use crate::error::{Error, Result};
use crate::limits::ClockName;
use crate::ticket::overlay::Suspended;
use crate::ticket::state::{State, Work};
use crate::ticket::{Scene, Ticket};

/// Whether `parent` can take the ticket numbered `child` in. What was merged into that one is merged itself
/// and so never its parent: no circle.
pub fn may_merge(child: &str, parent: &Ticket) -> Result<()> {
    if child == parent.no {
        return Err(Error::refused("merge.itself"));
    }
    if matches!(parent.state, State::Merged { .. }) {
        return Err(Error::refused("merge.parent_merged"));
    }
    if !parent.state.is_live() {
        return Err(Error::refused("merge.parent_ended"));
    }
    Ok(())
}

/// Puts `child` under the ticket numbered `into`.
pub fn merge(child: &mut Ticket, scene: &Scene<'_>, into: &str) {
    let mut suspended = Suspended {
        state: child.state.clone(),
        at: scene.now,
        works: Vec::new(),
        timers: Vec::new(),
        answered_at: None,
    };
    for timer in child.timers.values() {
        if timer.stopped_at.is_none() {
            suspended.timers.push((0, timer.clone()));
        }
    }
    child.timers.retain(|clock, timer| *clock == ClockName::Overall || timer.stopped_at.is_some());
    for (k, assignment) in &mut child.assignments {
        if !assignment.is_live() {
            continue;
        }
        suspended.works.push((*k, assignment.work.clone()));
        for timer in assignment.timers.values().filter(|timer| timer.stopped_at.is_none()) {
            suspended.timers.push((*k, timer.clone()));
        }
        assignment.timers.retain(|_, timer| timer.stopped_at.is_some());
        let reason = "merged".to_owned();
        assignment.work = Work::Recalled { at: scene.now, reason };
    }
    child.suspended = Some(suspended);
    child.end(State::Merged { into: into.to_owned() }, scene.now);
}

/// Takes `child` out again: assignments and limits as if they had never been recalled.
pub fn unmerge(child: &mut Ticket) -> Result<()> {
    let Some(suspended) = child.suspended.take() else {
        return Err(Error::refused("merge.not_merged"));
    };
    child.state = suspended.state;
    child.endings.pop();
    for (k, work) in suspended.works {
        if let Some(assignment) = child.assignments.get_mut(&k) {
            assignment.work = work;
        }
    }
    for (k, timer) in suspended.timers {
        if k == 0 && timer.clock == ClockName::Overall {
            // It ran on; only the parent's reply, if it passed meanwhile, is taken back.
            if let Some(overall) = child.timers.get_mut(&ClockName::Overall)
                && !overall.is_open()
            {
                overall.undo_stop();
            }
        } else if k == 0 {
            child.timers.insert(timer.clock, timer);
        } else if let Some(assignment) = child.assignments.get_mut(&k) {
            assignment.timers.insert(timer.clock, timer);
        }
    }
    Ok(())
}

/// Whether whoever asked was answered: by a reply that passed, or at the desk.
pub const fn is_answered(parent: &Ticket) -> bool {
    matches!(parent.state, State::Surveying { .. } | State::Closed { .. })
}

/// Whether a change of `before` into `after` ends it without an answer to those merged into it: taken back by its own
/// caller, or declined or diverted, which is said to one caller at a time (domain.md §2).
pub const fn sets_free(before: &Ticket, after: &Ticket) -> bool {
    before.state.is_live()
        && matches!(
            after.state,
            State::Withdrawn { .. } | State::Declined { .. } | State::Diverted { .. }
        )
}

/// The parent's citizen was answered: so is the child's, by the same words; after a rework once more.
pub fn answered_with_parent(child: &mut Ticket, scene: &Scene<'_>) {
    if let Some(suspended) = &mut child.suspended {
        suspended.answered_at = Some(scene.now);
    }
    if let Some(overall) = child.timers.get_mut(&ClockName::Overall)
        && overall.stopped_at.is_none()
    {
        overall.stop(scene.now);
    }
}
