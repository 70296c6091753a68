//! Web, `GET /suggest/figures`: whether what was suggested was taken and right, model by model, and how good
//! each model was when it was measured. Its rule: counts of tickets, nobody's.

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::period::Period;
use crate::app::App;
use crate::error::Result;
use crate::identity::Role;
use crate::learning::store::{self, Lesson};
use crate::learning::used::{Used, tally};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};

/// Who answers for how matters are classified.
const READERS: &[Role] =
    &[Role::Dispatcher, Role::Reviewer, Role::Assessor, Role::Leader, Role::Sysadmin];
/// Lessons that are shown.
const LESSONS: i64 = 30;

/// Which tickets: those received in a period.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AdviceQuery {
    /// `2026-10`, as the profile counts months.
    window: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// What became of suggestions.
#[derive(Serialize, ToSchema)]
pub struct AdviceView {
    from: String,
    to: String,
    /// One row for each model that suggested something on these tickets.
    models: Vec<ModelUse>,
    /// What was learnt lately, the newest first.
    lessons: Vec<LessonView>,
}

/// How one model's suggestions were used.
#[derive(Serialize, ToSchema)]
struct ModelUse {
    /// Its number; null where the names of the categories suggested.
    model: Option<String>,
    #[serde(flatten)]
    used: Used,
}

/// What came of learning once.
#[derive(Serialize, ToSchema)]
struct LessonView {
    /// The number of the model.
    model: String,
    made_at: String,
    /// Tickets it was made of.
    examples: usize,
    /// Categories it knows.
    labels: usize,
    /// Tickets that were held out to measure it.
    held_out: usize,
    /// Mean F1 of the categories, 0 to 1.
    macro_f1: f64,
    /// The same of what was in service before, on the same tickets.
    macro_f1_before: Option<f64>,
    /// Whether it went in service, or why not.
    verdict: crate::learning::measure::Verdict,
}

/// How the suggestions for the tickets of a period were used, and the models with what was measured of them.
#[utoipa::path(tag = "figures", params(AdviceQuery), responses(
    (status = 200, body = AdviceView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/suggest/figures")]
pub async fn figures(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<AdviceQuery>,
) -> Result<HttpResponse> {
    actor.require(READERS)?;
    run_long(move || {
        let now = app.db.now();
        let (window, rows, lessons, zone) = app.db.read(|conn| {
            let rules = app.hotline.rules.current(conn, now)?;
            let (from, to) = (query.from.as_deref(), query.to.as_deref());
            let asked = Period { window: query.window.as_deref(), from, to }.read(&rules)?;
            let window = (asked.start, asked.end);
            let (rows, lessons) = (store::used(conn, window)?, store::lessons(conn, LESSONS)?);
            Ok((window, rows, lessons, rules.profile.zone))
        })?;
        let line = |(model, used): (Option<i64>, Used)| ModelUse {
            model: model.map(|model| model.to_string()),
            used,
        };
        let lesson = |lesson: Lesson| LessonView {
            model: lesson.id.to_string(),
            made_at: lesson.made_at.rfc3339(zone),
            examples: lesson.examples,
            labels: lesson.labels,
            held_out: lesson.figures.rows,
            macro_f1: lesson.figures.macro_f1,
            macro_f1_before: lesson.before.map(|before| before.macro_f1),
            verdict: lesson.verdict,
        };
        Answer::ok(&AdviceView {
            from: window.0.rfc3339(zone),
            to: window.1.rfc3339(zone),
            models: tally(&rows).into_iter().map(line).collect(),
            lessons: lessons.into_iter().map(lesson).collect(),
        })
    })
    .await
    .map(Answer::respond)
}
