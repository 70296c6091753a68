//! Web, console, administration: the catalogue's dry run. Its rule: what the interface finds for one rule on top of the
//! recorded ones, or for these alone, on the tickets that the rule is about; nothing is recorded until the rule is.

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::frame::{Frame, TRIES};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::routing::dry_run::Verdict;
use crate::web::api::reference::catalogue;
use crate::web::api::reference::dry_run::{DryRun, DryRunView, tried_of};
use crate::web::api::reference::view::RuleView;
use crate::web::body::Page;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::run_long;

/// So many tickets are tried at once, the newest, unless all are asked for: a month of a large city takes a third of a
/// second.
const AT_FIRST: u32 = 500;

/// What is tried: a rule by its fields, all as typed; without a lead the recorded catalogue.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    /// Not empty: the trial is made; else the form alone is shown.
    run: String,
    window: String,
    only: String,
    /// Not empty: every ticket of the window, whatever the rule is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    all: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
    code: String,
    category: String,
    region: String,
    estate: String,
    lead: String,
    assists: String,
    copies: String,
    note: String,
    from_on: String,
    to_on: String,
}

#[derive(Serialize)]
struct Fault {
    /// The field's name.
    field: String,
    detail: String,
}

#[derive(Serialize)]
struct TrialPage {
    typed: Typed,
    /// The codes that were typed for those who help and those who read.
    assists: Vec<String>,
    copies: Vec<String>,
    /// Whether the rule is recorded under its code, and is described anew.
    known: bool,
    tried: Option<DryRunView>,
    wrong: Vec<Fault>,
    /// The query without `after`, for the next page.
    again: String,
    /// The same for every ticket of the window; nothing where these are tried.
    widest: Option<String>,
}

/// Tries a rule on last month's tickets.
#[get("/admin/catalogue/dry-run")]
pub async fn dry(app: web::Data<App>, guest: Guest, typed: web::Query<Typed>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (frame, page) = run_long(move || {
        let page = trial_page(&house, &actor, typed.into_inner())?;
        Ok((Frame::around(&house, &actor, &page)?, page))
    })
    .await?;
    frame.show(&app, &guest, "admin/trial.html", page)
}

fn trial_page(app: &App, actor: &Actor, mut typed: Typed) -> Result<TrialPage> {
    actor.require(TRIES)?;
    let recorded = match catalogue::one_of(app, &typed.code) {
        Ok(rule) => Some(rule),
        Err(error) if error.kind() == Kind::NotFound => None,
        Err(error) => return Err(error),
    };
    let known = recorded.is_some();
    if let Some(rule) = recorded.filter(|_| typed.lead.is_empty() && typed.run.is_empty()) {
        typed.take(&rule);
    }
    let (mut tried, mut wrong) = (None, Vec::new());
    if !typed.run.is_empty() {
        let page = Page { limit: None, after: said(&typed.after) };
        match typed.asked().and_then(|asked| tried_of(app, actor, &asked, &page)) {
            Ok(found) => tried = Some(found),
            Err(error) if error.kind() == Kind::Invalid => {
                let last =
                    |pointer: &str| pointer.rsplit('/').next().unwrap_or_default().to_owned();
                wrong.extend(error.fields().iter().map(|field| Fault {
                    field: last(&field.pointer),
                    detail: field.detail.clone(),
                }));
            }
            Err(error) => return Err(error),
        }
    }
    let typed = Typed { after: String::new(), ..typed };
    let again = serde_urlencoded::to_string(&typed).map_err(Error::internal)?;
    let widest = typed.all.is_empty().then(|| format!("{again}&all=1"));
    let (assists, copies) = (listed(&typed.assists), listed(&typed.copies));
    Ok(TrialPage { typed, assists, copies, known, tried, wrong, again, widest })
}

/// The query with which `rule` is tried.
///
/// # Errors
/// `internal`.
pub fn query_of(rule: &RuleView) -> Result<String> {
    let mut typed = Typed { run: "1".to_owned(), ..Typed::default() };
    typed.take(rule);
    serde_urlencoded::to_string(&typed).map_err(Error::internal)
}

impl Typed {
    /// Begins with the recorded rule.
    fn take(&mut self, rule: &RuleView) {
        let text = |code: Option<String>| code.unwrap_or_default();
        self.code.clone_from(&rule.code);
        self.category = text(rule.category.as_ref().map(ToString::to_string));
        self.region = text(rule.region.as_ref().map(ToString::to_string));
        self.estate = text(rule.estate.as_ref().map(ToString::to_string));
        self.lead.clone_from(&rule.lead);
        self.assists = rule.assists.join("、");
        self.copies = rule.copies.join("、");
        self.note.clone_from(&rule.note);
        self.from_on = rule.from_on.to_string();
        self.to_on = text(rule.to_on.map(|day| day.to_string()));
    }

    /// What the interface is asked.
    fn asked(&self) -> Result<DryRun> {
        let only = said(&self.only).map(|code| code.parse::<Verdict>()).transpose();
        let mut asked = DryRun {
            window: said(&self.window),
            only: only.map_err(|_| Error::field("/only", "field.unknown_code"))?,
            ..DryRun::default()
        };
        if self.all.is_empty() {
            asked.category = said(&self.category).map(Into::into);
            asked.region = said(&self.region).map(Into::into);
            asked.estate = said(&self.estate).map(Into::into);
            asked.newest = Some(AT_FIRST);
        }
        if !self.lead.trim().is_empty() {
            asked.changes.push(self.rule()?);
        }
        Ok(asked)
    }

    fn rule(&self) -> Result<RuleView> {
        let day = |text: &str, pointer: &'static str| -> Result<NaiveDate> {
            text.trim().parse().map_err(|_| Error::field(pointer, "field.format"))
        };
        Ok(RuleView {
            code: said(&self.code).ok_or_else(|| Error::field("/code", "field.required"))?,
            category: said(&self.category).map(Into::into),
            region: said(&self.region).map(Into::into),
            estate: said(&self.estate).map(Into::into),
            lead: self.lead.trim().to_owned(),
            assists: listed(&self.assists),
            copies: listed(&self.copies),
            note: self.note.trim().to_owned(),
            from_on: day(&self.from_on, "/from_on")?,
            to_on: said(&self.to_on).map(|text| day(&text, "/to_on")).transpose()?,
        })
    }
}

/// What was typed, where something was.
fn said(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Codes that are parted by commas or blanks.
fn listed(text: &str) -> Vec<String> {
    let parted = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、');
    text.split(parted).filter(|code| !code.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_parted_as_people_write_them() {
        assert_eq!(listed(" wuye，anquan、@street  a,b "), ["wuye", "anquan", "@street", "a", "b"]);
        assert!(listed("").is_empty() && said("  ").is_none());
    }

    #[test]
    fn a_rule_is_tried_on_what_it_is_about_unless_every_ticket_is_asked_for() {
        let typed = |query: &str| serde_urlencoded::from_str::<Typed>(query).unwrap();
        let some = typed("run=1&category=H01&estate=E1").asked().unwrap();
        assert_eq!(some.category, Some("H01".into()));
        assert_eq!(
            (some.region, some.estate, some.newest),
            (None, Some("E1".into()), Some(AT_FIRST))
        );
        let every = typed("run=1&category=H01&estate=E1&all=1").asked().unwrap();
        assert_eq!((every.category, every.estate, every.newest), (None, None, None));
        // What is written behind the query says nothing that stands in it already.
        let first = serde_urlencoded::to_string(typed("run=1")).unwrap();
        assert_eq!(typed(&format!("{first}&all=1&after=2026-7")).after, "2026-7");
    }
}
