//! Ticket: what happened to it, one accepted command an event. Its rule: an event carries the JSON
//! merge patch (RFC 7396) from the document before to the document after, so that folding the
//! patches gives the ticket again, whatever rules were in force (decisions/0003).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::time::Stamp;

/// One accepted command, as it lies sealed in its row and as export writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub at: Stamp,
    /// The login name of whoever gave the command; `system`, `citizen` or `import` otherwise.
    pub actor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// The command's name; `register` for the first event, `limits` for a sweep's notice.
    pub command: String,
    /// The assignment it was aimed at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<u32>,
    /// What was asked, as it was accepted.
    pub body: Value,
    /// What it changed.
    pub patch: Value,
}

impl Event {
    /// An event of `actor` at `at`.
    pub fn by(actor: &Actor, at: Stamp, command: &str, body: Value, patch: Value) -> Self {
        Self {
            at,
            actor: actor.name.clone(),
            unit: actor.unit.clone(),
            command: command.to_owned(),
            assignment: None,
            side: None,
            body,
            patch,
        }
    }
}

/// The first event of a ticket as it is kept: its patch is the whole document, whose JSON is at hand.
#[derive(Serialize)]
pub struct Opening<'a> {
    at: Stamp,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a UnitCode>,
    command: &'a str,
    body: &'a Value,
    patch: &'a RawValue,
}

impl Event {
    /// This event as the one that made `document`, whatever its own patch.
    pub fn opening<'a>(&'a self, document: &'a RawValue) -> Opening<'a> {
        Opening {
            at: self.at,
            actor: &self.actor,
            unit: self.unit.as_ref(),
            command: &self.command,
            body: &self.body,
            patch: document,
        }
    }
}

/// The merge patch that turns `before` into `after`. Neither may hold a null: in a patch it means
/// "take away".
pub fn patch(before: &Value, after: &Value) -> Value {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let mut changes = Map::new();
            for (key, value) in after {
                match before.get(key) {
                    Some(old) if old == value => {}
                    Some(old) => {
                        changes.insert(key.clone(), patch(old, value));
                    }
                    None => {
                        changes.insert(key.clone(), value.clone());
                    }
                }
            }
            for key in before.keys().filter(|key| !after.contains_key(*key)) {
                changes.insert(key.clone(), Value::Null);
            }
            Value::Object(changes)
        }
        (_, after) => after.clone(),
    }
}

/// Applies a merge patch (RFC 7396).
pub fn apply(document: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *document = patch.clone();
        return;
    };
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    let Value::Object(fields) = document else { return };
    for (key, change) in changes {
        if change.is_null() {
            fields.remove(key);
        } else {
            apply(fields.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

/// The ticket that `events` make, in their order.
///
/// # Errors
/// `internal` where the folded document is no ticket.
pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<super::Ticket> {
    let mut document = Value::Object(Map::new());
    for event in events {
        apply(&mut document, &event.patch);
    }
    serde_json::from_value(document).map_err(Error::internal)
}

/// The head of the empty chain of a ticket.
pub fn genesis(ticket_id: i64) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"jiesu.ticket.1");
    hasher.update(ticket_id.to_be_bytes());
    hasher.finalize().into()
}

/// The chain's next head: over the one before, the place and the instant, and the ciphertext, so
/// that erasing a key leaves the chain valid.
pub fn link(prev: &[u8], ticket_id: i64, seq: i32, at: Stamp, sealed: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(prev);
    hasher.update(ticket_id.to_be_bytes());
    hasher.update(seq.to_be_bytes());
    hasher.update(at.millis().to_be_bytes());
    hasher.update(sealed);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_went_away_is_taken_away_by_the_patch() {
        let before = json!({"state": {"is": "in_units", "lead": 1}, "n": 1});
        let after = json!({"state": {"is": "closed"}, "n": 1});
        let change = patch(&before, &after);
        assert_eq!(change, json!({"state": {"is": "closed", "lead": null}}));
        let mut document = before;
        apply(&mut document, &change);
        assert_eq!(document, after);
    }

    #[test]
    fn a_changed_byte_changes_every_later_head() {
        let first = link(&genesis(7), 7, 1, Stamp::from_millis(5), b"abc");
        let forged = link(&genesis(7), 7, 1, Stamp::from_millis(5), b"abd");
        assert_ne!(first, forged);
        assert_ne!(
            link(&first, 7, 2, Stamp::from_millis(6), b"x"),
            link(&forged, 7, 2, Stamp::from_millis(6), b"x")
        );
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c]{0,3}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn applying_the_patch_to_the_document_before_gives_the_document_after(before in document(), after in document()) {
            let mut folded = before.clone();
            apply(&mut folded, &patch(&before, &after));
            // An object patched onto something else starts from nothing; both are then equal too.
            prop_assert_eq!(folded, after);
        }
    }
}
