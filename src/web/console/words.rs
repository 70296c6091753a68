//! Web, console: codes and times in words. Its rule: one table from a list's name to its Chinese words; what is not
//! in it stays as it is.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use minijinja::HtmlEscape;
use minijinja::value::Object;
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::titles::title_of;
use crate::assessment::likewise::Against;
use crate::assessment::signals::Signal;
use crate::assessment::{Edition, GroupBy, List, Metric, Side};
use crate::audit::Went;
use crate::bottomline::{CaseState, Rang};
use crate::calls::{CalledBack, NoTicket};
use crate::citizen::word::{WordSettled, WordSource};
use crate::directory::{
    AssessmentClass, CategoryCode, Channel, CompanyCode, DayKind, Directory, EstateCode, Kind,
    RegionCode, RegionLevel, UnitCode, UnitKind, Urgency,
};
use crate::error::sentence;
use crate::followup::drawn::{Difference, Finding};
use crate::identity::{AccountKind, Role, Scope};
use crate::intake::incident::IncidentState;
use crate::intake::vexatious::MarkState;
use crate::knowledge::gaps::GapSource;
use crate::knowledge::{Act, ArticleState, Stale, Standing};
use crate::limits::{ClockName, Light};
use crate::notify::Occasion;
use crate::notify::store::{LetterState, Medium};
use crate::notify::webhook::Event;
use crate::papers::PaperKind;
use crate::places::Aside;
use crate::privacy::clear::ClearState;
use crate::proactive::campaign::CampaignState;
use crate::proactive::store::WarningState;
use crate::proactive::{Grade, Rule};
use crate::reports::differ::What;
use crate::reports::kinds::{CheckState, Decision, ReportKind, TaskState, TaskStep};
use crate::reports::{State as ReportState, Step as ReportStep};
use crate::roster::Shift;
use crate::routing::dry_run::Verdict;
use crate::ticket::assignment::ContactOutcome;
use crate::ticket::attachment::{AttachmentKind, GoneWhy};
use crate::ticket::command::{CommandName, Doubt, Request};
use crate::ticket::overlay::{
    BottomLine, Contacted, ExclusionReason, ExclusionStage, Outcome, Satisfied, Solved, Step, Why,
};
use crate::ticket::state::{Awaits, DeclineReason, Part, Service, StateName, WorkName};
use crate::upstream::{BackfillState, Cause};
use crate::web::api::dossier::past::what;
use crate::web::api::exports::clear::ExportForm;
use crate::web::api::history::Purpose;
use crate::web::api::work::Waits;

/// Gives templates their filters.
pub fn teach(all: &mut Environment<'static>) {
    all.add_filter("zh", zh);
    all.add_function("codes", codes);
    all.add_filter("marked", marked);
    all.add_filter("event", event);
    all.add_filter("when", when);
    all.add_filter("day", day);
    all.add_filter("hour", hour);
    all.add_filter("owed", owed);
    all.add_filter("workhours", workhours);
    all.add_filter("month", month);
    all.add_filter("who", who);
    all.add_filter("failed", failed);
}

/// One table of the lists that pages speak of.
macro_rules! lists {
    ($($name:literal => $list:ty),+ $(,)?) => {
        /// `code|zh("state")`: what the code of a closed list is called.
        pub fn zh(code: &str, list: &str) -> String {
            let word = match list {
                $($name => <$list>::from_str(code).ok().map(<$list>::zh),)+
                _ => None,
            };
            word.unwrap_or(code).to_owned()
        }

        /// `codes("state")`: a list's codes with their words, in its order.
        fn codes(list: &str) -> Vec<Vec<&'static str>> {
            match list {
                $($name => <$list>::ALL.iter().map(|it| vec![it.as_str(), it.zh()]).collect(),)+
                _ => Vec::new(),
            }
        }
    };
}

