//! Accounts, the audit trail and reference data over HTTP.

use serde_json::json;

use super::web_auth::{get, post, server, token};
use crate::support::server::{Answer, Server};

fn put(server: &Server, path: &str, token: &str, body: &serde_json::Value) -> Answer {
    let bearer = format!("Bearer {token}");
    server.ask("PUT", path, &[("Authorization", &bearer)], &body.to_string())
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn the_security_administrator_keeps_accounts_and_nobody_else_sees_them() {
    let server = server();
    let (keeper, agent) = (token(&server, "secadmin"), token(&server, "agent"));
    assert_eq!(code(&get(&server, "/api/v1/users", &agent)).0, 403);
    let new = json!({ "name": "zhang", "display_name": "张三", "roles": ["agent"] });
    let made = post(&server, "/api/v1/users", Some(&keeper), &new);
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.header("location"), Some("/api/v1/users/zhang"));
    let again = post(&server, "/api/v1/users", Some(&keeper), &new);
    assert_eq!(code(&again), (409, "account.name_taken".to_owned()));
    // The one-time password opens the door, and the room behind it only once it is changed.
    let password = made.json()["one_time_password"].as_str().unwrap().to_owned();
    let login = json!({ "username": "zhang", "password": password });
    let tokens = post(&server, "/api/v1/auth/token", None, &login).json();
    assert_eq!(tokens["due"], "change_password");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        code(&get(&server, "/api/v1/units", access)),
        (403, "login.password_due".to_owned())
    );
    let change = json!({ "old": password, "new": "seven blue kettles sing" });
    assert_eq!(post(&server, "/api/v1/me/password", Some(access), &change).status, 200);
    // Disabled is out at once.
    let login = json!({ "username": "zhang", "password": "seven blue kettles sing" });
    let tokens = post(&server, "/api/v1/auth/token", None, &login).json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(get(&server, "/api/v1/units", access).status, 200);
    let disabled = post(&server, "/api/v1/users/zhang/disable", Some(&keeper), &json!({}));
    assert_eq!(disabled.status, 200, "{disabled:?}");
    assert_eq!(get(&server, "/api/v1/units", access).status, 401);
    let unknown = post(&server, "/api/v1/users/nobody/disable", Some(&keeper), &json!({}));
    assert_eq!(unknown.status, 404);
}

#[test]
fn accounts_come_in_pages() {
    let server = server();
    let keeper = token(&server, "secadmin");
    let mut names = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/users?limit=4{after}");
        let page = get(&server, &path, &keeper).json();
        let items = page["items"].as_array().unwrap();
        names.extend(items.iter().map(|user| user["name"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(names.len(), jiesu::identity::demo::users().unwrap().len());
    assert!(names.is_sorted());
}

#[test]
fn a_machine_key_opens_what_its_scopes_name_until_it_is_ended() {
    let server = server();
    let keeper = token(&server, "secadmin");
    let machine = json!({ "name": "city12345", "roles": ["platform"], "machine": true });
    assert_eq!(post(&server, "/api/v1/users", Some(&keeper), &machine).status, 201);
    let path = "/api/v1/users/city12345/keys";
    let wrong = json!({ "label": "x", "scopes": ["everything"] });
    let refused = post(&server, path, Some(&keeper), &wrong);
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["pointer"]),
        (422, &"/scopes/0".into())
    );
    let body = json!({ "label": "production", "scopes": ["reference"] });
    let made = post(&server, path, Some(&keeper), &body).json();
    let key = made["key"].as_str().unwrap();
    assert_eq!(get(&server, "/api/v1/units", key).status, 200);
    assert_eq!(code(&get(&server, "/api/v1/tickets", key)), (403, "login.scope".to_owned()));
    assert_eq!(code(&get(&server, "/api/v1/users", key)), (403, "login.scope".to_owned()));
    let id = get(&server, path, &keeper).json()["items"][0]["id"].as_str().unwrap().to_owned();
    let ended = post(&server, &format!("{path}/{id}/end"), Some(&keeper), &json!({}));
    assert_eq!(ended.status, 204, "{ended:?}");
    assert_eq!(get(&server, "/api/v1/units", key).status, 401);
}

#[test]
fn the_auditor_alone_reads_the_trail() {
    let server = server();
    let (auditor, keeper) = (token(&server, "auditor"), token(&server, "secadmin"));
    assert_eq!(get(&server, "/api/v1/audit", &keeper).status, 403);
    let first = get(&server, "/api/v1/audit?action=login&limit=1", &auditor).json();
    assert_eq!(first["items"][0]["account"], "secadmin");
    let next = first["next"].as_str().unwrap();
    let path = format!("/api/v1/audit?action=login&limit=1&after={next}");
    assert_eq!(get(&server, &path, &auditor).json()["items"][0]["account"], "auditor");
    let wrong = get(&server, "/api/v1/audit?from=yesterday", &auditor);
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["pointer"]), (422, &"/from".into()));
}

