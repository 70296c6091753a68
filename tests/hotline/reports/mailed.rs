//! The monthly report by mail, from a site of two nodes (issue: 专报 scheduled for day and hour ⚙, with the files). Its
//! rule: whoever gets it gets it once, whichever node makes it, sends it or dies over it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use calamine::{Data, Reader, Xlsx};
use chrono::TimeDelta;
use jiesu::jobs::{Bell, Crew, Fail};
use jiesu::notify::outbox::LETTER;
use jiesu::reports::mailing::{DOCX, XLSX};
use jiesu::worker;
use serde_json::{Value, json};

use crate::support::city::at;
use crate::support::databases::{TestDb, on_each_database};
use crate::support::mailroom::{Mailroom, address, words};
use crate::support::server::Server;
use crate::support::smtp::{Security, SmtpServer, Taken};

/// A second before the hour, and the first look after it: looks are a minute apart.
const BEFORE: &str = "2026-12-02T09:29:59+08:00";
const AFTER: &str = "2026-12-02T09:30:59+08:00";

/// Another process of the site.
struct Node {
    server: Server,
    crew: Crew,
}

/// A site of two nodes over one database and one set of keys, which writes to `mail`.
struct Site {
    mail: SmtpServer,
    first: Mailroom,
    crew: Crew,
    second: Arc<Node>,
}

/// Does all that is due; where both nodes want the same row, the database may ask one of them to come again.
fn does_all(crew: &Crew) {
    let done = (0..20).any(|_| crew.drain().is_ok());
    assert!(done, "it never ends");
}

impl Site {
    /// One ticket is closed, another is at work, in November; a second before the hour nothing was made.
    fn open(test: &TestDb) -> Self {
        let mail = SmtpServer::start(Security::None);
        let url = mail.url("smtp");
        let mut keys = vec![
            ("JIESU_MAIL__TRANSPORT", "smtp"),
            ("JIESU_MAIL__SECURITY", "none"),
            ("JIESU_MAIL__SMTP_URL", url.as_str()),
            ("JIESU_NOTIFY__DIGEST", "[]"),
            // That it was sent is remembered for longer than other letters are.
            ("JIESU_NOTIFY__KEEP_DAYS", "1"),
            ("JIESU_REPORTS__AT", "09:30"),
            ("JIESU_REPORTS__SUBSCRIBERS", r#"["leader","assessor","unit_head@wuye","nobody"]"#),
        ];
        let first = Mailroom::open(test, &keys);
        first.city.closed("wuye");
        first.city.handled_by("weixiu");
        let folder = first.server.app.config.data_dir.display().to_string();
        keys.extend([
            ("JIESU_DATABASE__URL", test.url.as_str()),
            ("JIESU_DATA_DIR", folder.as_str()),
        ]);
        let server = Server::start(&keys);
        let [crew, theirs] =
            [&first.server, &server].map(|node| worker::crew(&node.app, &Bell::default()));
        let second = Arc::new(Node { server, crew: theirs });
        let site = Self { mail, first, crew, second };
        site.goes_on_to(BEFORE);
        site.works();
        assert!(site.reports().is_empty(), "a second too early");
        site
    }

    /// On both nodes' clocks.
    fn goes_on_to(&self, time: &str) {
        self.first.city.clock.set(at(time));
        self.second.server.clock.set(at(time));
    }

    /// Both do what is due, at the same time.
    fn works(&self) {
        std::thread::scope(|scope| {
            scope.spawn(|| does_all(&self.crew));
            scope.spawn(|| does_all(&self.second.crew));
        });
    }

    /// The mails that brought a report.
    fn reports(&self) -> Vec<Taken> {
        let brings = |mail: &Taken| mail.data.contains("multipart/mixed");
        self.mail.taken().into_iter().filter(brings).collect()
    }

    /// How often each of them was written to.
    fn written_to(&self) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for mail in self.reports() {
            assert_eq!(mail.to.len(), 1, "nobody reads who else gets it");
            *times.entry(mail.to[0].clone()).or_insert(0) += 1;
        }
        times
    }

    fn asks(&self, who: &str, method: &str, path: &str) -> Value {
        let bearer = format!("Bearer {}", self.first.tokens[who]);
        let body = if method == "POST" { "{}" } else { "" };
        let path = format!("/api/v1{path}");
        let answer = self.first.server.ask(method, &path, &[("Authorization", &bearer)], body);
        assert!(answer.status < 300, "{path}: {}", answer.body);
        answer.json()
    }

    /// The id of the one report about the month that is there.
    fn report(&self, period: &str) -> String {
        let listed = self.asks("leader", "GET", "/reports");
        let of = |item: &&Value| item["window"] == json!(period);
        let found: Vec<&Value> = listed["items"].as_array().unwrap().iter().filter(of).collect();
        assert_eq!(found.len(), 1, "{listed}");
        found[0]["id"].as_str().unwrap().to_owned()
    }
}

fn each_once(who: &[&str]) -> BTreeMap<String, usize> {
    who.iter().map(|name| (address(name), 1)).collect()
}