lists! {
    "metric" => Metric,
    "group" => GroupBy,
    "edition" => Edition,
    "against" => Against,
    "side" => Side,
    "signal" => Signal,
    "list" => List,
    "report_state" => ReportState,
    "report_step" => ReportStep,
    "report_kind" => ReportKind,
    "difference" => What,
    "decision" => Decision,
    "check" => CheckState,
    "task" => TaskState,
    "task_step" => TaskStep,
    "rule" => Rule,
    "grade" => Grade,
    "warning" => WarningState,
    "case" => CaseState,
    "rang" => Rang,
    "campaign" => CampaignState,
    "clear" => ClearState,
    "export_form" => ExportForm,
    "paper" => PaperKind,
    "incident" => IncidentState,
    "state" => StateName,
    "kind" => Kind,
    "channel" => Channel,
    "urgency" => Urgency,
    "light" => Light,
    "clock" => ClockName,
    "role" => Role,
    "part" => Part,
    "work" => WorkName,
    "awaits" => Awaits,
    "command" => CommandName,
    "contacted" => Contacted,
    "solved" => Solved,
    "satisfied" => Satisfied,
    "class" => AssessmentClass,
    "exclusion" => ExclusionReason,
    "exclusion_stage" => ExclusionStage,
    "decline" => DeclineReason,
    "service" => Service,
    "contact" => ContactOutcome,
    "outcome" => Outcome,
    "why" => Why,
    "step" => Step,
    "bottom_line" => BottomLine,
    "request" => Request,
    "doubt" => Doubt,
    "waits" => Waits,
    "purpose" => Purpose,
    "article_state" => ArticleState,
    "standing" => Standing,
    "stale" => Stale,
    "act" => Act,
    "gap" => GapSource,
    "cause" => Cause,
    "backfill" => BackfillState,
    "called_back" => CalledBack,
    "no_ticket" => NoTicket,
    "word_source" => WordSource,
    "word_settled" => WordSettled,
    "attachment" => AttachmentKind,
    "gone" => GoneWhy,
    "aside" => Aside,
    "mark_state" => MarkState,
    "unit_kind" => UnitKind,
    "region_level" => RegionLevel,
    "day_kind" => DayKind,
    "verdict" => Verdict,
    "account" => AccountKind,
    "scope" => Scope,
    "went" => Went,
    "letter" => LetterState,
    "medium" => Medium,
    "occasion" => Occasion,
    "finding" => Finding,
    "relisten_reason" => Difference,
    "shift" => Shift,
    "webhook_event" => Event,
}

/// `text|marked(marks)`: the pieces from and to, in characters, stand out; all of it is escaped.
#[expect(clippy::needless_pass_by_value, reason = "a filter of minijinja is handed its arguments")]
fn marked(text: &str, marks: Vec<Vec<usize>>) -> Value {
    let letters: Vec<char> = text.chars().collect();
    let piece = |from: usize, to: usize| -> String {
        let to = to.min(letters.len());
        letters.get(from.min(to)..to).unwrap_or_default().iter().collect()
    };
    let (mut html, mut at) = (String::new(), 0);
    for mark in &marks {
        let [from, to] = mark.as_slice() else { continue };
        let from = (*from).max(at);
        html.push_str(&escaped(&piece(at, from)));
        html.push_str("<mark>");
        html.push_str(&escaped(&piece(from, *to)));
        html.push_str("</mark>");
        at = (*to).max(from);
    }
    html.push_str(&escaped(&piece(at, letters.len())));
    Value::from_safe_string(html)
}

fn escaped(text: &str) -> String {
    HtmlEscape(text).to_string()
}

/// `2026-11-27T15:28:07+08:00` as `11月27日 15:28`, with its year where the page is of another.
fn when(state: &State<'_, '_>, at: &str) -> String {
    format!("{} {}", day(state, at), hour(at))
}

/// `2026-11-27T15:28:07+08:00` or `2026-11-27` as `11月27日`, with its year where the page is of another.
fn day(state: &State<'_, '_>, at: &str) -> String {
    let now = state.lookup("now");
    dated(at, now.as_ref().and_then(Value::as_str).unwrap_or_default())
}

/// The day of `at` as one reads it at `now`; with its year where nobody says when that is.
fn dated(at: &str, now: &str) -> String {
    let (Some(year), Some(month), Some(day)) = (at.get(..4), at.get(5..7), at.get(8..10)) else {
        return at.to_owned();
    };
    let bare = |text: &str| text.trim_start_matches('0').to_owned();
    let year = if now.get(..4) == Some(year) { String::new() } else { format!("{year}年") };
    format!("{year}{}月{}日", bare(month), bare(day))
}

/// `2026-11`: `2026年11月`; another window as it is written.
fn month(window: &str) -> String {
    match window.split_once('-') {
        Some((year, month))
            if year.len() == 4
                && month.len() == 2
                && month.bytes().all(|letter| letter.is_ascii_digit()) =>
        {
            format!("{year}年{}月", month.trim_start_matches('0'))
        }
        _ => window.to_owned(),
    }
}

/// Whoever did something, by their user name; what nobody did has a word.
fn who(name: &str) -> String {
    match name {
        "system" => "系统".to_owned(),
        "import" => "历史数据".to_owned(),
        "citizen" => "市民".to_owned(),
        _ => name.to_owned(),
    }
}

/// `backfill.why|failed`: why something was not taken: in our sentence where it is our code, else as the other side said.
fn failed(why: &str) -> String {
    match why.strip_prefix("http_") {
        Some(status) => format!("对方返回 {status}"),
        None => sentence(why, &[]),
    }
}

/// `event.command|event`: what happened to a ticket.
fn event(command: &str) -> String {
    what(command)
}

/// `2026-11-27T15:28:07+08:00` as `15:28`.
fn hour(at: &str) -> String {
    at.get(11..16).unwrap_or_default().to_owned()
}

/// `limit.clock|owed`: what a unit owes by then, as short as clerks say it.
fn owed(clock: &str) -> String {
    match clock {
        "sign" => "签收".to_owned(),
        "contact" => "联系".to_owned(),
        "handle" | "rework" => "答复".to_owned(),
        _ => zh(clock, "clock"),
    }
}

