//! Proactive: a warning's life: raised, taken, acted upon, closed. Its rule: it has an owner and ends with an action
//! and a result, in this order, or with one word, not real; its rule's precision follows from that, and a rule that is wrong too
//! often is listed and pushed no more.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::finding::{EVIDENCE, Finding, Grade, Rule};
use super::owner::Owner;
use super::settings::Demotion;
use super::sight::may_act;
use super::store::{self, Precision, WarningRow, WarningState};
use crate::audit::{self, Entry};
use crate::code_enum;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::notify::Addressee;
use crate::notify::outbox;
use crate::sealing::mask_text;
use crate::ticket::Text;

/// The longest text of a warning, in characters.
const LONGEST: usize = 2_000;

/// Nothing is said with it.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Take {}

/// What was done about it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Act {
    pub text: Text,
}

/// How it ended.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// What came of what was done; a real one needs both.
    #[serde(default)]
    pub result: Option<Text>,
    /// Not real: one key, and nothing else to say.
    pub real: bool,
}

code_enum! {
    /// What may be said to a warning.
    pub enum Word { Take = "take" "认领", Act = "act" "处置", Close = "close" "关闭" }
}

/// A finding with whoever answers for it and the latest ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    pub finding: Finding,
    pub owner: Owner,
    pub ticket_id: i64,
    /// Whether it rests on a sealed ticket.
    pub sealed: bool,
}

impl Precision {
    /// Whether the rule is pushed no more.
    pub fn is_demoted(&self, by: Demotion) -> bool {
        let share = |n: i64| f64::from(i32::try_from(n).unwrap_or(i32::MAX));
        self.closed >= by.least && share(self.real) < by.below * share(self.closed)
    }
}

/// Opens a warning, or adds to the one that is open; whoever answers for it is told once it is an alarm, and whoever
/// does from then on. Of a demoted rule an alarm is watched only, and kept as the alarm that the rule made of it.
/// Answers whether it is new, or has become an alarm.
///
/// # Errors
/// The database's own.
pub fn raise(tx: &mut Tx<'_>, due: &Due, demotion: Demotion) -> Result<bool> {
    let judged = due.finding.grade;
    let mut due = due.clone();
    if due.finding.grade == Grade::Alarm {
        let since = tx.now.plus(-demotion.within);
        let of_rule = store::precision(tx.conn, since)?;
        let own = of_rule.iter().find(|it| it.rule == due.finding.rule);
        if own.is_some_and(|it| it.is_demoted(demotion)) {
            due.finding.grade = Grade::Watch;
        }
    }
    let Some(open) = store::open_of(tx.conn, due.finding.rule, &due.finding.cell)? else {
        let row = fresh(tx, &due, judged)?;
        store::insert(tx, &row)?;
        tell(tx, &row)?;
        return Ok(true);
    };
    let promoted = open.grade == Grade::Watch && due.finding.grade == Grade::Alarm;
    let after = grown(open.clone(), (&due, judged), tx.now)?;
    if after == open {
        return Ok(false);
    }
    store::save(tx, &after)?;
    let moved = (&after.unit, after.desk) != (&open.unit, open.desk);
    if promoted || moved {
        tell(tx, &after)?;
    }
    Ok(promoted)
}

fn fresh(tx: &Tx<'_>, due: &Due, judged: Grade) -> Result<WarningRow> {
    let finding = due.finding.clone();
    Ok(WarningRow {
        id: tx.id(),
        rule: finding.rule,
        cell: finding.cell,
        grade: finding.grade,
        estate: finding.estate,
        category: finding.category,
        company: finding.company,
        unit: due.owner.unit().cloned(),
        desk: due.owner.desk(),
        ticket_id: due.ticket_id,
        n: small(finding.n),
        threshold: small(finding.threshold),
        tickets: json(&finding.tickets)?,
        why: json(&finding.why)?,
        state: WarningState::Open,
        opened_at: tx.now,
        changed_at: tx.now,
        owner: None,
        taken_at: None,
        act: None,
        acted_at: None,
        result: None,
        is_real: None,
        closed_at: None,
        closed_by: None,
        judged,
    })
}

/// The open warning with what was found since: its reasons are those of its loudest moment.
fn grown(
    mut open: WarningRow,
    (due, judged): (&Due, Grade),
    now: crate::time::Stamp,
) -> Result<WarningRow> {
    // The loudest is the least.
    open.judged = open.judged.min(judged);
    let mut numbers = open.numbers();
    let known = numbers.len();
    for number in &due.finding.tickets {
        if !numbers.contains(number) {
            numbers.push(number.clone());
        }
    }
    let promoted = due.finding.grade < open.grade;
    if numbers.len() == known && !promoted {
        return Ok(open);
    }
    let over = numbers.len().saturating_sub(EVIDENCE);
    numbers.drain(..over);
    // A unit's letter names no sealed ticket.
    let stays = due.sealed && open.unit.is_some();
    let mut after = WarningRow {
        tickets: json(&numbers)?,
        ticket_id: if stays { open.ticket_id } else { due.ticket_id },
        changed_at: now,
        n: open.n.max(small(due.finding.n)),
        ..open
    };
    if promoted {
        after.grade = due.finding.grade;
        after.threshold = small(due.finding.threshold);
        after.why = json(&due.finding.why)?;
    }
    if after.unit.is_none() && after.state == WarningState::Open {
        after.unit = due.owner.unit().cloned();
        after.desk = due.owner.desk();
    }
    Ok(after)
}