#[test]
fn the_sysadmin_describes_units_with_a_day_and_staff_read_them() {
    let server = server();
    let (admin, agent) = (token(&server, "sysadmin"), token(&server, "agent"));
    let unit = json!({ "code": "ju", "name": "住建局", "kind": "bureau", "from_on": "2020-01-01" });
    assert_eq!(post(&server, "/api/v1/units", Some(&agent), &unit).status, 403);
    let key = [("Authorization", &*format!("Bearer {admin}")), ("Idempotency-Key", "k1")];
    let made = server.ask("POST", "/api/v1/units", &key, &unit.to_string());
    assert_eq!((made.status, made.header("location")), (201, Some("/api/v1/units/ju")));
    let again = server.ask("POST", "/api/v1/units", &key, &unit.to_string());
    assert_eq!((again.status, &again.body), (201, &made.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(code(&post(&server, "/api/v1/units", Some(&admin), &unit)).1, "directory.exists");
    let mut below = json!({ "code": "ke", "name": "物业科", "kind": "section", "parent": "nowhere", "from_on": "2020-01-01" });
    let wrong = post(&server, "/api/v1/units", Some(&admin), &below).json();
    assert_eq!(wrong["errors"][0]["pointer"], "/parent");
    below["parent"] = "ju".into();
    below["colour"] = "red".into();
    let wrong = post(&server, "/api/v1/units", Some(&admin), &below).json();
    assert_eq!(wrong["errors"][0]["code"], "field.unknown");
    let listed = get(&server, "/api/v1/units", &agent).json();
    assert_eq!(listed["items"][0]["name"], "住建局");
    assert_eq!(get(&server, "/api/v1/units?on=2019-12-31", &agent).json()["items"], json!([]));
    // 404 before 403, 403 before 422.
    assert_eq!(put(&server, "/api/v1/units/none", &agent, &json!({})).status, 404);
    assert_eq!(put(&server, "/api/v1/units/ju", &agent, &json!({})).status, 403);
    assert_eq!(put(&server, "/api/v1/units/ju", &admin, &json!({})).status, 422);
    let renamed =
        json!({ "code": "ju", "name": "市住建局", "kind": "bureau", "from_on": "2020-01-01" });
    assert_eq!(put(&server, "/api/v1/units/ju", &admin, &renamed).status, 200);
    assert_eq!(get(&server, "/api/v1/units/ju", &agent).json()["name"], "市住建局");
}

#[test]
fn a_year_of_days_is_loaded_and_a_local_decision_wins() {
    let server = server();
    let (admin, agent) = (token(&server, "sysadmin"), token(&server, "agent"));
    assert_eq!(get(&server, "/api/v1/calendar/2026", &agent).status, 404);
    let list = json!({ "year": 2026, "days": [
        { "name": "国庆节", "date": "2026-10-01", "isOffDay": true },
        { "name": "国庆节", "date": "2026-09-20", "isOffDay": false },
    ] });
    let loaded = put(&server, "/api/v1/calendar/2026", &admin, &list);
    assert_eq!(loaded.status, 204, "{loaded:?}");
    let decision = json!({ "day": "work", "reason": "防汛" });
    assert_eq!(put(&server, "/api/v1/calendar/2026/2026-10-01", &admin, &decision).status, 204);
    let days = get(&server, "/api/v1/calendar/2026", &agent).json()["items"].clone();
    assert_eq!((&days[0]["code"], &days[0]["day"]), (&"2026-09-20".into(), &"work".into()));
    assert_eq!((&days[1]["name"], &days[1]["local"]), (&"防汛".into(), &true.into()));
}

#[test]
fn a_profile_is_added_by_version_and_put_into_force() {
    let server = server();
    let admin = token(&server, "sysadmin");
    let toml = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/config/profiles/default.toml"
    ))
    .unwrap();
    let profile = json!({ "name": "default", "version": 1, "toml": toml, "from_on": "2026-01-01" });
    let made = post(&server, "/api/v1/profiles", Some(&admin), &profile);
    assert_eq!(made.status, 201, "{made:?}");
    let force =
        |name: &str| put(&server, "/api/v1/profiles/in-force", &admin, &json!({ "name": name }));
    assert_eq!(force("none").json()["errors"][0]["pointer"], "/name");
    assert_eq!(force("default").status, 200);
    let items = get(&server, "/api/v1/profiles", &admin).json()["items"].clone();
    assert_eq!((&items[0]["code"], &items[0]["in_force"]), (&"default@1".into(), &true.into()));
}

