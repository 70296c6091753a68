//! An intake that is undone within its minute is told to no program; another is told of when the minute is over.

use chrono::TimeDelta;
use jiesu::jobs::Bell;
use jiesu::worker::crew;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{House, LOCAL, events};
use crate::support::databases::on_each_database;

fn undo(house: &House, no: &str) -> Value {
    let answer = house.ask("agent", "POST", &format!("/tickets/{no}/undo"), &json!({}));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

on_each_database! {
    fn an_intake_that_is_undone_is_never_told_and_another_is_after_its_minute(test: &TestDb) {
        let (house, receiver) = (House::open(test, LOCAL), Receiver::new());
        let (id, _) = house.listens(&receiver, &json!({}));
        let node = crew(&house.server.app, &Bell::default());
        let (slip, kept) = (house.city.taken(), house.city.taken());
        house.server.clock.forward(TimeDelta::seconds(59));
        node.drain().unwrap();
        assert!(receiver.heard().is_empty(), "it can be undone still");
        assert_eq!(undo(&house, &slip)["state"], "withdrawn");
        house.server.clock.forward(TimeDelta::seconds(1));
        node.drain().unwrap();
        let heard = receiver.heard();
        assert_eq!(events(&heard), ["ticket.registered"]);
        assert_eq!(heard[0].json()["data"]["no"], kept);
        assert_eq!(house.deliveries(&id).len(), 1, "nothing of it waits");
        house.server.clock.forward(TimeDelta::hours(1));
        node.drain().unwrap();
        assert!(!receiver.heard().iter().any(|it| it.body.contains(&slip)));
    }

    fn what_follows_within_the_minute_waits_with_it_and_what_comes_later_does_not(test: &TestDb) {
        let (house, receiver) = (House::open(test, LOCAL), Receiver::new());
        house.listens(&receiver, &json!({}));
        let node = crew(&house.server.app, &Bell::default());
        let no = house.city.taken();
        house.server.clock.forward(TimeDelta::seconds(20));
        house.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        node.drain().unwrap();
        assert!(receiver.heard().is_empty());
        house.server.clock.forward(TimeDelta::seconds(40));
        node.drain().unwrap();
        assert_eq!(events(&receiver.heard()), ["ticket.registered", "ticket.dispatched"]);
        house.city.agent().does(&no, "urge", json!({ "text": "又来电" }));
        node.drain().unwrap();
        assert_eq!(events(&receiver.heard()), ["ticket.urged"]);
    }

    fn who_withdraws_it_themselves_was_taken_in_and_is_told_of(test: &TestDb) {
        let (house, receiver) = (House::open(test, LOCAL), Receiver::new());
        house.listens(&receiver, &json!({}));
        let no = house.city.taken();
        house.city.agent().does(&no, "withdraw", json!({ "reason": "来电人要求撤单" }));
        house.work();
        assert_eq!(events(&receiver.heard()), ["ticket.registered", "ticket.withdrawn"]);
    }
}
