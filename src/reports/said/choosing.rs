//! Reports: a person strikes typical cases and chooses others. Its rule: as of what people write: by whom and as long as
//! texts are written, and every version is kept.

use super::cases::{self, CHOSEN, Choosing};
use super::texts;
use crate::db::Tx;
use crate::error::Result;
use crate::reports::desk::{Aim, Desk, check};
use crate::reports::frozen::document;
use crate::reports::state::Step;
use crate::reports::store::ReportRow;

impl Desk<'_> {
    /// Chooses the cases that the report shows, of those that it offers.
    ///
    /// # Errors
    /// 404, 403, 412; 422 at `/numbers`; 409.
    pub fn choose(
        &self,
        tx: &mut Tx<'_>,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<Choosing>,
    ) -> Result<ReportRow> {
        let (row, standing) = self.take(tx.conn, aim, Step::Text)?;
        let asked = read()?;
        let chosen = cases::read(&document(tx.conn, &row)?, &asked)?;
        let to = check(Step::Text, &standing, self.actor, tx.now)?;
        texts::keep(tx, (&self.hotline.keys, self.actor), row.id, (CHOSEN, &chosen))?;
        self.keep_step(tx, row, (Step::Text, to))
    }
}
