//! Over HTTP every door says the same to the same reader: list, find, search, facets, kept searches, sheets,
//! the ticket itself, suggestions, what is like it. What is due is told a second time (`sequences::eyes`).
//! `JIESU_SEEN_DAYS=100` is the full run (three random days otherwise), `JIESU_SEED=n` begins at another.

use std::collections::BTreeSet;

use jiesu::ticket::{Sight, Ticket};
use serde_json::{Value, json};

use super::seen::{OTHER, a_day};
use super::tickets;
use crate::exports::House;
use crate::sequences::eyes;
use crate::support::city::Person;
use crate::support::databases::on_each_database;
use crate::support::histories::Dice;

/// The number of the usual caller.
const USUAL: &str = "13900000001";
const FEW: u64 = 3;
/// Tickets of a day that are opened one by one by everybody.
const OPENED: usize = 4;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

/// Somebody at the door, and what is due to them.
struct Reader<'a> {
    house: &'a House,
    who: &'a str,
    person: Person<'a>,
    all: &'a [Ticket],
    /// What they may know of at all.
    due: BTreeSet<&'a str>,
}

impl<'a> Reader<'a> {
    fn of(house: &'a House, person: Person<'a>, all: &'a [Ticket]) -> Self {
        let due = all.iter().filter(|it| eyes::sees(it, person)).map(|it| &*it.no).collect();
        Self { house, who: &person.actor.name, person, all, due }
    }

