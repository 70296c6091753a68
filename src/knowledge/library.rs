//! Knowledge: one snapshot of all articles, shared by all who ask. Its rule: immutable; each ask looks at the
//! mark, and the articles are read again only when that has changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::gaps::Lately;
use super::store::{self, Mark};
use super::words::Rarity;
use super::{Article, ArticleCode};
use crate::db::Conn;
use crate::error::Result;
use crate::held::Held;

/// Every article at one instant.
#[derive(Debug, Clone, Default)]
pub struct Library {
    articles: BTreeMap<ArticleCode, Article>,
    /// How rare each pair of characters is among what was published.
    pub rarity: Rarity,
}

impl Library {
    pub fn of(articles: impl IntoIterator<Item = Article>) -> Self {
        let articles: BTreeMap<ArticleCode, Article> =
            articles.into_iter().map(|article| (article.code.clone(), article)).collect();
        let published =
            articles.values().filter_map(|it| it.live.as_ref()).map(|(_, it)| &it.words);
        Self { rarity: Rarity::of(published), articles }
    }

    pub fn article(&self, code: &ArticleCode) -> Option<&Article> {
        self.articles.get(code)
    }

    /// In the order of their numbers.
    pub fn articles(&self) -> impl Iterator<Item = &Article> {
        self.articles.values()
    }
}

/// The snapshot held in memory, and what was lately sought in it in vain; clones share both.
#[derive(Debug, Clone, Default)]
pub struct Cached {
    held: Held<Mark, Library>,
    pub lately: Lately,
}

impl Cached {
    /// The articles as the database has them now, in the eyes of `conn`.
    ///
    /// # Errors
    /// As the database says.
    pub fn current(&self, conn: &mut Conn) -> Result<Arc<Library>> {
        let mark = store::mark(conn)?;
        self.held.get(mark, || store::all(conn).map(Library::of))
    }
}
