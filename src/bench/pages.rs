//! Bench: every page of the console, asked as the demo's people ask. Its rule: the console's own list, worst first; a
//! page for which there is nothing to see is said to be left out.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::clients::{Answer, Line};
use super::history::moved_in;
use super::people::{FORM, People};
use super::places::{self, Hands, Places};
use super::server::Server;
use super::site::Site;
use super::{Plan, figure, middle, site};
use crate::error::{Result, sentence};
use crate::web::console::every::{LOOKED, MISTAKEN, PAGES, Page};

/// What a page may take: milliseconds at p95, and thousands of bytes over the wire.
const MS: f64 = 50.0;
const KB: f64 = 150.0;
/// Too often: the citizens' door lets an address ask so many times a minute and no more.
const TOO_MANY: u16 = 429;
/// After which the door lets in one more.
const ONE_MORE: Duration = Duration::from_millis(2_100);

/// How often a page is asked, after it was asked so often to warm it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    warmed: usize,
    asked: usize,
}

const OFTEN: Times = Times { warmed: 2, asked: 100 };
/// At the citizens' door of a server that is not ours: all of it together stays below what one address may ask a minute
/// (`public.asks_per_minute`).
const SELDOM: Times = Times { warmed: 1, asked: 5 };
/// The same with what is wrong (`public.wrong_per_hour`).
const WRONGLY: Times = Times { warmed: 1, asked: 3 };

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Ours, whose citizens' door stands open.
    Ours,
    Another,
}

impl Whose {
    fn times(self, path: &str) -> Times {
        let of_door = ["/c/survey/", "/c/card/"].iter().any(|start| path.starts_with(start));
        match self {
            Self::Another if path == MISTAKEN => WRONGLY,
            Self::Another if path == LOOKED || of_door => SELDOM,
            _ => OFTEN,
        }
    }
}

/// What is sent for a page.
#[derive(Debug, PartialEq, Eq)]
struct Asking {
    path: String,
    /// What is typed into the form that the page stands behind; nothing where it has an address. `{time}` is another word
    /// each time.
    typed: Vec<(&'static str, String)>,
}

impl Asking {
    /// The page at `path` with its places filled in; nothing where there is nothing for one of them.
    fn of(path: &str, places: &Places) -> Option<Self> {
        let form = |typed: [String; 3]| {
            let typed = ["no", "code", "phone_tail"].into_iter().zip(typed).collect();
            Some(Self { path: "/c/look".to_owned(), typed })
        };
        if path == LOOKED {
            let place = |name: &str| places.get(name).cloned();
            return form([place("own")?, place("code")?, place("tail")?]);
        }
        if path == MISTAKEN {
            // Another number each time, and nobody's: a few wrong codes lock a ticket.
            let no = format!("bench-{:08x}-{{time}}", rand::random::<u32>());
            return form([no, "000000".to_owned(), "0000".to_owned()]);
        }
        let fill = |path: String, (name, value): (&&str, &String)| {
            path.replace(&format!("{{{name}}}"), value)
        };
        let path = places.iter().fold(path.to_owned(), fill);
        let whole = !path.contains(['{', '#']);
        whole.then(|| Self { path, typed: Vec::new() })
    }

    /// The body of the request that is sent as the `time`th.
    fn body(&self, time: usize) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.typed {
            body.append_pair(name, &value.replace("{time}", &time.to_string()));
        }
        body.finish()
    }
}

/// A page as it was answered.
struct Measured {
    page: Page,
    status: u16,
    p50: f64,
    p95: f64,
    /// Thousands of bytes.
    kb: f64,
    asked: usize,
}

/// Asks every page of the running server that is named, or of a new one with months of histories beside the demo's own.
///
/// # Errors
/// Where nobody answers, or the demo's people cannot log in.
pub(super) fn measure(plan: &Plan, say: &mut dyn FnMut(String)) -> Result<()> {
    if let Some(address) = plan.server {
        return ask_all(address, None, say);
    }
    let site = site(plan, "pages")?;
    let now = site.app.db.now();
    let (loaded, _) = moved_in(plan, &site, now, (plan.month, plan.days))?;
    say(sentence("bench.stored", &[("count", &loaded.imported.to_string())]));
    let keys = [
        ("JIESU_WORKER__ENABLED", "true"),
        ("JIESU_PUBLIC__ASKS_PER_MINUTE", "100000"),
        ("JIESU_PUBLIC__WRONG_PER_HOUR", "100000"),
    ];
    let server = Server::start_demo(&site, &keys)?;
    ask_all(server.address, Some(&site), say)
}

