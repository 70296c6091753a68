//! Reports, printing: documents made by hand for tests, one as a city would print it, one that is hostile in every place
//! where a text may stand. Its rule: every block, format and kind of value is in both.

use chrono::NaiveDate;
use chrono_tz::Asia::Shanghai;

use super::Printed;
use crate::assessment::{Edition, GroupBy, Metric, Side};
use crate::reports::Document;
use crate::reports::document::{
    Block, Cell, Chart, ChartKind, Column, Format, Row, Section, Series, Source, Table, Value,
};
use crate::sheet::hostile::texts;
use crate::time::Stamp;

/// How a print of the samples is made.
pub fn printed() -> Printed {
    let text = "一是对响应率低于90%的3个承办单位发函督办，约谈相关物业项目负责人。\n二是11月15日前完成供暖诉求集中回访，对仍未解决的逐户上门。\n三是建议召开专题会，研究雅苑等小区电梯更新资金来源。";
    Printed {
        state: "核对稿".to_owned(),
        edition: 1,
        texts: [("measures".to_owned(), text.to_owned())].into(),
        instructions: Vec::new(),
        signer: Some("李某某".to_owned()),
        dated: NaiveDate::from_ymd_opt(2026, 11, 26),
        watermark: Some("副本 · 张三 · 2026-11-26 09:00".to_owned()),
        base: Some("/api/v1/reports/7/tickets".to_owned()),
        at: Stamp::parse("2026-11-26T01:00:00Z").unwrap(),
        zone: Shanghai,
    }
}

pub fn column(id: &str, name: &str, format: Format) -> Column {
    Column { id: id.into(), name: name.into(), format, definition: None, formula: None }
}

fn defined(metric: Metric, formula: &str, format: Format) -> Column {
    let definition = Some(metric.definition().to_owned());
    Column {
        definition,
        formula: Some(formula.into()),
        ..column(metric.as_str(), metric.zh(), format)
    }
}

pub fn plain(value: Value) -> Cell {
    Cell { value, source: None }
}

fn text(text: &str) -> Cell {
    plain(Value::Text(text.into()))
}

fn linked(value: Value, metric: Metric, key: &str) -> Cell {
    let source = Source::Figure {
        by: GroupBy::Unit,
        rollup: false,
        edition: Edition::Assessed,
        metric,
        side: Side::Num,
        key: Some(key.to_owned()),
    };
    Cell { value, source: Some(source) }
}

fn ratio(num: f64, den: i64) -> Value {
    Value::Ratio { num, den, value: num / den as f64 }
}

fn overview() -> Table {
    let rows = [
        ("受理量", Value::Count(1284), Value::Number(0.083), Value::Number(-0.041)),
        ("办结量", Value::Count(1197), Value::Number(0.065), Value::Number(-0.02)),
        ("结转量", Value::Count(214), Value::Number(0.0), Value::None),
    ];
    let row = |(at, (name, count, month, year)): (usize, (&str, Value, Value, Value))| Row {
        key: at.to_string(),
        level: 0,
        cells: vec![text(name), linked(count, Metric::Received, name), plain(month), plain(year)],
    };
    Table {
        id: "overview".into(),
        title: "总体情况".into(),
        columns: vec![
            column("what", "指标", Format::Text),
            column("value", "本期", Format::Count),
            column("month", "环比", Format::Growth),
            column("year", "同比", Format::Growth),
        ],
        rows: rows.into_iter().enumerate().map(row).collect(),
        note: Some("环比、同比均取去年同期和上期相同的已过天数。".into()),
    }
}

const UNITS: [(&str, u8, f64, i64); 9] = [
    ("东湖街道", 0, 180.0, 185),
    ("东湖街道物业管理科", 1, 66.0, 68),
    ("西山街道", 0, 141.0, 160),
    ("南岗街道办事处住房保障与房屋安全管理办公室", 0, 97.0, 100),
    ("市住房公积金管理中心", 0, 33.0, 34),
    ("市供热管理办公室", 0, 1941.0, 2000),
    ("北城街道", 0, 0.0, 0),
    ("高新区", 0, 88.0, 91),
    ("经开区", 0, 54.0, 57),
];