#[test]
fn a_year_without_a_list_gets_one_once_and_a_corrected_one_by_put() {
    let server = server();
    let (admin, agent) = (token(&server, "sysadmin"), token(&server, "agent"));
    let day = |date: &str| json!({ "name": "元旦", "date": date, "isOffDay": true });
    let list = |year: i32, days: &[&str]| {
        let days: Vec<_> = days.iter().map(|date| day(date)).collect();
        json!({ "year": year, "days": days })
    };
    let good = list(2027, &["2027-01-01"]);
    let path = "/api/v1/calendar";
    assert_eq!(post(&server, path, Some(&agent), &json!({})).status, 403);
    for (wrong, pointer, code) in [
        (list(2027, &[]), "/days", "directory.calendar_empty"),
        (list(2027, &["2027-01-01", "2027-01-01"]), "/days", "directory.calendar_twice"),
        (list(2027, &["2031-01-01"]), "/days", "directory.calendar_far"),
        (json!({ "days": [] }), "/year", "field.required"),
    ] {
        for answer in [
            post(&server, path, Some(&admin), &wrong),
            put(&server, "/api/v1/calendar/2027", &admin, &wrong),
        ] {
            let first = answer.json()["errors"][0].clone();
            assert_eq!(
                (answer.status, &first["pointer"], &first["code"]),
                (422, &pointer.into(), &code.into()),
                "{answer:?}"
            );
        }
    }
    let key = [("Authorization", &*format!("Bearer {admin}")), ("Idempotency-Key", "year")];
    let made = server.ask("POST", path, &key, &good.to_string());
    assert_eq!((made.status, made.header("location")), (201, Some("/api/v1/calendar/2027")));
    let again = server.ask("POST", path, &key, &good.to_string());
    assert_eq!((again.status, &again.body), (201, &made.body));
    let twice = post(&server, path, Some(&admin), &list(2027, &["2027-01-02"]));
    assert_eq!(code(&twice), (409, "directory.exists".to_owned()));
    let days = || get(&server, "/api/v1/calendar/2027", &agent).json()["items"].clone();
    assert_eq!((&days()[0]["code"], &days()[0]["day"]), (&"2027-01-01".into(), &"off".into()));
    let corrected = list(2027, &["2027-01-01", "2027-01-02"]);
    assert_eq!(put(&server, "/api/v1/calendar/2027", &admin, &corrected).status, 204);
    assert_eq!(days().as_array().unwrap().len(), 2);
}

