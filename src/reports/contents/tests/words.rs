//! What sentences are given, and what was done before the complaint.

use super::*;
use crate::reports::extras::acting::{Campaign, Point, Warned};
use crate::reports::wording::what_is_promised_is_given;

#[test]
fn a_site_is_promised_no_figure_that_its_sentences_are_not_given() {
    let (mut then, mut now) = (City::default(), busy());
    then.answers("big", 95, 100);
    for fact in &mut then.facts.tickets {
        fact.received_at = at(START - (END - START));
    }
    now.answers("big", 50, 100);
    let frame = frame(&now.rules, None);
    report(&frame, &now.facts, &now.facts, Some(then.facts), Extras::default());
    assert!(what_is_promised_is_given() >= 10);
}

#[test]
fn warnings_stand_by_rule_with_their_precision_and_campaigns_with_their_points() {
    let city = busy();
    let cluster = Warned { raised: 3, acted: 2, real: 1, not_real: 1, open: 1, listed: 0 };
    let campaign = Campaign {
        id: 7,
        month: "2026-10".to_owned(),
        goal: "电梯隐患清零".to_owned(),
        closed: false,
        points: vec![
            Point::sample(1, "big", "2026-10-10", Some("已更换".repeat(50).as_str())),
            Point::sample(2, "big", "2026-10-10", None),
            Point::sample(3, "big", "2026-11-10", None),
        ],
        as_of: "2026-11-01".parse().unwrap(),
    };
    let extras = Extras {
        warnings: [("cluster".to_owned(), cluster)].into(),
        campaigns: vec![campaign],
        ..Extras::default()
    };
    let report = report(&frame(&city.rules, None), &city.facts, &city.facts, None, extras);
    let half = Value::Ratio { num: 1.0, den: 2, value: 0.5 };
    assert_eq!(value(&report, "warnings", "cluster", "precision"), half);
    assert_eq!(value(&report, "warnings", "cluster", "acted"), Value::Count(2));
    assert_eq!(value(&report, "warnings", "cluster", "name"), Value::Text("聚集性诉求".to_owned()));
    assert_eq!(value(&report, "warnings", "total", "open"), Value::Count(1));
    assert_eq!(value(&report, "campaigns", "7", "late"), Value::Count(1));
    let due = Value::Day("2026-10-10".parse().unwrap());
    assert_eq!(value(&report, "campaign_points", "7.1", "due_on"), due);
    let Value::Text(proof) = value(&report, "campaign_points", "7.1", "proof") else { panic!() };
    assert!(proof.starts_with("已更换") && proof.ends_with("更换……"), "{proof}");
    assert_eq!(value(&report, "campaign_points", "7.2", "done_on"), Value::None);
    for (row, state) in [("7.1", "已完成"), ("7.2", "逾期未完成"), ("7.3", "未完成")] {
        let state = Value::Text(state.to_owned());
        assert_eq!(value(&report, "campaign_points", row, "state"), state, "{row}");
    }
    let said = words_of(&report, "trend");
    assert!(said.contains("本期发出预警3次，已处置2次") && said.contains("准确率50.0%"), "{said}");
    assert!(said.contains("点位3个，已完成1个，逾期未完成1个"), "{said}");
}
