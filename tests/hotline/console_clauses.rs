//! What waits for a decision, a ticket's story in words, what a reviewer is shown of a reply, the agent's desk.

use serde_json::{Value, json};

use crate::console_work::{HOSTILE, Office};
use crate::support::city::{bad, draft_with};
use crate::support::watch;

/// The commands that wait for `name`, each with its target.
fn waiting(office: &Office, name: &str) -> Vec<(String, String)> {
    let list = office.get(name, "/api/v1/decisions").json();
    let word = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let items = list["items"].as_array().expect("a list");
    items.iter().map(|it| (word(it, "command"), word(it, "target"))).collect()
}

fn one(command: &str, target: &str) -> (String, String) {
    (command.to_owned(), target.to_owned())
}

#[test]
fn a_dispute_waits_for_the_dispatcher_and_is_decided_from_the_list() {
    let office = Office::open();
    let city = &office.city;
    let no = city.sent_to("weixiu");
    let ask = json!({ "reason": "不属本科职责", "grounds": HOSTILE });
    city.handler("weixiu").works(&no, 1, "dispute", ask);
    let id = format!("{no}-1");
    assert_eq!(waiting(&office, "dispatcher"), [one("dispute/decide", &id)]);
    let page = office.shown("dispatcher", "/decisions");
    assert!(
        page.contains("异议裁定") && page.contains("不属本科职责") && page.contains(&id),
        "{page}"
    );
    let version = city.stored(&no).version;
    assert!(page.contains(&format!("data-ticket=\"{no}\" data-seen=\"{version}\"")), "{page}");
    let body = json!({ "command": "dispute/decide", "targets": [id], "dry_run": false,
        "seen": { &id: version }, "body": { "uphold": false, "reason": "属本科职责" } });
    assert_eq!(office.post("dispatcher", "/api/v1/batch", &body).json()["done"], 1);
    assert!(waiting(&office, "dispatcher").is_empty());
    assert!(office.shown("dispatcher", "/decisions").contains("没有等您裁定的申请"));
    for name in ["handler@weixiu", "unit_head@weixiu", "surveyor", "leader", "sysadmin"] {
        assert_eq!(office.page(name, "/decisions").status, 403, "{name}");
        assert_eq!(office.get(name, "/api/v1/decisions").status, 403, "{name}");
    }
}

#[test]
fn the_page_of_what_waits_goes_on_and_says_where_nothing_is_left() {
    let office = Office::open();
    let no = office.city.sent_to("weixiu");
    let why = json!({ "reason": "不属本科职责", "grounds": "应由物业科办理" });
    office.city.handler("weixiu").works(&no, 1, "dispute", why);
    let whole = office.shown("dispatcher", "/decisions");
    assert!(
        whole.contains(&no) && !whole.contains("回到最前") && !whole.contains("下一页"),
        "{whole}"
    );
    let on = office.shown("dispatcher", "/decisions?after=0.0");
    assert!(on.contains(&no) && on.contains("回到最前"), "{on}");
    let behind = office.shown("dispatcher", "/decisions?after=9000000000000000.1");
    assert!(!behind.contains(&no) && behind.contains("这一页没有等您裁定的申请"), "{behind}");
    let answer = office.get("dispatcher", "/api/v1/decisions?after=9000000000000000.1").json();
    assert_eq!((&answer["items"], &answer["next"]), (&json!([]), &Value::Null));
    assert_eq!(office.get("dispatcher", "/api/v1/decisions?after=x").status, 422);
}

#[test]
fn extensions_exclusions_and_bad_surveys_wait_for_the_reviewer_once_the_head_has_endorsed() {
    let office = Office::open();
    let city = &office.city;
    let later = city.handled_by("weixiu");
    let ask = json!({ "until": "2026-11-12", "grounds": "配件未到", "caller_told": true });
    city.handler("weixiu").works(&later, 1, "extend", ask);
    let out = city.closed("weixiu");
    let ask = json!({ "reason": "force_majeure", "evidence": "台风停工令" });
    city.handler("weixiu").does(&out, "exclude", ask);
    let poor = city.passed("weixiu");
    city.surveyor().does(&poor, "survey", bad());
    assert_eq!(waiting(&office, "reviewer"), [one("triage", &poor)]);
    for (no, request) in [(&later, "extend"), (&out, "exclude")] {
        let yes = json!({ "request": request, "approve": true });
        city.head("weixiu").works(no, 1, "endorse", yes);
    }
    let mut all = waiting(&office, "reviewer");
    all.sort();
    let id = format!("{later}-1");
    assert_eq!(all, [one("exclude/decide", &out), one("extend/decide", &id), one("triage", &poor)]);
    let page = office.shown("reviewer", "/decisions");
    assert!(page.contains("配件未到") && page.contains("11月12日"), "{page}");
    assert!(page.contains("不可抗力") && page.contains("台风停工令"), "{page}");
    assert!(page.contains("未解决") && !page.contains("13900000001"), "{page}");
    assert!(waiting(&office, "dispatcher").is_empty());
    assert!(waiting(&office, "assessor").is_empty(), "nobody has appealed");
}

