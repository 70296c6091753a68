//! Reports, contents: what is printed with every figure. Its rule: whoever reads one table alone can tell by which words
//! it was counted.

use crate::assessment::likewise::Against;
use crate::reports::cutoff::{Late, Told};
use crate::reports::frame::Frame;
use crate::reports::material::{Material, Past};

/// `2026年第10期` of a month, else its days.
pub fn issue(frame: &Frame) -> String {
    match month(frame) {
        Some((year, month)) => format!("{year}年第{month}期"),
        None => format!("{}期", days(frame)),
    }
}

/// `2026年10月（2026-10-01 至 2026-10-31）`.
pub fn period(frame: &Frame) -> String {
    match month(frame) {
        Some((year, month)) => format!("{year}年{month}月（{}）", days(frame)),
        None => days(frame),
    }
}

fn month(frame: &Frame) -> Option<(String, u32)> {
    let label = frame.window.label();
    let (year, month) = label.split_once('-').filter(|_| label.len() == "2026-10".len())?;
    Some((year.to_owned(), month.parse().ok()?))
}

fn days(frame: &Frame) -> String {
    span(frame, frame.window.start, frame.window.end)
}

fn span(frame: &Frame, start: crate::time::Stamp, end: crate::time::Stamp) -> String {
    format!("{} 至 {}", start.day(frame.zone), end.plus_millis(-1).day(frame.zone))
}

/// Name and value, in the order printed.
pub fn marks(material: &Material<'_>) -> Vec<(String, String)> {
    let frame = material.frame;
    let mut marks = vec![
        ("范围", scope(frame)),
        ("口径", "全量（全部工单）与考核（不含已批准剔除的工单）并列，各表注明".to_owned()),
        ("考核办法", format!("{}（{}）", material.profile, frame.scoring.profile)),
        ("数据截至", frame.now.in_zone(frame.zone).format("%Y-%m-%d %H:%M").to_string()),
    ];
    if frame.remap.is_some() {
        let day = frame.now.day(frame.zone);
        marks.push(("类别", format!("按{day}的新旧类别对照归并，各期同样；工单所记类别不变")));
    }
    if frame.now < frame.window.end {
        marks.push(("提示", "本期尚未结束，比较均取以往周期的相同时段".to_owned()));
    }
    if let Some(told) = &frame.surveys {
        marks.push(("回访截止", surveys(frame, told)));
    }
    for against in Against::ALL {
        let past = material.past.iter().find(|past| past.earlier.against == *against);
        marks.push((against.zh(), compared(material, past)));
    }
    let n = frame.scoring.small_n;
    let small = format!("有效回访少于{n}件的标注为小样本，列区间，不排名");
    marks.push(("小样本", small));
    marks.push(("空值", "分母为零、无历史数据的以“—”表示".to_owned()));
    marks.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Up to which day a survey counts, and what became of later ones.
fn surveys(frame: &Frame, told: &Told) -> String {
    let (day, count) = (told.at.plus_millis(-1).day(frame.zone), told.count);
    match told.late {
        _ if count == 0 => format!("计入{day}（含）前的有效回访"),
        Late::LeftOut => format!(
            "计入{day}（含）前的有效回访；此后又回访的{count}件按此前的回访计，此前没有的不计"
        ),
        Late::TakenIn => format!("本版为更正：{day}之后回访的{count}件按最后一次回访计入"),
    }
}

fn scope(frame: &Frame) -> String {
    match &frame.scope {
        Some(scope) => format!("{}：{}", scope.by.zh(), scope.name(&frame.directory)),
        None => "全部".to_owned(),
    }
}

fn compared(material: &Material<'_>, past: Option<&Past>) -> String {
    let frame = material.frame;
    let Some(past) = past else { return "本期尚未开始，不作比较".to_owned() };
    let window = &past.earlier.window;
    let days = span(frame, window.start, window.end);
    match (&past.facts, material.extras.first) {
        (Some(_), _) => {
            let part = if past.earlier.is_part { "（相同时段）" } else { "" };
            format!("与{days}{part}比较，{}", by_which(frame, past))
        }
        (None, Some(first)) => {
            format!("本系统自{}起有数据，{days}无历史数据，不作比较", first.day(frame.zone))
        }
        (None, None) => "本系统尚无数据，不作比较".to_owned(),
    }
}

/// By which profile both columns are counted; where the report of that window was printed by another, that too.
fn by_which(frame: &Frame, past: &Past) -> String {
    let profile = frame.scoring.profile.as_str();
    let surveys = match (&frame.surveys, past.is_cut) {
        (Some(_), true) => "各自专报所计入的回访",
        (None, false) => "目前已有的回访",
        _ => "各自考核办法所计入的回访",
    };
    let both = format!("两期均按本期考核办法（{profile}）和{surveys}计算");
    match past.printed.as_deref().filter(|printed| *printed != profile) {
        Some(printed) => format!("{both}；当时的专报按{printed}编制，所载数字可能不同"),
        None => both,
    }
}
