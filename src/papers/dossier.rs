//! Papers: a ticket whole on one page 一单一档. Its rule: it shows what it is given, and what it is given was decided by
//! whoever shows the ticket.

use serde::Serialize;

use super::fill;
use crate::error::{Error, Result};

/// The page, whole in itself: nothing is fetched for it.
///
/// # Errors
/// `internal` where the template and what it is given do not fit.
pub fn page(whole: &impl Serialize) -> Result<String> {
    fill::page(include_str!("../../config/papers/dossier.html"), whole).map_err(Error::internal)
}
