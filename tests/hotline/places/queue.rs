//! The queue of tickets whose place stayed free text.

use jiesu::directory::Entry;
use jiesu::error::Result;
use jiesu::lifecycle::locate::Aim;
use jiesu::places::queue::{Lamp, Waiting};
use jiesu::places::{Aside, Gazetteer};
use jiesu::ticket::store::Stored;
use serde_json::{Value, json};

use crate::support::city::{City, Person, draft_with, refusal};
use crate::support::databases::{TestDb, on_each_database};
use crate::support::desk::{Json, describe};

/// The city, where 阳光花园 stands in the street jie and 春晖里 in jie2.
fn city(test: &TestDb) -> City {
    let city = City::of(test);
    name(&city, "yangguang", "阳光花园");
    name(&city, "chunhui", "春晖里");
    city
}

fn name(city: &City, code: &str, name: &str) {
    let mut estate = city.rules().directory.estate(&code.into()).unwrap().clone();
    name.clone_into(&mut estate.name);
    describe(&city.hotline.db, Entry::Estate(estate));
}

/// A call from a place that only its words name.
fn at(city: &City, address: &str) -> String {
    city.hours(1);
    let place = json!({"place": {"estate": null, "address": address}});
    city.agent().registers(draft_with(&place))
}

impl City {
    fn lit<T>(&self, work: impl FnOnce(Lamp<'_>) -> T) -> T {
        let rules = self.rules();
        let gazetteer = Gazetteer::of(rules.directory.clone());
        let today = self.now().day(rules.profile.zone);
        work(Lamp { gazetteer: &gazetteer, keys: &self.hotline.keys, today, certain: 0.9 })
    }
}

impl Person<'_> {
    fn queue(self, after: Option<&str>, limit: usize) -> Result<(Vec<Waiting>, Option<String>)> {
        let db = &self.city.hotline.db;
        self.city.lit(|lamp| db.read(|conn| lamp.page(conn, self.actor, after, limit)))
    }

    fn sees_waiting(self) -> Vec<String> {
        let (waiting, next) = self.queue(None, 50).unwrap();
        assert_eq!(next, None);
        waiting.into_iter().map(|one| one.row.no).collect()
    }

    fn settles(self, no: &str, body: &Value) -> Result<Stored> {
        self.says(no, body.clone(), None)
    }

    fn leaves(self, no: &str, why: &str) -> Result<Stored> {
        self.says(no, json!({ "why": why }), None)
    }

    /// A settlement, or why it is put aside.
    fn says(self, no: &str, body: Value, version: Option<i32>) -> Result<Stored> {
        let (hotline, actor, no) = (self.city.hotline.clone(), self.actor.clone(), no.to_owned());
        let rules = self.city.rules();
        let gazetteer = Gazetteer::of(rules.directory.clone());
        let today = self.city.now().day(rules.profile.zone);
        let db = hotline.db.clone();
        db.write(move |tx| {
            let lamp = Lamp { gazetteer: &gazetteer, keys: &hotline.keys, today, certain: 0.9 };
            let expected = |found: i32| {
                if version.is_none_or(|version| version == found) {
                    Ok(())
                } else {
                    Err(jiesu::error::Error::new(jiesu::error::Kind::Stale, "stale"))
                }
            };
            let aim = Aim { no: &no, expected: &expected };
            if body.get("why").is_some() {
                hotline.leave_unlocated(tx, &actor, aim, lamp, &Json(body.clone()))
            } else {
                hotline.locate(tx, &actor, aim, lamp, &Json(body.clone()))
            }
        })
    }
}

