//! A messy sheet, and what each row of it must become, known beforehand and without the code under test.

use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Asia::Shanghai;
use jiesu::sheet::Form;
use jiesu::time::Stamp;
use rust_xlsxwriter::{Format, Workbook};
use serde_json::Value;

use crate::support::databases::say;

/// As somebody typed them.
pub const HEADINGS: [&str; 20] = [
    "*工单编号",
    "受理 时间",
    "来电人",
    "联系电话（手机）",
    "诉求类型",
    "来源渠道",
    "诉求内容",
    "三级分类",
    "所属小区",
    "承办单位",
    "转办时间",
    "签收时间",
    "反馈日期",
    "办理结果",
    "回访日期",
    "是否联系",
    "是否解决",
    "满意度",
    "办结时间",
    "备注",
];
const CHANNEL: usize = 5;
const UNITS: usize = 9;
/// Rows that share a merged cell.
const GROUP: usize = 5;

#[derive(Debug, Clone, PartialEq)]
pub enum Typed {
    Text(String),
    Number(f64),
    Day(NaiveDateTime),
    Blank,
}

/// What a row must become.
#[derive(Debug, Clone)]
pub enum Fate {
    Ticket(Due),
    /// The same as an earlier row.
    Skipped,
    /// Back, for what stands in these columns.
    Rejected(Vec<&'static str>),
}

#[derive(Debug, Clone)]
pub struct Due {
    pub no: String,
    pub received_at: Stamp,
    pub content: String,
    pub channel: &'static str,
    pub phone: String,
    pub lead: String,
    pub assists: Vec<String>,
    pub closed_at: Option<Stamp>,
    pub solved: Option<&'static str>,
}

pub struct Row {
    cells: Vec<Typed>,
    pub fate: Fate,
}

impl Row {
    /// What stands in its first column.
    pub fn first(&self) -> String {
        match &self.cells[0] {
            Typed::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        }
    }
}

pub struct Messy {
    pub rows: Vec<Row>,
    form: Form,
}

/// Complaints: of the shared texts where they are at hand, else made up here.
fn texts(count: usize) -> Vec<(String, String, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/texts.py"))
        .find(|path| path.is_file());
    let made = script.and_then(|path| {
        let out = Command::new("python3").arg(path).arg(count.to_string()).output().ok()?;
        let lines = String::from_utf8(out.stdout).ok()?;
        let read = |line: &str| {
            let line: Value = serde_json::from_str(line).ok()?;
            let text = |key: &str| line[key].as_str().map(str::to_owned);
            Some((text("body")?, text("name")?, text("phone")?))
        };
        lines.lines().map(read).collect::<Option<Vec<_>>>()
    });
    made.filter(|made| made.len() == count).unwrap_or_else(|| {
        say("sheets: ../shared/texts.py is not at hand: invented texts");
        let body = |i| format!("来电人反映：{}号楼电梯停运{}天，请修复。", i % 38 + 1, i % 9 + 1);
        (0..count).map(|i| (body(i), "周女士".to_owned(), format!("100{:08}", i % 5_000))).collect()
    })
}

fn text(text: impl Into<String>) -> Typed {
    Typed::Text(text.into())
}

/// Days since 1899-12-30.
fn serial(at: NaiveDateTime) -> f64 {
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap().and_hms_opt(0, 0, 0).unwrap();
    (at - epoch).num_seconds() as f64 / 86_400.0
}

fn wide(text: &str) -> String {
    let wide = |c: char| match c {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap(),
        other => other,
    };
    text.chars().map(wide).collect()
}

/// A time to the minute, in one of the ways in which people type it.
fn typed(at: NaiveDateTime, way: usize) -> Typed {
    let form = |form: &str| text(at.format(form).to_string());
    match way % 9 {
        0 => form("%Y.%-m.%-d %-H:%M"),
        1 => form("%Y/%-m/%-d %-H:%M"),
        2 => form("%Y年%-m月%-d日%-H时%-M分"),
        3 => {
            let hour: u32 = at.format("%H").to_string().parse().unwrap();
            let (word, hour) = if hour < 12 { ("上午", hour) } else { ("下午", hour - 12) };
            let hour = if word == "下午" && hour == 0 { 12 } else { hour };
            text(format!("{}{word}{hour}点{}分", at.format("%-m月%-d日 "), at.format("%-M")))
        }
        4 => Typed::Day(at),
        5 => form("%Y%m%d%H%M"),
        6 => text(wide(&at.format(" %Y-%m-%d %H:%M ").to_string())),
        7 => Typed::Number(serial(at)),
        _ => form("%Y-%m-%dT%H:%M:00+08:00"),
    }
}

fn local(at: NaiveDateTime) -> Stamp {
    Stamp::from_local(at, Shanghai)
}

/// As units are written, and what is meant.
fn units(way: usize) -> (&'static str, &'static str, &'static [&'static str]) {
    match way % 7 {
        0 => ("物业科", "wuye", &[]),
        1 => ("anquan", "anquan", &[]),
        2 => ("住保科", "baozhang", &[]),
        3 => ("物业科、住保科", "wuye", &["baozhang"]),
        4 => ("物业科，房屋安全科；住保科", "wuye", &["anquan", "baozhang"]),
        5 => (" 物 业 科\u{3000}", "wuye", &[]),
        _ => ("住房保障科（协办）\n物业科（主办）", "wuye", &["baozhang"]),
    }
}

