//! Who is told what, when and how: letters about the life of a ticket.

use chrono::TimeDelta;
use jiesu::identity::reach::{self, NewDeputy};
use jiesu::notify::Occasion;
use jiesu::notify::store::{LetterState, Medium};
use serde_json::json;

use crate::support::city::{bad, draft, draft_with};
use crate::support::databases::on_each_database;
use crate::support::mailroom::{Filed, Mailroom, address};

/// Who got what: address and occasion, in the order of time.
fn told(room: &Mailroom) -> Vec<(String, Occasion)> {
    let people: Vec<_> = room.city.people().map(|person| person.actor.clone()).collect();
    let name = |id: i64| people.iter().find(|person| person.user == id).map(|it| it.name.clone());
    let sent = room.letters().into_iter().filter(|letter| letter.state == LetterState::Sent);
    sent.map(|it| (name(it.account_id).unwrap_or_default(), it.occasion)).collect()
}

fn to(filed: &[Filed]) -> Vec<String> {
    let mut all: Vec<String> = filed.iter().map(Filed::to).collect();
    all.sort();
    all
}

on_each_database! {
    fn the_handler_is_told_of_a_dispatch_a_minute_later(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let no = room.city.sent_to("wuye");
        room.after(TimeDelta::seconds(59));
        assert!(room.filed("mail").is_empty());
        room.after(TimeDelta::seconds(1));
        let mails = room.filed("mail");
        assert_eq!(to(&mails), [address("handler@wuye")]);
        assert!(mails[0].name.starts_with(&format!("{no}.")), "{}", mails[0].name);
        let (subject, plain, html) = mails[0].words();
        assert!(subject.contains(&no) && plain.contains(&no) && html.contains(&no));
        room.minutes(600);
        assert_eq!(to(&room.take("mail")).len(), 1, "nobody is told of one thing twice");
    }

    fn a_dispatch_that_was_taken_back_within_the_minute_is_told_to_nobody(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let no = room.city.sent_to("wuye");
        room.after(TimeDelta::seconds(30));
        room.city.dispatcher().does(&no, "recall", json!({ "reason": "派错了" }));
        room.minutes(2);
        assert_eq!(told(&room), [("handler@wuye".to_owned(), Occasion::Recalled)]);
    }

    fn lead_assists_and_copies_are_each_told_their_part(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let no = room.city.taken();
        let body = json!({ "lead": "wuye", "assists": ["weixiu"], "copies": ["baozhang"] });
        room.city.dispatcher().does(&no, "dispatch", body);
        room.minutes(1);
        let mut sent = told(&room);
        sent.sort();
        assert_eq!(sent, [
            ("handler@weixiu".to_owned(), Occasion::Dispatched),
            ("handler@wuye".to_owned(), Occasion::Dispatched),
        ]);
        // A copy is no work: it waits for the digest of the afternoon.
        let gathered = room.in_state(LetterState::Gathered);
        assert!(gathered.iter().all(|letter| letter.occasion == Occasion::Copied));
        room.take("mail");
        room.city.clock.set(crate::support::city::at("2026-11-02T14:00:00+08:00"));
        room.work();
        let digests: Vec<_> = room.take("mail").into_iter().map(|it| it.words().0).collect();
        assert_eq!(digests.iter().filter(|it| it.contains("1 件工单需要关注")).count(), 1, "{digests:?}");
    }

    fn the_citizen_is_written_to_when_answered_and_reads_the_reply(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let change = json!({ "caller": { "email": "zhangsan@example.cn" } });
        let no = room.city.agent().registers(draft_with(&change));
        room.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        room.city.works(&no, "wuye", 1);
        room.city.handler("wuye").does(&no, "reply", json!({ "text": "电梯已修好，恢复运行。" }));
        room.minutes(2);
        room.take("mail");
        room.city.reviewer().does(&no, "review", json!({ "pass": true }));
        room.minutes(1);
        let mails = room.take("mail");
        assert_eq!(to(&mails), ["zhangsan@example.cn"]);
        let (_, plain, _) = mails[0].words();
        assert!(plain.contains("张三，您好") && plain.contains("电梯已修好，恢复运行。"), "{plain}");
    }

    fn who_wants_secrecy_gets_no_words_of_the_case_by_mail(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let change = json!({ "caller": { "email": "zhangsan@example.cn", "confidential": true } });
        let no = room.city.agent().registers(draft_with(&change));
        room.city.agent().does(&no, "answer", json!({ "text": "已为您登记维修" }));
        room.minutes(1);
        let mails = room.take("mail");
        assert_eq!(to(&mails), ["zhangsan@example.cn"]);
        assert!(!mails[0].words().1.contains("已为您登记维修"));
    }

    fn a_ticket_from_the_web_is_receipted_and_one_by_telephone_is_not(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        room.city.agent().registers(draft());
        let web = json!({ "channel": "web", "caller": { "phone": "13900000002" } });
        let no = room.city.agent().registers(draft_with(&web));
        room.minutes(1);
        let messages = room.take("sms");
        assert_eq!(messages.len(), 1);
        assert!(messages[0].text.starts_with("13900000002\n") && messages[0].text.contains(&no));
    }

    fn nobody_is_woken_but_for_an_emergency(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        room.city.clock.set(crate::support::city::at("2026-11-02T23:10:00+08:00"));
        room.set_reach("handler@wuye", Some("night@city.test"), Some("13811112222"));
        let quiet = room.city.sent_to("wuye");
        room.minutes(2);
        assert!(room.filed("mail").is_empty() && room.filed("sms").is_empty());
        let urgent = json!({ "matter": { "urgency": "emergency" } });
        let loud = room.city.agent().registers(draft_with(&urgent));
        room.city.dispatcher().does(&loud, "dispatch", json!({ "lead": "wuye" }));
        room.minutes(1);
        // By mail, and by message at once.
        let (mails, messages) = (room.take("mail"), room.take("sms"));
        assert!(mails.iter().all(|mail| mail.name.starts_with(&loud)) && mails.len() == 1);
        assert!(messages.iter().all(|it| it.name.starts_with(&loud)) && messages.len() == 1);
        room.city.clock.set(crate::support::city::at("2026-11-03T06:59:59+08:00"));
        room.work();
        let early = room.take("mail");
        assert!(early.iter().all(|mail| mail.name.starts_with(&loud)), "{early:?}");
        room.city.clock.set(crate::support::city::at("2026-11-03T07:00:00+08:00"));
        room.work();
        assert!(room.take("mail").iter().any(|mail| mail.name.starts_with(&quiet)));
    }

    fn what_is_too_much_for_an_hour_comes_in_one_digest(test: &TestDb) {
        let room = Mailroom::open(test, &[("JIESU_NOTIFY__CAP_PER_HOUR", "3")]);
        for _ in 0..8 {
            room.city.sent_to("wuye");
        }
        room.minutes(1);
        assert_eq!(room.take("mail").len(), 3);
        assert_eq!(room.in_state(LetterState::Gathered).len(), 5);
        room.city.clock.set(crate::support::city::at("2026-11-02T14:00:00+08:00"));
        room.work();
        let digest: Vec<_> =
            room.take("mail").into_iter().filter(|mail| mail.name.starts_with("digest.")).collect();
        assert_eq!(to(&digest), [address("handler@wuye")]);
        assert!(digest[0].words().0.contains("5 件"), "{}", digest[0].words().0);
        assert!(room.in_state(LetterState::Gathered).is_empty());
    }

    fn a_deputy_gets_what_the_principal_would_on_the_days_named(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let head = room.city.head("wuye").actor.clone();
        let plan = |from: &str, to: &str| NewDeputy {
            deputy: "handler@wuye".to_owned(),
            from_on: from.parse().unwrap(),
            to_on: to.parse().unwrap(),
        };
        let db = room.server.app.db.clone();
        reach::add_deputy(&db, &head, "unit_head@wuye", plan("2026-11-03", "2026-11-04")).unwrap();
        let handler = room.city.handler("wuye").actor.clone();
        reach::add_deputy(&db, &handler, "handler@wuye", NewDeputy {
            deputy: "unit_head@wuye".to_owned(), ..plan("2026-11-02", "2026-11-02")
        })
        .unwrap_err();
        let no = room.city.sent_to("wuye");
        room.city.agent().does(&no, "urge", json!({ "text": "请快些" }));
        room.minutes(1);
        room.take("mail");
        room.days_until("2026-11-03T10:00:00+08:00");
        room.take("mail");
        room.city.agent().does(&no, "urge", json!({ "text": "怎么还没来" }));
        room.minutes(1);
        let urged = room.in_state(LetterState::Sent).into_iter();
        let urged: Vec<_> = urged.filter(|letter| letter.occasion == Occasion::Urged).collect();
        assert_eq!(urged.len(), 4, "handler and head, twice; nobody gets one letter twice");
    }

    fn a_unit_without_anybody_is_told_through_the_one_above_it(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let secadmin = room.city.person("secadmin").actor.clone();
        let db = room.server.app.db.clone();
        for name in ["handler@weixiu-1", "unit_head@weixiu-1"] {
            jiesu::identity::disable(&db, &secadmin, name).unwrap();
        }
        room.city.sent_to("weixiu-1");
        room.minutes(1);
        assert_eq!(told(&room), [("handler@weixiu".to_owned(), Occasion::Dispatched)]);
    }

    fn the_check_period_of_a_unit_without_a_head_is_told_to_the_head_above(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let units = ["weixiu-1", "baozhang", "chengguan"];
        for unit in units {
            room.city.closed(unit);
        }
        room.minutes(2);
        // Nobody is left in three units, nor in the bureau that has one of them below it but its leader.
        let db = room.server.app.db.clone();
        let secadmin = room.city.person("secadmin").actor.clone();
        let people: Vec<String> = room.city.people().map(|person| person.actor.name.clone()).collect();
        let is_there = |name: &str| units.iter().chain(&["zjj"]).any(|unit| name.ends_with(&format!("@{unit}")));
        for name in people.iter().filter(|name| is_there(name.as_str())) {
            jiesu::identity::disable(&db, &secadmin, name).unwrap();
        }
        let asks = |who: &str, method: &str, path: &str, body: serde_json::Value| {
            let bearer = format!("Bearer {}", room.tokens[who]);
            let path = format!("/api/v1{path}");
            let answer = room.server.ask(method, &path, &[("Authorization", &bearer)], &body.to_string());
            assert!(answer.status < 300, "{path}: {}", answer.body);
            answer
        };
        asks("secadmin", "POST", "/users", json!({ "name": "juzhang", "roles": ["leader"], "unit": "zjj" }));
        asks("secadmin", "PUT", "/users/juzhang/reach", json!({ "email": "juzhang@city.test" }));
        room.take("mail");
        let made = asks("assessor", "POST", "/reports", json!({ "window": "2026-11" })).json();
        let path = format!("/reports/{}/preview", made["id"].as_str().unwrap());
        asks("assessor", "POST", &path, json!({ "until": "2026-11-20T18:00:00+08:00" }));
        room.minutes(2);
        let checking = |state: LetterState| {
            let found = room.in_state(state).into_iter().filter(|it| it.occasion == Occasion::Checking);
            let mut units: Vec<String> = found.filter_map(|it| Some(it.unit?.to_string())).collect();
            units.sort();
            units
        };
        assert_eq!(checking(LetterState::Sent), ["baozhang", "weixiu-1"]);
        let mails = room.take("mail");
        assert_eq!(to(&mails), ["juzhang@city.test".to_owned(), address("unit_head@weixiu")]);
        // Above a department there is nobody.
        assert_eq!(checking(LetterState::Dead), ["chengguan"]);
    }

    fn a_unit_with_nobody_at_all_is_a_letter_that_somebody_has_to_see(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        room.set_reach("handler@chengguan", None, None);
        room.city.sent_to("chengguan");
        room.minutes(1);
        let dead = room.in_state(LetterState::Dead);
        assert_eq!(dead.len(), 1);
        assert_eq!(dead[0].why.as_deref(), Some("notice.nobody"));
    }

    fn limits_disputes_send_backs_and_reworks_are_told_to_whom_they_concern(test: &TestDb) {
        let room = Mailroom::open(test, &[("JIESU_NOTIFY__DIGEST", "[]")]);
        let no = room.city.sent_to("wuye");
        let grounds = json!({ "reason": "not_ours", "grounds": "不属本科室" });
        room.city.handler("wuye").works(&no, 1, "sign", json!({}));
        room.city.handler("wuye").works(&no, 1, "dispute", grounds);
        let reject = json!({ "uphold": false, "reason": "属于" });
        room.city.dispatcher().works(&no, 1, "dispute/decide", reject);
        room.city.handler("wuye").works(&no, 1, "contact", json!({ "outcome": "spoke" }));
        room.minutes(1);
        let reply = json!({ "text": "已修好" });
        room.city.handler("wuye").does(&no, "reply", reply.clone());
        let back = json!({ "pass": false, "reason": "请说明原因" });
        room.city.reviewer().does(&no, "review", back);
        room.minutes(1);
        room.city.handler("wuye").does(&no, "reply", reply);
        room.city.reviewer().does(&no, "review", json!({ "pass": true }));
        room.city.surveyor().does(&no, "survey", bad());
        let why = json!({ "why": "poor_work", "rework": true });
        room.city.reviewer().does(&no, "triage", why);
        room.minutes(1);
        room.city.days(30);
        let sweep = || room.city.hotline.sweep(&jiesu::jobs::Bell::default()).unwrap();
        sweep();
        room.minutes(1);
        let mut of_handler: Vec<Occasion> =
            told(&room).into_iter().filter(|it| it.0 == "handler@wuye").map(|it| it.1).collect();
        of_handler.dedup();
        assert_eq!(of_handler, [
            Occasion::Dispatched,
            Occasion::DisputeDecided,
            Occasion::SentBack,
            Occasion::Rework,
            Occasion::Overdue,
        ]);
        // What is serious, the head hears of too.
        let head: Vec<Occasion> =
            told(&room).into_iter().filter(|it| it.0 == "unit_head@wuye").map(|it| it.1).collect();
        assert!(head.contains(&Occasion::Overdue) && head.contains(&Occasion::Rework), "{head:?}");
        assert!(!head.contains(&Occasion::Dispatched));
    }

    fn an_import_tells_nobody(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let line = json!({
            "no": "2026-000123", "kind": "complaint", "channel": "phone",
            "received_at": "2026-09-30T10:12:00+08:00",
            "caller": { "name": "张三", "phone": "13900000001", "email": "z@example.cn" },
            "content": "电梯停运", "category": "wy.dt",
            "assignments": [{ "unit": "wuye", "role": "lead", "sent_at": "2026-09-30T11:00:00+08:00" }],
        });
        let file = room.server.app.config.data_dir.join("old.ndjson");
        std::fs::write(&file, line.to_string()).unwrap();
        let hotline = room.city.hotline.clone();
        let done = jiesu::moving::import_file(&hotline, &file, jiesu::moving::Run::Real).unwrap();
        assert_eq!(done.imported, 1);
        room.minutes(60);
        assert!(room.letters().is_empty());
    }

    fn a_ticket_that_takes_mail_takes_no_message(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let both = json!({ "channel": "app", "caller": { "email": "a@example.cn", "phone": "13900000002" } });
        room.city.agent().registers(draft_with(&both));
        room.minutes(1);
        let letters = room.letters();
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].medium, Medium::Mail);
    }
}

impl Mailroom {
    fn days_until(&self, text: &str) {
        self.city.clock.set(crate::support::city::at(text));
        self.work();
    }
}
