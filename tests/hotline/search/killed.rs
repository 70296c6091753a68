//! kill -9 while tickets are written and the index follows five times a second: no search is an error, and
//! in the end the index has exactly what the list has. `JIESU_KILLS=100` is the full run (3 otherwise).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::RngExt;
use serde_json::{Value, json};

use crate::support::databases::say;
use crate::support::program::{Program, Site};

const KEYS: [(&str, &str); 4] = [
    ("JIESU_SEARCH__PAUSE_MS", "20"),
    ("JIESU_WORKER__SEAL_SECONDS", "1"),
    ("JIESU_WORKER__PAUSE_MS", "50"),
    ("JIESU_LOG__LEVEL", "warn"),
];

fn get(site: &Site, program: &Program, path: &str) -> Value {
    let badge = site.badge("leader");
    let headers = [("Authorization", badge.as_str())];
    let answer = program.line().ask("GET", path, &headers, "").unwrap();
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

/// The numbers of every ticket, page by page.
fn numbers(site: &Site, program: &Program, path: &str, field: &str) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(site, program, &format!("{path}limit=500{after}"));
        let items = page[field].as_array().unwrap();
        all.extend(items.iter().map(|item| item["no"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return all };
        after = format!("&after={next}");
    }
}

/// Waits until the index, and not the database, finds every ticket of the list.
fn catches_up(site: &Site, program: &Program) -> usize {
    let since = Instant::now();
    loop {
        let listed = numbers(site, program, "/api/v1/tickets?", "items");
        let told = get(site, program, "/api/v1/search?limit=1&q=%E5%B1%8B%E9%9D%A2");
        if told["degraded"] == false && told["total"] == listed.len() {
            let found = numbers(
                site,
                program,
                "/api/v1/search?sort=-received_at&q=%E5%B1%8B%E9%9D%A2&",
                "hits",
            );
            assert_eq!(found, listed);
            return listed.len();
        }
        assert!(since.elapsed() < Duration::from_mins(1), "{} of {}", told["total"], listed.len());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_index_that_is_killed_in_the_middle_has_every_ticket_in_the_end() {
    let kills = std::env::var("JIESU_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let site = Site::new(None, &KEYS);
    let mut program = site.start();
    let taken = Arc::new(AtomicUsize::new(0));
    for _ in 0..kills {
        let (address, stop) = (program.address, Arc::new(AtomicBool::new(false)));
        let writer = {
            let (badge, stop, taken) = (site.badge("agent"), stop.clone(), taken.clone());
            std::thread::spawn(move || {
                let mut line = crate::support::program::Line::to(address);
                while !stop.load(Ordering::Relaxed) {
                    let count = taken.load(Ordering::Relaxed);
                    let body = json!({ "kind": "help", "channel": "phone", "caller": { "phone": "13900000001" },
                        "matter": { "content": format!("第{count}处屋面漏水"), "category": "wy.dt" } });
                    let headers =
                        [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
                    match line.ask("POST", "/api/v1/tickets", &headers, &body.to_string()) {
                        Ok(answer) if answer.status == 201 => taken.fetch_add(1, Ordering::Relaxed),
                        Ok(answer) if answer.status == 503 => 0,
                        Ok(answer) => panic!("{}", answer.body),
                        Err(_) => break,
                    };
                }
            })
        };
        let before = taken.load(Ordering::Relaxed);
        while taken.load(Ordering::Relaxed) < before + 20 {
            get(&site, &program, "/api/v1/search?q=%E6%BC%8F%E6%B0%B4");
        }
        std::thread::sleep(Duration::from_millis(rand::rng().random_range(0..400)));
        program.kill();
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        program = site.start();
    }
    let count = catches_up(&site, &program);
    assert!(count >= taken.load(Ordering::Relaxed));
    say(&format!(
        "{kills} kills: {} tickets acknowledged, {count} found",
        taken.load(Ordering::Relaxed)
    ));
}