/// A version of the built-in profile `default` with a longer dispute window.
fn version(number: i32, from_on: &str) -> serde_json::Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles/default.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let toml = text.replacen("version = 1", &format!("version = {number}"), 1);
    json!({ "name": "default", "version": number, "toml": toml, "from_on": from_on })
}

#[test]
fn a_profile_is_described_anew_by_a_version_that_leaves_the_days_before_alone() {
    let server = server();
    let (admin, agent) = (token(&server, "sysadmin"), token(&server, "agent"));
    let path = "/api/v1/profiles/default";
    let change = |path: &str, body: &serde_json::Value| put(&server, path, &admin, body);
    // 404 before 403 before 422.
    assert_eq!(put(&server, "/api/v1/profiles/nanjing", &agent, &json!({})).status, 404);
    assert_eq!(put(&server, "/api/v1/profiles/default@7", &agent, &json!({})).status, 404);
    assert_eq!(put(&server, path, &agent, &json!({})).status, 403);
    let wrong = |body: serde_json::Value| {
        let answer = change(path, &body);
        assert_eq!(answer.status, 422, "{answer:?}");
        let first = answer.json()["errors"][0].clone();
        format!("{} {}", first["pointer"].as_str().unwrap(), first["code"].as_str().unwrap())
    };
    let with = |name: &str, value: serde_json::Value| {
        let mut body = version(2, "2026-10-05");
        body[name] = value;
        body
    };
    assert_eq!(wrong(with("name", "beijing".into())), "/name field.format");
    assert_eq!(wrong(with("version", 3.into())), "/toml directory.profile_name");
    assert_eq!(wrong(with("toml", "name = \"default\"".into())), "/toml limits.profile");
    assert_eq!(wrong(with("toml", "= =".into())), "/toml limits.profile");
    // It is the 1st of October: what yesterday's tickets were promised stays.
    assert_eq!(wrong(version(2, "2026-09-30")), "/from_on directory.profile_past");
    let other_first = change(path, &{
        let mut body = version(1, "2026-10-05");
        body["toml"] = format!("# ours\n{}", body["toml"].as_str().unwrap()).into();
        body
    });
    assert_eq!(other_first.json()["errors"][0]["code"], "directory.profile_version");
    let second = version(2, "2026-10-05");
    assert_eq!(change(path, &second).status, 200);
    assert_eq!(change("/api/v1/profiles/default@2", &second).status, 200, "said twice");
    let mut otherwise = second.clone();
    otherwise["from_on"] = "2026-10-06".into();
    assert_eq!(code(&change(path, &otherwise)), (409, "directory.profile_fixed".to_owned()));
    let made = post(&server, "/api/v1/profiles", Some(&admin), &version(3, "2026-10-09"));
    assert_eq!(made.header("location"), Some("/api/v1/profiles/default@3"));
    for number in [2, 3] {
        let body = version(number, "2026-10-01");
        let again = post(&server, "/api/v1/profiles", Some(&admin), &body);
        assert_eq!(code(&again), (409, "directory.exists".to_owned()));
    }
    let rates = |window: &str| {
        let leader = token(&server, "leader");
        let answer = get(&server, &format!("/api/v1/rates?window={window}"), &leader);
        answer.json()["profile"].as_str().unwrap().to_owned()
    };
    assert_eq!(rates("2026-10"), "default@1");
    server.clock.forward(chrono::TimeDelta::days(4));
    // October began under the first one and ends under it; each later month has that of its first day.
    let made_under = ["2026-09", "2026-10", "2026-11"].map(rates);
    assert_eq!(made_under, ["default@1", "default@1", "default@3"]);
    let admin = token(&server, "sysadmin");
    let one = get(&server, "/api/v1/profiles/default@2", &admin).json();
    assert_eq!((&one["in_force"], &one["version"]), (&true.into(), &2.into()));
    assert_eq!(get(&server, "/api/v1/profiles/default@9", &admin).status, 404);
    let listed = get(&server, "/api/v1/profiles", &admin).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
}
