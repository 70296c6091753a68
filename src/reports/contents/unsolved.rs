//! Reports, contents: why it is not solved 未解决原因. Its rule: of the tickets that the resolution rate counts as
//! unsolved, by the code of the latest triage.

use std::collections::BTreeMap;

use serde_json::json;

use super::part::Part;
use super::tally::{Tally, columns};
use crate::assessment::facts::{Solved, TicketFact};
use crate::directory::AssessmentClass;
use crate::error::Result;
use crate::reports::document::{Block, Table};
use crate::reports::material::Material;
use crate::ticket::overlay::Why;

/// Nobody has said why yet.
const UNTOLD: (&str, &str) = ("untold", "尚未研判");
/// The ticket's text was erased.
const ERASED: (&str, &str) = ("erased", "资料已删除");

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn unsolved(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("unsolved", "未解决原因");
    let mut found: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for fact in material.received().filter(|it| is_unsolved(it)) {
        let code = match material.extras.reasons.get(&fact.id) {
            Some(reason) => reason.why.map_or(UNTOLD.0, Why::as_str),
            None => ERASED.0,
        };
        found.entry(code).or_default().push(fact.id);
    }
    let all: usize = found.values().map(Vec::len).sum();
    let names = Why::ALL.iter().map(|why| (why.as_str(), why.zh())).chain([UNTOLD, ERASED]);
    let mut tallies: Vec<Tally> = names
        .map(|(key, name)| Tally {
            key: key.to_owned(),
            name: name.to_owned(),
            ids: found.remove(key).unwrap_or_default(),
            previous: None,
            year: None,
        })
        .filter(|tally| tally.key != ERASED.0 || !tally.ids.is_empty())
        .collect();
    tallies.sort_by_key(|tally| std::cmp::Reverse(tally.ids.len()));
    let told: Vec<_> = tallies
        .iter()
        .filter(|it| !it.ids.is_empty() && it.key != UNTOLD.0 && it.key != ERASED.0)
        .map(|it| json!({"name": it.name, "count": it.ids.len(), "share": it.ids.len() as f64 / all as f64}))
        .collect();
    part.extend(material.sentences.paragraph("unsolved", &json!({"unsolved": all, "told": told}))?);
    let sum = i64::try_from(all).unwrap_or(i64::MAX);
    let rows = tallies.iter().map(|tally| {
        let mut row = tally.row("why", sum, &mut part);
        row.cells.truncate(3);
        row
    });
    let rows = rows.collect();
    part.push(Block::Table(Table {
        id: "unsolved".to_owned(),
        title: "未解决原因".to_owned(),
        columns: columns("原因").into_iter().take(3).collect(),
        rows,
        note: Some("口径：全量。周期内受理、计入解决率且最后一次有效回访为“未解决”的工单，按最近一次研判的原因。".to_owned()),
    }));
    Ok(part)
}

/// What the resolution rate counts as 0.
fn is_unsolved(fact: &TicketFact) -> bool {
    fact.class == AssessmentClass::ThreeRates
        && !fact.standing.is_apart()
        && fact.survey.is_some_and(|survey| survey.solved == Solved::Unsolved)
}
