//! The vexatious mark: two people, one matter, an end; and nobody is turned away.

use diesel::RunQueryDsl;
use jiesu::jobs::Bell;
use jiesu::privacy::{self, Two, Who};
use serde_json::{Value, json};

use super::{Centre, KNOWING, from, told};
use crate::support::databases::{Folder, TestDb, on_each_database};

/// What there is to read of a ticket.
const PARTS: [&str; 4] = ["", "/events", "/limits", "/readers"];
const WHY: &str = "多次反映已办结的同一事项，并辱骂工作人员";

fn rows(test: &TestDb) -> usize {
    let touch = "UPDATE vexatious SET state = state";
    test.db.write(move |tx| Ok(diesel::sql_query(touch).execute(tx.conn)?)).unwrap()
}

fn because(reason: &str) -> Value {
    json!({ "reason": reason })
}

impl Centre {
    fn proposes(&self, who: &str, no: &str, tickets: &[&str]) -> (String, String) {
        let body = json!({ "reason": WHY, "tickets": tickets });
        let answer = self.says(who, &format!("/tickets/{no}/vexatious"), &body);
        let id = answer.json()["id"].as_str().unwrap_or_default().to_owned();
        (if answer.status == 201 { "201".to_owned() } else { told(&answer) }, id)
    }

    fn decides(&self, who: &str, id: &str, verdict: &str) -> String {
        let answer = self.says(who, &format!("/vexatious/{id}/{verdict}"), &because("情况属实"));
        if answer.status == 200 { answer.json()["state"].to_string() } else { told(&answer) }
    }

    /// A mark in force on the usual caller and matter, and the two tickets it rests on.
    fn marked(&self) -> (String, [String; 2]) {
        let old = self.city.taken();
        self.city.days(1);
        let new = self.city.sent_to("wuye");
        let (said, id) = self.proposes("agent", &new, &[&old]);
        assert_eq!(said, "201");
        assert_eq!(self.decides("reviewer", &id, "confirm"), "\"in_force\"");
        (id, [old, new])
    }

    fn mark_on(&self, no: &str) -> Value {
        self.reads("agent", no)["vexatious"].clone()
    }

