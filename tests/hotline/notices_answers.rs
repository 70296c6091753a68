//! What a letter says that it may say: the answer that counts, to whom it is due, and no word more.

use jiesu::notify::Occasion;
use jiesu::notify::store::LetterState;
use serde_json::{Value, json};

use crate::support::city::{bad, draft_with, good};
use crate::support::databases::on_each_database;
use crate::support::mailroom::Mailroom;

/// What was said to whoever asked since this was last looked at.
fn said_to_citizen(room: &Mailroom) -> Vec<String> {
    let mails = room.take("mail").into_iter().filter(|mail| mail.to().ends_with("@example.cn"));
    mails.map(|mail| mail.words().1).collect()
}

/// The occasions of which `unit`'s handler was told, oldest first.
fn told(room: &Mailroom, unit: &str) -> Vec<Occasion> {
    let id = room.city.handler(unit).actor.user;
    let letters = room.letters().into_iter();
    let sent = letters.filter(|it| it.account_id == id && it.state == LetterState::Sent);
    sent.map(|letter| letter.occasion).collect()
}

/// A ticket by mail, in the hands of `wuye`.
fn handled(room: &Mailroom, caller: &Value) -> String {
    let no = room.city.agent().registers(draft_with(&json!({ "caller": caller })));
    room.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
    room.city.works(&no, "wuye", 1);
    no
}

fn replies(room: &Mailroom, no: &str, text: &str) {
    room.city.handler("wuye").does(no, "reply", json!({ "text": text }));
    room.city.reviewer().does(no, "review", json!({ "pass": true }));
}

on_each_database! {
    fn a_reply_that_no_longer_counts_when_the_letter_leaves_is_in_no_letter(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let no = handled(&room, &json!({ "email": "zhangsan@example.cn" }));
        replies(&room, &no, "旧答复");
        // Within the minute the citizen, rung up, says no, and the work begins again.
        room.city.surveyor().does(&no, "survey", bad());
        let rework = json!({ "why": "poor_work", "rework": true });
        room.city.reviewer().does(&no, "triage", rework);
        room.minutes(2);
        assert!(said_to_citizen(&room).is_empty());
        room.city.handler("wuye").does(&no, "reply", json!({ "text": "未经审核的答复" }));
        room.minutes(2);
        assert!(said_to_citizen(&room).is_empty());
        room.city.reviewer().does(&no, "review", json!({ "pass": true }));
        room.minutes(2);
        let said = said_to_citizen(&room);
        assert!(said.len() == 1 && said[0].contains("未经审核的答复") && !said[0].contains("旧答复"), "{said:?}");
    }

    fn a_direct_answer_goes_before_the_reply_of_an_earlier_round(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let no = handled(&room, &json!({ "email": "zhangsan@example.cn" }));
        replies(&room, &no, "旧答复");
        room.city.surveyor().does(&no, "survey", good());
        room.minutes(2);
        room.take("mail");
        room.city.agent().does(&no, "reopen", json!({ "reason": "市民再次来电" }));
        room.city.agent().does(&no, "answer", json!({ "text": "新的直接答复" }));
        room.minutes(2);
        let said = said_to_citizen(&room);
        assert!(said.len() == 1 && said[0].contains("新的直接答复") && !said[0].contains("旧答复"), "{said:?}");
    }

    fn a_merged_one_reads_the_parents_answer_and_never_a_reply_of_its_own_that_was_sent_back(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let no = handled(&room, &json!({ "email": "zhangsan@example.cn" }));
        room.city.handler("wuye").does(&no, "reply", json!({ "text": "被退回的答复" }));
        room.city.reviewer().does(&no, "review", json!({ "pass": false, "reason": "重写" }));
        let parent = room.city.agent().registers(draft_with(&json!({ "caller": { "name": "欧阳娜娜" } })));
        room.city.agent().does(&no, "merge", json!({ "into": parent }));
        room.city.agent().does(&parent, "answer", json!({ "text": "欧阳娜娜，已安排维修。" }));
        room.minutes(2);
        let said = said_to_citizen(&room);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("欧阳**，已安排维修。") && !said[0].contains("被退回"), "{said:?}");
    }

    fn who_wants_secrecy_gets_no_digits_by_mail(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let caller = json!({ "email": "zhangsan@example.cn", "phone": null, "confidential": true });
        let change = json!({ "channel": "web", "caller": caller });
        let no = room.city.agent().registers(draft_with(&change));
        room.city.agent().does(&no, "answer", json!({ "text": "已为您登记维修" }));
        room.minutes(2);
        let (said, ticket) = (said_to_citizen(&room), room.city.ticket(&no));
        assert_eq!(said.len(), 2, "receipt and answer");
        for secret in [ticket.code.as_ref().unwrap().say(), ticket.lent_tail().unwrap(), "已为您登记"] {
            assert!(said.iter().all(|text| !text.contains(secret)), "{said:?}");
        }
    }

    fn the_lent_digits_are_told_only_while_there_is_no_telephone(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let caller = json!({ "email": "zhangsan@example.cn", "phone": null });
        let change = json!({ "channel": "web", "caller": caller });
        let no = room.city.agent().registers(draft_with(&change));
        room.minutes(2);
        let receipt = said_to_citizen(&room).remove(0);
        assert!(receipt.contains("校 验 码"), "{receipt}");
        let both = json!({ "email": "zhangsan@example.cn", "phone": "13900000001" });
        let amend = json!({ "fields": { "caller": both }, "reason": "市民补充" });
        room.city.agent().does(&no, "amend", amend);
        room.city.agent().does(&no, "answer", json!({ "text": "已为您登记维修" }));
        room.minutes(2);
        let answer = said_to_citizen(&room).remove(0);
        assert!(answer.contains("查 询 码") && !answer.contains("校 验 码"), "{answer}");
    }

    fn a_unit_whose_work_comes_back_when_a_merge_is_undone_is_told(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let (no, parent) = (room.city.sent_to("wuye"), room.city.taken());
        room.minutes(2);
        room.city.agent().does(&no, "merge", json!({ "into": parent }));
        room.minutes(2);
        room.city.dispatcher().does(&no, "unmerge", json!({}));
        room.minutes(2);
        assert_eq!(told(&room, "wuye"), [Occasion::Dispatched, Occasion::Recalled, Occasion::Dispatched]);
    }

    fn a_dispute_that_nobody_decided_is_told_to_nobody_as_decided(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let no = room.city.taken();
        let to = json!({ "lead": "wuye", "assists": ["weixiu"] });
        room.city.dispatcher().does(&no, "dispatch", to);
        room.city.works(&no, "wuye", 1);
        let grounds = json!({ "reason": "not_ours", "grounds": "不属本科室" });
        room.city.handler("weixiu").works(&no, 2, "sign", json!({}));
        room.city.handler("weixiu").works(&no, 2, "dispute", grounds);
        let reply = json!({ "text": "已修好", "assists_summary": "协办未完" });
        room.city.handler("wuye").does(&no, "reply", reply);
        room.city.reviewer().does(&no, "review", json!({ "pass": true }));
        room.minutes(2);
        let told = told(&room, "weixiu");
        assert!(!told.contains(&Occasion::DisputeDecided), "{told:?}");
    }
}