    /// The tickets whose whole case is theirs to see and that are `so`.
    fn cases(&self, so: impl Fn(&Ticket) -> bool) -> BTreeSet<&'a str> {
        let cases = self.all.iter().filter(|it| eyes::expected(it, self.person) == Sight::Case);
        cases.filter(|it| so(it)).map(|it| &*it.no).collect()
    }

    fn get(&self, path: &str) -> Value {
        let reply = self.house.get(self.who, path);
        assert_eq!(reply.status, 200, "{} asks {path}: {}", self.who, reply.code());
        self.nothing_personal(path, &reply.json())
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let reply = self.house.post(self.who, path, body);
        assert!((200..300).contains(&reply.status), "{} asks {path}: {}", self.who, reply.code());
        self.nothing_personal(path, &reply.json())
    }

    /// Nobody is shown a name, a number or a door in clear by any of these.
    fn nothing_personal(&self, path: &str, told: &Value) -> Value {
        let text = told.to_string();
        for word in ["张三", USUAL, OTHER, "3号楼502室"] {
            assert!(!text.contains(word), "{} reads {word} at {path}: {text}", self.who);
        }
        told.clone()
    }

    /// The numbers under `of`, page by page, none twice.
    fn paged(&self, path: &str, of: &str) -> (BTreeSet<String>, Vec<Value>) {
        let (mut numbers, mut pages, mut after) = (BTreeSet::new(), Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}{after}"));
            let next = page["next"].as_str().map(|next| format!("&after={next}"));
            for no in named(&page[of]) {
                assert!(numbers.insert(no.clone()), "{}: {no} twice at {path}", self.who);
            }
            page[of].take();
            pages.push(page);
            let Some(next) = next else { return (numbers, pages) };
            after = next;
        }
    }

    fn lists(&self) {
        assert_eq!(self.paged("/tickets?limit=17", "items").0, strings(&self.due), "{}", self.who);
        for path in ["/tickets.csv", "/search.csv"] {
            let rows = self.house.csv(self.who, path);
            let lines = &rows[1..rows.len() - 1];
            let numbers: BTreeSet<String> = lines.iter().map(|line| line[0].clone()).collect();
            assert_eq!((numbers, lines.len()), (strings(&self.due), self.due.len()), "{path}");
            self.nothing_personal(path, &json!(rows));
        }
    }

    fn finds(&self) {
        let (found, pages) = self.paged("/search?limit=23", "hits");
        assert_eq!(found, strings(&self.due), "{}", self.who);
        assert!(pages.iter().all(|page| page["total"] == self.due.len()), "{}", self.who);
        let facets = &pages[0]["facets"];
        for facet in ["state", "light", "kind", "channel", "urgency"] {
            let values = facets[facet].as_array().map(Vec::as_slice).unwrap_or_default();
            let sum: u64 = values.iter().map(|value| value["count"].as_u64().unwrap()).sum();
            assert_eq!(sum, self.due.len() as u64, "{}: {facet}", self.who);
        }
        // Notes, tags and addresses are for those who see the case.
        let (found, _) =
            self.paged("/search?q=%E5%A4%87%E6%B3%A8%E6%9A%97%E5%8F%B7&limit=31", "hits");
        assert_eq!(found, strings(&self.cases(|_| true)), "{} looks for notes", self.who);
        let (found, _) = self.paged("/search?q=%E6%A5%BC%E4%B8%8A502&limit=31", "hits");
        assert_eq!(found, strings(&self.cases(|it| !it.tags.is_empty())), "{}", self.who);
    }

    /// Searches that are kept are counted as they are found.
    fn keeps(&self) {
        let kept = |list: &Value| list["items"].as_array().unwrap().clone();
        if kept(&self.get("/searches")).is_empty() {
            for q in ["电梯", "备注暗号"] {
                self.post("/searches", &json!({ "name": q, "q": q }));
            }
        }
        for one in kept(&self.get("/searches")) {
            let whole = one["q"] == "电梯";
            let due = if whole { self.due.len() } else { self.cases(|_| true).len() };
            assert_eq!(one["total"], due, "{}: {one}", self.who);
        }
    }

    /// The tickets of a caller are found by whoever sees whose they are.
    fn callers(&self) {
        for phone in [USUAL, OTHER] {
            let body = json!({ "caller_phone": phone });
            let reply = self.house.post(self.who, "/tickets/find?limit=500", &body);
            if self.person.actor.company {
                assert_eq!((reply.status, reply.code()), (403, "forbidden".to_owned()));
                continue;
            }
            let due = self.cases(|it| it.caller.phone.as_deref() == Some(phone));
            let found: BTreeSet<String> = named(&reply.json()["items"]).collect();
            assert_eq!(found, strings(&due), "{} looks for a caller", self.who);
        }
    }

    /// One ticket: there for whom the list shows it, and nowhere else.
    fn opens(&self, ticket: &Ticket) {
        let reply = self.house.get(self.who, &format!("/tickets/{}", ticket.no));
        if !self.due.contains(&*ticket.no) {
            assert_eq!(reply.status, 404, "{} opens {}", self.who, ticket.no);
            return;
        }
        let told = self.nothing_personal(&ticket.no, &reply.json());
        let copy = told.get("caller").is_none() && told["place"].get("address").is_none();
        let expected = eyes::expected(ticket, self.person) == Sight::HandlingCopy;
        assert_eq!(copy, expected, "{} opens {}: {told}", self.who, ticket.no);
        if copy {
            // Nor by a search for its own number.
            let hit = self.get(&format!("/search?q={}", ticket.no));
            assert!(!hit.to_string().contains("阳光花园***"), "{}: {hit}", self.who);
        }
    }

    /// What is like it, for those who may ask: nothing that their list does not show.
    fn compares(&self, ticket: &Ticket) -> usize {
        let reply = self.house.get(self.who, &format!("/tickets/{}/similar", ticket.no));
        let asks = ["agent", "agent-2", "dispatcher", "dispatcher-2"].contains(&self.who);
        let due = match (self.due.contains(&*ticket.no), asks) {
            (false, _) => 404,
            (true, false) => 403,
            (true, true) => 200,
        };
        assert_eq!(reply.status, due, "{} compares {}", self.who, ticket.no);
        let body = json!({"content": ticket.content.as_str(), "place": {"estate": ticket.place.estate},
            "caller_phone": ticket.caller.phone.as_deref()});
        let suggested = self.house.post(self.who, "/suggest", &body);
        assert_eq!(suggested.status, if asks { 200 } else { 403 }, "{}", self.who);
        if !asks {
            return 0;
        }
        let answers = [reply.json(), suggested.json()];
        answers.iter().map(|told| self.alike(ticket, told)).sum()
    }

    /// How many tickets `told` shows beside this one, each of them due, with whose it is.
    fn alike(&self, ticket: &Ticket, told: &Value) -> usize {
        self.nothing_personal("similar", told);
        assert_eq!(told["degraded"], false);
        let lists = ["duplicates", "like", "incidents"].map(|list| told[list].as_array().unwrap());
        let mut shown = 0;
        for like in lists.into_iter().flatten() {
            let no = like["no"].as_str().unwrap();
            assert!(self.due.contains(no), "{} is shown {no}", self.who);
            let other = self.all.iter().find(|it| it.no == no).unwrap();
            let same = other.caller.phone == ticket.caller.phone;
            assert_eq!(like["same_caller"], same, "{} is shown {like}", self.who);
            shown += 1;
        }
        let examples = told["categories"].as_array().map(Vec::as_slice).unwrap_or_default();
        for no in examples.iter().flat_map(|one| one["like"].as_array().unwrap()) {
            assert!(self.due.contains(no.as_str().unwrap()), "{} is shown {no}", self.who);
        }
        shown
    }

    /// What answered like matters: of tickets whose whole case is theirs.
    fn answers(&self, ticket: &Ticket) {
        let reply = self.house.get(self.who, &format!("/tickets/{}/solutions", ticket.no));
        if reply.status != 200 {
            return;
        }
        let told = self.nothing_personal("solutions", &reply.json());
        let cases = self.cases(|_| true);
        for no in named(&told["items"]) {
            assert!(cases.contains(&*no), "{} is shown the answer of {no}", self.who);
        }
    }
}

