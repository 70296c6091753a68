//! Web, `/upstream/assessed`: the city's list of assessed tickets beside ours 对账, ticket by ticket. Its rule: the reader
//! and the comparison of the command; who may is asked before a byte is read, and neither list nor answer is kept.

pub mod sheet;

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, ExportTurn};
use crate::assessment::fraction::Fraction;
use crate::assessment::reconcile::{Answers, Comparison, Line, Said, Verdict, What};
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::Rules;
use crate::limits::Window;
use crate::moving::assessed::list::{self, Faulty, Mapping};
use crate::moving::assessed::{note, reconcile};
use crate::ticket::listing;
use crate::ticket::overlay::{Satisfied, Solved};
use crate::ticket::sight::scope;
use crate::time::Stamp;
use crate::web::api::period::Period;
use crate::web::problem::Problem;
use crate::web::upload::{Form, Uploaded, WordsFirst};
use crate::web::{Answer, Asker, run_long};

/// Who objects to what the city says.
const READERS: &[Role] = &[Role::Assessor, Role::Leader];
/// Differences, and rows that could not be read, in one answer: the dearest, and the first. The sheet has all of them.
const SHOWN: usize = 500;
/// What is sent.
const FORM: Form<'static> = Form { words: &["window"], word_bytes: 64, files: 1 };

/// What the form is made of, in this order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the form's description; it is read part by part")]
pub struct CityListForm {
    /// `2026-10`: the profile's window that ends in October.
    window: String,
    /// CSV or XLSX, known by its content; columns and words as `config/sheets/assessed.toml` has them.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A list of the city's as it came in.
pub struct CityList {
    window: String,
    file: Uploaded,
}

/// In what both sides differ.
#[derive(Serialize, ToSchema)]
pub struct DiffersView {
    code: What,
    name: &'static str,
}

/// What one side says of a ticket.
#[derive(Serialize, ToSchema)]
pub struct SideView {
    /// Whether it is assessed; on our side, as soon as there is a valid survey.
    counted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    contacted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    solved: Option<Solved>,
    #[serde(skip_serializing_if = "Option::is_none")]
    satisfied: Option<Satisfied>,
    /// Why it is not, in the city's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A ticket of which both sides do not say the same.
#[derive(Serialize, ToSchema)]
pub struct AssessedLine {
    /// Absent: we do not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<String>,
    /// The city's number, or what stands in its place on the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_no: Option<String>,
    /// Whose it is: the lead's.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_name: Option<String>,
    what: Vec<DiffersView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<SideView>,
    /// Absent: it is not on the city's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    theirs: Option<SideView>,
    /// Points of the composite score that the city's verdict takes from us; negative where it gives some. Null where there
    /// is no score.
    cost: Option<f64>,
}

/// A row of the list that says nothing that could be compared.
#[derive(Serialize, ToSchema)]
pub struct UnreadRow {
    /// As the sheet numbers it.
    row: u32,
    reason: String,
}

/// The city's list beside ours.
#[derive(Serialize, ToSchema)]
pub struct AssessedView {
    window: String,
    from: String,
    to: String,
    /// `name@version`: the profile by which both sides are counted.
    profile: String,
    /// Tickets of which both sides say the same.
    agreed: usize,
    /// Tickets that both sides have, and of which they do not.
    differing: usize,
    /// Tickets that count with us and are not on the city's list.
    missing_there: usize,
    /// Tickets of the city's list that we do not know.
    missing_here: usize,
    /// Tickets of ours of which the city's word could not be read: in no line and in neither score.
    left_out: usize,
    /// The composite score by our verdicts, by the city's, and what lies between; null where there is none.
    score_ours: Option<f64>,
    score_theirs: Option<f64>,
    cost: Option<f64>,
    /// The dearest first, at most 500.
    items: Vec<AssessedLine>,
    /// Differences that are left to the sheet.
    more: usize,
    /// Rows that could not be read, the first 500.
    unread: Vec<UnreadRow>,
    /// Such rows that are left to the sheet.
    more_unread: usize,
}

/// Compares the city's list of assessed tickets with ours: what differs, ticket by ticket, and what each difference costs.
/// That it was compared stands in the trail; nothing else is kept.
#[utoipa::path(tag = "upstream", request_body(content = CityListForm, content_type = "multipart/form-data"), responses(
    (status = 200, body = AssessedView),
    (status = 400, description = "no form, or it breaks off", body = Problem, content_type = "application/problem+json"),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "attachment.too_large", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "no such window; assessed.no_column; sheet.form, .unreadable, .encoding, .no_such, .too_large.…", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "export.too_many", body = Problem, content_type = "application/problem+json"),
))]
#[post("/upstream/assessed")]
pub async fn compare(
    app: web::Data<App>,
    Asker(actor): Asker,
    (request, payload): (HttpRequest, web::Payload),
) -> Result<HttpResponse> {
    let sent = received(&app, &actor, &request, payload).await?;
    run_long(move || Answer::ok(&compared_of(&app, &actor, &sent)?)).await.map(Answer::respond)
}

/// Refuses whoever does not read what the city says of all units.
///
/// # Errors
/// 403.
pub fn may(actor: &Actor) -> Result<()> {
    if actor.company {
        return Err(Error::forbidden());
    }
    actor.require(READERS)
}

