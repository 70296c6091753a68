//! Reports, contents: warnings of the window and campaigns 未诉先办. Its rule: raised in the window, and as they stand when
//! the report is taken; where no rule warned there is no table.

use serde_json::{Value as Json, json};

use super::columns::column;
use super::figure::ratio;
use super::part::{Part, plain, text};
use crate::error::sentence;
use crate::reports::document::{Block, Cell, Format, Row, TOTAL, Table, Value};
use crate::reports::extras::acting::Point;
use crate::reports::extras::{Campaign, Warned};
use crate::reports::frame::Frame;
use crate::reports::material::Material;

/// How much of a proof is shown, in characters; the campaign has it whole.
const SHOWN: usize = 120;

/// Puts the tables, where there is anything to say.
pub fn tables(material: &Material<'_>, part: &mut Part) {
    if !material.extras.warnings.is_empty() {
        part.push(Block::Table(warnings(material)));
    }
    let campaigns = material.extras.campaigns.as_slice();
    if !campaigns.is_empty() {
        part.push(Block::Table(summary(campaigns)));
        part.push(Block::Table(points(material.frame, campaigns)));
    }
}

/// What sentences may say of warnings and of campaigns.
pub fn said(material: &Material<'_>) -> [Json; 2] {
    let all = total(material);
    let (real, closed) = all.precision();
    let warned = json!({
        "raised": all.raised,
        "acted": all.acted,
        "real": all.real,
        "not_real": all.not_real,
        "open": all.open,
        "listed": all.listed,
        "precision": (closed > 0).then(|| real as f64 / closed as f64),
    });
    let mut sum = (0, 0, 0);
    for (points, done, late) in material.extras.campaigns.iter().map(Campaign::counts) {
        sum = (sum.0 + points, sum.1 + done, sum.2 + late);
    }
    let campaigns = json!({
        "count": material.extras.campaigns.len(),
        "points": sum.0,
        "done": sum.1,
        "late": sum.2,
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
            count(it.acted),
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
            column("acted", "已处置", Format::Count),
            column("real", "属实", Format::Count),
            column("not_real", "不属实", Format::Count),
            column("open", "未关闭", Format::Count),
            column("precision", "准确率", Format::Percent),
            column("listed", "仅关注或列名单", Format::Count),
        ],
        rows,
        note: Some(
            "周期内发出的预警，处置情况截至统计时点；规则降级后只列示的也计入。准确率＝属实÷（属实＋不属实），仅关注或列名单的不计。"
                .to_owned(),
        ),
    }
}

fn summary(all: &[Campaign]) -> Table {
    let row = |it: &Campaign| {
        let state = if it.closed { "已结束" } else { "进行中" };
        let (points, done, late) = it.counts();
        let cells = vec![
            text(it.goal.clone()),
            text(it.month.clone()),
            count(points),
            count(done),
            count(late),
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
        note: Some(
            "周期内开展的专项，完成情况截至统计时点；周期内到期而未完成的为逾期。".to_owned(),
        ),
    }
}

fn points(frame: &Frame, all: &[Campaign]) -> Table {
    let row = |of: &Campaign, it: &Point| {
        let unit = frame.directory.unit(&it.unit);
        let unit = unit.map_or_else(|| it.unit.to_string(), |unit| unit.name.clone());
        let state = match (it.done_at, of.is_late(it)) {
            (Some(_), _) => "已完成",
            (None, true) => "逾期未完成",
            (None, false) => "未完成",
        };
        let done_on = it.done_at.map_or(Value::None, |at| Value::Day(at.day(frame.zone)));
        let cells = vec![
            text(of.goal.clone()),
            text(it.what.clone()),
            text(unit),
            plain(Value::Day(it.due_on)),
            plain(done_on),
            text(state),
            it.proof.as_deref().map_or(plain(Value::None), |proof| text(beginning(proof))),
        ];
        Row { key: format!("{}.{}", of.id, it.k), level: 0, cells }
    };
    Table {
        id: "campaign_points".to_owned(),
        title: "每月一题点位".to_owned(),
        columns: vec![
            column("name", "目标", Format::Text),
            column("what", "点位", Format::Text),
            column("unit", "责任单位", Format::Text),
            column("due_on", "时限", Format::Day),
            column("done_on", "完成日", Format::Day),
            column("state", "状态", Format::Text),
            column("proof", "佐证", Format::Text),
        ],
        rows: all.iter().flat_map(|of| of.points.iter().map(move |it| row(of, it))).collect(),
        note: Some("佐证由责任单位填写，过长的只列开头，全文见专项。".to_owned()),
    }
}

fn beginning(proof: &str) -> String {
    let mut characters = proof.chars();
    let shown: String = characters.by_ref().take(SHOWN).collect();
    if characters.next().is_some() { shown + "……" } else { shown }
}
