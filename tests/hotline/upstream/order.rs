//! For any order and repetition of a set of messages the end is the same.

use std::collections::BTreeMap;

use jiesu::feed::Fate;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::feed::{message, tells};
use super::from_platform;
use crate::support::city::City;
use crate::support::databases::on_each_database;

/// Eight things that the platform says of one ticket, in their places.
fn said(city: &City, no: &str) -> Vec<Value> {
    let first = from_platform(city, no);
    let mut second = first.clone();
    second["matter"]["content"] = "电梯停运，有人被困。".into();
    second["caller"]["second_phone"] = "13900000003".into();
    let mut third = first.clone();
    third["place"] = json!({ "estate": "yangguang", "address": "三号楼" });
    [
        json!({ "kind": "ticket", "ticket": first }),
        json!({ "kind": "urge", "text": "请尽快处理" }),
        json!({ "kind": "facts", "text": "四楼也停电" }),
        json!({ "kind": "ticket", "ticket": second }),
        json!({ "kind": "urge", "text": "再次催办" }),
        json!({ "kind": "recall", "text": "已自行解决" }),
        // Too late: refused, in whatever order they come.
        json!({ "kind": "urge", "text": "第三次催办" }),
        json!({ "kind": "ticket", "ticket": third }),
    ]
    .into_iter()
    .enumerate()
    .map(|(at, mut body)| {
        body["seq"] = (at + 1).into();
        message(city, &format!("{no}-{at}"), no, &body)
    })
    .collect()
}

/// The ticket without its own numbers, and each message's fate.
fn end(
    city: &City,
    no: &str,
    messages: &[Value],
) -> (Value, BTreeMap<String, (Fate, Option<String>)>) {
    let mut fates = BTreeMap::new();
    let mut ticket = None;
    for message in messages {
        let kept = tells(city, message).unwrap().kept;
        assert_eq!(kept.upstream_no, no);
        ticket = kept.ticket_no.or(ticket);
        fates.insert(message["seq"].to_string(), (kept.fate, kept.code));
    }
    let mut document = serde_json::to_value(city.ticket(&ticket.unwrap())).unwrap();
    let fields = document.as_object_mut().unwrap();
    for own in ["no", "code"] {
        fields.remove(own);
    }
    fields["upstream"]["no"] = "".into();
    (document, fates)
}

on_each_database! {
    fn any_order_and_repetition_of_the_messages_ends_in_the_same_ticket(test: &TestDb) {
        let city = City::of(test);
        let in_order = said(&city, "GD0");
        for message in &in_order {
            tells(&city, message).unwrap();
        }
        let expected = end(&city, "GD0", &in_order);
        let refused = expected.1.values().filter(|(fate, _)| *fate == Fate::Refused).count();
        assert_eq!(refused, 1, "{:?}", expected.1);
        assert_eq!(expected.0["urges"].as_array().unwrap().len(), 2);
        let count = std::cell::Cell::new(0);
        let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
        let orders = proptest::collection::vec(0..in_order.len(), 0..12).prop_flat_map(|more| {
            let all: Vec<usize> = (0..8).chain(more).collect();
            Just(all).prop_shuffle()
        });
        TestRunner::new(config)
            .run(&orders, |order| {
                count.set(count.get() + 1);
                let no = format!("GD{}", count.get());
                let messages = said(&city, &no);
                for at in order {
                    tells(&city, &messages[at]).unwrap();
                }
                prop_assert_eq!(end(&city, &no, &messages), expected.clone());
                Ok(())
            })
            .unwrap();
    }
}
