//! Citizen: a new code for who was locked out or has lost theirs. Its rule: only a person gives it,
//! after having made sure who asks; it is told once, and the old one is dead.

use serde_json::json;

use super::{key_of, store};
use crate::db::Tx;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::lifecycle::Hotline;
use crate::sealing::entropy;
use crate::ticket::command::Target;
use crate::ticket::{CitizenCode, Text};

/// How the agent made sure who asks.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeChecked {
    /// How it was made sure that it is the citizen: rung back on the intake number, a paper seen.
    pub how: Text,
}

/// Issues a new code for the ticket numbered `no` and forgets its wrong tries.
///
/// # Errors
/// 404, 403, 422 in this order.
pub fn reissue(
    hotline: &Hotline,
    tx: &mut Tx<'_>,
    actor: &Actor,
    no: &str,
    checked: impl FnOnce() -> Result<CodeChecked>,
) -> Result<CitizenCode> {
    let rules = hotline.rules.current(tx.conn, tx.now)?;
    let stored = hotline.see(tx.conn, &rules, actor, no)?;
    actor.require(&[Role::Agent])?;
    let CodeChecked { how } = checked()?;
    let mut after = stored.ticket.clone();
    let code = CitizenCode::issue(&mut entropy(), &after.caller);
    after.code = Some(code.clone());
    after.code_hash = None;
    let body = json!({ "how": how });
    hotline.keep(tx, &rules, actor, &stored, after, "code", body, Target::default())?;
    store::forget(tx, &key_of(&hotline.keys, &stored.ticket.no))?;
    Ok(code)
}
