//! Files of a ticket over HTTP: who brings them, who gets them, and what is left of them.

use std::net::SocketAddr;

use image::{GenericImageView, ImageFormat};
use jiesu::jobs::Bell;
use jiesu::ticket::event;
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft_with, people_of_a_server};
use crate::support::databases::on_each_database;
use crate::support::form::{Reply, attach, fetch, send};
use crate::support::photo::{MARK, docx, holds, jpeg_of, pdf, phone_photo, picture, png_of, seen};
use crate::support::server::Server;

/// A served city, and a badge for everybody.
struct House {
    server: Server,
    city: City,
    badges: std::collections::BTreeMap<String, String>,
}

impl House {
    fn on(url: &str, keys: &[(&str, &str)]) -> Self {
        let keys = [&[("JIESU_DATABASE__URL", url)][..], keys].concat();
        let server = Server::start(&keys);
        let city = City::served(&server);
        let badges = badges::issue(&server.app, people_of_a_server().iter());
        Self { server, city, badges }
    }
    fn address(&self) -> SocketAddr {
        self.server.address
    }
    fn badge(&self, who: &str) -> String {
        format!("Bearer {}", self.badges[who])
    }
    fn brings(&self, who: &str, no: &str, file: (&str, &str, &[u8])) -> Reply {
        attach(self.address(), &self.badge(who), no, file, &[]).unwrap()
    }
    /// Brings it, and says its id.
    fn brought(&self, who: &str, no: &str, file: (&str, &str, &[u8])) -> String {
        let reply = self.brings(who, no, file);
        assert_eq!(reply.status, 201, "{who}: {}", String::from_utf8_lossy(&reply.body));
        reply.json()["id"].as_str().unwrap().to_owned()
    }
    fn gets(&self, who: &str, id: &str) -> Reply {
        fetch(self.address(), &self.badge(who), id).unwrap()
    }
    fn sees(&self, who: &str, no: &str) -> Value {
        let path = format!("/api/v1/tickets/{no}");
        send(self.address(), ("GET", &path), &[("Authorization", &self.badge(who))], b"")
            .unwrap()
            .json()
    }
    fn files_of(&self, no: &str) -> usize {
        self.server.app.files.names_of(self.city.stored(no).id).unwrap().len()
    }
}

