//! Random lives: commands by everyone on a few tickets at once, with time running, and after each of
//! them what must always hold. `JIESU_SEQUENCES=10000` is the full run (in release; 60 otherwise),
//! `JIESU_SEED=n` runs the one that failed.

mod bodies;
mod checks;
mod counts;
mod courses;
pub mod eyes;
mod figures;
mod twins;

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use jiesu::db::schema::tickets;
use jiesu::error::Kind;
use jiesu::jobs::Bell;
use jiesu::lifecycle::table;
use jiesu::ticket::command::{CommandName, Target};
use jiesu::ticket::store::Stored;
use jiesu::ticket::{Mode, State, Ticket};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::city::{City, MONDAY, Person, at};
use crate::support::databases::{on_each_database, say};
use crate::support::tree;
use counts::Counts;
use courses::Course;

const TICKETS: usize = 3;
/// How many sequences where nothing is said.
const FEW: u64 = 60;
/// How many make the full run.
const MANY: u64 = 10_000;
/// After so many sequences the figures of all tickets so far are looked at.
const BATCH: u64 = 500;

/// One of `all`, any.
fn any<'a, T>(rng: &mut StdRng, all: &'a [T]) -> &'a T {
    &all[rng.random_range(0..all.len())]
}

/// A command on its way.
#[derive(Clone, Copy)]
struct Order<'a> {
    who: Person<'a>,
    name: CommandName,
    target: Target,
}

/// Some tickets that live together, where each is heading, and what they were before a merge.
struct Lives<'a> {
    city: &'a City,
    rng: StdRng,
    now: Vec<Stored>,
    courses: [Course; TICKETS],
    before_merge: BTreeMap<String, Ticket>,
}

impl<'a> Lives<'a> {
    fn begin(city: &'a City, seed: u64, counts: &mut Counts) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let start = at(MONDAY).plus_millis(rng.random_range(0..21 * 86_400_000));
        city.clock.set(start);
        let take = |i: usize| {
            let draft = bodies::draft(&mut rng, seed, i, city.now());
            let who = if draft["upstream"].is_null() { "agent" } else { "platform" };
            city.stored(&city.person(who).registers(draft))
        };
        let now: Vec<Stored> = (0..TICKETS).map(take).collect();
        for stored in &now {
            counts.stands(&stored.ticket);
        }
        let courses = std::array::from_fn(|_| *any(&mut rng, &Course::ALL));
        Self { city, rng, now, courses, before_merge: BTreeMap::new() }
    }

    /// Minutes mostly, sometimes days, now and then weeks.
    fn time_goes_by(&mut self) {
        let minutes = match self.rng.random_range(0..24) {
            0 => self.rng.random_range(0..21 * 24 * 60),
            1 | 2 => self.rng.random_range(0..4 * 24 * 60),
            3..=9 => self.rng.random_range(0..16 * 60),
            _ => self.rng.random_range(0..90),
        };
        self.city.clock.forward(chrono::TimeDelta::minutes(minutes));
    }

