//! Web, console, administration: which settings of two profiles differ. Its rule: by the full name of each setting,
//! whatever order the texts have; what a text says of itself is no setting.

use std::collections::BTreeMap;

use serde::Serialize;
use toml::{Table, Value};

use super::settings::in_words;

/// What a profile is called, and where it was taken from.
const NO_SETTINGS: [&str; 4] = ["name", "version", "title", "sources"];

/// A setting that two profiles have otherwise.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Such as `clocks.handle.general`.
    key: String,
    /// What it is called.
    name: String,
    /// None where it is left out.
    here: Option<String>,
    there: Option<String>,
}

/// What of the settings in `here` differs from `there`, by name; a text that cannot be read has none.
pub fn between(here: &str, there: &str) -> Vec<Difference> {
    let (here, there) = (settings(here), settings(there));
    let mut keys: Vec<&String> = here.keys().chain(there.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .filter(|key| here.get(*key) != there.get(*key))
        .map(|key| {
            let (name, [here, there]) = in_words(key, [here.get(key), there.get(key)]);
            Difference { key: key.clone(), name, here, there }
        })
        .collect()
}

fn settings(text: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let table: Table = toml::from_str(text).unwrap_or_default();
    for (name, value) in table.iter().filter(|(name, _)| !NO_SETTINGS.contains(&name.as_str())) {
        gather(name.clone(), value, &mut found);
    }
    found
}

fn gather(key: String, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                gather(format!("{key}.{name}"), value, found);
            }
        }
        // What has a code is known by it, wherever in its list it stands.
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (n, item) in items.iter().enumerate() {
                let mut item = item.clone();
                let code = item.as_table_mut().and_then(|table| table.remove("code"));
                let code = code.as_ref().and_then(Value::as_str).map(str::to_owned);
                let code = code.unwrap_or_else(|| (n + 1).to_string());
                gather(format!("{key}.{code}"), &item, found);
            }
        }
        plain => {
            found.insert(key, plain.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::profile::{builtin_names, builtin_text};

    #[test]
    fn settings_differ_by_name_and_value_and_not_by_their_order() {
        let here = "name = 'a'\n[clocks]\nsign = '1d'\nhandle = { general = '7d', ask = '1d' }\n";
        let there = "name = 'b'\ntries = 2\n[clocks]\nhandle = { ask = '1d', general = '5d' }\n";
        let text = |text: &str| Some(text.to_owned());
        let told: Vec<_> =
            between(here, there).into_iter().map(|it| (it.key, it.here, it.there)).collect();
        assert_eq!(
            told,
            [
                ("clocks.handle.general".to_owned(), text("7 天"), text("5 天")),
                ("clocks.sign".to_owned(), text("1d"), None),
                ("tries".to_owned(), None, text("2")),
            ]
        );
        assert!(between(here, here).is_empty());
    }

    #[test]
    fn every_setting_of_every_built_in_profile_has_a_name_and_is_said_in_chinese() {
        let english = |text: &str| text.chars().any(|letter| letter.is_ascii_alphabetic());
        for name in builtin_names() {
            for (key, value) in settings(builtin_text(name).unwrap()) {
                let (called, values) = in_words(&key, [Some(&value), None]);
                assert!(!english(&called), "{name} {key}: {called}");
                let said = values[0].clone().unwrap();
                assert!(key == "zone" || !english(&said), "{name} {key}: {said}");
            }
        }
    }

    #[test]
    fn a_reason_is_the_same_wherever_it_stands() {
        let reasons = |codes: [&str; 2]| {
            codes.map(|code| format!("[[reasons]]\ncode = '{code}'\nname = '{code}!'\n")).concat()
        };
        assert!(between(&reasons(["a", "b"]), &reasons(["b", "a"])).is_empty());
        let told = between(&reasons(["a", "b"]), &reasons(["a", "c"]));
        assert_eq!(
            told.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(),
            ["reasons.b.name", "reasons.c.name"]
        );
    }
}
