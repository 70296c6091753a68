//! Reports, printing: filling templates in. Its rule: every text is escaped, for pages and for XML alike; a name that
//! nobody gave is a mistake.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use crate::error::{Error, Result};

/// The template `text` with what `with` says.
///
/// # Errors
/// `internal`: the template is ours, so it is our fault.
pub fn fill(text: &str, with: &impl Serialize) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // `&`, `<`, `>` and both quotes as references that HTML and XML both know.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let template = environment.template_from_str(text).map_err(Error::internal)?;
    template.render(minijinja::value::Serde(with)).map_err(Error::internal)
}