    /// One ticket lives mostly, the others beside it; now and then it heads elsewhere.
    fn one(&mut self) -> usize {
        let i = match self.rng.random_range(0..10) {
            0..7 => 0,
            7 | 8 => 1,
            _ => 2,
        };
        if self.rng.random_bool(0.06) {
            self.courses[i] = *any(&mut self.rng, &Course::ALL);
        }
        i
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

    /// Mostly something that is allowed, by the ticket's course; else anything by anybody.
    fn order(&mut self, ticket: &Ticket, course: Course) -> Order<'a> {
        let mut targets = vec![Target::default()];
        targets
            .extend(ticket.assignments.keys().map(|k| Target { assignment: Some(*k), side: None }));
        let mut able: BTreeMap<CommandName, Vec<Order<'a>>> = BTreeMap::new();
        if self.rng.random_bool(0.9) {
            let rules = self.city.rules();
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
            .flat_map(|name| std::iter::repeat_n(*name, course.weight(ticket, *name)))
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
            // The lead goes first, mostly: what waits for it waits for nobody else.
            let all = &able[any(&mut self.rng, &names)];
            let lead = ticket.live_lead();
            let first = all.iter().filter(|order| order.target.assignment == lead);
            let first: Vec<Order<'a>> = first.copied().collect();
            let anybody = course == Course::Assists || self.rng.random_bool(0.3);
            let some = if first.is_empty() || anybody { all } else { &first };
            *any(&mut self.rng, some)
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
        let i = self.one();
        let ticket = self.now[i].ticket.clone();
        let order = self.order(&ticket, self.courses[i]);
        let others: Vec<&Ticket> = self.now.iter().map(|stored| &stored.ticket).collect();
        let (rng, now) = (&mut self.rng, self.city.now());
        let (name, target) = (order.name, order.target);
        let body = bodies::body(rng, &ticket, &others, name, target, self.courses[i], now);
        let by_door = order.who.actor.name == "citizen";
        let done = if by_door {
            order.who.performs(&ticket.no, name, body.clone())
        } else {
            order.who.asks(&ticket.no, name, target, body.clone())
        };
        let sees = by_door || eyes::sees(&ticket, order.who);
        match done {
            Ok(stored) => {
                assert!(sees, "{} does not see it, and yet: {name}", order.who.actor.name);
                counts.accept(name);
                self.remember_merges(&ticket, &stored.ticket);
                self.look_again(Some((i, name)), counts);
                assert_eq!(self.now[i].ticket, stored.ticket, "the answer is what is kept");
            }
            Err(error) => {
                let said = format!("{name} by {} {body}: {error}", order.who.actor.name);
                let known = [Kind::NotFound, Kind::Forbidden, Kind::Invalid, Kind::Refused];
                assert!(known.contains(&error.kind()), "{said}");
                assert!(sees || error.kind() == Kind::NotFound, "not theirs: {said}");
                assert!(error.kind() != Kind::Refused || error.state().is_some(), "{said}");
                counts.refuse(name, &error);
                let versions: Vec<i32> = self.now.iter().map(|stored| stored.version).collect();
                self.look_again(None, counts);
                let after: Vec<i32> = self.now.iter().map(|stored| stored.version).collect();
                assert_eq!(versions, after, "refused, and yet something changed: {said}");
            }
        }
        eyes::glance(self.city, &mut self.rng, &self.now[i]);
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

    /// What has another version than before is read and checked; that nothing changed without one
    /// is checked at the end, when the events are replayed.
    fn look_again(&mut self, aim: Option<(usize, CommandName)>, counts: &mut Counts) {
        let ids: Vec<i64> = self.now.iter().map(|stored| stored.id).collect();
        let asked = tickets::table.filter(tickets::id.eq_any(ids));
        let asked = asked.select((tickets::id, tickets::version));
        let versions = |conn: &mut jiesu::db::Conn| Ok(asked.load::<(i64, i32)>(conn)?);
        let versions = self.city.hotline.db.read(versions).unwrap();
        for i in 0..TICKETS {
            let name = aim.filter(|(aimed, _)| *aimed == i).map(|(_, name)| name);
            let was = (self.now[i].id, self.now[i].version);
            if versions.contains(&was) {
                assert!(name.is_none(), "an accepted command makes an event");
                continue;
            }
            let after = self.city.stored(&self.now[i].ticket.no);
            let before = std::mem::replace(&mut self.now[i], after);
            checks::step(&before, &self.now[i], name);
            counts.stands(&self.now[i].ticket);
        }
    }

    /// What is over is not swept again with the next ones; answers what to put back.
    fn end(mut self) -> Vec<Stored> {
        for i in 0..TICKETS {
            let kept = self.city.stored(&self.now[i].ticket.no);
            assert_eq!((kept.version, &kept.ticket), (self.now[i].version, &self.now[i].ticket));
            self.now[i] = kept;
            checks::rebuilds(self.city, &self.now[i]);
        }
        eyes::check(self.city, &mut self.rng, &self.now);
        let ids: Vec<i64> = self.now.iter().map(|stored| stored.id).collect();
        let forget = move |tx: &mut jiesu::db::Tx<'_>| {
            diesel::update(tickets::table.filter(tickets::id.eq_any(ids.clone())))
                .set(tickets::next_at.eq(None::<i64>))
                .execute(tx.conn)?;
            Ok(())
        };
        self.city.hotline.db.write(forget).unwrap();
        self.now
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

on_each_database! {
    fn whatever_people_do_the_rules_hold(test: &TestDb) {
        let city = City::of(test);
        let mut counts = Counts::default();
        let n = number("JIESU_SEQUENCES").unwrap_or(FEW);
        let seeds = number("JIESU_SEED").map_or(0..n, |seed| seed..seed + 1);
        let (mut over, mut swept) = (Vec::new(), Vec::new());
        for seed in seeds.clone() {
            let _said = Seed(seed);
            let mut lives = Lives::begin(&city, seed, &mut counts);
            for _ in 0..lives.rng.random_range(15..=30) {
                lives.step(&mut counts);
            }
            over.extend(lives.end());
            if seed % BATCH == BATCH - 1 || seed + 1 == seeds.end {
                figures::check(&city, &over, &mut counts);
                say(&counts.so_far(&test.url, seed + 1 - seeds.start));
                let next = |it: &Stored| Some((it.id, it.ticket.next_notice()?.at));
                swept.extend(over.drain(..).filter_map(|it| next(&it)));
            }
        }
        checks::proves(&city, swept);
        let n = seeds.end - seeds.start;
        counts.print(&test.url, n);
        if n >= FEW {
            counts.are_enough(if n >= MANY { 100 } else { 1 }, n >= MANY);
        }
    }
}
