//! Web, console: a page for somebody who is logged in. Its rule: what every page has (who looks, where else they may
//! go, the echo) is put here and nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::alarm::Alarm;
use super::fault::Shown;
use super::guest::Guest;
use super::templates::render;
use super::words::Names;
use crate::app::{App, Demo};
use crate::bottomline::testing::CALLERS;
use crate::citizen::inbox::READERS as HEARERS;
use crate::directory::Directory;
use crate::error::Result;
use crate::followup::relisten::READS as RELISTENERS;
use crate::identity::{Actor, Role};
use crate::proactive::sight::READERS;
use crate::roster::change::READERS as ON_DUTY;
use crate::web::api::decisions::DECIDERS;
use crate::web::blocking::run_long;
use crate::web::cookie;

/// What leads from page to page: the address, its word, and who sees it (nobody named: everybody).
const WAYS: &[(&str, &str, &[Role])] = &[
    ("/", "今日", &[]),
    ("/desk", "受理", &[Role::Agent]),
    ("/calls", "未接来电", &[Role::Agent, Role::Reviewer, Role::Leader]),
    ("/inbox", "留言", &HEARERS),
    ("/decisions", "待裁定", DECIDERS),
    ("/work", "待办", &[Role::Handler, Role::UnitHead]),
    ("/field", "现场", &[Role::Handler, Role::UnitHead]),
    ("/survey", "回访", &[Role::Surveyor]),
    ("/relisten", "重听", RELISTENERS),
    ("/test-calls", "拨测", &CALLERS),
    ("/incidents", "事件", &[Role::Agent, Role::Dispatcher]),
    ("/search", "检索", SEES_CASES),
    ("/articles", "知识", &[]),
    ("/roster", "值班", ON_DUTY),
    ("/upstream", "回填", &[Role::Reviewer, Role::Dispatcher, Role::Leader]),
    ("/today", "概况", JUDGES),
    ("/figures", "指标", JUDGES),
    ("/monthly", "专报", JUDGES),
    ("/warnings", "预警", &READERS),
    ("/supervision", "督办", HELD_TO_IT),
    ("/bottom-line", "底线", HELD_TO_IT),
    ("/admin", "管理", KEEPERS),
];
/// What of these a property company has not, whatever its people's roles.
const INSIDE: &[&str] = &["/monthly", "/test-calls", "/incidents"];
/// Who has a part in administration.
pub const KEEPERS: &[Role] = &[
    Role::Sysadmin,
    Role::Secadmin,
    Role::Auditor,
    Role::Dispatcher,
    Role::Assessor,
    Role::Leader,
];
/// Who reads how units do: whoever judges them, and their heads about themselves.
const JUDGES: &[Role] = &[Role::Reviewer, Role::Assessor, Role::Leader, Role::UnitHead];
/// Who reads what is held against a unit: the same, and whoever works in it.
const HELD_TO_IT: &[Role] =
    &[Role::Reviewer, Role::Assessor, Role::Leader, Role::UnitHead, Role::Handler];
const SEES_CASES: &[Role] = &[
    Role::Agent,
    Role::Dispatcher,
    Role::Handler,
    Role::UnitHead,
    Role::Reviewer,
    Role::Surveyor,
    Role::Assessor,
    Role::Leader,
];

/// A page for somebody who is logged in.
pub struct Page<'a> {
    app: &'a App,
    guest: &'a Guest,
    names: Option<Names>,
    alarm: Option<Alarm>,
}

/// The page of the template `name` with what `look` finds for `guest`, which may take its time; it can say what the codes of
/// units, places and categories are called.
///
/// # Errors
/// What `look` says.
pub async fn long_page<T, F>(app: &web::Data<App>, guest: &Guest, name: &str, look: F) -> Shown
where
    T: Serialize + Send + 'static,
    F: FnOnce(&App, &Actor) -> Result<T> + Send + 'static,
{
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (found, directory) = run_long(move || {
        let directory = house.db.read(|conn| house.directory.current(conn))?;
        Ok((look(&house, &actor)?, directory))
    })
    .await?;
    Ok(Page::of(app, guest).naming(directory).show(name, found)?)
}

#[derive(Serialize)]
struct Way {
    to: &'static str,
    word: &'static str,
    here: bool,
}

impl<'a> Page<'a> {
    pub const fn of(app: &'a App, guest: &'a Guest) -> Self {
        Self { app, guest, names: None, alarm: None }
    }

    /// The same, which can say what the codes of units, places and categories are called.
    #[must_use]
    pub fn naming(self, directory: Arc<Directory>) -> Self {
        self.named(Names { directory, people: BTreeMap::new() })
    }

    /// The same, which can say what people are called too.
    #[must_use]
    pub fn named(self, names: Names) -> Self {
        Self { names: Some(names), ..self }
    }

    /// The same with a bar above it, where there is something to see to.
    #[must_use]
    pub fn alarmed(self, alarm: Option<Alarm>) -> Self {
        Self { alarm, ..self }
    }

    /// The page of the template `name`, filled with `with` and what every page has.
    ///
    /// # Errors
    /// `internal` where template and values do not fit.
    pub fn show(&self, name: &str, with: impl Serialize) -> Result<HttpResponse> {
        let names = self.names.clone().map(Value::from_object);
        let every = context! {
            me => context! {
                name => self.guest.actor.name.clone(),
                display_name => self.guest.display_name.clone(),
                unit => self.guest.actor.unit.as_ref().map(ToString::to_string),
                company => self.guest.actor.company,
                roles => self.guest.actor.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
            },
            echo => self.guest.echo.clone(),
            now => self.app.clock.now().rfc3339(self.app.config.site.zone),
            path => self.guest.path.clone(),
            ways => Value::from(Serde(self.ways())),
            site => self.app.config.site.name.clone(),
            marked => self.guest.actor.has_any(SEES_CASES),
            small => self.app.config.site.small,
            demo => self.app.demo == Demo::On,
            plain => !cookie::is_secure(self.app),
            names => names,
            alarm => Value::from(Serde(&self.alarm)),
        };
        render(name, context! { ..Value::from(Serde(with)), ..every })
    }

    fn ways(&self) -> Vec<Way> {
        let actor = &self.guest.actor;
        let is_theirs = |to: &str| !(actor.company && INSIDE.contains(&to));
        let sees = |roles: &[Role]| roles.is_empty() || actor.has_any(roles);
        let here = |to: &str| match to {
            "/" => self.guest.path == "/",
            to => self.guest.path.starts_with(to),
        };
        let ways = WAYS.iter().filter(|(to, _, roles)| sees(roles) && is_theirs(to));
        ways.map(|(to, word, _)| Way { to, word, here: here(to) }).collect()
    }
}
