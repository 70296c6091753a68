//! What comes after the tickets: a survey's link, warnings, October's report. Its rule: as `world`'s.

use chrono::TimeDelta;
use jiesu::identity::Actor;
use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::ticket::link::{self, Purpose};
use serde_json::{Value, json};

use super::World;

impl World {
    /// The lead's part of a survey by link.
    pub(super) fn asks_again(&mut self) {
        let no = self.passed();
        let app = &self.stage.server.app;
        let rules = app.db.read(|conn| app.hotline.rules.current(conn, app.db.now())).unwrap();
        let system = Actor::system();
        let stored = app.db.read(|conn| app.hotline.see(conn, &rules, &system, &no)).unwrap();
        let token = link::make(&app.keys, Purpose::Survey, stored.id, stored.ticket.round());
        self.places.extend([("asked", no), ("link", token)]);
    }

    /// What is said beside a ticket: an incident, a wish to leave the assessment, a case of the bottom line, a whistle.
    pub(super) fn beside(&mut self) {
        let stage = &self.stage;
        let incident = json!({ "title": self.calls_it("岚光苑停水"), "tell": self.says("预计今晚恢复供水"),
            "estates": ["E001"], "category": "H050201" });
        self.owning_up("dispatcher", "/incidents", incident);
        let exclude = json!({ "reason": "force_majeure", "evidence": self.says("台风停工令") });
        stage.orders("handler", self.place("closed"), "exclude", &exclude);
        let cases = stage.asks("unit_head", "/bottom-line/cases");
        let id = cases["items"][0]["id"].as_str().expect("a case of the unit").to_owned();
        let text = json!({ "text": self.says("当日线路检修") });
        stage.posts("unit_head", &format!("/bottom-line/cases/{id}/answer"), &text);
        let no = self.taken();
        stage.orders("dispatcher", &no, "dispatch", &json!({ "lead": "jd-ql1" }));
        let whistle = json!({ "units": ["wuye"], "text": self.says("请到现场联合处置") });
        stage.orders("ql1_head", &no, "whistle", &whistle);
        stage.orders(
            "handler",
            &no,
            "whistle/1/report-in",
            &json!({ "result": self.says("已到场") }),
        );
        self.places.insert("whistled", no);
    }

    /// A program that is told of events, which waits; and a category that is counted as another.
    pub(super) fn connected(&mut self) {
        let stage = &self.stage;
        let plan = json!({ "url": "https://hooks.example.cn/in", "events": ["ticket.closed"], "unit": "wuye" });
        let id = stage.posts("sysadmin", "/webhooks", &plan)["id"].as_str().unwrap().to_owned();
        stage.posts("sysadmin", &format!("/webhooks/{id}/test"), &json!({}));
        // Nobody is called: what was to be told is over once the receiver is paused.
        let paused = json!({ "events": ["ticket.closed"], "unit": "wuye", "enabled": false });
        stage.does("sysadmin", "PUT", &format!("/webhooks/{id}"), &paused);
        let word = json!({ "to": "H050201" });
        stage.does("sysadmin", "PUT", "/category-map/H050299", &word);
        self.places.insert("webhook", id);
    }

    /// A repair card of a ticket at work.
    pub(super) fn card(&mut self) {
        let path = format!("/tickets/{}/card", self.place("handled"));
        let made = self.stage.posts("handler", &path, &json!({}));
        let url = made["url"].as_str().unwrap();
        let token = url.split("/c/card/").nth(1).expect("where it lies").to_owned();
        self.places.insert("card", token);
    }

    /// What is seen before it is complained of, and what was said about it.
    pub(super) fn warnings(&mut self) {
        self.stage.server.clock.forward(TimeDelta::minutes(2));
        let (app, bell) = (&self.stage.server.app, Bell::default());
        app.hotline.seal(&seal_file(&app.config.data_dir), &bell).unwrap();
        assert!(app.watchman.look(&bell).unwrap() > 0, "so many of one estate are seen");
        let list = self.stage.asks("dispatcher", "/warnings");
        let id = list["items"][0]["id"].as_str().expect("one that no unit has").to_owned();
        self.stage.posts("dispatcher", &format!("/warnings/{id}/take"), &json!({}));
        let text = json!({ "text": self.says("已约谈物业") });
        self.stage.posts("dispatcher", &format!("/warnings/{id}/act"), &text);
        self.places.insert("warning", id);
    }

    /// October's report: checked, objected to, frozen, signed, published, instructed on, restated.
    pub(super) fn report(&mut self) {
        let stage = &self.stage;
        let made = stage.posts("assessor", "/reports", &json!({ "window": "2026-10" }));
        let id = made["id"].as_str().unwrap().to_owned();
        let step = |who: &str, step: &str, body: Value| {
            stage.posts(who, &format!("/reports/{id}/{step}"), &body)
        };
        let until = stage.server.app.db.now().plus_millis(86_400_000).to_string();
        step("assessor", "preview", json!({ "until": until }));
        step(
            "unit_head",
            "object",
            json!({ "no": self.place("objected"), "text": self.says("不归我们管") }),
        );
        let seen = stage.asks("assessor", &format!("/reports/{id}"));
        let objection = seen["objections"][0]["id"].clone();
        step(
            "assessor",
            "objections/decide",
            json!({ "decisions": [
            { "id": objection, "uphold": false, "reason": self.says("已由贵科办结") }] }),
        );
        stage.server.clock.forward(TimeDelta::hours(25));
        step("assessor", "freeze", json!({}));
        step(
            "leader",
            "instruct",
            json!({ "text": self.says("电梯要专项整治"), "units": ["wuye"] }),
        );
        step("leader", "sign", json!({}));
        step("leader", "publish", json!({}));
        let again = step("assessor", "restate", json!({}));
        let printed =
            stage.page(Some("leader"), &format!("/monthly/{id}/page")).body.replace("&#x2f;", "/");
        let start = format!("/monthly/{id}/tickets?");
        let mut links = printed.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let cell =
            links.find(|link| link.starts_with(&start)).expect("a figure leads to its tickets");
        self.places.insert("cell", cell.replace("&amp;", "&"));
        self.places.insert("restated", again["id"].as_str().unwrap().to_owned());
        self.places.insert("report", id);
    }
}
