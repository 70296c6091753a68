//! A known incident: whoever calls about it next is linked to it in one stroke.

use jiesu::lifecycle::Hotline;
use jiesu::limits::ClockName;
use jiesu::notify::Occasion;
use jiesu::notify::store::CITIZEN;
use jiesu::ticket::{State, StateName};
use serde_json::{Value, json};

use super::{Centre, from, told};
use crate::support::city::{City, bad, draft_with, good, refusal};
use crate::support::databases::on_each_database;
use crate::support::mailroom::Mailroom;

/// The call of somebody else about what `into` is about.
fn neighbour(phone: &str, into: &str) -> Value {
    let mut body = draft_with(&from(phone));
    body["caller"]["email"] = json!("neighbour@example.cn");
    body["into"] = json!(into);
    body
}

fn takes(room: &Mailroom, key: &str, body: &Value) -> crate::support::server::Answer {
    let badge = format!("Bearer {}", room.tokens["agent"]);
    let headers = [("Authorization", badge.as_str()), ("Idempotency-Key", key)];
    room.server.ask("POST", "/api/v1/tickets", &headers, &body.to_string())
}

fn tickets(city: &City) -> usize {
    city.hotline.prove(std::path::Path::new("/nowhere")).unwrap().tickets
}

on_each_database! {
    fn the_agent_of_the_eleventh_caller_links_her_in_one_stroke(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        let burst = city.handled_by("wuye");
        for i in 2..=10 {
            let body = neighbour(&format!("1390000{i:04}"), &burst);
            assert_eq!(takes(&room, &format!("call {i}"), &body).status, 201);
        }
        room.work();
        let before = room.letters().len();

        // She insists on a dispatch at once; her ticket goes to nobody all the same.
        let mut body = neighbour("13900000011", &burst);
        body["dispatch"] = json!("auto");
        let answer = takes(&room, "call 11", &body);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let her = answer.json();
        assert_eq!((&her["state"], &her["links"]["merged_into"]), (&json!("merged"), &json!(burst)));
        assert_eq!(her["code"].as_str().unwrap().len(), 6);
        let clocks: Vec<&String> = her["limits"].as_object().unwrap().keys().collect();
        assert_eq!(clocks, ["overall"], "no dispatch is owed");
        let no = her["no"].as_str().unwrap().to_owned();
        let again = takes(&room, "call 11", &body);
        assert_eq!((again.status, &again.body), (201, &answer.body), "the same answer");
        assert!(again.head.to_lowercase().contains("idempotent-replayed"), "{}", again.head);

        let ticket = city.ticket(&no);
        assert_eq!(ticket.timers.keys().collect::<Vec<_>>(), [&ClockName::Overall]);
        assert!(ticket.assignments.is_empty() && ticket.matches.is_empty());
        let events = city.events(&no);
        let commands: Vec<&str> = events.iter().map(|event| event.command.as_str()).collect();
        assert_eq!(commands, ["register", "merge"]);
        assert_eq!(events[0].at, events[1].at, "one instant");
        let last = city.events(&burst).pop().unwrap();
        assert_eq!((last.command.as_str(), last.at), ("merge/child", events[1].at));

        // The unit that works on the burst pipe sees how many are linked to it, and not who.
        let look = |who: &str| {
            let badge = format!("Bearer {}", room.tokens[who]);
            let path = format!("/api/v1/tickets/{burst}");
            room.server.ask("GET", &path, &[("Authorization", &badge)], "").json()
        };
        let theirs = look("handler@wuye");
        assert_eq!((&theirs["counts"]["linked"], &theirs["links"]["merged"]), (&json!(10), &json!([])));
        assert!(!theirs.to_string().contains(&no));
        let ours = look("agent");
        assert_eq!(ours["links"]["merged"].as_array().unwrap().last().unwrap(), &json!(no));

        // Days pass: nobody of the staff hears of her ticket; she herself has her receipt.
        room.minutes(10);
        room.after(chrono::TimeDelta::days(3));
        let id = city.stored(&no).id;
        let hers = || room.letters().into_iter().filter(|it| it.ticket_id == Some(id)).collect::<Vec<_>>();
        assert!(room.letters().len() > before);
        assert!(hers().iter().all(|it| it.account_id == CITIZEN && it.unit.is_none()), "{:?}", hers());

        // The reply to the burst pipe is the reply to her.
        city.handler("wuye").does(&burst, "reply", json!({ "text": "水管已修好" }));
        assert!(city.ticket(&no).timers[&ClockName::Overall].is_open());
        city.reviewer().does(&burst, "review", json!({ "pass": true }));
        city.surveyor().does(&burst, "survey", good());
        assert!(city.ticket(&no).timers[&ClockName::Overall].stopped_at.is_some());
        assert!(matches!(city.ticket(&no).state, State::Merged { .. }), "no survey of her own");
        assert!(city.hotline.prove(std::path::Path::new("/nowhere")).unwrap().holds());
    }

    fn whoever_is_linked_to_what_was_answered_already_is_answered_by_the_same_words(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        let (answered, other) = (city.passed("wuye"), city.taken());
        let her = takes(&room, "call 1", &neighbour("13900000014", &answered)).json();
        let no = her["no"].as_str().unwrap();
        assert!(city.ticket(no).timers[&ClockName::Overall].stopped_at.is_some());
        // So is whoever is merged by hand, with those merged before.
        let under = city.call_merged_into(&other);
        city.agent().does(&other, "merge", json!({ "into": answered }));
        for no in [&other, &under] {
            assert!(city.ticket(no).timers[&ClockName::Overall].stopped_at.is_some(), "{no}");
        }
        room.minutes(10);
        let id = city.stored(no).id;
        let letters = room.letters();
        let hers: Vec<_> = letters.iter().filter(|it| it.ticket_id == Some(id)).collect();
        assert_eq!(hers.len(), 1, "{hers:?}");
        assert_eq!(hers[0].account_id, CITIZEN);
        // Taken out again, she is owed an answer of her own.
        city.dispatcher().does(no, "unmerge", json!({}));
        assert!(city.ticket(no).timers[&ClockName::Overall].is_open());
    }

    fn whoever_was_linked_to_one_that_ends_unanswered_stands_for_herself_again(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        let to = city.now().to_string();
        let ends = [
            ("withdraw", json!({ "reason": "已自行解决" })),
            ("decline", json!({ "reason": "no_new_fact", "told": "已告知" })),
            ("divert", json!({ "service": "119", "at": to })),
        ];
        for (n, (how, body)) in ends.into_iter().enumerate() {
            let parent = city.taken();
            let phone = format!("1390000010{n}");
            let her = takes(&room, how, &neighbour(&phone, &parent)).json();
            let no = her["no"].as_str().unwrap();
            city.hours(1);
            city.agent().does(&parent, how, body);
            assert!(city.ticket(&parent).children.is_empty(), "{how}");
            let ticket = city.ticket(no);
            assert_eq!(ticket.state.name(), StateName::Accepted, "{how}");
            assert!(ticket.timers[&ClockName::Overall].is_open(), "{how}: she is owed an answer");
            assert!(ticket.timers[&ClockName::Dispatch].is_open(), "{how}");
            let last = city.events(no).pop().unwrap();
            assert_eq!(last.command, "unmerge/parent_ended");
            assert_eq!(city.events(&parent).pop().unwrap().command, how, "its own last word");
            assert_eq!(last.at, city.events(&parent).pop().unwrap().at, "one instant");
        }
        assert!(city.hotline.prove(std::path::Path::new("/nowhere")).unwrap().holds());
    }

    fn after_a_rework_everybody_who_was_linked_is_answered_anew(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        let parent = city.replied_by("wuye");
        let her = takes(&room, "call 1", &neighbour("13900000015", &parent)).json();
        let no = her["no"].as_str().unwrap();
        let id = city.stored(no).id;
        city.reviewer().does(&parent, "review", json!({ "pass": true }));
        room.minutes(10);
        let answers = || {
            let all = room.letters();
            all.iter().filter(|it| it.ticket_id == Some(id) && it.occasion == Occasion::Answered).count()
        };
        assert_eq!(answers(), 1);
        city.surveyor().does(&parent, "survey", bad());
        city.reviewer().does(&parent, "triage", json!({ "why": "poor_work", "rework": true }));
        // Whoever is linked meanwhile waits for the second answer too.
        let late = takes(&room, "call 2", &neighbour("13900000016", &parent)).json();
        city.handler("wuye").does(&parent, "reply", json!({ "text": "水管重新修好" }));
        city.reviewer().does(&parent, "review", json!({ "pass": true }));
        room.minutes(10);
        assert_eq!(answers(), 2);
        let late = city.ticket(late["no"].as_str().unwrap());
        assert!(late.timers[&ClockName::Overall].stopped_at.is_some());
    }

    fn a_linked_ticket_is_taken_out_like_any_merged_one(test: &TestDb) {
        let centre = Centre::open(test);
        let burst = centre.city.sent_to("wuye");
        let her = centre.says("agent", "/tickets", &neighbour("13900000012", &burst)).json();
        let no = her["no"].as_str().unwrap();
        centre.city.hours(1);
        centre.city.dispatcher().does(no, "unmerge", json!({}));
        let ticket = centre.city.ticket(no);
        assert_eq!(ticket.state.name(), StateName::Accepted);
        assert!(ticket.timers[&ClockName::Dispatch].is_open(), "the dispatch is owed from the call on");
        assert_eq!(ticket.timers[&ClockName::Dispatch].starts_at, ticket.registered_at);
        assert!(centre.city.ticket(&burst).children.is_empty());
    }

    fn nobody_is_linked_to_what_is_over_unseen_or_unknown_and_no_ticket_is_left(test: &TestDb) {
        let centre = Centre::open(test);
        let city = &centre.city;
        let (over, live) = (city.closed("wuye"), city.taken());
        let under = city.call_merged_into(&live);
        let before = tickets(city);
        let tries = |who: &str, into: &str| {
            let answer = centre.says(who, "/tickets", &neighbour("13900000013", into));
            (told(&answer), answer.json()["state"].clone())
        };
        assert_eq!(tries("agent", &over), ("409 merge.parent_ended".into(), json!("closed")));
        assert_eq!(tries("agent", &under), ("409 merge.parent_merged".into(), json!("merged")));
        assert_eq!(tries("agent", "2026-999999").0, "422 field.unknown_code at /into");
        assert_eq!(tries("platform", &live).0, "403 forbidden");
        assert_eq!(tries("dispatcher", &live).0, "403 forbidden", "who takes no calls");
        // A wrong field is said first, whatever it would be linked to.
        let mut wrong = neighbour("13900000013", "2026-999999");
        wrong["matter"]["category"] = json!("?");
        let answer = centre.says("agent", "/tickets", &wrong);
        assert_eq!(told(&answer), "422 field.unknown_code at /matter/category");
        assert_eq!(tickets(city), before);
        assert_eq!(city.ticket(&live).children, [under]);
    }

    fn who_was_quicker_to_close_it_is_asked_in_the_write_itself(test: &TestDb) {
        let city = City::of(test);
        let burst = city.handled_by("wuye");
        let (agent, hotline) = (city.agent().actor.clone(), city.hotline.clone());
        let draft: jiesu::intake::Draft =
            serde_json::from_value(neighbour("13900000014", &burst)).unwrap();
        let arrival = hotline.arrive(&agent, &draft).unwrap();
        city.agent().does(&burst, "withdraw", json!({ "reason": "已自行解决" }));
        let told = json!({ "confirmed": true, "how": "原号码" });
        city.person("agent-2").does(&burst, "withdraw/confirm", told);
        let before = tickets(&city);
        let kept = keep(&hotline, (agent, draft, arrival));
        assert_eq!(refusal(kept), "409 merge.parent_ended");
        assert_eq!(tickets(&city), before);
    }
}

fn keep(
    hotline: &std::sync::Arc<Hotline>,
    (agent, draft, arrival): (
        jiesu::identity::Actor,
        jiesu::intake::Draft,
        jiesu::lifecycle::Arrival,
    ),
) -> jiesu::error::Result<()> {
    let house = hotline.clone();
    let write = move |tx: &mut jiesu::db::Tx<'_>| {
        house.keep_arrival(tx, &agent, &draft, &arrival).map(drop)
    };
    hotline.db.write(write)
}

impl City {
    /// Another call, merged by hand.
    fn call_merged_into(&self, parent: &str) -> String {
        let no = self.taken();
        self.agent().does(&no, "merge", json!({ "into": parent }));
        no
    }
}
