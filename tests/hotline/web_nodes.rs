//! Two nodes over one PostgreSQL: a request that is repeated at the other node is done once.

use std::io::Write;
use std::sync::Barrier;

use serde_json::{Value, json};

use crate::support::city::{City, draft_with};
use crate::support::databases::TestDb;
use crate::support::server::{Answer, Server};

/// Two servers with the same database and the same keys, as one site's nodes have.
struct Site {
    nodes: [Server; 2],
    city: City,
    token: String,
}

impl Site {
    fn new(test: &TestDb) -> Self {
        let url = ("JIESU_DATABASE__URL", test.url.as_str());
        let first = Server::start(&[url]);
        let folder = first.app.config.data_dir.display().to_string();
        let second = Server::start(&[url, ("JIESU_DATA_DIR", &folder)]);
        let city = City::served(&first);
        second.clock.set(city.now());
        jiesu::identity::demo::load_users(&first.app.db).unwrap();
        let token = super::web_auth::token(&first, "agent");
        Self { nodes: [first, second], city, token }
    }

    fn head(&self, key: &str) -> [(String, String); 2] {
        [
            ("Authorization".to_owned(), format!("Bearer {}", self.token)),
            ("Idempotency-Key".to_owned(), key.to_owned()),
        ]
    }

    fn post(&self, node: usize, path: &str, key: &str, body: &Value) -> Answer {
        let head = self.head(key);
        let head: Vec<(&str, &str)> = head.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        self.nodes[node].ask("POST", path, &head, &body.to_string())
    }

    /// Sends a request and goes away without reading the answer, as a caller does whose node dies.
    fn post_and_vanish(&self, node: usize, path: &str, key: &str, body: &Value) {
        let mut stream = self.nodes[node].connect();
        let mut text = format!("POST {path} HTTP/1.1\r\nHost: test\r\n");
        for (name, value) in self.head(key) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = body.to_string();
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(text.as_bytes()).unwrap();
    }

    fn tickets(&self) -> usize {
        let bearer = format!("Bearer {}", self.token);
        let head = [("Authorization", bearer.as_str())];
        let listed = self.nodes[1].ask("GET", "/api/v1/tickets?limit=500", &head, "");
        listed.json()["items"].as_array().unwrap().len()
    }
}

/// One citizen's report, unlike every other.
fn report(n: usize) -> Value {
    draft_with(&json!({ "caller": { "phone": format!("139000{n:05}") } }))
}

/// The answer in the end: while the first is still going on, the other is told to wait (409), and a
/// database that is crowded says so (503).
fn settled(ask: impl Fn() -> Answer) -> Answer {
    for _ in 0..100 {
        let answer = ask();
        let running = answer.body.contains("idempotency.running");
        if !(running || answer.status == 503) {
            return answer;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("it never ends");
}

#[test]
fn a_request_repeated_at_the_other_node_gets_the_answer_of_the_first() {
    let Some(test) = TestDb::postgres() else { return };
    let site = Site::new(&test);
    let first = site.post(0, "/api/v1/tickets", "k", &report(1));
    assert_eq!(first.status, 201, "{first:?}");
    let again = site.post(1, "/api/v1/tickets", "k", &report(1));
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    for name in ["etag", "location"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    let other = site.post(1, "/api/v1/tickets", "k", &report(2));
    assert_eq!(
        (other.status, other.json()["code"].as_str()),
        (422, Some("idempotency.other_body"))
    );
    assert_eq!(site.tickets(), 1);
}

#[test]
fn a_caller_that_got_no_answer_from_one_node_gets_it_from_the_other() {
    let Some(test) = TestDb::postgres() else { return };
    let site = Site::new(&test);
    for n in 0..20 {
        let (key, body) = (format!("lost-{n}"), report(n));
        site.post_and_vanish(0, "/api/v1/tickets", &key, &body);
        // The first may not have begun, be at it, or be done: in each case there is one ticket.
        std::thread::sleep(std::time::Duration::from_millis(3 * n as u64));
        let answer = settled(|| site.post(1, "/api/v1/tickets", &key, &body));
        assert_eq!(answer.status, 201, "{answer:?}");
        let replayed = settled(|| site.post(0, "/api/v1/tickets", &key, &body));
        assert_eq!((replayed.status, &replayed.body), (201, &answer.body));
    }
    assert_eq!(site.tickets(), 20);
}

/// Sends each of `reports` at both nodes at once: one does it, and both answer the same.
fn race(site: &Site, reports: &[Value]) {
    for (n, body) in reports.iter().enumerate() {
        let (key, both) = (format!("both-{n}"), Barrier::new(2));
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let ask = |node| {
                let (key, both) = (&key, &both);
                scope.spawn(move || {
                    both.wait();
                    settled(|| site.post(node, "/api/v1/tickets", key, body))
                })
            };
            let asked = [ask(0), ask(1)];
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!((answers[0].status, answers[1].status), (201, 201), "{answers:?}");
        assert_eq!(answers[0].body, answers[1].body);
        let replayed = answers.iter().filter(|a| a.header("idempotent-replayed").is_some());
        assert_eq!(replayed.count(), 1, "{answers:?}");
    }
    assert_eq!(site.tickets(), reports.len());
}

#[test]
fn the_same_request_at_both_nodes_at_once_is_done_once() {
    let Some(test) = TestDb::postgres() else { return };
    let site = Site::new(&test);
    let rounds = 25;
    race(&site, &(0..rounds).map(report).collect::<Vec<_>>());
    // A command moves the ticket once, though the second asking finds it moved already.
    let no = site.post(0, "/api/v1/tickets", "one", &report(rounds)).json()["no"].clone();
    let path = format!("/api/v1/tickets/{}/answer", no.as_str().unwrap());
    let text = json!({ "text": "已答复" });
    let done = [0, 1].map(|node| settled(|| site.post(node, &path, "answer", &text)));
    assert_eq!((done[0].status, &done[0].body), (200, &done[1].body), "{done:?}");
    assert_eq!(site.city.events(no.as_str().unwrap()).len(), 2);
}

#[test]
fn the_citys_ticket_sent_to_both_nodes_at_once_is_no_conflict_with_itself() {
    let Some(test) = TestDb::postgres() else { return };
    let reports: Vec<Value> = (0..25)
        .map(|n| {
            let mut report = report(n);
            report["upstream"] =
                json!({ "no": format!("12345-{n}"), "received_at": "2026-11-01T10:00:00+08:00" });
            report
        })
        .collect();
    race(&Site::new(&test), &reports);
}
