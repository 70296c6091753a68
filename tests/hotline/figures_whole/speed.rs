//! How long `/rates` of a month takes over HTTP, said and not judged: the machine may be anybody's.

use std::time::{Duration, Instant};

use super::site::Site;

const MONTH: &str = "window=2026-10&group_by=unit&edition=assessed";

fn timed(site: &Site, words: &str) -> Duration {
    let began = Instant::now();
    site.rates(words);
    began.elapsed()
}

fn said(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "/rates of the month, {what}: median {:.1} ms, fastest {:.1}, slowest {:.1} ({} requests)",
        ms(times[times.len() / 2]),
        ms(times[0]),
        ms(times[times.len() - 1]),
        times.len()
    );
}

/// The month and so many milliseconds more: a period that nobody has asked for yet.
fn another_period(ms: usize) -> String {
    format!("from=2026-10-01&to=2026-11-01T00:00:00.{ms:03}%2B08:00&group_by=unit&edition=assessed")
}

/// Read anew each time, by one reader again and again, then by two at a time.
pub fn of_the_month(site: &Site) {
    said("read anew", (1..=20).map(|ms| timed(site, &another_period(ms))).collect());
    said("the first request", vec![timed(site, MONTH)]);
    said("one reader", (0..20).map(|_| timed(site, MONTH)).collect());
    let two: Vec<Duration> = std::thread::scope(|scope| {
        let reader = || (0..10).map(|_| timed(site, MONTH)).collect::<Vec<_>>();
        let readers = [scope.spawn(reader), scope.spawn(reader)];
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    });
    said("two readers", two);
}
