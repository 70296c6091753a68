//! A site learns from its tickets, and what is worse never serves.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;

use jiesu::directory::Cached;
use jiesu::learning::measure::Verdict;
use jiesu::learning::school::{School, Source};
use jiesu::learning::train::Recipe;
use jiesu::lifecycle::Hotline;
use jiesu::moving::{Run, import};
use jiesu::time::Stamp;
use serde_json::json;

use crate::support::databases::on_each_database;
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
        let lessons = hotline.db.read(|conn| jiesu::learning::store::lessons(conn, 10)).unwrap();
        let verdicts: BTreeSet<_> = lessons.iter().map(|it| (it.id, it.verdict == Verdict::Serve)).collect();
        assert_eq!(verdicts, BTreeSet::from([(lesson.id, true), (worse.id, false)]));
        // Another node finds the same model.
        let other = School::new(&hotline.db, &hotline.keys, &Cached::default());
        let (categories, source) =
            hotline.db.read(|conn| other.suggest(conn, ("", "暖气不热"), today, 3)).unwrap();
        assert_eq!((categories[0].label.as_str(), source), ("leaf1", Source::Model(lesson.id)));
    }
}
