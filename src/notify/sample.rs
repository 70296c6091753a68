//! Notices: invented facts, to see a letter before one is sent. Its rule: they tell what letters of that occasion can tell
//! and no more, once all of it and once without what may be absent; which names a template may use is said here too.

use super::enclosed::Told;
use super::letter::{Due, Facts, Promised, Source};
use super::plan::Occasion;
use super::template::{LetterForm, Template};
use crate::directory::{Kind, Urgency};
use crate::error::sentence;
use crate::limits::ClockName;
use crate::ticket::Part;
use crate::ticket::overlay::Step;

/// In whose name letters speak.
#[derive(Debug, Clone, Copy)]
pub struct House<'a> {
    pub site: &'a str,
    /// How links begin.
    pub url: &'a str,
}

/// How much there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Much {
    All,
    /// Nothing of what may be absent.
    Least,
}

/// What letters are about, as far as their facts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    /// A unit's work on a ticket.
    Work,
    Warning,
    /// To whoever asked.
    Citizen,
    /// No ticket.
    Apart,
    Digest,
    Report,
}

fn matter(occasion: Occasion) -> Matter {
    match occasion {
        Occasion::Receipt | Occasion::Answered | Occasion::Survey => Matter::Citizen,
        Occasion::Warning => Matter::Warning,
        Occasion::Digest => Matter::Digest,
        Occasion::Report => Matter::Report,
        other if other.has_no_ticket() => Matter::Apart,
        _ => Matter::Work,
    }
}

/// Whether a letter to a unit names one limit; the others list those that it has to keep.
const fn names_a_limit(occasion: Occasion) -> bool {
    matches!(
        occasion,
        Occasion::Soon | Occasion::Overdue | Occasion::Supervised | Occasion::AnswerDue
    )
}

/// Whether a letter to a unit always has an instant by which something is due.
const fn is_always_due(occasion: Occasion) -> bool {
    matches!(
        occasion,
        Occasion::Dispatched
            | Occasion::Designated
            | Occasion::Soon
            | Occasion::Overdue
            | Occasion::AnswerDue
    )
}

const TICKET: [&str; 8] =
    ["occasion", "no", "kind", "urgency", "serious", "category", "estate", "received"];

/// The names that have a value in the letters of `template`.
pub fn names(template: Template) -> Vec<&'static str> {
    let mut names = vec!["site", "name"];
    match template.occasion {
        Some(occasion) => names.extend(names_about(occasion)),
        None => {
            names.push("principal");
            names.extend(TICKET);
            names.extend(["title", "unit", "part", "limit", "due", "limits", "upheld", "urges"]);
            names.extend(["link", "code", "tail", "reply", "promise", "sources", "survey_link"]);
            names.extend(["entries", "report"]);
        }
    }
    if template.form == LetterForm::Page {
        names.extend(["subject", "lines"]);
    }
    names
}

fn names_about(occasion: Occasion) -> Vec<&'static str> {
    let matter = matter(occasion);
    let mut names = match matter {
        Matter::Citizen | Matter::Report => Vec::new(),
        _ => vec!["principal"],
    };
    match matter {
        Matter::Work => {
            names.extend(TICKET);
            names.extend(["title", "unit", "part", "urges"]);
            names.push(if names_a_limit(occasion) { "limit" } else { "limits" });
            names.extend(["due", "link"]);
            if occasion == Occasion::DisputeDecided {
                names.push("upheld");
            }
        }
        Matter::Warning => {
            names.extend(TICKET);
            names.extend(["limit", "unit", "link"]);
        }
        Matter::Citizen => {
            names.extend(TICKET);
            names.extend(["due", "unit", "code", "tail"]);
            if occasion != Occasion::Receipt {
                names.extend(["reply", "promise", "sources"]);
            }
            if occasion == Occasion::Survey {
                names.push("survey_link");
            }
        }
        Matter::Apart => {
            names.extend(["occasion", "limit", "unit", "due", "link"]);
            if occasion == Occasion::Instructed {
                names.push("serious");
            }
        }
        Matter::Digest => names.extend(["link", "entries"]),
        Matter::Report => names.push("report"),
    }
    names
}

