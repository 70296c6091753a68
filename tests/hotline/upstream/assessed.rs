//! The city's list of assessed tickets beside ours, for whoever objects to it: over the interface, and on its page, where
//! the browser sends the list without a script. Other people are refused, and so is a sheet that is none.

use jiesu::identity::Pass;
use jiesu::sheet::{Cell, Form, Writer};
use serde_json::json;

use super::given;
use crate::exports::{joined, rows};
use crate::hostile_sheets::workbook;
use crate::support::city::good;
use crate::support::databases::on_each_database;
use crate::support::door::echo_of;
use crate::support::form::{Reply, form, send_form};
use crate::support::office::Office;

const HERE: &str = "/upstream/assessed";
const HEAD: &str = "市平台编号,是否计入,是否联系,是否解决,是否满意,剔除原因";
/// Who objects to nothing.
const OTHERS: [&str; 9] = [
    "agent",
    "dispatcher",
    "reviewer",
    "surveyor",
    "handler@wuye",
    "unit_head@wuye",
    "sysadmin",
    "secadmin",
    "auditor",
];

/// A ticket of the platform's, answered by `wuye` to the citizen's full content.
fn closed(office: &Office, upstream_no: &str) -> String {
    let city = &office.city;
    let no = given(city, upstream_no);
    city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
    city.works(&no, "wuye", 1);
    city.handler("wuye").does(&no, "reply", json!({ "text": "电梯已修好" }));
    city.reviewer().does(&no, "review", json!({ "pass": true }));
    city.surveyor().does(&no, "survey", good());
    no
}

/// The city's list with these lines.
fn list(lines: &[&str]) -> Vec<u8> {
    [&[HEAD], lines].concat().join("\n").into_bytes()
}