#[test]
fn the_story_says_what_was_asked_and_what_was_decided() {
    let office = Office::open();
    let city = &office.city;
    let no = city.handled_by("weixiu");
    let ask = json!({ "until": "2026-11-12", "grounds": HOSTILE, "caller_told": true });
    city.handler("weixiu").works(&no, 1, "extend", ask);
    let yes = json!({ "request": "extend", "approve": true });
    city.head("weixiu").works(&no, 1, "endorse", yes);
    let page = office.shown("reviewer", &format!("/tickets/{no}"));
    assert!(page.contains("延至2026-11-12；&lt;script&gt;"), "the grounds: {page}");
    assert!(page.contains("负责人签批</strong> <span class=\"tag\">同意</span>"), "{page}");
    assert!(page.contains("dossier\""), "{page}");
    assert!(!page.contains("13900000001"));
}

#[test]
fn formulas_are_marked_for_the_reviewer_alone() {
    let office = Office::open();
    let city = &office.city;
    let no = city.handled_by("weixiu");
    let said = "我单位高度重视，将尽快处理，11月12日前更换电梯主板。";
    city.handler("weixiu").does(&no, "reply", json!({ "text": said }));
    let path = format!("/tickets/{no}");
    let page = office.shown("reviewer", &path);
    assert!(page.contains("标出的是套话") && page.contains("</mark>"), "{page}");
    assert!(!office.shown("handler@weixiu", &path).contains("</mark>"));
}

#[test]
fn what_names_the_caller_or_a_door_is_marked_for_the_reviewer_with_its_reason() {
    let office = Office::open();
    let city = &office.city;
    let no = city.handled_by("weixiu");
    let said = "张三您好，3号楼电梯已于11月2日更换主板并试运行正常。";
    let body = json!({ "text": said, "acknowledge": ["building", "person"] });
    city.handler("weixiu").does(&no, "reply", body);
    let path = format!("/tickets/{no}");
    let page = office.shown("reviewer", &path);
    let reply = page.split("id=\"reply\"").nth(1).expect("the reply").split("</section>").next();
    let reply = reply.unwrap();
    assert!(reply.contains("<mark>张*</mark> 姓名称谓"), "{reply}");
    assert!(reply.contains("<mark>3号楼</mark> 楼栋房号"), "{reply}");
    assert!(reply.contains("<mark>张*</mark>您好，<mark>3号楼</mark>电梯"), "{reply}");
    assert!(!reply.contains("套话") && !reply.contains("张三"), "{reply}");
    assert!(!office.shown("handler@weixiu", &path).contains("</mark>"));
}

#[test]
fn the_call_is_offered_to_whoever_holds_it_and_nothing_is_amended_by_itself() {
    let office = Office::open();
    let city = &office.city;
    let no = city.handled_by("weixiu");
    let path = format!("/tickets/{no}");
    let call = "name=\"purpose\" value=\"call\"";
    assert!(office.shown("handler@weixiu", &path).contains(call));
    assert!(!office.shown("leader", &path).contains(call));
    let page = office.shown("dispatcher", &path);
    let urgency = page.split("name=\"fields.urgency\"").nth(1).expect("the field");
    let urgency = urgency.split("</select>").next().unwrap();
    assert!(urgency.contains("不改") && !urgency.contains("selected"), "{urgency}");
    assert!(page.contains("fields.place.estate") && page.contains("fields.caller.phone"));
}

#[test]
fn the_desk_answers_declines_and_diverts_in_one_stroke() {
    let office = Office::open();
    let page = office.shown("agent", "/desk");
    for name in ["finish", "finish.reason", "finish.service", "into", "channel", "matter.accused"] {
        assert!(page.contains(&format!("name=\"{name}\"")), "{name}: {page}");
    }
    assert!(page.contains("data-warn") && page.contains("无新的事实") && page.contains("119"));
    assert!(page.contains("in_units=承办中;") && page.contains("closed=办结;"), "as everywhere");
}

