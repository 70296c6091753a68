//! Knowledge: what a reply lacks while it is being written. Its rule: pure; judged as the guard judges the reply that is
//! given, so that nobody is nudged at what would pass, and it refuses nothing.

use super::hollow::{Hollow, formulas_in, is_empty_reply};
use crate::code_enum;
use crate::limits::conduct::EmptyRule;

code_enum! {
    /// What would make a reply one that can be held to.
    pub enum Lack {
        Done = "done" "做了什么",
        When = "when" "何时办",
        Basis = "basis" "依据什么",
    }
}

/// A reply as far as it is written.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    pub text: &'a str,
    /// How many articles it names.
    pub articles: usize,
    /// Whether something is promised with it.
    pub promises: bool,
}

/// What there is to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nudge {
    /// Why it says nothing, where that is so.
    pub why: Option<Hollow>,
    /// Where its formulas stand, in characters, from and to.
    pub formulas: Vec<(usize, usize)>,
    /// One of them would do.
    pub missing: &'static [Lack],
}

impl Hollow {
    /// What is missing of a reply that says nothing for this reason.
    pub const fn missing(self) -> &'static [Lack] {
        match self {
            Self::Formula => Lack::ALL,
            Self::Policy => &[Lack::Basis],
        }
    }
}

/// What there is to say of `reply` by `rule`.
pub fn nudge(reply: Written<'_>, rule: &EmptyRule) -> Nudge {
    // A promise is something that the unit can be held to.
    let why = if reply.promises { None } else { is_empty_reply(reply.text, reply.articles, rule) };
    Nudge {
        why,
        formulas: formulas_in(reply.text, rule),
        missing: why.map_or(&[], Hollow::missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, articles: usize, promises: bool) -> (Option<Hollow>, usize, &'static [Lack]) {
        let found = nudge(Written { text, articles, promises }, &EmptyRule::default());
        (found.why, found.formulas.len(), found.missing)
    }

    #[test]
    fn what_is_missing_follows_from_why_a_reply_says_nothing() {
        let formula = "正在核实处理中";
        assert_eq!(of(formula, 0, false).0, Some(Hollow::Formula));
        assert_eq!(of(formula, 0, false).2, [Lack::Done, Lack::When, Lack::Basis]);
        assert!(of(formula, 0, false).1 > 0);
        let vague = "根据有关政策，您的情况不符合条件。";
        assert_eq!(of(vague, 0, false), (Some(Hollow::Policy), 0, &[Lack::Basis][..]));
        // An article, a promise, a thing that was done.
        assert_eq!(of(vague, 1, false), (None, 0, &[][..]));
        assert_eq!((of(formula, 0, true).0, of(formula, 0, true).2), (None, &[][..]));
        assert_eq!(of("已修好", 0, false), (None, 0, &[][..]));
    }
}