/// `limit.working_minutes|workhours(limit.light)`: `剩 3 工时`, `超 0.5 工时`; tenths that are not full are left out.
fn workhours(minutes: i64, light: &str) -> String {
    let word = if light == Light::Red.as_str() { "超" } else { "剩" };
    let tenths = minutes.abs() / 6;
    let part = if tenths % 10 == 0 { String::new() } else { format!(".{}", tenths % 10) };
    format!("{word} {}{part} 工时", tenths / 10)
}

/// What units, places, categories, profiles and people are called: `names.unit(code)`, `names.person(login)`.
#[derive(Debug, Clone)]
pub struct Names {
    pub directory: Arc<Directory>,
    /// By login; who is not there is called by it.
    pub people: BTreeMap<String, String>,
}

impl Object for Names {
    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        list: &str,
        given: &[Value],
    ) -> Result<Value, Error> {
        let code = given.first().and_then(Value::as_str).unwrap_or_default();
        let directory = &self.directory;
        let name = match list {
            "unit" => named_by_place(code)
                .or_else(|| directory.unit(&UnitCode::new(code)).map(|unit| unit.name.clone())),
            "category" => {
                directory.category(&CategoryCode::new(code)).map(|there| there.name.clone())
            }
            "region" => directory.region(&RegionCode::new(code)).map(|there| there.name.clone()),
            "estate" => directory.estate(&EstateCode::new(code)).map(|there| there.name.clone()),
            "company" => directory.company(&CompanyCode::new(code)).map(|there| there.name.clone()),
            "profile" => title_of(directory, code),
            "person" => Some(self.people.get(code).cloned().unwrap_or_else(|| who(code))),
            _ => return Err(Error::new(ErrorKind::UnknownMethod, list.to_owned())),
        };
        Ok(Value::from(name.unwrap_or_else(|| code.to_owned())))
    }
}

/// What the catalogue calls a unit that the place of a ticket names.
fn named_by_place(code: &str) -> Option<String> {
    let word = match code {
        "@street" => "属地街道",
        "@district" => "属地区局",
        "@company" => "所在小区的物业企业",
        _ => return None,
    };
    Some(word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_codes_read_as_people_say_them() {
        let now = "2026-11-27T15:28:07+08:00";
        assert_eq!(dated("2026-11-07T15:28:07+08:00", now), "11月7日");
        assert_eq!(dated("2026-02-01", now), "2月1日");
        assert_eq!(dated("2025-12-31T23:59:59+08:00", now), "2025年12月31日");
        assert_eq!(dated("2027-01-04", now), "2027年1月4日");
        assert_eq!(dated("2026-02-01", ""), "2026年2月1日");
        assert_eq!(dated("later", now), "later");
        assert_eq!(month("2026-11"), "2026年11月");
        assert_eq!(month("2027-01"), "2027年1月");
        let span = "2026-11-01T00:00:00+08:00/2026-12-01T00:00:00+08:00";
        assert_eq!(month(span), span);
        assert_eq!(who("system"), "系统");
        assert_eq!(failed("http_503"), "对方返回 503");
        assert_eq!(
            (failed("E17"), failed("outward.status")),
            ("E17".to_owned(), sentence("outward.status", &[]))
        );
        assert_eq!(who("zhang"), "zhang");
        assert_eq!(named_by_place("@street").as_deref(), Some("属地街道"));
        assert_eq!(named_by_place("ke"), None);
        assert_eq!(zh("phone", "channel"), "电话");
        assert_eq!(zh("strange", "channel"), "strange");
        assert_eq!(zh("phone", "no such list"), "phone");
        assert_eq!(codes("awaits"), [["answer", "等待回访"], ["triage", "等待研判"]]);
        assert!(codes("no such list").is_empty());
        assert_eq!((owed("handle"), owed("sign")), ("答复".to_owned(), "签收".to_owned()));
        assert_eq!(workhours(180, "green"), "剩 3 工时");
        assert_eq!(workhours(95, "yellow"), "剩 1.5 工时");
        assert_eq!(workhours(-30, "red"), "超 0.5 工时");
        assert_eq!(workhours(0, "red"), "超 0 工时");
    }

    #[test]
    fn what_was_found_stands_out_and_nothing_becomes_markup() {
        let html = |text: &str, marks: &[(usize, usize)]| {
            marked(text, marks.iter().map(|(from, to)| vec![*from, *to]).collect()).to_string()
        };
        assert_eq!(
            html("电梯<b>坏了", &[(0, 2), (5, 7)]),
            "<mark>电梯</mark>&lt;b&gt;<mark>坏了</mark>"
        );
        assert_eq!(html("短", &[(0, 9), (3, 4)]), "<mark>短</mark><mark></mark>");
        assert_eq!(html("<", &[]), "&lt;");
    }
}
