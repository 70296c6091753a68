//! Figures end to end: invented histories imported from a file, asked over HTTP, compared with an
//! oracle that reads only the lines; drilled down; moved to an empty site and asked again.
//!
//! `JIESU_HISTORIES` says how many (300 000 is the measure, in release), `JIESU_HISTORY_DAYS` over how
//! many days (365 is the measure), `JIESU_DRILLS` how many cells besides those of unit × assessed are
//! drilled down.

mod drill;
mod frozen;
mod mix;
mod site;
mod speed;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Write};
use std::sync::Arc;
use std::time::Instant;

use jiesu::directory::Cached;
use jiesu::lifecycle::{Hotline, RuleBook};
use jiesu::moving::{Run, export, import_file};
use jiesu::time::Stamp;
use serde_json::Value;

use crate::support::databases::{Folder, on_each_database};
use crate::support::histories::{Plan, histories};
use crate::support::oracle::{Ask, City, Figures, excluded, figures, repeats};
use crate::support::record::{Days, Ticket, read};
use crate::support::town::{city, codes};
use drill::{Cell, drill_down};
use site::Site;

const GROUPS: [&str; 7] = ["unit", "head", "category", "estate", "company", "region", "channel"];

fn millis(text: &str) -> i64 {
    Stamp::parse(&format!("{text}+08:00")).unwrap().millis()
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

const DAY: i64 = 86_400_000;

/// Eleven weeks of autumn, or as many days as are asked for, with stamps on either side of each window's ends.
fn plan(count: usize) -> Plan {
    let to = millis("2026-11-05T00:00:00");
    let days = i64::try_from(number("JIESU_HISTORY_DAYS", 77)).unwrap();
    Plan {
        seed: 20_261_109,
        count,
        from: to - days * DAY,
        to,
        now: millis("2026-11-09T16:00:00.500"),
        edges: [CUT, "2026-10-01T00:00:00", NEXT_CUT, "2026-11-01T00:00:00"].map(millis).to_vec(),
    }
}

const CUT: &str = "2026-09-19T12:00:00";
const NEXT_CUT: &str = "2026-10-19T12:00:00";

/// A period, as it is asked for and in milliseconds.
struct Period {
    words: String,
    start: i64,
    end: i64,
}

/// A month by its name, one from noon to noon by its instants, and the two milliseconds on either
/// side of midnight.
fn periods() -> [Period; 3] {
    let period = |from: &str, to: &str| Period {
        words: format!("from={from}%2B08:00&to={to}%2B08:00"),
        start: millis(from),
        end: millis(to),
    };
    let mut october = period("2026-10-01T00:00:00", "2026-11-01T00:00:00");
    "window=2026-10".clone_into(&mut october.words);
    [october, period(CUT, NEXT_CUT), period("2026-09-30T23:59:59.999", "2026-10-01T00:00:00.001")]
}

/// What the lines say, read by nothing of the crate.
struct Told {
    lines: Vec<String>,
    tickets: Vec<Ticket>,
    again: Vec<bool>,
    city: City,
    now: i64,
    /// From when on surveys are too late for October's report, where the town says so.
    report_cut: Option<i64>,
}

impl Told {
    fn of(plan: &Plan) -> Self {
        let days = Days::read();
        let lines = histories(plan, &codes());
        let parse = |line: &String| -> Value { serde_json::from_str(line).unwrap() };
        let tickets: Vec<Ticket> = lines.iter().map(|line| read(&parse(line), &days)).collect();
        let again = repeats(&tickets);
        Self { lines, tickets, again, city: city(), now: plan.now, report_cut: None }
    }

    fn expect(&self, ask: &Ask<'_>) -> Expected {
        Expected {
            figures: figures(&self.tickets, &self.again, &self.city, ask),
            excluded: excluded(&self.tickets, &self.city, ask),
        }
    }
}

/// What must come.
struct Expected {
    figures: Figures,
    /// Row key (empty: the total) → reason → tickets.
    excluded: HashMap<String, BTreeMap<String, i64>>,
}

/// Every question that is asked, with what must come.
struct Question {
    words: String,
    group_by: &'static str,
    assessed: bool,
    expected: Expected,
    /// Whether it is about the named month.
    named: bool,
}

fn questions(told: &Told) -> Vec<Question> {
    let mut all = Vec::new();
    for (place, period) in periods().into_iter().enumerate() {
        for group_by in GROUPS {
            for assessed in [false, true] {
                let Period { start, end, .. } = period;
                let ask = Ask {
                    start,
                    end,
                    now: told.now,
                    group_by,
                    assessed,
                    within: None,
                    surveyed_before: None,
                };
                let edition = if assessed { "assessed" } else { "all" };
                let words = format!("{}&group_by={group_by}&edition={edition}", period.words);
                let expected = told.expect(&ask);
                all.push(Question { words, group_by, assessed, expected, named: place == 0 });
            }
        }
    }
    all
}

/// Writes the lines to a file, imports it and says how fast.
fn import(site: &Site, lines: &[String]) {
    let folder = Folder::new();
    let file = folder.path().join("histories.ndjson");
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    import_from(site, &file, lines.len());
}

fn import_from(site: &Site, file: &std::path::Path, count: usize) {
    let began = Instant::now();
    let done = import_file(&site.server.app.hotline, file, Run::Real).unwrap();
    let seconds = began.elapsed().as_secs_f64();
    let rejects = done.rejects.map(|file| std::fs::read_to_string(file).unwrap());
    let first = rejects.as_ref().and_then(|text| text.lines().next());
    assert_eq!((done.imported, done.rejected), (count as u64, 0), "{first:?}");
    println!("imported {count} lines in {seconds:.1} s: {:.0} lines/s", count as f64 / seconds);
    site.settle();
}

/// The cells of the month that are drilled down: every one of unit × assessed, and of the others
/// `most` that the dice pick (all, where there are no more).
fn cells(questions: &[Question], most: usize) -> Vec<Cell> {
    let (mut sure, mut others) = (Vec::new(), Vec::new());
    for question in questions {
        let sought = question.named && question.assessed && question.group_by == "unit";
        let into = if sought { &mut sure } else { &mut others };
        into.extend(drill::cells(question));
    }
    drill::pick(&mut others, most);
    println!("drill-downs: {} of unit × assessed, {} others", sure.len(), others.len());
    sure.extend(others);
    sure
}

/// Moves everything to an empty site over a file and asks the same again.
fn moved(from: &Site, questions: &[Question], answers: &[String], count: usize) {
    let folder = Folder::new();
    let file = folder.path().join("export.ndjson");
    let began = Instant::now();
    let mut out = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    assert_eq!(export(&from.server.app.hotline, None, &mut out).unwrap(), count as u64);
    out.flush().unwrap();
    let seconds = began.elapsed().as_secs_f64();
    println!("exported {count} lines in {seconds:.1} s: {:.0} lines/s", count as f64 / seconds);
    let to = from.another_empty();
    import_from(&to, &file, count);
    for (question, before) in questions.iter().zip(answers) {
        assert_eq!(&to.rates(&question.words), before, "{}", question.words);
    }
    println!("{} answers are the same on the other site", answers.len());
}

on_each_database! {
    fn every_figure_of_imported_histories_is_what_their_lines_say(test: &TestDb) {
        let count = number("JIESU_HISTORIES", 2_000);
        let plan = plan(count);
        let told = Told::of(&plan);
        let site = Site::open(test, plan.now);
        import(&site, &told.lines);
        speed::of_the_month(&site);

        let questions = questions(&told);
        let mut met = table::Met::default();
        let mut answers = Vec::with_capacity(questions.len());
        for question in &questions {
            let answer = site.rates(&question.words);
            let parsed: Value = serde_json::from_str(&answer).unwrap();
            table::compare(&parsed, question, &mut met);
            answers.push(answer);
        }
        println!("{count} histories: {} rows agree in {} metrics; {} cells are not empty",
            met.rows, met.metrics, met.cells);
        assert!(met.cells > 5_000 || count < 1_000);

        let cells = cells(&questions, number("JIESU_DRILLS", 2_000));
        drill_down(&site, &told.lines, &cells);
        frozen::every_cell(&site, &told);
        moved(&site, &questions, &answers, count);
    }

    fn a_report_with_a_cut_off_leaves_later_surveys_out_and_live_figures_do_not(test: &TestDb) {
        let plan = plan(2_000);
        // October ended on a Saturday; Monday is the one working day.
        let cut = millis("2026-11-03T00:00:00");
        let told = Told { report_cut: Some(cut), ..Told::of(&plan) };
        let late = told.tickets.iter().filter(|it| it.valid_at.last().is_some_and(|at| *at >= cut));
        assert!(late.count() > 20, "there are some to leave out");
        let mut site = Site::open(test, millis("2026-08-19T09:00:00"));
        site.lays_down(("small_n = 10", "small_n = 10\nlate_surveys = 1"));
        site.comes_to(plan.now);
        import(&site, &told.lines);
        for question in questions(&told).iter().filter(|it| it.named && it.group_by == "unit") {
            let answer: Value = serde_json::from_str(&site.rates(&question.words)).unwrap();
            table::compare(&answer, question, &mut table::Met::default());
        }
        frozen::some_reports(&site, &told);
    }

    fn a_change_by_another_node_is_in_the_next_answer(test: &TestDb) {
        let plan = plan(20);
        let told = Told::of(&plan);
        let site = Site::open(test, plan.now);
        test.clock.set(Stamp::from_millis(plan.now));
        let rules = RuleBook::new(Cached::default(), "default");
        let keys = site.server.app.keys.clone();
        let another = Arc::new(Hotline { db: test.db.clone(), keys, rules });
        let words = "from=2026-08-20&to=2026-11-05";
        let received = |answer: &str| {
            let answer: Value = serde_json::from_str(answer).unwrap();
            answer["total"]["metrics"]["received"]["num"].as_f64()
        };
        for (before, line) in told.lines.iter().enumerate() {
            let answer = site.rates(words);
            assert_eq!(received(&answer), Some(before as f64));
            assert_eq!(site.rates(words), answer);
            let mut text = Cursor::new(line.clone());
            let done = jiesu::moving::import(&another, &mut text, &mut Vec::new(), Run::Real);
            assert_eq!(done.unwrap().imported, 1);
        }
    }
}
