//! What sentences are given, and what was done before the complaint.

use super::*;
use crate::reports::extras::{Campaign, Warned};
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
    let cluster = Warned { raised: 3, real: 1, not_real: 1, open: 1, listed: 0 };
    let campaign = Campaign {
        id: 7,
        month: "2026-10".to_owned(),
        goal: "电梯隐患清零".to_owned(),
        closed: false,
        points: 4,
        done: 3,
        late: 1,
    };
    let extras = Extras {
        warnings: [("cluster".to_owned(), cluster)].into(),
        campaigns: vec![campaign],
        ..Extras::default()
    };
    let report = report(&frame(&city.rules, None), &city.facts, &city.facts, None, extras);
    let half = Value::Ratio { num: 1.0, den: 2, value: 0.5 };
    assert_eq!(value(&report, "warnings", "cluster", "precision"), half);
    assert_eq!(value(&report, "warnings", "cluster", "name"), Value::Text("聚集性诉求".to_owned()));
    assert_eq!(value(&report, "warnings", "total", "open"), Value::Count(1));
    assert_eq!(value(&report, "campaigns", "7", "late"), Value::Count(1));
    let said = words_of(&report, "trend");
    assert!(said.contains("本期发出预警3次") && said.contains("准确率50.0%"), "{said}");
    assert!(said.contains("点位4个，已完成3个，逾期未完成1个"), "{said}");
}
