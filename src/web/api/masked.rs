//! Web: stored bodies with everything personal in them masked. Its rule: by the name of
//! the field where it tells, by the form of the text everywhere else.

use serde_json::Value;

use crate::sealing::{mask_address, mask_email, mask_name, mask_phone};
use crate::ticket::Ticket;

/// A stored body with everything personal in it masked.
pub fn masked_json(ticket: &Ticket, value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let shown = match (key.as_str(), value) {
                    ("name", Value::String(text)) => Value::from(mask_name(text)),
                    ("phone" | "second_phone", Value::String(text)) => {
                        Value::from(mask_phone(text))
                    }
                    ("email", Value::String(text)) => Value::from(mask_email(text)),
                    ("address" | "building", Value::String(text)) => {
                        Value::from(mask_address(text))
                    }
                    (_, value) => masked_json(ticket, value),
                };
                (key.clone(), shown)
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(|item| masked_json(ticket, item)).collect(),
        Value::String(text) => Value::from(ticket.masked(text)),
        other => other.clone(),
    }
}
