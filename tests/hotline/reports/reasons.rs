//! Why it is not solved 未解决原因. Its rule: what nobody looked into has no reason.

use jiesu::time::Stamp;
use serde_json::json;

use super::bureau::{Bureau, cells};
use crate::support::city::bad;
use crate::support::databases::on_each_database;

fn at(text: &str) -> Stamp {
    Stamp::parse(&format!("{text}+08:00")).unwrap()
}

on_each_database! {
    fn what_a_profile_sends_back_by_itself_has_no_reason_yet(test: &TestDb) {
        let bureau = Bureau::open(test);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles/default.toml");
        let toml = std::fs::read_to_string(path).unwrap().replacen("version = 1", "version = 2", 1);
        let toml = toml.replacen("after_bad_survey = \"triage\"", "after_bad_survey = \"at_once\"", 1);
        assert!(toml.contains("\"at_once\"\n"), "{toml}");
        let body = json!({ "name": "default", "version": 2, "toml": toml, "from_on": "2026-12-01" });
        bureau.does("sysadmin", "/profiles", body);
        bureau.server.clock.set(at("2026-12-04T09:00:00"));
        let no = bureau.city.passed("wuye");
        bureau.server.clock.set(at("2026-12-07T10:00:00"));
        bureau.city.surveyor().does(&no, "survey", bad());
        bureau.server.clock.set(at("2026-12-09T09:00:00"));
        let asked = json!({ "from": "2026-12-04", "to": "2026-12-08" });
        let made = bureau.does("assessor", "/reports", asked);
        let document = bureau.document("leader", made["id"].as_str().unwrap());
        let counted = |reason: &str| {
            let own = cells(&document).into_iter().find(|it| {
                (it.table.as_str(), it.row.as_str(), it.column.as_str()) == ("unsolved", reason, "count")
            });
            own.map(|it| it.value)
        };
        assert_eq!(counted("untold"), Some(json!({ "count": 1 })));
        assert_eq!(counted("poor_work"), Some(json!({ "count": 0 })));
    }
}
