//! Random lives: commands by everyone on a few tickets at once, with time running, and after each of
//! them what must always hold. `JIESU_SEQUENCES=10000` is the full run (in release; 60 otherwise),
//! `JIESU_SEED=n` runs the one that failed.

mod bodies;
mod checks;
mod eyes;

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use jiesu::db::schema::tickets;
use jiesu::error::Kind;
use jiesu::jobs::Bell;
use jiesu::lifecycle::table;
use jiesu::ticket::command::{CommandName, Target};
use jiesu::ticket::store::Stored;
use jiesu::ticket::{Mode, State, StateName, Ticket};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::city::{City, MONDAY, Person, at};
use crate::support::databases::{on_each_database, say};
use crate::support::tree;

const TICKETS: usize = 3;
const STEPS: usize = 25;

/// One of `all`, any.
fn any<'a, T>(rng: &mut StdRng, all: &'a [T]) -> &'a T {
    &all[rng.random_range(0..all.len())]
}

/// What was met, over all sequences.
#[derive(Default)]
struct Counts {
    states: BTreeMap<&'static str, u32>,
    commands: BTreeMap<&'static str, u32>,
    refusals: BTreeMap<String, u32>,
    tried: u32,
    accepted: u32,
}

/// A command on its way.
#[derive(Clone, Copy)]
struct Order<'a> {
    who: Person<'a>,
    name: CommandName,
    target: Target,
}

/// Some tickets that live together, and what they were before a merge.
struct Lives<'a> {
    city: &'a City,
    rng: StdRng,
    now: Vec<Stored>,
    before_merge: BTreeMap<String, Ticket>,
}

impl<'a> Lives<'a> {
    fn begin(city: &'a City, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let start = at(MONDAY).plus_millis(rng.random_range(0..21 * 86_400_000));
        city.clock.set(start);
        let take = |i: usize| {
            let draft = bodies::draft(&mut rng, seed, i, city.now());
            let who = if draft["upstream"].is_null() { "agent" } else { "platform" };
            city.stored(&city.person(who).registers(draft))
        };
        let now = (0..TICKETS).map(take).collect();
        Self { city, rng, now, before_merge: BTreeMap::new() }
    }

    /// Minutes mostly, sometimes days, now and then weeks.
    fn time_goes_by(&mut self) {
        let minutes = match self.rng.random_range(0..20) {
            0 => self.rng.random_range(0..21 * 24 * 60),
            1 | 2 => self.rng.random_range(0..4 * 24 * 60),
            3..=8 => self.rng.random_range(0..16 * 60),
            _ => self.rng.random_range(0..90),
        };
        self.city.clock.forward(chrono::TimeDelta::minutes(minutes));
    }