/// Tells whoever answers for an alarm.
fn tell(tx: &mut Tx<'_>, row: &WarningRow) -> Result<()> {
    if row.grade != Grade::Alarm {
        return Ok(());
    }
    let addressee = match (&row.unit, row.desk) {
        (Some(unit), _) => Addressee::Unit(unit.clone()),
        (None, Some(role)) => Addressee::Role(role),
        (None, None) => return Ok(()),
    };
    outbox::warn(tx, row.ticket_id, addressee, row.rule.as_str())
}

/// `actor` says `word` to the warning `id`; `read` reads the body once who says it may.
///
/// # Errors
/// 403; 422; 409 `transition` for one that is closed, `warning.no_action` for a real one about which nothing was done.
pub fn say(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: WarningRow,
    word: Word,
    read: impl FnOnce() -> Result<Said>,
) -> Result<WarningRow> {
    if !may_act(actor, row.unit.as_ref(), row.desk) {
        return Err(Error::forbidden());
    }
    let said = read()?;
    if row.state == WarningState::Closed {
        return Err(Error::refused("transition").in_state(row.state.as_str(), Vec::new()));
    }
    if matches!(said, Said::Close { real: true, .. }) && row.act.is_none() {
        return Err(Error::refused("warning.no_action"));
    }
    let mut after = row;
    if after.owner.is_none() || word == Word::Take {
        after.owner = Some(actor.name.clone());
        after.taken_at = Some(tx.now);
    }
    match said {
        Said::Take if after.state == WarningState::Acted => {}
        Said::Take => after.state = WarningState::Taken,
        Said::Act(text) => {
            after.state = WarningState::Acted;
            after.act = Some(text);
            after.acted_at = Some(tx.now);
        }
        Said::Close { result, real } => {
            after.state = WarningState::Closed;
            after.result = result;
            after.is_real = Some(real);
            after.closed_at = Some(tx.now);
            after.closed_by = Some(actor.name.clone());
        }
    }
    store::save(tx, &after)?;
    let (subject, action) = (after.id.to_string(), format!("warning.{word}"));
    let entry = Entry::new((actor.user, &actor.name), &action, ("warning", &subject));
    let real = after.is_real.map_or("", |real| if real { " real" } else { " not_real" });
    audit::record(tx, &entry.detailed(format!("{}{real}", after.rule)))?;
    Ok(after)
}

/// What was said, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Take,
    Act(String),
    Close { result: Option<String>, real: bool },
}

impl TryFrom<Act> for Said {
    type Error = Error;
    fn try_from(act: Act) -> Result<Self> {
        Ok(Self::Act(masked(&act.text, "/text")?))
    }
}

impl TryFrom<Close> for Said {
    type Error = Error;
    fn try_from(close: Close) -> Result<Self> {
        if close.real && close.result.is_none() {
            return Err(Error::field("/result", "field.required"));
        }
        let result = close.result.map(|text| masked(&text, "/result")).transpose()?;
        Ok(Self::Close { result, real: close.real })
    }
}

/// A text with numbers and mails masked: who writes it may have a caller in mind.
///
/// # Errors
/// `field.too_long` at `pointer`.
pub fn masked(text: &Text, pointer: &str) -> Result<String> {
    if text.chars().count() > LONGEST {
        return Err(Error::field(pointer, "field.too_long"));
    }
    Ok(mask_text(text.as_str(), &[]))
}

fn small(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// How it was counted, as it was kept.
pub fn reasons(row: &WarningRow) -> Value {
    serde_json::from_str(&row.why).unwrap_or_default()
}

/// Whether a rule is one that a company may know of itself.
pub fn is_of_companies(rule: Rule) -> bool {
    super::sight::OF_COMPANIES.contains(&rule)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_rule_that_is_wrong_too_often_is_demoted_once_enough_were_closed() {
        let by = Demotion { below: 0.3, least: 20, within: TimeDelta::days(180) };
        for (closed, real, demoted) in
            [(0, 0, false), (19, 0, false), (20, 5, true), (20, 6, false), (100, 29, true)]
        {
            let of = Precision { rule: Rule::Cluster, closed, real };
            assert_eq!(of.is_demoted(by), demoted, "{real} of {closed}");
        }
    }

    #[test]
    fn a_real_one_needs_a_result_and_an_unreal_one_only_the_word() {
        let close = |text: &str| serde_json::from_str::<Close>(text).unwrap();
        assert!(Said::try_from(close(r#"{"real":false}"#)).is_ok());
        assert!(Said::try_from(close(r#"{"real":true}"#)).is_err());
        let said =
            Said::try_from(close(r#"{"real":true,"result":"电话13900000001已修"}"#)).unwrap();
        let Said::Close { result, .. } = said else { panic!("{said:?}") };
        assert!(!result.unwrap().contains("13900000001"));
    }
}