/// What a letter about `occasion` could tell; the page around every mail is seen around the first of them.
pub fn facts(occasion: Option<Occasion>, house: House<'_>, much: Much) -> Facts {
    let occasion = occasion.unwrap_or(Occasion::Dispatched);
    let all = match matter(occasion) {
        Matter::Work => work(occasion, house),
        Matter::Warning => Facts {
            limit: Some(sentence("warning.rule.cluster", &[])),
            unit: text("某街道办事处"),
            link: format!("{}/warnings", house.url),
            ..ticket(occasion, house)
        },
        Matter::Citizen => citizen(occasion, house),
        Matter::Apart => apart(occasion, house),
        Matter::Digest => digest(house, much),
        Matter::Report => report(house),
    };
    if much == Much::All { all } else { least(occasion, all) }
}

#[expect(clippy::unnecessary_wraps, reason = "it fills fields that may be empty")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn ticket(occasion: Occasion, house: House<'_>) -> Facts {
    Facts {
        site: house.site.to_owned(),
        name: "王敏".to_owned(),
        principal: text("李主任"),
        occasion: occasion.zh().to_owned(),
        no: "2026-000123".to_owned(),
        kind: Kind::Help.zh().to_owned(),
        urgency: Urgency::Emergency.zh().to_owned(),
        serious: true,
        category: text("电梯故障"),
        estate: text("阳光花园"),
        received: "2026年11月2日09:05".to_owned(),
        urges: 2,
        ..Facts::default()
    }
}

fn work(occasion: Occasion, house: House<'_>) -> Facts {
    let of = |clock: ClockName, due: &str| Due { name: clock.zh().to_owned(), due: due.to_owned() };
    let limits = vec![
        of(ClockName::Sign, "2026年11月2日09:35"),
        of(ClockName::Contact, "2026年11月2日11:05"),
        of(ClockName::Handle, "2026年11月3日24时"),
    ];
    let limit = match occasion {
        Occasion::Supervised | Occasion::AnswerDue => Step::Supervise.zh(),
        _ => ClockName::Handle.zh(),
    };
    let is_one = names_a_limit(occasion);
    Facts {
        title: text("电梯停运，老人无法下楼"),
        unit: text("某街道办事处"),
        part: Part::Lead.zh().to_owned(),
        limit: text(limit).filter(|_| is_one),
        due: text("2026年11月3日24时"),
        limits: if is_one { Vec::new() } else { limits },
        upheld: occasion == Occasion::DisputeDecided,
        link: format!("{}/tickets/2026-000123", house.url),
        ..ticket(occasion, house)
    }
}

fn citizen(occasion: Occasion, house: House<'_>) -> Facts {
    let is_answered = occasion != Occasion::Receipt;
    let promise = Promised { what: "更换轿厢照明".to_owned(), on: "11月10日".to_owned() };
    let sources = vec![
        Source { title: "物业管理条例".to_owned(), no: None },
        Source {
            title: "住宅电梯更新办法".to_owned(), no: text("市建发〔2026〕12号")
        },
    ];
    let link = format!("{}/c/survey/aBcD1234", house.url);
    Facts {
        name: "市民".to_owned(),
        principal: None,
        due: text("2026年11月9日24时"),
        unit: text("某街道办事处"),
        code: text("482913"),
        tail: text("0417"),
        reply: text("已更换电梯主板，经检验合格，现已恢复运行。").filter(|_| is_answered),
        promise: Some(promise).filter(|_| is_answered),
        sources: if is_answered { sources } else { Vec::new() },
        survey_link: Some(link).filter(|_| occasion == Occasion::Survey),
        ..ticket(occasion, house)
    }
}

