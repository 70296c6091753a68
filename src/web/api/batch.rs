//! Web, `/batch`: one command on many targets. Its rule: each target is judged exactly as the command
//! alone would be, in a write of its own; one that is refused holds up no other, and a dry run asks
//! the same judge and writes nothing. What its sender saw otherwise than it is now is refused.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::commands::split;
use crate::app::App;
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Actor;
use crate::lifecycle::{Order, table};
use crate::ticket::command::{CommandName, Target};
use crate::ticket::sight::{Scope, scope};
use crate::web::idempotency::{Answer, Idem, IdempotencyKey, answer_once, part_once};
use crate::web::problem::{FieldProblem, Problem, status};
use crate::web::{Asker, RawBody};

/// Targets of one batch.
const MOST: usize = 500;

/// A command for many.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Any but those that say something of one citizen or one side: `survey`, `survey/again`, `withdraw/confirm`,
    /// `contact`, `supervise/answer`, `supervise/close`, `whistle/report-in`, `whistle/close`, and
    /// `amend` with a caller.
    command: CommandName,
    /// Ticket numbers, or ids of assignments where the command is one of theirs: 1 to 500. What is
    /// named again is done once.
    targets: Vec<String>,
    /// The command's own body.
    #[serde(default)]
    #[schema(value_type = Object)]
    body: Map<String, Value>,
    /// By target, the version of its ticket that the sender has seen: what was changed since by anybody
    /// else is refused (412). A target that is not named here is taken as it is.
    #[serde(default)]
    seen: BTreeMap<String, i32>,
    /// Only say what would come of it.
    #[serde(default)]
    dry_run: bool,
}

/// What came of one target, or would come of it.
#[derive(Serialize, ToSchema)]
pub struct TargetOutcome {
    target: String,
    /// As the command alone would be answered: 200, 403, 404, 409, 412, 422 …
    status: u16,
    /// Stable, where it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// In Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The wrong fields, with pointers into `body`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// The state it is in, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// The ticket's version after it; in a dry run, the present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
}

/// What came of each target, in the order in which they were named.
#[derive(Serialize, ToSchema)]
pub struct BatchOutcome {
    dry_run: bool,
    /// How many were done, or would be.
    done: usize,
    refused: usize,
    items: Vec<TargetOutcome>,
}

impl TargetOutcome {
    fn done(target: &str, version: i32) -> Self {
        Self {
            target: target.to_owned(),
            status: 200,
            code: None,
            detail: None,
            errors: Vec::new(),
            state: None,
            version: Some(version),
        }
    }

    fn refused(target: &str, error: &Error) -> Self {
        Self {
            target: target.to_owned(),
            status: status(error.kind()).as_u16(),
            code: Some(error.code().to_owned()),
            detail: Some(error.detail().to_owned()),
            errors: error.fields().iter().map(FieldProblem::of).collect(),
            state: error.state().map(str::to_owned),
            version: None,
        }
    }
}

/// Gives one command to many targets; each is answered for itself. With an `Idempotency-Key` a batch
/// that broke off is finished by sending it again: what was done is not done twice.
#[utoipa::path(tag = "ticket commands", request_body = Batch, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = BatchOutcome),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "no targets, too many, or a command that is no batch's", body = Problem, content_type = "application/problem+json"),
))]
#[post("/batch")]
pub async fn give(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    if scope(&actor) == Scope::Nothing {
        return Err(Error::forbidden());
    }
    let batch: Batch = raw.parse()?;
    check(&batch)?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    let parts = idem.clone();
    answer_once(&app, idem, move || {
        let outcomes = Giver { app: &house, actor, idem: parts }.give(&batch)?;
        let unfinished = outcomes.items.iter().any(|it| it.status >= 500);
        let answer = Answer::ok(&outcomes)?;
        Ok(if unfinished { answer.passing() } else { answer })
    })
    .await
}

