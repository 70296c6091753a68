//! Identity: who is asking, and what the role allows. Its rule: every command's first line is
//! `actor.require(…)`.

use std::collections::BTreeSet;

use crate::code_enum;
use crate::directory::UnitCode;
use crate::error::{Error, Kind, Result};

code_enum! {
    /// The roles of contract.md; a small site may merge several in one user.
    pub enum Role {
        Agent = "agent" "坐席",
        Dispatcher = "dispatcher" "派单员",
        Handler = "handler" "经办人",
        UnitHead = "unit_head" "承办单位负责人",
        Reviewer = "reviewer" "审核员",
        Surveyor = "surveyor" "回访员",
        Assessor = "assessor" "考核员",
        Leader = "leader" "领导",
        Sysadmin = "sysadmin" "系统管理员",
        Secadmin = "secadmin" "安全管理员",
        Auditor = "auditor" "审计员",
        Platform = "platform" "市平台账号",
        /// A citizen with a number and a code; never a login.
        Citizen = "citizen" "市民",
        /// The program itself: sweeps, imports, the catalogue.
        System = "system" "系统",
    }
}

impl Role {
    /// Roles that may read any ticket's case content (masked), not only their unit's.
    pub const fn sees_all_tickets(self) -> bool {
        matches!(
            self,
            Self::Agent
                | Self::Dispatcher
                | Self::Reviewer
                | Self::Surveyor
                | Self::Assessor
                | Self::Leader
                | Self::System
        )
    }
    /// Roles that read the tickets of their unit and the units below it.
    pub const fn sees_unit_tickets(self) -> bool {
        matches!(self, Self::Handler | Self::UnitHead)
    }
}

/// Who asks: a person, a machine account, a citizen or the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The user's id; 0 for the program and for citizens.
    pub user: i64,
    /// The login name (never a citizen's name): what events and audit rows carry.
    pub name: String,
    pub roles: BTreeSet<Role>,
    /// The unit the user belongs to.
    pub unit: Option<UnitCode>,
    /// That unit and everything below it, as of this request.
    pub subtree: BTreeSet<UnitCode>,
    /// Whether that unit is a property company (or below one): it gets handling copies only.
    pub company: bool,
}

impl Actor {
    /// The program itself.
    pub fn system() -> Self {
        Self {
            user: 0,
            name: "system".to_owned(),
            roles: BTreeSet::from([Role::System]),
            unit: None,
            subtree: BTreeSet::new(),
            company: false,
        }
    }

    /// A citizen who has shown what they were told; which one is not said.
    pub fn citizen() -> Self {
        Self {
            name: "citizen".to_owned(),
            roles: BTreeSet::from([Role::Citizen]),
            ..Self::system()
        }
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }

    /// Whether the actor may know of a caller's other matters: whoever reads any ticket. No unit may.
    pub fn sees_all_tickets(&self) -> bool {
        self.roles.iter().any(|role| role.sees_all_tickets())
    }

    /// Refuses (403) whoever holds none of `roles`.
    pub fn require(&self, roles: &[Role]) -> Result<()> {
        if self.has_any(roles) { Ok(()) } else { Err(Error::forbidden()) }
    }

    /// Refuses (403) whoever asked to decide: merged roles never make one person both
    /// (contract.md, "Roles").
    pub fn require_other_than(&self, asked_by: i64) -> Result<()> {
        let is_same = self.user != 0 && self.user == asked_by;
        if is_same { Err(Error::new(Kind::Forbidden, "own_request")) } else { Ok(()) }
    }

    /// Whether the actor works for `unit` or for a unit above it.
    pub fn works_for(&self, unit: &UnitCode) -> bool {
        self.subtree.contains(unit)
    }
}
