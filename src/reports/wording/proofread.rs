//! Reports, wording: a site's own sentences, tried before they are used. Its rule: on figures of the very shape that the
//! section gives; a figure that the section does not give is found whether its place is reached or not.

use std::collections::{BTreeSet, HashSet};

use minijinja::value::Serde;
use serde_json::{Value, json};
use toml::Spanned;

use super::filling::{Sentence, environment};
use crate::error::sentence;

/// What is wrong with a sentence, and at which byte of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub at: usize,
    pub reason: String,
}

/// A figure as `contents::sentences` gives it.
fn figure() -> Value {
    let then = json!({"value": 0.5, "by": 0.1, "growth": 0.1});
    json!({
        "value": 0.5, "num": 5.0, "den": 10, "low": 0.4, "high": 0.6,
        "previous": then.clone(), "year": then,
    })
}

/// What the section `id` gives its sentences; nothing of what is no section.
pub(super) fn given(id: &str) -> Option<Value> {
    let f = figure;
    let named = || json!({"name": "甲", "count": 1.0, "share": 0.5});
    Some(match id {
        "first_page" => {
            let shift = || json!({"subject": "全部", "metric": "解决率", "figure": f()});
            json!({
                "known": true, "received": f(), "composite": f(), "rates": [shift()],
                "counts": [shift()], "overdue": 1,
            })
        }
        "overview" => json!({
            "received": f(), "received_change": 0.1, "per_day": 3.5, "direct": f(),
            "dispatched": 1, "finished": f(), "carried_over": f(), "overdue": 1, "contact": f(),
            "on_time": f(), "response": f(), "resolution": f(), "satisfaction": f(),
            "composite": f(), "excluded": 1,
            "assessed": {
                "composite": f(), "response": f(), "resolution": f(), "satisfaction": f(),
            },
            "time": {"mean": 1.5, "median": 1.5, "p90": 1.5},
        }),
        "structure" => json!({
            "received": 1, "top_kind": named(), "petitions": 1.0, "categories": [named()],
        }),
        "topics" => {
            let topic =
                || json!({"name": "甲", "received": f(), "share": 0.5, "estates": "甲小区1件"});
            json!({"topics": [topic()], "growing": [topic()]})
        }
        "case" => json!({
            "no": "2026-000001", "category": "电梯", "estate": "甲小区", "unit": "甲科", "days": 3,
            "solved": true, "closed": true, "unsolved": false,
        }),
        "units" => json!({
            "ranked": 1, "small": 1, "small_n": 10, "firsts": [{"peers": "科室", "names": "甲"}],
            "below": ["甲"], "late_units": 1, "overdue": 1, "on_time": f(), "contact": f(),
            "return": f(), "rework": f(),
        }),
        "unsolved" => json!({"unsolved": 1, "told": [named()]}),
        "housing" => json!({
            "high": 1, "many": 31, "span": "近十二个周期", "most": {"name": "甲", "received": f()},
            "blocks": [{"name": "甲", "count": 1, "previous": 1, "growth": 0.1}],
        }),
        "ledger" => json!({
            "opening": 1.0, "new": 1.0, "written_off": 1.0, "cancelled": 0.0, "closing": 1.0,
        }),
        "bottom_line" => json!({
            "flagged": 1, "kinds": [{"name": "甲", "count": 1}],
            "cases": {
                "opened": 2, "upheld": 1, "dismissed": 1, "open": 0, "held": 1, "per_1000": 1.0,
            },
        }),
        "trend" => json!({
            "windows": 12, "falling": ["解决率"], "repeat": f(), "repeat_days": 90,
            "warned": {
                "raised": 1, "acted": 1, "real": 1, "not_real": 0, "open": 0, "listed": 1,
                "precision": 1.0,
            },
            "campaigns": {"count": 1, "points": 2, "done": 1, "late": 0},
        }),
        "check" => json!({
            "until": "2026-12-04 18:00", "units": 3, "confirmed": 1, "objected": 1, "silent": 1,
            "objections": 1, "upheld": 1,
        }),
        _ => return None,
    })
}

/// Whether `own` can be used in the section `id`.
pub fn proofread(id: &str, own: &Sentence) -> Result<(), Wrong> {
    let Some(figures) = given(id) else {
        let reason = sentence("report.no_section", &[("name", id)]);
        return Err(Wrong { at: own.text.span().start, reason });
    };
    let environment = environment();
    if let Some(when) = &own.when {
        let at = when.span().start;
        let broken = |error: minijinja::Error| Wrong { at, reason: error.to_string() };
        let compiled = environment.compile_expression(when.get_ref()).map_err(broken)?;
        if let Some(name) = unknown(&figures, compiled.undeclared_variables(true)) {
            return Err(Wrong { at, reason: no_such(&name) });
        }
        compiled.eval(Serde(&figures)).map_err(broken)?;
    }
    let text = &own.text;
    let broken = |error: minijinja::Error| Wrong {
        at: line_of(text, error.line()),
        reason: error.to_string(),
    };
    let compiled =
        environment.template_from_named_str("sentence.txt", text.get_ref()).map_err(broken)?;
    if let Some(name) = unknown(&figures, compiled.undeclared_variables(true)) {
        let line = text.get_ref().lines().position(|line| line.contains(&name));
        return Err(Wrong { at: line_of(text, line.map(|line| line + 1)), reason: no_such(&name) });
    }
    compiled.render(Serde(&figures)).map_err(broken)?;
    Ok(())
}

fn no_such(name: &str) -> String {
    sentence("report.no_figure", &[("name", name)])
}

/// The first of `names`, such as `repeat.value`, that `figures` do not have.
fn unknown(figures: &Value, names: HashSet<String>) -> Option<String> {
    let is_there = |name: &str| {
        name == "range" || name.split('.').try_fold(figures, |at, key| at.get(key)).is_some()
    };
    let names: BTreeSet<String> = names.into_iter().collect();
    names.into_iter().find(|name| !is_there(name))
}

/// Where the line `line` (from 1) of `text` begins in its file: a text over several lines begins after its quotes.
fn line_of(text: &Spanned<String>, line: Option<usize>) -> usize {
    let above = text.get_ref().lines().take(line.unwrap_or(1).saturating_sub(1));
    let above: usize = above.map(|line| line.len() + 1).sum();
    let length = text.get_ref().len();
    // The quotes of several lines: three and a line's end before, three after.
    let opening = if text.span().len() >= length + 7 { 4 } else { 1 };
    text.span().start + opening + above
}
