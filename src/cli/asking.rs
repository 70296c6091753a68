//! The command line: what is asked of a site, and the few things an administrator does to it.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::process::ExitCode;

use jiesu::app::{App, Demo};
use jiesu::bench;
use jiesu::config::Config;
use jiesu::directory::UnitCode;
use jiesu::doctor::{self, Finding, Verdict};
use jiesu::error::{Error, Kind, Result, sentence};
use jiesu::identity::{self, Actor, NewAccount};
use jiesu::lifecycle::outage::Outage as Downtime;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::time::Stamp;

use super::Bench;

/// Prints what a support person would ask; 1 where somebody should look at something.
pub(super) fn examine(app: &App) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for Finding { what, answer, verdict } in doctor::examine(app) {
        let mark = if verdict == Verdict::Well { " " } else { "!" };
        println!("{mark} {what}：{answer}");
        if verdict == Verdict::Look {
            code = ExitCode::FAILURE;
        }
    }
    code
}

/// Creates a user and prints the one-time password: it is good until it is changed.
pub(super) fn add_user(name: &str, roles: &[String], unit: Option<&str>) -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    let roles = roles
        .iter()
        .map(|role| {
            let unknown = || Error::with(Kind::Invalid, "program.role", &[("role", role)]);
            role.parse().map_err(|_| unknown())
        })
        .collect::<Result<_>>()?;
    let unit = unit.map(UnitCode::from);
    if let Some(code) = &unit {
        let directory = app.db.read(|conn| app.directory.current(conn))?;
        if directory.unit(code).is_none() {
            return Err(Error::with(Kind::Invalid, "program.unit", &[("unit", code.as_str())]));
        }
    }
    let account = NewAccount { display_name: name.to_owned(), name: name.to_owned(), roles, unit };
    let password = identity::add_user(&app.db, &Actor::system(), account)?;
    println!("{password}");
    Ok(ExitCode::SUCCESS)
}

/// Proves the history; prints the first problems and gives 1 where there are any.
pub(super) fn verify(app: &App) -> Result<ExitCode> {
    let files = app.files.verify(&app.db)?;
    let proof = app.hotline.prove(&seal_file(&app.config.data_dir))?;
    for problem in &proof.problems {
        let mut place = String::new();
        for (name, number) in [
            ("ticket", problem.ticket_id),
            ("seq", problem.seq.map(i64::from)),
            ("seal", problem.seal),
        ] {
            if let Some(number) = number {
                place.push_str(&format!(" {name}={number}"));
            }
        }
        println!("{}{place} ({})", problem.fault.zh(), problem.fault);
    }
    for flaw in &files.flaws {
        println!(
            "{} ticket={} attachment={} ({})",
            flaw.what.zh(),
            flaw.ticket_id,
            flaw.k,
            flaw.what
        );
    }
    let numbers = [
        ("tickets", proof.tickets),
        ("events", proof.events),
        ("seals", proof.seals),
        ("unsealed", proof.unsealed),
        ("problems", proof.count),
    ]
    .map(|(name, number)| (name, number.to_string()));
    println!("{}", sentence("verify.summary", &numbers.each_ref().map(|(k, v)| (*k, v.as_str()))));
    let files_are_well = files.holds();
    let numbers = [("whole", files.whole), ("count", files.count)].map(|(k, n)| (k, n.to_string()));
    println!("{}", sentence("verify.files", &numbers.each_ref().map(|(k, v)| (*k, v.as_str()))));
    Ok(if proof.holds() && files_are_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures on the disk that holds the data directory, in a folder beside the data.
pub(super) fn measure(what: &Bench) -> Result<ExitCode> {
    let unknown = |part: &str| Error::with(Kind::Invalid, "bench.unknown", &[("part", part)]);
    let parts = what.parts.iter().map(|part| part.parse().map_err(|_| unknown(part)));
    let plan = bench::Plan {
        parts: parts.collect::<Result<_>>()?,
        turns: what.turns.max(1),
        tickets: what.tickets.max(1),
        stored: what.stored,
        month: what.month,
        days: what.days,
        server: what.server,
        postgres: what.postgres.clone(),
        folder: Config::load()?.data_dir.join("bench"),
    };
    bench::run(&plan, &mut |line| println!("{line}"))?;
    Ok(ExitCode::SUCCESS)
}

/// Declares a downtime; times with an offset, or as the site's clocks show them.
pub(super) fn declare(from: &str, to: &str) -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    let outage = downtime(&app, from, to)?;
    let count = app.hotline.declare_outage(&Actor::system(), outage)?;
    println!("{}", sentence("outage.declared", &[("count", &count.to_string())]));
    Ok(ExitCode::SUCCESS)
}

/// Says what declaring it would do.
pub(super) fn would(from: &str, to: &str) -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    let found = app.hotline.would_extend(&Actor::system(), downtime(&app, from, to)?)?;
    for (no, count) in &found {
        println!("{}", sentence("outage.would", &[("no", no), ("count", &count.to_string())]));
    }
    println!("{}", sentence("outage.would_count", &[("count", &found.len().to_string())]));
    Ok(ExitCode::SUCCESS)
}

fn downtime(app: &App, from: &str, to: &str) -> Result<Downtime> {
    let zone = app.config.site.zone;
    let read = |text: &str| {
        Stamp::parse(text)
            .or_else(|| Stamp::parse_local(text, zone))
            .ok_or_else(|| Error::with(Kind::Invalid, "outage.time", &[("text", text)]))
    };
    Ok(Downtime { from: read(from)?, to: read(to)? })
}
