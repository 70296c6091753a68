//! Web, `/catalogue/dry-run`: what last month's tickets would have got. Its rule: nothing of a case
//! leaves here, numbers and codes alone: whoever keeps the catalogue sees no cases.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::{RuleView, turned};
use crate::app::App;
use crate::directory::{
    self, CategoryCode, Directory, EstateCode, Proposal, RegionCode, Rule, UnitCode,
};
use crate::error::{Error, FieldError, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::Rules;
use crate::limits::Window;
use crate::routing::dry_run::{Counts, Trial, Verdict, Would, dry_run};
use crate::ticket::store::{Reach, reached};
use crate::time::Stamp;
use crate::web::api::period::Period;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Page, Query, RawBody, run_long};

/// Who tries a catalogue.
pub const KEEPERS: &[Role] = &[Role::Sysadmin, Role::Dispatcher];

/// Which catalogue is tried, and on which tickets.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DryRun {
    /// A whole catalogue; the one recorded where it is left out.
    pub rules: Option<Vec<RuleView>>,
    /// Rules on top of it: one with a known code takes that one's place.
    #[serde(default)]
    pub changes: Vec<RuleView>,
    /// `2026-10`; the window before the present one where no period is given.
    pub window: Option<String>,
    /// Instead of a window: a day or an RFC 3339 instant, included.
    pub from: Option<String>,
    /// A day or an RFC 3339 instant, not included.
    pub to: Option<String>,
    /// The day on which the rules are asked, units and companies with them; today where nothing is
    /// said, or the day on which the last of the proposed rules begins, where that is later.
    pub on: Option<NaiveDate>,
    /// Only items of this verdict; the counts are of all.
    pub only: Option<Verdict>,
    /// Only tickets on this category or one below it.
    pub category: Option<CategoryCode>,
    /// Only tickets in this region or one that lies in it; where a ticket has none, by its estate.
    pub region: Option<RegionCode>,
    /// Only tickets at this estate.
    pub estate: Option<EstateCode>,
    /// Of these only so many, the newest (and what came in the same instant); all where nothing is said.
    pub newest: Option<u32>,
}

/// Who had a ticket.
#[derive(Serialize, ToSchema)]
struct HadView {
    /// Null where no unit leads or led it.
    lead: Option<UnitCode>,
    assists: BTreeSet<UnitCode>,
}

/// Who would get it, and why.
#[derive(Serialize, ToSchema)]
struct WouldView {
    lead: UnitCode,
    assists: BTreeSet<UnitCode>,
    copies: BTreeSet<UnitCode>,
    /// The code of the rule.
    rule: String,
    why: String,
}

/// One ticket, by its number and codes.
#[derive(Serialize, ToSchema)]
struct TrialView {
    no: String,
    category: Option<CategoryCode>,
    region: Option<RegionCode>,
    estate: Option<EstateCode>,
    verdict: Verdict,
    had: HadView,
    /// Null where a dispatcher would have to decide.
    would_get: Option<WouldView>,
    /// Why a dispatcher would have to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The rules between which the dispatcher would have to decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tie: Vec<String>,
}

/// What the tickets of a window would have got.
#[derive(Serialize, ToSchema)]
pub struct DryRunView {
    from: String,
    to: String,
    on: NaiveDate,
    /// Whether more came in than the `newest` that were asked about and tried.
    partial: bool,
    /// The tickets tried, of which what follows is: of the category and the place asked about, where they are.
    total: usize,
    /// One rule names others than those who had it.
    changed: usize,
    /// Of the changed, those that no unit had.
    had_nobody: usize,
    /// No rule fits, or the lead it names may not have it.
    unmatched: usize,
    ties: usize,
    /// In the order of receipt.
    items: Vec<TrialView>,
    next: Option<String>,
}

/// Tries a dispatch catalogue on tickets of the past: the one in force, or a proposed one. Nothing is
/// recorded.
#[utoipa::path(tag = "reference", request_body = DryRun, params(Page), responses(
    (status = 200, body = DryRunView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/catalogue/dry-run")]
pub async fn try_out(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(page): Query<Page>,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    page.limit()?;
    let asked: DryRun = raw.parse()?;
    run_long(move || Answer::ok(&tried_of(&app, &actor, &asked, &page)?)).await.map(Answer::respond)
}

/// What the tickets of a window would have got.
///
/// # Errors
/// `forbidden`; 422 with each wrong field.
pub fn tried_of(app: &App, actor: &Actor, asked: &DryRun, page: &Page) -> Result<DryRunView> {
    actor.require(KEEPERS)?;
    let limit = page.limit()?;
    let hotline = &app.hotline;
    let now = hotline.db.now();
    let (rules, window, (tickets, partial)) = hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let window = asked.window(&rules, now)?;
        let reach = asked.reach(&rules.directory)?;
        let tickets = reached(conn, (window.start, window.end), &reach)?;
        Ok((rules, window, tickets))
    })?;
    let proposal = proposed(asked.rules.as_deref(), &asked.changes)?;
    let on = day_of(asked.on, &proposal, now.day(rules.profile.zone));
    let tried = rules.directory.trying(proposal)?;
    let trials = dry_run(&tried, &app.keys, on, tickets);
    let Counts { total, changed, had_nobody, unmatched, ties } = Counts::of(&trials);
    let wanted = |trial: &Trial| asked.only.is_none_or(|only| trial.verdict() == only);
    let some = trials.into_iter().filter(wanted);
    let some = directory::page(some, |it| it.ticket.no.clone(), page.after.as_deref(), limit);
    let zone = rules.profile.zone;
    Ok(DryRunView {
        from: window.start.rfc3339(zone),
        to: window.end.rfc3339(zone),
        on,
        partial,
        total,
        changed,
        had_nobody,
        unmatched,
        ties,
        items: some.items.into_iter().map(shown).collect(),
        next: some.next,
    })
}

