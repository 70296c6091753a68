//! Web, console, administration: which settings of two profiles differ. Its rule: by the full name of each setting,
//! whatever order the texts have; what a text says of itself is no setting.

use std::collections::BTreeMap;

use serde::Serialize;
use toml::{Table, Value};

/// What a profile is called, and where it was taken from.
const NO_SETTINGS: [&str; 4] = ["name", "version", "title", "sources"];

/// A setting that two profiles have otherwise.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Such as `clocks.handle.general`.
    key: String,
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
        .map(|key| Difference {
            key: key.clone(),
            here: here.get(key).cloned(),
            there: there.get(key).cloned(),
        })
        .collect()
}

fn settings(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let table: Table = toml::from_str(text).unwrap_or_default();
    for (name, value) in table.iter().filter(|(name, _)| !NO_SETTINGS.contains(&name.as_str())) {
        gather(name.clone(), value, &mut found);
    }
    found
}

fn gather(key: String, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                gather(format!("{key}.{name}"), value, found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (n, value) in items.iter().enumerate() {
                gather(format!("{key}.{}", n + 1), value, found);
            }
        }
        plain => {
            found.insert(key, said(plain));
        }
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(yes) => yes.to_string(),
        Value::Datetime(at) => at.to_string(),
        Value::Array(items) => items.iter().map(said).collect::<Vec<_>>().join("、"),
        Value::Table(table) => {
            let pairs = table.iter().map(|(name, value)| format!("{name}={}", said(value)));
            pairs.collect::<Vec<_>>().join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                ("clocks.handle.general".to_owned(), text("7d"), text("5d")),
                ("clocks.sign".to_owned(), text("1d"), None),
                ("tries".to_owned(), None, text("2")),
            ]
        );
        assert!(between(here, here).is_empty());
    }
}
