//! Lifecycle: an article's owner is charged with looking at it, and hears of it. Its rule: charged and told in one
//! write; what the letter says is looked up when it leaves.

use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::knowledge::desk::{self, Aim, Charge, Desk};
use crate::knowledge::{Article, ArticleCode, store};
use crate::notify::enclosed::Charged;
use crate::notify::outbox;

/// Charges the owner with looking at an article that needs it, and tells the head of that unit.
///
/// # Errors
/// As [`desk::supervise`].
pub fn supervise(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    aim: Aim<'_>,
    body: impl FnOnce() -> Result<Charge>,
) -> Result<Article> {
    let article = desk::supervise(tx, desk, aim, body)?;
    let content = article.live().unwrap_or(&article.draft.content);
    outbox::charge(tx, article.code.as_str(), &content.owner)?;
    Ok(article)
}

/// What a letter about the charge on the article `code` says, as long as it is not over.
///
/// # Errors
/// The database's own.
pub fn charged(conn: &mut Conn, code: &str) -> Result<Option<Charged>> {
    let Some(article) = store::one(conn, &ArticleCode::from(code))? else { return Ok(None) };
    let both = article.task.as_ref().zip(article.live());
    Ok(both.map(|(task, live)| Charged { title: live.title.to_string(), due_on: task.due_on }))
}
