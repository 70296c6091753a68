//! Assessment: codes as small numbers while figures are computed. Its rule: a code has one symbol
//! within one set of facts, and none outside it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// An interned code: a unit, a head, a category … as a small number, so that a pass over
/// 100 000 facts compares and allocates no text. [`Sym::NONE`] is the row `-`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Sym(u32);

impl Sym {
    /// What has no key: the row `-`.
    pub const NONE: Self = Self(0);
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The codes behind the [`Sym`]s of one set of facts; kept as the list of the codes, in the order of the symbols.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Vec<Box<str>>", into = "Vec<Box<str>>")]
pub struct Names {
    texts: Vec<Box<str>>,
    syms: HashMap<Box<str>, Sym>,
}

impl From<Vec<Box<str>>> for Names {
    fn from(texts: Vec<Box<str>>) -> Self {
        let sym = |index: usize| Sym(u32::try_from(index).unwrap_or(u32::MAX));
        let syms = texts.iter().enumerate().map(|(index, text)| (text.clone(), sym(index)));
        Self { syms: syms.collect(), texts }
    }
}

impl From<Names> for Vec<Box<str>> {
    fn from(names: Names) -> Self {
        names.texts
    }
}

impl Default for Names {
    fn default() -> Self {
        Self { texts: vec!["-".into()], syms: HashMap::from([("-".into(), Sym::NONE)]) }
    }
}

impl Names {
    /// The symbol of `code`, made where it is new.
    pub fn intern(&mut self, code: &str) -> Sym {
        if let Some(sym) = self.syms.get(code) {
            return *sym;
        }
        let sym = Sym(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(code.into());
        self.syms.insert(code.into(), sym);
        sym
    }
    /// The symbol of a column that may be null.
    pub fn intern_some(&mut self, code: Option<&str>) -> Sym {
        code.map_or(Sym::NONE, |code| self.intern(code))
    }
    /// The symbol of `code` where some fact or row has it.
    pub fn find(&self, code: &str) -> Option<Sym> {
        self.syms.get(code).copied()
    }
    pub fn text(&self, sym: Sym) -> &str {
        self.texts.get(sym.index()).map_or("-", AsRef::as_ref)
    }
    /// Every code, in the order of the symbols.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }
    /// How many symbols there are, the `-` included.
    pub fn count(&self) -> usize {
        self.texts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_keeps_its_symbol_and_none_is_the_dash() {
        let mut names = Names::default();
        let wuye = names.intern("wuye");
        assert_eq!(names.intern("wuye"), wuye);
        assert_eq!(names.text(wuye), "wuye");
        assert_eq!(names.intern_some(None), Sym::NONE);
        assert_eq!(names.text(Sym::NONE), "-");
    }
}
