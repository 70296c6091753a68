//! A unit hears of what is asked of it from above: supervisions 督办 and cases of the bottom line 触碰底线.

use jiesu::jobs::Bell;
use jiesu::notify::Occasion;
use jiesu::notify::store::LetterState;
use serde_json::{Value, json};

use crate::support::city::{at, draft_with};
use crate::support::databases::on_each_database;
use crate::support::mailroom::{Mailroom, address};

/// The mails about `occasion`: to whom, and subject and text.
fn mails(room: &Mailroom, occasion: Occasion) -> Vec<(String, String)> {
    let filed = room.filed("mail");
    let sent = room.in_state(LetterState::Sent).into_iter();
    let mut found: Vec<(String, String)> = sent
        .filter(|letter| letter.occasion == occasion)
        .map(|letter| {
            let end = format!(".{}.", letter.id);
            let mail = filed.iter().find(|file| file.name.contains(&end)).unwrap();
            let (subject, plain, _) = mail.words();
            (mail.to(), format!("{subject}\n{plain}"))
        })
        .collect();
    found.sort();
    found
}

fn to(mails: &[(String, String)]) -> Vec<String> {
    mails.iter().map(|(to, _)| to.clone()).collect()
}

fn supervise(step: &str, units: &Value) -> Value {
    json!({ "step": step, "text": "张三家的电梯，请尽快办结", "units": units })
}

