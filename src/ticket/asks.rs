//! Ticket: which decisions of others it waits for. Its rule: all that the command table may allow somebody, perhaps one
//! too many and never one too few; who may decide, and whether now, is the table's to say.

use std::collections::BTreeSet;

use super::Ticket;
use super::assignment::RequestStage;
use super::command::CommandName;
use super::overlay::{ExclusionStage, LedgerStage};
use super::state::{Awaits, State, WorkName};

impl Ticket {
    /// The commands with which somebody else decides what was asked here: a head endorses, a reviewer or an assessor
    /// decides, a dispatcher judges a dispute, an agent speaks with who withdrew. As they are now; empty for most.
    pub fn asks(&self) -> BTreeSet<CommandName> {
        let lives = self.state.is_live();
        let working = self.assignments.values().filter(|part| lives && part.is_live());
        let parts = working.flat_map(|part| {
            let disputed = part.is(WorkName::Disputed).then_some(CommandName::DisputeDecide);
            let later = part.extensions.iter().filter_map(|asked| match asked.stage {
                RequestStage::ToEndorse => Some(CommandName::Endorse),
                RequestStage::ToDecide => Some(CommandName::ExtendDecide),
                RequestStage::Approved | RequestStage::Refused => None,
            });
            disputed.into_iter().chain(later)
        });
        let ledgers =
            self.ledgers.iter().filter(|_| lives).filter_map(|ledger| match ledger.stage {
                LedgerStage::ToEndorse => Some(CommandName::Endorse),
                LedgerStage::ToDecide => Some(CommandName::LedgerDecide),
                _ => None,
            });
        let leaves = self.exclusion.iter().filter_map(|asked| match asked.stage {
            ExclusionStage::ToEndorse => Some(CommandName::Endorse),
            ExclusionStage::ToDecide => Some(CommandName::ExcludeDecide),
            ExclusionStage::ToConfirm => Some(CommandName::ExcludeConfirm),
            ExclusionStage::Appealed => Some(CommandName::ExcludeAppealDecide),
            _ => None,
        });
        let bad = matches!(self.state, State::Surveying { awaits: Awaits::Triage });
        let bad = bad.then_some(CommandName::Triage);
        let withdrawn =
            self.withdrawal.as_ref().filter(|_| lives).map(|_| CommandName::WithdrawConfirm);
        parts.chain(ledgers).chain(leaves).chain(bad).chain(withdrawn).collect()
    }
}
