//! Papers: a template filled with facts. Its rule: whatever the facts hold stays text: each place is escaped, whatever
//! the template says, and characters that XML cannot hold are left out.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value};
use serde::Serialize;

/// Steps of a template; a register of 500 tickets needs a tenth.
const FUEL: u64 = 5_000_000;

/// `template` (part of a Word document) with its places filled: a line break becomes one of Word's.
///
/// # Errors
/// What is wrong with the template, a name that nobody gave among it.
pub fn word(template: &str, facts: &impl Serialize) -> Result<String, minijinja::Error> {
    let mut environment = plain();
    environment.set_formatter(|out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value| {
        Ok(out.write_str(&escaped(&said(value), LINE_BREAK))?)
    });
    environment.template_from_named_str("document.xml", template)?.render(Serde(facts))
}

/// `template` (a web page) with its places filled.
///
/// # Errors
/// As [`word`].
pub fn page(template: &str, facts: &impl Serialize) -> Result<String, minijinja::Error> {
    let mut environment = plain();
    environment.set_formatter(|out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value| {
        Ok(out.write_str(&escaped(&said(value), "<br>"))?)
    });
    environment.template_from_named_str("page.html", template)?.render(Serde(facts))
}

/// A paragraph's text ends here and goes on in the next line of it.
const LINE_BREAK: &str = "</w:t><w:br/><w:t xml:space=\"preserve\">";

fn plain<'t>() -> Environment<'t> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment
}

/// Nothing for what is not there; the rest as text.
fn said(value: &Value) -> String {
    if value.is_none() || value.is_undefined() { String::new() } else { value.to_string() }
}

/// `text` as XML (and HTML) may hold it.
pub fn escaped(text: &str, line_break: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\r' => safe.push_str(line_break),
            '\t' => safe.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() || turns_text(c) => {}
            c => safe.push(c),
        }
    }
    safe
}

/// Marks that turn the direction of what follows: with them a text can be made to read as another.
const fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
