//! A site learns from its tickets, at night and from what people said, and what is worse never serves.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;

use chrono_tz::Asia::Shanghai;
use jiesu::directory::{Cached, Entry, Rule, Span, Target};
use jiesu::identity::Actor;
use jiesu::intake::Draft;
use jiesu::learning::measure::Verdict;
use jiesu::learning::model::Model;
use jiesu::learning::school::{Adviser, School, Source};
use jiesu::learning::store::{bytes, lessons, taught};
use jiesu::learning::train::Recipe;
use jiesu::lifecycle::{Hotline, RuleBook};
use jiesu::moving::{Run, import};
use jiesu::ticket::Ticket;
use jiesu::ticket::command::CommandName;
use jiesu::time::Stamp;
use serde_json::json;

use crate::support::databases::on_each_database;
use crate::support::desk::{Desk, describe, dispatcher};
use crate::support::histories::Dice;
use crate::support::town;

/// Categories of the town, each with words of its own.
const MATTERS: [(&str, [&str; 4]); 3] = [
    ("leaf0", ["电梯困人", "电梯停运", "轿厢异响", "电梯维保不到位"]),
    ("leaf1", ["暖气不热", "供暖温度低", "暖气片漏水", "热力公司不供热"]),
    ("leaf2", ["车位被占", "停车收费高", "地库车位不够", "乱停车堵路"]),
];
const FILLERS: [&str; 5] =
    ["请尽快处理", "多次反映没有结果", "居民很着急", "希望给个说法", "住户意见很大"];

/// What tells nothing, and makes no two texts alike.
fn noise(dice: &mut Dice, length: usize) -> String {
    let any = |_| char::from_u32(0x4e00 + u32::try_from(dice.below(3_000)).unwrap()).unwrap();
    (0..length).map(any).collect()
}

/// Takes `count` tickets in, filed under the right category or under any.
pub(super) fn files(
    hotline: &Arc<Hotline>,
    from: usize,
    count: usize,
    dice: &mut Dice,
    mixed: Mixed,
) {
    let line = |no: usize, dice: &mut Dice| {
        let (code, words) = &MATTERS[no % MATTERS.len()];
        let code = match mixed {
            Mixed::No => *code,
            Mixed::Up => MATTERS[usize::try_from(dice.below(3)).unwrap()].0,
        };
        let (one, two) = (*dice.pick(words), *dice.pick(words));
        let title = format!("{}{one}", noise(dice, 8));
        let content = format!("{one}，{}，{two}，{}。", dice.pick(&FILLERS), noise(dice, 60));
        json!({"no": format!("L-{no:05}"), "kind": "help", "channel": "phone",
            "received_at": "2026-10-01T09:00:00+08:00", "title": title, "content": content,
            "category": code, "region": "street1", "caller": {"phone": "13900000001"}})
    };
    let file: String = (from..from + count).map(|no| format!("{}\n", line(no, dice))).collect();
    let mut rejects = Vec::new();
    import(hotline, &mut Cursor::new(file), &mut rejects, Run::Real).unwrap();
    assert!(rejects.is_empty(), "{:.300}", String::from_utf8_lossy(&rejects));
}

#[derive(Clone, Copy)]
pub(super) enum Mixed {
    No,
    Up,
}

/// The desk of a hotline that dispatches by what `school` is sure of: lifts to unit3.
fn dispatching(plain: &Hotline, school: &Arc<School>) -> Desk {
    let lifts = Entry::Rule(Rule {
        code: "R-lifts".to_owned(),
        category: Some("leaf0".into()),
        region: None,
        estate: None,
        lead: Target::Unit("unit3".into()),
        assists: Vec::new(),
        copies: Vec::new(),
        note: String::new(),
        span: Span::from("2026-10-01".parse().unwrap()),
    });
    describe(&plain.db, lifts);
    let adviser = Adviser { school: school.clone(), above: 0.8 };
    let rules = RuleBook::new(Cached::default(), "default").advised_by(adviser);
    let (db, keys) = (plain.db.clone(), plain.keys.clone());
    Desk { hotline: Arc::new(Hotline { db, keys, rules }) }
}

/// A citizen is stuck in a lift and names no category.
fn stuck(desk: &Desk) -> Ticket {
    let draft = json!({"kind": "help", "channel": "app", "dispatch": "auto",
        "caller": {"phone": "13900000002"}, "place": {"region": "street1"},
        "matter": {"content": "电梯困人，电梯停运，电梯维保不到位"}});
    let draft: Draft = serde_json::from_value(draft).unwrap();
    desk.hotline.take_in(&Actor::system(), draft).unwrap().stored.ticket
}

