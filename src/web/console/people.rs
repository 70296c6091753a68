//! Web, console: what people are called. Its rule: a page says a name where a view says a login; a property company is
//! told logins alone, as on a ticket.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::words::Names;
use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::{Actor, store};

/// Fields of views that hold a login.
const LOGINS: &[&str] = &[
    "account",
    "actor",
    "answered_by",
    "asked_by",
    "by",
    "called_back_by",
    "created_by",
    "decided_by",
    "declared_by",
    "deputy",
    "done_by",
    "heard_by",
    "lifted_by",
    "made_by",
    "no_ticket_by",
    "owner",
    "proposed_by",
    "set_by",
    "surveyor",
    "to",
    "user",
];

/// What units, places and categories are called today, and the people that `view` names, as `actor` may be told.
///
/// # Errors
/// The database's own.
pub fn names_in(app: &App, actor: &Actor, view: &impl Serialize) -> Result<Names> {
    let directory = app.db.read(|conn| app.directory.current(conn))?;
    Ok(Names { directory, people: people_in(app, actor, view)? })
}

/// What the people are called whom `view` names, by their logins.
///
/// # Errors
/// The database's own.
pub fn people_in(
    app: &App,
    actor: &Actor,
    view: &impl Serialize,
) -> Result<BTreeMap<String, String>> {
    if actor.company {
        return Ok(BTreeMap::new());
    }
    let mut logins = BTreeSet::new();
    gather(&serde_json::to_value(view).map_err(Error::internal)?, &mut logins);
    app.db.read(|conn| store::called(conn, logins.into_iter().collect()))
}

fn gather(value: &Value, logins: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(login) => {
                        // With a zero character no account is called, and PostgreSQL takes no such text.
                        if LOGINS.contains(&name.as_str()) && !login.contains('\0') {
                            logins.insert(login.clone());
                        }
                    }
                    value => gather(value, logins),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                gather(item, logins);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn logins_are_found_however_deep_they_stand_and_nothing_else_is() {
        let view = json!({ "by": "zhang", "title": "li", "steps": [{ "by": "wang", "unit": "ke" }, { "by": null }],
            "owner": { "name": "zhao", "user": "qian" }, "set_by": "a\u{0}b" });
        let mut logins = BTreeSet::new();
        gather(&view, &mut logins);
        assert_eq!(logins.into_iter().collect::<Vec<_>>(), ["qian", "wang", "zhang"]);
    }
}
