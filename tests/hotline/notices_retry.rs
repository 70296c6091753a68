//! What keeps letters from leaving, whose fault it is, and how they go after all.

use jiesu::notify::Occasion;
use jiesu::notify::store::{LetterState, NOBODY};
use serde_json::{Value, json};

use crate::support::city::{City, draft_with, refusal};
use crate::support::databases::{TestDb, on_each_database};
use crate::support::mailroom::{Mailroom, address};
use crate::support::server::Answer;
use crate::support::smtp::{Security, SmtpServer};

fn ask(room: &Mailroom, who: &str, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", room.tokens[who]);
    let path = format!("/api/v1{path}");
    room.server.ask("POST", &path, &[("Authorization", &bearer)], &body.to_string())
}

/// A city that writes to `mail`, after it logged in.
fn writing_to(test: &TestDb, mail: &SmtpServer) -> Mailroom {
    let url = mail.url("smtp").replace("//", "//hotline:pass@");
    let keys = [
        ("JIESU_MAIL__TRANSPORT", "smtp"),
        ("JIESU_MAIL__SECURITY", "none"),
        ("JIESU_NOTIFY__DIGEST", "[]"),
        ("JIESU_MAIL__SMTP_URL", url.as_str()),
    ];
    Mailroom::open(test, &keys)
}

