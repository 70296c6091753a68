//! Search: the documents with a term that begins so. Its rule: which they are is known only after a walk over
//! every such term (`no:2` is a term for each ticket of a century), and nothing of tantivy's looks at a
//! clock meanwhile; so the walk does.

use tantivy::query::{
    BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, Score, SegmentReader, TantivyError};

use super::collect::TOO_COSTLY;
use crate::time::Deadline;

/// Terms between two looks at the clock.
const STRIDE: usize = 256;

/// Finds what has a term of `field` that begins with `text`.
#[derive(Debug, Clone)]
pub struct Beginning {
    pub field: Field,
    pub text: String,
    /// When the walk ends with [`TOO_COSTLY`].
    pub deadline: Deadline,
}

impl Query for Beginning {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(Walked(self.clone())))
    }
}

struct Walked(Beginning);

impl Weight for Walked {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Beginning { field, text, deadline } = &self.0;
        let index = segment.inverted_index(*field)?;
        let behind = format!("{text}{}", char::MAX);
        let terms = index.terms().range().ge(text).lt(behind).without_keys();
        let (mut terms, mut found) =
            (terms.into_stream()?, BitSet::with_max_value(segment.max_doc()));
        for count in 0_usize.. {
            if count.is_multiple_of(STRIDE) && deadline.is_over() {
                return Err(TantivyError::InternalError(TOO_COSTLY.to_owned()));
            }
            if !terms.advance() {
                break;
            }
            let term = terms.value();
            let mut blocks =
                index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?;
            while !blocks.docs().is_empty() {
                for doc in blocks.docs() {
                    found.insert(*doc);
                }
                blocks.advance();
            }
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), boost)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("Beginning", 1.0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tantivy::collector::Count;
    use tantivy::{Index, TantivyDocument};

    use super::*;
    use crate::search::dictionary::Dictionary;
    use crate::search::fields;

    #[test]
    fn a_walk_finds_what_begins_so_and_ends_at_its_deadline() {
        let (schema, fields) = fields::make();
        let index = Index::create_in_ram(schema);
        fields::teach(&index, &Dictionary::default());
        let mut writer = index.writer_with_num_threads(1, 20_000_000).unwrap();
        for n in 0..300 {
            let mut document = TantivyDocument::default();
            document.add_text(fields.no, format!("2026-{n:06}"));
            document.add_text(fields.no, format!("up{}", n % 7));
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let count = |text: &str, patience: u64| {
            let deadline = Deadline::after(Duration::from_millis(patience));
            let query = Beginning { field: fields.no, text: text.to_owned(), deadline };
            searcher.search(&query, &Count)
        };
        for (text, due) in [("2026-0", 300), ("2026-00001", 10), ("up0", 43), ("up", 300), ("3", 0)]
        {
            assert_eq!(count(text, 60_000).unwrap(), due, "{text}");
        }
        assert!(count("2", 0).unwrap_err().to_string().contains(TOO_COSTLY));
    }
}
