//! Photos and papers that a citizen adds at the door, as a page sends them.

use jiesu::ticket::event;
use serde_json::{Value, json};

use super::{Door, Told, request, said};
use crate::support::databases::on_each_database;
use crate::support::form::{Reply, fetch, form, send_form};
use crate::support::photo::{MARK, docx, holds, jpeg_of, pdf, phone_photo, picture, png_of};

const PATH: &str = "/api/v1/public/attachments";

impl Told {
    /// The words of the form, before its files.
    fn words(&self) -> Vec<(&str, &str)> {
        vec![("no", &self.no), ("code", &self.code), ("phone_tail", &self.tail)]
    }
}

impl Door {
    fn sends(&self, words: &[(&str, &str)], files: &[(&str, &[u8])]) -> Reply {
        send_form(self.server.address, PATH, &form(words, files), &[]).unwrap()
    }

    /// Sends what is refused: how, and at which field.
    fn refuses(&self, words: &[(&str, &str)], files: &[(&str, &[u8])]) -> String {
        let reply = self.sends(words, files);
        let pointer = reply.json()["errors"][0]["pointer"].as_str().unwrap_or("-").to_owned();
        format!("{} {pointer} {}", reply.status, reply.code())
    }

    /// Sends what is taken: the ticket as the citizen sees it.
    fn brought(&self, told: &Told, files: &[(&str, &[u8])]) -> Value {
        let reply = self.sends(&told.words(), files);
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        reply.json()
    }

    fn files_of(&self, no: &str) -> usize {
        self.server.app.files.names_of(self.city.stored(no).id).unwrap().len()
    }

    fn gets_file(&self, who: &str, id: &str) -> Reply {
        fetch(self.server.address, &self.bearer(who), id).unwrap()
    }
}

/// A refusal without what differs in each: the id of the request.
fn bare(reply: &Reply) -> (u16, Value) {
    let mut body = reply.json();
    body.as_object_mut().unwrap().remove("instance");
    (reply.status, body)
}

