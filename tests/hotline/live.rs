//! What moves by itself on an open page: told by the node that the page is open at, whoever made the change; of tickets of
//! the reader's own lists alone; until the login is over.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use jiesu::identity;
use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::live::{Changed, Follower};
use serde_json::json;

use crate::support::city::{City, draft, draft_with};
use crate::support::databases::{Folder, TestDb, on_each_database};
use crate::support::office::Office;

/// A page that is open.
struct Page {
    socket: TcpStream,
    heard: String,
    is_over: bool,
}

impl Page {
    fn open(office: &Office, who: &str, tickets: &[&str]) -> Self {
        let mut socket = office.server.connect();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let (bearer, tickets) = (office.bearer(who), tickets.join(","));
        let head = format!(
            "GET /live?tickets={tickets} HTTP/1.1\r\nHost: test\r\nAuthorization: {bearer}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).unwrap();
        Self { socket, heard: String::new(), is_over: false }
    }

    /// Listens until `is` holds of what was heard, for some seconds at most; what was heard then.
    fn until(&mut self, is: impl Fn(&Self) -> bool) -> &str {
        let begun = Instant::now();
        let mut part = [0; 4096];
        while !is(self) && begun.elapsed() < Duration::from_secs(15) {
            match self.socket.read(&mut part) {
                Ok(0) => self.is_over = true,
                Ok(count) => self.heard.push_str(&String::from_utf8_lossy(&part[..count])),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => self.is_over = true,
                Err(_) => {}
            }
        }
        assert!(is(self), "{}", self.heard);
        &self.heard
    }

    fn hears(&mut self, what: &str) {
        self.until(|page| page.heard.contains(what));
    }

    fn forgets(&mut self) {
        self.heard.clear();
    }

    /// By its last chunk: the connection itself may serve another request.
    fn ends(&mut self) {
        self.until(|page| page.is_over || page.heard.ends_with("0\r\n\r\n"));
    }
}

/// An office whose pages hear of something every half second at the latest.
fn quick(test: &TestDb) -> Office {
    let keys = [
        ("JIESU_CONSOLE__LIVE_MS", "100"),
        ("JIESU_CONSOLE__LIVE_BEAT_MS", "500"),
        ("JIESU_CONSOLE__LIVE_PER_PERSON", "2"),
    ];
    Office::open_with(test, &keys)
}

on_each_database! {
    fn a_change_is_followed_once_before_and_after_its_seal(test: &TestDb) {
        let (city, folder) = (City::of(test), Folder::new());
        // By another node than the one that writes.
        let (node, mut follower) = (test.another_node(), Follower::default());
        let mut look = || node.read(|conn| follower.look(conn)).unwrap();
        let first = city.taken();
        assert!(!look().is_any(), "what was before the first look is no change");
        let second = city.taken();
        city.dispatcher().does(&first, "dispatch", json!({ "lead": "wuye" }));
        assert_eq!(look(), Changed::Tickets([first, second].into()));
        assert!(!look().is_any());
        let third = city.taken();
        city.hotline.seal(&seal_file(folder.path()), &Bell::default()).unwrap();
        assert_eq!(look(), Changed::Tickets([third].into()), "sealed before it was seen");
        city.hotline.seal(&seal_file(folder.path()), &Bell::default()).unwrap();
        assert!(!look().is_any());
    }

    fn an_open_page_hears_of_its_ticket_and_of_none_that_its_reader_may_not_see(test: &TestDb) {
        let office = quick(test);
        let (own, others) = (office.city.sent_to("wuye"), office.city.sent_to("jiedao"));
        let mut page = Page::open(&office, "handler@wuye", &[&own, &others]);
        page.hears(&format!("\"no\":\"{own}\""));
        assert!(page.heard.to_lowercase().contains("content-type: text/event-stream"));
        let version = office.city.stored(&own).version;
        page.hears(&format!("\"no\":\"{own}\",\"version\":{version}"));
        office.city.handler("wuye").works(&own, 1, "sign", json!({}));
        office.city.handler("jiedao").works(&others, 1, "sign", json!({}));
        page.hears(&format!("\"no\":\"{own}\",\"version\":{}", version + 1));
        assert!(!page.heard.contains(&others), "{}", page.heard);
        assert!(!page.heard.contains("13900000001") && !page.heard.contains("title"));
    }

    fn the_count_of_a_queue_moves_by_itself(test: &TestDb) {
        let office = quick(test);
        let mut page = Page::open(&office, "dispatcher", &[]);
        page.hears("event: counts");
        page.hears("\"dispatch\":0");
        office.city.agent().registers(draft());
        page.hears("\"dispatch\":1");
        let no = office.city.agent().registers(draft());
        page.hears("\"dispatch\":2");
        page.forgets();
        office.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        page.hears("\"dispatch\":1");
    }

    fn two_at_one_ticket_hear_of_each_other_and_nobody_of_themselves(test: &TestDb) {
        let office = quick(test);
        let no = office.city.taken();
        let mut page = Page::open(&office, "dispatcher", &[&no]);
        page.hears(&no);
        let path = format!("/live/{no}");
        let say = |who: &str, method: &str| {
            let bearer = office.bearer(who);
            office.server.ask(method, &path, &[("Authorization", &bearer)], "").status
        };
        assert_eq!(say("handler@jiedao", "PUT"), 404, "not for their eyes");
        assert_eq!(say("dispatcher", "PUT"), 204);
        assert_eq!(say("agent", "PUT"), 204);
        page.hears("\"names\":[\"agent\"]");
        assert!(!page.heard.contains("\"names\":[\"dispatcher\""), "{}", page.heard);
        page.forgets();
        assert_eq!(say("agent", "DELETE"), 204);
        page.hears("\"names\":[]");
        // Who says nothing more is there no more.
        assert_eq!(say("agent", "PUT"), 204);
        page.hears("\"names\":[\"agent\"]");
        page.forgets();
        office.city.hours(1);
        page.hears("\"names\":[]");
        assert_eq!(office.city.hotline.db.write(jiesu::live::forget).unwrap(), 2);
    }

    fn who_works_at_a_sealed_ticket_is_nothing_for_its_unit(test: &TestDb) {
        let office = quick(test);
        let no = office.city.agent().registers(draft_with(&json!({ "kind": "complaint" })));
        office.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        let mut page = Page::open(&office, "handler@wuye", &[&no]);
        page.hears(&no);
        let bearer = office.bearer("reviewer");
        let path = format!("/live/{no}");
        let put = office.server.ask("PUT", &path, &[("Authorization", &bearer)], "");
        assert_eq!(put.status, 204);
        let mut above = Page::open(&office, "dispatcher", &[&no]);
        above.hears("event: at_work");
        page.forgets();
        page.hears(":\n\n");
        assert!(!page.heard.contains("at_work"), "{}", page.heard);
    }

    fn a_page_is_told_no_more_when_its_reader_is_logged_out_or_has_opened_too_many(test: &TestDb) {
        let office = quick(test);
        let mut first = Page::open(&office, "agent", &[]);
        first.hears("retry:");
        let mut second = Page::open(&office, "agent", &[]);
        second.hears("retry:");
        let mut third = Page::open(&office, "agent", &[]);
        third.hears("retry:");
        first.ends();
        assert!(first.heard.contains("event: over\ndata: {\"why\":\"pages\"}"), "{}", first.heard);
        third.forgets();
        third.hears(":\n\n");
        let keeper = office.city.person("secadmin").actor.clone();
        identity::end_sessions(&office.server.app.db, &keeper, "agent").unwrap();
        second.ends();
        third.ends();
        for page in [&second, &third] {
            assert!(page.heard.contains("event: over\ndata: {\"why\":\"login\"}"), "{}", page.heard);
        }
        let refused = office.server.ask("GET", "/live", &[("Authorization", &office.bearer("agent"))], "");
        assert_eq!(refused.status, 401);
        assert_eq!(office.server.ask("GET", "/live", &[], "").status, 401);
    }
}
