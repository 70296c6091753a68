//! kill -9 while many send files: every acknowledged one is there afterwards, to the byte, and `jiesu
//! verify` finds nothing. `JIESU_KILLS=100` is the full run (3 otherwise).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rand::RngExt;
use serde_json::json;

use crate::support::databases::say;
use crate::support::form::{attach, fetch};
use crate::support::photo::pdf;
use crate::support::program::{Program, Site};

const WRITERS: usize = 4;
const KEYS: [(&str, &str); 2] =
    [("JIESU_LIMITS__ATTACHMENTS_PER_SIDE", "100000"), ("JIESU_LOG__LEVEL", "warn")];

/// What was acknowledged.
struct Told {
    id: String,
    sent: Vec<u8>,
}

fn take_a_call(site: &Site, program: &Program) -> String {
    let body = json!({ "kind": "help", "channel": "phone", "caller": { "phone": "13900000001" },
        "matter": { "content": "漏水", "category": "wy.dt" } });
    let badge = site.badge("agent");
    let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
    let answer = program.line().ask("POST", "/api/v1/tickets", &headers, &body.to_string());
    answer.unwrap().json()["no"].as_str().unwrap().to_owned()
}

/// Papers of all lengths, no two alike.
fn paper() -> Vec<u8> {
    let mut rng = rand::rng();
    let length = [10, 5_000, 70_000, 400_000][rng.random_range(0..4_usize)];
    let mut paper = pdf();
    paper.extend((0..length).map(|_| rng.random_range(b'a'..=b'z')));
    paper.extend(b"\n%%EOF");
    paper
}

/// Sends until there is no answer any more.
fn write(
    (address, badge, no): (SocketAddr, &str, &str),
    stop: &AtomicBool,
    (sent, kept): (&AtomicUsize, &AtomicUsize),
) -> Vec<Told> {
    let mut told = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let paper = paper();
        sent.fetch_add(1, Ordering::Relaxed);
        let Ok(reply) = attach(address, badge, no, ("document", "p.pdf", &paper), &[]) else {
            break;
        };
        if reply.status == 503 {
            continue;
        }
        assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
        kept.fetch_add(1, Ordering::Relaxed);
        told.push(Told { id: reply.json()["id"].as_str().unwrap().to_owned(), sent: paper });
    }
    told
}

#[test]
fn no_acknowledged_file_is_lost_when_the_program_is_killed() {
    let kills = std::env::var("JIESU_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let site = Site::new(None, &KEYS);
    let mut program = site.start();
    let mut told: Vec<Told> = Vec::new();
    let (sent, kept) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for _ in 0..kills {
        let (address, stop) = (program.address, Arc::new(AtomicBool::new(false)));
        let before = kept.load(Ordering::Relaxed);
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (no, badge) = (take_a_call(&site, &program), site.badge("agent"));
                let (stop, sent, kept) = (stop.clone(), sent.clone(), kept.clone());
                std::thread::spawn(move || write((address, &badge, &no), &stop, (&sent, &kept)))
            })
            .collect();
        let many = before + rand::rng().random_range(3..15);
        while kept.load(Ordering::Relaxed) < many {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(rand::rng().random_range(0..40)));
        program.kill();
        stop.store(true, Ordering::Relaxed);
        told.extend(writers.into_iter().flat_map(|writer| writer.join().unwrap()));
        program = site.start();
        let badge = site.badge("leader");
        for Told { id, sent } in &told {
            let got = fetch(program.address, &badge, id).unwrap();
            assert!(got.status == 200 && got.body == *sent, "{id}: {}", got.status);
        }
    }
    program.kill();
    let verified = site.run(&["verify"]);
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{said}");
    let sent = sent.load(Ordering::Relaxed);
    say(&format!("{kills} kills: {sent} files sent, {} acknowledged, none lost", told.len()));
    assert!(sent > told.len(), "nothing was under way when the kills fell");
}
