//! Reports, contents: typical cases 典型案例 of the hot topics. Its rule: a sentence of codes, days and the number; the first
//! of each kind is the rule's, the others are there for a person to choose.

use std::collections::BTreeMap;

use serde_json::json;

use super::columns::column;
use super::part::text;
use crate::assessment::Row as Line;
use crate::assessment::facts::{Solved, Standing, Sym, TicketFact};
use crate::directory::{CategoryCode, EstateCode, UnitCode};
use crate::error::Result;
use crate::reports::document::{Format, Row, Table};
use crate::reports::extras::{Case, CaseKind, cases::lasted};
use crate::reports::material::Material;
use crate::reports::said::cases::{BY_RULE, SPARE, TABLE};

const DAY_MS: i64 = 86_400_000;

/// The table of what may be shown of the topics `hot`; none where nothing may.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn cases(material: &Material<'_>, hot: &[&Line]) -> Result<Option<Table>> {
    let wanted = hot.iter().filter_map(|line| Some((line, line.key.as_ref()?)));
    let wanted: Vec<(&str, &[Case])> = wanted
        .filter_map(|(line, key)| Some((line.name.as_str(), material.extras.cases.get(key)?)))
        .map(|(name, cases)| (name, cases.as_slice()))
        .collect();
    let ids = || wanted.iter().flat_map(|(_, cases)| cases.iter().map(|case| case.ticket));
    let facts: BTreeMap<i64, &TicketFact> = material
        .received()
        .filter(|it| ids().any(|id| id == it.id))
        .map(|it| (it.id, it))
        .collect();
    let mut rows = Vec::new();
    for (topic, cases) in wanted {
        let mut last = None;
        for case in cases {
            let Some(fact) = facts.get(&case.ticket) else { continue };
            let place = if last == Some(case.kind) { SPARE } else { BY_RULE };
            last = Some(case.kind);
            let said = material.sentences.said("case", &said(material, case, fact))?;
            let cells = vec![text(topic), text(case.kind.zh()), text(said), text(place)];
            rows.push(Row { key: case.no.clone(), level: 0, cells });
        }
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let note = "由系统按规则从未加密的工单中选取：办结较好的为回访已解决且满意、诉求集中小区中用时最短的；久未解决的为回访未解决或仍未办结、历时最长的。只列编号、类别、小区、单位和天数。";
    Ok(Some(Table {
        id: TABLE.to_owned(),
        title: "典型案例".to_owned(),
        columns: vec![
            column("topic", "热点", Format::Text),
            column("kind", "情形", Format::Text),
            column("text", "案例", Format::Text),
            column("place", "入选", Format::Text),
        ],
        rows,
        note: Some(note.to_owned()),
    }))
}

fn said(material: &Material<'_>, case: &Case, fact: &TicketFact) -> serde_json::Value {
    let directory = &material.frame.directory;
    let code = |sym: Sym| Some(material.facts.names.text(sym)).filter(|_| sym != Sym::NONE);
    let category = code(fact.keys.category).map(|code| {
        let found = directory.category(&CategoryCode::new(code));
        found.map_or_else(|| code.to_owned(), |it| it.name.clone())
    });
    let estate = code(fact.keys.estate).map(|code| {
        let found = directory.estate(&EstateCode::new(code));
        found.map_or_else(|| code.to_owned(), |it| it.name.clone())
    });
    let unit = code(fact.keys.unit).map(|code| {
        let found = directory.unit(&UnitCode::new(code));
        found.map_or_else(|| code.to_owned(), |it| it.name.clone())
    });
    json!({
        "no": case.no,
        "category": category,
        "estate": estate,
        "unit": unit,
        "days": lasted(fact, material.frame.now) / DAY_MS,
        "solved": case.kind == CaseKind::Solved,
        "closed": fact.standing == Standing::Closed,
        "unsolved": fact.survey.is_some_and(|it| it.solved == Solved::Unsolved),
    })
}
