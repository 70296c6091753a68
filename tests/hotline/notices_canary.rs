//! Nobody learns from a letter who called: whatever was typed wherever, staff read none of it.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::support::city::draft_with;
use crate::support::databases::TestDb;
use crate::support::mailroom::Mailroom;

/// What a caller might be known by, and how it might be written.
fn canary() -> impl Strategy<Value = (String, String, String, String)> {
    let name = "[欧阳司马慕容]{2}[甲乙丙丁戊己庚辛]{2}";
    let phone = prop::sample::select(vec!["139", "186", "177"])
        .prop_flat_map(|start| "[0-9]{8}".prop_map(move |rest| format!("{start}{rest}")));
    let full_width = any::<bool>();
    let place = "[2-9]号楼[1-4]单元[1-9]0[1-4]室";
    (name, phone, full_width, place).prop_map(|(name, phone, wide, place)| {
        let typed = if wide {
            phone.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect()
        } else {
            phone.clone()
        };
        (name, phone, typed, place)
    })
}

#[test]
fn no_letter_to_staff_tells_who_called() {
    let room = Mailroom::open(&TestDb::sqlite(), &[("JIESU_NOTIFY__CAP_PER_HOUR", "10000")]);
    room.set_reach("handler@jiedao", None, Some("13811112222"));
    let mut runner = TestRunner::new(Config::with_cases(24));
    let outcome = runner.run(&canary(), |(name, phone, typed, place)| {
        let change = json!({
            "kind": "complaint", "channel": "web",
            "caller": { "name": name, "phone": phone, "email": format!("q{phone}@secret.example") },
            "matter": {
                "title": format!("{name}反映电梯停运 {typed}"),
                "content": format!("我是{name}，住{place}，电话{typed}"),
                "accused": "hongda",
            },
            "place": { "address": place, "building": place },
        });
        for kind in ["complaint", "help"] {
            let mut change = change.clone();
            change["kind"] = json!(kind);
            let no = room.city.agent().registers(draft_with(&change));
            let to = json!({ "lead": "wuye", "assists": ["jiedao", "hongda"] });
            room.city.dispatcher().does(&no, "dispatch", to);
            room.city.agent().does(&no, "urge", json!({ "text": format!("{name} {typed}") }));
            room.minutes(2);
            room.city.dispatcher().does(
                &no,
                "recall",
                json!({ "reason": format!("{name}{place}") }),
            );
            room.minutes(2);
        }
        let mut seen = 0;
        for filed in room.take("mail") {
            let to_staff = filed.to().ends_with("@city.test");
            let (subject, plain, html) = filed.words();
            let whole = format!("{subject}\n{plain}\n{html}");
            if to_staff {
                seen += 1;
                for secret in [&name, &phone, &typed, &place] {
                    prop_assert!(!whole.contains(secret.as_str()), "{secret} in {whole}");
                }
                prop_assert!(!filed.text.contains("secret.example"));
            }
        }
        for filed in room.take("sms") {
            let to_staff = filed.text.starts_with("13811112222");
            prop_assert!(!to_staff || !filed.text.contains(name.as_str()));
        }
        prop_assert!(seen >= 6, "letters were written: {seen}");
        Ok(())
    });
    outcome.unwrap();
}
