//! Lifecycle: the tickets behind a vexatious mark. Its rule: who proposes or decides sees every ticket that it
//! rests on; what it says is `intake::vexatious`'s.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Hotline, Rules};
use crate::db::Tx;
use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Actor;
use crate::intake::vexatious::{self, Case, Eyes, Grounds, MarkRow, Proposal, Verdict, Why, store};
use crate::ticket::store::Stored;

impl Hotline {
    /// Proposes a vexatious mark on the caller and the matter of the ticket numbered `no`; `read` reads what is
    /// proposed once who asks may ask.
    ///
    /// # Errors
    /// 404; 403; 422, also where a ticket that it rests on is unknown to `actor`; 409 as [`vexatious::propose`].
    pub fn propose_mark(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        no: &str,
        read: impl FnOnce() -> Result<Proposal>,
    ) -> Result<MarkRow> {
        let rules = self.rules.current(tx.conn, tx.now)?;
        let on = self.see(tx.conn, &rules, actor, no)?;
        actor.require(&vexatious::PROPOSERS)?;
        let proposal = read()?;
        proposal.check()?;
        let mut others = Vec::new();
        for (place, no) in proposal.tickets.iter().enumerate() {
            others.push(self.see(tx.conn, &rules, actor, no).map_err(|error| {
                let unknown = FieldError::new(format!("/tickets/{place}"), "field.unknown_code");
                let absent = error.kind() == Kind::NotFound;
                if absent { Error::invalid(vec![unknown]) } else { error }
            })?);
        }
        let grounds = Grounds { on: &on, others: &others, reason: &proposal.reason };
        vexatious::propose(tx, &self.keys, actor, &grounds)
    }

    /// The second person says `verdict` to the mark `id`.
    ///
    /// # Errors
    /// 404; 403; 422; 409 as [`vexatious::decide`].
    pub fn decide_mark(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        (id, verdict): (i64, Verdict),
        read: impl FnOnce() -> Result<Why>,
    ) -> Result<MarkRow> {
        let (rules, mark, on) = self.mark(tx, actor, id)?;
        actor.require(&vexatious::DECIDERS)?;
        let mut fits = 0;
        for no in mark.tickets() {
            match self.see(tx.conn, &rules, actor, &no) {
                Ok(it) => fits += usize::from(vexatious::bears_out(&self.keys, &it.ticket, &mark)),
                Err(error) if error.kind() == Kind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let handled = self.handlers(tx, &rules, actor, &mark)?;
        vexatious::may_decide(actor, &mark, (&handled, &rules.directory))?;
        let why = read()?;
        let days = rules.profile.vexatious_days;
        let case = Case { on: &on.ticket, fits, days };
        vexatious::decide(tx, &self.keys, actor, (mark, &case), (verdict, &why.reason))
    }

    /// A reviewer lifts the mark `id`.
    ///
    /// # Errors
    /// 404; 403, also [`vexatious::apart`]; 422; 409 as [`vexatious::lift`].
    pub fn lift_mark(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        id: i64,
        read: impl FnOnce() -> Result<Why>,
    ) -> Result<MarkRow> {
        let (rules, mark, on) = self.mark(tx, actor, id)?;
        actor.require(&vexatious::LIFTERS)?;
        let handled = self.handlers(tx, &rules, actor, &mark)?;
        vexatious::apart(actor, (&handled, &rules.directory))?;
        let why = read()?;
        vexatious::lift(tx, actor, (mark, &on.ticket), &why.reason)
    }

    fn handlers(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        actor: &Actor,
        mark: &MarkRow,
    ) -> Result<BTreeSet<UnitCode>> {
        Eyes { actor, keys: &self.keys, directory: &rules.directory }.handlers(tx.conn, mark)
    }

    /// The mark `id` and its ticket, for whoever reads any ticket.
    fn mark(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        id: i64,
    ) -> Result<(Arc<Rules>, MarkRow, Stored)> {
        if !actor.sees_all_tickets() {
            return Err(Error::not_found());
        }
        let rules = self.rules.current(tx.conn, tx.now)?;
        let mark = store::find(tx.conn, id)?.ok_or_else(Error::not_found)?;
        let on = self.see(tx.conn, &rules, actor, &mark.ticket_no)?;
        Ok((rules, mark, on))
    }
}
