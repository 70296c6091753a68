//! Reports, contents: a section in the making, with the tickets that its cells name. Its rule: a list has one name in the
//! document.

use std::collections::BTreeMap;

use crate::reports::document::{Block, Cell, Section, Source, Value};

/// A section and its lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub section: Section,
    pub lists: BTreeMap<String, Vec<i64>>,
}

impl Part {
    /// An empty section.
    pub fn new(id: &str, heading: &str) -> Self {
        let section =
            Section { id: id.to_owned(), heading: heading.to_owned(), blocks: Vec::new() };
        Self { section, lists: BTreeMap::new() }
    }

    pub fn push(&mut self, block: Block) {
        self.section.blocks.push(block);
    }

    /// What `blocks` come to, in their order.
    pub fn extend(&mut self, blocks: impl IntoIterator<Item = Block>) {
        self.section.blocks.extend(blocks);
    }

    pub fn heading(&mut self, text: &str) {
        self.push(Block::Heading { text: text.to_owned() });
    }

    /// A place that a person fills.
    pub fn open(&mut self, field: &str, hint: &str) {
        self.push(Block::Open { field: field.to_owned(), hint: hint.to_owned() });
    }

    /// A cell that counts `ids`, which drills down to them under `name`.
    pub fn counted(&mut self, name: &str, ids: Vec<i64>) -> Cell {
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        self.lists.insert(name.to_owned(), ids);
        Cell { value: Value::Count(count), source: Some(listed(name)) }
    }
}

/// The list called `name`.
pub fn listed(name: &str) -> Source {
    Source::List { name: name.to_owned() }
}

/// A cell of words.
pub fn text(words: impl Into<String>) -> Cell {
    Cell { value: Value::Text(words.into()), source: None }
}

/// A cell without a source.
pub const fn plain(value: Value) -> Cell {
    Cell { value, source: None }
}
