//! Attachment: taking away what nobody needs: files that a crash left without a row, files of erased
//! tickets, what was under way. Its rule: nothing younger than [`GRACE_MS`] is touched, and what is
//! needed is asked before each file goes.

use super::store::folder::{entries, since};
use super::{Files, GRACE_MS, on_disk};
use crate::db::Db;
use crate::error::Result;
use crate::ticket::store::needed_files;
use crate::time::Stamp;

impl Files {
    /// Takes away what is older than the grace and needed by nobody at `now`; answers how many files
    /// of tickets that were. `stop` ends it early.
    pub fn sweep(&self, db: &Db, now: Stamp, stop: &dyn Fn() -> bool) -> Result<usize> {
        let before = now.plus_millis(-GRACE_MS);
        self.sweep_drafts(before)?;
        let mut removed = 0;
        self.store.tickets(&mut |ticket_id| {
            if stop() {
                return Ok(());
            }
            let old: Vec<String> = self
                .store
                .list(ticket_id)?
                .into_iter()
                .filter(|there| there.since < before)
                .map(|there| there.hash)
                .collect();
            if old.is_empty() {
                return Ok(());
            }
            let needed = db.read(|conn| needed_files(conn, ticket_id))?;
            for hash in old.iter().filter(|hash| !needed.contains(hash)) {
                self.store.remove(ticket_id, hash)?;
                removed += 1;
            }
            Ok(())
        })?;
        if removed > 0 {
            tracing::info!(removed, "files that no ticket needs");
        }
        Ok(removed)
    }

    fn sweep_drafts(&self, before: Stamp) -> Result<()> {
        for entry in entries(&self.drafts.folder)? {
            let path = entry.map_err(on_disk)?.path();
            if since(&path)? < before {
                self.drafts.disk.remove(&path).map_err(on_disk)?;
            }
        }
        Ok(())
    }
}
