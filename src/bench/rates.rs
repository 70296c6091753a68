//! Bench: a month of histories moved in, and its rates asked for. Its rule: asked as a leader's
//! screen asks, over HTTP, while nothing else happens.

use std::time::Instant;

use chrono::{Datelike, Months, NaiveDate};

use super::clients::{Line, answer_of};
use super::history::moved_in;
use super::server::Server;
use super::{Plan, figure, middle, site, tell_memory};
use crate::error::{Result, sentence};
use crate::identity::Role;
use crate::time::Stamp;

const ASKED: usize = 20;

/// Moves `plan.month` histories of last month in and asks for its rates.
///
/// # Errors
/// Whatever the import or the server refuses.
pub(super) fn measure(plan: &Plan, say: &mut dyn FnMut(String)) -> Result<()> {
    let site = site(plan, "month")?;
    let hotline = &site.app.hotline;
    let now = site.app.db.now();
    let rules = site.app.db.read(|conn| hotline.rules.current(conn, now))?;
    let zone = rules.profile.zone;
    let this = now.day(zone).with_day(1).unwrap_or_default();
    let month = this.checked_sub_months(Months::new(1)).unwrap_or_default();
    let days = u64::try_from((this - month).num_days()).unwrap_or(30);
    // Told from the last evening of the month, so that every call came in within it.
    let evening = Stamp::start_of(this, zone).plus_millis(-60_000);
    let (summary, seconds) = moved_in(plan, &site, evening, (plan.month, days - 1))?;
    let speed = (summary.imported as f64 / seconds).round().to_string();
    let (imported, rejected) = (summary.imported.to_string(), summary.rejected.to_string());
    say(sentence(
        "bench.imported",
        &[("count", &imported), ("rejected", &rejected), ("speed", &speed)],
    ));
    let (name, password) = site.account(Role::Leader)?;
    let server = Server::start(&site, &[])?;
    let token = server.login(&name, &password)?;
    ask(&server, &token, month, say)?;
    tell_memory("bench.full", &server, say);
    Ok(())
}

fn ask(server: &Server, token: &str, month: NaiveDate, say: &mut dyn FnMut(String)) -> Result<()> {
    let bearer = format!("Bearer {token}");
    let window = month.format("%Y-%m");
    let mut line = Line::to(server.address)?;
    for by in ["unit", "category", "estate", "region"] {
        let path = format!("/api/v1/rates?window={window}&group_by={by}");
        let mut took = Vec::new();
        let mut tickets = String::new();
        for _ in 0..ASKED {
            let began = Instant::now();
            let answer = line.ask("GET", &path, &[("Authorization", &bearer)], "")?;
            took.push(began.elapsed().as_secs_f64() * 1_000.0);
            tickets = answer_of(&answer)?["total"]["n"].to_string();
        }
        let first = figure(took.first().copied().unwrap_or(f64::NAN));
        let ms = middle(took);
        let verdict = if ms <= 100.0 { "bench.met" } else { "bench.missed" };
        say(sentence(
            "bench.rates",
            &[
                ("by", by),
                ("tickets", &tickets),
                ("first", &first),
                ("ms", &figure(ms)),
                ("verdict", &sentence(verdict, &[])),
            ],
        ));
    }
    Ok(())
}
