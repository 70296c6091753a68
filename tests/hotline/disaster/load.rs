//! A desk at work: clients that write at a steady pace, each ticket's whole life or its beginning. Its rule:
//! one life at a time and client, so that it can be said up to when every ticket has come to rest.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiesu::time::{Clock, Stamp, SystemClock};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::city::{bad, good};
use crate::support::program::{Line, Site};

const CLIENTS: u32 = 16;

/// What the clients share.
#[derive(Default)]
struct Shared {
    over: AtomicBool,
    /// Raised to ask everybody to say when a new life begins.
    lap: AtomicU64,
    writes: AtomicUsize,
    tickets: AtomicUsize,
}

/// The clients at work.
pub struct Load {
    shared: Arc<Shared>,
    /// The lap in which each began its newest life.
    seen: Vec<Arc<AtomicU64>>,
    threads: Vec<JoinHandle<()>>,
    since: Instant,
}

impl Load {
    /// Sends `pace` writes a second, or as many as the program takes.
    pub fn start(site: &Site, address: SocketAddr, pace: u32, seed: u64) -> Self {
        let shared: Arc<Shared> = Arc::default();
        let seen: Vec<Arc<AtomicU64>> = (0..CLIENTS).map(|_| Arc::default()).collect();
        let step = Duration::from_secs(1) * CLIENTS / pace.max(1);
        // One after the other within a step: together they would leave gaps as long as a backup.
        let starts = (0..CLIENTS).map(|place| Instant::now() + step * place / CLIENTS);
        let client = |((place, seen), next): ((u64, &Arc<AtomicU64>), Instant)| {
            let mut client = Client {
                line: Line::to(address),
                rng: StdRng::seed_from_u64(seed ^ place),
                name: format!("c{place}"),
                badges: BADGES.map(|who| site.badge(who)),
                shared: shared.clone(),
                step,
                next,
            };
            let seen = seen.clone();
            std::thread::spawn(move || {
                while !client.shared.over.load(Ordering::Acquire) {
                    seen.store(client.shared.lap.load(Ordering::Acquire), Ordering::Release);
                    client.lives_one_life();
                }
            })
        };
        let threads = (0..).zip(&seen).zip(starts).map(client).collect();
        Self { shared, seen, threads, since: Instant::now() }
    }

    /// An instant before which every ticket has come to rest; the work goes on.
    pub fn rest(&self) -> Stamp {
        let before = SystemClock.now();
        let lap = self.shared.lap.fetch_add(1, Ordering::AcqRel) + 1;
        let since = Instant::now();
        while self.seen.iter().any(|seen| seen.load(Ordering::Acquire) < lap) {
            assert!(since.elapsed() < Duration::from_mins(1), "the clients get no answers");
            std::thread::sleep(Duration::from_millis(2));
        }
        before
    }

    /// How many writes were acknowledged.
    pub fn writes(&self) -> usize {
        self.shared.writes.load(Ordering::Acquire)
    }

    /// Ends the work; answers how many tickets there are and how many writes there were a second.
    pub fn stop(self) -> (usize, f64) {
        self.shared.over.store(true, Ordering::Release);
        let took = self.since.elapsed();
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        let writes = self.shared.writes.load(Ordering::Acquire);
        (self.shared.tickets.load(Ordering::Acquire), writes as f64 / took.as_secs_f64())
    }
}

const BADGES: [&str; 5] = ["agent", "dispatcher", "handler@wuye", "reviewer", "surveyor"];
const AGENT: usize = 0;
const DISPATCHER: usize = 1;
const HANDLER: usize = 2;
const REVIEWER: usize = 3;
const SURVEYOR: usize = 4;

struct Client {
    line: Line,
    rng: StdRng,
    name: String,
    badges: [String; 5],
    shared: Arc<Shared>,
    step: Duration,
    next: Instant,
}

impl Client {
    /// A ticket, and of what follows as much as comes.
    fn lives_one_life(&mut self) {
        let count = self.shared.tickets.fetch_add(1, Ordering::AcqRel);
        let text = format!("{}第{count}件 屋面漏水", self.name);
        let body = json!({
            "kind": "complaint", "channel": "phone", "dispatch": "hold",
            "caller": { "name": "张三", "phone": format!("139{count:08}") },
            "matter": { "title": text, "content": format!("{text}，请维修"), "category": "wy.dt" },
            "place": { "estate": "yangguang" }
        });
        let told = self.writes(AGENT, "/api/v1/tickets", &body, 201);
        let no = told["no"].as_str().unwrap().to_owned();
        let (ticket, assignment) =
            (format!("/api/v1/tickets/{no}"), format!("/api/v1/assignments/{no}-1"));
        let answer = if self.rng.random_bool(0.7) { good() } else { bad() };
        let steps = [
            (DISPATCHER, format!("{ticket}/dispatch"), json!({ "lead": "wuye" })),
            (HANDLER, format!("{assignment}/sign"), json!({})),
            (HANDLER, format!("{assignment}/contact"), json!({ "outcome": "spoke" })),
            (HANDLER, format!("{ticket}/reply"), json!({ "text": "已修好" })),
            (REVIEWER, format!("{ticket}/review"), json!({ "pass": true })),
            (SURVEYOR, format!("{ticket}/survey"), answer),
        ];
        let ends_after = self.rng.random_range(0..=2 * steps.len());
        for (who, path, body) in steps.iter().take(ends_after) {
            self.writes(*who, path, body, 200);
        }
    }

    /// One write, in its turn.
    fn writes(&mut self, who: usize, path: &str, body: &Value, status: u16) -> Value {
        std::thread::sleep(self.next.saturating_duration_since(Instant::now()));
        let a_second_ago = Instant::now().checked_sub(Duration::from_secs(1));
        self.next = (self.next + self.step).max(a_second_ago.unwrap_or(self.next));
        let headers =
            [("Authorization", self.badges[who].as_str()), ("Content-Type", "application/json")];
        loop {
            let answer = self.line.ask("POST", path, &headers, &body.to_string()).unwrap();
            if answer.status == 503 {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            }
            assert_eq!(answer.status, status, "{path} {}", answer.body);
            self.shared.writes.fetch_add(1, Ordering::AcqRel);
            return answer.json();
        }
    }
}