on_each_database! {
    fn the_agent_adds_a_photo_and_the_clerk_of_the_unit_saves_it_without_its_position(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let no = house.city.handled_by("weixiu");
        let photo = phone_photo(6);
        assert!(holds(&photo, MARK.as_bytes()));
        let before = ("before", "张三家漏水13900000001.JPG", photo.as_slice());
        let reply = house.brings("agent", &no, before);
        assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
        let id = format!("{no}-1");
        assert_eq!(reply.header("location"), Some(format!("/api/v1/attachments/{id}").as_str()));
        assert_eq!(reply.header("etag"), Some("\"5\""));
        let told = reply.json();
        let said = (&told["id"], &told["kind"], &told["type"], &told["by"], &told["at"]);
        assert_eq!(said, (&json!(id), &json!("before"), &json!("image/jpeg"), &json!("agent"),
            &json!("2026-11-02T09:00:00+08:00")));
        assert_eq!(told["name"], "张*家漏水139****0001.jpg");
        assert_eq!(house.sees("handler@weixiu", &no)["attachments"], json!([told]));

        let got = house.gets("handler@weixiu", &id);
        assert_eq!(got.status, 200);
        assert_eq!(got.body.len() as u64, told["bytes"].as_u64().unwrap());
        assert!(!holds(&got.body, MARK.as_bytes()) && !holds(&got.body, b"Exif"));
        // Taken with the telephone held upright: 64 × 48 turned by a quarter, red now at the right.
        let drawn = seen(&got.body, ImageFormat::Jpeg);
        assert_eq!(drawn.dimensions(), (48, 64));
        let [red, green, _, _] = drawn.get_pixel(40, 8).0;
        assert!(red > 180 && green < 90, "{red} {green}");
        for (name, value) in [
            ("content-type", "image/jpeg"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("cache-control", "private, no-store"),
            ("cross-origin-resource-policy", "same-origin"),
            ("content-disposition", &format!("attachment; filename=\"{id}.jpg\"; filename*=UTF-8''\
                %E5%BC%A0%2A%E5%AE%B6%E6%BC%8F%E6%B0%B4139%2A%2A%2A%2A0001.jpg")),
        ] {
            assert_eq!(got.header(name), Some(value), "{}", got.head);
        }
        let path = format!("/api/v1/tickets/{no}/readers");
        let readers = send(house.address(), ("GET", &path), &[("Authorization", &house.badge("leader"))], b"");
        let readers = readers.unwrap().json();
        let fetched = readers["items"].as_array().unwrap().iter()
            .any(|one| one["what"] == "ticket.attachment" && one["user"] == "handler@weixiu");
        assert!(fetched, "{readers}");
        // The chain says which file it is, and the document follows from the chain.
        let events = house.city.events(&no);
        let last = events.last().unwrap();
        let kept = house.city.ticket(&no).attachments[&1].clone();
        assert_eq!((last.command.as_str(), &last.body["hash"]), ("attach", &json!(kept.hash)));
        assert_eq!(event::replay(&events).unwrap(), house.city.ticket(&no));
        assert_eq!(house.files_of(&no), 1);
    }

    fn nothing_of_a_file_lies_in_clear(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let no = house.city.handled_by("weixiu");
        let paper = [pdf().as_slice(), MARK.as_bytes(), b"%%EOF"].concat();
        let id = house.brought("agent", &no, ("document", "a.pdf", &paper));
        assert_eq!(house.gets("agent", &id).body, paper);
        let mut folders = vec![house.server.app.config.data_dir.join("attachments")];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                files += 1;
                let bytes = std::fs::read(entry.path()).unwrap();
                assert!(!holds(&bytes, MARK.as_bytes()) && !holds(&bytes, b"%PDF"));
            }
        }
        assert_eq!(files, 1, "what was under way is gone");
    }

    fn a_company_with_a_handling_copy_gets_what_it_brought_and_nothing_else(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let no = house.city.agent().registers(draft_with(&json!({ "kind": "complaint" })));
        house.city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu", "assists": ["hongda"] }));
        let home = house.brought("agent", &no, ("before", "家.jpg", &phone_photo(1)));
        let own = house.brought("handler@hongda", &no, ("after", "修好了.png", &png_of(&picture(8, 8))));
        let copy = house.sees("handler@hongda", &no);
        assert_eq!(copy["handling_copy"], true);
        assert_eq!(copy["attachments"].as_array().unwrap().len(), 1, "{}", copy["attachments"]);
        assert_eq!(copy["attachments"][0]["id"], json!(own));
        assert_eq!(house.gets("handler@hongda", &own).status, 200);
        assert_eq!(house.gets("handler@hongda", &home).status, 404);
        assert_eq!(house.gets("unit_head@hongda", &home).status, 404);
        assert_eq!(house.gets("handler@weixiu", &home).status, 200);
        assert_eq!(house.gets("handler@weixiu", &own).status, 200);
        for stranger in ["handler@gongan", "sysadmin", "secadmin", "auditor", "platform"] {
            assert_eq!(house.gets(stranger, &home).status, 404, "{stranger}");
        }
        assert_eq!(house.gets("leader", &format!("{no}-3")).status, 404);
        assert_eq!(house.gets("leader", "../../etc/passwd").status, 404);
    }

    fn who_may_not_bring_a_file_is_told_so_and_leaves_none(test: &TestDb) {
        let house = House::on(&test.url, &[("JIESU_LIMITS__ATTACHMENTS_PER_SIDE", "2")]);
        let no = house.city.sent_to("weixiu");
        house.city.dispatcher().does(&no, "dispatch", json!({ "copies": ["gongan"] }));
        let photo = jpeg_of(&picture(8, 8));
        let brings = |who: &str, kind: &str, file: &[u8]| {
            let reply = house.brings(who, &no, (kind, "x.jpg", file));
            (reply.status, reply.code())
        };
        let told = |status: u16, code: &str| (status, code.to_owned());
        assert_eq!(brings("handler@chengguan", "before", &photo), told(404, "not_found"));
        assert_eq!(brings("platform", "before", &photo), told(404, "not_found"));
        assert_eq!(brings("surveyor", "before", &photo), told(403, "forbidden"));
        assert_eq!(brings("handler@gongan", "before", &photo), told(403, "copy_reads_only"));
        assert_eq!(brings("agent", "sideways", &photo), told(422, "field.unknown_code"));
        assert_eq!(brings("agent", "after", &photo), told(422, "attachment.after_by_unit"));
        assert_eq!(brings("agent", "before", &pdf()), told(422, "attachment.not_a_photo"));
        assert_eq!(brings("agent", "document", b"GIF89a......"), told(422, "attachment.type"));
        assert_eq!(brings("agent", "document", b""), told(422, "attachment.type"));
        assert_eq!(house.files_of(&no), 0);
        for _ in 0..2 {
            house.brought("agent", &no, ("document", "x.docx", &docx()));
        }
        assert_eq!(brings("agent", "document", &photo), told(409, "attachment.too_many"));
        assert_eq!(house.files_of(&no), 2, "what was refused is taken away");
        // The units have room of their own.
        house.brought("handler@weixiu", &no, ("after", "x.jpg", &photo));
        let stale = [("If-Match", "\"1\"")];
        let file = ("document", "x.jpg", photo.as_slice());
        let reply = attach(house.address(), &house.badge("handler@weixiu"), &no, file, &stale).unwrap();
        assert_eq!((reply.status, house.files_of(&no)), (412, 3));
    }

    fn a_file_that_is_sent_twice_under_one_key_is_kept_once(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let no = house.city.sent_to("weixiu");
        let key = [("Idempotency-Key", "photo-1")];
        let photo = phone_photo(1);
        let send = |file: (&str, &str, &[u8])| {
            attach(house.address(), &house.badge("agent"), &no, file, &key).unwrap()
        };
        let first = send(("before", "a.jpg", &photo));
        let again = send(("before", "a.jpg", &photo));
        assert_eq!((first.status, again.status), (201, 201));
        assert_eq!(first.body, again.body);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!((house.files_of(&no), house.city.ticket(&no).attachments.len()), (1, 1));
        let other = send(("before", "a.jpg", &jpeg_of(&picture(9, 9))));
        assert_eq!((other.status, other.code().as_str()), (422, "idempotency.other_body"));
    }

    fn a_file_that_is_missing_or_damaged_is_found_and_never_served(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let no = house.city.sent_to("weixiu");
        let ids: Vec<String> = (0..3)
            .map(|_| house.brought("agent", &no, ("before", "a.jpg", &phone_photo(1))))
            .collect();
        let app = &house.server.app;
        let verified = app.files.verify(&app.db).unwrap();
        assert_eq!((verified.whole, verified.holds()), (3, true));
        let (id, ticket) = (house.city.stored(&no).id, house.city.ticket(&no));
        let path = |k: u32| {
            let folder = app.config.data_dir.join("attachments").join(format!("{:03x}", id % 4096));
            folder.join(id.to_string()).join(&ticket.attachments[&k].hash)
        };
        let mut bytes = std::fs::read(path(1)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path(1), bytes).unwrap();
        std::fs::remove_file(path(2)).unwrap();
        let verified = app.files.verify(&app.db).unwrap();
        let told: Vec<(i32, &str)> = verified.flaws.iter().map(|it| (it.k, it.what.as_str())).collect();
        assert_eq!(told, [(1, "file_changed"), (2, "file_missing")]);
        assert_eq!((verified.whole, verified.count), (1, 2));
        for (id, status) in ids.iter().zip([500, 500, 200]) {
            assert_eq!(house.gets("agent", id).status, status);
        }
    }

    fn what_nobody_needs_is_swept_away_after_a_day_and_nothing_else(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let no = house.city.sent_to("weixiu");
        let id = house.brought("agent", &no, ("before", "a.jpg", &phone_photo(1)));
        let app = &house.server.app;
        let stored = house.city.stored(&no);
        // As if the house had fallen down between the file and its row.
        let mut incoming = app.files.receive().unwrap();
        incoming.write(&phone_photo(3)).unwrap();
        let clean = app.files.inspect(incoming.finish().unwrap()).unwrap();
        app.files.keep(stored.id, stored.key(), &clean).unwrap();
        std::mem::forget(app.files.receive().unwrap());
        assert_eq!(house.files_of(&no), 2);
        let today = jiesu::time::Clock::now(&jiesu::time::SystemClock);
        let bell = Bell::default();
        let sweep = |now| app.files.sweep(&app.db, now, &|| bell.stopped()).unwrap();
        assert_eq!(sweep(today), 0);
        let later = today.plus_millis(jiesu::attachment::GRACE_MS + 60_000);
        assert_eq!(sweep(later), 1);
        assert_eq!(house.files_of(&no), 1);
        assert_eq!(house.gets("agent", &id).status, 200);
        let drafts = app.config.data_dir.join("attachments/drafts");
        drop(clean);
        assert_eq!(std::fs::read_dir(drafts).unwrap().count(), 0);
        assert_eq!(app.files.remove_ticket(stored.id).unwrap(), 1);
        assert_eq!(house.gets("agent", &id).status, 500);
    }
}
