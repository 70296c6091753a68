//! Clients that write until they get no answer any more. Its rule: they keep what they asked and what
//! they were told, and nothing else counts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::program::{Line, Site};
use crate::support::server::Answer;

/// More than must be waiting for an answer at a time: some have just got one.
const WRITERS: usize = 16;

/// What a request was to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Ticket,
    Note { no: String },
    Dispatch { no: String },
    Sign { no: String },
}

/// A request with its key, and the answer where one came.
#[derive(Debug)]
pub struct Wish {
    pub kind: Kind,
    pub key: String,
    /// Found in no other wish.
    pub text: String,
    pub path: String,
    pub body: String,
    pub badge: Arc<str>,
    pub answer: Option<Answer>,
    /// Whether it was found on disk before it was repeated.
    pub kept: bool,
}

impl Wish {
    pub fn ask(&self, line: &mut Line) -> std::io::Result<Answer> {
        let headers = [
            ("Authorization", &*self.badge),
            ("Idempotency-Key", &self.key),
            ("Content-Type", "application/json"),
        ];
        loop {
            let answer = line.ask("POST", &self.path, &headers, &self.body)?;
            // Turned away under the rush, with nothing done: as any client, it comes again.
            if answer.status != 503 {
                return Ok(answer);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The status of an answer that acknowledges it.
    pub fn expected(&self) -> u16 {
        if self.kind == Kind::Ticket { 201 } else { 200 }
    }

    fn told(&self) -> Value {
        self.answer.as_ref().unwrap().json()
    }
    /// The number of the ticket that was acknowledged.
    pub fn number(&self) -> String {
        self.told()["no"].as_str().unwrap().to_owned()
    }
    pub fn version(&self) -> i64 {
        self.told()["version"].as_i64().unwrap()
    }
}

/// The badges of those who write.
#[derive(Clone)]
struct Badges {
    agent: Arc<str>,
    dispatcher: Arc<str>,
    handler: Arc<str>,
}

/// All of them at work.
pub struct Writers {
    in_flight: Arc<AtomicUsize>,
    answers: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Vec<Wish>>>,
}

impl Writers {
    pub fn start(site: &Site, address: SocketAddr, round: u32, rng: &mut StdRng) -> Self {
        let (in_flight, over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let answers = Arc::<AtomicUsize>::default();
        let badge = |who: &str| -> Arc<str> { site.badge(who).into() };
        let badges = Badges {
            agent: badge("agent"),
            dispatcher: badge("dispatcher"),
            handler: badge("handler@wuye"),
        };
        let threads = (0..WRITERS).map(|place| {
            let mut writer = Writer {
                line: Line::to(address),
                rng: StdRng::seed_from_u64(rng.random()),
                name: format!("r{round}w{place}"),
                badges: badges.clone(),
                in_flight: in_flight.clone(),
                answers: answers.clone(),
                over: over.clone(),
                wishes: Vec::new(),
            };
            std::thread::spawn(move || {
                while writer.takes_a_call().is_some() {}
                writer.wishes
            })
        });
        Self { threads: threads.collect(), in_flight, answers, over }
    }

    /// How many requests were sent and not answered yet.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Whether anything was answered yet.
    pub fn have_answers(&self) -> bool {
        self.answers.load(Ordering::Acquire) > 0
    }

    /// Ends them; answers everything they asked.
    pub fn stop(self) -> Vec<Wish> {
        self.over.store(true, Ordering::Release);
        self.threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    }
}

struct Writer {
    line: Line,
    rng: StdRng,
    name: String,
    badges: Badges,
    in_flight: Arc<AtomicUsize>,
    answers: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    wishes: Vec<Wish>,
}

impl Writer {
    /// A ticket, and sometimes what follows; `None` once an answer stays away.
    fn takes_a_call(&mut self) -> Option<()> {
        let text = format!("{}t{}屋面漏水", self.name, self.wishes.len());
        let body = json!({
            "kind": "help", "channel": "phone", "dispatch": "hold",
            "caller": { "name": "张三", "phone": "13900000001" },
            "matter": { "title": text, "content": format!("{text}，请维修"), "category": "wy.dt" },
            "place": { "estate": "yangguang" }
        });
        let agent = self.badges.agent.clone();
        let no = self.wants(Kind::Ticket, "/api/v1/tickets".to_owned(), text, &body, agent)?;
        if self.rng.random_bool(0.5) {
            let text = format!("{}n{}已记录", self.name, self.wishes.len());
            let body = json!({ "text": text });
            let (path, agent) = (format!("/api/v1/tickets/{no}/note"), self.badges.agent.clone());
            self.wants(Kind::Note { no: no.clone() }, path, text, &body, agent)?;
        }
        if self.rng.random_bool(0.4) {
            let body = json!({ "lead": "wuye" });
            let path = format!("/api/v1/tickets/{no}/dispatch");
            let who = self.badges.dispatcher.clone();
            self.wants(Kind::Dispatch { no: no.clone() }, path, String::new(), &body, who)?;
            let path = format!("/api/v1/assignments/{no}-1/sign");
            let who = self.badges.handler.clone();
            self.wants(Kind::Sign { no }, path, String::new(), &json!({}), who)?;
        }
        Some(())
    }

    /// Asks, and keeps what was asked; answers the ticket's number.
    fn wants(
        &mut self,
        kind: Kind,
        path: String,
        text: String,
        body: &Value,
        badge: Arc<str>,
    ) -> Option<String> {
        if self.over.load(Ordering::Acquire) {
            return None;
        }
        let key = format!("{}-{:016x}", self.name, self.rng.random::<u64>());
        let body = body.to_string();
        let mut wish = Wish { kind, key, text, path, body, badge, answer: None, kept: false };
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        let answer = wish.ask(&mut self.line);
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        wish.answer = answer.ok();
        let no = wish.answer.as_ref().map(|answer| {
            assert_eq!(answer.status, wish.expected(), "{} {}", wish.path, answer.body);
            self.answers.fetch_add(1, Ordering::AcqRel);
            wish.number()
        });
        self.wishes.push(wish);
        no
    }
}
