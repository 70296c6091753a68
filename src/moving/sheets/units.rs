//! Moving, sheets: which units a row names, and as what. Its rule: there is one lead; who is said to lead does,
//! wherever it is said.

use super::fields::Fields;
use super::mapping::Field;
use super::names::Names;
use crate::sheet::plain::{narrow, several};

/// Which units: those of one cell in their order, the first of them leading where no column of its own
/// and no word behind a name says who does; `（主办）`, `（协办）`, `（抄送）` behind a name say it.
pub(super) fn of(fields: &mut Fields<'_>, names: &Names<'_>) -> Vec<(String, &'static str, Field)> {
    let mut found: Vec<(String, Option<&'static str>, Field)> = Vec::new();
    for field in [Field::Lead, Field::Units, Field::Assists, Field::Copies] {
        let Some(typed) = fields.plain(field) else { continue };
        let whole = names.unit(&typed).is_ok();
        let parts = if whole { vec![typed.as_str()] } else { several(&typed).collect() };
        for part in parts {
            let (name, said) = said_part(part);
            let Some(code) = fields.named(field, names.unit(&name)) else { continue };
            match found.iter_mut().find(|(there, ..)| *there == code) {
                // What is said of it anywhere counts.
                Some((_, before, _)) => *before = before.or(said),
                None => found.push((code, said, field)),
            }
        }
    }
    let lead = { found.iter().position(|(_, _, field)| *field == Field::Lead) }
        .or_else(|| found.iter().position(|(_, said, _)| *said == Some("lead")))
        .or_else(|| {
            found.iter().position(|(_, said, field)| *field == Field::Units && said.is_none())
        });
    let part = |(place, (code, said, field)): (usize, (String, Option<&'static str>, Field))| {
        let part = match said {
            _ if Some(place) == lead => "lead",
            // There is one lead.
            Some(part) if part != "lead" => part,
            None if field == Field::Copies => "copy",
            _ => "assist",
        };
        (code, part, field)
    };
    let mut all: Vec<_> = found.into_iter().enumerate().map(part).collect();
    // Sent in one instant, the lead is the first of them.
    all.sort_by_key(|(_, part, _)| *part != "lead");
    all
}

/// A name without the part that is said behind it.
fn said_part(typed: &str) -> (String, Option<&'static str>) {
    let typed = narrow(typed);
    for (word, part) in [("主办", "lead"), ("牵头", "lead"), ("协办", "assist"), ("抄送", "copy")]
    {
        if let Some(name) = typed.strip_suffix(&format!("({word})")) {
            return (name.to_owned(), Some(part));
        }
        if let Some(name) = typed.strip_prefix(&format!("{word}:")) {
            return (name.to_owned(), Some(part));
        }
    }
    (typed, None)
}
