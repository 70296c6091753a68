//! Knowledge: what an answer may rest on. Its rule: an article that is in service, holds that day, and may be read
//! by whoever answers; the version is kept, since the text will change.

use chrono::NaiveDate;

use super::{ArticleCode, Library, Reads, Standing, reads};
use crate::error::FieldError;
use crate::identity::Actor;
use crate::ticket::Text;
use crate::ticket::cited::Cited;

/// The most articles that one answer names.
pub const MOST: usize = 10;

/// The articles called `codes` as they are on `today`, each once; or what is wrong with which, by its place below
/// `pointer`.
///
/// # Errors
/// Every wrong one.
pub fn cite(
    library: &Library,
    (actor, today): (&Actor, NaiveDate),
    codes: &[(String, &Text)],
) -> Result<Vec<Cited>, Vec<FieldError>> {
    let (mut cited, mut wrong) = (Vec::new(), Vec::new());
    for (pointer, code) in codes {
        match one(library, actor, today, code) {
            Ok(one) if cited.contains(&one) => {}
            Ok(one) => cited.push(one),
            Err(why) => wrong.push(FieldError::new(pointer.clone(), why)),
        }
    }
    if wrong.is_empty() { Ok(cited) } else { Err(wrong) }
}

fn one(
    library: &Library,
    actor: &Actor,
    today: NaiveDate,
    code: &str,
) -> Result<Cited, &'static str> {
    let article =
        library.article(&ArticleCode::from(code)).filter(|it| reads(it, actor) > Reads::Nothing);
    let Some((version, content)) = article.and_then(|article| article.in_service()) else {
        return Err("article.unknown");
    };
    match content.standing(today) {
        Standing::InForce => {}
        Standing::NotYet => return Err("article.not_yet"),
        Standing::Expired => return Err("article.expired"),
    }
    let public = |text: &Text| Some(text.to_string()).filter(|_| !content.internal);
    let (title, policy_no) = (public(&content.title), content.policy_no.as_ref().and_then(public));
    Ok(Cited { code: code.to_owned(), version, title, policy_no })
}
