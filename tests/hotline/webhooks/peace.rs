//! An endpoint that is away is left in peace, but not for longer than an hour, not after it was put
//! right, and not against the word of a person.

use chrono::TimeDelta;
use jiesu::jobs::{Bell, Crew};
use jiesu::worker::crew;
use serde_json::json;

use super::receiver::Receiver;
use super::{House, LOCAL};
use crate::support::databases::on_each_database;

const DAY_OFF: &str = "503 Away\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n";

/// One node that remembers: the same crew all along.
fn node(house: &House) -> Crew {
    crew(&house.server.app, &Bell::default())
}

/// Does what is due once a minute has gone by, in which an intake can be undone.
fn tells(house: &House, node: &Crew) {
    house.server.clock.forward(TimeDelta::minutes(1));
    node.drain().unwrap();
}

on_each_database! {
    fn who_asks_for_a_day_is_left_in_peace_for_an_hour(test: &TestDb) {
        let (house, receiver) = (House::open(test, LOCAL), Receiver::new());
        house.listens(&receiver, &json!({ "events": ["ticket.registered"] }));
        let node = node(&house);
        receiver.will_say(&[DAY_OFF]);
        house.city.taken();
        tells(&house, &node);
        assert_eq!(receiver.heard().len(), 1);
        house.city.taken();
        house.server.clock.forward(TimeDelta::minutes(59));
        node.drain().unwrap();
        assert!(receiver.heard().is_empty());
        house.server.clock.forward(TimeDelta::minutes(2));
        node.drain().unwrap();
        assert_eq!(receiver.heard().len(), 2);
    }

    fn a_test_and_a_replay_go_at_once_to_one_that_is_left_in_peace(test: &TestDb) {
        let (house, receiver) = (House::open(test, LOCAL), Receiver::new());
        let (id, _) = house.listens(&receiver, &json!({ "events": ["ticket.registered"] }));
        let node = node(&house);
        house.city.taken();
        tells(&house, &node);
        receiver.will_say(&[DAY_OFF, DAY_OFF]);
        house.city.taken();
        tells(&house, &node);
        assert_eq!(receiver.heard().len(), 2);
        assert_eq!(house.post(&format!("/webhooks/{id}/test"), &json!({})).status, 200);
        node.drain().unwrap();
        assert_eq!(receiver.heard().len(), 1, "the test");
        let done = house.deliveries(&id).into_iter().find(|it| it["state"] == "delivered").unwrap();
        let message = done["id"].as_str().unwrap();
        let replay = format!("/webhooks/{id}/deliveries/{message}/replay");
        assert_eq!(house.post(&replay, &json!({})).status, 200);
        node.drain().unwrap();
        assert_eq!(receiver.heard().len(), 1, "the replay");
    }

    fn another_address_and_one_that_is_enabled_again_begin_anew(test: &TestDb) {
        let (house, old, new) = (House::open(test, LOCAL), Receiver::new(), Receiver::new());
        let (id, _) = house.listens(&old, &json!({ "events": ["ticket.registered"] }));
        let node = node(&house);
        let put = |change: &serde_json::Value| {
            let mut body = json!({ "events": ["ticket.registered"] });
            jiesu::ticket::event::apply(&mut body, change);
            assert_eq!(house.ask("sysadmin", "PUT", &format!("/webhooks/{id}"), &body).status, 200);
        };
        old.will_say(&[DAY_OFF]);
        house.city.taken();
        tells(&house, &node);
        put(&json!({ "url": new.url() }));
        new.will_say(&[DAY_OFF]);
        house.city.taken();
        tells(&house, &node);
        assert_eq!((old.heard().len(), new.heard().len()), (1, 1));
        put(&json!({ "enabled": false }));
        put(&json!({ "enabled": true }));
        house.city.taken();
        tells(&house, &node);
        assert_eq!(new.heard().len(), 1);
    }
}
