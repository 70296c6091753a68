//! The small city with everybody's addresses and its letters. Its rule: the clock is moved by hand, and
//! the background work is done when a test says so.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use jiesu::identity::reach::{self, Reach};
use jiesu::jobs::{Bell, Crew};
use jiesu::notify::listing::{self, Filter};
use jiesu::notify::store::{Letter, LetterState};
use jiesu::worker;

use super::badges;
use super::city::City;
use super::databases::TestDb;
use super::server::Server;

/// A running city whose letters go into files, or to the server that `keys` name.
pub struct Mailroom {
    pub server: Server,
    pub city: City,
    pub tokens: BTreeMap<String, String>,
    crew: Crew,
}

/// A mail that lies in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    pub name: String,
    pub text: String,
}

impl Mailroom {
    /// Everybody has an address, and a mobile too where `mobiles` says so of the login name.
    pub fn open(test: &TestDb, keys: &[(&str, &str)]) -> Self {
        let mut all = vec![("JIESU_DATABASE__URL", test.url.as_str())];
        all.extend(keys);
        let server = Server::start(&all);
        let city = City::served(&server);
        let people: Vec<_> = city.people().map(|person| person.actor.clone()).collect();
        let tokens = badges::issue(&server.app, people.iter());
        let app = server.app.clone();
        for person in people.iter().filter(|person| person.user != 0) {
            let email = Some(address(&person.name));
            let (id, reach) = (person.user, Reach { email, mobile: None });
            let keys = app.keys.clone();
            app.db.write(move |tx| reach::give(tx, &keys, id, &reach)).unwrap();
        }
        let crew = worker::crew(&server.app, &Bell::default());
        Self { server, city, tokens, crew }
    }

    /// Moves the clock and does what is due then.
    pub fn after(&self, delta: TimeDelta) {
        self.city.clock.forward(delta);
        self.work();
    }
    pub fn minutes(&self, minutes: i64) {
        self.after(TimeDelta::minutes(minutes));
    }
    pub fn work(&self) {
        self.crew.drain().unwrap();
    }

    pub fn set_reach(&self, name: &str, email: Option<&str>, mobile: Option<&str>) {
        let id = self.city.person(name).actor.user;
        let own = |text: Option<&str>| text.map(str::to_owned);
        let reach = Reach { email: own(email), mobile: own(mobile) };
        let keys = self.server.app.keys.clone();
        self.server.app.db.write(move |tx| reach::give(tx, &keys, id, &reach)).unwrap();
    }

    /// Every letter, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        let read = |conn: &mut _| listing::page(conn, &Filter::default(), 100_000);
        let mut found: Vec<Letter> =
            self.server.app.db.read(read).unwrap().into_iter().map(|(letter, ..)| letter).collect();
        found.reverse();
        found
    }
    pub fn in_state(&self, state: LetterState) -> Vec<Letter> {
        self.letters().into_iter().filter(|letter| letter.state == state).collect()
    }

    /// What lies in the folder `mail` or `sms`, in the order of names, which is that of ids.
    pub fn filed(&self, folder: &str) -> Vec<Filed> {
        let place = self.server.app.config.data_dir.join(folder);
        let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
        let mut found: Vec<Filed> = entries
            .map(|entry| {
                let entry = entry.unwrap();
                let text = std::fs::read_to_string(entry.path()).unwrap();
                Filed { name: entry.file_name().into_string().unwrap(), text }
            })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }
    /// The mails filed so far, taken away, so that the next look sees only new ones.
    pub fn take(&self, folder: &str) -> Vec<Filed> {
        let found = self.filed(folder);
        for filed in &found {
            let place = self.server.app.config.data_dir.join(folder).join(&filed.name);
            std::fs::remove_file(place).unwrap();
        }
        found
    }
}

/// `handler@wuye` is written to at `handler.wuye@city.test`.
pub fn address(name: &str) -> String {
    format!("{}@city.test", name.replace('@', "."))
}

impl Filed {
    pub fn to(&self) -> String {
        let line = self.text.lines().find(|line| line.starts_with("To: ")).unwrap_or_default();
        line.split('<').nth(1).unwrap_or(line).trim_end_matches('>').trim().to_owned()
    }
    /// Subject, plain text and page, decoded.
    pub fn words(&self) -> (String, String, String) {
        words(&self.text)
    }
}

/// Subject, plain text and page of a mail, decoded.
pub fn words(mail: &str) -> (String, String, String) {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let joined = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let subject = joined.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
    // Within the parts of a mail that has files, too.
    let alternative = mail.split("multipart/alternative").nth(1).unwrap();
    let boundary = alternative.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    let parts: Vec<String> =
        body.split(&format!("--{boundary}")).skip(1).take(2).map(decoded).collect();
    (header_words(subject), parts[0].clone(), parts[1].clone())
}

fn decoded(part: &str) -> String {
    use base64::Engine;
    let (head, body) = part.trim_start().split_once("\r\n\r\n").unwrap();
    let bytes = if head.to_lowercase().contains("base64") {
        let text: String = body.split_whitespace().collect();
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    } else if head.to_lowercase().contains("quoted-printable") {
        quoted(body)
    } else {
        body.as_bytes().to_vec()
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn quoted(text: &str) -> Vec<u8> {
    let text = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        if *first == b'=' && more.len() >= 2 {
            let hex = std::str::from_utf8(&more[..2]).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &more[2..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    bytes
}

/// `=?utf-8?b?…?=` words put together again.
fn header_words(line: &str) -> String {
    use base64::Engine;
    let mut bytes = Vec::new();
    for word in line.split_whitespace() {
        match word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?=")) {
            Some(coded) => {
                bytes.extend(base64::engine::general_purpose::STANDARD.decode(coded).unwrap());
            }
            None => bytes.extend(word.as_bytes()),
        }
    }
    String::from_utf8(bytes).unwrap()
}
