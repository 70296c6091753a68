//! Mail against a server: gone for an hour, saying no, and over TLS.

use std::collections::BTreeMap;

use jiesu::notify::store::LetterState;
use serde_json::json;

use crate::support::databases::{TestDb, on_each_database};
use crate::support::mailroom::{Mailroom, address, words};
use crate::support::smtp::{Security, SmtpServer};

const NO_DIGEST: (&str, &str) = ("JIESU_NOTIFY__DIGEST", "[]");
const NO_CAP: (&str, &str) = ("JIESU_NOTIFY__CAP_PER_HOUR", "100000");
const SMTP: (&str, &str) = ("JIESU_MAIL__TRANSPORT", "smtp");
const PLAIN: (&str, &str) = ("JIESU_MAIL__SECURITY", "none");

/// The units that get each ticket of the hour: one leads, seven assist.
const ASSISTS: [&str; 7] =
    ["weixiu", "weixiu-1", "baozhang", "qufang", "jiedao", "jiedao2", "tiaojie"];

on_each_database! {
    fn a_server_gone_for_an_hour_costs_no_letter_and_doubles_none(test: &TestDb) {
        let mail = SmtpServer::start(Security::None);
        let url = mail.url("smtp");
        // One caller a hundred times is warned of, which is another letter.
        let quiet = ("JIESU_PROACTIVE__LOOK_SECONDS", "86400");
        let keys = [SMTP, PLAIN, NO_DIGEST, NO_CAP, quiet, ("JIESU_MAIL__SMTP_URL", url.as_str())];
        let room = Mailroom::open(test, &keys);
        room.work();
        mail.go_away();
        for _ in 0..125 {
            let no = room.city.taken();
            let body = json!({ "lead": "wuye", "assists": ASSISTS });
            room.city.dispatcher().does(&no, "dispatch", body);
        }
        for _ in 0..6 {
            room.minutes(10);
        }
        assert!(mail.taken().is_empty());
        assert_eq!(room.in_state(LetterState::Waiting).len(), 1_000);
        mail.come_back();
        for _ in 0..3 {
            room.minutes(5);
        }
        assert_eq!(room.in_state(LetterState::Sent).len(), 1_000);
        let taken = mail.taken();
        assert_eq!(taken.len(), 1_000);
        let mut ids = BTreeMap::new();
        for mail in &taken {
            *ids.entry(mail.header("Message-ID")).or_insert(0) += 1;
            assert_eq!(mail.to.len(), 1);
        }
        assert_eq!(ids.len(), 1_000, "no letter twice");
        let to_wuye = taken.iter().filter(|mail| mail.to == [address("handler@wuye")]).count();
        assert_eq!(to_wuye, 125);
    }

    fn what_the_server_refuses_for_good_is_seen_at_once_and_can_be_tried_again(test: &TestDb) {
        let mail = SmtpServer::start(Security::None);
        let url = mail.url("smtp");
        let keys = [SMTP, PLAIN, NO_DIGEST, ("JIESU_MAIL__SMTP_URL", url.as_str())];
        let room = Mailroom::open(test, &keys);
        mail.refuse(&address("handler@wuye"), 550);
        let no = room.city.sent_to("wuye");
        room.minutes(1);
        let ask = |who: &str, method: &str, path: &str| {
            let bearer = format!("Bearer {}", room.tokens[who]);
            room.server.ask(method, path, &[("Authorization", &bearer)], "")
        };
        let listed = ask("sysadmin", "GET", "/api/v1/outbox?state=dead").json();
        let item = &listed["items"][0];
        assert_eq!((item["no"].as_str(), item["why"].as_str()), (Some(no.as_str()), Some("mail.refused_550")));
        assert_eq!(item["to"], "handler@wuye");
        assert!(!listed.to_string().contains("city.test"), "no address leaves: {listed}");
        for who in ["agent", "handler@wuye", "secadmin", "auditor"] {
            assert_eq!(ask(who, "GET", "/api/v1/outbox").status, 403, "{who}");
        }
        mail.relent();
        let path = format!("/api/v1/outbox/{}/retry", item["id"].as_str().unwrap());
        assert_eq!(ask("dispatcher", "POST", &path).status, 403);
        assert_eq!(ask("sysadmin", "POST", &path).status, 204);
        room.work();
        assert_eq!(mail.taken().len(), 1);
        assert_eq!(ask("sysadmin", "POST", &path).status, 404, "it is dead no more");
    }

    fn a_server_that_says_later_is_asked_again_and_at_last_given_up(test: &TestDb) {
        let mail = SmtpServer::start(Security::None);
        let url = mail.url("smtp");
        let keys = [SMTP, PLAIN, NO_DIGEST, ("JIESU_MAIL__SMTP_URL", url.as_str())];
        let room = Mailroom::open(test, &keys);
        mail.refuse(&address("handler@wuye"), 451);
        room.city.sent_to("wuye");
        room.minutes(1);
        let waiting = room.in_state(LetterState::Waiting);
        assert_eq!(waiting[0].why.as_deref(), Some("mail.deferred_451"));
        for _ in 0..24 * 4 {
            room.minutes(60);
        }
        let of_dispatch = room.letters().into_iter().next().unwrap();
        assert_eq!(of_dispatch.state, LetterState::Dead);
        assert!(mail.taken().iter().all(|it| it.to != [address("handler@wuye")]));
    }
}

/// One letter through a server of this kind; what the server took.
fn through(security: Security, keys: &[(&str, &str)]) -> (SmtpServer, Mailroom, TestDb) {
    let test = TestDb::sqlite();
    let mail = SmtpServer::start(security);
    let url = mail.url(if security == Security::Tls { "smtps" } else { "smtp" });
    let ca = test.url.trim_start_matches("sqlite://").to_owned() + ".ca.pem";
    std::fs::write(&ca, &mail.certificate).unwrap();
    let mut all = vec![SMTP, ("JIESU_MAIL__SMTP_URL", url.as_str())];
    all.push(("JIESU_MAIL__CA_FILE", ca.as_str()));
    all.extend(keys);
    let room = Mailroom::open(&test, &all);
    room.city.sent_to("wuye");
    room.minutes(1);
    (mail, room, test)
}

#[test]
fn a_letter_goes_over_starttls_where_the_server_s_authority_is_known() {
    let (mail, _room, _test) = through(Security::Starttls, &[]);
    let taken = mail.taken();
    assert_eq!((taken.len(), taken[0].over_tls), (1, true));
    assert!(words(&taken[0].data).0.contains("新派工单"));
}

#[test]
fn a_letter_goes_over_tls_from_the_first_byte() {
    let (mail, _room, _test) = through(Security::Tls, &[]);
    assert!(mail.taken().iter().all(|it| it.over_tls) && mail.taken().len() == 1);
}

#[test]
fn no_letter_goes_where_tls_is_demanded_and_not_offered() {
    let (mail, room, _test) = through(Security::None, &[]);
    assert!(mail.taken().is_empty());
    assert_eq!(room.letters()[0].why.as_deref(), Some("mail.server_away"));
}

#[test]
fn no_letter_goes_to_a_server_whose_certificate_nobody_knows() {
    let (mail, room, _test) = through(Security::Starttls, &[("JIESU_MAIL__CA_FILE", "")]);
    assert!(mail.taken().is_empty());
    assert_eq!(room.letters()[0].state, LetterState::Waiting);
}