/// The list that `actor` sends by a program.
async fn received(
    app: &App,
    actor: &Actor,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<CityList> {
    may(actor)?;
    taken(app, WordsFirst::read(request, payload, FORM).await?).await
}

/// The list in a form whose words are read.
///
/// # Errors
/// As [`WordsFirst::files`]; 422 at `/window` and `/file` where there is none.
pub async fn taken(app: &App, form: WordsFirst<'_>) -> Result<CityList> {
    let window = form.word("window").map(str::to_owned);
    let files = form.files_heard_out(&app.files).await?;
    let file = files.into_iter().find(|file| !file.is_nothing());
    let file = file.ok_or_else(|| Error::field("/file", "field.required"))?;
    Ok(CityList { window: window?, file })
}

/// What came of a comparison.
struct Compared {
    found: Comparison,
    unread: Vec<Faulty>,
    window: Window,
    rules: Arc<Rules>,
    now: Stamp,
    /// Who compares reads and holds as much as who exports, and takes their turn.
    turn: ExportTurn,
}

impl Compared {
    fn of(app: &App, actor: &Actor, sent: &CityList) -> Result<Self> {
        may(actor)?;
        let turn = app.exports.enter(actor.user)?;
        let (hotline, now) = (&app.hotline, app.db.now());
        let rules = app.db.read(|conn| hotline.rules.current(conn, now))?;
        let window = Period { window: Some(&sent.window), from: None, to: None }.read(&rules)?;
        let mapping = Mapping::of(app.config.assessed_mapping())?;
        let listed = list::read_sent(sent.file.sent.read()?, &mapping)?;
        let found = reconcile(hotline, (window.start, window.end), &listed.theirs)?;
        note(hotline, (actor.user, &actor.name), &window.label(), &found)?;
        Ok(Self { found, unread: listed.faulty, window, rules, now, turn })
    }

    /// How many lines say this and nothing else.
    fn count(&self, what: What) -> usize {
        self.found.lines.iter().filter(|line| line.what == [what]).count()
    }

    fn view(self, app: &App, actor: &Actor) -> Result<AssessedView> {
        let (missing_there, missing_here) = (self.count(What::Missing), self.count(What::Unknown));
        let Self { found, unread, window, rules, .. } = self;
        let (all, zone) = (found.lines.len(), rules.profile.zone);
        let shown = &found.lines[..all.min(SHOWN)];
        let leads = app.db.read(|conn| leads(conn, actor, shown))?;
        let unreadable = unread.len();
        let score = |score: Option<Fraction>| score.map(Fraction::as_f64);
        let between = found.ours.zip(found.theirs).map(|(ours, theirs)| ours.minus(theirs));
        Ok(AssessedView {
            window: window.label(),
            from: window.start.rfc3339(zone),
            to: window.end.rfc3339(zone),
            profile: rules.of_window(&window)?.profile.id(),
            agreed: found.agreed,
            differing: all - missing_there - missing_here,
            missing_there,
            missing_here,
            left_out: found.left_out,
            score_ours: score(found.ours),
            score_theirs: score(found.theirs),
            cost: score(between),
            items: shown.iter().map(|it| line(it, &leads, &rules)).collect(),
            more: all - shown.len(),
            unread: unread.into_iter().take(SHOWN).map(UnreadRow::of).collect(),
            more_unread: unreadable.saturating_sub(SHOWN),
        })
    }
}

/// What differs between the city's list and ours, as `actor` reads it.
///
/// # Errors
/// 403; 422 for a window that there is not and a sheet that cannot be read; `export.too_many` (429).
pub fn compared_of(app: &App, actor: &Actor, sent: &CityList) -> Result<AssessedView> {
    Compared::of(app, actor, sent)?.view(app, actor)
}

/// Who leads the tickets of `lines`, by their numbers.
fn leads(conn: &mut Conn, actor: &Actor, lines: &[Line]) -> Result<HashMap<String, UnitCode>> {
    let numbers: Vec<String> = lines.iter().filter_map(|line| line.no.clone()).collect();
    let rows = listing::named(conn, &scope(actor), &numbers)?;
    Ok(rows.into_iter().filter_map(|row| Some((row.no, row.lead_unit?))).collect())
}

fn line(line: &Line, leads: &HashMap<String, UnitCode>, rules: &Rules) -> AssessedLine {
    let unit = line.no.as_ref().and_then(|no| leads.get(no));
    let name = |code: &UnitCode| rules.directory.unit(code).map(|unit| unit.name.clone());
    AssessedLine {
        no: line.no.clone(),
        upstream_no: line.upstream_no.clone(),
        unit: unit.map(ToString::to_string),
        unit_name: unit.and_then(name),
        what: line.what.iter().map(|it| DiffersView { code: *it, name: it.zh() }).collect(),
        ours: line.ours.map(SideView::ours),
        theirs: line.theirs.as_ref().map(SideView::theirs),
        cost: line.cost.map(Fraction::as_f64),
    }
}

impl UnreadRow {
    fn of(faulty: Faulty) -> Self {
        Self { row: faulty.row, reason: faulty.reason }
    }
}

impl SideView {
    fn of(counted: bool, answers: Option<Answers>) -> Self {
        let (contacted, all) = match answers {
            Some(Answers::All(all)) => (Some(all.contacted), Some(all)),
            Some(Answers::Contact(contacted)) => (Some(contacted), None),
            None => (None, None),
        };
        let (solved, satisfied) = (all.map(|it| it.solved), all.map(|it| it.satisfied));
        Self { counted, contacted, solved, satisfied, reason: None }
    }

    fn ours(said: Said) -> Self {
        Self::of(said.counted, said.survey.map(Answers::All))
    }

    fn theirs(verdict: &Verdict) -> Self {
        let reason = verdict.reason.clone();
        Self { reason, ..Self::of(verdict.counted, verdict.survey) }
    }
}