fn check(batch: &Batch) -> Result<()> {
    use CommandName as C;
    let mut wrong = Vec::new();
    let of_one = matches!(
        batch.command,
        C::Survey
            | C::SurveyAgain
            | C::WithdrawConfirm
            | C::Contact
            | C::SuperviseAnswer
            | C::SuperviseClose
            | C::WhistleReportIn
            | C::WhistleClose
    );
    if of_one {
        wrong.push(FieldError::new("/command", "batch.of_one"));
    }
    let names_caller = batch.body.get("fields").is_some_and(|it| it.get("caller").is_some());
    if batch.command == C::Amend && names_caller {
        wrong.push(FieldError::new("/body/fields/caller", "batch.of_one"));
    }
    if batch.targets.is_empty() {
        wrong.push(FieldError::new("/targets", "field.empty"));
    }
    if batch.targets.len() > MOST {
        let most = [("from", "1"), ("to", "500")];
        wrong.push(FieldError::with("/targets", "field.range", &most));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// Which version of a ticket is meant.
#[derive(Debug, Clone, Copy)]
struct Meant {
    /// As the sender has seen it; any, where they do not say.
    seen: Option<i32>,
    /// As this batch itself left it.
    own: Option<i32>,
}

impl Meant {
    fn check(self, found: i32) -> Result<()> {
        match self.seen {
            Some(seen) if found != seen && self.own != Some(found) => {
                Err(Error::new(Kind::Stale, "stale"))
            }
            _ => Ok(()),
        }
    }
}

/// Who gives the command, through which door.
struct Giver<'a> {
    app: &'a web::Data<App>,
    actor: Actor,
    idem: Idem,
}

impl Giver<'_> {
    fn give(&self, batch: &Batch) -> Result<BatchOutcome> {
        let body = RawBody::new(serde_json::to_vec(&batch.body).map_err(Error::internal)?);
        let body = Arc::new(body);
        let mut named = HashSet::new();
        let mut items: Vec<TargetOutcome> = Vec::new();
        // A database that is away for one is away for all: nobody waits for it five hundred times.
        let mut away: Option<Error> = None;
        // Several parts of one ticket are several steps: what this batch did itself, its sender knows.
        let mut own: BTreeMap<String, i32> = BTreeMap::new();
        for target in batch.targets.iter().filter(|target| named.insert(target.as_str())) {
            if let Some(error) = &away {
                items.push(TargetOutcome::refused(target, error));
                continue;
            }
            let given = aim(batch.command, target).and_then(|(no, aim)| {
                let seen = batch.seen.get(target).copied();
                let meant = Meant { seen, own: own.get(&no).copied() };
                let order = (no.clone(), batch.command, aim);
                if batch.dry_run {
                    return self.rehearse(&order, meant, &body);
                }
                let version = self.real(target, order, meant, &body)?;
                own.insert(no, version);
                Ok(version)
            });
            match given {
                Ok(version) => items.push(TargetOutcome::done(target, version)),
                Err(error) => {
                    items.push(TargetOutcome::refused(target, &error));
                    if matches!(error.kind(), Kind::Unavailable | Kind::Full) {
                        away = Some(error);
                    }
                }
            }
        }
        let done = items.iter().filter(|item| item.status == 200).count();
        Ok(BatchOutcome { dry_run: batch.dry_run, done, refused: items.len() - done, items })
    }

    /// The ticket's version after the command.
    fn real(
        &self,
        target: &str,
        (no, name, aim): (String, CommandName, Target),
        meant: Meant,
        body: &Arc<RawBody>,
    ) -> Result<i32> {
        let (hotline, actor, body) = (self.app.hotline.clone(), self.actor.clone(), body.clone());
        let answer = part_once(self.app, &self.idem, target, move |tx| {
            let expected = |found: i32| meant.check(found);
            let order = Order { no: &no, name, target: aim, expected: &expected };
            let stored = hotline.command(tx, &actor, &order, body.as_ref())?;
            Answer::ok(&stored.version)
        })?;
        answer.read()
    }

    /// The ticket's version, where the command would be done.
    fn rehearse(
        &self,
        (no, name, aim): &(String, CommandName, Target),
        meant: Meant,
        body: &RawBody,
    ) -> Result<i32> {
        let hotline = &self.app.hotline;
        let expected = |found: i32| meant.check(found);
        let order = Order { no, name: *name, target: *aim, expected: &expected };
        let now = hotline.db.now();
        hotline.db.read(|conn| hotline.rehearse(conn, now, &self.actor, &order, body))
    }
}

/// The ticket's number, and what in it is meant.
fn aim(command: CommandName, target: &str) -> Result<(String, Target)> {
    // No ticket is called so, and PostgreSQL takes no text with a zero character.
    if target.len() > 64 || target.chars().any(char::is_control) {
        return Err(Error::not_found());
    }
    if table::row_of(command).works.is_empty() {
        return Ok((target.to_owned(), Target::default()));
    }
    let (no, k) = split(target)?;
    Ok((no, Target { assignment: Some(k), side: None }))
}
