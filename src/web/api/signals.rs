//! Web, `/signals`: honest figures 数据体检 (domain.md §9). Its rule: shares and where they come from, never points;
//! the unit sees its own first, everybody's only those who judge, and only when the units could look. What citizens said
//! of a unit its own people read by the batch, whatever else they are (decision 0027).

mod recent;
mod sheet;

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub use self::recent::Seeing;
use crate::app::App;
use crate::assessment::facts::{Names, Sym};
use crate::assessment::interval::wilson;
use crate::assessment::rules::shown;
use crate::assessment::signals::judge::{Line, judge};
use crate::assessment::signals::store::{self, Counted};
use crate::assessment::signals::{Seen, Signal, behind, told};
use crate::assessment::{Side, store as facts};
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::{Error, Result, sentence};
use crate::identity::{Actor, Role};
use crate::lifecycle::Rules;
use crate::limits::policy::SignalRule;
use crate::limits::{Rulebook, Window};
use crate::time::Stamp;
use crate::web::api::period::Period;
use crate::web::api::stretch::Stretch;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};

/// Who asks for everybody's.
const JUDGES: [Role; 3] = [Role::Assessor, Role::Leader, Role::Reviewer];

/// Every route of the signals.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(signals)
        .service(sheet::signals_csv)
        .service(sheet::signals_xlsx)
        .service(tickets);
}

/// Which signals.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SignalsQuery {
    /// `2026-10`: the profile's window that ends in October.
    window: Option<String>,
    /// One unit alone.
    unit: Option<UnitCode>,
}

/// Behind which signal.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SignalTicketsQuery {
    window: Option<String>,
    unit: UnitCode,
    signal: Signal,
    /// `num`: the cases, where nothing is said; `den`: all that are counted.
    part: Option<Side>,
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    after: Option<String>,
}

/// One signal of one unit.
#[derive(Serialize, ToSchema)]
pub struct SignalView {
    pub unit: String,
    pub name: String,
    signal: Signal,
    title: &'static str,
    /// How many tickets are counted.
    n: i64,
    /// How many of them are cases; null where the unit itself is not told yet.
    pub count: Option<i64>,
    /// count ÷ n, unrounded; null where nothing is counted.
    share: Option<f64>,
    /// The share of those with whom it is compared.
    expected: Option<f64>,
    /// The Wilson 95 % interval of the share.
    low: Option<f64>,
    high: Option<f64>,
    /// Chance does not explain it, by the rule below; null where the unit itself is not told yet.
    pub lit: Option<bool>,
    /// What is counted of what.
    rule: String,
}

/// The signals of a window.
#[derive(Serialize, ToSchema)]
pub struct SignalsView {
    window: String,
    from: String,
    to: String,
    /// `name@version`
    profile: String,
    /// Until then each unit sees its own alone.
    shown_to_all_from: String,
    /// When it was counted.
    counted_at: String,
    /// When a signal is lit.
    lights: String,
    pub items: Vec<SignalView>,
}

/// Signals of units whose figures may not be honest: each unit its own at once, those who judge all of them once the
/// window is over and the units could look.
#[utoipa::path(tag = "figures", params(SignalsQuery), responses(
    (status = 200, body = SignalsView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/signals")]
pub async fn signals(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<SignalsQuery>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&signals_of(&app, &actor, &query, Seeing::Now)?))
        .await
        .map(Answer::respond)
}

/// The signals of the window that `query` names, as far as `actor` may see them.
///
/// # Errors
/// 403 for whoever neither judges nor works for a unit; 422 for a window that there is not.
pub fn signals_of(
    app: &App,
    actor: &Actor,
    query: &SignalsQuery,
    seeing: Seeing<'_>,
) -> Result<SignalsView> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let asked = Asked::of(query.window.as_deref(), &rules, actor, now)?;
        let counted = asked.counted(conn, seeing)?;
        let Counted { at, names, seen } = &*counted;
        let group = |unit| {
            let unit = rules.directory.unit(&UnitCode::new(names.text(unit)))?;
            Some(unit.peer_group.clone()).filter(|group| !group.is_empty())
        };
        let lines = judge(seen, asked.rule(), group);
        let items = lines.iter().filter(|line| {
            let code = names.text(line.unit);
            asked.shows(code) && query.unit.as_ref().is_none_or(|unit| unit.as_str() == code)
        });
        let items = items.map(|line| asked.line(line, names, seen)).collect();
        Ok(asked.view(items, *at))
    })
}

