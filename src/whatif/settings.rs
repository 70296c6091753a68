//! What-if: in which settings two profiles differ, and what becomes of each difference. Its rule: every setting that
//! differs is named, one by one; a setting that nobody thought of counts as not replayed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::code_enum;
use crate::error::{Error, Result};
use crate::limits::Profile;

code_enum! {
    /// What a setting that differs does to the figures of a replay.
    pub enum Effect {
        /// The figures are counted anew by it.
        Replayed = "replayed" "已按备选办法重算",
        /// Not counted anew: by it people would have done other things, and nobody knows which.
        Conduct = "conduct" "未重算：会改变当时各人的做法",
        /// Not counted anew: the period asked about stays the one asked about.
        Period = "period" "未重算：仍按所问周期比较",
        /// No figure of the table depends on it.
        NoFigure = "no_figure" "与本表指标无关",
        /// It changes what is shown beside the figures, not the figures.
        Display = "display" "只影响展示",
    }
}

/// A setting that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// As in the profile's text: `assessment.basic_satisfied`.
    pub name: String,
    /// As the text writes it; none where the setting is not there.
    pub before: Option<String>,
    pub after: Option<String>,
    pub effect: Effect,
}

/// By the beginning of a setting's name, the first that fits. What is in no line is [`Effect::Conduct`].
const EFFECTS: [(&str, Effect); 27] = [
    ("assessment.basic_solved", Effect::Replayed),
    ("assessment.basic_satisfied", Effect::Replayed),
    ("assessment.composite", Effect::Replayed),
    ("assessment.small_n", Effect::Replayed),
    ("assessment.class", Effect::Replayed),
    ("assessment.direct_class", Effect::Replayed),
    // Of reports alone: live figures take every survey.
    ("assessment.late_surveys", Effect::NoFigure),
    ("assessment.show", Effect::Display),
    ("assessment.signals", Effect::NoFigure),
    ("repeat_days", Effect::Replayed),
    ("working_hours", Effect::Replayed),
    ("zone", Effect::Replayed),
    ("cutoff", Effect::Replayed),
    ("report_in", Effect::Replayed),
    ("clocks.sign", Effect::Replayed),
    ("clocks.contact", Effect::Replayed),
    ("clocks.handle", Effect::Replayed),
    ("rework.limit", Effect::Replayed),
    ("clocks.dispatch", Effect::NoFigure),
    ("clocks.overall", Effect::NoFigure),
    ("dispute.review", Effect::NoFigure),
    ("survey.limit", Effect::NoFigure),
    ("survey.relisten_percent", Effect::NoFigure),
    ("vexatious_days", Effect::NoFigure),
    ("backfill", Effect::NoFigure),
    ("ledger.progress_days", Effect::NoFigure),
    ("window", Effect::Period),
];

/// The reasons of exclusions, each by its code: [`of_reason`].
const REASONS: &str = "assessment.exclusions.";

/// What a profile is called is no rule of it.
const NAMES: [&str; 4] = ["name", "version", "title", "sources"];

fn effect(name: &str) -> Effect {
    let fits = |start: &str| {
        name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    EFFECTS.iter().find(|(start, _)| fits(start)).map_or(Effect::Conduct, |(_, effect)| *effect)
}

/// Of a reason for exclusions, which may be on one side alone: what was excluded for one that goes counts again, but
/// nobody knows what would have been excluded for one that comes; one that both have is called otherwise.
const fn of_reason(before: Option<&String>, after: Option<&String>) -> Effect {
    match (before, after) {
        (Some(_), None) => Effect::Replayed,
        (None, _) => Effect::Conduct,
        (Some(_), Some(_)) => Effect::Display,
    }
}

/// Every setting in which `after` differs from `before`, by name.
///
/// # Errors
/// `internal` where a profile cannot be written down.
pub fn differing(before: &Profile, after: &Profile) -> Result<Vec<Setting>> {
    let (before, after) = (flat(before)?, flat(after)?);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |name: &&String| before.get(*name) != after.get(*name);
    let setting = |name: &String| {
        let (before, after) = (before.get(name), after.get(name));
        let is_reason = name.starts_with(REASONS);
        let effect = if is_reason { of_reason(before, after) } else { effect(name) };
        Setting { effect, before: before.cloned(), after: after.cloned(), name: name.clone() }
    };
    Ok(names.into_iter().filter(differs).map(setting).collect())
}

/// Each setting under its whole name; a list is one setting, but the reasons of exclusions stand by their codes.
fn flat(profile: &Profile) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    let value = serde_json::to_value(profile).map_err(Error::internal)?;
    if let Value::Object(parts) = value {
        for (name, part) in parts.into_iter().filter(|(name, _)| !NAMES.contains(&name.as_str())) {
            spread(name, part, &mut all);
        }
    }
    Ok(all)
}

