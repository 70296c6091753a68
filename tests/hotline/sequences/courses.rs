//! Where a random life is heading: people prefer the commands that lead there, and do something else
//! often enough. Without a course few lives come as far as a survey, and none to an appeal.

use jiesu::limits::{ClockName, Timer};
use jiesu::ticket::command::CommandName;
use jiesu::ticket::{Assignment, Ticket, WorkName};

/// Where a ticket is heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    Survey,
    Ledger,
    Dispute,
    Extension,
    Merge,
    Exclusion,
    Whistle,
    Supervision,
    Withdrawal,
    Desk,
    Consultation,
    Assists,
    /// Nowhere: whatever may be done.
    Wander,
}

impl Course {
    /// The long ways more than once.
    pub const ALL: [Self; 22] = [
        Self::Survey,
        Self::Survey,
        Self::Survey,
        Self::Ledger,
        Self::Ledger,
        Self::Dispute,
        Self::Extension,
        Self::Extension,
        Self::Merge,
        Self::Exclusion,
        Self::Exclusion,
        Self::Exclusion,
        Self::Exclusion,
        Self::Assists,
        Self::Assists,
        Self::Whistle,
        Self::Supervision,
        Self::Withdrawal,
        Self::Desk,
        Self::Consultation,
        Self::Assists,
        Self::Wander,
    ];

    /// What leads there, and how much it is wanted.
    fn wants(self) -> &'static [(CommandName, usize)] {
        use CommandName as C;
        match self {
            Self::Survey => &[
                (C::Reply, 60),
                (C::Review, 60),
                (C::Survey, 60),
                (C::SurveyAgain, 20),
                (C::Triage, 60),
                (C::Accept, 20),
                (C::Reopen, 10),
            ],
            Self::Ledger => &[
                (C::Ledger, 60),
                (C::Endorse, 60),
                (C::LedgerDecide, 60),
                (C::LedgerProgress, 20),
                (C::LedgerWriteOff, 20),
                (C::LedgerCancel, 10),
                (C::Review, 40),
            ],
            Self::Dispute => &[(C::Dispute, 60), (C::DisputeDecide, 60), (C::Recall, 3)],
            Self::Extension => &[(C::Extend, 60), (C::Endorse, 60), (C::ExtendDecide, 60)],
            Self::Merge => &[(C::Merge, 40), (C::Unmerge, 40)],
            Self::Exclusion => &[
                (C::Reply, 60),
                (C::Review, 20),
                (C::Exclude, 60),
                (C::Endorse, 60),
                (C::ExcludeDecide, 60),
                (C::ExcludeConfirm, 60),
                (C::ExcludeAppeal, 60),
                (C::ExcludeAppealDecide, 60),
            ],
            Self::Whistle => {
                &[(C::Whistle, 50), (C::WhistleReportIn, 50), (C::WhistleClose, 15), (C::Recall, 4)]
            }
            Self::Supervision => {
                &[(C::Supervise, 30), (C::SuperviseAnswer, 40), (C::SuperviseClose, 20)]
            }
            Self::Withdrawal => &[(C::Withdraw, 60), (C::WithdrawConfirm, 60), (C::Urge, 5)],
            Self::Desk => &[(C::Answer, 15), (C::Decline, 15), (C::Divert, 15), (C::Reopen, 50)],
            Self::Consultation => &[(C::Consult, 60), (C::ConsultConclude, 60), (C::Recall, 10)],
            Self::Assists => &[
                (C::SubDispatch, 15),
                (C::Progress, 5),
                (C::AssistReply, 60),
                (C::Accept, 60),
                (C::SendBack, 60),
                (C::AssignmentRecall, 5),
                (C::Reply, 5),
            ],
            Self::Wander => &[],
        }
    }

    /// How much `name` is wanted among what is allowed: the course, the way to it, and a little of
    /// everything else.
    pub fn weight(self, ticket: &Ticket, name: CommandName) -> usize {
        use CommandName as C;
        let owed = |a: &Assignment| a.timers.get(&ClockName::Contact).is_some_and(Timer::is_open);
        let to_ring =
            |a: &Assignment| a.is(WorkName::Signed) || a.is(WorkName::Handling) && owed(a);
        let on_the_way = match (self, name) {
            (Self::Desk | Self::Consultation, _) => 0,
            (Self::Dispute | Self::Whistle | Self::Supervision | Self::Withdrawal, C::Sign) => 8,
            // Assists and copies may be added again and again; one lead is enough.
            (_, C::Dispatch) if ticket.live_lead().is_none() => 60,
            (Self::Assists, C::Dispatch) => 5,
            (_, C::Sign) => 40,
            (_, C::Contact) if ticket.assignments.values().any(to_ring) => 50,
            _ => 0,
        };
        let wanted = self.wants().iter().find(|(there, _)| *there == name);
        1 + wanted.map_or(on_the_way, |(_, weight)| *weight)
    }

    /// Whom a ticket of this course is sent to rather than anybody.
    pub fn leads(self) -> &'static [&'static str] {
        match self {
            // Only a street whistles.
            Self::Whistle => &["jiedao", "jiedao2", "jiedao"],
            // Work is passed down by who stands above somebody.
            Self::Assists => &["jiedao", "weixiu", "qufang", "zjj"],
            _ => &[
                "wuye",
                "weixiu",
                "baozhang",
                "jiedao",
                "jiedao2",
                "hongda",
                "qufang",
                "chengguan",
            ],
        }
    }
}
