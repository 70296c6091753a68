//! Web, `/public/survey`: a citizen answers the three questions, by a link or by number and code. Its
//! rule: a link is proof enough, and good for nothing else.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::act::{Asked, does};
use super::view::{CitizenView, SurveyQuestion, three_questions};
use super::{let_ask, opened_by};
use crate::app::App;
use crate::citizen::Claim;
use crate::citizen::acts::{Act, check_asked, linked, no_link};
use crate::citizen::standing::standing;
use crate::error::{Error, Result, sentence};
use crate::identity::Actor;
use crate::ticket::command::{self, Command, Target};
use crate::ticket::link::{self, Link, Purpose, survey_window};
use crate::ticket::overlay::{BottomLine, Contacted, Outcome, Satisfied, Solved, Way};
use crate::ticket::{Mode, Text};
use crate::web::problem::Problem;
use crate::web::{Answer, Given, Idem, IdempotencyKey, RawBody, given_once};

/// Most characters of the remark.
const LONGEST: usize = 2_000;

/// The three answers, and what else the citizen wants to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyAnswers {
    contacted: Contacted,
    solved: Solved,
    satisfied: Satisfied,
    #[serde(default)]
    bottom_line: Vec<BottomLine>,
    /// Whether anybody asked for a good answer.
    prompted: Option<bool>,
    /// At most 2 000 characters.
    comment: Option<Text>,
}

impl SurveyAnswers {
    /// As the command takes them, given this way.
    ///
    /// # Errors
    /// 422 at `/comment`.
    pub fn as_survey(&self, way: Way) -> Result<command::Survey> {
        if self.comment.as_ref().is_some_and(|text| text.chars().count() > LONGEST) {
            return Err(Error::field("/comment", "field.too_long"));
        }
        let mut bottom_line = self.bottom_line.clone();
        bottom_line.sort();
        bottom_line.dedup();
        Ok(command::Survey {
            outcome: Outcome::Reached,
            contacted: Some(self.contacted),
            solved: Some(self.solved),
            satisfied: Some(self.satisfied),
            bottom_line,
            prompted: self.prompted,
            comment: self.comment.clone(),
            way: Some(way),
            again_at: None,
        })
    }
}

/// The same with what a citizen shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownSurvey {
    no: String,
    code: String,
    phone_tail: String,
    contacted: Contacted,
    solved: Solved,
    satisfied: Satisfied,
    #[serde(default)]
    bottom_line: Vec<BottomLine>,
    prompted: Option<bool>,
    comment: Option<Text>,
}

/// Answers the survey by number and code.
#[utoipa::path(tag = "public", security(()), request_body = ShownSurvey,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = CitizenView),
        (status = 404, description = "public.no_match", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "transition, survey.link_over, survey.promised", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/public/survey")]
pub async fn answer_by_number(
    request: HttpRequest,
    app: web::Data<App>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    does(app, Asked { request, key, raw }, |raw| {
        let shown: ShownSurvey = raw.parse()?;
        let ShownSurvey { no, code, phone_tail, contacted, solved, satisfied, .. } = shown;
        let ShownSurvey { bottom_line, prompted, comment, .. } = shown;
        let answers =
            SurveyAnswers { contacted, solved, satisfied, bottom_line, prompted, comment };
        let survey = answers.as_survey(Way::Web).map(Act::Survey);
        super::both(Claim::parse(&no, &code, &phone_tail), survey)
    })
    .await
}

/// What whoever answered by a link is told, and no more: the letter with it may lie open.
#[derive(Serialize, ToSchema)]
pub struct SurveyThanks {
    no: String,
    /// A sentence.
    thanks: String,
}

/// What a link asks.
#[derive(Serialize, ToSchema)]
pub struct SurveyAsked {
    no: String,
    /// The answer to be judged; kept back where the caller wants secrecy.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    /// Who gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    questions: Vec<SurveyQuestion>,
    /// Until when it may be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

fn read(app: &App, token: &str) -> Result<Link> {
    link::read(&app.keys, Purpose::Survey, token).ok_or_else(no_link)
}

/// The three questions, and the answer to be judged.
#[utoipa::path(tag = "public", security(()), params(("token" = String, Path)), responses(
    (status = 200, body = SurveyAsked),
    (status = 404, description = "public.link", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "answered already, or over", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "web.too_many", body = Problem, content_type = "application/problem+json"),
))]
#[get("/public/survey/{token}")]
pub async fn questions(
    request: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
) -> Result<HttpResponse> {
    let_ask(&request, &app)?;
    let asked = opened_by(&app, &token, asked_of).await?;
    Ok(Answer::ok(&asked)?.respond())
}

/// What the link `token` asks now.
///
/// # Errors
/// As the route.
pub fn asked_of(app: &App, token: &str) -> Result<SurveyAsked> {
    let link = read(app, token)?;
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let stored = linked(conn, hotline, &rules, link)?;
        check_asked(&stored.ticket, &rules, now)?;
        let citizen = Actor::citizen();
        let stands = standing(&stored.ticket, None, &rules.scene(&citizen, now, Mode::Live));
        // A link lies in a letter, and a letter says no word of such a case.
        let open = !stored.ticket.caller.confidential;
        let until = survey_window(&stored.ticket, &rules.profile).map(|(_, until)| until);
        Ok(SurveyAsked {
            no: stored.ticket.no.clone(),
            reply: stands.reply.filter(|_| open).map(|said| said.text),
            unit: stands.unit.filter(|_| open).map(|unit| unit.name.clone()),
            questions: three_questions(),
            until: until.map(|at| at.rfc3339(rules.profile.zone)),
        })
    })
}

/// Answers the three questions of a link.
#[utoipa::path(tag = "public", security(()), request_body = SurveyAnswers,
    params(("token" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = SurveyThanks),
        (status = 404, description = "public.link", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "answered already, or over", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "web.too_many", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/public/survey/{token}")]
pub async fn answer_by_link(
    request: HttpRequest,
    app: web::Data<App>,
    token: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let_ask(&request, &app)?;
    let idem = key.bind("public", raw.bytes());
    answered(&app, idem, &token, || raw.parse()).await.map(Given::respond)
}

/// Answers what the link `token` asks, once for each key: a [`SurveyThanks`].
///
/// # Errors
/// As the route.
pub async fn answered(
    app: &web::Data<App>,
    idem: Idem,
    token: &str,
    answers: impl FnOnce() -> Result<SurveyAnswers>,
) -> Result<Given> {
    let link = read(app, token)?;
    let survey = Command::Survey(answers()?.as_survey(Way::Link)?);
    let hotline = app.hotline.clone();
    given_once(app, idem, move |tx| {
        let rules = hotline.rules.current(tx.conn, tx.now)?;
        let stored = linked(tx.conn, &hotline, &rules, link)?;
        let (citizen, none) = (Actor::citizen(), Target::default());
        let stored = hotline.perform(tx, &rules, &citizen, &stored, &survey, none)?;
        let thanks = sentence("public.thanks", &[]);
        Answer::ok(&SurveyThanks { no: stored.ticket.no.clone(), thanks })
    })
    .await
}