impl Messy {
    pub fn of(count: usize, form: Form) -> Self {
        let mut rows: Vec<Row> = Vec::with_capacity(count + 1);
        for (i, (body, name, phone)) in texts(count).into_iter().enumerate() {
            let row = match i % 20 {
                17 => {
                    // The number of the row before, with other words.
                    let mut cells = rows[i - 1].cells.clone();
                    cells[6] = text(body);
                    Row { cells, fate: Fate::Rejected(vec!["*工单编号"]) }
                }
                18 => Row { cells: rows[i - 2].cells.clone(), fate: Fate::Skipped },
                _ => row(i, &body, &name, &phone),
            };
            rows.push(row);
        }
        let mut total = vec![Typed::Blank; HEADINGS.len()];
        total[0] = text("合计");
        let fate = Fate::Rejected(vec!["受理 时间", "诉求内容"]);
        rows.push(Row { cells: total, fate });
        Self { rows, form }
    }

    /// Tickets, skipped and rejected rows.
    pub fn count(&self) -> (u64, u64, u64) {
        let mut count = (0, 0, 0);
        for row in &self.rows {
            match row.fate {
                Fate::Ticket(_) => count.0 += 1,
                Fate::Skipped => count.1 += 1,
                Fate::Rejected(_) => count.2 += 1,
            }
        }
        count
    }

    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(|row| match &row.fate {
            Fate::Ticket(due) => Some(due.no.as_str()),
            _ => None,
        })
    }

    /// The file, with a title above its headings.
    pub fn write(&self, folder: &Path) -> PathBuf {
        match self.form {
            Form::Xlsx => self.workbook(&folder.join("台账.xlsx")),
            Form::Csv => self.csv(&folder.join("台账.csv")),
        }
    }

    fn workbook(&self, path: &Path) -> PathBuf {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let plain = Format::new();
        let moment = Format::new().set_num_format("yyyy/m/d h:mm");
        sheet.merge_range(0, 0, 0, 19, "2026年住建热线工单台账", &plain).unwrap();
        for (column, heading) in (0..).zip(HEADINGS) {
            sheet.write_string(2, column, heading).unwrap();
        }
        for (place, row) in self.rows.iter().enumerate() {
            let at = u32::try_from(place).unwrap() + 3;
            for (column, cell) in (0..).zip(&row.cells) {
                match cell {
                    Typed::Blank => {}
                    Typed::Text(text) => drop(sheet.write_string(at, column, text).unwrap()),
                    Typed::Number(number) => {
                        sheet.write_number(at, column, *number).unwrap();
                    }
                    Typed::Day(day) => {
                        let day = serial(*day);
                        sheet.write_number_with_format(at, column, day, &moment).unwrap();
                    }
                }
            }
        }
        for (first, group) in (0..).step_by(GROUP).zip(self.rows.chunks(GROUP)) {
            for column in [CHANNEL, UNITS] {
                let held = &group[0].cells[column];
                if group.len() < GROUP || group.iter().any(|row| row.cells[column] != *held) {
                    continue;
                }
                let Typed::Text(held) = held else { continue };
                let (at, column) = (first + 3, u16::try_from(column).unwrap());
                sheet.merge_range(at, column, at + 4, column, held, &plain).unwrap();
            }
        }
        book.save(path).unwrap();
        path.to_owned()
    }

    fn csv(&self, path: &Path) -> PathBuf {
        let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        csv.write_record(["2026年住建热线工单台账"]).unwrap();
        csv.write_record(HEADINGS).unwrap();
        for row in &self.rows {
            let cells = row.cells.iter().map(|cell| match cell {
                Typed::Blank => String::new(),
                Typed::Text(text) => text.clone(),
                Typed::Number(number) => number.to_string(),
                Typed::Day(day) => day.format("%Y/%-m/%-d %-H:%M").to_string(),
            });
            csv.write_record(cells).unwrap();
        }
        let said = String::from_utf8(csv.into_inner().unwrap()).unwrap();
        let (bytes, _, lost) = encoding_rs::GB18030.encode(&said);
        assert!(!lost);
        std::fs::write(path, bytes).unwrap();
        path.to_owned()
    }
}