on_each_database! {
    fn a_citizen_adds_photos_after_the_intake_and_later_and_is_shown_them(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let photo = phone_photo(6);
        let seen = door.brought(&told, &[("王建国家13900000001.JPG", &photo), ("清单.docx", &docx())]);
        let shown = seen["attachments"].as_array().unwrap();
        assert_eq!(shown.len(), 2, "{seen}");
        let first = (&shown[0]["name"], &shown[0]["kind"], &shown[0]["type"], &shown[0]["at"]);
        assert_eq!(first, (&json!("王**家139****0001.jpg"), &json!("before"), &json!("image/jpeg"),
            &json!("2026-11-02T09:00:00+08:00")));
        assert_eq!((&shown[1]["name"], &shown[1]["kind"]), (&json!("清单.docx"), &json!("document")));
        assert!(shown[0]["bytes"].as_u64().unwrap() > 0);
        assert_eq!(seen["allowed"][1], "attachments");

        door.gets("facts", &told.with(&json!({ "text": "照片补上了" })));
        let kind = [told.words(), vec![("kind", "document")]].concat();
        assert_eq!(door.sends(&kind, &[("合同.png", &png_of(&picture(8, 8)))]).status, 200);
        // What others bring is not shown to whoever has the code.
        let (agent, no) = (door.bearer("agent"), told.no.as_str());
        let file = ("document", "内部.pdf", pdf());
        let brought = crate::support::form::attach(door.server.address, &agent, no, (file.0, file.1, &file.2), &[]);
        assert_eq!(brought.unwrap().status, 201);
        let seen = door.gets("lookup", &told.shown());
        let kinds: Vec<&str> = seen["attachments"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["before", "document", "document"]);
        assert!(!seen.to_string().contains("内部"), "{seen}");

        let got = door.gets_file("agent", &format!("{no}-1"));
        assert_eq!(got.status, 200);
        assert!(!holds(&got.body, MARK.as_bytes()) && !holds(&got.body, b"Exif"));
        let list = door.staff("agent", "GET", &format!("tickets/{no}"), &json!({})).json();
        assert_eq!(list["attachments"][0]["by"], "citizen");
        // One event for one form, which names what lies there; the document follows from the chain.
        let (events, ticket) = (door.city.events(no), door.city.ticket(no));
        let named = |n: usize| (events[n].command.as_str(), events[n].actor.as_str(), events[n].body["files"].as_array().map(Vec::len));
        assert_eq!((named(1), named(3)), (("attach", "citizen", Some(2)), ("attach", "citizen", Some(1))));
        assert_eq!(events[1].body["files"][1]["hash"], json!(ticket.attachments[&2].hash));
        assert!(!events[1].body.to_string().contains('王'));
        assert_eq!(event::replay(&events).unwrap(), ticket);
        assert!(door.server.app.files.verify(&door.server.app.db).unwrap().holds());
        assert_eq!(door.files_of(no), 4);
    }

    fn whoever_shows_the_wrong_thing_learns_nothing_by_a_photo_either(test: &TestDb) {
        let door = Door::open(test);
        let told = door.brings(&request(), "0001");
        let by_tail = Told { tail: "9999".to_owned(), ..told.clone() };
        let absent = Told { no: "2026-999999".to_owned(), ..told.clone() };
        let photo = phone_photo(1);
        let answers: Vec<_> = [&told.wrong(1), &by_tail, &absent, &told.wrong(2), &told.wrong(3)]
            .map(|wrong| bare(&door.sends(&wrong.words(), &[("a.jpg", &photo)])))
            .into();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!((answers[0].0, &answers[0].1["code"]), (404, &json!("public.no_match")));
        // The same tries as at every other door: the fifth locks.
        assert_eq!(said(&door.ask("lookup", &told.wrong(4).shown())), "404 public.no_match");
        assert_eq!(door.refuses(&told.words(), &[("a.jpg", &photo)]), "403 - public.locked");
        assert_eq!((door.files_of(&told.no), door.city.events(&told.no).len()), (0, 1));
    }

    fn who_sends_is_asked_before_a_file_is_read_and_what_is_refused_leaves_nothing(test: &TestDb) {
        let door = Door::with(&[
            ("JIESU_DATABASE__URL", &test.url), ("JIESU_LIMITS__ATTACHMENTS_PER_CITIZEN", "3"),
            ("JIESU_LIMITS__ATTACHMENTS_PER_SIDE", "4"), ("JIESU_PUBLIC__ASKS_PER_MINUTE", "1000"),
        ]);
        let told = door.brings(&request(), "0001");
        let (photo, paper) = (jpeg_of(&picture(8, 8)), pdf());
        let good: (&str, &[u8]) = ("a.jpg", &photo);
        let with = |more: &[(&'static str, &'static str)]| {
            let mut words = told.words();
            words.extend_from_slice(more);
            words
        };
        // Without a file, or with a word too few, nobody is looked for.
        assert_eq!(door.refuses(&told.words(), &[]), "422 /file field.required");
        assert_eq!(door.refuses(&told.words()[..2], &[good]), "422 /phone_tail field.required");
        assert_eq!(door.refuses(&with(&[("who", "me")]), &[good]), "422 /*** field.unknown");
        assert_eq!(door.refuses(&with(&[("no", "1")]), &[good]), "422 /no field.duplicate");
        assert_eq!(door.refuses(&with(&[("kind", "sideways")]), &[good]), "422 /kind field.unknown_code");
        assert_eq!(door.refuses(&with(&[("kind", "after")]), &[good]), "422 /kind attachment.after_by_unit");
        let typed = Told { code: "12".to_owned(), ..told.clone() };
        assert_eq!(door.refuses(&typed.words(), &[good]), "422 /code field.format");
        // A word behind a file comes too late.
        let words = form(&told.words(), &[good]);
        let end = words.len() - "------jiesuTestBoundary7MA4YWxkTrZu0gW--\r\n".len();
        let late = [&words[..end], &form(&[("kind", "document")], &[])].concat();
        let reply = send_form(door.server.address, PATH, &late, &[]).unwrap();
        assert_eq!((reply.status, reply.code().as_str()), (422, "attachment.words_first"));
        // Which of them is refused is said, and none is kept.
        assert_eq!(door.refuses(&told.words(), &[good, ("b.gif", b"GIF89a......")]), "422 /file/1 attachment.type");
        assert_eq!(door.refuses(&with(&[("kind", "before")]), &[good, ("b.pdf", &paper)]), "422 /file attachment.not_a_photo");
        assert_eq!(door.refuses(&told.words(), &[good; 4]), "422 /file attachment.one_file");
        assert_eq!((door.files_of(&told.no), door.city.events(&told.no).len()), (0, 1));

        door.brought(&told, &[good, good]);
        assert_eq!(door.refuses(&told.words(), &[good, good]), "409 - attachment.too_many");
        door.brought(&told, &[good]);
        assert_eq!(door.refuses(&told.words(), &[good]), "409 - attachment.too_many");
        assert_eq!(door.files_of(&told.no), 3);
        // The desk has room beside the citizen.
        let attach = || crate::support::form::attach(door.server.address, &door.bearer("agent"), &told.no, ("before", "a.jpg", &photo), &[]);
        assert_eq!((attach().unwrap().status, attach().unwrap().status), (201, 409));
    }

    fn a_form_that_is_sent_twice_under_one_key_is_taken_once(test: &TestDb) {
        let door = Door::with(&[("JIESU_DATABASE__URL", &test.url), ("JIESU_LIMITS__ATTACHMENTS_PER_CITIZEN", "2")]);
        let told = door.brings(&request(), "0001");
        let (one, other) = (phone_photo(1), phone_photo(3));
        let send = |files: &[(&str, &[u8])]| {
            send_form(door.server.address, PATH, &form(&told.words(), files), &[("Idempotency-Key", "p-1")]).unwrap()
        };
        let (first, again) = (send(&[("a.jpg", &one), ("b.jpg", &other)]), send(&[("a.jpg", &one), ("b.jpg", &other)]));
        assert_eq!((first.status, again.status), (200, 200));
        assert_eq!((&first.body, again.header("idempotent-replayed")), (&again.body, Some("true")));
        assert_eq!((door.files_of(&told.no), door.city.events(&told.no).len()), (2, 2));
        let swapped = send(&[("b.jpg", &one), ("a.jpg", &other)]);
        assert_eq!((swapped.status, swapped.code().as_str()), (422, "idempotency.other_body"));
    }

    fn a_company_and_the_accused_see_nothing_of_what_a_citizen_sent_to_a_sealed_ticket(test: &TestDb) {
        let door = Door::open(test);
        let mut body = request();
        event::apply(&mut body, &json!({ "matter": { "accused": "chengguan" } }));
        let told = door.brings(&body, "0001");
        door.brought(&told, &[("家.jpg", &phone_photo(1))]);
        let units = json!({ "lead": "wuye", "assists": ["hongda", "chengguan"] });
        door.city.dispatcher().does(&told.no, "dispatch", units);
        let (path, id) = (format!("tickets/{}", told.no), format!("{}-1", told.no));
        for who in ["handler@hongda", "unit_head@hongda", "handler@chengguan"] {
            let copy = door.staff(who, "GET", &path, &json!({})).json();
            assert_eq!((&copy["handling_copy"], &copy["attachments"]), (&json!(true), &json!([])), "{who}");
            assert_eq!(door.gets_file(who, &id).status, 404, "{who}");
            let events = door.staff(who, "GET", &format!("{path}/events"), &json!({})).json();
            assert_eq!((&events["items"][1]["command"], &events["items"][1]["body"]), (&json!("attach"), &Value::Null));
        }
        assert_eq!(door.gets_file("handler@wuye", &id).status, 200);
        assert_eq!(door.gets_file("sysadmin", &id).status, 404);
    }

    fn photos_knock_as_often_as_questions_may(test: &TestDb) {
        let door = Door::with(&[("JIESU_DATABASE__URL", &test.url), ("JIESU_PUBLIC__ASKS_PER_MINUTE", "2")]);
        let told = door.brings(&request(), "0001");
        let photo = phone_photo(1);
        door.brought(&told, &[("a.jpg", &photo)]);
        door.gets("lookup", &told.shown());
        let reply = door.sends(&told.words(), &[("a.jpg", &photo)]);
        assert_eq!((reply.status, reply.code().as_str()), (429, "web.too_many"));
        assert!(reply.header("retry-after").is_some());
    }
}