    /// People who may have a hand in it: the centre's and those of its units.
    fn hands(&self, ticket: &Ticket) -> Vec<Person<'a>> {
        let near = |unit: &str| {
            ticket.assignments.values().any(|a| tree::up_from(a.unit.as_str()).contains(&unit))
        };
        let fits =
            |person: &Person<'_>| person.actor.unit.as_ref().is_none_or(|u| near(u.as_str()));
        self.city.people().filter(fits).collect()
    }

    /// Mostly something that is allowed, else anything by anybody.
    fn order(&mut self, ticket: &Ticket) -> Order<'a> {
        let mut targets = vec![Target::default()];
        targets
            .extend(ticket.assignments.keys().map(|k| Target { assignment: Some(*k), side: None }));
        let rules = self.city.rules();
        let mut able: BTreeMap<CommandName, Vec<Order<'a>>> = BTreeMap::new();
        if self.rng.random_bool(0.9) {
            for who in self.hands(ticket) {
                let scene = rules.scene(who.actor, self.city.now(), Mode::Live);
                for target in &targets {
                    for name in table::allowed(ticket, &scene, *target) {
                        let order = Order { who, name, target: *target };
                        able.entry(name).or_default().push(order);
                    }
                }
            }
        }
        let names: Vec<CommandName> = able
            .keys()
            .flat_map(|name| std::iter::repeat_n(*name, bodies::weight(*name)))
            .collect();
        let mut order = if names.is_empty() {
            let people: Vec<Person<'a>> = self.city.people().collect();
            let who = *any(&mut self.rng, &people);
            let name = *any(&mut self.rng, CommandName::ALL);
            let fits = |t: &&Target| t.assignment.is_some() == table::is_assignment_command(name);
            let fitting: Vec<Target> = targets.iter().filter(fits).copied().collect();
            let target =
                if fitting.is_empty() { Target::default() } else { *any(&mut self.rng, &fitting) };
            Order { who, name, target }
        } else {
            let name = *any(&mut self.rng, &names);
            *any(&mut self.rng, &able[&name])
        };
        order.target.side = bodies::side(&mut self.rng, ticket, order.name);
        order
    }

    fn step(&mut self, counts: &mut Counts) {
        self.time_goes_by();
        if self.rng.random_bool(0.05) {
            self.city.hotline.sweep(&Bell::default()).unwrap();
            self.look_again(None, counts);
        }
        let i = self.rng.random_range(0..TICKETS);
        let ticket = self.now[i].ticket.clone();
        let order = self.order(&ticket);
        let others: Vec<&Ticket> = self.now.iter().map(|stored| &stored.ticket).collect();
        let body = bodies::body(
            &mut self.rng,
            &ticket,
            &others,
            order.name,
            order.target,
            self.city.now(),
        );
        let by_door = order.who.actor.name == "citizen";
        let done = if by_door {
            order.who.performs(&ticket.no, order.name, body.clone())
        } else {
            order.who.asks(&ticket.no, order.name, order.target, body.clone())
        };
        counts.tried += 1;
        match done {
            Ok(stored) => {
                counts.accepted += 1;
                *counts.commands.entry(order.name.as_str()).or_default() += 1;
                self.remember_merges(&ticket, &stored.ticket);
                self.look_again(Some((i, order.name)), counts);
                assert_eq!(self.now[i].ticket, stored.ticket, "the answer is what is kept");
            }
            Err(error) => {
                let known = [Kind::NotFound, Kind::Forbidden, Kind::Invalid, Kind::Refused];
                let said = format!("{} {body}: {error}", order.name);
                assert!(known.contains(&error.kind()), "{said}");
                assert!(error.kind() != Kind::Refused || error.state().is_some(), "{said}");
                let code = error.fields().first().map_or(error.code(), |field| field.code);
                *counts.refusals.entry(format!("{} {code}", order.name)).or_default() += 1;
                let versions: Vec<i32> = self.now.iter().map(|stored| stored.version).collect();
                self.look_again(None, counts);
                let after: Vec<i32> = self.now.iter().map(|stored| stored.version).collect();
                assert_eq!(versions, after, "refused, and yet something changed: {said}");
            }
        }
    }

    /// Unmerging restores assignments, limits, state and endings as they were.
    fn remember_merges(&mut self, before: &Ticket, after: &Ticket) {
        let merged = |ticket: &Ticket| matches!(ticket.state, State::Merged { .. });
        if !merged(before) && merged(after) {
            self.before_merge.insert(before.no.clone(), before.clone());
        } else if merged(before) && !merged(after) {
            let was = self.before_merge.remove(&before.no).unwrap();
            assert_eq!((&was.state, &was.endings), (&after.state, &after.endings));
            assert_eq!(was.assignments, after.assignments);
            assert_eq!(was.timers, after.timers);
        }
    }

    fn look_again(&mut self, aim: Option<(usize, CommandName)>, counts: &mut Counts) {
        for i in 0..TICKETS {
            let after = self.city.stored(&self.now[i].ticket.no);
            let before = std::mem::replace(&mut self.now[i], after);
            let after = &self.now[i];
            let name = aim.filter(|(aimed, _)| *aimed == i).map(|(_, name)| name);
            checks::step(&before, after, name);
            if before.version != after.version {
                *counts.states.entry(after.ticket.state.name().as_str()).or_default() += 1;
            }
        }
        eyes::check(self.city, &mut self.rng, &self.now);
    }

    fn end(self) {
        for stored in &self.now {
            checks::rebuilds(self.city, stored);
        }
        // What is over is not swept again with the next ones.
        let ids: Vec<i64> = self.now.iter().map(|stored| stored.id).collect();
        let forget = move |tx: &mut jiesu::db::Tx<'_>| {
            diesel::update(tickets::table.filter(tickets::id.eq_any(ids.clone())))
                .set(tickets::next_at.eq(None::<i64>))
                .execute(tx.conn)?;
            Ok(())
        };
        self.city.hotline.db.write(forget).unwrap();
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Says which sequence it was that failed.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say(&format!("the sequence that failed: JIESU_SEED={}", self.0));
        }
    }
}

fn print(counts: &Counts, n: u64) {
    let share = 100 * counts.accepted / counts.tried.max(1);
    println!("{n} sequences, {} commands tried, {share} % accepted", counts.tried);
    println!("states met: {:?}", counts.states);
    println!("commands accepted: {:?}", counts.commands);
    println!("refused: {:?}", counts.refusals);
}

on_each_database! {
    fn whatever_people_do_the_rules_hold(test: &TestDb) {
        let city = City::of(test);
        let mut counts = Counts::default();
        let n = number("JIESU_SEQUENCES").unwrap_or(60);
        let seeds = number("JIESU_SEED").map_or(0..n, |seed| seed..seed + 1);
        for seed in seeds.clone() {
            let _said = Seed(seed);
            let mut lives = Lives::begin(&city, seed);
            for _ in 0..STEPS {
                lives.step(&mut counts);
            }
            lives.end();
        }
        print(&counts, seeds.end - seeds.start);
        if seeds.end - seeds.start >= 60 {
            assert!(counts.accepted * 2 >= counts.tried, "half of the commands are accepted");
        }
        if seeds.end - seeds.start >= 10_000 {
            for state in StateName::ALL {
                let met = counts.states.get(state.as_str()).copied().unwrap_or_default();
                assert!(met >= 100, "{state}: {met}");
            }
            for name in CommandName::ALL {
                let met = counts.commands.get(name.as_str()).copied().unwrap_or_default();
                assert!(met >= 100, "{name}: {met}");
            }
        }
    }
}
