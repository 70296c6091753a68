//! The console as a browser meets it: the door, the cookie, the pages of each role, and nothing that a caller typed
//! becoming markup.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::door::{Browser, EVERYBODY, PASSWORD};
use crate::support::server::{Answer, Server};
use crate::web_auth::{post, server, token};

fn typed(server: &Server, name: &str, password: &str, more: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded")];
    headers.extend(more);
    server.ask(
        "POST",
        "/login",
        &headers,
        &format!("username={name}&password={password}&to=%2Fsearch%3Fq%3Da"),
    )
}

fn intake(title: &str, content: &str) -> Value {
    json!({ "kind": "complaint", "channel": "phone", "caller": { "phone": "13900000001", "name": title },
        "matter": { "title": title, "content": content } })
}

#[test]
fn a_stranger_is_led_to_the_door_and_from_there_to_the_page_they_wanted() {
    let server = server();
    let answer = server.ask("GET", "/search?q=%E7%94%B5%E6%A2%AF", &[], "");
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        Some("/login?to=%2fsearch%3fq%3d%25e7%2594%25b5%25e6%25a2%25af")
    );
    let door = server.ask("GET", "/login?to=%2Fsearch%3Fq%3Da", &[], "");
    assert!(door.body.contains("name=\"to\" value=\"&#x2f;search?q=a\""), "{}", door.body);
    let abroad = server.ask("GET", "/login?to=%2F%2Fevil.example", &[], "");
    assert!(!abroad.body.contains("evil.example"));
    let answer = typed(&server, "agent", PASSWORD, &[]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/search?q=a")));
}

#[test]
fn the_door_is_chinese_and_english_for_who_asks_for_it() {
    let server = server();
    let door = server.ask("GET", "/login", &[("Accept-Language", "en")], "").body;
    assert!(door.contains("<html lang=\"zh-CN\">") && door.contains("用户名"), "{door}");
    assert!(!door.contains("User name"), "{door}");
    let english = server.ask("GET", "/login?lang=en&to=%2Fsearch%3Fq%3Da", &[], "").body;
    for said in ["<html lang=\"en\">", "User name", "Password", ">Log in</button>", "Jiesu</title>"]
    {
        assert!(english.contains(said), "{said}: {english}");
    }
    assert!(!english.contains("用户名") && !english.contains("密码"), "{english}");
    assert!(english.contains("name=\"to\" value=\"&#x2f;search?q=a\""), "{english}");
    // Who mistypes is told on the same page; any other language is Chinese.
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let again = server.ask("POST", "/login", &headers, "username=agent&password=no&lang=en");
    assert!(again.status == 401 && again.body.contains("User name"), "{again:?}");
    let odd = server.ask("GET", "/login?lang=%22%3E%3Cb%3E", &[], "").body;
    assert!(odd.contains("用户名") && !odd.contains("<b>"), "{odd}");
}

#[test]
fn a_wrong_password_is_told_on_the_same_page_and_keeps_the_name() {
    let server = server();
    let answer = typed(&server, "agent", "not-the-one", &[]);
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("role=\"alert\"") && answer.body.contains("value=\"agent\""));
    assert!(answer.header("set-cookie").is_none());
    assert!(!answer.body.contains("not-the-one"), "what was typed is not shown again");
}

#[test]
fn nobody_is_logged_in_by_the_page_of_another_site() {
    let server = server();
    let answer = typed(&server, "agent", PASSWORD, &[("Sec-Fetch-Site", "cross-site")]);
    assert_eq!(answer.status, 403);
    assert!(answer.header("set-cookie").is_none());
}

#[test]
fn the_cookie_is_strict_and_changes_nothing_without_the_echo_of_its_own_page() {
    let server = server();
    let answer = typed(&server, "agent", PASSWORD, &[]);
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.contains("httponly") && cookie.contains("samesite=strict"), "{cookie}");
    let agent = Browser::of(&server, "agent");
    assert_eq!(agent.get("/api/v1/me").json()["name"], "agent");
    let body = intake("电梯", "电梯停运");
    let refused = agent.call("/api/v1/tickets", "", &body);
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("console.echo")));
    let others = Browser::of(&server, "agent").echo("/");
    assert_eq!(agent.call("/api/v1/tickets", &others, &body).status, 403, "another login's");
    let echo = agent.echo("/");
    assert_eq!(agent.call("/api/v1/tickets", &echo, &body).status, 201);
}

