//! Merged and taken apart again (domain.md §2: "as if they had never been recalled"). Its rule: two hotlines
//! live the same random lives, and in one of them tickets are merged and unmerged; nothing tells the two
//! apart afterwards: no assignment, no limit, and no figure of `/rates`, whatever it is grouped by.
//!
//! Nobody does anything on a ticket of the twin while its like is merged. That is what the sentence can
//! mean: what the units would have done meanwhile they could not do, and urges went to the parent; the
//! limits have run on, and what they missed is missed.

use chrono::TimeDelta;
use jiesu::jobs::Bell;
use jiesu::lifecycle::outage::Outage;
use jiesu::ticket::StateName;
use jiesu::ticket::store::Stored;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use super::counts::Counts;
use super::{Lives, Seed, TICKETS, any, number};
use crate::support::badges;
use crate::support::city::{City, good, refusal};
use crate::support::databases::{TestDb, on_each_database};
use crate::support::server::Server;

/// How many pairs of lives where nothing is said.
const FEW: u64 = 4;
/// The month of every life, and a part of it whose ends lie among their events.
const WINDOWS: [&str; 2] =
    ["window=2026-11", "from=2026-11-09T00:00:00%2B08:00&to=2026-11-19T12:00:00%2B08:00"];
const GROUPS: [&str; 7] = ["unit", "head", "category", "estate", "company", "region", "channel"];

/// A hotline that is asked over HTTP.
struct House {
    server: Server,
    city: City,
    leader: String,
}

impl House {
    fn open(url: &str) -> Self {
        let server = Server::start(&[("JIESU_DATABASE__URL", url)]);
        let city = City::served(&server);
        let people = city.people().map(|person| person.actor);
        let leader = badges::issue(&server.app, people).remove("leader").unwrap();
        Self { server, city, leader }
    }

    /// The whole answer of `/rates` to one question.
    fn figure(&self, path: &str) -> String {
        let bearer = format!("Bearer {}", self.leader);
        let answer = self.server.ask("GET", path, &[("Authorization", &bearer)], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// How the month stands.
    fn month(&self) -> String {
        self.figure(&format!("/api/v1/rates?{}&group_by=unit", WINDOWS[0]))
    }

    /// The answers to every question, each with it.
    fn figures(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for window in WINDOWS {
            for group_by in GROUPS {
                for edition in ["all", "assessed"] {
                    let path =
                        format!("/api/v1/rates?{window}&group_by={group_by}&edition={edition}");
                    let answer = self.figure(&path);
                    all.push((path, answer));
                }
            }
        }
        all
    }
}

/// What happens while they are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    /// They are unmerged at the same instant.
    Nothing,
    /// So many hours go by, and whoever must be told of limits is told.
    Hours(i64),
    /// The system was down for the first of so many hours, and that is declared.
    Outage(i64),
    /// The parent's unit handles it, its reply passes and its caller is content; then so many hours go by.
    Answered(i64),
}

impl Meanwhile {
    fn any(dice: &mut StdRng) -> Self {
        let hours = *any(dice, &[1, 7, 30, 200]);
        match dice.random_range(0..5) {
            0 => Self::Nothing,
            1 | 2 => Self::Hours(hours),
            3 => Self::Outage(hours),
            _ => Self::Answered(hours),
        }
    }