fn units() -> Table {
    use Metric::{HandlingTime, OnTimeRate, ResolutionRate, ResponseRate, SatisfactionRate};
    let change = Column { name: "解决率环比".into(), ..column("change", "", Format::Points) };
    let columns = vec![
        column("unit", "承办单位", Format::Text),
        column("n", "工单数", Format::Count),
        defined(ResponseRate, "回访答“已联系”÷有效回访（以最后一次有效回访为准）", Format::Percent),
        defined(ResolutionRate, "（已解决＋0.5×基本解决）÷有效回访", Format::Percent),
        change,
        defined(SatisfactionRate, "（满意＋0.9×基本满意）÷有效回访", Format::Percent),
        defined(OnTimeRate, "首次审核通过前从未超期÷最终主办子单", Format::Percent),
        defined(HandlingTime, "周期内办结工单的工作小时之和÷工单数", Format::Hours),
    ];
    let line = |(at, (name, level, num, den)): (usize, (&str, u8, f64, i64))| {
        let rate = |less: f64| match den {
            0 => Value::None,
            _ => ratio((num - less).max(0.0), den),
        };
        let key = format!("u{at}");
        Row {
            level,
            cells: vec![
                text(name),
                linked(Value::Count(den), Metric::Received, &key),
                linked(rate(0.0), ResponseRate, &key),
                linked(rate(7.5), ResolutionRate, &key),
                plain(if den == 0 {
                    Value::None
                } else {
                    Value::Number(0.012 - at as f64 / 300.0)
                }),
                linked(rate(3.3), SatisfactionRate, &key),
                linked(rate(1.0), OnTimeRate, &key),
                plain(if den == 0 { Value::None } else { Value::Number(26.25 + at as f64) }),
            ],
            key,
        }
    };
    let mut rows: Vec<Row> = UNITS.into_iter().enumerate().map(line).collect();
    rows.push(Row { key: "total".into(), ..line((0, ("合计", 0, 2600.0, 2695))) });
    let note = Some("单位按同组排列；样本不足30件的不排名。".into());
    Table { id: "units".into(), title: "承办单位办理质量".into(), columns, rows, note }
}

fn cases() -> Table {
    let day = NaiveDate::from_ymd_opt(2026, 10, 12).unwrap();
    let at = Stamp::parse("2026-10-12T01:30:00Z").unwrap();
    let listed = Some(Source::List { name: "cases".into() });
    let row = |(at_row, what): (usize, &str)| Row {
        key: at_row.to_string(),
        level: 0,
        cells: vec![
            text("雅苑小区"),
            text(what),
            plain(Value::Day(day)),
            Cell { value: Value::Instant(at), source: listed.clone() },
            plain(Value::Number(3.456)),
        ],
    };
    let what = [
        "3号楼两部电梯停运三天，高层老人无法下楼，物业称维修资金未到位",
        "供暖首日室温仅14度，多次报修无人上门",
    ];
    Table {
        id: "cases".into(),
        title: "典型诉求".into(),
        columns: vec![
            column("estate", "小区", Format::Text),
            column("what", "诉求内容", Format::Text),
            column("day", "受理日期", Format::Day),
            column("due", "到期时间", Format::Instant),
            column("per", "每千户件数", Format::Number),
        ],
        rows: what.into_iter().enumerate().map(row).collect(),
        note: None,
    }
}

fn series(name: &str, values: impl IntoIterator<Item = Option<f64>>) -> Series {
    Series { name: name.into(), values: values.into_iter().collect() }
}

fn trend() -> Chart {
    let labels = (0..12).map(|at| format!("{}-{:02}", 2025 + (at + 10) / 12, (at + 10) % 12 + 1));
    let course = |low: f64, swing: f64| {
        (0..12).map(move |at| (at != 5).then(|| low + swing * (f64::from(at) * 0.8).sin()))
    };
    Chart {
        id: "trend".into(),
        title: "三率走势".into(),
        kind: ChartKind::Line,
        labels: labels.collect(),
        series: vec![
            series("响应率", course(0.962, 0.012)),
            series("解决率", course(0.915, 0.02)),
            series("满意率", course(0.937, -0.015)),
        ],
        format: Format::Percent,
        table: "no such table".into(),
    }
}

fn bars() -> Chart {
    let names = UNITS.map(|(name, ..)| name.to_owned());
    let counts = UNITS.map(|(_, _, _, den)| (den > 0).then_some(den.min(400) as f64));
    Chart {
        id: "load".into(),
        title: "各单位受理量".into(),
        kind: ChartKind::Bar,
        labels: names.to_vec(),
        series: vec![
            series("本期", counts),
            series("上期", counts.map(|it| it.map(|it| (it * 0.8).round()))),
        ],
        format: Format::Count,
        table: "units".into(),
    }
}

