//! Lifecycle: whether what is said makes sense by itself, whatever the ticket: codes that exist, days
//! that lie where they must, a reason where one is owed. Its rule: a command that the state refuses
//! is asked this first, so that 422 comes before 409 (contract.md); the stations ask it anyway.

use crate::assessment::exclusion;
use crate::error::Result;
use crate::followup::{rearrange, survey};
use crate::handling::{contact, extension, ledger, reply, supervision, whistle};
use crate::intake::{amend, settle};
use crate::routing::dispatch;
use crate::ticket::Scene;
use crate::ticket::command::Command;

/// 422 where the body of `command` cannot be right.
pub fn check(command: &Command, scene: &Scene<'_>) -> Result<()> {
    match command {
        Command::Amend(body) => amend::check(scene, &body.fields),
        Command::Divert(body) => settle::check_divert(scene, body),
        Command::Consult(body) => dispatch::check_consult(scene, body),
        Command::ConsultConclude(body) => {
            dispatch::check_named(scene, &dispatch::as_dispatch(body))
        }
        Command::Dispatch(body) => dispatch::check_named(scene, body),
        Command::SubDispatch(body) => dispatch::check_below(scene, body),
        Command::Contact(body) => contact::check(scene, body),
        Command::Reply(body) => reply::check(scene, body),
        Command::Review(body) => reply::check_review(scene, body),
        Command::Survey(body) => survey::check(scene, body),
        Command::SurveyAgain(body) => rearrange::check(scene, body),
        Command::Supervise(body) => supervision::check(scene, body),
        Command::Whistle(body) => whistle::check(scene, body),
        Command::Ledger(body) => ledger::check(scene, body),
        Command::Exclude(body) => exclusion::check(scene, body),
        Command::Extend(body) => extension::check(body),
        Command::LedgerDecide(body)
        | Command::ExtendDecide(body)
        | Command::ExcludeDecide(body)
        | Command::ExcludeAppealDecide(body) => exclusion::require_reason(body),
        Command::ExcludeConfirm(body) => exclusion::check_confirm(body),
        Command::Endorse(body) => extension::check_endorsement(body),
        _ => Ok(()),
    }
}
