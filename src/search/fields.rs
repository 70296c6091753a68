//! Search: the fields of the index. Its rule: whoever changes what is indexed raises [`FORMAT`], and every
//! site builds its index anew beside the old one.

use tantivy::Index;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, SchemaBuilder, TextFieldIndexing,
    TextOptions,
};
use tantivy::tokenizer::TextAnalyzer;

use super::dictionary::Dictionary;
use super::grams::Grams;
use crate::code_enum;

/// Of what is indexed, and how.
pub const FORMAT: u32 = 3;

const GRAMS: &str = "grams";
const WORDS: &str = "words";

code_enum! {
    /// What a ticket is narrowed by and counted by.
    pub enum Facet {
        State = "state" "状态",
        Unit = "unit" "承办单位",
        Category = "category" "类别",
        Estate = "estate" "小区",
        Region = "region" "区域",
        Company = "company" "物业公司",
        Channel = "channel" "渠道",
        Kind = "kind" "诉求类型",
        Urgency = "urgency" "紧急程度",
        Month = "month" "受理月份",
        Tag = "tag" "标签",
    }
}

impl Facet {
    /// Those that are counted over what was found. Tags are free words, and not counted.
    pub const COUNTED: [Self; 10] = [
        Self::State,
        Self::Unit,
        Self::Category,
        Self::Estate,
        Self::Region,
        Self::Company,
        Self::Channel,
        Self::Kind,
        Self::Urgency,
        Self::Month,
    ];

    /// Its place among all.
    pub const fn place(self) -> usize {
        self as usize
    }
}

/// The names of columns with a time, in milliseconds.
pub const RECEIVED: &str = "received_at";
pub const YELLOW: &str = "yellow_at";
pub const RED: &str = "red_at";
/// The ticket's id.
pub const ID: &str = "id";
/// Twice its version, and one more where it was erased.
pub const STAMP: &str = "stamp";

/// Where everything stands in a document.
#[derive(Debug, Clone)]
pub struct Fields {
    pub id: Field,
    pub stamp: Field,
    /// Pairs of what everybody reads who sees the ticket.
    pub open: Field,
    /// Pairs of what a handling copy leaves out.
    pub inside: Field,
    /// Words of title, content and replies, and of the title alone.
    pub words: Field,
    pub title: Field,
    /// As [`super::document::numbers`] says.
    pub no: Field,
    /// Units that see it: not those that it was taken back from.
    pub seen_by: Field,
    /// `sealed`, `upstream`.
    pub mark: Field,
    pub accused: Field,
    pub received_at: Field,
    pub yellow_at: Field,
    pub red_at: Field,
    facets: Vec<Field>,
}

impl Fields {
    pub fn facet(&self, facet: Facet) -> Field {
        self.facets.get(facet.place()).copied().unwrap_or(self.id)
    }
}

/// The fields, and the schema of an index that has them.
pub fn make() -> (Schema, Fields) {
    let mut of = Schema::builder();
    let pairs = text(GRAMS, IndexRecordOption::WithFreqsAndPositions).set_fieldnorms(false);
    let pairs = TextOptions::default().set_indexing_options(pairs);
    let words = text(WORDS, IndexRecordOption::WithFreqs);
    let words = TextOptions::default().set_indexing_options(words);
    let fields = Fields {
        id: of.add_u64_field(ID, INDEXED | FAST),
        stamp: of.add_u64_field(STAMP, FAST),
        open: of.add_text_field("open", pairs.clone()),
        inside: of.add_text_field("inside", pairs),
        words: of.add_text_field("words", words.clone()),
        title: of.add_text_field("title", words),
        no: of.add_text_field("no", STRING),
        seen_by: of.add_text_field("seen_by", STRING),
        mark: of.add_text_field("mark", STRING),
        accused: of.add_text_field("accused", STRING),
        received_at: of.add_i64_field(RECEIVED, FAST),
        yellow_at: of.add_i64_field(YELLOW, FAST),
        red_at: of.add_i64_field(RED, FAST),
        facets: Facet::ALL.iter().map(|facet| add_facet(&mut of, *facet)).collect(),
    };
    (of.build(), fields)
}

fn text(tokenizer: &str, record: IndexRecordOption) -> TextFieldIndexing {
    TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record)
}

fn add_facet(of: &mut SchemaBuilder, facet: Facet) -> Field {
    let exact = STRING | FAST;
    of.add_text_field(facet.as_str(), exact)
}

/// Teaches `index` to cut texts.
pub fn teach(index: &Index, dictionary: &Dictionary) {
    let tokenizers = index.tokenizers();
    tokenizers.register(GRAMS, TextAnalyzer::from(Grams::default()));
    tokenizers.register(WORDS, TextAnalyzer::from(dictionary.clone()));
}
