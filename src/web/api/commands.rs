//! Web, `/tickets/{no}/{command}` and `/assignments/{id}/{command}`: every command of contract.md's
//! tables, a route each. Its rule: a route only names its command; who may give it and when is
//! `lifecycle::table`'s.

use actix_web::{HttpResponse, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::tickets::shown;
use super::view::TicketView;
use crate::error::{Error, Result};
use crate::lifecycle::Order;
use crate::ticket::command::{self as bodies, CommandName, Parser, Target};
use crate::web::problem::Problem;
use crate::web::{Answer, RawBody, Refused, VersionHeaders, Versioned};

impl Parser for RawBody {
    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        Self::parse(self)
    }
}

/// Gives the command `name` to what `meant` makes of the address: a ticket's number, and where inside the ticket.
async fn give<P: Send + Sync + 'static>(
    asked: Versioned<P>,
    name: CommandName,
    meant: impl FnOnce(&P) -> Result<(String, Target)>,
) -> Result<HttpResponse> {
    let (no, target) = meant(&asked.path)?;
    asked
        .write(move |tx, asked| {
            let expected = |found: i32| asked.version.check(found.into());
            let order = Order { no: &no, name, target, expected: &expected };
            let (hotline, actor) = (&asked.app.hotline, &asked.actor);
            let stored = hotline.command(tx, actor, &order, &asked.raw)?;
            let rules = hotline.rules.current(tx.conn, tx.now)?;
            let ticket = shown(&rules, actor, &stored, tx.now);
            Ok(Answer::ok(&ticket)?.versioned(i64::from(stored.version)))
        })
        .await
}

/// An assignment's public id is its ticket's number, a dash, and its place in the ticket.
pub(super) fn split(id: &str) -> Result<(String, u32)> {
    id.rsplit_once('-')
        .and_then(|(no, k)| Some((no.to_owned(), k.parse().ok()?)))
        .ok_or_else(Error::not_found)
}