fn spread(name: String, value: Value, all: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(parts) => {
            for (part, value) in parts {
                spread(format!("{name}.{part}"), value, all);
            }
        }
        Value::Array(items) if REASONS.strip_suffix('.') == Some(name.as_str()) => {
            for item in items {
                let code = item["code"].as_str().unwrap_or_default().to_owned();
                all.insert(
                    format!("{REASONS}{code}"),
                    item["name"].as_str().unwrap_or_default().to_owned(),
                );
            }
        }
        Value::Null => {}
        Value::String(text) => {
            all.insert(name, text);
        }
        other => {
            all.insert(name, other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::length::Thousandths;
    use crate::limits::profile::{builtin, builtin_names};

    fn names(before: &Profile, after: &Profile) -> Vec<(String, Effect)> {
        let all = differing(before, after).unwrap();
        all.into_iter().map(|it| (it.name, it.effect)).collect()
    }

    #[test]
    fn a_profile_differs_in_nothing_from_itself_whatever_it_is_called() {
        let before = builtin("default").unwrap();
        let mut after = before.clone();
        (after.name, after.version, after.title) = ("ours".into(), 7, "另一名称".into());
        assert!(differing(&before, &after).unwrap().is_empty());
    }

    #[test]
    fn each_difference_is_named_with_what_becomes_of_it() {
        let before = builtin("default").unwrap();
        let mut after = before.clone();
        after.assessment.basic_satisfied = Thousandths(800);
        after.assessment.show.lists = !after.assessment.show.lists;
        after.assessment.exclusions.retain(|it| it.code != "force_majeure");
        after.survey.attempts += 1;
        after.window.from_day = 19;
        after.vexatious_days = 90;
        let due = [
            ("assessment.basic_satisfied", Effect::Replayed),
            ("assessment.exclusions.force_majeure", Effect::Replayed),
            ("assessment.show.lists", Effect::Display),
            ("survey.attempts", Effect::Conduct),
            ("vexatious_days", Effect::NoFigure),
            ("window.from_day", Effect::Period),
        ];
        let due: Vec<_> = due.map(|(name, effect)| (name.to_owned(), effect)).into();
        assert_eq!(names(&before, &after), due);
        let changed = differing(&before, &after).unwrap();
        let weight = changed.iter().find(|it| it.name == "assessment.basic_satisfied").unwrap();
        assert_eq!((weight.before.as_deref(), weight.after.as_deref()), (Some("0.9"), Some("0.8")));
        let gone = changed.iter().find(|it| it.name.ends_with("force_majeure")).unwrap();
        assert_eq!((gone.before.is_some(), gone.after.is_some()), (true, false));
    }

    #[test]
    fn a_reason_that_goes_is_counted_anew_one_that_comes_is_not_and_another_name_is_shown() {
        let more = builtin("default").unwrap();
        let mut fewer = more.clone();
        fewer.assessment.exclusions.retain(|it| it.code != "force_majeure");
        let name = "assessment.exclusions.force_majeure".to_owned();
        assert_eq!(names(&more, &fewer), [(name.clone(), Effect::Replayed)]);
        assert_eq!(names(&fewer, &more), [(name.clone(), Effect::Conduct)]);
        let mut renamed = more.clone();
        let own = renamed.assessment.exclusions.iter_mut().find(|it| it.code == "force_majeure");
        own.unwrap().name = "不可抗力情形".into();
        assert_eq!(names(&more, &renamed), [(name, Effect::Display)]);
    }

    #[test]
    fn every_line_of_the_table_names_settings_that_there_are() {
        let all: Vec<BTreeMap<String, String>> =
            builtin_names().map(|name| flat(&builtin(name).unwrap()).unwrap()).collect();
        for (start, _) in EFFECTS {
            let fits = |name: &String| name == start || name.starts_with(&format!("{start}."));
            // Not every profile has limits of its own for a rework, or a cut-off for surveys.
            let is_there = all.iter().any(|one| one.keys().any(fits));
            let may_lack = ["rework.limit", "assessment.late_surveys"].contains(&start);
            assert!(is_there || may_lack, "{start}");
        }
    }
}