    /// The same in both houses; answers what was said to whom tried something.
    fn happens(self, city: &City, parent: &str) -> Vec<String> {
        let mut said = Vec::new();
        if let Self::Answered(_) = self {
            said = is_answered(city, parent);
        }
        let from = city.now();
        if let Self::Hours(hours) | Self::Outage(hours) | Self::Answered(hours) = self {
            city.clock.forward(TimeDelta::hours(hours));
            city.hotline.sweep(&Bell::default()).unwrap();
        }
        if let Self::Outage(_) = self {
            let outage = Outage { from, to: from.plus_millis(3_600_000) };
            city.hotline.declare_outage(city.person("sysadmin").actor, outage).unwrap();
        }
        said
    }
}

/// As far as its people come with it.
fn is_answered(city: &City, no: &str) -> Vec<String> {
    let to_wuye = json!({ "lead": "wuye", "designate": true });
    let mut said = vec![refusal(city.dispatcher().tries(no, "dispatch", to_wuye))];
    if let Some(k) = city.ticket(no).live_lead() {
        let unit = city.assignment(no, k).unit;
        let handler = city.handler(unit.as_str());
        said.push(refusal(handler.tries_work(no, k, "sign", json!({}))));
        said.push(refusal(handler.tries_work(no, k, "contact", json!({ "outcome": "spoke" }))));
        let reply = json!({ "text": "已修好", "assists_summary": "协办尚在进行" });
        said.push(refusal(handler.tries(no, "reply", reply)));
    }
    said.push(refusal(city.reviewer().tries(no, "review", json!({ "pass": true }))));
    said.push(refusal(city.surveyor().tries(no, "survey", good())));
    said
}

/// Who is merged into whom: children in the order in which they go, each with its parent.
fn merges(dice: &mut StdRng, now: &[Stored]) -> Vec<(usize, usize)> {
    use StateName as S;
    let state = |i: usize| now[i].ticket.state.name();
    // Whose own children would stay with the new parent is no like of the twin afterwards.
    let goes = |i: &usize| {
        matches!(state(*i), S::Accepted | S::Consulting | S::InUnits)
            && now[*i].ticket.children.is_empty()
    };
    let parents: Vec<usize> = (0..TICKETS).filter(|i| state(*i).is_live()).collect();
    if parents.is_empty() {
        return Vec::new();
    }
    let parent = *any(dice, &parents);
    let children: Vec<usize> = (0..TICKETS).filter(|i| *i != parent).filter(goes).collect();
    match (children.as_slice(), dice.random_range(0..3)) {
        ([first, second], 0) => vec![(*first, parent), (*second, parent)],
        // The grandchild moves to the new parent.
        ([first, second], 1) => vec![(*second, *first), (*first, parent)],
        ([first, ..], _) => vec![(*first, parent)],
        ([], _) => Vec::new(),
    }
}

/// Merges, lets time go by, and takes apart again, here; there time alone goes by.
fn aside(here: &House, there: &House, pairs: &[(usize, usize)], now: &[Stored], what: Meanwhile) {
    let no = |i: usize| now[i].ticket.no.as_str();
    for (child, parent) in pairs {
        here.city.dispatcher().does(no(*child), "merge", json!({ "into": no(*parent) }));
    }
    let parent = no(pairs.last().unwrap().1);
    assert_eq!(what.happens(&here.city, parent), what.happens(&there.city, parent), "{what:?}");
    if what != Meanwhile::Nothing {
        assert_ne!(here.month(), there.month(), "what is merged is counted as merged");
    }
    for (child, _) in pairs {
        let child = here.city.dispatcher().does(no(*child), "unmerge", json!({}));
        assert!(child.suspended.is_none());
    }
}

/// Both live on, by the same dice.
fn both_step(twins: &mut [Lives<'_>; 2], counts: &mut Counts) {
    for lives in twins {
        lives.step(counts);
    }
}

/// The tickets of both houses are alike in all that the figures are made of.
fn alike(here: &City, there: &City, now: &[Stored]) {
    for stored in now {
        let [here, there] = [here, there].map(|city| city.ticket(&stored.ticket.no));
        assert_eq!((&here.state, &here.endings), (&there.state, &there.endings));
        assert_eq!(here.assignments, there.assignments);
        assert_eq!(here.timers, there.timers);
        assert_eq!(here.children, there.children);
    }
}

fn same_figures(here: &House, there: &House) {
    for ((question, here), (_, there)) in here.figures().iter().zip(there.figures()) {
        assert_eq!(*here, there, "{question}");
    }
}

on_each_database! {
    fn a_ticket_merged_and_taken_out_again_is_in_every_figure_as_if_it_had_never_been(
        test: &TestDb
    ) {
        let other =
            if test.url.starts_with("sqlite") { TestDb::sqlite() } else { TestDb::postgres().unwrap() };
        let (here, there) = (House::open(&test.url), House::open(&other.url));
        let mut met = Vec::new();
        let mut counts = Counts::default();
        let n = number("JIESU_TWINS").unwrap_or(FEW);
        for seed in number("JIESU_SEED").map_or(0..n, |seed| seed..seed + 1) {
            let _said = Seed(seed);
            let mut dice = StdRng::seed_from_u64(seed ^ 0x7717);
            let mut twins = [&here, &there].map(|it| Lives::begin(&it.city, seed, &mut counts));
            for round in 0..2 {
                for _ in 0..dice.random_range(3..=8) {
                    both_step(&mut twins, &mut counts);
                }
                let pairs = merges(&mut dice, &twins[0].now);
                let what = Meanwhile::any(&mut dice);
                if !pairs.is_empty() {
                    let before = (what == Meanwhile::Nothing).then(|| here.month());
                    aside(&here, &there, &pairs, &twins[0].now, what);
                    assert!(before.is_none_or(|before| before == here.month()));
                    met.push((what, pairs.len()));
                }
                // Those that were merged have more events than before, and nothing else.
                for lives in &mut twins {
                    for stored in &mut lives.now {
                        *stored = lives.city.stored(&stored.ticket.no);
                    }
                }
                alike(&here.city, &there.city, &twins[0].now);
                if round == 0 {
                    same_figures(&here, &there);
                }
            }
            // What comes after is the same too.
            for _ in 0..4 {
                both_step(&mut twins, &mut counts);
            }
            alike(&here.city, &there.city, &twins[0].now);
            same_figures(&here, &there);
        }
        println!("{}: merged and taken apart {} times: {met:?}", test.url, met.len());
        assert!(n < FEW || met.len() >= 4, "too few were merged: {met:?}");
    }
}