on_each_database! {
    fn every_unit_of_a_joint_supervision_gets_its_own_letter_and_a_word_before_its_answer_is_due(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        let no = city.taken();
        let parts = json!({ "lead": "wuye", "assists": ["weixiu"], "copies": ["baozhang"] });
        city.dispatcher().does(&no, "dispatch", parts);
        room.minutes(1);
        city.reviewer().does(&no, "supervise", supervise("supervise", &json!(["weixiu", "wuye"])));
        assert!(mails(&room, Occasion::Supervised).is_empty(), "a slip can be undone");
        room.minutes(1);
        let told = mails(&room, Occasion::Supervised);
        let people = ["handler@weixiu", "handler@wuye", "unit_head@weixiu", "unit_head@wuye"];
        assert_eq!(to(&told), people.map(address));
        for (to, text) in &told {
            let (own, other) = if to.contains("wuye") { ("wuye单位", "weixiu单位") } else { ("weixiu单位", "wuye单位") };
            assert!(text.contains(own) && !text.contains(other), "{text}");
            assert!(text.contains(&no) && text.contains("督办") && text.contains("2026年11月4日24时"), "{text}");
            assert!(!text.contains("张三") && !text.contains("尽快办结"), "{text}");
        }
        let says = json!({ "text": "协办已到场" });
        city.head("weixiu").tries_side(&no, 1, "supervise/answer", says).unwrap();
        city.clock.set(at("2026-11-03T23:59:00+08:00"));
        room.work();
        assert!(mails(&room, Occasion::AnswerDue).is_empty());
        // Yellow from midnight on; nobody is woken for it.
        city.clock.set(at("2026-11-04T07:01:00+08:00"));
        room.work();
        let due = mails(&room, Occasion::AnswerDue);
        assert_eq!(to(&due), ["handler@wuye", "unit_head@wuye"].map(address));
        assert!(due.iter().all(|(_, text)| text.contains("尚未收到反馈") && text.contains("wuye单位")), "{due:?}");
        room.minutes(600);
        assert_eq!(mails(&room, Occasion::Supervised).len() + mails(&room, Occasion::AnswerDue).len(), 6);
    }

    fn each_rung_is_told_and_neither_one_that_is_closed_in_the_minute_nor_to_who_lost_the_ticket(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        let no = city.handled_by("wuye");
        for step in ["urge", "interview"] {
            city.reviewer().does(&no, "supervise", supervise(step, &json!([])));
            room.minutes(1);
        }
        let of = |step: &str| {
            let told = mails(&room, Occasion::Supervised).into_iter();
            told.filter(|(_, text)| text.contains(&format!("【{step}】"))).map(|it| it.1).collect::<Vec<_>>()
        };
        let (urged, interviewed) = (of("催办"), of("约谈"));
        assert_eq!([urged.len(), interviewed.len()], [2, 2]);
        assert!(urged.iter().all(|text| !text.contains("反馈期限") && text.contains("请抓紧办理")), "{urged:?}");
        assert!(interviewed.iter().all(|text| text.contains("反馈期限：2026年11月4日24时")), "{interviewed:?}");
        city.reviewer().does(&no, "supervise", supervise("circular", &json!([])));
        city.reviewer().tries_side(&no, 3, "supervise/close", json!({ "result": "误发" })).unwrap();
        room.minutes(1);
        city.reviewer().does(&no, "supervise", supervise("circular", &json!([])));
        city.dispatcher().does(&no, "recall", json!({ "reason": "改派" }));
        room.minutes(600);
        assert_eq!(mails(&room, Occasion::Supervised).len(), 4);
        // Its answer is owed no more either: the ticket went elsewhere.
        city.clock.set(at("2026-11-04T07:01:00+08:00"));
        room.work();
        assert!(mails(&room, Occasion::AnswerDue).is_empty());
    }

    fn a_promise_that_was_missed_is_told_as_the_supervision_that_it_opens(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        let no = city.handled_by("wuye");
        let plan = json!({ "grounds": "缺配件", "plan": "订货", "promised_at": "2026-11-10" });
        city.head("wuye").does(&no, "ledger", plan);
        city.reviewer().does(&no, "ledger/decide", json!({ "approve": true }));
        city.clock.set(at("2026-11-11T00:00:00+08:00"));
        city.hotline.sweep(&Bell::default()).unwrap();
        city.clock.set(at("2026-11-11T07:01:00+08:00"));
        room.work();
        let told = mails(&room, Occasion::Supervised);
        assert_eq!(to(&told), ["handler@wuye", "unit_head@wuye"].map(address));
    }

    fn a_company_is_told_of_a_sealed_case_no_more_than_its_handling_copy_says(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        let draft = draft_with(&json!({ "kind": "complaint", "matter": { "title": "张三投诉电梯停运" } }));
        let no = city.agent().registers(draft);
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "jiedao", "assists": ["hongda"] }));
        city.reviewer().does(&no, "supervise", supervise("supervise", &json!(["hongda"])));
        room.minutes(2);
        let told = mails(&room, Occasion::Supervised);
        assert_eq!(to(&told), ["handler@hongda", "unit_head@hongda"].map(address));
        for (_, text) in told {
            assert!(text.contains(&no) && !text.contains("诉求标题") && !text.contains("张三"), "{text}");
        }
    }

    fn the_head_is_told_of_a_case_of_the_bottom_line_and_not_about_which_ticket(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        let no = city.handled_by("wuye");
        let flag = |flag: &str| json!({ "flag": flag, "unit": "wuye", "text": "张三说打不通" });
        city.agent().does(&no, "flag", flag("phone_dead"));
        room.minutes(1);
        let told = mails(&room, Occasion::BottomLine);
        let [(to, text)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(*to, address("unit_head@wuye"));
        assert!(text.contains("wuye单位") && text.contains("电话不通") && text.contains("2026年11月4日24时"), "{text}");
        assert!(!text.contains(&no) && !text.contains("张三"), "{text}");
        // What was answered within the minute is asked of nobody any more.
        city.agent().does(&no, "flag", flag("bad_attitude"));
        let bearer = format!("Bearer {}", room.tokens["unit_head@wuye"]);
        let ask = |method: &str, path: &str, body: &str| {
            let path = format!("/api/v1/bottom-line/cases{path}");
            let answer = room.server.ask(method, &path, &[("Authorization", bearer.as_str())], body);
            assert!((200..300).contains(&answer.status), "{path}: {}", answer.body);
            answer.json()
        };
        let listed = ask("GET", "?flag=bad_attitude", "");
        let id = listed["items"][0]["id"].as_str().unwrap();
        ask("POST", &format!("/{id}/answer"), &json!({ "text": "已沟通" }).to_string());
        room.minutes(2);
        assert_eq!(mails(&room, Occasion::BottomLine).len(), 1);
        // Of the other one the head is told once more before the answer is due, in no quiet hour.
        city.clock.set(at("2026-11-03T23:59:00+08:00"));
        room.work();
        assert!(mails(&room, Occasion::BottomLineDue).is_empty());
        city.clock.set(at("2026-11-04T07:01:00+08:00"));
        room.work();
        let due = mails(&room, Occasion::BottomLineDue);
        let [(to, text)] = due.as_slice() else { panic!("{due:?}") };
        assert_eq!(*to, address("unit_head@wuye"));
        assert!(text.contains("尚未收到说明") && text.contains("电话不通") && text.contains("2026年11月4日24时"), "{text}");
        assert!(!text.contains(&no) && !text.contains("张三"), "{text}");
        room.minutes(600);
        let letters = room.letters();
        assert_eq!(letters.iter().filter(|it| it.occasion == Occasion::BottomLineDue).count(), 1);
    }

    fn the_head_of_the_owner_is_told_of_a_charge_on_its_article_unless_it_is_over(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let ask = |who: &str, path: &str, body: &serde_json::Value| {
            let bearer = format!("Bearer {}", room.tokens[who]);
            let path = format!("/api/v1/articles{path}");
            let answer =
                room.server.ask("POST", &path, &[("Authorization", bearer.as_str())], &body.to_string());
            assert!((200..300).contains(&answer.status), "{path}: {}", answer.body);
        };
        for title in ["电梯停运怎么办", "漏水怎么办"] {
            let body = "先联系物业服务企业，逾期不修的，可以投诉。";
            ask("handler@wuye", "", &json!({ "title": title, "body": body, "owner": "wuye" }));
        }
        for code in ["zs-0001", "zs-0002"] {
            ask("reviewer", &format!("/{code}/publish"), &json!({ "review_on": "2026-11-03" }));
        }
        room.city.days(1);
        let charge = json!({ "text": "文件已更新", "due_on": "2026-11-09" });
        for code in ["zs-0001", "zs-0002"] {
            ask("leader", &format!("/{code}/supervise"), &charge);
        }
        // What was confirmed within the minute is asked of nobody any more.
        ask("unit_head@wuye", "/zs-0002/confirm", &json!({}));
        room.minutes(2);
        let told = mails(&room, Occasion::Charged);
        let [(to, text)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(*to, address("unit_head@wuye"));
        for said in ["wuye单位", "《电梯停运怎么办》", "2026年11月9日24时", "/articles/zs-0001"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(!text.contains("文件已更新"), "{text}");
    }
}
