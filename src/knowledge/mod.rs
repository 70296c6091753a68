//! Knowledge 知识库: what callers ask, and what the policy answers. Its rule: who writes an article does not
//! publish it; what was ever saved can be read again; nobody's telephone stands in it but a unit's published one.

pub mod check;
pub mod cite;
pub mod content;
mod copied;
pub mod desk;
pub mod follow;
pub mod gaps;
pub mod guard;
#[cfg(test)]
mod guard_tests;
pub mod hollow;
pub mod library;
pub mod listing;
pub mod named;
pub mod nudge;
pub mod particulars;
pub mod prints;
pub mod rank;
pub mod sight;
pub mod store;
#[cfg(test)]
mod tests;
pub mod words;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use content::Content;
pub use library::{Cached, Library};
pub use rank::{Hit, Part, Why, rank};
pub use sight::{Reads, reads, state_for, text_for};

use crate::directory::Directory;
use crate::time::Stamp;
use crate::{code_enum, code_type};
use words::Words;

code_type! {
    /// The number of an article, given by the program: `zs-0001`.
    pub struct ArticleCode;
}

code_enum! {
    /// How far an article has come.
    pub enum ArticleState {
        /// Never published, or written anew after it was retired.
        Draft = "draft" "草稿",
        Published = "published" "已发布",
        Retired = "retired" "已停用",
    }
}

code_enum! {
    /// What was done to an article.
    pub enum Act {
        Saved = "saved" "保存",
        Published = "published" "发布",
        /// Found to be still right, until the next day of review.
        Confirmed = "confirmed" "复核",
        Retired = "retired" "停用",
        /// Its owner was charged with looking at it.
        Supervised = "supervised" "督促复核",
    }
}

code_enum! {
    /// Whether what an article says holds on a day.
    pub enum Standing {
        InForce = "in_force" "有效",
        NotYet = "not_yet" "尚未生效",
        Expired = "expired" "已失效",
    }
}

code_enum! {
    /// Why a published article needs somebody's look.
    pub enum Stale {
        Expired = "expired" "有效期已过",
        ReviewDue = "review_due" "已到复核日",
        OwnerClosed = "owner_closed" "归口单位已撤销",
    }
}

/// The owner's charge to look at an article: over with the next confirmation, publication or retirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub at: Stamp,
    /// The login name.
    pub by: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
}

/// A text of an article, and its words as they are searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    pub content: Content,
    pub words: Words,
}

impl Copy {
    pub fn of(content: Content) -> Self {
        Self { words: Words::of(&content), content }
    }
}

/// An article as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Article {
    pub code: ArticleCode,
    /// Rises with everything that is done to it.
    pub version: i32,
    pub state: ArticleState,
    /// As it was saved last.
    pub draft: Copy,
    /// Who saved it: somebody else publishes it.
    pub draft_by: i64,
    /// As it was published last, and the version that did so.
    pub live: Option<(i32, Copy)>,
    pub task: Option<Task>,
    pub changed_at: Stamp,
}

impl Article {
    /// What it said when it was published last, whether it is in service or retired.
    pub fn live(&self) -> Option<&Content> {
        self.live.as_ref().map(|(_, copy)| &copy.content)
    }

    /// What callers may be told by it now, with the version that says so; dates aside.
    pub fn in_service(&self) -> Option<(i32, &Content)> {
        let live = self.live.as_ref().filter(|_| self.state == ArticleState::Published);
        live.map(|(version, copy)| (*version, &copy.content))
    }

    /// The same, with its words as they are searched.
    pub fn copy_in_service(&self) -> Option<&Copy> {
        let live = self.live.as_ref().filter(|_| self.state == ArticleState::Published);
        live.map(|(_, copy)| copy)
    }

    /// Whether something was saved that is not published.
    pub fn has_news(&self) -> bool {
        self.state != ArticleState::Published || self.live() != Some(&self.draft.content)
    }

    /// Whether publishing would take a text out of service that holds on `today`, for one that does not hold yet.
    pub fn comes_too_early(&self, today: NaiveDate) -> bool {
        let now = self.in_service().map(|(_, live)| live.standing(today));
        now == Some(Standing::InForce) && self.draft.content.standing(today) == Standing::NotYet
    }

    /// Whose it is: of what is in service, else of what is being written.
    pub fn owners(&self) -> impl Iterator<Item = &crate::directory::UnitCode> {
        self.live().into_iter().chain([&self.draft.content]).map(|content| &content.owner)
    }

    /// Why it needs a look on `today`; nothing is said of what is not in service.
    pub fn stale(&self, directory: &Directory, today: NaiveDate) -> Vec<Stale> {
        let Some((_, content)) = self.in_service() else { return Vec::new() };
        let owner = directory.unit(&content.owner);
        [
            (Stale::Expired, content.standing(today) == Standing::Expired),
            (Stale::ReviewDue, content.review_on.is_some_and(|on| on <= today)),
            (Stale::OwnerClosed, owner.is_none_or(|unit| unit.span.has_ended(today))),
        ]
        .into_iter()
        .filter_map(|(why, so)| so.then_some(why))
        .collect()
    }
}