impl DryRun {
    /// The window asked about; last month where nothing is said.
    fn window(&self, rules: &Rules, now: Stamp) -> Result<Window> {
        let period = Period {
            window: self.window.as_deref(),
            from: self.from.as_deref(),
            to: self.to.as_deref(),
        };
        if period.is_unsaid() {
            return rules.window_before(now);
        }
        period.read(rules)
    }

    /// Which tickets of the window are tried.
    fn reach(&self, directory: &Directory) -> Result<Reach> {
        let unknown = |pointer: &str| Error::field(pointer, "field.unknown_code");
        let mut reach =
            Reach { estate: self.estate.clone(), newest: self.newest, ..Reach::default() };
        if let Some(code) = &self.category {
            directory.category(code).ok_or_else(|| unknown("/category"))?;
            reach.categories = Some(directory.category_subtree(code));
        }
        if let Some(code) = &self.region {
            directory.region(code).ok_or_else(|| unknown("/region"))?;
            let inside =
                directory.regions().filter(|region| directory.contains(code, &region.code));
            let regions: BTreeSet<RegionCode> = inside.map(|region| region.code.clone()).collect();
            let inside = directory.estates().filter(|estate| regions.contains(&estate.region));
            let estates = inside.map(|estate| estate.code.clone()).collect();
            reach.places = Some((regions, estates));
        }
        if let Some(code) = &self.estate {
            directory.estate(code).ok_or_else(|| unknown("/estate"))?;
        }
        if self.newest == Some(0) {
            return Err(Error::field("/newest", "field.format"));
        }
        Ok(reach)
    }
}

/// A whole catalogue, where there is one, and rules on top of it.
///
/// # Errors
/// 422 with each wrong field, below `/rules/n` or `/changes/n`.
pub fn proposed(rules: Option<&[RuleView]>, changes: &[RuleView]) -> Result<Proposal> {
    let mut wrong = Vec::new();
    let mut read = |list: &str, views: &[RuleView]| {
        let mut rules: Vec<Rule> = Vec::with_capacity(views.len());
        for (n, view) in views.iter().enumerate() {
            match turned(view) {
                Ok(rule) => rules.push(rule),
                Err(error) => wrong.extend(error.fields().iter().map(|fault| FieldError {
                    pointer: format!("/{list}/{n}{}", fault.pointer),
                    ..fault.clone()
                })),
            }
        }
        rules
    };
    let rules = rules.map(|views| read("rules", views));
    let changes = read("changes", changes);
    if wrong.is_empty() { Ok(Proposal { rules, changes }) } else { Err(Error::invalid(wrong)) }
}

/// The day on which a proposal is asked: the one said, else today, or the day on which the last of its rules begins,
/// where that is later.
pub fn day_of(said: Option<NaiveDate>, proposal: &Proposal, today: NaiveDate) -> NaiveDate {
    let rules = proposal.rules.iter().flatten().chain(&proposal.changes);
    let last = rules.map(|rule| rule.span.from_on).max();
    said.unwrap_or_else(|| last.map_or(today, |last| last.max(today)))
}

fn shown(trial: Trial) -> TrialView {
    let verdict = trial.verdict();
    let Trial { ticket, would } = trial;
    let (mut would_get, mut why, mut tie) = (None, None, Vec::new());
    match would {
        Would::Get { outcome, reason } => {
            would_get = Some(WouldView {
                lead: outcome.lead,
                assists: outcome.assists,
                copies: outcome.copies,
                rule: reason.rule,
                why: reason.text,
            });
        }
        Would::Tie { rules, why: text } => (tie, why) = (rules, Some(text)),
        Would::Nobody { why: text } => why = Some(text),
    }
    TrialView {
        no: ticket.no,
        category: ticket.category,
        region: ticket.region,
        estate: ticket.estate,
        verdict,
        had: HadView { lead: ticket.lead, assists: ticket.assists },
        would_get,
        why,
        tie,
    }
}

pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(try_out);
}