/// All pages of the server at `address`; `site` is its site, where it is ours.
fn ask_all(address: SocketAddr, site: Option<&Site>, say: &mut dyn FnMut(String)) -> Result<()> {
    let mut people = People::before(address);
    people.wait_for_the_index()?;
    let mut places = places::found(&mut people)?;
    let mut hands = Hands { people: &mut people, places: &mut places, say: &mut *say };
    hands.work()?;
    let is_one_to_come = hands.alarm()?;
    match site {
        Some(site) => hands.ask_by_link(site)?,
        None => (hands.say)(sentence("bench.no_link", &[])),
    }
    let whose = if site.is_some() { Whose::Ours } else { Whose::Another };
    let mut round = Round { whose, measured: Vec::new(), left: Vec::new() };
    for page in PAGES.iter().filter(|page| !is_of_a_warning(page)) {
        round.ask(&mut people, &places, *page)?;
    }
    // One that is new comes while the others are asked.
    if is_one_to_come {
        let mut hands = Hands { people: &mut people, places: &mut places, say: &mut *say };
        hands.wait_for_a_warning()?;
    }
    for page in PAGES.iter().filter(|page| is_of_a_warning(page)) {
        round.ask(&mut people, &places, *page)?;
    }
    round.tell(say);
    Ok(())
}

fn is_of_a_warning(page: &Page) -> bool {
    page.2.contains("{warning}")
}

/// What has been measured, and the names of what could not be.
struct Round {
    whose: Whose,
    measured: Vec<Measured>,
    left: Vec<&'static str>,
}

impl Round {
    fn ask(&mut self, people: &mut People, places: &Places, page: Page) -> Result<()> {
        let times = self.whose.times(page.2);
        let measured = match Asking::of(page.2, places) {
            Some(asking) => measured(people, page, &asking, times)?,
            None => None,
        };
        match measured {
            Some(measured) => self.measured.push(measured),
            None => self.left.push(page.0),
        }
        Ok(())
    }

