//! Ten thousand guesses at the door. Its rule: whoever guesses knows the numbers of all tickets, which
//! follow each other, and has as many addresses as it takes; none is told anything, few are even
//! looked at, and the citizen of another ticket notices nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiesu::audit::{self, Filter};

use super::{Door, Told, request, said};
use crate::support::databases::{TestDb, on_each_database};

/// How many guess at a time.
const THREADS: usize = 4;

/// Guesses from one address each, in order; how often what was answered.
fn guess(door: &Door, guesses: &[(Told, String)]) -> BTreeMap<String, usize> {
    let answers = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((told, address)) = guesses.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let headers = [("X-Forwarded-For", address.as_str())];
                    let body = told.shown().to_string();
                    let ask = || door.server.ask("POST", "/api/v1/public/lookup", &headers, &body);
                    let mut answer = ask();
                    // Who is told to come back has not been judged.
                    while answer.status == 503 {
                        answer = ask();
                    }
                    *answers.lock().unwrap().entry(said(&answer)).or_insert(0) += 1;
                }
            });
        }
    });
    answers.into_inner().unwrap()
}

/// How many guesses were compared with a ticket, as the trail has them.
fn compared(door: &Door) -> usize {
    let mut count = 0;
    let mut filter = Filter { action: Some("public.refused".to_owned()), ..Filter::default() };
    loop {
        let lines = door.server.app.db.read(|conn| audit::page(conn, &filter, 500)).unwrap();
        count += lines.len();
        let Some(last) = lines.last() else { return count };
        filter.after = Some((last.at, last.id));
    }
}

/// The citizen of another ticket, at another address.
fn is_served(door: &Door, told: &Told) {
    let headers = [("X-Forwarded-For", "198.51.100.77")];
    let body = told.shown().to_string();
    let answer = door.server.ask("POST", "/api/v1/public/lookup", &headers, &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    door.city.clock.forward(chrono::TimeDelta::seconds(10));
}

/// Guesses of a guesser, counted through: codes one after another over the whole million.
fn code(told: &Told, n: usize) -> Told {
    Told { code: format!("{:06}", (n * 7_919) % 1_000_000), ..told.clone() }
}

/// The same by one who does not know the telephone.
fn blind(told: &Told, n: usize) -> Told {
    Told { tail: format!("{:04}", (n * 31 + 2) % 10_000), ..code(told, n) }
}

fn host(n: usize) -> String {
    format!("203.{}.{}.{}", n / 62_500, n / 250 % 250, n % 250 + 1)
}

/// One address against one ticket whose telephone it knows.
fn by_one_address(door: &Door, victim: &Told) {
    let one: Vec<_> = (0..3_000).map(|n| (code(victim, n), host(0))).collect();
    let answers = guess(door, &one);
    println!("3000 guesses, one address, one ticket: {answers:?}; compared {}", compared(door));
    assert_eq!(answers.values().sum::<usize>(), 3_000);
    assert_eq!(answers.keys().collect::<Vec<_>>(), ["404 public.no_match", "429 web.too_many"]);
    // Those under way when the tenth was counted may still have come in.
    assert!(answers["404 public.no_match"] <= 10 + THREADS, "{answers:?}");
}

/// Three thousand addresses against one ticket whose telephone they know.
fn by_many_addresses(door: &Door, victim: &Told) {
    let before = compared(door);
    let many: Vec<_> = (0..3_000).map(|n| (code(victim, n), host(n + 1))).collect();
    let answers = guess(door, &many);
    let through = compared(door) - before;
    println!("3000 guesses, 3000 addresses, one ticket: {answers:?}; compared {through}");
    assert_eq!(answers, BTreeMap::from([("404 public.no_match".to_owned(), 3_000)]));
    assert_eq!(through, 10);
}

/// Four thousand addresses, telephones unknown, against a hundred and fifty tickets and a number that
/// is not there.
fn by_many_at_many(door: &Door, victims: &[Told], absent: &Told) {
    let before = compared(door);
    let aim = |n: usize| if n.is_multiple_of(4) { absent } else { &victims[n % 200] };
    let wide: Vec<_> = (0..4_000).map(|n| (blind(aim(n), n), host(n + 3_001))).collect();
    let answers = guess(door, &wide);
    let through = compared(door) - before;
    println!("4000 guesses, 4000 addresses, 150 tickets and none: {answers:?}; compared {through}");
    assert_eq!(answers, BTreeMap::from([("404 public.no_match".to_owned(), 4_000)]));
    assert_eq!(through, 151 * 10);
}

fn ten_thousand(test: &TestDb) {
    let door = Door::with(&[
        ("JIESU_DATABASE__URL", &test.url),
        ("JIESU_WEB__TRUSTED_PROXIES", "127.0.0.1"),
        ("JIESU_PUBLIC__TICKETS_PER_HOUR", "1000"),
    ]);
    let victims: Vec<Told> = (0..203).map(|_| door.brings(&request(), "0001")).collect();
    let bystander = door.brings(&request(), "0001");
    by_one_address(&door, &victims[0]);
    is_served(&door, &bystander);
    by_many_addresses(&door, &victims[1]);
    is_served(&door, &bystander);
    let absent = Told { no: "2026-999999".to_owned(), ..bystander.clone() };
    by_many_at_many(&door, &victims[2..202], &absent);
    is_served(&door, &bystander);
    // Who was never guessed at is not locked.
    is_served(&door, &victims[202]);
}

on_each_database! {
    fn ten_thousand_guesses_find_nothing_and_few_are_even_looked_at(test: &TestDb) {
        ten_thousand(test);
    }
}