/// The files of a mail, decoded, by their types.
fn files(mail: &str) -> BTreeMap<String, Vec<u8>> {
    let mixed = mail.split("multipart/mixed").nth(1).unwrap();
    let boundary = mixed.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    let border = format!("--{boundary}");
    let parts = mail.split(&border);
    let files = parts.filter(|part| part.contains("Content-Disposition: attachment"));
    let file = |part: &str| {
        let (head, body) = part.trim_start().split_once("\r\n\r\n").unwrap();
        assert!(head.to_lowercase().contains("base64") && head.contains("filename"), "{head}");
        let kind = head.split("Content-Type:").nth(1).unwrap().trim_start();
        let kind = kind.split(['\r', ';', ' ']).next().unwrap();
        let text: String = body.split_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        (kind.to_owned(), bytes)
    };
    files.map(file).collect()
}

/// The letter opens, and all of its parts are XML; answers its text.
fn letter_opens(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut document = String::new();
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).unwrap();
        let (name, mut xml) = (part.name().unwrap().into_owned(), String::new());
        part.read_to_string(&mut xml).unwrap();
        let mut reader = quick_xml::Reader::from_str(&xml);
        let mut depth = 0;
        loop {
            match reader.read_event().unwrap_or_else(|error| panic!("{name}: {error}")) {
                quick_xml::events::Event::Start(_) => depth += 1,
                quick_xml::events::Event::End(_) => depth -= 1,
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0, "{name}");
        if name == "word/document.xml" {
            document = xml;
        }
    }
    assert!(!document.is_empty(), "a letter has words");
    document
}

/// The workbook opens, has figures and no formula; answers the texts of its cells.
fn workbook_opens(bytes: Vec<u8>) -> String {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let (mut texts, mut figures) = (String::new(), 0);
    let names = book.sheet_names();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert_eq!(book.worksheet_formula(&name).unwrap().used_cells().count(), 0, "{name}");
        let sheet = book.worksheet_range(&name).unwrap();
        for (_, _, cell) in sheet.used_cells() {
            match cell {
                Data::Float(_) | Data::Int(_) => figures += 1,
                other => texts.push_str(&format!("{other}\n")),
            }
        }
    }
    assert!(figures > 20, "{figures}");
    texts
}

