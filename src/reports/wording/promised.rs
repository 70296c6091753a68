//! Reports, wording: the proof that a site is promised what sections give, for tests. Its rule: it looks at what they gave.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::proofread::given;

thread_local! {
    /// What each section gave its sentences last, in this test.
    static NOTED: RefCell<BTreeMap<String, Value>> = const { RefCell::new(BTreeMap::new()) };
}

/// Remembers what the section `id` gives.
pub fn note(id: &str, figures: &impl serde::Serialize) {
    let value = serde_json::to_value(figures).unwrap();
    NOTED.with_borrow_mut(|noted| noted.insert(id.to_owned(), value));
}

/// Fails where what a site is promised is not what a section gave in this test; answers how many sections gave something.
pub fn what_is_promised_is_given() -> usize {
    NOTED.with_borrow(|noted| {
        for (id, value) in noted {
            compare(&given(id).unwrap_or_else(|| panic!("no section {id}")), value, id);
        }
        noted.len()
    })
}

fn compare(promised: &Value, given: &Value, at: &str) {
    match (promised, given) {
        (Value::Object(names), Value::Object(there)) => {
            let ours: BTreeSet<&String> = names.keys().collect();
            assert_eq!(ours, there.keys().collect::<BTreeSet<_>>(), "{at}");
            for (name, value) in names {
                compare(value, &there[name], &format!("{at}.{name}"));
            }
        }
        (Value::Array(ours), Value::Array(there)) => {
            if let (Some(one), Some(other)) = (ours.first(), there.first()) {
                compare(one, other, &format!("{at}[]"));
            }
        }
        // Not known this time.
        (_, Value::Null) => {}
        _ => {
            let [ours, theirs] = [promised, given].map(std::mem::discriminant);
            assert_eq!(ours, theirs, "{at}: {promised} {given}");
        }
    }
}
