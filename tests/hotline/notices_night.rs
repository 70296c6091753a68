//! Nobody is woken: not by a letter that was late, and no citizen by an emergency.

use jiesu::notify::Occasion;
use jiesu::notify::store::LetterState;
use serde_json::json;

use crate::support::city::{at, draft_with};
use crate::support::databases::on_each_database;
use crate::support::mailroom::Mailroom;
use crate::support::mailroom::address;
use crate::support::smtp::{Security, SmtpServer};

on_each_database! {
    fn what_failed_in_the_evening_is_not_tried_in_the_night(test: &TestDb) {
        let mail = SmtpServer::start(Security::None);
        let url = mail.url("smtp");
        let room = Mailroom::open(test, &[
            ("JIESU_MAIL__TRANSPORT", "smtp"),
            ("JIESU_MAIL__SECURITY", "none"),
            ("JIESU_MAIL__SMTP_URL", url.as_str()),
        ]);
        room.city.clock.set(at("2026-11-02T21:57:00+08:00"));
        mail.refuse(&address("handler@wuye"), 451);
        room.city.sent_to("wuye");
        room.minutes(1);
        assert_eq!(room.in_state(LetterState::Waiting).len(), 1);
        mail.relent();
        for hour in ["2026-11-02T22:05:00+08:00", "2026-11-03T02:31:00+08:00", "2026-11-03T06:59:59+08:00"] {
            room.city.clock.set(at(hour));
            room.work();
            assert!(mail.taken().is_empty(), "{hour}");
        }
        room.city.clock.set(at("2026-11-03T07:00:00+08:00"));
        room.work();
        assert_eq!(mail.taken().len(), 1);
        let tries = room.in_state(LetterState::Sent)[0].tries;
        assert_eq!(tries, 2, "waiting for the morning is no try");
    }

    fn an_emergency_wakes_who_must_act_and_never_whoever_asked(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        room.city.clock.set(at("2026-11-02T23:10:00+08:00"));
        room.set_reach("handler@wuye", None, Some("13811112222"));
        let urgent = json!({ "channel": "web", "matter": { "urgency": "emergency" } });
        let no = room.city.agent().registers(draft_with(&urgent));
        room.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        room.minutes(2);
        let night = room.take("sms");
        assert!(night.len() == 1 && night[0].text.starts_with("13811112222\n"), "{night:?}");
        room.city.works(&no, "wuye", 1);
        room.city.handler("wuye").does(&no, "reply", json!({ "text": "已修好" }));
        room.city.reviewer().does(&no, "review", json!({ "pass": true }));
        let asked = |room: &Mailroom| {
            let sent = room.in_state(LetterState::Sent).into_iter();
            sent.filter(|it| it.account_id == 0).map(|it| it.occasion).collect::<Vec<_>>()
        };
        room.minutes(2);
        room.city.clock.set(at("2026-11-03T06:59:59+08:00"));
        room.work();
        assert!(asked(&room).is_empty(), "{:?}", asked(&room));
        room.city.clock.set(at("2026-11-03T07:00:00+08:00"));
        room.work();
        assert_eq!(asked(&room), [Occasion::Receipt, Occasion::Answered]);
        // The survey opens a day after the review, in the night; and waits for the morning.
        room.city.clock.set(at("2026-11-04T06:59:59+08:00"));
        room.work();
        assert_eq!(asked(&room).len(), 2);
        room.city.clock.set(at("2026-11-04T07:00:00+08:00"));
        room.work();
        assert_eq!(asked(&room).last(), Some(&Occasion::Survey));
    }
}