    fn tell(mut self, say: &mut dyn FnMut(String)) {
        self.measured.sort_by(|a, b| b.p95.total_cmp(&a.p95));
        for one in &self.measured {
            say(told(one));
        }
        let count = |is: fn(&Measured) -> bool| self.measured.iter().filter(|it| is(it)).count();
        let (slow, heavy) = (count(|it| it.p95 > MS), count(|it| it.kb > KB));
        let left = if self.left.is_empty() { "—".to_owned() } else { self.left.join(" ") };
        say(sentence(
            "bench.pages",
            &[
                ("count", &self.measured.len().to_string()),
                ("asked", &OFTEN.asked.to_string()),
                ("slow", &slow.to_string()),
                ("ms", &MS.to_string()),
                ("heavy", &heavy.to_string()),
                ("kb", &KB.to_string()),
                ("left", &left),
            ],
        ));
    }
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
    if one.asked < OFTEN.asked {
        said += &sentence("bench.page_seldom", &[("asked", &one.asked.to_string())]);
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

/// The page, asked so many times; nothing where the citizens' door stays shut.
fn measured(
    people: &mut People,
    page: Page,
    asking: &Asking,
    times: Times,
) -> Result<Option<Measured>> {
    let cookie = people.cookie(page.1)?;
    let mut head = vec![("Accept", "text/html"), ("Accept-Encoding", "gzip")];
    if let Some(cookie) = &cookie {
        head.push(("Cookie", cookie));
    }
    let method = if asking.typed.is_empty() { "GET" } else { "POST" };
    if method == "POST" {
        head.push(("Content-Type", FORM));
    }
    let mut line = Line::to(people.address)?;
    let mut once = |time: usize| -> Result<(Answer, f64)> {
        let body = asking.body(time);
        let began = Instant::now();
        let answer = line.ask(method, &asking.path, &head, &body)?;
        Ok((answer, began.elapsed().as_secs_f64() * 1_000.0))
    };
    let mut took = Vec::with_capacity(times.asked);
    let (mut status, mut bytes) = (0, 0);
    for time in 0..times.warmed + times.asked {
        let (mut answer, mut millis) = once(time)?;
        if answer.status == TOO_MANY {
            std::thread::sleep(ONE_MORE);
            (answer, millis) = once(time)?;
        }
        if answer.status == TOO_MANY {
            break;
        }
        if time >= times.warmed {
            took.push(millis);
        }
        (status, bytes) = (answer.status, answer.body.len());
    }
    if took.is_empty() {
        return Ok(None);
    }
    let (asked, kb) = (took.len(), bytes as f64 / 1_000.0);
    let (p50, p95) = (middle(took.clone()), slowest(took));
    Ok(Some(Measured { page, status, p50, p95, kb, asked }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_asked_when_nothing_is_missing_in_it() {
        let places = Places::from([("closed", "2026-000001".to_owned())]);
        let path = |path: &str| Asking::of(path, &places).map(|asking| asking.path);
        assert_eq!(path("/tickets/{closed}").as_deref(), Some("/tickets/2026-000001"));
        assert_eq!(path("/work").as_deref(), Some("/work"));
        assert_eq!((path("/tickets/{sent}"), path(LOOKED)), (None, None));
    }

    #[test]
    fn behind_the_form_is_what_was_told_and_a_wrong_number_is_another_each_time() {
        let told = [("own", "2026-000001"), ("code", "123456"), ("tail", "0001")];
        let places: Places = told.map(|(name, text)| (name, text.to_owned())).into();
        let right = Asking::of(LOOKED, &places).unwrap();
        assert_eq!(right.path, "/c/look");
        assert_eq!(right.body(3), "no=2026-000001&code=123456&phone_tail=0001");
        let wrong = Asking::of(MISTAKEN, &Places::new()).unwrap();
        assert!(wrong.body(3).contains("-3&code=000000") && wrong.body(3) != wrong.body(4));
    }

    #[test]
    fn the_door_of_a_server_that_is_not_ours_is_not_knocked_at_too_often() {
        let config = include_str!("../../config/default.toml");
        let most = |key: &str| -> usize {
            let value = config.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
            value.unwrap().parse().unwrap()
        };
        let all = |times: Times| times.warmed + times.asked;
        let fewer = PAGES.iter().map(|page| Whose::Another.times(page.2)).filter(|it| *it != OFTEN);
        assert!(fewer.map(all).sum::<usize>() < most("asks_per_minute"));
        assert!(all(WRONGLY) < most("wrong_per_hour"));
        assert_eq!((Whose::Ours.times(LOOKED), Whose::Another.times("/work")), (OFTEN, OFTEN));
    }

    #[test]
    fn of_twenty_the_second_slowest_counts_and_a_slow_or_heavy_page_says_so() {
        assert!((slowest((1..=20).map(f64::from).collect()) - 19.0).abs() < 1e-9);
        assert!((slowest(vec![3.0]) - 3.0).abs() < 1e-9);
        let page = |p95, kb| {
            let page = ("a", "", "/a");
            told(&Measured { page, status: 200, p50: 1.0, p95, kb, asked: OFTEN.asked })
        };
        let [fine, slow, heavy] =
            [(50.0, 150.0), (50.1, 1.0), (1.0, 150.1)].map(|(ms, kb)| page(ms, kb));
        assert!(!fine.contains("超过") && !fine.contains("只测"), "{fine}");
        assert!(slow.contains("超过 50 毫秒") && !slow.contains("超过 150"), "{slow}");
        assert!(heavy.contains("超过 150 KB") && !heavy.contains("超过 50 "), "{heavy}");
        let page = ("a", "", "/a");
        let seldom = Measured { page, status: 200, p50: 1.0, p95: 1.0, kb: 1.0, asked: 5 };
        assert!(told(&seldom).contains("只测 5 次"), "{}", told(&seldom));
    }
}