fn section(id: &str, heading: &str, blocks: Vec<Block>) -> Section {
    Section { id: id.into(), heading: heading.into(), blocks }
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph { text: text.into() }
}

/// A report as a city would print it.
pub fn document() -> Document {
    let head = |text: &str| Block::Heading { text: text.into() };
    let marks = [
        ("口径", "考核（剔除已批准的42件）"),
        ("考核办法", "示例市考核办法 第3版"),
        ("截至", "2026-11-05 24:00"),
    ];
    Document {
        title: "物业管理投诉情况专报".into(),
        issue: "2026年第10期".into(),
        issuer: "示例市住房和城乡建设局".into(),
        period: "2026年10月（2026-10-01 至 2026-10-31）".into(),
        marks: marks.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        sections: vec![
            section(
                "first",
                "本期要点",
                vec![
                    paragraph(
                        "本月共受理物业管理类诉求1284件，环比上升8.3%，超出正常波动；其中供暖类诉求312件，占24.3%，主要集中在东湖、西山两个街道的12个小区。",
                    ),
                    paragraph("全市解决率为91.5%，较上月提高1.2个百分点，变化在正常波动范围以内。"),
                    paragraph(
                        "提请研究决定：是否由市级统筹资金，先行更换雅苑等4个小区的停运电梯。",
                    ),
                ],
            ),
            section("overview", "总体情况", vec![Block::Table(overview()), Block::Chart(trend())]),
            section(
                "units",
                "办理质量",
                vec![
                    head("按承办单位"),
                    paragraph("各单位办理质量如下。"),
                    Block::Table(units()),
                    Block::Chart(bars()),
                    head("典型诉求"),
                    Block::Table(cases()),
                ],
            ),
            section(
                "measures",
                "下一步措施",
                vec![
                    Block::Open { field: "measures".into(), hint: "下一步措施".into() },
                    Block::Open {
                        field: "decision".into(), hint: "提请市领导决定的事项".into()
                    },
                ],
            ),
        ],
        lists: [("cases".to_owned(), vec![1, 2])].into(),
        letter: std::collections::BTreeMap::new(),
    }
}

/// The same with hostile texts in every place.
pub fn hostile() -> (Document, Printed) {
    let mut turn = texts().iter().cycle();
    let mut next = || turn.next().unwrap().clone();
    let mut document = document();
    for place in
        [&mut document.title, &mut document.issue, &mut document.issuer, &mut document.period]
    {
        *place = next();
    }
    document.marks = texts().iter().map(|it| (it.clone(), it.clone())).collect();
    for section in &mut document.sections {
        (section.id, section.heading) = (next(), next());
        for block in &mut section.blocks {
            match block {
                Block::Heading { text } | Block::Paragraph { text } => *text = next(),
                Block::Open { hint, .. } => *hint = next(),
                Block::Chart(chart) => {
                    (chart.id, chart.title) = (next(), next());
                    chart.labels.iter_mut().for_each(|it| *it = next());
                    chart.series.iter_mut().for_each(|it| it.name = next());
                }
                Block::Table(table) => {
                    (table.id, table.title, table.note) = (next(), next(), Some(next()));
                    for column in &mut table.columns {
                        (column.id, column.name) = (next(), next());
                        (column.definition, column.formula) = (Some(next()), Some(next()));
                    }
                    table.rows.iter_mut().for_each(|row| {
                        row.key = next();
                        row.cells[0].value = Value::Text(next());
                    });
                    table.rows.extend(texts().iter().map(|it| Row {
                        key: it.clone(),
                        level: 9,
                        cells: table.columns.iter().map(|_| text(it)).collect(),
                    }));
                }
            }
        }
    }
    let long = "很长的话".repeat(9_000);
    let section = section("long", &long, vec![paragraph(&long)]);
    document.sections.push(section);
    let all = texts().join("\n");
    let printed = Printed {
        state: next(),
        texts: [("measures".to_owned(), all.clone()), ("decision".to_owned(), long)].into(),
        instructions: vec![all.clone()],
        signer: Some(next()),
        watermark: Some(all),
        ..printed()
    };
    (document, printed)
}
