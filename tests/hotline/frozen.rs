//! A PostgreSQL that is frozen: it answers nothing and closes nothing. Callers hear of it in two
//! seconds, and it heals by itself. Its rule: whatever a test stops runs on when the test is over.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::web_auth::{get, post, token};
use crate::support::city::{City, draft};
use crate::support::postgres::Cluster;
use crate::support::server::{Answer, Server};

/// Processes that stand still until this is dropped.
struct Frozen(Vec<String>);

impl Frozen {
    /// What runs in the cluster: the server itself with its own helpers, or only those who serve
    /// clients.
    fn new(cluster: &Cluster, who: Who) -> Self {
        let file = std::fs::read_to_string(cluster.home().join("data/postmaster.pid")).unwrap();
        let postmaster = file.lines().next().unwrap().trim().to_owned();
        let listed = Command::new("ps").args(["-o", "pid=,args=", "--ppid", &postmaster]).output();
        let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
        let serves = |args: &str| args.contains("postgres postgres");
        let mut pids: Vec<String> = listed
            .lines()
            .filter_map(|line| line.trim().split_once(' '))
            .filter(|(_, args)| who == Who::Everything || serves(args))
            .map(|(pid, _)| pid.to_owned())
            .collect();
        assert!(!pids.is_empty(), "nobody to freeze:\n{listed}");
        if who == Who::Everything {
            pids.push(postmaster);
        }
        let frozen = Self(pids);
        frozen.signal("-STOP");
        frozen
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(signal).args(&self.0).status().unwrap();
        assert!(sent.success() || std::thread::panicking());
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Everything,
    Serving,
}

/// The answer, which came in time: the database is away. Where only connections are frozen, a new
/// one may have done what was asked.
fn in_time(who: Who, what: &str, ask: impl FnOnce() -> Answer) -> Answer {
    let since = Instant::now();
    let answer = ask();
    let took = since.elapsed();
    assert!(took < Duration::from_secs(2), "{what}: {} after {took:?}", answer.status);
    let done = who == Who::Serving && [200, 201].contains(&answer.status);
    let away = answer.status == 503 && answer.header("retry-after").is_some();
    assert!(away || done, "{what}: {answer:?}");
    answer
}

fn freeze_and_heal(who: Who) {
    let Some(cluster) = Cluster::start("") else { return };
    let server = Server::start(&[("JIESU_DATABASE__URL", &cluster.url("postgres"))]);
    let city = City::served(&server);
    jiesu::identity::demo::load_users(&server.app.db).unwrap();
    let agent = token(&server, "agent");
    let bearer = format!("Bearer {agent}");
    let register = |key: &str| {
        let headers = [("Authorization", &*bearer), ("Idempotency-Key", key)];
        server.ask("POST", "/api/v1/tickets", &headers, &draft().to_string())
    };
    let no = register("before").json()["no"].as_str().unwrap().to_owned();
    let count = || {
        let listed = get(&server, "/api/v1/tickets?limit=500", &agent);
        assert_eq!(listed.status, 200, "{listed:?}");
        listed.json()["items"].as_array().unwrap().len()
    };
    // One that asks more than once, so that one of its statements is the last.
    assert_eq!(count(), 1);
    let frozen = Frozen::new(&cluster, who);
    let login = json!({ "username": "agent", "password": "demo-jiesu-2026" });
    in_time(who, "a list", || get(&server, "/api/v1/tickets", &agent));
    let during = in_time(who, "a ticket", || register("during"));
    let rates = "/api/v1/rates?window=2026-11";
    in_time(who, "figures", || get(&server, rates, &agent));
    in_time(who, "coming in", || post(&server, "/api/v1/auth/token", None, &login));
    in_time(who, "ready", || server.ask("GET", "/api/v1/health/ready", &[], ""));
    assert_eq!(server.ask("GET", "/api/v1/health/live", &[], "").status, 200);
    // More at once than there are connections, and than threads that may wait for one.
    std::thread::scope(|scope| {
        for n in 0..80 {
            let (server, bearer, no) = (&server, &bearer, &no);
            scope.spawn(move || {
                let path = format!("/api/v1/tickets/{no}");
                let headers = [("Authorization", &**bearer)];
                in_time(who, &format!("one of many: {n}"), || {
                    server.ask("GET", &path, &headers, "")
                });
            });
        }
    });
    drop(frozen);
    let since = Instant::now();
    while get(&server, &format!("/api/v1/tickets/{no}"), &agent).status != 200 {
        assert!(since.elapsed() < Duration::from_secs(10), "not healed");
    }
    // What was told 503 was not done behind anybody's back, and its key does it now, once.
    let done = loop {
        let answer = register("during");
        match answer.status {
            // The first one is just noticing that its caller has gone.
            409 | 503 if since.elapsed() < Duration::from_secs(10) => {}
            _ => break answer,
        }
    };
    assert_eq!(done.status, 201, "{done:?}");
    assert_eq!(done.header("idempotent-replayed").is_some(), during.status == 201, "{done:?}");
    assert_eq!(count(), 2);
    assert_eq!(city.ticket(&no).no, no);
}

#[test]
fn a_frozen_postgres_is_told_within_two_seconds_and_heals() {
    freeze_and_heal(Who::Everything);
}

#[test]
fn connections_that_are_frozen_one_by_one_are_told_within_two_seconds_and_heal() {
    freeze_and_heal(Who::Serving);
}
