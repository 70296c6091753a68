//! Ground: a write that waits for SQLite's one writer. Its rule: it may run again, and is answered once.

use super::Tx;
use crate::error::{Error, Result};

/// A write that waits for its turn.
pub(super) trait Member: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    /// Tells the caller how it went: what it made, unless `fate` is an error.
    fn answer(self: Box<Self>, fate: Result<()>);
}

/// A change, what it made, and who is told.
pub(super) struct Waiting<T, F, D> {
    pub change: F,
    pub made: Option<T>,
    pub tell: D,
}

/// A member of a group and how it went, once it has run.
pub(super) type Entry = (Box<dyn Member>, Result<()>);

/// Tells each how it went.
pub(super) fn answer(group: Vec<Entry>) {
    for (member, fate) in group {
        member.answer(fate);
    }
}

impl<T, F, D> Member for Waiting<T, F, D>
where
    T: Send,
    F: Fn(&mut Tx<'_>) -> Result<T> + Send,
    D: FnOnce(Result<T>) + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        self.made = None;
        self.made = Some((self.change)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, fate: Result<()>) {
        let Self { change, made, tell } = *self;
        // What the change still holds is the caller's to clear away, not this thread's.
        drop(change);
        let made = made.ok_or_else(|| Error::internal("a write made nothing"));
        tell(fate.and(made));
    }
}