on_each_database! {
    fn a_letter_to_nobody_is_sent_to_who_is_there_by_now_and_never_to_the_citizen(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        room.set_reach("handler@chengguan", None, None);
        let caller = json!({ "caller": { "email": "zhangsan@example.cn" } });
        let no = room.city.agent().registers(draft_with(&caller));
        room.city.dispatcher().does(&no, "dispatch", json!({ "lead": "chengguan" }));
        room.minutes(1);
        let dead = room.in_state(LetterState::Dead).remove(0);
        assert_eq!((dead.account_id, dead.why.as_deref()), (NOBODY, Some("notice.nobody")));
        let retry = |id: i64| ask(&room, "sysadmin", &format!("/outbox/{id}/retry"), &json!({})).status;
        // Still nobody: it is seen again.
        assert_eq!(retry(dead.id), 204);
        room.work();
        assert!(room.take("mail").is_empty());
        let again = room.in_state(LetterState::Dead);
        assert_eq!((again.len(), again[0].id == dead.id), (1, false));
        room.set_reach("handler@chengguan", Some(&address("handler@chengguan")), None);
        assert_eq!(retry(again[0].id), 204);
        room.work();
        let to: Vec<String> = room.take("mail").iter().map(crate::support::mailroom::Filed::to).collect();
        assert_eq!(to, [address("handler@chengguan")]);
        assert!(room.in_state(LetterState::Dead).is_empty());
    }

    fn a_task_of_an_instruction_that_nobody_heard_of_is_told_to_who_is_there_by_now(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        room.set_reach("unit_head@chengguan", None, None);
        room.city.closed("wuye");
        let asks = |who: &str, path: &str, body: Value| {
            let answer = ask(&room, who, path, &body);
            assert!(answer.status < 300, "{path}: {}", answer.body);
            answer.json()
        };
        let made = asks("assessor", "/reports", json!({ "window": "2026-11" }));
        let report = format!("/reports/{}", made["id"].as_str().unwrap());
        room.city.days(30);
        asks("assessor", &format!("{report}/freeze"), json!({}));
        let text = json!({ "text": "请逐个小区排查电梯隐患", "units": ["chengguan"] });
        asks("leader", &format!("{report}/instruct"), text);
        room.minutes(2);
        let dead = || {
            let dead = room.in_state(LetterState::Dead).into_iter();
            dead.filter(|it| it.occasion == Occasion::Instructed).collect::<Vec<_>>()
        };
        let nobody = dead();
        assert_eq!((nobody.len(), nobody[0].account_id), (1, NOBODY));
        room.set_reach("unit_head@chengguan", Some(&address("unit_head@chengguan")), None);
        room.take("mail");
        let path = format!("/outbox/{}/retry", nobody[0].id);
        assert_eq!(ask(&room, "sysadmin", &path, &json!({})).status, 204);
        room.work();
        let to: Vec<String> = room.take("mail").iter().map(crate::support::mailroom::Filed::to).collect();
        assert_eq!(to, [address("unit_head@chengguan")]);
        assert!(dead().is_empty());
    }

    fn a_case_of_the_bottom_line_that_nobody_heard_of_is_told_to_who_is_there_by_now(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        room.set_reach("unit_head@chengguan", None, None);
        let no = room.city.handled_by("chengguan");
        let flag = json!({ "flag": "phone_dead", "unit": "chengguan", "text": "打不通" });
        room.city.agent().does(&no, "flag", flag);
        room.minutes(2);
        let dead = || {
            let dead = room.in_state(LetterState::Dead).into_iter();
            dead.filter(|it| it.occasion == Occasion::BottomLine).collect::<Vec<_>>()
        };
        let nobody = dead();
        assert_eq!((nobody.len(), nobody[0].account_id), (1, NOBODY));
        room.set_reach("unit_head@chengguan", Some(&address("unit_head@chengguan")), None);
        room.take("mail");
        let path = format!("/outbox/{}/retry", nobody[0].id);
        assert_eq!(ask(&room, "sysadmin", &path, &json!({})).status, 204);
        room.work();
        let to: Vec<String> = room.take("mail").iter().map(crate::support::mailroom::Filed::to).collect();
        assert_eq!(to, [address("unit_head@chengguan")]);
        assert!(dead().is_empty());
    }

    fn a_server_that_does_not_let_this_site_in_kills_no_letter(test: &TestDb) {
        let mail = SmtpServer::start(Security::None);
        let room = writing_to(test, &mail);
        let dispatched = |state| {
            let found = room.in_state(state).into_iter();
            found.filter(|it| it.occasion == Occasion::Dispatched).collect::<Vec<_>>()
        };
        let cases = [(554, 0, "mail.site_554"), (0, 535, "mail.site_535"), (0, 454, "mail.site_454")];
        for (nth, (greeting, login, why)) in cases.into_iter().enumerate() {
            mail.bar(greeting, login);
            room.city.sent_to("wuye");
            for _ in 0..3 {
                room.minutes(11);
            }
            let waiting = dispatched(LetterState::Waiting);
            assert_eq!((waiting.len(), waiting[0].why.as_deref()), (1, Some(why)));
            assert_eq!(waiting[0].tries, 1, "{why} costs no try");
            mail.bar(0, 0);
            room.minutes(11);
            assert_eq!(dispatched(LetterState::Sent).len(), nth + 1, "{why}");
        }
        assert!(room.in_state(LetterState::Dead).is_empty());
    }

    fn all_that_failed_for_one_reason_are_tried_again_at_once(test: &TestDb) {
        let mail = SmtpServer::start(Security::None);
        let room = writing_to(test, &mail);
        for (unit, code) in [("wuye", 550), ("weixiu", 550), ("baozhang", 552)] {
            mail.refuse(&address(&format!("handler@{unit}")), code);
            room.city.sent_to(unit);
        }
        room.minutes(2);
        assert_eq!(room.in_state(LetterState::Dead).len(), 3);
        mail.relent();
        let body = json!({ "why": "mail.refused_550" });
        for who in ["agent", "dispatcher", "secadmin", "auditor"] {
            assert_eq!(ask(&room, who, "/outbox/retry", &body).status, 403, "{who}");
        }
        for wrong in ["", "张三", "a b"] {
            assert_eq!(ask(&room, "sysadmin", "/outbox/retry", &json!({ "why": wrong })).status, 422);
        }
        assert_eq!(ask(&room, "sysadmin", "/outbox/retry", &body).json()["retried"], 2);
        assert_eq!(ask(&room, "sysadmin", "/outbox/retry", &body).json()["retried"], 0);
        room.work();
        assert_eq!(mail.taken().len(), 2);
        assert_eq!(room.in_state(LetterState::Dead)[0].why.as_deref(), Some("mail.refused_552"));
    }

    fn an_address_that_no_server_can_carry_delays_nobodys_mail(test: &TestDb) {
        let mail = SmtpServer::start(Security::None);
        let room = writing_to(test, &mail);
        room.set_reach("handler@wuye", Some("物业@city.test"), None);
        room.city.sent_to("wuye");
        room.city.sent_to("weixiu");
        room.minutes(1);
        let dead = room.in_state(LetterState::Dead);
        assert_eq!((dead.len(), dead[0].why.as_deref()), (1, Some("mail.address")));
        assert_eq!(mail.taken().len(), 1, "the other goes at once");
    }

    fn an_address_that_few_servers_can_carry_is_refused_at_the_door(test: &TestDb) {
        let city = City::of(test);
        for email in ["张三@example.cn", "zhangsan@例子.cn", "zhang san@example.cn"] {
            let draft = draft_with(&json!({ "caller": { "email": email } }));
            let refused = refusal(city.agent().tries_to_register(draft));
            assert!(refused.starts_with("422"), "{email} {refused}");
            let reach = jiesu::identity::reach::Reach { email: Some(email.to_owned()), mobile: None };
            assert!(reach.checked().is_err(), "{email}");
        }
    }
}