on_each_database! {
    fn the_dispatcher_settles_a_place_by_one_candidate_and_it_leaves_the_queue(test: &TestDb) {
        let city = city(test);
        let no = at(&city, "阳光花园3号楼2单元502室");
        city.taken();
        let (waiting, _) = city.dispatcher().queue(None, 50).unwrap();
        assert_eq!(waiting.len(), 1);
        let one = &waiting[0];
        assert_eq!((one.row.no.as_str(), one.address.as_str()), (no.as_str(), "阳光花园***"));
        let certain = one.resolved.certain().unwrap();
        assert_eq!(certain.estate, Some("yangguang".into()));
        assert_eq!(one.resolved.building, None, "a household is not for a list");
        let settled = city.dispatcher().settles(&no, &json!({"estate": "yangguang"})).unwrap();
        let ticket = &settled.ticket;
        assert_eq!(ticket.place.address.as_deref(), Some("阳光花园3号楼2单元502室"));
        assert_eq!(ticket.place.region, Some("she".into()));
        assert_eq!(ticket.company, Some("c-hongda".into()), "the estate's company at the day");
        let event = city.events(&no).pop().unwrap();
        assert_eq!((event.command.as_str(), settled.version), ("amend", 2));
        assert_eq!(city.dispatcher().sees_waiting(), [""; 0]);
        let again = city.dispatcher().settles(&no, &json!({"estate": "chunhui"}));
        assert_eq!(refusal(again), "409 place.known");
    }

    fn what_was_put_aside_comes_back_when_the_directory_knows_more(test: &TestDb) {
        let city = city(test);
        let unknown = at(&city, "望川小区5号楼");
        let beside = at(&city, "阳光花园附近的路灯");
        assert_eq!(city.agent().sees_waiting(), [unknown.as_str(), beside.as_str()]);
        city.dispatcher().leaves(&unknown, "not_in_directory").unwrap();
        city.dispatcher().leaves(&beside, "no_estate").unwrap();
        assert_eq!(city.agent().sees_waiting(), [""; 0]);
        // Something else about the ticket, or elsewhere in the directory, is no new offer.
        city.agent().does(&beside, "note", json!({"text": "已告知", "public": false}));
        name(&city, "chunhui", "春晖苑");
        assert_eq!(city.agent().sees_waiting(), [""; 0]);
        name(&city, "chunhui", "望川小区");
        let (waiting, _) = city.agent().queue(None, 50).unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].row.no, unknown);
        assert_eq!(waiting[0].was_aside, Some(Aside::NotInDirectory));
        assert_eq!(waiting[0].resolved.candidates[0].estate, Some("chunhui".into()));
        // So does another address.
        let place = json!({"address": "春晖苑后面"});
        let fields = json!({"fields": {"place": place}, "reason": "更正"});
        city.agent().does(&beside, "amend", fields);
        assert_eq!(city.agent().sees_waiting(), [unknown.as_str(), beside.as_str()]);
    }

    fn a_matter_in_no_estate_gets_its_street_and_leaves_the_queue(test: &TestDb) {
        let city = city(test);
        let no = at(&city, "老电影院门口的井盖");
        let settled = city.agent().settles(&no, &json!({"region": "jie2"})).unwrap();
        assert_eq!(settled.ticket.place.region, Some("jie2".into()));
        assert_eq!(city.agent().sees_waiting(), [""; 0]);
        assert_eq!(settled.ticket.place.estate, None);
    }

    fn only_live_tickets_with_words_and_no_estate_wait_and_pages_go_on(test: &TestDb) {
        let city = city(test);
        let over = at(&city, "阳光花园1号楼");
        city.agent().does(&over, "decline", json!({"reason": "no_new_fact", "told": "已告知"}));
        let nowhere = json!({"place": {"estate": null, "region": "jie"}});
        city.agent().registers(draft_with(&nowhere));
        let waiting: Vec<String> =
            (1..6).map(|door| at(&city, &format!("阳光花园{door}号楼"))).collect();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = city.agent().queue(after.as_deref(), 2).unwrap();
            seen.extend(page.into_iter().map(|one| one.row.no));
            if next.is_none() {
                break;
            }
            after = next;
        }
        assert_eq!(seen, waiting);
        let settle = json!({"estate": "yangguang"});
        assert_eq!(refusal(city.agent().settles(&over, &settle)), "409 place.over");
        let with_one = city.taken();
        assert_eq!(refusal(city.agent().leaves(&with_one, "unclear")), "409 place.known");
    }

    fn who_settles_is_seen_allowed_and_right_in_this_order(test: &TestDb) {
        let city = city(test);
        let no = at(&city, "阳光花园3号楼");
        city.dispatcher().does(&no, "dispatch", json!({"lead": "wuye"}));
        let settle = json!({"estate": "yangguang"});
        let by = |who: Person<'_>, body: &Value| refusal(who.settles(&no, body));
        assert_eq!(by(city.handler("weixiu"), &settle), "404 not_found");
        assert_eq!(by(city.handler("wuye"), &settle), "403 forbidden");
        assert_eq!(by(city.reviewer(), &settle), "403 forbidden");
        assert_eq!(refusal(city.agent().says(&no, settle.clone(), Some(9))), "412 stale");
        assert_eq!(by(city.agent(), &json!({})), "422 place.one_of");
        let both = json!({"estate": "yangguang", "region": "jie"});
        assert_eq!(by(city.agent(), &both), "422 place.one_of");
        assert_eq!(by(city.agent(), &json!({"estate": "?"})), "422 field.unknown_code");
        assert_eq!(by(city.agent(), &json!({"region": "?"})), "422 field.unknown_code");
        assert_eq!(refusal(city.reviewer().queue(None, 5)), "403 forbidden");
        assert_eq!(refusal(city.agent().queue(Some("x"), 5)), "422 field.format");
        // It is an amendment: once it was sent, the dispatcher's.
        assert_eq!(by(city.agent(), &settle), "409 transition");
        assert_eq!(by(city.dispatcher(), &settle), "accepted");
    }
}