/// A ticket behind a signal.
#[derive(Serialize, ToSchema)]
struct SignalTicket {
    no: String,
    /// Whether it is a case; else it is only counted. Null where the unit itself is not told.
    case: Option<bool>,
}

/// A page of what lies behind a signal.
#[derive(Serialize, ToSchema)]
pub struct SignalTicketsView {
    items: Vec<SignalTicket>,
    next: Option<String>,
}

impl SignalTicketsView {
    /// The numbers of the tickets that the page names.
    pub fn numbers(&self) -> Vec<String> {
        self.items.iter().map(|item| item.no.clone()).collect()
    }
}

/// The tickets behind one side of one signal; nothing where the reader does not see the signal. What citizens said of a
/// unit its own people find once the window is over, from some cases on, and of no sealed ticket.
#[utoipa::path(tag = "figures", params(SignalTicketsQuery), responses(
    (status = 200, body = SignalTicketsView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/signals/tickets")]
pub async fn tickets(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<SignalTicketsQuery>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&behind_of(&app, &actor, &query, Seeing::Now)?))
        .await
        .map(Answer::respond)
}

/// The tickets behind the side of the signal that `query` names, as far as `actor` may see them.
///
/// # Errors
/// 403 for whoever neither judges nor works for a unit; 422 for what there is not.
pub fn behind_of(
    app: &App,
    actor: &Actor,
    query: &SignalTicketsQuery,
    seeing: Seeing<'_>,
) -> Result<SignalTicketsView> {
    let page = Stretch::asked(query.limit, query.after.as_deref())?;
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let asked = Asked::of(query.window.as_deref(), &rules, actor, now)?;
        let counted = asked.counted(conn, seeing)?;
        let Counted { names, seen, .. } = &*counted;
        let unit = names.find(query.unit.as_str()).filter(|_| asked.shows(query.unit.as_str()));
        let behind = |unit| asked.behind(seen, unit, query.signal, names);
        let mut all = unit.map(behind).unwrap_or_default();
        if query.part.unwrap_or(Side::Num) == Side::Num {
            all.retain(|(_, is_case)| *is_case == Some(true));
        }
        let (some, next) = page.of(&all);
        let ids: Vec<i64> = some.iter().map(|(ticket, _)| *ticket).collect();
        let numbers = facts::numbers(conn, &ids)?;
        let item = |(ticket, case): &(i64, Option<bool>)| {
            Some(SignalTicket { no: numbers.get(ticket)?.clone(), case: *case })
        };
        let items = some.iter().filter_map(item).collect();
        Ok(SignalTicketsView { items, next })
    })
}

/// A question as it was understood, with the reader's scope.
struct Asked<'a> {
    rules: &'a Rules,
    /// Of the window.
    book: Arc<Rulebook>,
    window: Window,
    all_from: Stamp,
    now: Stamp,
    /// The units this reader sees.
    own: BTreeSet<UnitCode>,
    sees_all: bool,
}

impl<'a> Asked<'a> {
    fn of(window: Option<&str>, rules: &'a Rules, actor: &Actor, now: Stamp) -> Result<Self> {
        let works = actor.roles.iter().any(|role| role.sees_unit_tickets());
        let judges = actor.has_any(&JUDGES) && !actor.company;
        if !works && !judges {
            return Err(Error::forbidden());
        }
        let window = Period { window, from: None, to: None }.read(rules)?;
        let book = rules.of_window(&window)?;
        let rule = &book.profile.assessment.signals;
        let zone = rules.profile.zone;
        let last = window.end.plus_millis(-1).day(zone);
        let all_from = Stamp::end_of(rules.calendar.add_workdays(last, rule.own_workdays), zone);
        let own = if works { actor.subtree.clone() } else { BTreeSet::new() };
        let sees_all = judges && now > all_from;
        Ok(Self { rules, book, window, all_from, now, own, sees_all })
    }

    fn rule(&self) -> &SignalRule {
        &self.book.profile.assessment.signals
    }

    fn shows(&self, unit: &str) -> bool {
        self.sees_all || self.own.contains(&UnitCode::new(unit))
    }

