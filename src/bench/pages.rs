//! Bench: every page of the console, asked as the demo's people ask. Its rule: the console's own list, worst first; a
//! page for which there is nothing to see is said to be left out.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::clients::{Answer, Line, answer_of};
use super::server::Server;
use super::{Plan, figure, middle, site};
use crate::error::{Error, Kind, Result, sentence};
use crate::identity::demo;
use crate::moving;
use crate::web::console::every::{PAGES, Page};

/// How often each page is asked, after it was asked so often to warm it.
const ASKED: usize = 20;
const WARMED: usize = 2;
/// What a page may take: milliseconds at p95, and thousands of bytes over the wire.
const MS: f64 = 50.0;
const KB: f64 = 150.0;
/// How many seconds are waited for the index at most.
const SETTLED: usize = 120;

/// Where what stands in the places of addresses is found: the place, who looks, in which list, under which name of its
/// first item.
const PLACES: &[(&str, &str, &str, &str)] = &[
    ("accepted", "leader", "/tickets?limit=1&state=accepted", "no"),
    ("consulting", "leader", "/tickets?limit=1&state=consulting", "no"),
    ("sent", "handler", "/tickets?limit=1&state=in_units", "no"),
    ("handled", "unit_head", "/tickets?limit=1&state=in_units", "no"),
    ("whistled", "handler", "/tickets?limit=1&state=in_units", "no"),
    ("disputed", "dispatcher", "/tickets?limit=1&state=in_units", "no"),
    ("replied", "reviewer", "/tickets?limit=1&state=replied", "no"),
    ("ledger", "reviewer", "/tickets?limit=1&state=on_ledger", "no"),
    ("surveying", "surveyor", "/tickets?limit=1&state=surveying", "no"),
    ("bad", "reviewer", "/tickets?limit=1&state=closed", "no"),
    ("closed", "leader", "/tickets?limit=1&state=closed", "no"),
    ("own", "agent", "/tickets?limit=1", "no"),
    ("report", "leader", "/reports", "id"),
    ("restated", "assessor", "/reports", "id"),
    ("article", "agent", "/articles", "code"),
    ("warning", "dispatcher", "/warnings", "id"),
    ("unit", "sysadmin", "/units", "code"),
    ("estate", "sysadmin", "/estates", "code"),
    ("company", "sysadmin", "/companies", "code"),
    ("category", "sysadmin", "/categories", "code"),
    ("rule", "sysadmin", "/catalogue", "code"),
    ("webhook", "sysadmin", "/webhooks", "id"),
    ("user", "secadmin", "/users", "name"),
    ("machine", "secadmin", "/users", "name"),
];

/// A page as it was answered.
struct Measured {
    page: Page,
    status: u16,
    p50: f64,
    p95: f64,
    /// Thousands of bytes.
    kb: f64,
}

/// The people of the demo city, each through the door once.
struct People {
    address: SocketAddr,
    cookies: BTreeMap<&'static str, String>,
}

/// Asks every page of the running server that is named, or of a new one with the demo's months.
///
/// # Errors
/// Where nobody answers, or the demo's people cannot log in.
pub(super) fn measure(plan: &Plan, say: &mut dyn FnMut(String)) -> Result<()> {
    if let Some(address) = plan.server {
        return ask_all(address, say);
    }
    let site = site(plan, "pages")?;
    let months = i64::try_from(plan.month).unwrap_or(i64::MAX);
    if let Some(loaded) = moving::demo::load(&site.app.hotline, months)? {
        say(sentence("bench.stored", &[("count", &loaded.imported.to_string())]));
    }
    let server = Server::start_demo(&site, &[("JIESU_WORKER__ENABLED", "true")])?;
    ask_all(server.address, say)
}

fn ask_all(address: SocketAddr, say: &mut dyn FnMut(String)) -> Result<()> {
    let mut people = People { address, cookies: BTreeMap::new() };
    people.wait_for_the_index()?;
    let mut places = BTreeMap::new();
    for (place, who, list, name) in PLACES {
        if let Some(found) = people.first(who, list, name)? {
            places.insert(*place, found);
        }
    }
    let (mut measured, mut left) = (Vec::new(), Vec::new());
    for page in PAGES {
        match address_of(page.2, &places) {
            Some(path) => measured.push(people.measured(*page, &path)?),
            None => left.push(page.0),
        }
    }
    measured.sort_by(|a, b| b.p95.total_cmp(&a.p95));
    for one in &measured {
        say(told(one));
    }
    let (slow, heavy) =
        (measured.iter().filter(|it| it.p95 > MS), measured.iter().filter(|it| it.kb > KB));
    say(sentence(
        "bench.pages",
        &[
            ("count", &measured.len().to_string()),
            ("asked", &ASKED.to_string()),
            ("slow", &slow.count().to_string()),
            ("ms", &MS.to_string()),
            ("heavy", &heavy.count().to_string()),
            ("kb", &KB.to_string()),
            ("left", &left.join(" ")),
        ],
    ));
    Ok(())
}

/// The address with its places filled in; nothing where there is nothing for one of them, or where the page stands
/// behind a form.
fn address_of(path: &str, places: &BTreeMap<&str, String>) -> Option<String> {
    let fill =
        |path: String, (name, value): (&&str, &String)| path.replace(&format!("{{{name}}}"), value);
    let path = places.iter().fold(path.to_owned(), fill);
    Some(path).filter(|path| !path.contains(['{', '#']))
}

