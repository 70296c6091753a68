//! A ticket that comes without a category: sent on by itself where the site's own tickets make it sure and the
//! catalogue agrees; else a person chooses.

use std::sync::Arc;

use jiesu::directory::{Cached, Entry, Rule, Span, Target};
use jiesu::identity::Actor;
use jiesu::intake::Draft;
use jiesu::learning::school::{Adviser, School};
use jiesu::learning::train::Recipe;
use jiesu::lifecycle::{Hotline, RuleBook};
use jiesu::ticket::advice::{Taken, Use};
use jiesu::ticket::{StateName, Ticket};
use jiesu::time::Stamp;
use serde_json::json;

use super::learnt::{Mixed, files};
use crate::support::databases::on_each_database;
use crate::support::desk::describe;
use crate::support::histories::Dice;
use crate::support::town;

fn rule(category: &str, lead: &str) -> Entry {
    Entry::Rule(Rule {
        code: format!("R-{category}"),
        category: Some(category.into()),
        region: None,
        estate: None,
        lead: Target::Unit(lead.into()),
        assists: Vec::new(),
        copies: Vec::new(),
        note: String::new(),
        span: Span::from("2026-10-01".parse().unwrap()),
    })
}

fn comes(hotline: &Arc<Hotline>, content: &str, category: Option<&str>) -> Ticket {
    let draft = json!({"kind": "help", "channel": "app", "dispatch": "auto",
        "caller": {"phone": "13900000002"}, "matter": {"content": content, "category": category},
        "place": {"region": "street1"}});
    let draft: Draft = serde_json::from_value(draft).unwrap();
    hotline.take_in(&Actor::system(), draft).unwrap().stored.ticket
}

on_each_database! {
    fn what_is_sure_is_sent_on_and_everything_else_waits_for_a_person(test: &TestDb) {
        let plain = town::hotline(test);
        test.clock.set(Stamp::parse("2026-11-21T09:00:00+08:00").unwrap());
        let school = Arc::new(School::new(&plain.db, &plain.keys, &Cached::default()));
        files(&plain, 0, 700, &mut Dice::new(5), Mixed::No);
        let model = school.learn(&Recipe::default()).unwrap().unwrap().id;
        // The catalogue knows lifts; of heating it says nothing.
        describe(&plain.db, rule("leaf0", "unit3"));
        let advised = |above: f64| {
            let adviser = Adviser { school: school.clone(), above };
            let rules = RuleBook::new(Cached::default(), "default").advised_by(adviser);
            let (db, keys) = (plain.db.clone(), plain.keys.clone());
            Arc::new(Hotline { db, keys, rules })
        };
        let hotline = advised(0.8);
        let lift = comes(&hotline, "电梯困人，电梯停运，电梯维保不到位", None);
        assert_eq!(lift.state.name(), StateName::InUnits);
        assert_eq!(lift.category, Some("leaf0".into()));
        let used = Use::of(&lift).unwrap();
        assert_eq!((used.model, used.taken, used.now), (Some(model), Taken::ByItself, 1));
        // The catalogue does not say who: the category is left to a person too.
        let heat = comes(&hotline, "暖气不热，供暖温度低，热力公司不供热", None);
        assert_eq!((heat.state.name(), heat.category), (StateName::Accepted, None));
        // What says little is not sure.
        let unsure = comes(&hotline, "请尽快处理", None);
        assert_eq!((unsure.state.name(), unsure.category), (StateName::Accepted, None));
        // Who gave a category is not overruled.
        let given = comes(&hotline, "电梯困人，电梯停运", Some("leaf1"));
        assert_eq!((given.state.name(), given.category), (StateName::Accepted, Some("leaf1".into())));
        // Nor is anything sure at a site that wants a person, or before anything was learnt.
        for never in [advised(1.0), plain] {
            let lift = comes(&never, "电梯困人，电梯停运，电梯维保不到位", None);
            assert_eq!((lift.state.name(), lift.category), (StateName::Accepted, None));
        }
    }
}
