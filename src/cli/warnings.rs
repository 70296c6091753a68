//! The command line: what would have been warned of.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Subcommand;
use jiesu::app::{App, Demo};
use jiesu::directory::{CategoryCode, Directory};
use jiesu::error::{Error, Result};
use jiesu::proactive::replay::{Raised, Replay, Taxonomy};
use jiesu::proactive::store::tickets;
use jiesu::proactive::{Grade, Rule};
use jiesu::time::Stamp;

#[derive(Debug, Subcommand)]
pub(super) enum Warnings {
    /// Goes through the tickets of the database as if day by day, by today's rules: what would have been warned of.
    /// Nothing is written and nobody is told; sensitive words are not looked for
    Replay {
        /// First day, such as 2025-01-01; what was received before is the past of it
        #[arg(long)]
        from: NaiveDate,
        /// Last day
        #[arg(long)]
        to: NaiveDate,
        /// Each warning as a line of JSON, instead of the tables
        #[arg(long)]
        json: bool,
    },
}

struct Categories<'a>(&'a Directory);

impl Taxonomy for Categories<'_> {
    fn is_below(&self, code: &str, above: &str) -> bool {
        code == above
            || self
                .0
                .category_ancestors(&CategoryCode::from(code))
                .contains(&CategoryCode::from(above))
    }
}

pub(super) fn run(what: &Warnings) -> Result<ExitCode> {
    let Warnings::Replay { from, to, json } = what;
    let app = App::open(Demo::Off)?;
    let settings = &app.watchman.settings;
    let (start, end) = (Stamp::start_of(*from, settings.zone), Stamp::end_of(*to, settings.zone));
    let (directory, all) = app
        .db
        .read(|conn| Ok((app.directory.current(conn)?, tickets::received_before(conn, end)?)))?;
    let raised = Replay::of(&all, settings).run((start, end), &Categories(&directory));
    if *json {
        return lines(&raised, &app);
    }
    let weeks = f64::from(i32::try_from((*to - *from).num_days() + 1).unwrap_or(i32::MAX)) / 7.0;
    let within = all.iter().filter(|it| it.at >= start).count();
    let within = f64::from(u32::try_from(within).unwrap_or(u32::MAX));
    let before = all.partition_point(|it| it.at < start);
    println!("工单 {within} 件（回放期内；此前 {before} 件）");
    println!("规则\t级别\t条数\t每周\t每周每10万件/年");
    let mut counts: BTreeMap<(Rule, Grade), u32> = BTreeMap::new();
    for it in &raised {
        *counts.entry((it.finding.rule, it.finding.grade)).or_default() += 1;
    }
    let yearly = within / weeks * 52.1775;
    for ((rule, grade), count) in counts {
        let a_week = f64::from(count) / weeks;
        let scaled = a_week * 100_000.0 / yearly.max(1.0);
        println!("{}\t{}\t{count}\t{a_week:.2}\t{scaled:.2}", rule.zh(), grade.zh());
    }
    for it in raised.iter().filter(|it| it.finding.grade == Grade::Alarm) {
        let found = &it.finding;
        println!(
            "{}\t{}\t{}\t{}/{}\t{}\t{}",
            it.at.rfc3339(settings.zone),
            found.rule.zh(),
            found.cell,
            found.n,
            found.threshold,
            found.tickets.join(","),
            found.why
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn lines(raised: &[Raised], app: &App) -> Result<ExitCode> {
    for it in raised {
        let found = &it.finding;
        let line = serde_json::json!({
            "at": it.at.rfc3339(app.config.site.zone),
            "rule": found.rule,
            "grade": found.grade,
            "cell": found.cell,
            "estate": found.estate,
            "category": found.category,
            "company": found.company,
            "n": found.n,
            "threshold": found.threshold,
            "tickets": found.tickets,
            "why": found.why,
        });
        println!("{}", serde_json::to_string(&line).map_err(Error::internal)?);
    }
    Ok(ExitCode::SUCCESS)
}
