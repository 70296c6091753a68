//! Web, console, administration: the frame around its pages. Its rule: one table says what there is and for whom; a
//! page asks for the same roles as its line.

use actix_web::web;
use serde::Serialize;

use crate::app::App;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::privacy::clear::DECIDERS;
use crate::web::blocking::run;
use crate::web::console::alarm::{Alarm, alarm_for};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;
use crate::web::console::people::names_in;
use crate::web::console::words::Names;

/// Who describes the city.
pub const DESCRIBES: &[Role] = &[Role::Sysadmin];
/// Who reads by which rules limits and figures are made.
pub const READS_RULES: &[Role] = &[Role::Sysadmin, Role::Assessor, Role::Leader];
/// Who tries the catalogue.
pub const TRIES: &[Role] = crate::web::api::reference::dry_run::KEEPERS;
/// Who tries profiles.
pub const TRIES_RULES: &[Role] = crate::web::api::rates::whatif::ASKS;
/// Who keeps accounts.
pub const KEEPS_ACCOUNTS: &[Role] = &[Role::Secadmin];
/// Who reads the trail.
pub const READS_TRAIL: &[Role] = &[Role::Auditor];

/// Address, word, what it is for, and who has it.
const PARTS: &[(&str, &str, &str, &[Role])] = &[
    ("/admin/units", "承办单位", "机构树、负责人、公布电话", DESCRIBES),
    ("/admin/regions", "行政区划", "区、街道、社区及其属地单位", DESCRIBES),
    ("/admin/estates", "小区", "别名、门牌、物业企业", DESCRIBES),
    ("/admin/companies", "物业企业", "名称与同类组", DESCRIBES),
    ("/admin/categories", "诉求分类", "三级分类、默认紧急程度、关键词", DESCRIBES),
    ("/admin/category-map", "新旧类别对照", "旧类别改按哪个类别统计", DESCRIBES),
    ("/admin/catalogue", "派单目录", "规则与试算", TRIES),
    ("/admin/calendar", "工作日历", "放假、调休与本地调整", READS_RULES),
    ("/admin/profiles", "考核办法", "版本、差异与启用", READS_RULES),
    ("/admin/whatif", "办法试算", "换一个考核办法或派单目录，上个周期会怎样", TRIES_RULES),
    ("/admin/words", "系统用语", "提示、理由和说明怎么说", DESCRIBES),
    ("/admin/letters", "通知模板", "邮件和短信怎么写", DESCRIBES),
    ("/admin/outbox", "通知发件箱", "待发、失败与重发", DESCRIBES),
    ("/admin/webhooks", "事件推送", "推送给哪些系统，送达与重发", DESCRIBES),
    ("/admin/users", "用户", "账号、角色、代理人、密钥", KEEPS_ACCOUNTS),
    ("/exports", "明文导出", "审批含个人信息的导出", &DECIDERS),
    ("/admin/audit", "审计", "谁在何时做了什么", READS_TRAIL),
];

#[derive(Serialize)]
struct Part {
    to: &'static str,
    word: &'static str,
    about: &'static str,
    here: bool,
}

#[derive(Serialize)]
struct Framed<T> {
    parts: Vec<Part>,
    /// Whether the reader describes the city, and has forms for it.
    may_change: bool,
    #[serde(flatten)]
    view: T,
}

/// What a page of administration has besides its own.
pub struct Frame {
    names: Names,
    alarm: Option<Alarm>,
}

impl Frame {
    /// For a page on which `actor` reads `view`; asks the database.
    ///
    /// # Errors
    /// As the database says.
    pub fn around(app: &App, actor: &Actor, view: &impl Serialize) -> Result<Self> {
        Ok(Self { names: names_in(app, actor, view)?, alarm: alarm_for(app, actor) })
    }

    /// The page of the template `name`, filled with `view`.
    ///
    /// # Errors
    /// `internal` where template and values do not fit.
    pub fn show(self, app: &App, guest: &Guest, name: &str, view: impl Serialize) -> Shown {
        let may_change = guest.actor.has_any(DESCRIBES);
        let framed = Framed { parts: parts_of(guest), may_change, view };
        let page = Page::of(app, guest).named(self.names).alarmed(self.alarm);
        Ok(page.show(name, framed)?)
    }
}

fn parts_of(guest: &Guest) -> Vec<Part> {
    let mine = PARTS.iter().filter(|(.., roles)| guest.actor.has_any(roles));
    mine.map(|(to, word, about, _)| Part { to, word, about, here: guest.path.starts_with(to) })
        .collect()
}

/// The page of the template `name` with what `work` finds, off the threads that answer.
///
/// # Errors
/// As `work` says.
pub async fn framed<T: Serialize + Send + 'static>(
    app: &web::Data<App>,
    guest: &Guest,
    name: &str,
    work: impl FnOnce(&App, &Actor) -> Result<T> + Send + 'static,
) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (frame, view) = run(move || {
        let within: &App = &house;
        let view = work(within, &actor)?;
        Ok((Frame::around(within, &actor, &view)?, view))
    })
    .await?;
    frame.show(app, guest, name, view)
}
