//! Web, console: what whoever keeps the system should see to at once. Its rule: what `doctor` and `health` would say,
//! and only to those who can do something about it.

use serde::Serialize;

use crate::app::App;
use crate::identity::{Actor, Role};
use crate::web::health;

/// What stands in the bar above a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// The year whose days off nobody has laid down, from November of the year before.
    missing_year: Option<i32>,
    /// How far this machine's clock and the database's are apart, where it is too much.
    clock_drift_ms: Option<u64>,
    /// Why no rules are in force, in words.
    fault: Option<String>,
}

/// What `actor` should see to; asks the database.
pub fn alarm_for(app: &App, actor: &Actor) -> Option<Alarm> {
    if !actor.has_any(&[Role::Sysadmin]) {
        return None;
    }
    let now = app.db.now();
    let rules = app.db.read(|conn| app.hotline.rules.current(conn, now));
    let (missing_year, fault) = match rules {
        Ok(rules) => (rules.calendar.missing_year(now.day(rules.profile.zone)), None),
        Err(error) => (None, Some(error.detail().to_owned())),
    };
    let alarm = Alarm { missing_year, clock_drift_ms: health::clock_drift_ms(app), fault };
    (alarm != Alarm::default()).then_some(alarm)
}
