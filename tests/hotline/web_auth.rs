//! Coming in, staying and leaving, over HTTP.

use crate::support::server::{Answer, Server};

const PASSWORD: &str = "demo-jiesu-2026";

pub fn server() -> Server {
    let server = Server::start(&[]);
    jiesu::identity::demo::load_users(&server.app.db).unwrap();
    server
}

pub fn post(server: &Server, path: &str, token: Option<&str>, body: &serde_json::Value) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
    let headers: Vec<(&str, &str)> =
        token.iter().map(|_| ("Authorization", bearer.as_str())).collect();
    server.ask("POST", path, &headers, &body.to_string())
}

pub fn get(server: &Server, path: &str, token: &str) -> Answer {
    server.ask("GET", path, &[("Authorization", &format!("Bearer {token}"))], "")
}

fn log_in(server: &Server, name: &str) -> serde_json::Value {
    let body = serde_json::json!({ "username": name, "password": PASSWORD });
    let answer = post(server, "/api/v1/auth/token", None, &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// An access token of the demo user `name`.
pub fn token(server: &Server, name: &str) -> String {
    text(&log_in(server, name), "access_token")
}

fn text(value: &serde_json::Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

#[test]
fn a_token_says_who_one_is_until_one_logs_out() {
    let server = server();
    let tokens = log_in(&server, "handler");
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&"Bearer".into(), &900.into()));
    let access = text(&tokens, "access_token");
    let me = get(&server, "/api/v1/me", &access).json();
    assert_eq!((&me["name"], &me["unit"]), (&"handler".into(), &"wuye".into()));
    assert_eq!(me["roles"], serde_json::json!(["handler"]));
    let out = post(&server, "/api/v1/auth/logout", Some(&access), &serde_json::json!({}));
    assert_eq!(out.status, 204, "{out:?}");
    let gone = get(&server, "/api/v1/me", &access);
    assert_eq!((gone.status, gone.json()["code"].as_str()), (401, Some("unauthenticated")));
    assert!(gone.header("www-authenticate").is_some());
}

#[test]
fn the_reuse_of_a_refresh_token_ends_the_session() {
    let server = server();
    let first = text(&log_in(&server, "agent"), "refresh_token");
    let refresh = |token: &str| {
        let body = serde_json::json!({ "refresh_token": token });
        post(&server, "/api/v1/auth/refresh", None, &body)
    };
    let second = refresh(&first);
    assert_eq!(second.status, 200, "{second:?}");
    assert_eq!(refresh(&first).status, 401);
    assert_eq!(refresh(&text(&second.json(), "refresh_token")).status, 401);
    let access = text(&second.json(), "access_token");
    assert_eq!(get(&server, "/api/v1/me", &access).status, 401);
}

#[test]
fn demo_users_do_not_come_in_through_a_proxy() {
    let server = server();
    let body = serde_json::json!({ "username": "agent", "password": PASSWORD }).to_string();
    let headers = [("X-Forwarded-For", "192.0.2.1")];
    let answer = server.ask("POST", "/api/v1/auth/token", &headers, &body);
    assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("login.failed")));
}

#[test]
fn too_many_tries_are_told_when_to_come_back() {
    let server = Server::start(&[("JIESU_AUTH__TRIES_PER_MINUTE", "2")]);
    let body = serde_json::json!({ "username": "nobody", "password": "wrong" });
    let answers: Vec<Answer> =
        (0..3).map(|_| post(&server, "/api/v1/auth/token", None, &body)).collect();
    assert_eq!(answers.iter().map(|a| a.status).collect::<Vec<_>>(), [401, 401, 429]);
    assert!(answers[2].header("retry-after").is_some());
}

#[test]
fn an_access_token_is_good_for_a_quarter_of_an_hour() {
    let server = server();
    let access = token(&server, "agent");
    server.clock.forward(chrono::TimeDelta::minutes(14));
    assert_eq!(get(&server, "/api/v1/me", &access).status, 200);
    server.clock.forward(chrono::TimeDelta::minutes(3));
    assert_eq!(get(&server, "/api/v1/me", &access).status, 401);
}
