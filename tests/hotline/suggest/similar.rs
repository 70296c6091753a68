//! What is known of the matter of a ticket that nobody was asked about while it was typed.

use jiesu::directory::{Cached, Entry};
use jiesu::error::Result;
use jiesu::intake::known::Known;
use jiesu::intake::similar::similar;
use jiesu::intake::suggest::Advisers;
use jiesu::knowledge;
use jiesu::learning::school::School;
use jiesu::places::Gazetteer;
use jiesu::search::Search;
use jiesu::search::alike::Like;
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft_with, refusal};
use crate::support::databases::{Folder, on_each_database};
use crate::support::desk::describe;
use crate::support::server::Server;

const FIRST: &str = "3号楼2单元电梯频繁停运，老人只能爬楼梯";
const AGAIN: &str = "电梯老是停运，就是3号楼2单元，请尽快修好";

fn takes(city: &City, content: &str, (phone, estate): (&str, &str), into: Option<&str>) -> String {
    let change = json!({"kind": "help", "dispatch": "hold", "caller": {"phone": phone},
        "matter": {"title": "来电", "content": content}, "place": {"estate": estate}});
    let mut draft = draft_with(&change);
    draft["into"] = json!(into);
    city.agent().registers(draft)
}

/// Matters that have nothing to do with it.
fn others(city: &City) {
    for n in 0..12 {
        for other in ["5号楼垃圾堆放无人清运", "消防通道停满私家车", "门禁损坏外人进出"]
        {
            takes(city, &format!("{other}，第{n}次反映"), ("13900000054", "yangguang"), None);
        }
    }
}

struct Desk {
    city: City,
    search: Search,
    school: School,
    library: knowledge::Cached,
    gazetteer: Gazetteer,
    _folder: Folder,
}

impl Desk {
    fn of(city: City) -> Self {
        let folder = Folder::new();
        let (hotline, cached) = (&city.hotline, Cached::default());
        let search = crate::search::search_of(hotline, &folder);
        let school = School::new(&hotline.db, &hotline.keys, &cached);
        let gazetteer = Gazetteer::of(city.rules().directory.clone());
        let library = knowledge::Cached::default();
        Self { city, search, school, library, gazetteer, _folder: folder }
    }

    fn similar(&self, who: &str, no: &str) -> Result<Known> {
        let Self { city, search, school, library, gazetteer, .. } = self;
        let (db, keys) = (&city.hotline.db, &*city.hotline.keys);
        let advisers = Advisers { db, keys, search, school, library, gazetteer, certain: 0.8 };
        let names = db.read(|conn| search.names(conn)).unwrap();
        let (now, zone) = (city.now(), city.rules().profile.zone);
        let actor = city.person(who).actor;
        similar(advisers, actor, &names, &city.stored(no), (now, now.day(zone)))
    }
}

fn numbers(likes: &[Like]) -> Vec<&str> {
    likes.iter().map(|like| like.row.no.as_str()).collect()
}

on_each_database! {
    fn what_nobody_was_asked_about_is_compared_with_what_is_there(test: &TestDb) {
        let city = City::of(test);
        let (own, elsewhere) = (("13900000001", "yangguang"), ("13900000001", "chunhui"));
        let first = takes(&city, FIRST, own, None);
        let lamp = takes(&city, "路灯不亮", elsewhere, None);
        let burst = takes(&city, "小区主水管爆裂，地下车库进水", ("13900000002", "yangguang"), None);
        for n in 0..3 {
            let phone = format!("139000001{n:02}");
            takes(&city, "小区主水管爆裂，车库进水很深", (&phone, "yangguang"), Some(&burst));
        }
        others(&city);
        let second = takes(&city, AGAIN, own, None);
        let flood = takes(&city, "车库进水了，主水管爆裂", ("13900000003", "yangguang"), None);
        let desk = Desk::of(city);
        // Without an index nothing is weighed; whose number it was is known all the same.
        let known = desk.similar("agent", &second).unwrap();
        assert!(known.degraded && known.duplicates.is_empty() && known.incidents.is_empty());
        assert_eq!(numbers(&known.like), [lamp.as_str(), &first]);
        assert!(known.like.iter().all(|like| like.same_caller && like.score.abs() < f64::EPSILON));
        desk.search.follow(&|| false).unwrap();
        for who in ["agent", "dispatcher"] {
            let known = desk.similar(who, &second).unwrap();
            assert!(!known.degraded);
            assert_eq!(numbers(&known.duplicates), [first.as_str()], "{who}");
            assert!(known.duplicates[0].same_caller && known.duplicates[0].same_place);
            let like = known.like.iter().find(|like| like.row.no == lamp).unwrap();
            assert!(like.same_caller && !like.same_place);
            // Never its own.
            assert!(!numbers(&known.like).contains(&second.as_str()));
            let known = desk.similar(who, &flood).unwrap();
            assert_eq!(numbers(&known.incidents), [burst.as_str()], "{who}");
            assert_eq!(numbers(&known.duplicates), [burst.as_str()], "{who}");
        }
        assert_eq!(numbers(&desk.similar("agent", &first).unwrap().duplicates), [second.as_str()]);
        for who in ["handler@wuye", "reviewer", "leader"] {
            assert_eq!(refusal(desk.similar(who, &second)), "403 forbidden", "{who}");
        }
    }
}

