//! A citizen's whole way, from the page to the closed ticket and back.

use jiesu::ticket::StateName;
use jiesu::ticket::link::{self, Purpose};
use serde_json::{Value, json};

use super::{Door, Told, request, said};
use crate::support::city::bad;
use crate::support::databases::on_each_database;

/// The link that the letter of the survey brings.
fn link_of(door: &Door, no: &str) -> String {
    let stored = door.city.stored(no);
    let token =
        link::make(&door.server.app.keys, Purpose::Survey, stored.id, stored.ticket.round());
    format!("survey/{token}")
}

fn opened(door: &Door, link: &str) -> crate::support::server::Answer {
    door.server.ask("GET", &format!("/api/v1/public/{link}"), &[], "")
}

fn good() -> Value {
    json!({ "contacted": "yes", "solved": "solved", "satisfied": "satisfied" })
}

/// The unit works, replies, and the reviewer passes it.
fn answered(door: &Door, told: &Told) {
    let (city, no) = (&door.city, told.no.as_str());
    city.works(no, "wuye", 1);
    city.handler("wuye").does(no, "reply", json!({ "text": "电梯已修好，王先生。" }));
}

on_each_database! {
    fn a_citizen_asks_adds_urges_is_answered_and_judges_without_an_account(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        assert_eq!(door.city.ticket(&told.no).caller.phone.as_deref(), Some("139 0000 0001"));
        // The catalogue knows whose it is, but a person sends it on.
        assert_eq!(door.city.state(&told.no), StateName::Accepted);
        let seen = door.gets("lookup", &told.shown());
        assert_eq!(seen["now"], "您的诉求已经受理，正在确定承办单位。");
        assert!(seen["next"].as_str().unwrap().starts_with("将在2026年"), "{seen}");
        assert_eq!(seen["allowed"], json!(["facts", "attachments", "urge", "withdraw"]));
        assert_eq!(seen["content"], "电梯停运三天。楼上502也急。");

        let facts = told.with(&json!({ "text": "今天又困住一个人，电话13900000001" }));
        let seen = door.gets("facts", &facts);
        assert_eq!(seen["notes"][0]["own"], true);
        assert_eq!(seen["notes"][0]["text"], "今天又困住一个人，电话139****0001");
        door.city.dispatcher().does(&told.no, "dispatch", json!({ "lead": "wuye" }));
        let path = format!("tickets/{}/events", told.no);
        let events = door.staff("handler@wuye", "GET", &path, &json!({})).json();
        let note = &events["items"][1];
        assert_eq!((&note["actor"], &note["command"]), (&"citizen".into(), &"note".into()));
        assert_eq!(note["body"]["text"], "今天又困住一个人，电话139****0001");

        let urge = told.with(&json!({ "text": "请快一点" }));
        let seen = door.gets("urge", &urge);
        assert_eq!(seen["now"], "wuye单位正在办理您的诉求。");
        assert_eq!(seen["unit"]["name"], "wuye单位");
        assert_eq!(door.city.assignment(&told.no, 1).urges, 1);
        assert_eq!(said(&door.ask("urge", &urge)), "409 public.urged");

        answered(&door, &told);
        let seen = door.gets("lookup", &told.shown());
        assert_eq!((&seen["state"], &seen["reply"]), (&"replied".into(), &Value::Null));
        assert_eq!(said(&door.ask("survey", &told.with(&good()))), "409 transition");
        door.city.reviewer().does(&told.no, "review", json!({ "pass": true }));
        let seen = door.gets("lookup", &told.shown());
        assert_eq!(seen["reply"]["text"], "电梯已修好，王先生。");
        assert_eq!(seen["limits"][0]["what"], "survey");
        assert_eq!(seen["allowed"], json!(["facts", "attachments", "urge", "withdraw", "unsolved", "survey"]));

        let link = link_of(&door, &told.no);
        let asking = opened(&door, &link).json();
        assert_eq!((&asking["no"], &asking["reply"]), (&told.no.as_str().into(), &"电梯已修好，王先生。".into()));
        assert_eq!(asking["questions"].as_array().unwrap().len(), 3);
        let thanks = json!({ "no": told.no, "thanks": "您的评价已收到，感谢您的参与。" });
        assert_eq!(door.gets(&link, &good()), thanks, "a link is good for nothing else");
        assert_eq!(door.city.state(&told.no), StateName::Closed);
        assert_eq!(said(&door.ask(&link, &good())), "409 transition");
        assert_eq!(said(&opened(&door, &link)), "409 transition");
        let attempt = door.city.ticket(&told.no).attempts[0].clone();
        assert_eq!((attempt.way.as_str(), attempt.answers().is_some()), ("link", true));
    }

    fn the_link_of_one_who_wants_secrecy_asks_and_says_nothing_of_the_case(test: &TestDb) {
        let door = Door::open(test);
        let mut body = request();
        jiesu::ticket::event::apply(&mut body, &json!({ "caller": { "confidential": true } }));
        let told = door.brings(&body, "0001");
        door.city.dispatcher().does(&told.no, "dispatch", json!({ "lead": "wuye" }));
        answered(&door, &told);
        door.city.reviewer().does(&told.no, "review", json!({ "pass": true }));
        let asking = opened(&door, &link_of(&door, &told.no)).json();
        assert_eq!(asking["questions"].as_array().unwrap().len(), 3);
        assert!(asking["reply"].is_null() && asking["unit"].is_null(), "{asking}");
        assert_eq!(door.gets("lookup", &told.shown())["reply"]["text"], "电梯已修好，王先生。");
    }

    fn who_is_not_helped_says_so_and_a_person_decides(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let unsolved = told.with(&json!({ "text": "电梯又坏了，13900000001" }));
        assert_eq!(said(&door.ask("unsolved", &unsolved)), "409 transition");
        door.city.dispatcher().does(&told.no, "dispatch", json!({ "lead": "wuye" }));
        answered(&door, &told);
        door.city.reviewer().does(&told.no, "review", json!({ "pass": true }));
        let first = link_of(&door, &told.no);
        // One question of three answered: it stays in the survey, and a person asks the rest.
        assert_eq!(door.gets("unsolved", &unsolved)["state"], "surveying");
        assert_eq!(said(&door.ask("unsolved", &unsolved)), "409 survey.half_given");
        assert_eq!(door.city.ticket(&told.no).valid_surveys().1, None);
        let whole = json!({ "text": "还是坏的", "contacted": "yes", "satisfied": "dissatisfied" });
        let seen = door.gets("unsolved", &told.with(&whole));
        assert_eq!(seen["next"], "您的评价已收到，正在研究下一步如何办理。");
        door.city.reviewer().does(&told.no, "triage", json!({ "why": "poor_work", "rework": false }));
        assert_eq!(door.city.state(&told.no), StateName::Closed);

        door.gets("unsolved", &unsolved);
        assert_eq!(said(&door.ask("unsolved", &unsolved)), "409 public.asked_already");
        let inbox = door.staff("agent", "GET", "inbox", &json!({})).json();
        let word = &inbox["items"][0];
        assert_eq!((&word["why"], &word["ticket"]), (&"reopen_asked".into(), &told.no.as_str().into()));
        assert_eq!(word["text"], "电梯又坏了，139****0001");
        let id = word["id"].as_str().unwrap();
        let reveal = door.staff("agent", "POST", &format!("inbox/{id}/reveal"), &json!({ "reason": "核实" }));
        assert_eq!(reveal.json()["text"], "电梯又坏了，13900000001");
        let settle = |result: &str| {
            door.staff("agent", "POST", &format!("inbox/{id}/settle"), &json!({ "result": result }))
        };
        assert_eq!(said(&settle("forgotten")), "422 field.unknown_code");
        assert_eq!((settle("called").status, said(&settle("called"))), (204, "404 not_found".to_owned()));
        assert_eq!(door.staff("agent", "GET", "inbox", &json!({})).json()["items"], json!([]));
        assert_eq!(said(&door.staff("handler@wuye", "GET", "inbox", &json!({}))), "403 forbidden");

        door.city.agent().does(&told.no, "reopen", json!({ "reason": "市民反映未解决" }));
        assert_eq!(said(&opened(&door, &first)), "409 survey.link_over");
        door.city.days(40);
        assert_eq!(door.gets("lookup", &told.shown())["state"], "accepted");
    }

    fn a_citizen_who_takes_it_back_is_rung_first_where_a_unit_has_it(test: &TestDb) {
        let door = Door::open(test);
        let (kept, sent) = (door.brings(&request(), "0001"), door.brings(&request(), "0001"));
        let back = json!({ "text": "已经好了" });
        assert_eq!(door.gets("withdraw", &kept.with(&back))["state"], "withdrawn");
        door.city.dispatcher().does(&sent.no, "dispatch", json!({ "lead": "wuye" }));
        let seen = door.gets("withdraw", &sent.with(&back));
        assert_eq!(seen["state"], "in_units");
        assert_eq!(seen["next"], "您的撤回请求已收到，坐席会致电您登记的号码核实。");
        assert_eq!(said(&door.ask("withdraw", &sent.with(&back))), "409 withdraw.pending");
    }

    fn an_answer_by_link_counts_after_a_close_without_one_for_fifteen_days(test: &TestDb) {
        let door = Door::open(test);
        let told = [door.brings(&request(), "0001"), door.brings(&request(), "0001")];
        let links = told.each_ref().map(|told| {
            door.city.dispatcher().does(&told.no, "dispatch", json!({ "lead": "wuye" }));
            answered(&door, told);
            door.city.reviewer().does(&told.no, "review", json!({ "pass": true }));
            let refused = json!({ "outcome": "refused" });
            door.city.surveyor().does(&told.no, "survey", refused);
            link_of(&door, &told.no)
        });
        door.city.days(14);
        door.gets(&links[0], &json!({ "contacted": "no", "solved": "unsolved", "satisfied": "dissatisfied" }));
        let ticket = door.city.ticket(&told[0].no);
        assert_eq!(ticket.state.name(), StateName::Closed);
        assert!(ticket.valid_surveys().1.is_some());
        door.city.days(2);
        assert_eq!(said(&door.ask(&links[1], &good())), "409 survey.link_over");
        assert_eq!(said(&opened(&door, "survey/nothing")), "404 public.link");
    }

    fn the_same_request_sent_twice_is_one_ticket_and_one_fact(test: &TestDb) {
        let door = Door::open(test);
        let twice = |path: &str, body: &Value| {
            let headers = [("Idempotency-Key", "k-1")];
            let path = format!("/api/v1/public/{path}");
            let ask = || door.server.ask("POST", &path, &headers, &body.to_string());
            let (first, second) = (ask(), ask());
            assert_eq!((first.status, &first.body), (second.status, &second.body));
            assert_eq!(second.header("idempotent-replayed"), Some("true"));
            first.json()
        };
        let given = twice("tickets", &request());
        let word = |name: &str| given[name].as_str().unwrap().to_owned();
        let told = Told { no: word("no"), code: word("code"), tail: "0001".to_owned() };
        twice("facts", &told.with(&json!({ "text": "补充" })));
        assert_eq!(door.city.ticket(&told.no).notes.len(), 1);
    }

    fn every_wrong_field_of_a_request_is_named_and_nothing_is_kept(test: &TestDb) {
        let door = Door::open(test);
        let changed = |change: Value| {
            let mut body = request();
            jiesu::ticket::event::apply(&mut body, &change);
            let answer = door.ask("tickets", &body);
            let first = answer.json()["errors"][0].clone();
            format!("{} {} {}", answer.status, first["pointer"].as_str().unwrap(), first["code"].as_str().unwrap())
        };
        for (change, wanted) in [
            (json!({ "channel": "phone" }), "422 /channel public.channel"),
            (json!({ "kind": "joke" }), "422 /kind field.unknown_code"),
            (json!({ "dispatch": "auto" }), "422 /dispatch field.unknown"),
            (json!({ "received_at": "2026-01-01T00:00:00+08:00" }), "422 /received_at field.unknown"),
            (json!({ "matter": { "urgency": "emergency" } }), "422 /matter/urgency field.unknown"),
            (json!({ "matter": { "content": " " } }), "422 /matter/content field.empty"),
            (json!({ "matter": { "content": "长".repeat(5_001) } }), "422 /matter/content field.too_long"),
            (json!({ "matter": { "category": "no.such" } }), "422 /matter/category field.unknown_code"),
            (json!({ "caller": { "phone": null } }), "422 /caller/phone intake.nobody_to_answer"),
            (json!({ "caller": { "phone": "abc" } }), "422 /caller/phone intake.phone_form"),
            (json!({ "place": { "address": "路".repeat(201) } }), "422 /place/address field.too_long"),
        ] {
            assert_eq!(changed(change), wanted);
        }
        let lists = door.staff("agent", "GET", "tickets", &json!({})).json();
        assert_eq!(lists["items"], json!([]));
    }

    fn who_gives_no_telephone_is_lent_four_digits(test: &TestDb) {
        let door = Door::open(test);
        let mut body = request();
        jiesu::ticket::event::apply(&mut body, &json!({ "caller": { "name": null, "phone": null, "anonymous": true } }));
        let told = door.brings(&body, "none");
        assert_eq!(told.tail.len(), 4);
        assert_eq!(door.gets("lookup", &told.shown())["state"], "accepted");
        let other = Told { tail: format!("{:04}", (told.tail.parse::<u32>().unwrap() + 1) % 10_000), ..told };
        assert_eq!(said(&door.ask("lookup", &other.shown())), "404 public.no_match");
    }

    fn a_merged_one_is_told_the_answer_of_the_other_without_its_caller(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let other = json!({ "caller": { "name": "欧阳娜娜", "phone": "13900000009" } });
        let parent = door.city.agent().registers(crate::support::city::draft_with(&other));
        door.city.agent().does(&told.no, "merge", json!({ "into": parent }));
        let seen = door.gets("lookup", &told.shown());
        assert_eq!(seen["now"], "您的诉求已与相同诉求合并办理，答复时一并告知您。");
        door.city.agent().does(&parent, "answer", json!({ "text": "欧阳娜娜，已安排维修，13900000009。", "acknowledge": ["phone"] }));
        let seen = door.gets("lookup", &told.shown());
        assert_eq!(seen["reply"]["text"], "欧阳**，已安排维修，139****0009。");
        assert!(!seen.to_string().contains(&parent), "{seen}");
    }

    fn whoever_was_merged_urges_the_one_that_is_worked_on(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let parent = door.city.handled_by("wuye");
        door.city.agent().does(&told.no, "merge", json!({ "into": parent }));
        let seen = door.gets("lookup", &told.shown());
        assert_eq!(seen["allowed"], json!(["facts", "attachments", "urge"]));
        let urge = told.with(&json!({ "text": "请快一点，我是王先生，139 0000 0001" }));
        let seen = door.gets("urge", &urge);
        assert_eq!((&seen["no"], &seen["state"]), (&json!(told.no), &json!("merged")));
        assert_eq!(door.city.assignment(&parent, 1).urges, 1);
        // Whose case it is not reads nothing of who urged; the words stay with their own.
        let event = door.city.events(&parent).pop().unwrap();
        assert_eq!((event.command.as_str(), event.body), ("urge/child", json!({})));
        let own = door.city.events(&told.no).pop().unwrap();
        assert_eq!((own.command.as_str(), own.actor.as_str(), own.at), ("urge", "citizen", event.at));
        assert_eq!(door.city.ticket(&told.no).urges, [event.at]);
        assert!(door.city.ticket(&parent).urges.is_empty());
        assert_eq!(said(&door.ask("urge", &urge)), "409 public.urged");
        door.city.handler("wuye").does(&parent, "reply", json!({ "text": "已修好" }));
        door.city.reviewer().does(&parent, "review", json!({ "pass": true }));
        door.city.surveyor().does(&parent, "survey", crate::support::city::good());
        door.city.days(2);
        assert_eq!(said(&door.ask("urge", &urge)), "409 transition");
        assert_eq!(door.gets("lookup", &told.shown())["allowed"], json!(["facts", "attachments"]));
    }

    fn a_bad_answer_by_page_waits_for_triage_like_any_other(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        door.city.dispatcher().does(&told.no, "dispatch", json!({ "lead": "wuye" }));
        answered(&door, &told);
        door.city.reviewer().does(&told.no, "review", json!({ "pass": true }));
        let answers = json!({ "contacted": "yes", "solved": "unsolved", "satisfied": "basic" });
        let seen = door.gets("survey", &told.with(&answers));
        assert_eq!(seen["next"], "您的评价已收到，正在研究下一步如何办理。");
        let attempt = door.city.ticket(&told.no).attempts[0].clone();
        assert_eq!((attempt.way.as_str(), attempt.is_bad()), ("web", true));
        // A surveyor cannot say that the citizen answered by link.
        let mut forged = bad();
        forged["way"] = "link".into();
        assert_eq!(crate::support::city::refusal(door.city.surveyor().tries(&told.no, "survey", forged)), "422 survey.way");
    }
}
