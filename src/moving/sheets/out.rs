//! Moving, sheets: every ticket of a window as a row, for people to read. Its rule: masked as a list is for
//! anybody who gives no reason (domain.md §11: clear text needs two named people); it is no way to move.

use std::io::Write;
use std::path::Path;

use crate::directory::Directory;
use crate::error::Result;
use crate::lifecycle::{Hotline, Rules};
use crate::limits::ClockName;
use crate::sealing::{mask_address, mask_name, mask_phone, mask_text};
use crate::sheet::{Cell, Column, Form, Writer};
use crate::ticket::{Assignment, Part, Ticket, store};
use crate::time::Stamp;

/// How many tickets are held in memory at once.
const PAGE: i64 = 100;

/// The columns, with their widths in characters.
const COLUMNS: [(&str, u16); 33] = [
    ("工单编号", 16),
    ("市平台编号", 18),
    ("状态", 10),
    ("诉求类型", 10),
    ("受理渠道", 10),
    ("紧急程度", 10),
    ("受理时间", 20),
    ("来电人", 10),
    ("联系电话", 16),
    ("标题", 30),
    ("诉求内容", 60),
    ("事项分类", 14),
    ("分类名称", 20),
    ("区域", 16),
    ("小区", 18),
    ("地址", 24),
    ("主办单位", 22),
    ("协办单位", 22),
    ("派单时间", 20),
    ("签收时间", 20),
    ("联系时间", 20),
    ("答复时间", 20),
    ("答复内容", 40),
    ("审核时间", 20),
    ("回访时间", 20),
    ("是否联系", 10),
    ("是否解决", 10),
    ("是否满意", 10),
    ("催办次数", 10),
    ("重办次数", 10),
    ("总时限", 20),
    ("是否剔除", 10),
    ("办结时间", 20),
];

/// Writes every ticket received in `window` (all there are where none is named) to `out`; answers how
/// many. What a workbook cannot keep in memory lies in the folder `aside` meanwhile.
///
/// # Errors
/// What the database or the output says.
pub fn export_sheet<W: Write + Send>(
    hotline: &Hotline,
    window: Option<(Stamp, Stamp)>,
    form: Form,
    out: W,
    aside: &Path,
) -> Result<u64> {
    let now = hotline.db.now();
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, now))?;
    let window = window.unwrap_or((Stamp::MIN, Stamp::MAX));
    let columns = COLUMNS.map(|(heading, width)| Column { heading, width });
    let mut writer = Writer::new(form, out, aside, "工单", &columns)?;
    let (mut after, mut count) = (None, 0);
    loop {
        let vault = rules.vault(&hotline.keys);
        let page = hotline.db.read(|conn| store::page(conn, vault, window, after, PAGE))?;
        for stored in &page.0 {
            writer.row(&cells(&stored.ticket, &rules))?;
            count += 1;
        }
        match page.1 {
            Some(_) => after = page.1,
            None => break,
        }
    }
    writer.finish()?;
    Ok(count)
}

fn text(text: impl Into<String>) -> Cell {
    let text = text.into();
    if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
}

fn cells(ticket: &Ticket, rules: &Rules) -> Vec<Cell> {
    let directory = &*rules.directory;
    let names = ticket.names();
    let masked = |said: &str| text(mask_text(said, &names));
    let at = |at: Option<Stamp>| {
        at.map_or(Cell::Empty, |at| Cell::Moment(at.in_zone(rules.profile.zone).naive_local()))
    };
    let count = |count: usize| Cell::Number(count as f64);
    let lead = ticket.final_lead().map(|(_, lead)| lead);
    let stopped = |clock: ClockName| {
        let timer = lead.and_then(|lead| lead.timers.get(&clock));
        at(timer.and_then(|timer| timer.stopped_at))
    };
    let (_, survey) = ticket.valid_surveys();
    let answers = survey.and_then(|survey| survey.answers());
    let place = &ticket.place;
    vec![
        text(ticket.no.as_str()),
        text(ticket.upstream.as_ref().map_or("", |upstream| upstream.no.as_str())),
        text(ticket.state.name().zh()),
        text(ticket.kind.zh()),
        text(ticket.channel.zh()),
        text(ticket.urgency.zh()),
        at(Some(ticket.received_at)),
        text(ticket.caller.name.as_ref().map_or(String::new(), |name| mask_name(name))),
        text(ticket.caller.phone.as_ref().map_or(String::new(), |phone| mask_phone(phone))),
        masked(&ticket.title),
        masked(&ticket.content),
        text(ticket.category.as_ref().map_or("", |code| code.as_str())),
        text(name(ticket.category.as_ref().and_then(|it| directory.category(it)), |it| &it.name)),
        text(name(place.region.as_ref().and_then(|it| directory.region(it)), |it| &it.name)),
        text(name(place.estate.as_ref().and_then(|it| directory.estate(it)), |it| &it.name)),
        text(place.address.as_ref().map_or(String::new(), |text| mask_address(text))),
        text(lead.map_or(String::new(), |lead| unit(directory, lead))),
        text(assists(ticket, directory)),
        at(lead.map(|lead| lead.sent_at)),
        stopped(ClockName::Sign),
        stopped(ClockName::Contact),
        stopped(ClockName::Handle),
        ticket.reply.as_ref().map_or(Cell::Empty, |reply| masked(&reply.text)),
        at(ticket.first_passed_at),
        at(survey.map(|survey| survey.at)),
        text(answers.map_or("", |(contacted, ..)| contacted.zh())),
        text(answers.map_or("", |(_, solved, _)| solved.zh())),
        text(answers.map_or("", |(.., satisfied)| satisfied.zh())),
        count(ticket.urges.len()),
        count(ticket.reworks() as usize),
        at(ticket.timers.get(&ClockName::Overall).map(|timer| timer.due_at)),
        Cell::Truth(ticket.is_excluded()),
        at(ticket.ended_at()),
    ]
}

fn name<T>(found: Option<&T>, name: impl Fn(&T) -> &String) -> String {
    found.map_or_else(String::new, |it| name(it).clone())
}

fn unit(directory: &Directory, assignment: &Assignment) -> String {
    let known = directory.unit(&assignment.unit);
    known.map_or_else(|| assignment.unit.to_string(), |unit| unit.name.clone())
}

fn assists(ticket: &Ticket, directory: &Directory) -> String {
    let assists = ticket
        .assignments
        .values()
        .filter(|a| a.part == Part::Assist && a.parent.is_none() && !a.work.name().is_void());
    assists.map(|it| unit(directory, it)).collect::<Vec<_>>().join("、")
}
