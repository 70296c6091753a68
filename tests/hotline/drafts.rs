//! What was typed and not sent: its writer's alone, sealed, bounded, gone with its ticket and after some days.

use chrono::TimeDelta;
use jiesu::privacy;
use jiesu::web::api::drafts;
use serde_json::{Value, json};

use crate::erasure::two;
use crate::support::databases::on_each_database;
use crate::support::office::Office;
use crate::support::server::Answer;

const PHONE: &str = "13987650987";

fn typed(at: &str, text: &str) -> Value {
    json!({ "typed_at": at, "fields": { "caller.phone": PHONE, "matter.content": text } })
}

fn put(office: &Office, who: &str, name: &str, body: &Value) -> Answer {
    office.call_with(who, "PUT", &format!("/drafts/{name}"), &[], &body.to_string())
}

fn get(office: &Office, who: &str, name: &str) -> Answer {
    office.call_with(who, "GET", &format!("/drafts/{name}"), &[], "")
}

/// The instant now, as a browser says it.
fn now(office: &Office) -> String {
    office.city.now().to_string()
}

on_each_database! {
    fn what_was_typed_comes_back_to_its_writer_at_any_machine_and_to_nobody_else(test: &TestDb) {
        let office = Office::open(test);
        assert_eq!(get(&office, "agent", "intake").status, 204);
        let kept = put(&office, "agent", "intake", &typed(&now(&office), "电梯停运"));
        assert_eq!((kept.status, kept.json().get("fields")), (200, None));
        let found = get(&office, "agent", "intake").json();
        assert_eq!(found["fields"]["matter.content"], "电梯停运");
        assert_eq!(found["fields"]["caller.phone"], PHONE);
        let listed = office.asks("agent", "/drafts");
        assert_eq!((listed["items"][0]["name"].as_str(), listed["items"][0].get("fields")), (Some("intake"), None));
        for other in ["dispatcher", "leader"] {
            assert_eq!(get(&office, other, "intake").status, 204, "{other}");
            assert_eq!(office.lists(other, "/drafts"), Vec::<Value>::new());
        }
        let gone = office.call_with("agent", "DELETE", "/drafts/intake", &[], "");
        assert_eq!((gone.status, get(&office, "agent", "intake").status), (204, 204));
    }

    fn of_two_drafts_the_one_that_was_typed_later_stays(test: &TestDb) {
        let office = Office::open(test);
        let early = now(&office);
        office.city.hours(1);
        let late = now(&office);
        put(&office, "agent", "intake", &typed(&late, "后写的"));
        let answer = put(&office, "agent", "intake", &typed(&early, "先写的"));
        assert_eq!(answer.json()["typed_at"], late.as_str());
        assert_eq!(get(&office, "agent", "intake").json()["fields"]["matter.content"], "后写的");
        // A clock that is ahead keeps nothing out that is typed elsewhere afterwards.
        put(&office, "agent", "intake", &typed("2039-01-01T00:00:00Z", "快钟写的"));
        office.city.hours(1);
        put(&office, "agent", "intake", &typed(&now(&office), "最后写的"));
        assert_eq!(get(&office, "agent", "intake").json()["fields"]["matter.content"], "最后写的");
    }

    fn a_draft_lies_sealed_and_is_in_no_audit_entry(test: &TestDb) {
        let office = Office::open(test);
        put(&office, "agent", "intake", &typed(&now(&office), "储藏室进水"));
        let tables = test.db.read(jiesu::db::dump::tables).unwrap();
        assert!(tables.iter().any(|table| table.name == "draft"));
        let rows = test.db.read(|conn| {
            use diesel::prelude::*;
            use jiesu::db::schema::draft;
            Ok(draft::table.select(draft::sealed).load::<Vec<u8>>(conn)?)
        });
        for row in rows.unwrap() {
            for words in [PHONE, "储藏室进水"] {
                assert!(!row.windows(words.len()).any(|part| part == words.as_bytes()));
            }
        }
        let trail = office.asks("auditor", "/audit?limit=500").to_string();
        assert!(!trail.contains(PHONE) && !trail.contains("draft"), "{trail}");
    }

    fn a_draft_is_bounded_in_size_in_number_and_in_days(test: &TestDb) {
        let office = Office::open(test);
        let app = &office.server.app;
        let long = "长".repeat(app.config.console.draft_bytes);
        assert_eq!(put(&office, "agent", "intake", &typed(&now(&office), &long)).status, 413);
        for name in ["%E5%8F%97%E7%90%86", "a%2Fb", &"a".repeat(101)] {
            assert_eq!(put(&office, "agent", name, &typed(&now(&office), "字")).status, 404, "{name}");
        }
        let most = usize::try_from(app.config.console.drafts_per_person).unwrap();
        for n in 0..most + 2 {
            office.server.clock.forward(TimeDelta::seconds(1));
            put(&office, "agent", &format!("form.{n}"), &typed(&now(&office), "字"));
        }
        put(&office, "leader", "form.0", &typed(&now(&office), "字"));
        let listed = office.lists("agent", "/drafts");
        assert_eq!((listed.len(), listed[0]["name"].as_str()), (most, Some(&*format!("form.{}", most + 1))));
        assert_eq!(get(&office, "agent", "form.1").status, 204, "the oldest went");
        office.city.days(i64::from(app.config.console.draft_days) + 1);
        put(&office, "dispatcher", "intake", &typed(&now(&office), "新的"));
        assert_eq!(drafts::forget_old(app).unwrap(), most + 1);
        assert_eq!(office.city.hotline.db.read(|conn| {
            use diesel::prelude::*;
            Ok(jiesu::db::schema::draft::table.count().get_result::<i64>(conn)?)
        }).unwrap(), 1);
    }

    fn what_was_typed_about_a_ticket_goes_when_its_person_is_erased(test: &TestDb) {
        let office = Office::open(test);
        let no = office.city.closed("wuye");
        let mut about = typed(&now(&office), "请联系本人");
        about["ticket"] = json!(no);
        let name = format!("tickets.{no}.note");
        assert_eq!(put(&office, "agent", &name, &about).status, 200);
        put(&office, "agent", "intake", &typed(&now(&office), "另一件"));
        let hotline = &office.city.hotline;
        let folder = &office.server.app.config.data_dir;
        privacy::erase(hotline, folder, &no, &two(hotline), "本人请求").unwrap();
        assert_eq!(get(&office, "agent", &name).status, 204);
        assert_eq!(get(&office, "agent", "intake").status, 200);
    }
}
