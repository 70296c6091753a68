//! Search: a ticket as a document of the index. Its rule: what lists filter by comes from the rows that
//! lists ask; what is read comes masked from the ticket; nothing else goes in.

use chrono_tz::Tz;
use tantivy::TantivyDocument;

use super::fields::{Facet, Fields};
use super::fold::fold;
use super::store::Source;
use crate::ticket::Words;
use crate::ticket::store::rows::TicketRow;

/// `sealed` and `upstream` among the marks of a document.
pub const SEALED: &str = "sealed";
pub const UPSTREAM: &str = "upstream";

/// The values by which `source` is narrowed and counted.
pub fn values(source: &Source, facet: Facet, zone: Tz) -> Vec<String> {
    let row = &source.row;
    let one = |code: &str| vec![code.to_owned()];
    let some = |code: Option<&str>| code.map(str::to_owned).into_iter().collect();
    match facet {
        Facet::State => one(row.state.as_str()),
        Facet::Kind => one(row.kind.as_str()),
        Facet::Channel => one(row.channel.as_str()),
        Facet::Urgency => one(row.urgency.as_str()),
        Facet::Category => some(row.category.as_ref().map(AsRef::as_ref)),
        Facet::Region => some(row.region.as_ref().map(AsRef::as_ref)),
        Facet::Estate => some(row.estate.as_ref().map(AsRef::as_ref)),
        Facet::Company => some(row.company.as_ref().map(AsRef::as_ref)),
        Facet::Month => vec![row.received_at.in_zone(zone).format("%Y-%m").to_string()],
        Facet::Unit => {
            let working = source.units.iter().filter(|part| part.works);
            distinct(working.map(|part| part.unit.to_string()).collect())
        }
        // What a reader may read decides which tags there are for them: see `tags`.
        Facet::Tag => Vec::new(),
    }
}

/// The tags among `words`, folded.
pub fn tags(words: &Words) -> Vec<String> {
    distinct(words.inside.tags.iter().map(|tag| tag.chars().map(fold).collect()).collect())
}

fn distinct(mut values: Vec<String>) -> Vec<String> {
    values.sort_unstable();
    values.dedup();
    values
}

/// The numbers by which somebody may ask for it, folded: its own and the upstream platform's.
pub fn numbers(row: &TicketRow) -> impl Iterator<Item = String> {
    let all = [Some(&row.no), row.upstream_no.as_ref()].into_iter().flatten();
    all.map(|no| no.chars().map(fold).collect())
}

/// The document of `source`; months are those of `zone`.
pub fn document(fields: &Fields, source: &Source, zone: Tz) -> TantivyDocument {
    let row = &source.row;
    let mut document = TantivyDocument::default();
    document.add_u64(fields.id, u64::try_from(row.id).unwrap_or_default());
    document.add_u64(fields.stamp, source.stamp);
    for no in numbers(row) {
        document.add_text(fields.no, no);
    }
    document.add_i64(fields.received_at, row.received_at.millis());
    for (field, at) in [(fields.yellow_at, row.yellow_at), (fields.red_at, row.red_at)] {
        if let Some(at) = at {
            document.add_i64(field, at.millis());
        }
    }
    for facet in Facet::ALL {
        for value in values(source, *facet, zone) {
            document.add_text(fields.facet(*facet), value);
        }
    }
    let seen_by = source.units.iter().filter(|part| part.sees);
    for unit in distinct(seen_by.map(|part| part.unit.to_string()).collect()) {
        document.add_text(fields.seen_by, unit);
    }
    if row.sealed {
        document.add_text(fields.mark, SEALED);
    }
    if row.upstream_no.is_some() {
        document.add_text(fields.mark, UPSTREAM);
    }
    if let Some(accused) = &row.accused {
        document.add_text(fields.accused, accused);
    }
    let words = source.words();
    for tag in tags(&words) {
        document.add_text(fields.facet(Facet::Tag), tag);
    }
    for text in words.open() {
        document.add_text(fields.open, text);
        document.add_text(fields.words, text);
    }
    document.add_text(fields.title, &words.title);
    for text in words.inside() {
        document.add_text(fields.inside, text);
    }
    document
}