/// Makes a route of each row of a table, and `$register`, which registers them all. The table's head says how the
/// interface's description has its rows, and what their addresses name.
macro_rules! commands {
    (
        $register:ident, tag = $tag:literal, params $params:tt, responses $responses:tt, $path:ty => $meant:expr;
        $($(#[$doc:meta])* $handler:ident $address:literal $body:ty = $name:ident;)+
    ) => {
        $($(#[$doc])*
        #[utoipa::path(tag = $tag, request_body = $body, params $params, responses $responses)]
        #[post($address)]
        pub async fn $handler(asked: Versioned<$path>) -> Result<HttpResponse> {
            give(asked, CommandName::$name, $meant).await
        })+

        fn $register(services: &mut ServiceConfig<'_>) {
            services$(.service($handler))+;
        }
    };
}

commands! {
    register_ticket_commands, tag = "ticket commands", params(("no" = String, Path), VersionHeaders),
    responses(
        (status = 200, body = TicketView),
        (status = 409, description = "the state, and the commands allowed", body = Problem, content_type = "application/problem+json"),
        Refused,
    ),
    String => |no| Ok((no.clone(), Target::default()));

    /// Corrects what was written down.
    amend "/tickets/{no}/amend" bodies::Amend = Amend;
    /// Answers on the spot.
    answer "/tickets/{no}/answer" bodies::Answer = Answer;
    /// Does not accept it.
    decline "/tickets/{no}/decline" bodies::Decline = Decline;
    /// Hands it to an emergency service.
    divert "/tickets/{no}/divert" bodies::Divert = Divert;
    /// Asks units to confer about whose it is.
    consult "/tickets/{no}/consult" bodies::Consult = Consult;
    /// Ends the conference: names lead and assists.
    consult_conclude "/tickets/{no}/consult/conclude" bodies::Conclude = ConsultConclude;
    /// Sends it to its units.
    dispatch "/tickets/{no}/dispatch" bodies::Dispatch = Dispatch;
    /// Takes it back from its units.
    recall "/tickets/{no}/recall" bodies::Reasoned = Recall;
    /// Puts it under another ticket.
    merge "/tickets/{no}/merge" bodies::Merge = Merge;
    /// Takes it out again.
    unmerge "/tickets/{no}/unmerge" bodies::Nothing = Unmerge;
    /// The citizen asks where it stays.
    urge "/tickets/{no}/urge" bodies::Spoken = Urge;
    /// The citizen takes it back.
    withdraw "/tickets/{no}/withdraw" bodies::Reasoned = Withdraw;
    /// The agent spoke to the citizen about it.
    withdraw_confirm "/tickets/{no}/withdraw/confirm" bodies::WithdrawConfirm = WithdrawConfirm;
    /// Leaves a note.
    note "/tickets/{no}/note" bodies::NoteBody = Note;
    /// The lead's composite reply.
    reply "/tickets/{no}/reply" bodies::ReplyBody = Reply;
    /// Passes the reply or sends it back.
    review "/tickets/{no}/review" bodies::Review = Review;
    /// One try to ask the citizen.
    survey "/tickets/{no}/survey" bodies::Survey = Survey;
    /// The citizen rang back: another time for the call that was agreed on, or none.
    survey_again "/tickets/{no}/survey/again" bodies::Rearrange = SurveyAgain;
    /// Says why it is not solved.
    triage "/tickets/{no}/triage" bodies::TriageBody = Triage;
    /// Takes an ended one up again.
    reopen "/tickets/{no}/reopen" bodies::Reasoned = Reopen;
    /// Opens a rung of the ladder.
    supervise "/tickets/{no}/supervise" bodies::Supervise = Supervise;
    /// Asks for the ledger.
    ledger "/tickets/{no}/ledger" bodies::LedgerBody = Ledger;
    /// Decides about the ledger.
    ledger_decide "/tickets/{no}/ledger/decide" bodies::Decide = LedgerDecide;
    /// What happened since.
    ledger_progress "/tickets/{no}/ledger/progress" bodies::Spoken = LedgerProgress;
    /// Proves that it is done.
    ledger_write_off "/tickets/{no}/ledger/write-off" bodies::WriteOff = LedgerWriteOff;
    /// Back to ordinary work.
    ledger_cancel "/tickets/{no}/ledger/cancel" bodies::Reasoned = LedgerCancel;
    /// Asks that it leave the assessment.
    exclude "/tickets/{no}/exclude" bodies::Exclude = Exclude;
    /// Decides about the exclusion.
    exclude_decide "/tickets/{no}/exclude/decide" bodies::Decide = ExcludeDecide;
    /// A second reviewer confirms, or refuses; then the unit may appeal.
    exclude_confirm "/tickets/{no}/exclude/confirm" bodies::ExcludeConfirm = ExcludeConfirm;
    /// Appeals, once.
    exclude_appeal "/tickets/{no}/exclude/appeal" bodies::Spoken = ExcludeAppeal;
    /// The assessor's word is the last.
    exclude_appeal_decide "/tickets/{no}/exclude/appeal/decide" bodies::Decide = ExcludeAppealDecide;
    /// Chooses the assessment class.
    classify "/tickets/{no}/classify" bodies::Classify = Classify;
    /// A bottom-line flag on a unit.
    flag "/tickets/{no}/flag" bodies::FlagBody = Flag;
    /// A street calls units to come.
    whistle "/tickets/{no}/whistle" bodies::WhistleBody = Whistle;
}

commands! {
    register_side_commands, tag = "ticket commands", params(("no" = String, Path), ("id" = u32, Path), VersionHeaders),
    responses(
        (status = 200, body = TicketView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
    (String, String) => |(no, id)| {
        let side = id.parse().map_err(|_| Error::not_found())?;
        Ok((no.clone(), Target { assignment: None, side: Some(side) }))
    };

    /// The unit's head answers a supervision.
    supervise_answer "/tickets/{no}/supervise/{id}/answer" bodies::Spoken = SuperviseAnswer;
    /// Whoever opened it closes it.
    supervise_close "/tickets/{no}/supervise/{id}/close" bodies::Resulted = SuperviseClose;
    /// A called unit has come.
    whistle_report_in "/tickets/{no}/whistle/{id}/report-in" bodies::ReportIn = WhistleReportIn;
    /// The street closes its whistle.
    whistle_close "/tickets/{no}/whistle/{id}/close" bodies::Resulted = WhistleClose;
}

commands! {
    register_assignment_commands, tag = "assignment commands", params(("id" = String, Path), VersionHeaders),
    responses(
        (status = 200, body = TicketView),
        (status = 409, description = "the state, and the commands allowed", body = Problem, content_type = "application/problem+json"),
        Refused,
    ),
    String => |id| {
        let (no, k) = split(id)?;
        Ok((no, Target { assignment: Some(k), side: None }))
    };

    /// The unit has seen it.
    sign "/assignments/{id}/sign" bodies::Nothing = Sign;
    /// A try to reach the citizen.
    contact "/assignments/{id}/contact" bodies::ContactBody = Contact;
    /// A note on the way.
    progress "/assignments/{id}/progress" bodies::ProgressBody = Progress;
    /// An assist answers the lead.
    assist_reply "/assignments/{id}/reply" bodies::Spoken = AssistReply;
    /// The lead accepts an assist's answer.
    accept "/assignments/{id}/accept" bodies::Nothing = Accept;
    /// The lead sends an assist's answer back.
    send_back "/assignments/{id}/send-back" bodies::Reasoned = SendBack;
    /// "Not ours."
    dispute "/assignments/{id}/dispute" bodies::Dispute = Dispute;
    /// The dispatcher decides a dispute.
    dispute_decide "/assignments/{id}/dispute/decide" bodies::DisputeDecide = DisputeDecide;
    /// Asks for a later limit.
    extend "/assignments/{id}/extend" bodies::Extend = Extend;
    /// The reviewer decides about it.
    extend_decide "/assignments/{id}/extend/decide" bodies::Decide = ExtendDecide;
    /// The unit's head lets a request go on.
    endorse "/assignments/{id}/endorse" bodies::Endorse = Endorse;
    /// Passes work to a unit below.
    sub_dispatch "/assignments/{id}/sub-dispatch" bodies::SubDispatch = SubDispatch;
    /// The dispatcher takes an assist back.
    recall_assist "/assignments/{id}/recall" bodies::Reasoned = AssignmentRecall;
}

/// Every command's route.
pub fn routes(services: &mut ServiceConfig<'_>) {
    register_ticket_commands(services);
    register_side_commands(services);
    register_assignment_commands(services);
}
