//! Lifecycle: the articles that an answer names, found before it is decided. Its rule: what was found stands in the
//! command itself, so that its event says which text was meant, and a history replays it without the library; a
//! command that names none asks nothing.

use super::rules::Rules;
use crate::db::Conn;
use crate::error::{Error, FieldError, Result};
use crate::identity::Actor;
use crate::knowledge::cite::{MOST, cite};
use crate::knowledge::{self, ArticleCode, Library};
use crate::ticket::Text;
use crate::ticket::cited::Cited;
use crate::ticket::command::Command;
use crate::time::Stamp;

/// `command` with the articles that it rests on.
///
/// # Errors
/// 422 `article.unknown`, `article.not_yet`, `article.expired` at each that may not be named.
pub(super) fn with_sources(
    conn: &mut Conn,
    (rules, now): (&Rules, Stamp),
    actor: &Actor,
    mut command: Command,
) -> Result<Command> {
    let (named, cited) = match &mut command {
        Command::Answer(body) => {
            let named = body.article.iter();
            (named.map(|code| ("/article".to_owned(), code)).collect(), &mut body.cited)
        }
        Command::Reply(body) => {
            let named = body.articles.iter().enumerate();
            let named = named.map(|(n, code)| (format!("/articles/{n}"), code));
            (named.collect::<Vec<_>>(), &mut body.cited)
        }
        _ => return Ok(command),
    };
    *cited = sources(conn, (rules, now), actor, &named, cited)?;
    Ok(command)
}

fn sources(
    conn: &mut Conn,
    (rules, now): (&Rules, Stamp),
    actor: &Actor,
    named: &[(String, &Text)],
    said: &[Cited],
) -> Result<Vec<Cited>> {
    if !said.is_empty() {
        // Only the program says what was meant.
        return Err(Error::field("/cited", "field.unknown"));
    }
    if named.is_empty() {
        return Ok(Vec::new());
    }
    if named.len() > MOST {
        let most = MOST.to_string();
        let range = [("from", "0"), ("to", most.as_str())];
        return Err(Error::invalid(vec![FieldError::with("/articles", "field.range", &range)]));
    }
    // The named ones only: all of them would be read and taken apart inside the write.
    let mut articles = Vec::with_capacity(named.len());
    for (_, code) in named {
        articles.extend(knowledge::store::one(conn, &ArticleCode::from(code.as_str()))?);
    }
    let library = Library::of(articles);
    let today = now.day(rules.profile.zone);
    cite(&library, (actor, today), named).map_err(Error::invalid)
}
