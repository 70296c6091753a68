//! Five wrong tries, then a lock and a person.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiesu::citizen::{Claim, Verdict, Wrong, prove};
use jiesu::error::Kind;
use jiesu::lifecycle::Hotline;
use serde_json::{Value, json};

use super::{Door, Told, request, said};
use crate::support::databases::on_each_database;
use crate::support::server::Answer;

impl Told {
    /// The same with a code that is not this one's.
    pub fn wrong(&self, by: u32) -> Self {
        let code = (self.code.parse::<u32>().unwrap() + by) % 1_000_000;
        Self { code: format!("{code:06}"), ..self.clone() }
    }
    fn claim(&self) -> Claim {
        Claim::parse(&self.no, &self.code, &self.tail).unwrap()
    }
}

/// The verdict, asked again as long as too many others are in the way: who is told to come back has
/// not been judged.
fn judged_at_last(hotline: &Arc<Hotline>, told: &Told) -> Verdict {
    loop {
        match prove(hotline, &told.claim()) {
            Ok(verdict) => return verdict,
            Err(error) => assert_eq!(error.kind(), Kind::Unavailable, "{error}"),
        }
    }
}

/// An answer without what differs in each: the id of the request.
fn bare(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("instance");
    (answer.status, body)
}

on_each_database! {
    fn the_fifth_wrong_try_locks_and_only_a_person_opens_again(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let by_tail = Told { tail: "9999".to_owned(), ..told.clone() };
        let absent = Told { no: "2026-999999".to_owned(), ..told.clone() };
        let answers: Vec<_> = [&told.wrong(1), &by_tail, &told.wrong(2), &absent, &told.wrong(3)]
            .map(|wrong| bare(&door.ask("lookup", &wrong.shown())))
            .into();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(answers[0].1["code"], "public.no_match");
        assert_eq!(door.gets("lookup", &told.shown())["no"], told.no.as_str());
        assert_eq!(bare(&door.ask("facts", &told.wrong(4).with(&json!({ "text": "x" })))), answers[0]);
        // The citizen is told, whoever guesses is not.
        assert_eq!(said(&door.ask("lookup", &told.shown())), "403 public.locked");
        assert_eq!(said(&door.ask("urge", &told.with(&json!({ "text": "x" })))), "403 public.locked");
        assert_eq!(bare(&door.ask("lookup", &told.wrong(5).shown())), answers[0]);

        let path = format!("tickets/{}/code", told.no);
        let how = json!({ "how": "回拨登记号码核实" });
        assert_eq!(said(&door.staff("handler@wuye", "POST", &path, &how)), "404 not_found");
        assert_eq!(said(&door.staff("dispatcher", "POST", &path, &how)), "403 forbidden");
        assert_eq!(said(&door.staff("agent", "POST", &path, &json!({}))), "422 field.required");
        let issued = door.staff("agent", "POST", &path, &how).json();
        let new = Told { code: issued["code"].as_str().unwrap().to_owned(), ..told.clone() };
        assert_eq!(door.gets("lookup", &new.shown())["no"], told.no.as_str());
        let event = door.city.events(&told.no).pop().unwrap();
        assert_eq!((event.command.as_str(), event.actor.as_str()), ("code", "agent"));
        assert!(!event.body.to_string().contains(&new.code));
        if told.code != new.code {
            assert_eq!(said(&door.ask("lookup", &told.shown())), "404 public.no_match");
        }
    }

    fn nothing_is_compared_any_more_long_after_the_lock(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let hotline = &door.server.app.hotline;
        let judged = |told: &Told| prove(hotline, &told.claim()).unwrap();
        for by in 1..=10 {
            let wanted = if by == 5 { Wrong::Locks } else { Wrong::Counted };
            assert_eq!(judged(&told.wrong(by)), Verdict::Wrong(wanted));
            if (5..10).contains(&by) {
                assert_eq!(judged(&told), Verdict::Locked);
            }
        }
        assert_eq!(judged(&told), Verdict::Wrong(Wrong::Shut));
        // A number that is not there goes the same way.
        let absent = Told { no: "2026-999999".to_owned(), ..told.clone() };
        for by in 1..=10 {
            let wanted = if by == 5 { Wrong::Locks } else { Wrong::Counted };
            assert_eq!(judged(&absent), Verdict::Wrong(wanted));
        }
        assert_eq!(judged(&absent), Verdict::Wrong(Wrong::Shut));
        // It is forgotten after a day; what is locked stays so.
        door.city.days(2);
        let db = &door.server.app.db;
        assert_eq!(db.write(jiesu::citizen::forget_unknown).unwrap(), 1);
        assert_eq!(judged(&told), Verdict::Wrong(Wrong::Shut));
    }

    fn what_was_tried_before_a_number_was_given_out_locks_nobody_out(test: &TestDb) {
        let door = Door::open(test);
        let hotline = &door.server.app.hotline;
        let judged = |told: &Told| prove(hotline, &told.claim()).unwrap();
        let first = door.brings(&request(), "0001");
        let (year, number) = first.no.split_once('-').unwrap();
        let next = format!("{year}-{:06}", number.parse::<u32>().unwrap() + 1);
        let early = Told { no: next, ..first.clone() };
        for _ in 1..=10 {
            judged(&early);
        }
        assert_eq!(judged(&early), Verdict::Wrong(Wrong::Shut));
        let told = door.brings(&request(), "0001");
        assert_eq!(told.no, early.no);
        assert_eq!(judged(&told), Verdict::Right(told.no.clone()));
        // From here on its tries are its own, and are not forgotten with those of the day.
        assert_eq!(judged(&told.wrong(1)), Verdict::Wrong(Wrong::Counted));
        door.city.days(2);
        assert_eq!(door.server.app.db.write(jiesu::citizen::forget_unknown).unwrap(), 0);
        for by in 2..=5 {
            let wanted = if by == 5 { Wrong::Locks } else { Wrong::Counted };
            assert_eq!(judged(&told.wrong(by)), Verdict::Wrong(wanted));
        }
    }

    fn many_guesses_at_once_are_no_more_than_one_after_another(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let hotline = &door.server.app.hotline;
        let counted = Arc::new(AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for first in 0..8 {
                let (told, counted) = (&told, counted.clone());
                scope.spawn(move || {
                    for step in 0..5 {
                        let wrong = told.wrong(1 + first * 5 + step);
                        let verdict = judged_at_last(hotline, &wrong);
                        if matches!(verdict, Verdict::Wrong(Wrong::Counted | Wrong::Locks)) {
                            counted.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        assert_eq!(counted.load(Ordering::SeqCst), 10);
        assert_eq!(prove(hotline, &told.claim()).unwrap(), Verdict::Wrong(Wrong::Shut));
    }

    fn what_has_no_form_is_named_before_anything_is_counted(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        for _ in 0..6 {
            let body = json!({ "no": told.no, "code": "12345", "phone_tail": "001" });
            let answer = door.ask("lookup", &body);
            let errors = answer.json()["errors"].clone();
            assert_eq!(answer.status, 422);
            assert_eq!((&errors[0]["pointer"], &errors[1]["pointer"]), (&"/code".into(), &"/phone_tail".into()));
        }
        // Digits as a telephone types them.
        let wide: String = told.code.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
        let typed = json!({ "no": format!(" {} ", told.no), "code": format!("{} {}", &wide[..9], &wide[9..]), "phone_tail": "００01" });
        assert_eq!(door.gets("lookup", &typed)["no"], told.no.as_str());
    }
}