on_each_database! {
    fn a_site_learns_from_its_own_tickets_and_a_worse_model_does_not_serve(test: &TestDb) {
        let hotline = town::hotline(test);
        test.clock.set(Stamp::parse("2026-11-21T09:00:00+08:00").unwrap());
        let today = "2026-11-21".parse().unwrap();
        let school = School::new(&hotline.db, &hotline.keys, &Cached::default());
        let suggest = |content: &str| {
            hotline.db.read(|conn| school.suggest(conn, ("", content), today, 3)).unwrap()
        };
        // Before anything is learnt, the names of categories suggest; the town's say nothing.
        assert_eq!(suggest("电梯又停运了").1, Source::Names);
        let mut dice = Dice::new(11);
        files(&hotline, 0, 700, &mut dice, Mixed::No);
        let lesson = school.learn(&Recipe::default()).unwrap().unwrap();
        assert_eq!(lesson.verdict, Verdict::Serve);
        assert!(lesson.figures.macro_f1 > 0.95, "{:?}", lesson.figures);
        assert_eq!(lesson.examples + lesson.figures.rows, 700);
        // The model says itself from which of them it has learnt.
        let file = hotline.db.read(|conn| bytes(conn, lesson.id)).unwrap().unwrap();
        let (model, all) =
            (Model::from_bytes(&file).unwrap(), hotline.db.read(|conn| taught(conn, 1_000)).unwrap());
        let seen = all.iter().filter(|(id, _)| model.has_seen(*id) == Some(true)).count();
        assert_eq!((seen, all.len()), (lesson.examples, 700));
        for (code, words) in MATTERS {
            let (categories, source) = suggest(words[0]);
            assert_eq!((categories[0].label.as_str(), source), (code, Source::Model(lesson.id)));
            assert!(categories[0].score > 0.5 && !categories[0].words.is_empty());
        }
        // Nothing new, nothing to learn.
        assert!(school.learn(&Recipe::default()).unwrap().is_none());
        // Somebody files the next thousands at random: that is kept as a figure, and does not serve.
        files(&hotline, 700, 2_100, &mut dice, Mixed::Up);
        let worse = school.learn(&Recipe::default()).unwrap().unwrap();
        assert!(matches!(worse.verdict, Verdict::Worse | Verdict::NoBetterThanChance), "{worse:?}");
        assert_eq!(suggest("电梯困人").1, Source::Model(lesson.id));
        let kept = hotline.db.read(|conn| lessons(conn, 10)).unwrap();
        let verdicts: BTreeSet<_> = kept.iter().map(|it| (it.id, it.verdict == Verdict::Serve)).collect();
        assert_eq!(verdicts, BTreeSet::from([(lesson.id, true), (worse.id, false)]));
        // Another node finds the same model.
        let other = School::new(&hotline.db, &hotline.keys, &Cached::default());
        let (categories, source) =
            hotline.db.read(|conn| other.suggest(conn, ("", "暖气不热"), today, 3)).unwrap();
        assert_eq!((categories[0].label.as_str(), source), ("leaf1", Source::Model(lesson.id)));
    }

    fn it_learns_at_night_and_by_day_only_where_nothing_serves_or_no_night_came(test: &TestDb) {
        let hotline = town::hotline(test);
        let school = School::new(&hotline.db, &hotline.keys, &Cached::default());
        let mut dice = Dice::new(17);
        let learns_at = |time: &str| {
            test.clock.set(Stamp::parse(time).unwrap());
            school.learn_when_due(&Recipe::default(), Shanghai).unwrap()
        };
        // Of nothing nothing is learnt; of the first tickets at once, whatever the hour.
        assert_eq!(learns_at("2026-11-21T09:00:00+08:00"), None);
        assert!(hotline.db.read(|conn| lessons(conn, 10)).unwrap().is_empty());
        files(&hotline, 0, 700, &mut dice, Mixed::No);
        let first = learns_at("2026-11-21T09:30:00+08:00").unwrap();
        assert_eq!(first.verdict, Verdict::Serve);
        files(&hotline, 700, 30, &mut dice, Mixed::No);
        for by_day in ["2026-11-21T20:00:00+08:00", "2026-11-22T00:59:00+08:00"] {
            assert_eq!(learns_at(by_day), None, "{by_day}");
        }
        assert!(learns_at("2026-11-22T01:00:00+08:00").is_some());
        assert_eq!(learns_at("2026-11-23T01:00:00+08:00"), None, "nothing came since");
        files(&hotline, 730, 30, &mut dice, Mixed::No);
        assert!(learns_at("2026-11-23T01:30:00+08:00").is_some());
        files(&hotline, 760, 30, &mut dice, Mixed::No);
        assert_eq!(learns_at("2026-11-23T04:30:00+08:00"), None, "once a night");
        // Somebody switches the machine off each evening.
        assert_eq!(learns_at("2026-11-25T18:00:00+08:00"), None);
        assert!(learns_at("2026-11-26T08:00:00+08:00").is_some());
    }

    fn what_was_filed_by_itself_teaches_nothing_until_a_person_files_it_otherwise(test: &TestDb) {
        let plain = town::hotline(test);
        test.clock.set(Stamp::parse("2026-11-21T09:00:00+08:00").unwrap());
        let school = Arc::new(School::new(&plain.db, &plain.keys, &Cached::default()));
        files(&plain, 0, 700, &mut Dice::new(5), Mixed::No);
        school.learn(&Recipe::default()).unwrap().unwrap();
        let desk = dispatching(&plain, &school);
        let ticket = stuck(&desk);
        assert_eq!(ticket.category, Some("leaf0".into()));
        let teaches = || plain.db.read(|conn| taught(conn, 1_000)).unwrap();
        assert_eq!(teaches().len(), 700);
        assert_eq!(school.learn(&Recipe::default()).unwrap(), None, "nobody but the model said so");
        // The dispatcher finds that it is about the heating.
        let amend = json!({"fields": {"category": "leaf1"}, "reason": "核实后更正"});
        desk.give(dispatcher(), &ticket.no, CommandName::Amend, amend).unwrap();
        assert_eq!((teaches().len(), teaches()[0].1.as_str()), (701, "leaf1"));
        let lesson = school.learn(&Recipe::default()).unwrap().unwrap();
        // Nothing else has changed sides: all that is held out is as new to the model that serves.
        assert_eq!(lesson.examples + lesson.figures.rows, 701);
    }
}