/// The numbers in a list of lines.
fn named(list: &Value) -> impl Iterator<Item = String> {
    let lines = list.as_array().cloned().unwrap_or_default();
    lines.into_iter().map(|line| line["no"].as_str().unwrap().to_owned())
}

fn strings(numbers: &BTreeSet<&str>) -> BTreeSet<String> {
    numbers.iter().map(|&no| no.to_owned()).collect()
}

/// Everybody at every door after a random day; answers how many looked and how many tickets were shown
/// beside others.
fn look(house: &House, dice: &mut Dice) -> (usize, usize) {
    let all: Vec<Ticket> = tickets(&house.city.hotline).into_values().collect();
    let opened: Vec<&Ticket> = (0..OPENED).map(|_| dice.pick(&all)).collect();
    let (mut readers, mut compared) = (0, 0);
    for person in house.city.people().filter(|person| person.actor.user != 0) {
        let reader = Reader::of(house, person, &all);
        if house.get(reader.who, "/tickets").status == 403 {
            assert!(reader.due.is_empty(), "{} sees tickets", reader.who);
            assert_eq!(house.get(reader.who, "/search").status, 403, "{}", reader.who);
            assert_eq!(house.get(reader.who, "/search.csv").status, 403, "{}", reader.who);
            continue;
        }
        readers += 1;
        reader.lists();
        reader.finds();
        reader.keeps();
        reader.callers();
        for ticket in &opened {
            reader.opens(ticket);
            compared += reader.compares(ticket);
            reader.answers(ticket);
        }
    }
    (readers, compared)
}

on_each_database! {
    fn every_door_says_the_same_to_the_same_reader(test: &TestDb) {
        let (days, first) = (number("JIESU_SEEN_DAYS", FEW), number("JIESU_SEED", 7));
        let house = House::on(&test.url, &[]);
        let (mut readers, mut compared) = (0, 0);
        for day in first..first + days {
            eprintln!("random day {day}");
            let mut dice = Dice::new(day);
            a_day(&house.city, &mut dice, 24);
            house.city.hours(dice.below(40));
            house.server.app.search.follow(&|| false).unwrap();
            let (looked, shown) = look(&house, &mut dice);
            (readers, compared) = (readers + looked, compared + shown);
        }
        assert!(readers >= 30 * usize::try_from(days).unwrap(), "{readers}");
        assert!(compared > 20, "{compared}");
    }
}
