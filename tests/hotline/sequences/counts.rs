//! What was met over all sequences: said at the end, and asked to be enough.

use std::collections::BTreeMap;

use jiesu::error::Error;
use jiesu::ticket::command::CommandName;
use jiesu::ticket::{StateName, Ticket};

/// What was met, over all sequences.
#[derive(Default)]
pub struct Counts {
    states: BTreeMap<&'static str, u32>,
    commands: BTreeMap<&'static str, u32>,
    refusals: BTreeMap<String, u32>,
    tried: u32,
    accepted: u32,
    /// Shares of figures that were compared.
    pub shares: usize,
}

impl Counts {
    /// A ticket came to stand where it stands.
    pub fn stands(&mut self, ticket: &Ticket) {
        *self.states.entry(ticket.state.name().as_str()).or_default() += 1;
    }

    pub fn accept(&mut self, name: CommandName) {
        self.tried += 1;
        self.accepted += 1;
        *self.commands.entry(name.as_str()).or_default() += 1;
    }

    pub fn refuse(&mut self, name: CommandName, error: &Error) {
        self.tried += 1;
        let code = error.fields().first().map_or(error.code(), |field| field.code);
        *self.refusals.entry(format!("{name} {code}")).or_default() += 1;
    }

    /// How far it has come.
    pub fn so_far(&self, url: &str, sequences: u64) -> String {
        let database = url.split(':').next().unwrap_or_default();
        let share = 100 * self.accepted / self.tried.max(1);
        let tried = self.tried;
        format!("{database}: {sequences} sequences, {tried} commands, {share} % accepted")
    }

    /// The table of what was met: states, commands and why commands were refused.
    pub fn print(&self, url: &str, sequences: u64) {
        let mut text = self.so_far(url, sequences);
        text += &format!("\n  {} shares of figures compared\n  states met:\n", self.shares);
        for state in StateName::ALL {
            text +=
                &format!("    {:24}{:>8}\n", state.as_str(), count(&self.states, state.as_str()));
        }
        text += "  commands accepted:\n";
        for name in CommandName::ALL {
            text +=
                &format!("    {:24}{:>8}\n", name.as_str(), count(&self.commands, name.as_str()));
        }
        println!("{text}  refused: {:?}", self.refusals);
    }

    /// Each state was met, and half of the commands were accepted; each command too where `all`.
    pub fn are_enough(&self, least: u32, all: bool) {
        assert!(self.accepted * 2 >= self.tried, "half of the commands are accepted");
        for state in StateName::ALL {
            let met = count(&self.states, state.as_str());
            assert!(met >= least, "{state}: {met}");
        }
        for name in CommandName::ALL.iter().filter(|_| all) {
            let met = count(&self.commands, name.as_str());
            assert!(met >= least, "{name}: {met}");
        }
    }
}

fn count(met: &BTreeMap<&'static str, u32>, what: &str) -> u32 {
    met.get(what).copied().unwrap_or_default()
}