    fn counted(&self, conn: &mut Conn, seeing: Seeing<'_>) -> Result<Arc<Counted>> {
        let (start, end) = (self.window.start, self.window.end);
        let asked = store::Asked { start, end, again_days: self.rule().again_days };
        recent::counted(conn, asked, self.now, seeing)
    }

    /// Whether the reader is of the unit's own people, and a case of `signal` what a citizen said of them.
    fn is_told(&self, unit: &str, signal: Signal) -> bool {
        signal.is_told() && self.own.contains(&UnitCode::new(unit))
    }

    /// What the reader finds behind a signal of a unit.
    fn behind(
        &self,
        seen: &[Seen],
        unit: Sym,
        signal: Signal,
        names: &Names,
    ) -> Vec<(i64, Option<bool>)> {
        if self.is_told(names.text(unit), signal) {
            return told(seen, (unit, signal), self.rule(), (self.window.end, self.now));
        }
        let all = behind(seen, unit, signal, self.rule());
        all.into_iter().map(|(ticket, is_case)| (ticket, Some(is_case))).collect()
    }

    fn line(&self, line: &Line, names: &Names, seen: &[Seen]) -> SignalView {
        let mut view = self.whole(line, names);
        if self.is_told(&view.unit, line.signal) {
            self.tell(&mut view, &self.behind(seen, line.unit, line.signal, names));
        }
        view
    }

    /// Leaves of a signal what the unit itself may know: `found` of it.
    fn tell(&self, view: &mut SignalView, found: &[(i64, Option<bool>)]) {
        let count = found.iter().map(|(_, is_case)| is_case.map(i64::from)).sum::<Option<i64>>();
        // Of nothing that is counted there is nothing to know.
        let count = count.filter(|_| !found.is_empty());
        view.n = i64::try_from(found.len()).unwrap_or(i64::MAX);
        view.share = count.map(|count| count as f64 / view.n as f64);
        let interval = count.map(|count| wilson(count as f64, view.n as f64));
        (view.low, view.high) = (interval.map(|it| it.0), interval.map(|it| it.1));
        view.lit = view.lit.filter(|_| count.is_some());
        view.count = count;
        let least = self.rule().told_least.to_string();
        view.rule.push_str(&sentence("signals.told", &[("least", &least)]));
    }

    /// A signal as those read it who judge.
    fn whole(&self, line: &Line, names: &Names) -> SignalView {
        let code = names.text(line.unit);
        let unit = self.rules.directory.unit(&UnitCode::new(code));
        let (days, part) = (self.rule().again_days.to_string(), percent(self.rule().late_part.0));
        SignalView {
            unit: code.to_owned(),
            name: unit.map_or_else(|| code.to_owned(), |unit| unit.name.clone()),
            signal: line.signal,
            title: line.signal.zh(),
            n: line.own.n,
            count: Some(line.own.count),
            share: line.own.share(),
            expected: line.others.share(),
            low: line.interval.map(|it| it.0),
            high: line.interval.map(|it| it.1),
            lit: Some(line.lit),
            rule: sentence(line.signal.rule(), &[("days", &days), ("part", &part)]),
        }
    }

    fn view(&self, items: Vec<SignalView>, at: Stamp) -> SignalsView {
        let (rule, zone) = (self.rule(), self.rules.profile.zone);
        let values = [rule.least.to_string(), shown(rule.lift), percent(rule.chance.0)];
        let [least, lift, chance] = values.each_ref().map(String::as_str);
        let values = [("least", least), ("lift", lift), ("chance", chance)];
        SignalsView {
            window: self.window.label(),
            from: self.window.start.rfc3339(zone),
            to: self.window.end.rfc3339(zone),
            profile: self.book.profile.id(),
            shown_to_all_from: self.all_from.plus_millis(1).rfc3339(zone),
            counted_at: at.rfc3339(zone),
            lights: sentence("signals.lights", &values),
            items,
        }
    }
}

/// Thousandths as per cent: `5`, `12.5`.
fn percent(thousandths: i64) -> String {
    let text = format!("{}.{}", thousandths / 10, thousandths % 10);
    text.trim_end_matches(".0").to_owned()
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn thousandths_are_said_as_per_cent() {
        let said = [50, 125, 100, 1000, 0].map(percent);
        assert_eq!(said, ["5", "12.5", "10", "100", "0"]);
    }
}
