//! An intake taken back at once by whoever made it: nobody is written to, no unit has it, and it stays on the trail.

use chrono::TimeDelta;
use jiesu::ticket::state::{StateName, WorkName};
use serde_json::{Value, json};

use crate::support::city::draft_with;
use crate::support::databases::on_each_database;
use crate::support::mailroom::Mailroom;
use crate::support::server::Answer;

fn post(room: &Mailroom, who: &str, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", room.tokens[who]);
    let headers = [("Authorization", &*bearer), ("Content-Type", "application/json")];
    room.server.ask("POST", &format!("/api/v1{path}"), &headers, &body.to_string())
}

/// A ticket that `agent` takes in, and for how many seconds it can be taken back.
fn takes(room: &Mailroom, change: &Value) -> (String, i64) {
    let taken = post(room, "agent", "/tickets", &draft_with(change));
    assert_eq!(taken.status, 201, "{taken:?}");
    let taken = taken.json();
    (taken["no"].as_str().unwrap().to_owned(), taken["undo_seconds"].as_i64().unwrap())
}

fn undo(room: &Mailroom, who: &str, no: &str) -> (u16, String) {
    let answer = post(room, who, &format!("/tickets/{no}/undo"), &json!({}));
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    (answer.status, code)
}

on_each_database! {
    fn who_took_it_in_takes_it_back_within_the_minute_and_nobody_is_written_to(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let change = json!({ "dispatch": "hold", "channel": "web", "caller": { "email": "zhangsan@example.cn" } });
        let (no, seconds) = takes(&room, &change);
        assert_eq!(seconds, 60);
        room.after(TimeDelta::seconds(59));
        assert_eq!(undo(&room, "agent", &no).0, 200);
        assert_eq!(room.city.state(&no), StateName::Withdrawn);
        room.minutes(60);
        assert_eq!(room.letters(), []);
        let story = room.city.events(&no);
        let last = story.last().unwrap();
        assert_eq!((last.command.as_str(), last.actor.as_str()), ("undo", "agent"));
        assert_eq!(undo(&room, "agent", &no), (409, "undo.over".to_owned()));
    }

    fn what_the_catalogue_had_sent_on_is_its_units_no_more_and_they_hear_nothing(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let catalogue = json!({ "dispatch": "auto" });
        let (no, _) = takes(&room, &catalogue);
        assert_eq!(room.city.state(&no), StateName::InUnits);
        assert_eq!(undo(&room, "agent", &no).0, 200);
        let ticket = room.city.ticket(&no);
        assert!(ticket.assignments.values().all(|it| it.is(WorkName::Recalled)));
        assert_eq!(room.city.state(&no), StateName::Withdrawn);
        room.minutes(60);
        assert_eq!(room.letters(), [], "neither that it came nor that it went");
    }

    fn nobody_else_takes_it_back_and_nobody_once_it_was_touched_or_the_minute_is_over(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let hold = json!({ "dispatch": "hold" });
        let (no, _) = takes(&room, &hold);
        for other in ["agent-2", "dispatcher", "leader"] {
            assert_eq!(undo(&room, other, &no).0, 403, "{other}");
        }
        assert_eq!(undo(&room, "handler@wuye", &no).0, 404);
        assert_eq!(undo(&room, "agent", "2026-999999").0, 404);
        room.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        assert_eq!(undo(&room, "agent", &no), (409, "undo.begun".to_owned()));
        let (late, _) = takes(&room, &hold);
        room.after(TimeDelta::seconds(60));
        assert_eq!(undo(&room, "agent", &late), (409, "undo.over".to_owned()));
        assert_eq!(room.city.state(&late), StateName::Accepted);
    }
}
