//! Doctor: what a support person would ask first. Its rule: it changes nothing, tells nothing
//! personal and no secret, and goes on where one question has no answer.

use chrono::TimeDelta;

use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result, sentence};
use crate::jobs;
use crate::notify::wording::Desk;
use crate::ticket::store;
use crate::tls;

/// How it stands with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Well,
    /// Somebody should look at it.
    Look,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What was asked, in Chinese.
    pub what: String,
    pub answer: String,
    pub verdict: Verdict,
}

/// Asks everything.
pub fn examine(app: &App) -> Vec<Finding> {
    let config = &app.config;
    let mut found = vec![
        well("doctor.version", env!("CARGO_PKG_VERSION")),
        well("doctor.data_dir", config.data_dir.display().to_string()),
        well("doctor.listen", config.listen.to_string()),
        well("doctor.database", database(config)),
        well("doctor.keys", app.keys.fingerprint()),
        disk(app),
        ask("doctor.migrations", app.db.pending_migrations(), |pending| {
            let count = pending.len();
            (count.to_string(), verdict(count == 0))
        }),
        tls(app),
        well("doctor.worker", if config.worker.enabled { "on" } else { "off" }),
    ];
    found.extend(rules(app));
    found.push(ask("doctor.jobs", app.db.read(jobs::counts), |jobs| {
        let answer = [("waiting", jobs.waiting.to_string()), ("dead", jobs.dead.to_string())];
        let values: Vec<(&str, &str)> = answer.iter().map(|(k, v)| (*k, v.as_str())).collect();
        (sentence("doctor.jobs_are", &values), verdict(jobs.dead == 0))
    }));
    for job in app.db.read(|conn| jobs::dead(conn, 5)).unwrap_or_default() {
        let answer = format!("{} {} {}", job.id, job.kind, job.why.unwrap_or_default());
        found.push(Finding { what: say("doctor.dead_job"), answer, verdict: Verdict::Look });
    }
    found.extend(letters(app));
    found.extend(sentences(app));
    found.extend(seals(app));
    found
}

/// Letters that somebody has to see to, and templates of the site's own that cannot be used.
fn letters(app: &App) -> Vec<Finding> {
    use crate::notify::store::LetterState;
    let counted = app.db.read(crate::notify::listing::counts);
    let mut found = vec![ask("doctor.letters", counted, |counts| {
        let of = |state| counts.iter().find(|it| it.0 == state).map_or(0, |it| it.1);
        let (waiting, dead) = (of(LetterState::Waiting), of(LetterState::Dead));
        let answer = [("waiting", waiting.to_string()), ("dead", dead.to_string())];
        let values: Vec<(&str, &str)> = answer.iter().map(|(k, v)| (*k, v.as_str())).collect();
        (sentence("doctor.letters_are", &values), verdict(dead == 0))
    })];
    // Where the database is away, what lies in the folder is looked over all the same.
    let directory = app.db.read(|conn| app.directory.current(conn)).unwrap_or_default();
    let today = app.db.now().day(app.config.site.zone);
    let worded = Desk::of(&app.post, &directory, today).faults();
    for (name, reason) in [worded, app.papers.templates.faults()].concat() {
        let answer = format!("{name}: {reason}");
        found.push(Finding { what: say("doctor.template"), answer, verdict: Verdict::Look });
    }
    found
}

/// Which sections of the report a site says in its own words; those that cannot be used are refused at the start.
fn sentences(app: &App) -> Option<Finding> {
    let own: Vec<&str> = app.mailing.site.sentences.overridden().collect();
    (!own.is_empty()).then(|| well("doctor.sentences", own.join(" ")))
}

fn say(code: &'static str) -> String {
    sentence(code, &[])
}

fn well(code: &'static str, answer: impl Into<String>) -> Finding {
    Finding { what: sentence(code, &[]), answer: answer.into(), verdict: Verdict::Well }
}

const fn verdict(good: bool) -> Verdict {
    if good { Verdict::Well } else { Verdict::Look }
}

/// An answer, or why there is none.
fn ask<T>(
    code: &'static str,
    asked: Result<T>,
    read: impl FnOnce(T) -> (String, Verdict),
) -> Finding {
    let unanswered =
        |error: Error| (format!("{} ({})", error.detail(), error.code()), Verdict::Look);
    let (answer, verdict) = asked.map_or_else(unanswered, read);
    Finding { what: sentence(code, &[]), answer, verdict }
}

/// Which database, without user and password.
fn database(config: &Config) -> String {
    let url = config.database_url();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
            format!("{scheme}://{}", place.split('?').next().unwrap_or(place))
        }
        None => String::new(),
    }
}

/// When the certificate ends; soon is something to look at.
fn tls(app: &App) -> Finding {
    let Some(files) = tls::Files::of(&app.config) else {
        return well("doctor.tls", say("doctor.tls_off"));
    };
    let (zone, soon) = (app.config.site.zone, app.db.now().plus(TimeDelta::days(30)));
    ask("doctor.tls", files.certificates(), |chain| {
        // The first to end ends them all.
        match chain.iter().map(|one| tls::ends_at(one)).min() {
            Some(Some(ends_at)) => (ends_at.rfc3339(zone), verdict(ends_at > soon)),
            _ => ("?".to_owned(), Verdict::Look),
        }
    })
}

fn disk(app: &App) -> Finding {
    let free = rustix::fs::statvfs(&app.config.data_dir)
        .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) / 1_000_000)
        .map_err(Error::internal);
    ask("doctor.disk", free, |free| {
        (format!("{free} MB"), verdict(free >= app.config.health.disk_free_mb))
    })
}

fn rules(app: &App) -> Vec<Finding> {
    let now = app.db.now();
    let rules = match app.db.read(|conn| app.hotline.rules.current(conn, now)) {
        Ok(rules) => rules,
        Err(error) => return vec![ask("doctor.profile", Err::<(), _>(error), |()| unreached())],
    };
    let zone = rules.profile.zone;
    let mut found = vec![
        well("doctor.now", format!("{} {zone}", now.rfc3339(zone))),
        well("doctor.profile", rules.profile.id()),
        well("doctor.calendar", rules.calendar.version()),
    ];
    if let Some(year) = rules.calendar.missing_year(now.day(zone)) {
        let (what, answer) = (say("doctor.missing_year"), year.to_string());
        found.push(Finding { what, answer, verdict: Verdict::Look });
    }
    for fault in rules.faults() {
        let (what, answer) = (say("doctor.fault"), fault.clone());
        found.push(Finding { what, answer, verdict: Verdict::Look });
    }
    found
}

const fn unreached() -> (String, Verdict) {
    (String::new(), Verdict::Look)
}

fn seals(app: &App) -> Vec<Finding> {
    let zone = app.config.site.zone;
    vec![
        ask("doctor.last_seal", app.db.read(store::last_seal), |seal| {
            let answer = seal.map(|seal| format!("{} {}", seal.no, seal.at.rfc3339(zone)));
            (answer.unwrap_or_else(|| "-".to_owned()), Verdict::Well)
        }),
        ask("doctor.unsealed", app.db.read(store::count_unsealed), |count| {
            (count.to_string(), Verdict::Well)
        }),
    ]
}
