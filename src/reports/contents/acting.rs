//! Reports, contents: warnings of the window and campaigns 未诉先办. Its rule: raised in the window, and as they stand when
//! the report is taken; where no rule warned there is no table.

use serde_json::{Value as Json, json};

use super::columns::column;
use super::figure::ratio;
use super::part::{Part, plain, text};
use crate::error::sentence;
use crate::reports::document::{Block, Cell, Format, Row, TOTAL, Table, Value};
use crate::reports::extras::{Campaign, Warned};
use crate::reports::material::Material;

/// Puts both tables, where there is anything to say.
pub fn tables(material: &Material<'_>, part: &mut Part) {
    if !material.extras.warnings.is_empty() {
        part.push(Block::Table(warnings(material)));
    }
    if !material.extras.campaigns.is_empty() {
        part.push(Block::Table(campaigns(&material.extras.campaigns)));
    }
}

/// What sentences may say of warnings and of campaigns.
pub fn said(material: &Material<'_>) -> [Json; 2] {
    let all = total(material);
    let (real, closed) = all.precision();
    let sum = |of: fn(&Campaign) -> i64| material.extras.campaigns.iter().map(of).sum::<i64>();
    let warned = json!({
        "raised": all.raised,
        "real": all.real,
        "not_real": all.not_real,
        "open": all.open,
        "listed": all.listed,
        "precision": (closed > 0).then(|| real as f64 / closed as f64),
    });
    let campaigns = json!({
        "count": material.extras.campaigns.len(),
        "points": sum(|it| it.points),
        "done": sum(|it| it.done),
        "late": sum(|it| it.late),
    });
    [warned, campaigns]
}

fn total(material: &Material<'_>) -> Warned {
    let mut all = Warned::default();
    for counts in material.extras.warnings.values() {
        all.add(counts);
    }
    all
}

fn count(n: i64) -> Cell {
    plain(Value::Count(n))
}

fn warnings(material: &Material<'_>) -> Table {
    let row = |key: &str, name: String, it: &Warned| {
        let (real, closed) = it.precision();
        let cells = vec![
            text(name),
            count(it.raised),
            count(it.real),
            count(it.not_real),
            count(it.open),
            plain(ratio(real as f64, closed)),
            count(it.listed),
        ];
        Row { key: key.to_owned(), level: 0, cells }
    };
    let rules = material.extras.warnings.iter();
    let mut rows: Vec<Row> = rules
        .map(|(rule, counts)| row(rule, sentence(&format!("warning.rule.{rule}"), &[]), counts))
        .collect();
    rows.push(row(TOTAL, "合计".to_owned(), &total(material)));
    Table {
        id: "warnings".to_owned(),
        title: "未诉先办预警".to_owned(),
        columns: vec![
            column("name", "预警规则", Format::Text),
            column("raised", "预警次数", Format::Count),
            column("real", "属实", Format::Count),
            column("not_real", "不属实", Format::Count),
            column("open", "未关闭", Format::Count),
            column("precision", "准确率", Format::Percent),
            column("listed", "仅列示", Format::Count),
        ],
        rows,
        note: Some(
            "周期内发出的预警，处置情况截至统计时点。准确率＝属实÷（属实＋不属实）；仅列示的不推送，不计准确率。"
                .to_owned(),
        ),
    }
}

fn campaigns(all: &[Campaign]) -> Table {
    let row = |it: &Campaign| {
        let state = if it.closed { "已结束" } else { "进行中" };
        let cells = vec![
            text(it.goal.clone()),
            text(it.month.clone()),
            count(it.points),
            count(it.done),
            count(it.late),
            text(state),
        ];
        Row { key: it.id.to_string(), level: 0, cells }
    };
    Table {
        id: "campaigns".to_owned(),
        title: "每月一题".to_owned(),
        columns: vec![
            column("name", "目标", Format::Text),
            column("month", "月份", Format::Text),
            column("points", "点位", Format::Count),
            column("done", "已完成", Format::Count),
            column("late", "逾期未完成", Format::Count),
            column("state", "状态", Format::Text),
        ],
        rows: all.iter().map(row).collect(),
        note: Some("周期内开展的专项；逾期以周期末（未结束的以统计时点）为准。".to_owned()),
    }
}
