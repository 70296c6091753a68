//! Web: the period a question is about, as `window=2026-10` or `from=&to=`. Its rule: the same words
//! everywhere; a month's name is cut by the profile in force on its first day.

use crate::error::{Error, Result};
use crate::lifecycle::Rules;
use crate::limits::Window;

/// The words of a question.
#[derive(Debug, Clone, Copy)]
pub struct Period<'a> {
    pub window: Option<&'a str>,
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
}

impl Period<'_> {
    /// Whether nothing is said at all.
    pub const fn is_unsaid(self) -> bool {
        self.window.is_none() && self.from.is_none() && self.to.is_none()
    }

    /// The window meant.
    ///
    /// # Errors
    /// 422 at `/window`, `/from` or `/to`; 503 where the profile of that month cannot be read.
    pub fn read(self, rules: &Rules) -> Result<Window> {
        match (self.window, self.from, self.to) {
            (Some(name), None, None) => {
                rules.window(name)?.ok_or_else(|| Error::field("/window", "field.format"))
            }
            (None, Some(from), Some(to)) => {
                let (rule, zone) = (rules.profile.window, rules.profile.zone);
                rule.from_to(from, to, zone).ok_or_else(|| Error::field("/from", "field.format"))
            }
            (None, None, Some(_)) => Err(Error::field("/from", "field.required")),
            (None, Some(_), None) => Err(Error::field("/to", "field.required")),
            _ => Err(Error::field("/window", "field.required")),
        }
    }
}
