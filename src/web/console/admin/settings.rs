//! Web, console, administration: a profile's settings in words. Its rule: `config/words/profile.toml` says what each is
//! called and how its values are said; what it does not know stays as it is written.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Value;

use crate::web::console::words::zh;

/// What a setting is called, and how its values are said.
#[derive(Debug, Deserialize)]
struct Told(String, How);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum How {
    /// A unit, a form of writing, or a list of codes.
    Unit(String),
    /// Value by value.
    Words(BTreeMap<String, String>),
}

static WORDS: LazyLock<BTreeMap<String, Told>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../config/words/profile.toml")).unwrap_or_default()
});

/// The name of the setting `key`, and its `values` as they are read; the key and what is written where nobody says more.
pub fn in_words(key: &str, values: [Option<&Value>; 2]) -> (String, [Option<String>; 2]) {
    let how = &How::Unit(String::new());
    let (name, how) = told(key).unwrap_or_else(|| (key.to_owned(), how));
    (name, values.map(|value| value.map(|value| said(value, how))))
}

/// What is told of `key`: itself, or what has a star where it has a code.
fn told(key: &str) -> Option<(String, &'static How)> {
    if let Some(Told(name, how)) = WORDS.get(key) {
        return Some((name.clone(), how));
    }
    let parts: Vec<&str> = key.split('.').collect();
    (0..parts.len()).rev().find_map(|at| {
        let mut pattern = parts.clone();
        let code = std::mem::replace(&mut pattern[at], "*");
        let Told(name, how) = WORDS.get(&pattern.join("."))?;
        Some((format!("{name}：{}", word(code)), how))
    })
}

/// What the code in a key is called.
fn word(code: &str) -> String {
    if let Some(Told(name, _)) = WORDS.get(&format!("*{code}")) {
        return name.clone();
    }
    let lists = ["urgency", "kind", "exclusion"];
    let named = lists.iter().map(|list| zh(code, list)).find(|name| name != code);
    named.unwrap_or_else(|| code.to_owned())
}

fn said(value: &Value, how: &How) -> String {
    match (value, how) {
        (Value::Array(items), How::Unit(unit)) if unit == "hours" => hours(items),
        (Value::Array(items), _) if items.is_empty() => "无".to_owned(),
        (Value::Array(items), how) => {
            items.iter().map(|item| said(item, how)).collect::<Vec<_>>().join("、")
        }
        (Value::Boolean(true), _) => "是".to_owned(),
        (Value::Boolean(false), _) => "否".to_owned(),
        (plain, How::Words(words)) => {
            let text = written(plain);
            words.get(&text).cloned().unwrap_or(text)
        }
        (Value::String(text), How::Unit(unit)) => match unit.as_str() {
            "length" => length(text),
            "time" => time(text),
            list => zh(text, list),
        },
        (Value::Float(part), How::Unit(unit)) if unit == "share" => {
            format!("{}%", (part * 1_000.0).round() / 10.0)
        }
        (Value::Integer(whole), How::Unit(unit)) if unit == "share" => {
            format!("{}%", whole.saturating_mul(100))
        }
        (plain, How::Unit(unit)) => format!("{} {unit}", written(plain)).trim_end().to_owned(),
    }
}

/// A value as a profile's author wrote it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) => number.to_string(),
        other => other.to_string(),
    }
}

/// `5 workdays` as `5 个工作日`, `30min` as `30 分钟`.
fn length(text: &str) -> String {
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = match unit.trim() {
        "min" => "分钟",
        "h" => "小时",
        "d" => "天",
        "workday" | "workdays" => "个工作日",
        _ => return text.to_owned(),
    };
    format!("{number} {unit}")
}

/// `17:30:00` as `17:30`.
fn time(text: &str) -> String {
    text.strip_suffix(":00").filter(|rest| rest.contains(':')).unwrap_or(text).to_owned()
}

/// `[["09:00:00", "12:00:00"]]` as `09:00–12:00`.
fn hours(items: &[Value]) -> String {
    let bounds = |pair: &Value| -> Vec<String> {
        let bounds = pair.as_array().into_iter().flatten().filter_map(Value::as_str);
        bounds.map(time).collect()
    };
    items.iter().map(|pair| bounds(pair).join("–")).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_said_as_people_say_them() {
        let told = |key: &str, toml: &str| {
            let table: toml::Table = format!("it = {toml}").parse().unwrap();
            let (name, values) = in_words(key, [table.get("it"), None]);
            (name, values[0].clone().unwrap())
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            told("clocks.handle.general", "'5 workdays'"),
            pair("办理时限：一般", "5 个工作日")
        );
        assert_eq!(told("survey.attempts", "3"), pair("回访最多尝试", "3 次"));
        assert_eq!(told("assessment.basic_satisfied", "0.9").1, "90%");
        assert_eq!(told("assessment.composite.response", "1").1, "100%");
        assert_eq!(told("assessment.show.lists", "false").1, "否");
        assert_eq!(told("extension.never_for", "[]").1, "无");
        assert_eq!(told("working_hours", "[['09:00:00', '12:00:00']]").1, "09:00–12:00");
        assert_eq!(told("rework.after_bad_survey", "'at_once'").1, "直接发回重办");
        assert_eq!(told("of.nothing", "'x'"), pair("of.nothing", "x"));
    }
}