/// One call after the other, from 3 November 2025 on.
fn received(i: usize) -> NaiveDateTime {
    let start = NaiveDate::from_ymd_opt(2025, 11, 3).unwrap().and_hms_opt(8, 0, 0).unwrap();
    start + TimeDelta::minutes(97 * i64::try_from(i).unwrap())
}

fn row(i: usize, body: &str, name: &str, phone: &str) -> Row {
    let received = received(i);
    let after = |days: i64| received + TimeDelta::days(days);
    let no = format!("RX-{i:05}");
    let written = match i % 4 {
        0 => format!(" {no} "),
        1 => wide(&no),
        _ => no.clone(),
    };
    // What a group shares, so that it can be merged.
    let group = i / GROUP;
    let (said, lead, assists) = units(group);
    let (channel_said, channel) =
        [("电话", "phone"), ("12345热线", "platform"), ("小程序", "wechat")][group % 3];
    let is_closed = i % 3 != 1;
    let (closed, closed_at) = match i % 3 {
        0 => {
            let day = after(9).date().and_hms_opt(0, 0, 0).unwrap();
            (text(day.format("%Y.%-m.%-d").to_string()), Some(local(day)))
        }
        1 => (Typed::Blank, None),
        _ => (typed(after(9), i + 4), Some(local(after(9)))),
    };
    let (solved_said, solved) =
        [("已解决", "solved"), ("部分解决", "basic"), ("未解决", "unsolved")][i % 3];
    let asked = |cell: &str| if is_closed { text(cell) } else { Typed::Blank };
    let mut cells = vec![
        text(written),
        typed(received, i),
        text(format!("{name}\u{a0}")),
        match i % 2 {
            0 => text(format!(" {} ", wide(phone))),
            _ => Typed::Number(phone.parse().unwrap()),
        },
        text(["投诉", "求助类", "咨询", "complaint"][i % 4]),
        text(channel_said),
        text(format!("\u{3000}{body}\n")),
        text(
            ["物业电话无人接听", "H010102", "物业服务/服务态度与投诉处理/物业电话无人接听"][i % 3],
        ),
        text(["岚光苑", "晨晖里小区", "E003"][i % 3]),
        text(said),
        typed(received + TimeDelta::minutes(30), i + 1),
        typed(after(1), i + 2),
        typed(after(5), i + 3),
        text("=已现场处理，业主确认"),
        asked(&after(8).format("%-m月%-d日").to_string()),
        asked("是"),
        asked(solved_said),
        asked("非常满意"),
        closed,
        text("无"),
    ];
    let wrong = mistake(i, &mut cells, received);
    let fate = match wrong {
        Some(columns) => Fate::Rejected(columns),
        None => Fate::Ticket(Due {
            no,
            received_at: local(received),
            content: body.to_owned(),
            channel,
            phone: phone.to_owned(),
            lead: lead.to_owned(),
            assists: assists.iter().map(|unit| (*unit).to_owned()).collect(),
            closed_at,
            solved: is_closed.then_some(solved),
        }),
    };
    Row { cells, fate }
}

/// Makes some rows wrong, and says in which columns.
fn mistake(i: usize, cells: &mut [Typed], received: NaiveDateTime) -> Option<Vec<&'static str>> {
    match i % 20 {
        3 => {
            cells[UNITS] = text("物业科、子虚乌有科");
            Some(vec!["承办单位"])
        }
        5 => {
            cells[18] = text("2030.1.1");
            Some(vec!["办结时间"])
        }
        7 => {
            cells[1] = text("2026.13.40");
            Some(vec!["受理 时间"])
        }
        9 => {
            cells[6] = text(" \u{3000}");
            Some(vec!["诉求内容"])
        }
        11 => {
            cells[10..18].fill(Typed::Blank);
            cells[18] = typed(received - TimeDelta::days(2), 0);
            Some(vec!["办结时间"])
        }
        13 => {
            cells[3] = text("见附件");
            Some(vec!["联系电话（手机）"])
        }
        15 => {
            cells[4] = text("唠叨");
            cells[7] = text("没有的分类");
            cells[11] = text("前天");
            Some(vec!["诉求类型", "三级分类", "签收时间"])
        }
        _ => None,
    }
}