fn told(one: &Measured) -> String {
    let (name, who, _) = one.page;
    let who = if who.is_empty() { sentence("bench.stranger", &[]) } else { who.to_owned() };
    let mut said = String::new();
    if one.status != 200 {
        said += &sentence("bench.page_status", &[("status", &one.status.to_string())]);
    }
    if one.p95 > MS {
        said += &sentence("bench.page_slow", &[("ms", &MS.to_string())]);
    }
    if one.kb > KB {
        said += &sentence("bench.page_heavy", &[("kb", &KB.to_string())]);
    }
    sentence(
        "bench.page",
        &[
            ("name", name),
            ("who", &who),
            ("p50", &figure(one.p50)),
            ("p95", &figure(one.p95)),
            ("kb", &figure(one.kb)),
            ("said", &said),
        ],
    )
}

/// The value that 95 of 100 do not exceed.
fn slowest(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() * 95).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or(f64::NAN)
}

impl People {
    /// The cookie of `who`; of a stranger none.
    fn cookie(&mut self, who: &'static str) -> Result<Option<String>> {
        if who.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.cookies.get(who) {
            return Ok(Some(known.clone()));
        }
        let typed = form_urlencoded::Serializer::new(String::new())
            .append_pair("username", who)
            .append_pair("password", demo::PASSWORD)
            .finish();
        let head = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = Line::to(self.address)?.ask("POST", "/login", &head, &typed)?;
        let cookie = answer.cookie.filter(|_| answer.status == 303);
        let cookie =
            cookie.ok_or_else(|| Error::with(Kind::Invalid, "bench.no_login", &[("who", who)]))?;
        self.cookies.insert(who, cookie.clone());
        Ok(Some(cookie))
    }

    fn list(&mut self, who: &'static str, list: &str) -> Result<Answer> {
        let cookie = self.cookie(who)?.unwrap_or_default();
        let path = format!("/api/v1{list}");
        Line::to(self.address)?.ask("GET", &path, &[("Cookie", &cookie)], "")
    }

    /// What the first item of a list is called; nothing where `who` finds none.
    fn first(&mut self, who: &'static str, list: &str, name: &str) -> Result<Option<String>> {
        let answer = self.list(who, list)?;
        if answer.status != 200 {
            return Ok(None);
        }
        Ok(match &answer_of(&answer)?["items"][0][name] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }

    /// Waits until a second adds no ticket to the index: what fills it would be measured too.
    fn wait_for_the_index(&mut self) -> Result<()> {
        let mut before = None;
        for _ in 0..SETTLED {
            let answer = self.list("dispatcher", "/search?limit=1")?;
            let is_told = answer.status == 200;
            let found = if is_told { answer_of(&answer)?["total"].as_u64() } else { None };
            if found.is_some_and(|found| found > 0) && found == before {
                break;
            }
            before = found;
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }

    fn measured(&mut self, page: Page, path: &str) -> Result<Measured> {
        let cookie = self.cookie(page.1)?;
        let mut head = vec![("Accept", "text/html"), ("Accept-Encoding", "gzip")];
        if let Some(cookie) = &cookie {
            head.push(("Cookie", cookie));
        }
        let mut line = Line::to(self.address)?;
        let mut took = Vec::with_capacity(ASKED);
        let (mut status, mut bytes) = (0, 0);
        for time in 0..WARMED + ASKED {
            let began = Instant::now();
            let answer = line.ask("GET", path, &head, "")?;
            if time >= WARMED {
                took.push(began.elapsed().as_secs_f64() * 1_000.0);
            }
            (status, bytes) = (answer.status, answer.body.len());
        }
        let (p50, p95) = (middle(took.clone()), slowest(took));
        Ok(Measured { page, status, p50, p95, kb: bytes as f64 / 1_000.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call that rings, a cell of a report, links that were sent: nobody lists those.
    const UNLISTED: [&str; 4] = ["call", "cell", "link", "card"];

    #[test]
    fn what_stands_in_an_address_is_looked_for_or_known_to_be_listed_nowhere() {
        for (name, _, path) in PAGES {
            let places = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
            for place in places {
                let is_found = PLACES.iter().any(|(known, ..)| *known == place);
                assert!(is_found != UNLISTED.contains(&place), "{name}: {place}");
            }
        }
        let people = demo::users().unwrap();
        let is_one = |who: &str| who.is_empty() || people.iter().any(|user| user.name == who);
        assert!(PAGES.iter().all(|(_, who, _)| is_one(who)));
        assert!(PLACES.iter().all(|(_, who, ..)| is_one(who)));
    }

    #[test]
    fn an_address_is_asked_when_nothing_is_missing_in_it() {
        let places = BTreeMap::from([("closed", "2026-000001".to_owned())]);
        let address = |path: &str| address_of(path, &places);
        assert_eq!(address("/tickets/{closed}").as_deref(), Some("/tickets/2026-000001"));
        assert_eq!(address("/work").as_deref(), Some("/work"));
        assert_eq!((address("/tickets/{sent}"), address("/c/look#looked")), (None, None));
    }

    #[test]
    fn of_twenty_the_second_slowest_counts_and_a_slow_or_heavy_page_says_so() {
        assert!((slowest((1..=20).map(f64::from).collect()) - 19.0).abs() < 1e-9);
        assert!((slowest(vec![3.0]) - 3.0).abs() < 1e-9);
        let page = |p95, kb| Measured { page: ("a", "", "/a"), status: 200, p50: 1.0, p95, kb };
        let [fine, slow, heavy] =
            [(50.0, 150.0), (50.1, 1.0), (1.0, 150.1)].map(|(ms, kb)| told(&page(ms, kb)));
        assert!(!fine.contains("超过"), "{fine}");
        assert!(slow.contains("超过 50 毫秒") && !slow.contains("超过 150"), "{slow}");
        assert!(heavy.contains("超过 150 KB") && !heavy.contains("超过 50 "), "{heavy}");
    }
}