on_each_database! {
    fn the_monthly_mail_comes_once_with_files_that_open(test: &TestDb) {
        let site = Site::open(test);
        site.goes_on_to(AFTER);
        site.works();
        // A unit reads it once it is published.
        assert_eq!(site.written_to(), each_once(&["assessor", "leader"]));
        let id = site.report("2026-11");
        for mail in site.reports() {
            let who = mail.to[0].split('@').next().unwrap().to_owned();
            let (subject, plain, page) = words(&mail.data);
            let link = format!("/api/v1/reports/{id}.html");
            assert!(subject.contains("专报") && plain.contains(&link) && page.replace("&#x2f;", "/").contains(&link), "{subject}\n{plain}\n{page}");
            let mut files = files(&mail.data);
            assert_eq!(files.keys().collect::<Vec<_>>(), [XLSX, DOCX], "{who}");
            let letter = letter_opens(&files[DOCX]);
            assert!(letter.contains("总体情况") && !letter.contains("13900000001"), "{who}");
            let book = workbook_opens(files.remove(XLSX).unwrap());
            assert!(book.contains(&who), "a copy says whose it is: {book}");
            assert!(!book.contains("张三") && !book.contains("13900000001"), "{who}");
        }
        for time in ["2026-12-02T09:32:00", "2026-12-03T09:31:00", "2026-12-15T12:00:00", "2026-12-31T21:00:00"] {
            site.goes_on_to(&format!("{time}+08:00"));
            site.works();
            assert_eq!(site.written_to(), each_once(&["assessor", "leader"]), "{time}");
        }
        site.goes_on_to("2027-01-01T12:00:00+08:00");
        for (who, step) in [("assessor", "freeze"), ("leader", "sign"), ("leader", "publish")] {
            site.asks(who, "POST", &format!("/reports/{id}/{step}"));
        }
        site.works();
        let next = site.written_to();
        // January has begun, and December's hour has not come: what is published is told all the same.
        let told = [("assessor", 2), ("leader", 2), ("unit_head@wuye", 1)];
        assert_eq!(next, BTreeMap::from(told.map(|(who, times)| (address(who), times))));
        for mail in site.reports().split_off(2) {
            let (_, plain, _) = words(&mail.data);
            assert!(plain.contains(&format!("/reports/{id}.html")) && plain.contains("已发布"), "{plain}");
            assert_eq!(files(&mail.data).keys().collect::<Vec<_>>(), [XLSX, DOCX]);
        }
        site.goes_on_to("2027-01-02T09:31:00+08:00");
        site.works();
        // December's draft is the house's.
        let told = [("assessor", 3), ("leader", 3), ("unit_head@wuye", 1)];
        assert_eq!(site.written_to(), BTreeMap::from(told.map(|(who, times)| (address(who), times))));
        assert_ne!(site.report("2026-12"), id);
    }

    fn whoever_may_read_it_from_its_publication_on_is_written_to_then(test: &TestDb) {
        let site = Site::open(test);
        site.goes_on_to(AFTER);
        site.works();
        let id = site.report("2026-11");
        site.goes_on_to("2026-12-02T09:31:30+08:00");
        for (who, step) in [("assessor", "freeze"), ("leader", "sign"), ("leader", "publish")] {
            site.asks(who, "POST", &format!("/reports/{id}/{step}"));
        }
        for time in ["2026-12-02T09:32:00", "2026-12-02T09:34:00", "2026-12-20T10:00:00"] {
            site.goes_on_to(&format!("{time}+08:00"));
            site.works();
            // The house has had the draft, and has what was published of it; neither comes again.
            let told = [("assessor", 2), ("leader", 2), ("unit_head@wuye", 1)];
            let told = BTreeMap::from(told.map(|(who, times)| (address(who), times)));
            assert_eq!(site.written_to(), told, "{time}");
        }
    }

    fn the_edition_that_was_published_is_enclosed_and_a_later_one_is_told_of_again(test: &TestDb) {
        let site = Site::open(test);
        site.goes_on_to(AFTER);
        site.works();
        let first = site.report("2026-11");
        let does = |who: &str, id: &str, step: &str| site.asks(who, "POST", &format!("/reports/{id}/{step}"));
        let restated = |id: &str| does("assessor", id, "restate")["id"].as_str().unwrap().to_owned();
        let works_until = |minute: u32| {
            site.goes_on_to(&format!("2026-12-02T09:{minute}:00+08:00"));
            site.works();
            site.written_to()
        };
        let times = |house: usize, unit: usize| {
            let of = [("assessor", house), ("leader", house), ("unit_head@wuye", unit)];
            let of = of.into_iter().filter(|(_, times)| *times > 0);
            of.map(|(who, times)| (address(who), times)).collect::<BTreeMap<_, _>>()
        };
        // Frozen, and restated before anybody published it: nothing new for whoever was written to.
        does("assessor", &first, "freeze");
        let second = restated(&first);
        assert_eq!(works_until(33), times(1, 0));
        for step in ["sign", "publish"] {
            does("leader", &second, step);
        }
        assert_eq!(works_until(35), times(2, 1), "the edition that units read");
        let third = restated(&second);
        assert_eq!(works_until(37), times(2, 1), "it is not published");
        for step in ["sign", "publish"] {
            does("leader", &third, step);
        }
        assert_eq!(works_until(39), times(3, 2), "what they had was corrected");
        assert_eq!(works_until(59), times(3, 2));
        let told = |who: &str| -> Vec<String> {
            let own = site.reports().into_iter().filter(|mail| mail.to[0] == address(who));
            let link = |mail: Taken| {
                let (_, plain, _) = words(&mail.data);
                let ids = [&first, &second, &third].into_iter().filter(|id| plain.contains(&format!("/reports/{id}.html")));
                ids.cloned().collect::<String>()
            };
            own.map(link).collect()
        };
        assert_eq!(told("unit_head@wuye"), [second.clone(), third.clone()]);
        assert_eq!(told("leader"), [first.clone(), second.clone(), third.clone()]);
    }

    fn what_a_node_made_and_did_not_send_the_other_sends_once(test: &TestDb) {
        let site = Site::open(test);
        site.goes_on_to(AFTER);
        // It made the report and the letters about it, and was killed.
        site.first.server.app.mailing.tick().unwrap();
        assert!(site.reports().is_empty());
        site.report("2026-11");
        site.goes_on_to("2026-12-02T09:40:00+08:00");
        does_all(&site.second.crew);
        assert_eq!(site.written_to(), each_once(&["assessor", "leader"]));
        // And is started again.
        does_all(&site.crew);
        site.goes_on_to("2026-12-02T11:00:00+08:00");
        site.works();
        assert_eq!(site.written_to(), each_once(&["assessor", "leader"]));
        site.report("2026-11");
    }

    fn letters_in_the_hands_of_a_node_that_dies_are_sent_once_by_the_other(test: &TestDb) {
        let site = Site::open(test);
        site.goes_on_to(AFTER);
        site.first.server.app.mailing.tick().unwrap();
        let (clock, other, gone) = (site.first.city.clock.clone(), site.second.clone(), AtomicBool::new(false));
        let dying = Crew::new(site.first.server.app.db.clone()).does(LETTER, move |_| {
            // It has claimed all letters and says no more; its claim runs out, and the other takes them over.
            if !gone.swap(true, Ordering::SeqCst) {
                for clock in [&clock, &other.server.clock] {
                    clock.forward(TimeDelta::minutes(6));
                }
                does_all(&other.crew);
            }
            Err(Fail::again("node.gone"))
        });
        assert!(dying.step().unwrap() > 0);
        assert_eq!(site.written_to(), each_once(&["assessor", "leader"]));
        site.goes_on_to("2026-12-02T12:00:00+08:00");
        site.works();
        assert_eq!(site.written_to(), each_once(&["assessor", "leader"]));
    }
}