#[test]
fn a_caller_s_number_leaves_the_address_at_once_and_is_shown_once_to_whom_it_rang() {
    let office = Office::open();
    // No log line of any server may have it.
    watch::sent(r#"{"caller":{"phone":"13900000001"}}"#);
    let ring = |who: &str| {
        let sent = office.page(who, "/desk?phone=13900000001&call_id=c%209");
        assert_eq!(sent.status, 303, "{sent:?}");
        let place = sent.header("location").expect("the way on").to_owned();
        assert!(place.starts_with("/desk?call_id=c+9&ring="), "{place}");
        assert!(!sent.raw_head.contains("13900000001") && !sent.body.contains("13900000001"));
        let mut lines = sent.raw_head.lines();
        let line = lines.find(|line| line.to_lowercase().starts_with("set-cookie: ")).unwrap();
        assert!(line.contains("HttpOnly") && line.contains("SameSite=Strict"), "{line}");
        let value = line["set-cookie: ".len()..].split(';').next().unwrap_or_default().to_owned();
        (place, value)
    };
    let open = |who: &str, place: &str, waits: &str| {
        let cookies = format!("{}; {waits}", office.cookie(who));
        office.server.ask("GET", place, &[("Cookie", &cookies)], "")
    };
    let (place, waits) = ring("agent");
    let desk = open("agent", &place, &waits);
    assert!(desk.body.contains("name=\"caller.phone\" value=\"13900000001\""), "{desk:?}");
    assert!(desk.head.contains("max-age=0"), "the browser forgets it: {}", desk.head);
    let (other, _) = ring("agent");
    let mistaken: [(&str, &str, &str); 3] =
        [("agent", place.as_str(), "x=y"), ("agent", &other, &waits), ("agent-2", &place, &waits)];
    for (who, place, waits) in mistaken {
        let desk = open(who, place, waits);
        assert_eq!(desk.status, 200, "{desk:?}");
        assert!(!desk.body.contains("13900000001"), "{who} {place}");
    }
    office.city.clock.forward(chrono::TimeDelta::seconds(60));
    assert!(!open("agent", &place, &waits).body.contains("13900000001"), "it waits for a minute");
    assert_eq!(office.page("leader", &ring("leader").0).status, 403);
    let stranger = office.server.ask("GET", "/desk?phone=13900000001", &[], "");
    assert!(stranger.status == 303 && !stranger.raw_head.contains("13900000001"), "{stranger:?}");
}

#[test]
fn a_repair_card_shows_the_door_and_no_caller_until_its_hours_or_the_work_are_over() {
    let office = Office::open();
    let city = &office.city;
    let place = json!({ "building": "3号楼", "address": "2单元502室" });
    let open = city.agent().registers(draft_with(&json!({ "kind": "help", "place": place })));
    let sealed =
        city.agent().registers(draft_with(&json!({ "kind": "complaint", "place": place })));
    for no in [&open, &sealed] {
        city.dispatcher().does(no, "dispatch", json!({ "lead": "weixiu" }));
        city.works(no, "weixiu", 1);
    }
    let made = |no: &str, who: &str| {
        office.post(who, &format!("/api/v1/tickets/{no}/card"), &json!({ "hours": 8 }))
    };
    assert_eq!(made(&open, "reviewer").status, 403);
    let path = |no: &str| {
        let answer = made(no, "handler@weixiu");
        assert_eq!(answer.status, 200, "{answer:?}");
        let url = answer.json()["url"].as_str().expect("a link").to_owned();
        url[url.find("/c/card/").expect("its page")..].to_owned()
    };
    let (first, second) = (path(&open), path(&sealed));
    let page = |path: &str| office.server.ask("GET", path, &[], "");
    let card = page(&first).body;
    assert!(card.contains("3号楼") && card.contains("502室"), "{card}");
    assert!(!card.contains("张三") && !card.contains("13900000001"));
    assert!(!page(&second).body.contains("502室"), "sealed");
    let told = office.get("reviewer", &format!("/api/v1/tickets/{open}/readers"));
    assert!(told.body.contains("ticket.card"), "{told:?}");
    city.handler("weixiu").does(&open, "reply", json!({ "text": "已修好" }));
    assert_eq!(page(&first).status, 404, "the work is over");
    let moved = city.agent().registers(draft_with(&json!({ "kind": "help", "place": place })));
    city.dispatcher().does(&moved, "dispatch", json!({ "lead": "weixiu" }));
    let third = path(&moved);
    city.dispatcher().does(&moved, "recall", json!({ "reason": "派错了" }));
    city.dispatcher().does(&moved, "dispatch", json!({ "lead": "wuye" }));
    assert_eq!(page(&third).status, 404, "it is another unit's now");
    city.hours(9);
    assert_eq!(page(&second).status, 404, "its hours are over");
    assert_eq!(page(&format!("{second}x")).status, 404);
}

#[test]
fn what_cannot_be_read_is_told_in_the_house_s_words() {
    let office = Office::open();
    let page = office.page("agent", "/calls?all=perhaps");
    assert_eq!(page.status, 400, "{page:?}");
    assert!(page.body.contains("这一步没有成功") && !page.body.contains("deserialize"), "{page:?}");
}

#[test]
fn the_field_page_lists_what_is_to_be_done_and_is_kept_by_a_worker_of_its_own() {
    let office = Office::open();
    let no = office.city.handled_by("weixiu");
    let page = office.shown("handler@weixiu", "/field");
    assert!(page.contains(&format!("/tickets/{no}")) && page.contains("data-photo=\"before\""));
    assert!(page.contains("最多保留 72 小时"), "how long it is kept there: {page}");
    assert!(page.contains("记下进展") && !page.contains("13900000001"), "{page}");
    assert_eq!(office.page("agent", "/field").status, 403);
    let worker = office.page("agent", "/field-worker.js");
    assert_eq!(worker.status, 200);
    assert!(worker.header("content-security-policy").is_some_and(|it| it.contains("connect-src")));
}
