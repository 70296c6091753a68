//! Web, Open311: what is answered, once, and its two spellings. Its rule: JSON follows from XML by the
//! specification's "Spark convention" (an element of like children is an array), so neither can say
//! more than the other.

use quick_xml::escape::escape;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::error::{Error, Result};
use crate::time::Stamp;
use crate::web::Answer;

/// A spelling, as an address names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
}

impl Format {
    /// By the ending of an address; XML where none of ours is named, since every client must read it.
    pub fn of_path(path: &str) -> Self {
        match path.rsplit_once('.') {
            Some((_, "json")) => Self::Json,
            _ => Self::Xml,
        }
    }

    /// As the specification writes it.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Xml => "text/xml; charset=utf-8",
        }
    }
}

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Nothing: `null`, and an empty element.
    Nothing,
    Text(String),
    Flag(bool),
    Count(i64),
    /// Elements of different names, in their order.
    Fields(Vec<(&'static str, Node)>),
    /// Elements of one name, which stands first.
    List(&'static str, Vec<Node>),
}

impl Node {
    /// A text as both spellings can hold it: XML has no way to write most control characters, and
    /// reads every line break as `\n`.
    pub fn text(text: &str) -> Self {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let kept: String = text.chars().map(|c| if is_xml(c) { c } else { '\u{fffd}' }).collect();
        if kept.trim().is_empty() { Self::Nothing } else { Self::Text(kept) }
    }

    /// The same for a text that may be absent.
    pub fn some(text: Option<&str>) -> Self {
        text.map_or(Self::Nothing, Self::text)
    }

    /// An instant as the W3C note has it, to the second, in UTC.
    pub fn instant(at: Stamp) -> Self {
        Self::Text(at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// Writes the element `name`.
    fn element(&self, name: &str, out: &mut String) {
        let wrap = |inside: &str, out: &mut String| {
            out.push_str(&format!("<{name}>{inside}</{name}>"));
        };
        match self {
            Self::Nothing => out.push_str(&format!("<{name}/>")),
            Self::Text(text) => wrap(&escape(text), out),
            Self::Flag(flag) => wrap(&flag.to_string(), out),
            Self::Count(count) => wrap(&count.to_string(), out),
            Self::Fields(fields) => {
                out.push_str(&format!("<{name}>"));
                for (name, node) in fields {
                    node.element(name, out);
                }
                out.push_str(&format!("</{name}>"));
            }
            Self::List(each, nodes) => {
                out.push_str(&format!("<{name}>"));
                for node in nodes {
                    node.element(each, out);
                }
                out.push_str(&format!("</{name}>"));
            }
        }
    }

    /// The whole document; `root` names what has no name in JSON.
    ///
    /// # Errors
    /// Never in practice: every node can be written.
    pub fn write(&self, format: Format, root: &str) -> Result<String> {
        match format {
            Format::Json => serde_json::to_string(self).map_err(Error::internal),
            Format::Xml => {
                let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
                self.element(root, &mut out);
                out.push('\n');
                Ok(out)
            }
        }
    }

    /// The same as an answer that can be kept.
    ///
    /// # Errors
    /// As [`Node::write`].
    pub fn answer(&self, format: Format, root: &str) -> Result<Answer> {
        Ok(Answer::text(format.content_type(), self.write(format, root)?))
    }
}

/// What XML 1.0 can hold (a part of it that is easy to state).
const fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | ' '..='\u{7e}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Count(count) => serializer.serialize_i64(*count),
            Self::Fields(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, node) in fields {
                    map.serialize_entry(name, node)?;
                }
                map.end()
            }
            Self::List(_, nodes) => serializer.collect_seq(nodes),
        }
    }
}

#[cfg(test)]
mod tests;
