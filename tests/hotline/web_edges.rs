//! The edges of the web: slow, large and wrong requests, seen at the socket.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::server::{Answer, Server};

const FIVE_SECONDS: Duration = Duration::from_secs(5);

/// Sends `head`, then one `drop` again and again until the answer has come and the socket closed.
fn drip(server: &Server, head: &str, drop: &'static [u8]) -> Answer {
    let mut stream = server.connect();
    stream.write_all(head.as_bytes()).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let dripping = dripping(stream.try_clone().unwrap(), drop, done.clone());
    let answer = Answer::read(&mut stream);
    done.store(true, Ordering::SeqCst);
    dripping.join().unwrap();
    answer
}

fn dripping(
    mut stream: TcpStream,
    drop: &'static [u8],
    done: Arc<AtomicBool>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        while !done.load(Ordering::SeqCst) && stream.write_all(drop).is_ok() {
            std::thread::park_timeout(Duration::from_millis(200));
        }
    })
}

fn post(path: &str, length: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
    )
}

#[test]
fn a_slow_body_of_known_length_is_answered_408_and_its_socket_closed_within_five_seconds() {
    let server = Server::start(&[]);
    let answer = drip(&server, &post("/api/v1/auth/token", "Content-Length: 1000"), b" ");
    assert_eq!(answer.status, 408, "{answer:?}");
    assert_eq!(answer.json()["code"], "web.slow");
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(answer.closed_after < FIVE_SECONDS, "{:?}", answer.closed_after);
}

#[test]
fn a_slow_chunked_body_is_answered_408_and_its_socket_closed_within_five_seconds() {
    let server = Server::start(&[]);
    let head = post("/api/v1/auth/token", "Transfer-Encoding: chunked");
    let answer = drip(&server, &head, b"1\r\n \r\n");
    assert_eq!(answer.status, 408, "{answer:?}");
    assert!(answer.closed_after < FIVE_SECONDS, "{:?}", answer.closed_after);
}

#[test]
fn a_body_that_nobody_reads_does_not_keep_its_socket_open() {
    let server = Server::start(&[]);
    for (length, drop) in [
        ("Content-Length: 1000", b" ".as_slice()),
        ("Transfer-Encoding: chunked", b"1\r\n \r\n".as_slice()),
    ] {
        let answer = drip(&server, &post("/api/v1/nothing", length), drop);
        assert_eq!(answer.status, 404, "{answer:?}");
        assert!(answer.closed_after < FIVE_SECONDS, "{length} {:?}", answer.closed_after);
    }
}

#[test]
fn a_head_that_does_not_end_is_cut_off() {
    let server = Server::start(&[("JIESU_LIMITS__HEAD_SECONDS", "1")]);
    let answer = drip(&server, "GET /api/v1/health/live HTTP/1.1\r\n", b"X-A: b\r\n");
    assert_eq!(answer.status, 408, "{answer:?}");
    assert!(answer.closed_after < FIVE_SECONDS, "{:?}", answer.closed_after);
}

#[test]
fn a_body_over_the_limit_is_answered_413_whether_announced_or_not() {
    let server = Server::start(&[("JIESU_LIMITS__BODY_BYTES", "100")]);
    let answer = server.ask("POST", "/api/v1/auth/token", &[], &" ".repeat(101));
    assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("web.too_large")));
    let head = post("/api/v1/auth/token", "Transfer-Encoding: chunked");
    let answer = drip(&server, &head, b"60\r\n                                                                                                \r\n");
    assert_eq!(answer.status, 413, "{answer:?}");
}

#[test]
fn a_body_that_is_no_json_is_400_and_a_wrong_field_422_with_its_pointer() {
    let server = Server::start(&[]);
    let answer = server.ask("POST", "/api/v1/auth/token", &[], "username=agent");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("malformed")));
    let answer = server.ask("POST", "/api/v1/auth/token", &[], r#"{"username":"a","password":5}"#);
    let problem = answer.json();
    assert_eq!(answer.status, 422);
    assert_eq!(answer.header("content-type"), Some("application/problem+json; charset=utf-8"));
    assert_eq!(problem["errors"][0]["pointer"], "/password");
    assert_eq!(problem["errors"][0]["code"], "field.type");
    assert_eq!(problem["errors"][0]["detail"], "此项的类型不对。");
}

#[test]
fn every_answer_names_its_request_and_forbids_what_browsers_might_do() {
    let server = Server::start(&[]);
    let answer = server.ask("GET", "/api/v1/nothing", &[], "");
    let id = answer.header("x-request-id").unwrap();
    assert_eq!(answer.json()["instance"], format!("urn:uuid:{id}"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn health_says_what_is_missing() {
    let server = Server::start(&[]);
    let ready = server.ask("GET", "/api/v1/health/ready", &[], "");
    assert_eq!(ready.status, 200, "{ready:?}");
    server.app.db.unmigrate().unwrap();
    let ready = server.ask("GET", "/api/v1/health/ready", &[], "");
    assert_eq!(ready.status, 503);
    let checks = ready.json()["checks"].clone();
    let bad: Vec<_> = checks.as_array().unwrap().iter().filter(|c| c["status"] == "bad").collect();
    assert_eq!(bad.len(), 1, "{checks}");
    assert_eq!(bad[0]["name"], "migrations");
}

#[test]
fn figures_about_the_program_are_for_this_machine_and_name_routes_only_by_template() {
    let server = Server::start(&[]);
    server.ask("GET", "/api/v1/tickets-13900000001", &[], "");
    let metrics = server.ask("GET", "/api/v1/metrics", &[], "");
    assert_eq!(metrics.status, 200);
    assert!(metrics.body.contains("jiesu_http_requests_total"));
    assert!(!metrics.body.contains("13900000001"));
    let through_a_proxy = [("X-Forwarded-For", "192.0.2.1")];
    assert_eq!(server.ask("GET", "/api/v1/metrics", &through_a_proxy, "").status, 404);
}

#[test]
fn the_documentation_is_served_from_here_alone() {
    let server = Server::start(&[]);
    let page = server.ask("GET", "/api/v1/docs/", &[], "");
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("https://"), "{}", page.body);
    let document = server.ask("GET", "/api/v1/openapi.json", &[], "").json();
    assert!(document["paths"]["/api/v1/health/ready"]["get"].is_object());
}
