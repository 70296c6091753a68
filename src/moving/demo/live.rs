//! Moving, demo: what a history line cannot say: tickets in consultation, on the ledger, declined,
//! diverted, withdrawn. Its rule: given as the commands of contract.md, now.

use chrono::Days;

use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::lifecycle::{Hotline, Rules, decide};
use crate::ticket::command::{
    Command, Consult, Day, Decide, Decline, Divert, LedgerBody, Reasoned, Target, WithdrawConfirm,
};
use crate::ticket::state::{DeclineReason, Service};
use crate::ticket::store::{self, Stored};
use crate::ticket::{Mode, State, StateName, Text};
use crate::time::Stamp;

/// Tickets of the last ten days are taken, in milliseconds.
const RECENT: i64 = 10 * 86_400_000;

/// What is done to one ticket, by whom.
type Steps = Vec<(Role, Command)>;

/// Brings some open tickets into the states that only commands lead to.
pub(super) fn liven(hotline: &std::sync::Arc<Hotline>, rules: &Rules) -> Result<()> {
    let now = hotline.db.now();
    let plans: Vec<(StateName, Steps)> = vec![
        (StateName::Accepted, consult()),
        (StateName::Accepted, decline()),
        (StateName::Accepted, divert(now)),
        (StateName::InUnits, withdraw()),
        (StateName::InUnits, ledger(rules, now)),
        (StateName::InUnits, ledger(rules, now)),
        (StateName::InUnits, ledger(rules, now)),
        (StateName::Accepted, consult()),
    ];
    let mut left: Vec<Option<(StateName, Steps)>> = plans.into_iter().map(Some).collect();
    let window = (now.plus_millis(-RECENT), now.plus_millis(1));
    let vault = rules.vault(&hotline.keys);
    let mut after = None;
    while left.iter().any(Option::is_some) {
        let (some, next) = hotline.db.read(|conn| store::page(conn, vault, window, after, 100))?;
        for stored in some {
            let state = stored.ticket.state.name();
            let waits = |plan: &&mut Option<(StateName, Steps)>| {
                plan.as_ref().is_some_and(|(wanted, _)| *wanted == state)
            };
            if let Some((_, steps)) = left.iter_mut().find(waits).and_then(Option::take) {
                apply(hotline, stored, steps)?;
            }
        }
        match next {
            Some(_) => after = next,
            None => break,
        }
    }
    Ok(())
}

fn apply(hotline: &std::sync::Arc<Hotline>, stored: Stored, steps: Steps) -> Result<()> {
    let here = hotline.clone();
    hotline.db.write(move |tx| {
        let rules = here.rules.current(tx.conn, tx.now)?;
        let mut stored = stored.clone();
        for (role, command) in &steps {
            let unit = match stored.ticket.state {
                State::InUnits { .. } => {
                    stored.ticket.final_lead().map(|(_, lead)| lead.unit.clone())
                }
                _ => None,
            };
            // Who decides is of no unit that asks.
            let actor = actor(*role, unit.filter(|_| *role != Role::Reviewer));
            let scene = rules.scene(&actor, tx.now, Mode::History);
            let target = Target::default();
            let Ok(after) = decide(&stored.ticket, command, target, &scene) else {
                // This one does not lend itself to it.
                return Ok(());
            };
            let body = command.body().map_err(crate::error::Error::internal)?;
            let label = command.name().as_str();
            stored = here.record(tx, &rules, &actor, &stored, after, label, body, target)?;
        }
        Ok(())
    })
}

/// The demo's own people, who have no accounts yet when the history comes in.
fn actor(role: Role, unit: Option<UnitCode>) -> Actor {
    let user = match role {
        Role::Reviewer => -2,
        _ => -1,
    };
    let subtree = unit.iter().cloned().collect();
    Actor { user, name: role.to_string(), roles: [role].into(), unit, subtree, company: false }
}

fn text(words: &str) -> Option<Text> {
    Text::parse(words).ok()
}

fn steps(steps: Option<Steps>) -> Steps {
    steps.unwrap_or_default()
}

fn consult() -> Steps {
    let command = || {
        let units = vec![UnitCode::from("wuye"), UnitCode::from("chengguan")];
        let text = text("责任归属不清，请两家单位会商。")?;
        Some(vec![(Role::Dispatcher, Command::Consult(Consult { units, text }))])
    };
    steps(command())
}

fn decline() -> Steps {
    let command = || {
        let told = text("已电话告知来电人向法院申请执行。")?;
        let (reason, acknowledge) = (DeclineReason::LegalOrPetition, Vec::new());
        let body = Decline { reason, told, acknowledge };
        Some(vec![(Role::Agent, Command::Decline(body))])
    };
    steps(command())
}

fn divert(now: Stamp) -> Steps {
    vec![(Role::Agent, Command::Divert(Divert { service: Service::Fire, at: now }))]
}

fn withdraw() -> Steps {
    let command = || {
        let reason = text("来电人称问题已自行解决。")?;
        let how = text("按登记号码回拨，本人确认。")?;
        Some(vec![
            (Role::Agent, Command::Withdraw(Reasoned { reason })),
            (Role::Agent, Command::WithdrawConfirm(WithdrawConfirm { confirmed: true, how })),
        ])
    };
    steps(command())
}

fn ledger(rules: &Rules, now: Stamp) -> Steps {
    let command = || {
        let promised = now.day(rules.profile.zone).checked_add_days(Days::new(75))?;
        let body = LedgerBody {
            grounds: text("需申请专项维修资金，周期较长。")?,
            plan: text("本月完成业主表决，下月招标，随后施工。")?,
            promised_at: Day(promised),
        };
        let approve = Decide { approve: true, reason: text("方案可行，同意挂账。") };
        Some(vec![
            (Role::UnitHead, Command::Ledger(body)),
            (Role::Reviewer, Command::LedgerDecide(approve)),
        ])
    };
    steps(command())
}
