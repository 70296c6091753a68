//! Knowledge: what one version of an article says. Its rule: plain text with paragraphs; days are the site's.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Standing;
use crate::directory::{CategoryCode, UnitCode};
use crate::ticket::Text;

/// The text of an article and what is known about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// At most 100 characters.
    pub title: Text,
    /// Paragraphs are parted by line breaks. No telephone but a unit's published one, no identity number.
    pub body: Text,
    /// How callers ask for it: at most 50, each of at most 200 characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Text>,
    /// At most 20, each of at most 30 characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Text>,
    /// What it is about: categories of any level, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryCode>,
    /// The unit that answers for it.
    pub owner: UnitCode,
    /// 文号 of the document it rests on, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_no: Option<Text>,
    /// The first day on which it holds; from ever where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<NaiveDate>,
    /// The last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<NaiveDate>,
    /// From this day on somebody has to look whether it is still right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_on: Option<NaiveDate>,
    /// For the authorities only: property companies do not read it, citizens are not told of it.
    #[serde(default, skip_serializing_if = "is_public")]
    pub internal: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_public(internal: &bool) -> bool {
    !*internal
}

impl Content {
    /// Whether it holds on `day`.
    pub fn standing(&self, day: NaiveDate) -> Standing {
        if self.valid_from.is_some_and(|from| day < from) {
            Standing::NotYet
        } else if self.valid_to.is_some_and(|to| to < day) {
            Standing::Expired
        } else {
            Standing::InForce
        }
    }

    /// The names of the fields in which it differs from `other`.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        [
            ("title", self.title != other.title),
            ("body", self.body != other.body),
            ("questions", self.questions != other.questions),
            ("tags", self.tags != other.tags),
            ("categories", self.categories != other.categories),
            ("owner", self.owner != other.owner),
            ("policy_no", self.policy_no != other.policy_no),
            ("valid_from", self.valid_from != other.valid_from),
            ("valid_to", self.valid_to != other.valid_to),
            ("review_on", self.review_on != other.review_on),
            ("internal", self.internal != other.internal),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }
}