/// The same as a workbook.
fn book(lines: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let aside = std::env::temp_dir();
    let mut writer = Writer::new(Form::Xlsx, &mut bytes, &aside, "考核明细", &[]).unwrap();
    for line in [HEAD].iter().chain(lines) {
        let cells: Vec<Cell> = line.split(',').map(|it| Cell::Text(it.to_owned())).collect();
        writer.row(&cells).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

/// What `who` is answered who sends the list of `window` there.
fn sends(office: &Office, who: &str, path: &str, (window, file): (&str, &[u8])) -> Reply {
    let (bearer, path) = (office.bearer(who), format!("/api/v1{path}"));
    let body = form(&[("window", window)], &[("考核明细", file)]);
    send_form(office.server.address, &path, &body, &[("Authorization", &bearer)]).unwrap()
}

/// The cookie of `who`.
fn cookie(office: &Office, who: &str) -> String {
    let user = office.city.person(who).actor.user;
    let tokens = &office.server.app.gate.tokens;
    let token = tokens.issue(Pass::Console, (user, user, 0), office.city.now(), 600).unwrap();
    format!("jiesu={token}")
}

/// The page of `cookie` there.
fn page(office: &Office, cookie: &str, path: &str) -> (u16, String) {
    let answer = office.server.ask("GET", path, &[("Cookie", cookie)], "");
    (answer.status, answer.body)
}

/// What the browser with `cookie` is answered for the form of the page.
fn posts(office: &Office, cookie: &str, path: &str, (echo, file): (&str, &[u8])) -> Reply {
    let body = form(&[("echo", echo), ("window", "2026-11")], &[("a.csv", file)]);
    send_form(office.server.address, path, &body, &[("Cookie", cookie)]).unwrap()
}

/// How often a comparison stands in the trail, and by whom.
fn noted(office: &Office) -> Vec<(String, String)> {
    let lines = office.lists("auditor", "/audit?action=upstream.assessed");
    let said = |line: &serde_json::Value, name: &str| line[name].as_str().unwrap().to_owned();
    lines.iter().map(|line| (said(line, "account"), said(line, "detail"))).collect()
}

on_each_database! {
    fn the_assessor_sees_what_the_city_says_otherwise_and_nothing_else(test: &TestDb) {
        let office = Office::open(test);
        closed(&office, "GD1");
        let (worse, missing) = (closed(&office, "GD2"), closed(&office, "GD3"));
        // What the city never had is not its to assess.
        office.city.closed("wuye");
        let lines = ["GD1,是,是,是,满意,", "GD2,是,是,否,不满意,"];
        for (who, sent) in [("assessor", list(&lines)), ("leader", book(&lines))] {
            let answer = sends(&office, who, HERE, ("2026-11", &sent));
            assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
            let found = answer.json();
            let counts = ["agreed", "differing", "missing_there", "missing_here", "left_out", "more"];
            assert_eq!(counts.map(|name| found[name].as_i64().unwrap()), [1, 1, 1, 0, 0, 0], "{found}");
            let scores = ["score_ours", "score_theirs", "cost"].map(|name| found[name].clone());
            assert_eq!(scores, [json!(100.0), json!(55.0), json!(45.0)]);
            let [first, second] = found["items"].as_array().unwrap().as_slice() else { panic!("{found}") };
            assert_eq!((&first["no"], &first["upstream_no"]), (&json!(worse), &json!("GD2")));
            assert_eq!((&first["unit"], &first["cost"]), (&json!("wuye"), &json!(30.0)));
            let what = |line: &serde_json::Value| {
                let all = line["what"].as_array().unwrap().iter();
                all.map(|it| it["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(what(first), ["solved", "satisfied"]);
            assert_eq!((&first["ours"]["solved"], &first["theirs"]["solved"]), (&json!("solved"), &json!("unsolved")));
            assert_eq!((&second["no"], &second["cost"]), (&json!(missing), &json!(0.0)));
            assert!(what(second) == ["missing"] && second.get("theirs").is_none(), "{second}");
        }
        let detail = "differences=2 agreed=1 left_out=0".to_owned();
        let by = |who: &str| (who.to_owned(), detail.clone());
        assert_eq!(noted(&office), [by("leader"), by("assessor")]);
        // Of a row that cannot be understood nothing is claimed.
        let sent = list(&["GD1,是,是,是,满意,", "GD2,是,是,大概吧,满意,", "GD9,是,是,否,不满意,"]);
        let found = sends(&office, "assessor", HERE, ("2026-11", &sent)).json();
        let counts = ["agreed", "differing", "missing_there", "missing_here", "left_out"];
        assert_eq!(counts.map(|name| found[name].as_i64().unwrap()), [1, 0, 1, 1, 1], "{found}");
        assert_eq!(found["unread"][0]["row"], 3);
        assert!(found["unread"][0]["reason"].as_str().unwrap().contains("大概吧"), "{found}");
        assert!(!found.to_string().contains(&worse), "{found}");
    }

    fn what_differs_leaves_as_a_sheet_with_its_proof_and_who_had_it(test: &TestDb) {
        let office = Office::open(test);
        let out = closed(&office, "GD1");
        closed(&office, "GD2");
        let sent = list(&["GD1,否,,,,\"=HYPERLINK(\"\"http://x\"\")\"", "GD2,是,是,大概吧,满意,"]);
        let reply = sends(&office, "assessor", "/upstream/assessed.xlsx", ("2026-11", &sent));
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let texts = workbook("assessed", &reply.body);
        let has = |part: &str| texts.iter().any(|text| text.contains(part));
        for part in [out.as_str(), "GD1", "是否计入考核", "我方证据", "联系诉求人", "'=HYPERLINK", "第3行：", "大概吧"] {
            assert!(has(part), "{part}: {texts:?}");
        }
        assert!(!has("13900000001") && !has("张三"), "{texts:?}");
        assert!(has("导出人：assessor") && has("周期=2026-11") && has("共2条"), "{texts:?}");
        let reply = sends(&office, "leader", "/upstream/assessed.csv", ("2026-11", &sent));
        let sheet = rows(&joined(&reply.body));
        assert_eq!((sheet.len(), sheet[0][0].as_str(), &sheet[1][0]), (4, "工单编号", &out));
        let left = office.lists("auditor", "/audit?action=export&subject=export:upstream-assessed.csv");
        assert_eq!((left.len(), &left[0]["account"]), (1, &json!("leader")));
    }

    fn other_people_are_refused_and_a_sheet_that_is_none_is_told_why(test: &TestDb) {
        let office = Office::open_with(test, &[("JIESU_LIMITS__ATTACHMENT_BYTES", "20000")]);
        let sent = list(&["GD1,是,是,是,满意,"]);
        let paths = [HERE, "/upstream/assessed.csv", "/upstream/assessed.xlsx"];
        for who in OTHERS {
            for path in paths {
                assert_eq!(sends(&office, who, path, ("2026-11", &sent)).status, 403, "{who} {path}");
            }
        }
        let wide = vec!["x"; 201].join(",").into_bytes();
        let long = vec![b'x'; 30_000];
        let hostile: [(&[u8], u16, &str); 6] = [
            (&wide, 422, "sheet.too_large.columns"),
            (b"PK\x03\x04no sheet", 422, "sheet.unreadable"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 422, "sheet.form"),
            (b"\xff\xff\xff", 422, "sheet.encoding"),
            ("工单编号,是否联系\n1,是\n".as_bytes(), 422, "assessed.no_column"),
            (&long, 413, "attachment.too_large"),
        ];
        for path in paths {
            for (file, status, code) in hostile {
                let reply = sends(&office, "assessor", path, ("2026-11", file));
                assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path}");
            }
            let reply = sends(&office, "assessor", path, ("October", &sent));
            assert_eq!((reply.status, reply.code().as_str()), (422, "field.format"), "{path}");
        }
        let (bearer, body) = (office.bearer("assessor"), form(&[("window", "2026-11")], &[]));
        let path = format!("/api/v1{HERE}");
        let none = send_form(office.server.address, &path, &body, &[("Authorization", &bearer)]).unwrap();
        assert_eq!((none.status, none.code().as_str()), (422, "field.required"));
        assert!(noted(&office).is_empty(), "nothing was compared");
    }

    fn the_page_takes_the_list_without_a_script_and_from_no_other_page(test: &TestDb) {
        let office = Office::open(test);
        let (out, worse) = (closed(&office, "GD1"), closed(&office, "GD2"));
        let own = cookie(&office, "assessor");
        let (status, blank) = page(&office, &own, HERE);
        assert!(status == 200 && blank.contains("value=\"2026-10\""), "the month that is over: {blank}");
        let echo = echo_of(&blank);
        assert!(blank.contains(&format!("name=\"echo\" value=\"{echo}\"")), "{blank}");
        let sent = list(&["GD1,否,,,,<script>alert(1)</script>", "GD2,是,是,否,不满意,"]);
        let answer = posts(&office, &own, HERE, (&echo, &sent));
        let found = String::from_utf8(answer.body).unwrap();
        assert!(answer.status == 200 && found.contains("value=\"2026-11\""), "{found}");
        for no in [&out, &worse] {
            assert!(found.contains(&format!("href=\"/tickets/{no}\"")), "{no}: {found}");
        }
        assert!(found.contains("<td class=\"number\">45.0</td>"), "{found}");
        assert!(found.contains("&lt;script&gt;") && !found.contains("<script>alert"), "{found}");
        let book = posts(&office, &own, "/upstream/assessed.xlsx", (&echo, &sent));
        let how = book.header("content-disposition").unwrap_or_default().to_owned();
        assert!(book.status == 200 && how.starts_with("attachment; filename=\"upstream-assessed-"), "{how}");
        assert!(workbook("page", &book.body).iter().any(|text| text.contains("导出人：assessor")));
        for path in [HERE, "/upstream/assessed.xlsx"] {
            let old = posts(&office, &own, path, (&echo, b"\xd0\xcf\x11\xe0"));
            let told = String::from_utf8(old.body).unwrap();
            assert!(old.status == 422 && told.contains("role=\"alert\"") && told.contains("旧的 .xls"), "{told}");
            let other = cookie(&office, "reviewer");
            let others = echo_of(&page(&office, &other, "/").1);
            assert_eq!(posts(&office, &own, path, ("", &sent)).status, 403, "{path}: no echo");
            assert_eq!(posts(&office, &own, path, (&others, &sent)).status, 403, "{path}: another's echo");
            assert_eq!(posts(&office, &other, path, (&others, &sent)).status, 403, "{path}: not for reviewers");
            let stranger = posts(&office, "jiesu=", path, (&echo, &sent));
            assert_eq!((stranger.status, stranger.header("location")), (303, Some("/login?to=%2Fupstream%2Fassessed")));
        }
        for who in OTHERS {
            assert_eq!(page(&office, &cookie(&office, who), HERE).0, 403, "{who}");
        }
        let leads = |who: &str, path: &str| page(&office, &cookie(&office, who), path).1.contains("href=\"/upstream/assessed");
        assert!(leads("assessor", "/figures?window=2026-11") && leads("leader", "/upstream"));
        assert!(!leads("reviewer", "/figures?window=2026-11") && !leads("reviewer", "/upstream"));
    }
}
