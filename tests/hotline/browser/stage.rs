//! The demo city behind a server, with its people before browsers. Its rule: what is done without a browser is done
//! over the interface, by whoever may.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use jiesu::directory::demo;
use jiesu::identity::Actor;
use jiesu::jobs::{Bell, Crew};
use jiesu::worker;
use serde_json::{Value, json};

use super::tab::Tab;
use crate::support::city::at;
use crate::support::databases::Folder;
use crate::support::door::enter;
pub use crate::support::door::{EVERYBODY, PASSWORD};
use crate::support::server::{Answer, Server};

/// A test asks more in a minute than a person does.
const KEYS: [(&str, &str); 4] = [
    ("JIESU_AUTH__TRIES_PER_MINUTE", "100000"),
    ("JIESU_PUBLIC__ASKS_PER_MINUTE", "100000"),
    ("JIESU_PUBLIC__TICKETS_PER_HOUR", "100000"),
    ("JIESU_PUBLIC__WRONG_PER_HOUR", "100000"),
];

/// The demo city without a ticket, and a folder for profiles of browsers.
pub struct Stage {
    pub server: Server,
    tokens: RefCell<BTreeMap<String, String>>,
    cookies: RefCell<BTreeMap<String, String>>,
    crew: Crew,
    folder: Folder,
}

impl Stage {
    /// The city at `start`, an hour of its zone.
    pub fn at(start: &str) -> Self {
        let server = Server::start(&KEYS);
        server.clock.set(at(start));
        let today = start[..10].parse().unwrap();
        let city =
            move |tx: &mut jiesu::db::Tx<'_>| demo::load(tx, &Actor::system(), today).map(drop);
        server.app.db.write(city).unwrap();
        jiesu::identity::demo::load_users(&server.app.db).unwrap();
        let crew = worker::crew(&server.app, &Bell::default());
        Self {
            server,
            tokens: RefCell::default(),
            cookies: RefCell::default(),
            crew,
            folder: Folder::new(),
        }
    }

    /// What the background does by now: notices, seals, the index, sweeps.
    pub fn work(&self) {
        self.crew.drain().unwrap();
        self.server.app.search.follow(&|| false).unwrap();
    }

    /// Moves the clock and does what is due then.
    pub fn after(&self, delta: TimeDelta) {
        self.server.clock.forward(delta);
        self.work();
    }

    pub fn now(&self) -> String {
        self.server.app.db.now().to_string()
    }

    // ---- browsers -------------------------------------------------------------------------------

    pub fn origin(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// A browser with the profile `name`; `None` where none is installed.
    pub fn browser(&self, name: &str) -> Option<Tab> {
        Tab::open(&self.origin(), &self.folder.path().join(name))
    }

    pub fn profile(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// What a browser of `who` sends, from the door.
    pub fn cookie(&self, who: &str) -> String {
        if let Some(cookie) = self.cookies.borrow().get(who) {
            return cookie.clone();
        }
        let cookie = enter(&self.server, who, PASSWORD);
        self.cookies.borrow_mut().insert(who.to_owned(), cookie.clone());
        cookie
    }

    /// The page as `who` gets it without a browser; nobody is a stranger.
    pub fn page(&self, who: Option<&str>, path: &str) -> Answer {
        let cookie = who.map(|who| self.cookie(who)).unwrap_or_default();
        self.server.ask("GET", path, &[("Cookie", &cookie)], "")
    }

    // ---- the interface --------------------------------------------------------------------------

    /// A token of `who`, good for a quarter of an hour.
    pub fn token(&self, who: &str) -> String {
        let body = json!({ "username": who, "password": PASSWORD }).to_string();
        let answer = self.server.ask("POST", "/api/v1/auth/token", &[], &body);
        assert_eq!(answer.status, 200, "{who}: {answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Gives `who`, who does not come through the door, this key.
    pub fn lend(&self, who: &str, key: &str) {
        self.tokens.borrow_mut().insert(who.to_owned(), key.to_owned());
    }

    /// What `who` is answered, below the base of the interface.
    pub fn call(&self, who: &str, method: &str, path: &str, body: &Value) -> Answer {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        for _ in 0..2 {
            let known = self.tokens.borrow().get(who).cloned();
            let token = known.unwrap_or_else(|| self.token(who));
            self.lend(who, &token);
            let bearer = format!("Bearer {token}");
            let headers =
                [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
            let answer = self.server.ask(method, &format!("/api/v1{path}"), &headers, &body);
            if answer.status != 401 {
                return answer;
            }
            // A quarter of an hour is over on the hand clock.
            self.tokens.borrow_mut().remove(who);
        }
        panic!("{who} is not known");
    }

    pub fn does(&self, who: &str, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.call(who, method, path, body);
        assert!(answer.status < 300, "{who} {method} {path}: {} {body}", answer.body);
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    pub fn posts(&self, who: &str, path: &str, body: &Value) -> Value {
        self.does(who, "POST", path, body)
    }

    pub fn asks(&self, who: &str, path: &str) -> Value {
        self.does(who, "GET", path, &Value::Null)
    }

    /// A command to a ticket.
    pub fn orders(&self, who: &str, no: &str, command: &str, body: &Value) -> Value {
        self.posts(who, &format!("/tickets/{no}/{command}"), body)
    }

    /// A command to the ticket's first assignment, the lead's.
    pub fn works(&self, who: &str, no: &str, command: &str, body: &Value) -> Value {
        self.posts(who, &format!("/assignments/{no}-1/{command}"), body)
    }

    /// The ticket as the leader sees it.
    pub fn ticket(&self, no: &str) -> Value {
        self.asks("leader", &format!("/tickets/{no}"))
    }

    pub fn state(&self, no: &str) -> String {
        self.ticket(no)["state"].as_str().unwrap_or_default().to_owned()
    }

    /// Takes `draft` in at the desk; answers its number and code.
    pub fn registers(&self, draft: &Value) -> (String, String) {
        let taken = self.posts("agent", "/tickets", draft);
        let text = |name: &str| taken[name].as_str().unwrap().to_owned();
        (text("no"), text("code"))
    }

    /// A call rings, from `phone`.
    pub fn rings(&self, id: &str, phone: &str) {
        self.posts(
            "agent",
            "/calls",
            &json!({ "call_id": id, "event": "ring", "at": self.now(), "phone": phone, "queue": "热线" }),
        );
    }
}

/// A telephone number that no other ticket has.
pub fn phone() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("139{:08}", 10_000_000 + COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A complaint about a lift of the demo city, from `phone`.
pub fn complaint(phone: &str) -> Value {
    json!({
        "kind": "complaint", "channel": "phone",
        "caller": { "name": "王建国", "phone": phone, "reply_wanted": true },
        "matter": { "title": "电梯停运", "content": "3号楼电梯停运三天，老人下不了楼，请尽快修好。",
            "category": "H050201", "urgency": "general" },
        "place": { "estate": "E001" },
    })
}