    /// What the agent is told while a caller with `phone` speaks of `category`.
    fn is_told(&self, phone: &str, category: &str, estate: &str) -> Value {
        let body = json!({ "content": "电梯又停了", "category": category, "caller_phone": phone,
            "place": { "estate": estate } });
        let answer = self.says("agent", "/suggest", &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["vexatious"].clone()
    }
}

on_each_database! {
    fn two_people_mark_one_matter_of_one_caller_and_its_day_ends_it(test: &TestDb) {
        let centre = Centre::open(test);
        let city = &centre.city;
        let old = city.taken();
        city.days(1);
        let new = city.sent_to("wuye");
        let (said, id) = centre.proposes("agent", &new, &[&old, &new]);
        assert_eq!(said, "201");
        assert_eq!(centre.proposes("agent-2", &old, &[&new]).0, "409 vexatious.already");
        assert_eq!(centre.mark_on(&new), Value::Null, "one person marks nobody");
        assert_eq!(centre.is_told("13900000001", "wy.dt", "yangguang"), Value::Null);
        // It waits in the list of those who may be the second person.
        for who in ["reviewer", "dispatcher"] {
            let list = centre.asks(who, "/vexatious").json();
            assert_eq!(list["items"][0]["id"], id, "{list}");
            assert_eq!(list["items"][0]["tickets"], json!([old, new]));
        }
        for who in ["agent", "handler@wuye", "leader", "auditor", "platform"] {
            assert_eq!(told(&centre.asks(who, "/vexatious")), "403 forbidden", "{who}");
        }
        assert_eq!(centre.decides("agent", &id, "confirm"), "403 forbidden");
        assert_eq!(centre.decides("handler@wuye", &id, "confirm"), "404 not_found");
        assert_eq!(centre.decides("reviewer", &id, "lift"), "409 vexatious.not_in_force");
        assert_eq!(centre.decides("reviewer", &id, "confirm"), "\"in_force\"");
        assert_eq!(centre.decides("dispatcher", &id, "refuse"), "409 vexatious.decided");

        let mark = centre.mark_on(&new);
        assert_eq!((&mark["reason"], &mark["proposed_by"]), (&json!(WHY), &json!("agent")));
        assert_eq!((&mark["decided_by"], &mark["decided_why"]), (&json!("reviewer"), &json!("情况属实")));
        let end = city.now().plus_millis(180 * 86_400_000).rfc3339(city.rules().profile.zone);
        assert_eq!(mark["ends_at"], json!(end));
        assert_eq!(centre.mark_on(&old)["id"], json!(id), "the same matter, whichever ticket");
        let trail = centre.asks("auditor", &format!("/audit?subject=ticket:{new}"));
        for action in ["vexatious.propose", "vexatious.confirm"] {
            assert!(trail.body.contains(action), "{action}: {}", trail.body);
        }
        city.days(179);
        let later = city.taken();
        assert_eq!(centre.mark_on(&later)["id"], json!(id));
        city.days(1);
        for no in [&old, &new, &later] {
            assert_eq!(centre.mark_on(no), Value::Null, "its day has come");
        }
        assert_eq!(centre.decides("reviewer", &id, "lift"), "409 vexatious.not_in_force");
        // Whoever goes on may be marked anew.
        assert_eq!(centre.proposes("dispatcher", &later, &[&new]).0, "201");
    }

    fn another_matter_of_the_same_caller_is_taken_as_anybodys_and_so_is_this_one(test: &TestDb) {
        let centre = Centre::open(test);
        let (id, _) = centre.marked();
        let told = centre.is_told("139 0000 0001", "wy.dt", "yangguang");
        assert_eq!(told["id"], json!(id));
        for (phone, category, estate) in [
            ("13900000001", "wy.gl.sf", "yangguang"),
            ("13900000001", "wy.dt", "chunhui"),
            ("13900000002", "wy.dt", "yangguang"),
        ] {
            assert_eq!(centre.is_told(phone, category, estate), Value::Null, "{phone} {category}");
        }
        // Before a category is chosen nobody can say which matter it is.
        let open = json!({ "content": "电梯又停了", "caller_phone": "13900000001",
            "place": { "estate": "yangguang" } });
        assert!(centre.says("agent", "/suggest", &open).json().get("vexatious").is_none());
        // Registered and dispatched by the catalogue, with its clocks, as a stranger's.
        let same = |phone: &str| {
            let body = crate::support::city::draft_with(
                &json!({ "dispatch": "auto", "caller": { "phone": phone } }));
            let answer = centre.says("agent", "/tickets", &body);
            assert_eq!(answer.status, 201, "{}", answer.body);
            assert!(!answer.body.contains("vexatious"), "the answer is the agent's to read out");
            let ticket = answer.json();
            (ticket["state"].clone(), ticket["limits"].clone(), ticket["lead"].clone(), ticket["allowed"].clone())
        };
        assert_eq!(same("13900000001"), same("13900000003"));
        let other = centre.call(&json!({ "matter": { "category": "wy.gl.sf" } }));
        assert!(centre.reads("agent", &other).get("vexatious").is_none());
    }

    fn the_clerk_of_the_section_reads_the_ticket_and_learns_nothing_of_the_mark(test: &TestDb) {
        let centre = Centre::open(test);
        let (id, [_, new]) = centre.marked();
        for who in KNOWING {
            assert_eq!(centre.reads(who, &new)["vexatious"]["id"], json!(id), "{who}");
        }
        let complaint = centre.call(&json!({ "kind": "complaint", "channel": "platform",
            "upstream": { "no": "U-1", "received_at": centre.city.now() } }));
        centre.city.dispatcher().does(&complaint, "dispatch", json!({ "lead": "wuye", "assists": ["hongda"] }));
        assert_eq!(centre.mark_on(&complaint)["id"], json!(id));
        for (who, no) in [
            ("handler@wuye", &new), ("unit_head@wuye", &new), ("handler@wuye", &complaint),
            ("handler@hongda", &complaint), ("platform", &complaint),
        ] {
            for part in PARTS {
                let answer = centre.asks(who, &format!("/tickets/{no}{part}"));
                assert_eq!(answer.status, 200, "{who} {part}: {}", answer.body);
                for word in ["vexatious", "repeat", WHY, id.as_str()] {
                    assert!(!answer.body.contains(word), "{who} {part}: {word} in {}", answer.body);
                }
            }
            assert_eq!(centre.decides(who, &id, "lift"), "404 not_found", "{who}");
        }
        // Whose ticket it is not is told that it is not there, of every part of it.
        for who in ["handler@jiedao", "handler@hongda", "platform", "sysadmin"] {
            for part in PARTS {
                let answer = centre.asks(who, &format!("/tickets/{new}{part}"));
                assert_eq!(told(&answer), "404 not_found", "{who} {part}");
            }
        }
        let answer = centre.says("handler@wuye", &format!("/tickets/{new}/vexatious"), &json!({}));
        assert_eq!(told(&answer), "403 forbidden");
        let answer = centre.says("handler@jiedao", &format!("/tickets/{new}/vexatious"), &json!({}));
        assert_eq!(told(&answer), "404 not_found");
    }

    fn whoever_proposed_it_or_handled_the_case_is_no_second_person(test: &TestDb) {
        let centre = Centre::open(test);
        let city = &centre.city;
        let (old, new) = (city.sent_to("baozhang"), city.taken());
        let (said, id) = centre.proposes("dispatcher", &new, &[&old]);
        assert_eq!(said, "201");
        assert_eq!(centre.decides("dispatcher", &id, "confirm"), "403 own_request");
        assert_eq!(centre.decides("both@baozhang", &id, "refuse"), "403 vexatious.own_unit");
        assert_eq!(centre.decides("dispatcher-2", &id, "refuse"), "\"refused\"");
        assert_eq!(centre.mark_on(&new), Value::Null);
        let (said, id) = centre.proposes("agent", &new, &[&old]);
        assert_eq!(said, "201", "refused is not for ever");
        assert_eq!(centre.decides("dispatcher-2", &id, "confirm"), "\"in_force\"");
        assert_eq!(centre.decides("both@baozhang", &id, "lift"), "403 vexatious.own_unit");
        assert_eq!(centre.decides("reviewer", &id, "lift"), "\"lifted\"");
        let answer = centre.says("reviewer", &format!("/tickets/{new}/vexatious"), &json!({}));
        assert_eq!(told(&answer), "403 forbidden");
    }

    fn whoever_handled_a_case_is_shown_no_mark_that_rests_on_it(test: &TestDb) {
        let centre = Centre::open(test);
        let city = &centre.city;
        let proposed = |on: &str, other: &str| {
            let (said, id) = centre.proposes("dispatcher", on, &[other]);
            assert_eq!(said, "201");
            id
        };
        let elsewhere = || centre.call(&json!({ "place": { "estate": "chunhui" } }));
        let (old, new) = (city.sent_to("baozhang"), city.taken());
        let first = proposed(&new, &old);
        let second = proposed(&centre.call(&from("13900000002")), &centre.call(&from("13900000002")));
        // What is linked was handled under the other number.
        let neighbours = centre.call(&from("13900000003"));
        city.dispatcher().does(&neighbours, "dispatch", json!({ "lead": "baozhang" }));
        let linked = elsewhere();
        city.dispatcher().does(&linked, "merge", json!({ "into": neighbours }));
        let third = proposed(&elsewhere(), &linked);
        let fourth = proposed(&centre.call(&from("13900000003")), &neighbours);
        let fifth = proposed(&centre.call(&from("13900000004")), &centre.call(&from("13900000004")));
        let listed = |who: &str, query: &str| {
            let list = centre.asks(who, &format!("/vexatious{query}")).json();
            let ids = list["items"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap());
            (ids.map(str::to_owned).collect::<Vec<_>>(), list["next"].as_str().map(str::to_owned))
        };
        let all = vec![first.clone(), second.clone(), third, fourth, fifth.clone()];
        assert_eq!(listed("reviewer", ""), (all, None));
        // Pages laid end to end are the list, whatever was left out between.
        let both = "both@baozhang";
        assert_eq!(listed(both, ""), (vec![second.clone(), fifth.clone()], None));
        assert_eq!(listed(both, "?limit=1"), (vec![second.clone()], Some(second.clone())));
        assert_eq!(listed(both, &format!("?limit=1&after={second}")), (vec![fifth], None));
        // Nor on another ticket of the same caller and matter, which nobody handles.
        assert_eq!(centre.decides("reviewer", &first, "confirm"), "\"in_force\"");
        assert_eq!(centre.reads("reviewer", &new)["vexatious"]["id"], json!(first));
        assert_eq!(centre.reads(both, &new)["vexatious"], Value::Null);
        assert_eq!(listed(both, "?state=in_force"), (vec![], None));
        assert_eq!(listed("dispatcher", "?state=in_force"), (vec![first], None));
    }

    fn a_mark_that_fell_is_listed_as_one_that_holds_no_more(test: &TestDb) {
        let centre = Centre::open(test);
        let (id, [_, new]) = centre.marked();
        let listed = || {
            let list = centre.asks("reviewer", "/vexatious?state=in_force").json();
            (list["items"][0]["id"].clone(), list["items"][0]["holds"].clone())
        };
        let settled = |estate: &str| {
            let fields = json!({ "place": { "estate": estate } });
            centre.city.dispatcher().does(&new, "amend", json!({ "fields": fields, "reason": "地址更正" }));
        };
        assert_eq!(listed(), (json!(id), json!(true)));
        settled("chunhui");
        assert_eq!(listed(), (json!(id), json!(false)));
        assert_eq!(centre.mark_on(&new), Value::Null);
        settled("yangguang");
        assert_eq!(listed(), (json!(id), json!(true)));
        assert_eq!(centre.mark_on(&new)["id"], json!(id));
    }

    fn a_reviewer_lifts_it_with_a_reason(test: &TestDb) {
        let centre = Centre::open(test);
        let (id, [old, new]) = centre.marked();
        assert_eq!(centre.decides("dispatcher", &id, "lift"), "403 forbidden");
        let answer = centre.says("reviewer", &format!("/vexatious/{id}/lift"), &json!({}));
        assert_eq!(answer.status, 422);
        assert_eq!(centre.decides("reviewer", &id, "lift"), "\"lifted\"");
        assert_eq!(centre.mark_on(&new), Value::Null);
        let list = centre.asks("reviewer", "/vexatious?state=lifted").json();
        assert_eq!(list["items"][0]["lifted_why"], "情况属实");
        assert_eq!(centre.proposes("agent", &new, &[&old]).0, "201");
    }

    fn it_rests_on_tickets_of_this_caller_about_this_matter(test: &TestDb) {
        let centre = Centre::open(test);
        let city = &centre.city;
        let (old, new) = (city.taken(), city.taken());
        let other = centre.call(&json!({ "matter": { "category": "bz" } }));
        let another = centre.call(&json!({ "caller": { "phone": "13900000002" } }));
        let nobody = centre.call(&json!({ "caller": { "phone": null, "name": null, "anonymous": true } }));
        let unsorted = centre.call(&json!({ "matter": { "category": null } }));
        for (on, tickets, said) in [
            (&new, vec![&old, &other], "422 vexatious.other_matter at /tickets/1"),
            (&new, vec![&another, &old], "422 vexatious.other_matter at /tickets/0"),
            (&new, vec![], "422 vexatious.too_few at /tickets"),
            (&new, vec![&new, &new], "422 vexatious.too_few at /tickets"),
            (&nobody, vec![&old], "409 vexatious.no_caller"),
            (&unsorted, vec![&old], "409 vexatious.no_matter"),
        ] {
            let tickets: Vec<&str> = tickets.into_iter().map(String::as_str).collect();
            assert_eq!(centre.proposes("agent", on, &tickets).0, said);
        }
        let unknown = centre.proposes("agent", &new, &[&old, "2026-999999"]).0;
        assert_eq!(unknown, "422 field.unknown_code at /tickets/1");
        assert_eq!(centre.proposes("agent", "2026-999999", &[&old]).0, "404 not_found");
        assert_eq!(rows(test), 0);
    }

    fn a_corrected_number_takes_the_mark_off_both_callers(test: &TestDb) {
        let centre = Centre::open(test);
        let city = &centre.city;
        let (_, [old, new]) = centre.marked();
        let correct = |no: &str, phone: &str| {
            let caller = json!({ "name": "张三", "phone": phone, "reply_wanted": true });
            city.dispatcher().does(no, "amend", json!({ "fields": { "caller": caller }, "reason": "记错号码" }));
        };
        correct(&new, "13900000009");
        for no in [&old, &new] {
            assert_eq!(centre.mark_on(no), Value::Null, "it was of somebody else");
        }
        let list = centre.asks("reviewer", "/vexatious?state=in_force").json();
        assert_eq!(list["items"][0]["holds"], false, "{list}");
        assert_eq!(centre.is_told("13900000001", "wy.dt", "yangguang"), Value::Null);
        assert_eq!(centre.is_told("13900000009", "wy.dt", "yangguang"), Value::Null);
        // A proposal on it cannot be confirmed any more either.
        let (said, id) = centre.proposes("agent", &old, &[&city.taken()]);
        assert_eq!(said, "201");
        correct(&old, "13900000009");
        assert_eq!(centre.decides("reviewer", &id, "confirm"), "409 vexatious.changed");
        assert_eq!(centre.decides("reviewer", &id, "refuse"), "\"refused\"");
    }

    fn whoever_is_merged_with_a_marked_caller_is_not_marked(test: &TestDb) {
        let centre = Centre::open(test);
        let city = &centre.city;
        let (id, [_, new]) = centre.marked();
        let neighbour = centre.call(&json!({ "caller": { "phone": "13900000002" } }));
        city.dispatcher().does(&new, "merge", json!({ "into": neighbour }));
        assert_eq!(centre.mark_on(&neighbour), Value::Null);
        assert_eq!(centre.mark_on(&new)["id"], json!(id), "each ticket has the caller it has");
    }

    fn the_mark_goes_with_the_person(test: &TestDb) {
        let centre = Centre::open(test);
        let (city, folder) = (&centre.city, Folder::new());
        centre.marked();
        let two = Two::named(&city.hotline, "secadmin", "leader").unwrap();
        // Whoever asks what is held of them is told of it.
        let held = privacy::find(&city.hotline, &two, &Who::Phone("13900000001".into()), "本人查阅").unwrap();
        assert_eq!(held["marks"][0]["reason"], WHY);
        // Of another ticket of the same person: it is the person who is erased.
        let other = centre.call(&json!({ "matter": { "category": "bz" } }));
        city.agent().does(&other, "answer", json!({ "text": "已答复" }));
        assert_eq!(rows(test), 1);
        privacy::erase(&city.hotline, folder.path(), &other, &two, "本人请求").unwrap();
        assert_eq!(rows(test), 0);
    }

    fn a_period_that_is_over_takes_the_marks_on_its_tickets(test: &TestDb) {
        let centre = Centre::open(test);
        let (city, folder) = (&centre.city, Folder::new());
        let (old, new) = (city.closed("wuye"), city.closed("wuye"));
        city.days(1);
        assert_eq!(centre.proposes("agent", &new, &[&old]).0, "201");
        city.days(800);
        let gone = privacy::round(&city.hotline, folder.path(), 2, &Bell::default()).unwrap();
        assert_eq!((gone, rows(test)), (2, 0));
    }
}
