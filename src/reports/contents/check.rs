//! Reports, contents: what units said in the check period 核对情况. Its rule: who was silent until the end is named, and it
//! is said that silence counts as a confirmation. Nobody asked is not silence: where there was no check period, that is said.

use serde_json::json;

use super::columns::column;
use super::part::{Part, plain, text};
use crate::error::Result;
use crate::reports::document::{Block, Format, Row, Section, Table, Value};
use crate::reports::frame::Frame;
use crate::reports::kinds::CheckState;
use crate::reports::said::confirmation::{CHECK, Checked, MARK};
use crate::reports::wording::Sentences;
use crate::time::Stamp;

/// The section, and the same in short, to be printed with every figure.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn check(
    (frame, sentences): (&Frame, &Sentences),
    (units, until): (&[Checked], Stamp),
) -> Result<(Section, (String, String))> {
    let count = |state| units.iter().filter(|it| it.state == state).count();
    let [confirmed, objected, silent] =
        [CheckState::Confirmed, CheckState::Objected, CheckState::Silent].map(count);
    let until = until.in_zone(frame.zone).format("%Y-%m-%d %H:%M").to_string();
    let objections: usize = units.iter().map(|it| it.objections).sum();
    let upheld: usize = units.iter().map(|it| it.upheld).sum();
    let said = json!({
        "until": until,
        "units": units.len(),
        "confirmed": confirmed,
        "objected": objected,
        "silent": silent,
        "objections": objections,
        "upheld": upheld,
    });
    let mut part = Part::new(CHECK, "核对情况");
    part.extend(sentences.paragraph("check", &said)?);
    part.push(Block::Table(table(frame, units)));
    let short = format!(
        "核对期至{until}，{}个单位中确认{confirmed}个，有异议{objected}个，期满未反馈视为确认{silent}个",
        units.len()
    );
    Ok((part.section, (MARK.to_owned(), short)))
}

/// The section of a report that was frozen without a check period, and the same in short.
pub fn unchecked() -> (Section, (String, String)) {
    let mut part = Part::new(CHECK, "核对情况");
    let text = format!("{UNCHECKED}。各单位未对本期数据作出确认，也未能提出异议；不视为已确认。");
    part.push(Block::Paragraph { text });
    (part.section, (MARK.to_owned(), UNCHECKED.to_owned()))
}

/// Why nobody confirmed anything.
const UNCHECKED: &str = "未经核对：由草稿直接冻结，未设核对期";

fn table(frame: &Frame, units: &[Checked]) -> Table {
    let count = |n: usize| plain(Value::Count(i64::try_from(n).unwrap_or(i64::MAX)));
    let row = |it: &Checked| {
        let unit = frame.directory.unit(&it.unit);
        let state = match it.state {
            CheckState::Silent => "期满未反馈，视为确认",
            state => state.zh(),
        };
        let cells = vec![
            text(unit.map_or(it.unit.as_str(), |unit| unit.name.as_str())),
            text(state),
            plain(it.at.map_or(Value::None, Value::Instant)),
            count(it.objections),
            count(it.upheld),
        ];
        Row { key: it.unit.to_string(), level: 0, cells }
    };
    // What a reader of the first rows must see: who objected, then who said nothing.
    let place = |it: &&Checked| match it.state {
        CheckState::Objected => 0,
        CheckState::Silent => 1,
        CheckState::Confirmed => 2,
    };
    let mut units: Vec<&Checked> = units.iter().collect();
    units.sort_by_key(place);
    Table {
        id: "check".to_owned(),
        title: "各单位核对情况".to_owned(),
        columns: vec![
            column("name", "单位", Format::Text),
            column("state", "核对结果", Format::Text),
            column("at", "时间", Format::Instant),
            column("objections", "异议件数", Format::Count),
            column("upheld", "采纳件数", Format::Count),
        ],
        rows: units.into_iter().map(row).collect(),
        note: Some("核对的是核对期内公布的预统计数据；期满未反馈的单位视为确认。".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono_tz::Asia::Shanghai;

    use super::*;
    use crate::assessment::Rules;
    use crate::directory::Directory;
    use crate::limits::WindowRule;

    #[test]
    fn where_nobody_was_asked_it_is_not_said_that_they_confirmed() {
        let (section, (name, short)) = unchecked();
        assert_eq!((section.id.as_str(), name.as_str()), (CHECK, MARK));
        assert!(short.contains("未经核对") && !short.contains("视为确认"), "{short}");
        let [Block::Paragraph { text }] = section.blocks.as_slice() else { panic!("{section:?}") };
        assert!(text.contains("未设核对期") && text.contains("不视为已确认"), "{text}");
    }

    #[test]
    fn it_is_said_that_silence_counts_as_a_confirmation() {
        let rule = WindowRule { from_day: 1, cut: chrono::NaiveTime::MIN };
        let window = rule.parse("2026-11", Shanghai).unwrap();
        let directory = Arc::new(Directory::default());
        let frame = Frame::new(window, window.end, Shanghai, Rules::default(), directory);
        let unit = |code: &str, state, objections| Checked {
            unit: code.into(),
            state,
            at: (state != CheckState::Silent).then_some(window.end),
            by: None,
            objections,
            upheld: objections / 2,
        };
        let units = [
            unit("a", CheckState::Confirmed, 0),
            unit("b", CheckState::Objected, 2),
            unit("c", CheckState::Silent, 0),
        ];
        let ours = Sentences::built_in().unwrap();
        let (section, (_, short)) = check((&frame, &ours), (&units, window.end)).unwrap();
        assert!(short.contains("期满未反馈视为确认1个"), "{short}");
        let [Block::Paragraph { text }, Block::Table(table)] = section.blocks.as_slice() else {
            panic!("{section:?}")
        };
        assert!(text.contains("提出异议2件，采纳1件") && text.contains("视为确认"), "{text}");
        let keys: Vec<&str> = table.rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, ["b", "c", "a"], "who objected stands first");
        let silent = table.rows.iter().find(|row| row.key == "c").unwrap();
        assert_eq!(silent.cells[1].value, Value::Text("期满未反馈，视为确认".to_owned()));
        assert_eq!(silent.cells[2].value, Value::None);
    }
}