#[test]
fn an_address_without_an_estate_is_looked_up_and_a_unit_clerk_is_refused() {
    let server = Server::start(&[]);
    let city = City::served(&server);
    let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
    let first = takes(&city, FIRST, ("13900000001", "yangguang"), None);
    others(&city);
    let mut estate = city.rules().directory.estate(&"yangguang".into()).unwrap().clone();
    estate.name = "阳光花园".to_owned();
    describe(&server.app.db, Entry::Estate(estate));
    let second = draft_with(&json!({"dispatch": "hold", "caller": {"phone": "13900000009"},
        "matter": {"title": "来电", "content": AGAIN}, "place": {"estate": null, "address": "阳光花园3号楼"}}));
    let second = city.agent().registers(second);
    city.dispatcher().does(&second, "dispatch", json!({"lead": "wuye"}));
    server.app.search.follow(&|| false).unwrap();
    let similar = |who: &str, no: &str| -> (u16, Value) {
        let badge = format!("Bearer {}", badges[who]);
        let path = format!("/api/v1/tickets/{no}/similar");
        let answer = server.ask("GET", &path, &[("Authorization", &badge)], "");
        (answer.status, answer.json())
    };
    let (status, told) = similar("agent", &second);
    assert_eq!((status, &told["degraded"]), (200, &json!(false)), "{told}");
    assert_eq!(told["duplicates"][0]["no"], json!(first), "{told}");
    assert_eq!(told["duplicates"][0]["same_caller"], false);
    assert!(!told.to_string().contains("1390000000"), "{told}");
    // Who works on it sees it and may not ask; who does not see it learns nothing.
    let forbidden = (403, json!("forbidden"));
    let (status, told) = similar("handler@wuye", &second);
    assert_eq!((status, told["code"].clone()), forbidden);
    assert_eq!(similar("handler@hongda", &second).0, 404);
    assert_eq!(similar("sysadmin", &second).0, 404);
    assert_eq!(similar("agent", "2026-999999").0, 404);
}

#[test]
fn the_likeliest_category_has_its_reasons_wherever_they_are() {
    let server = Server::start(&[]);
    let city = City::served(&server);
    let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
    let first = takes(&city, FIRST, ("13900000001", "yangguang"), None);
    others(&city);
    let suggests = |body: &Value| -> Value {
        let badge = format!("Bearer {}", badges["agent"]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        let answer = server.ask("POST", "/api/v1/suggest", &headers, &body.to_string());
        assert_eq!(answer.status, 200);
        answer.json()
    };
    let mut body =
        json!({"content": "电梯老是停运，3号楼2单元，wy.dt", "caller_phone": "13900000001"});
    // While the index is being made the caller's own are shown all the same.
    let told = suggests(&body);
    assert_eq!((&told["degraded"], &told["duplicates"]), (&json!(true), &json!([])), "{told}");
    let own = &told["like"][0];
    assert_eq!((&own["no"], &own["score"]), (&json!(first), &json!(0.0)), "{told}");
    server.app.search.follow(&|| false).unwrap();
    body["caller_phone"] = Value::Null;
    for place in [Value::Null, json!({"estate": "chunhui"})] {
        body["place"] = place;
        let told = suggests(&body);
        assert_eq!((&told["like"], &told["duplicates"]), (&json!([]), &json!([])), "{told}");
        let likeliest = &told["categories"][0];
        assert_eq!(likeliest["code"], json!("wy.dt"), "{told}");
        assert_eq!(likeliest["like"][0], json!(first), "{told}");
    }
}
