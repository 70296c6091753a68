//! Privacy 个人信息: access, correction, erasure and retention (PIPL 19, 44–47; domain.md §11). Its rule: two named
//! people answer for what leaves in clear and for what is destroyed, and both are in the audit trail.

mod again;
mod clean;
pub mod clear;
mod correct;
mod erase;
mod fate;
mod find;
mod journal;
mod round;
mod store;

pub use again::{Again, apply_again};
pub use clean::{Clean, clean};
pub use correct::correct;
pub use erase::erase;
pub use fate::{FATES, Fate};
pub use find::{Who, find};
pub use journal::journal_file;
pub use round::{due, round};

use crate::audit::{self, Entry};
use crate::db::Tx;
use crate::error::{Error, Kind, Result};
use crate::identity::account::{Account, AccountKind};
use crate::identity::store::account_named;
use crate::lifecycle::Hotline;
use crate::sealing::mask_text;

/// Two people who answer for something together.
#[derive(Debug, Clone)]
pub struct Two {
    pub first: Account,
    pub second: Account,
}

impl Two {
    /// The people with these login names.
    ///
    /// # Errors
    /// `privacy.account` where one is nobody, a machine, or no longer let in; `privacy.two` where they are one.
    pub fn named(hotline: &Hotline, first: &str, second: &str) -> Result<Self> {
        let person = |name: &str| {
            let found = hotline.db.read(|conn| account_named(conn, name))?;
            let fits = |account: &Account| {
                account.kind != AccountKind::Machine && account.disabled_at.is_none()
            };
            let nobody = || Error::with(Kind::Invalid, "privacy.account", &[("name", name)]);
            found.filter(fits).ok_or_else(nobody)
        };
        let two = Self { first: person(first)?, second: person(second)? };
        if two.first.id == two.second.id {
            return Err(Error::new(Kind::Invalid, "privacy.two"));
        }
        Ok(two)
    }

    /// Notes that both did `action` to `what`, such as a ticket by its number.
    fn note(
        &self,
        tx: &mut Tx<'_>,
        action: &'static str,
        what: (&'static str, &str),
        reason: &str,
    ) -> Result<()> {
        for account in [&self.first, &self.second] {
            let entry = Entry::new((account.id, &account.name), action, what);
            audit::record(tx, &entry.detailed(reason))?;
        }
        Ok(())
    }
}

/// A reason as it may be kept: whatever is personal in it is masked.
fn masked(reason: &str) -> Result<String> {
    let reason = mask_text(reason.trim(), &[]);
    if reason.is_empty() { Err(Error::new(Kind::Invalid, "privacy.reason")) } else { Ok(reason) }
}