fn apart(occasion: Occasion, house: House<'_>) -> Facts {
    let (limit, path) = match occasion {
        Occasion::BottomLine | Occasion::BottomLineDue => ("公布电话无人接听", "bottom-line"),
        Occasion::Charged => ("维修资金怎么用", "articles/zs-0001"),
        Occasion::Checking => ("2026年10月", "monthly/1"),
        _ => ("2026年10月", "reports/tasks"),
    };
    Facts {
        site: house.site.to_owned(),
        name: "王敏".to_owned(),
        principal: text("李主任"),
        occasion: occasion.zh().to_owned(),
        limit: text(limit),
        unit: text("某街道办事处"),
        due: text("2026年11月5日18:00"),
        serious: occasion == Occasion::Instructed,
        link: format!("{}/{path}", house.url),
        ..Facts::default()
    }
}

fn digest(house: House<'_>, much: Much) -> Facts {
    let of = |occasion| facts(Some(occasion), house, much);
    Facts {
        site: house.site.to_owned(),
        name: "王敏".to_owned(),
        link: house.url.to_owned(),
        entries: vec![of(Occasion::Soon), of(Occasion::Copied)],
        ..Facts::default()
    }
}

fn report(house: House<'_>) -> Facts {
    let figure = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let report = Told {
        title: "物业管理投诉情况专报".to_owned(),
        issue: "2026年第10期".to_owned(),
        period: "2026年10月".to_owned(),
        state: "已签发".to_owned(),
        figures: vec![figure("受理量", "1204"), figure("满意率", "—")],
        sentences: vec!["本月共受理物业管理类诉求1204件。".to_owned()],
        link: format!("{}/monthly/1", house.url),
    };
    Facts { site: house.site.to_owned(), name: "王敏".to_owned(), report, ..Facts::default() }
}

/// The same without what may be absent.
fn least(occasion: Occasion, all: Facts) -> Facts {
    let matter = matter(occasion);
    let (has_unit, has_due) = match matter {
        Matter::Work => (true, is_always_due(occasion)),
        Matter::Apart => (true, occasion != Occasion::Charged),
        _ => (false, false),
    };
    let report = Told { figures: Vec::new(), sentences: Vec::new(), ..all.report };
    Facts {
        principal: None,
        serious: false,
        category: None,
        estate: None,
        title: None,
        unit: all.unit.filter(|_| has_unit),
        due: all.due.filter(|_| has_due),
        limits: Vec::new(),
        upheld: false,
        code: None,
        tail: None,
        reply: None,
        promise: None,
        sources: Vec::new(),
        report,
        ..all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_value_in_a_letter_of_its_own_and_what_is_the_citizens_is_in_no_other() {
        let house = House { site: "某局", url: "http://there" };
        for template in Template::all().filter(|it| *it != Template::AROUND) {
            let told = serde_json::to_value(facts(template.occasion, house, Much::All)).unwrap();
            let of_page = ["subject", "lines"];
            for name in names(template).into_iter().filter(|name| !of_page.contains(name)) {
                // A digest is never read in another's place; ours asks all the same.
                let is_null = told[name].is_null();
                assert!(told.get(name).is_some(), "{template} {name}");
                assert!(!is_null || name == "principal", "{template} {name}");
            }
            let occasion = template.occasion.unwrap();
            if matter(occasion) != Matter::Citizen {
                for name in ["code", "tail", "reply", "promise", "survey_link"] {
                    assert!(!names(template).contains(&name), "{template} {name}");
                    assert!(told[name].is_null(), "{template} {name}");
                }
            }
        }
    }

    #[test]
    fn around_every_mail_all_names_are_known() {
        let known = names(Template::AROUND);
        for template in Template::all() {
            for name in names(template) {
                assert!(known.contains(&name), "{template} {name}");
            }
        }
        let told = serde_json::to_value(Facts::default()).unwrap();
        for name in told.as_object().unwrap().keys() {
            assert!(known.contains(&name.as_str()), "{name}");
        }
    }
}