#[test]
fn a_token_of_the_header_is_no_cookie_and_a_cookie_no_token() {
    let server = server();
    let access = token(&server, "agent");
    let answer = server.ask("GET", "/", &[("Cookie", &format!("jiesu={access}"))], "");
    assert_eq!(answer.status, 303);
    let cookie = Browser::of(&server, "agent").cookie.replace("jiesu=", "");
    let answer =
        server.ask("GET", "/api/v1/me", &[("Authorization", &format!("Bearer {cookie}"))], "");
    assert_eq!(answer.status, 401);
}

#[test]
fn whoever_leaves_is_out_in_every_tab() {
    let server = server();
    let agent = Browser::of(&server, "agent");
    let echo = agent.echo("/");
    let out = agent.call("/logout", &echo, &json!({}));
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").expect("a cookie").contains("max-age=0"));
    assert_eq!(agent.get("/").status, 303);
}

#[test]
fn each_role_has_its_first_page_and_the_desk_is_for_agents() {
    let server = server();
    for name in EVERYBODY {
        let browser = Browser::of(&server, name);
        let page = browser.get("/");
        assert_eq!(page.status, 200, "{name}: {page:?}");
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let desk = browser.get("/desk").status;
        assert_eq!(desk, if name == "agent" { 200 } else { 403 }, "{name}");
        let search = browser.get("/search").status;
        let sees_none = ["sysadmin", "secadmin", "auditor"].contains(&name);
        assert_eq!(search, if sees_none { 403 } else { 200 }, "{name}");
    }
}

#[test]
fn what_a_caller_said_is_text_on_every_page_and_the_phone_is_masked() {
    let server = server();
    let agent = token(&server, "agent");
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{1234*1234}}";
    let taken = post(&server, "/api/v1/tickets", Some(&agent), &intake(hostile, hostile)).json();
    let no = taken["no"].as_str().expect("a number");
    for name in ["agent", "dispatcher", "leader"] {
        let browser = Browser::of(&server, name);
        for path in [format!("/tickets/{no}"), "/".to_owned(), "/search?q=alert".to_owned()] {
            let page = browser.get(&path);
            assert_eq!(page.status, 200, "{name} {path}: {}", page.body);
            assert!(
                !page.body.contains("<script>alert") && !page.body.contains("<img src=x"),
                "{name} {path}"
            );
            assert!(!page.body.contains("13900000001"), "{name} {path}");
            let filled = page.body.contains("1522756");
            assert!(!filled, "no template of theirs is filled in: {name} {path}");
        }
    }
}

#[test]
fn a_ticket_page_has_a_form_for_each_command_that_is_allowed_and_none_else() {
    let server = server();
    let agent = token(&server, "agent");
    let taken = post(&server, "/api/v1/tickets", Some(&agent), &intake("电梯", "电梯停运")).json();
    let no = taken["no"].as_str().expect("a number");
    for name in ["agent", "dispatcher", "leader", "reviewer"] {
        let bearer = format!("Bearer {}", token(&server, name));
        let path = format!("/api/v1/tickets/{no}");
        let allowed =
            server.ask("GET", &path, &[("Authorization", &bearer)], "").json()["allowed"].clone();
        let page = Browser::of(&server, name).get(&format!("/tickets/{no}")).body;
        assert!(page.contains("坐席·演示"), "who took it is called by their name: {page}");
        // What the citizen said of themselves is mended by a form of its own; what carries the ticket on stands first.
        let forms: BTreeSet<String> = page
            .split("data-call=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .map(|address| address.replace("&#x2f;", "/"))
            .filter_map(|address| address.strip_prefix(&format!("{path}/")).map(str::to_owned))
            .filter(|command| !matches!(command.as_str(), "reveal" | "code"))
            .collect();
        let allowed: BTreeSet<String> = serde_json::from_value(allowed).unwrap();
        assert_eq!(forms, allowed, "{name}");
    }
}

#[test]
fn a_page_that_there_is_not_and_a_ticket_of_nobody_are_told_in_words() {
    let server = server();
    let leader = Browser::of(&server, "leader");
    let page = leader.get("/tickets/2026-999999");
    assert_eq!(page.status, 404);
    assert!(
        page.body.contains("没有这一页")
            && page.header("content-type").unwrap().starts_with("text/html")
    );
    assert_eq!(leader.get("/queues/dispatch").status, 403, "another role's");
    assert_eq!(leader.get("/queues/none").status, 404);
}

#[test]
fn style_and_scripts_are_kept_for_good_under_a_name_that_changes_with_them() {
    let server = server();
    let door = server.ask("GET", "/login", &[], "").body;
    let address =
        door.split("stylesheet\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let address = address.replace("&#x2f;", "/");
    let file = server.ask("GET", &address, &[], "");
    assert_eq!(file.status, 200, "{address}");
    assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(server.ask("GET", "/assets/none.js", &[], "").status, 404);
}
