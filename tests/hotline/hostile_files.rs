//! More than 200 hostile files sent to the real program: each is refused with a reason, or what is served of
//! it is harmless; the memory it takes for that is bounded. `JIESU_SEED=n` repeats the damaged ones.

mod others;
mod papers;
mod pictures;

use std::collections::BTreeMap;

use image::ImageFormat;
use serde_json::json;

use crate::support::databases::say;
use crate::support::form::{Reply, attach, fetch};
use crate::support::photo::{MARK, holds, seen};
use crate::support::program::{Program, Site};

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Never taken, with this code.
    Refused(&'static str),
    /// Taken, and only a new picture is served.
    Drawn,
    /// Taken as it is, and served to be saved.
    Saved,
    /// A damaged picture: refused or drawn, as far as it can be read.
    RefusedOrDrawn,
}

/// A hostile file.
pub struct Hostile {
    pub family: &'static str,
    /// What its sender calls it.
    pub name: String,
    pub bytes: Vec<u8>,
    pub fate: Fate,
}

pub fn hostile(family: &'static str, name: &str, bytes: Vec<u8>, fate: Fate) -> Hostile {
    Hostile { family, name: name.to_owned(), bytes, fate }
}

/// Small enough that a bomb would be seen, large enough for every photo here.
const KEYS: [(&str, &str); 5] = [
    ("JIESU_LIMITS__ATTACHMENT_PIXELS", "4000000"),
    ("JIESU_LIMITS__ATTACHMENT_BYTES", "4000000"),
    ("JIESU_LIMITS__ATTACHMENTS_PER_SIDE", "1000"),
    ("JIESU_LOG__LEVEL", "warn"),
    // A dictionary takes as much as all the pictures here.
    ("JIESU_SEARCH__FOLLOW", "false"),
];
/// MiB that the process may ever have taken: itself, and what 4 million pixels come to.
const MOST_MIB: u64 = 256;

#[test]
fn two_hundred_hostile_files_are_refused_or_defused_in_bounded_memory() {
    let files: Vec<Hostile> =
        [pictures::all(), papers::all(), others::all()].into_iter().flatten().collect();
    assert!(files.len() >= 200, "{}", files.len());
    let site = Site::new(None, &KEYS);
    let program = site.start();
    let before = program.peak_mib();
    let no = take_a_call(&site, &program);
    let badge = site.badge("agent");
    let mut tally: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for file in &files {
        let form = ("document", file.name.as_str(), file.bytes.as_slice());
        let reply = attach(program.address, &badge, &no, form, &[]);
        let reply = reply.unwrap_or_else(|error| panic!("{} {}: {error}", file.family, file.name));
        let became = judge(file, &reply, &program, &badge);
        *tally.entry((file.family, became)).or_default() += 1;
    }
    let after = program.peak_mib();
    say(&format!(
        "{} hostile files {tally:?}; peak memory {before} MiB before, {after} MiB after",
        files.len()
    ));
    assert!(after < MOST_MIB, "{after} MiB");
    let verified = site.run(&["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

fn take_a_call(site: &Site, program: &Program) -> String {
    let body = json!({ "kind": "help", "channel": "phone", "caller": { "phone": "13900000001" },
        "matter": { "content": "漏水", "category": "wy.dt" } });
    let badge = site.badge("agent");
    let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
    let answer = program.line().ask("POST", "/api/v1/tickets", &headers, &body.to_string());
    answer.unwrap().json()["no"].as_str().unwrap().to_owned()
}

fn judge(file: &Hostile, reply: &Reply, program: &Program, badge: &str) -> &'static str {
    let what = format!("{} {:?}: {}", file.family, file.name, String::from_utf8_lossy(&reply.body));
    if reply.status != 201 {
        assert!(matches!(reply.status, 413 | 422), "{what}");
        match file.fate {
            Fate::Refused(code) => assert_eq!(reply.code(), code, "{what}"),
            Fate::RefusedOrDrawn => {
                let code = reply.code();
                assert!(
                    ["attachment.broken", "attachment.pixels", "attachment.type"]
                        .contains(&code.as_str()),
                    "{what}"
                );
            }
            _ => panic!("{what}"),
        }
        return "refused";
    }
    let told = reply.json();
    let name = told["name"].as_str().unwrap();
    let harmless = name.chars().all(|c| !c.is_control() && !"/\\\"<>\u{202e}".contains(c));
    assert!(harmless && name.chars().count() <= 90, "{what}");
    let got = fetch(program.address, badge, told["id"].as_str().unwrap()).unwrap();
    assert_eq!(got.status, 200, "{what}");
    assert!(got.header("content-disposition").unwrap().starts_with("attachment; "), "{}", got.head);
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(got.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    assert!(!got.head.to_lowercase().contains("set-cookie"), "{}", got.head);
    let kind = got.header("content-type").unwrap();
    assert_eq!(kind, told["type"].as_str().unwrap());
    match file.fate {
        Fate::Drawn | Fate::RefusedOrDrawn => {
            let format = if kind == "image/png" { ImageFormat::Png } else { ImageFormat::Jpeg };
            seen(&got.body, format);
            for needle in [MARK.as_bytes(), b"Exif", b"<script", b"PK\x03\x04", b"%PDF", b"<?php"] {
                assert!(!holds(&got.body, needle), "{what}: {needle:?}");
            }
            "drawn anew"
        }
        Fate::Saved => {
            assert_eq!(got.body, file.bytes, "{what}");
            "only to be saved"
        }
        Fate::Refused(code) => panic!("not {code}: {what}"),
    }
}
