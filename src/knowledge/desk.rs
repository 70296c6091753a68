//! Knowledge: writing, publishing, confirming, retiring. Its rule: see, may, well formed, possible, so that a body
//! is read only by then; every act is a row beside the article, in the same write.

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::check::{check, check_remark};
use super::sight::{self, Deed, Reads, allowed, reads};
use super::store::{self, Done};
use super::{Act, Article, ArticleCode, ArticleState, Content, Copy, Standing, Task};
use crate::db::Tx;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::ticket::Text;

/// Who acts, by which directory, on which day of the site.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub actor: &'a Actor,
    pub directory: &'a Directory,
    pub today: NaiveDate,
    /// Days until an article is looked at again, where nobody says otherwise.
    pub review_days: u32,
}

/// Which article, and whether the caller meant this version of it (`If-Match`).
#[derive(Clone, Copy)]
pub struct Aim<'a> {
    pub code: &'a ArticleCode,
    pub expected: &'a dyn Fn(i64) -> Result<()>,
}

/// A new draft, under a number of its own.
///
/// # Errors
/// 403, 422.
pub fn write(tx: &mut Tx<'_>, desk: Desk<'_>, content: &Content) -> Result<Article> {
    sight::require_writer(desk.actor)?;
    desk.check(content)?;
    let code = store::next_code(tx)?;
    let article = Article {
        code,
        version: 1,
        state: ArticleState::Draft,
        draft: Copy::of(content.clone()),
        draft_by: desk.actor.user,
        live: None,
        task: None,
        changed_at: tx.now,
    };
    let done = Done { act: Act::Saved, changed: Vec::new(), note: None, content };
    store::add(tx, &article, desk.actor, &done)?;
    Ok(article)
}

/// Saves another text of it; what is published stays as it is until somebody publishes this one. Of a retired
/// one it makes a draft.
///
/// # Errors
/// 404, 403, 412, 422.
pub fn save(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    aim: Aim<'_>,
    body: impl FnOnce() -> Result<Content>,
) -> Result<Article> {
    let before = desk.take(tx, aim, Deed::Save)?;
    let content = body()?;
    desk.check(&content)?;
    let changed = content.differences(&before.draft.content);
    let mut after = before;
    if after.state == ArticleState::Retired {
        after.state = ArticleState::Draft;
    }
    after.draft = Copy::of(content.clone());
    after.draft_by = desk.actor.user;
    let done = Done { act: Act::Saved, changed, note: None, content: &content };
    desk.keep(tx, after, &done)
}

/// Puts what was saved last into service.
///
/// # Errors
/// 404, 403 (`own_request`: not by whoever saved it), 412, 422, 409 `article.nothing_new`, `article.over`,
/// `article.too_early`: what holds today stays in service until the day of the new text.
pub fn publish(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    aim: Aim<'_>,
    body: impl FnOnce() -> Result<Option<NaiveDate>>,
) -> Result<Article> {
    let before = desk.take(tx, aim, Deed::Publish)?;
    let review_on = body()?;
    let mut content = before.draft.content.clone();
    content.review_on = Some(desk.next_review(review_on.or(content.review_on), review_on)?);
    // The directory may have moved since it was saved.
    desk.check_owned(&content)?;
    if !before.has_news() {
        return Err(desk.refused("article.nothing_new", &before));
    }
    if content.standing(desk.today) == Standing::Expired {
        return Err(desk.refused("article.over", &before));
    }
    if before.comes_too_early(desk.today) {
        return Err(desk.refused("article.too_early", &before));
    }
    let changed = before.live().map_or_else(Vec::new, |live| content.differences(live));
    let mut after = before;
    after.state = ArticleState::Published;
    after.draft = Copy::of(content.clone());
    after.live = Some((after.version + 1, after.draft.clone()));
    after.task = None;
    let done = Done { act: Act::Published, changed, note: None, content: &content };
    desk.keep(tx, after, &done)
}

/// Says that it is still right, until the day that the body names.
///
/// # Errors
/// 404, 403, 412, 422, 409 `article.not_published`, `article.over`.
pub fn confirm(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    aim: Aim<'_>,
    body: impl FnOnce() -> Result<Option<NaiveDate>>,
) -> Result<Article> {
    let before = desk.take(tx, aim, Deed::Confirm)?;
    let review_on = body()?;
    let next = desk.next_review(review_on, review_on)?;
    let Some((_, live)) = before.in_service() else {
        return Err(desk.refused("article.not_published", &before));
    };
    // What no longer holds is written anew or retired; looking at it does not make it hold.
    if live.standing(desk.today) == Standing::Expired {
        return Err(desk.refused("article.over", &before));
    }
    let mut content = live.clone();
    content.review_on = Some(next);
    let mut after = before;
    let mut draft = after.draft.content.clone();
    draft.review_on = Some(next);
    after.draft = Copy::of(draft);
    after.live = Some((after.version + 1, Copy::of(content.clone())));
    after.task = None;
    let (act, changed) = (Act::Confirmed, vec!["review_on"]);
    let done = Done { act, changed, note: None, content: &content };
    desk.keep(tx, after, &done)
}

/// Takes it out of service; it can still be read.
///
/// # Errors
/// 404, 403, 412, 422, 409 `article.not_published`.
pub fn retire(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    aim: Aim<'_>,
    body: impl FnOnce() -> Result<Text>,
) -> Result<Article> {
    let before = desk.take(tx, aim, Deed::Retire)?;
    let reason = body()?;
    check_remark("/reason", &reason, desk.directory)?;
    let Some((_, content)) = before.in_service() else {
        return Err(desk.refused("article.not_published", &before));
    };
    let (content, mut after) = (content.clone(), before.clone());
    after.state = ArticleState::Retired;
    after.task = None;
    let (act, note) = (Act::Retired, Some(reason.as_str()));
    let done = Done { act, changed: Vec::new(), note, content: &content };
    desk.keep(tx, after, &done)
}

/// A reviewer's or leader's word that the owner has to look at it.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// At most 500 characters.
    pub text: Text,
    /// The day by which it is wanted.
    pub due_on: Option<NaiveDate>,
}

/// Charges the owner with looking at an article that needs it.
///
/// # Errors
/// 404, 403, 412, 422, 409 `article.not_stale`, `article.supervised`.
pub fn supervise(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    aim: Aim<'_>,
    body: impl FnOnce() -> Result<Charge>,
) -> Result<Article> {
    let before = desk.take(tx, aim, Deed::Supervise)?;
    let Charge { text, due_on } = body()?;
    check_remark("/text", &text, desk.directory)?;
    if due_on.is_some_and(|on| on < desk.today) {
        return Err(Error::field("/due_on", "field.in_past"));
    }
    if before.task.is_some() {
        return Err(desk.refused("article.supervised", &before));
    }
    if before.stale(desk.directory, desk.today).is_empty() {
        return Err(desk.refused("article.not_stale", &before));
    }
    let content = before.live().unwrap_or(&before.draft.content).clone();
    let by = desk.actor.name.clone();
    let mut after = before;
    after.task = Some(Task { at: tx.now, by, text: text.to_string(), due_on });
    let (act, note) = (Act::Supervised, Some(text.as_str()));
    let done = Done { act, changed: Vec::new(), note, content: &content };
    desk.keep(tx, after, &done)
}

impl Desk<'_> {
    /// The article that `aim` names, where the actor may do `deed` to it.
    fn take(&self, tx: &mut Tx<'_>, aim: Aim<'_>, deed: Deed) -> Result<Article> {
        let found = store::one(tx.conn, aim.code)?.ok_or_else(Error::not_found)?;
        if reads(&found, self.actor) == Reads::Nothing {
            return Err(Error::not_found());
        }
        deed.require(&found, self.actor)?;
        (aim.expected)(found.version.into())?;
        Ok(found)
    }

    /// 422 where the text is wrong, or its owner is not one that the actor writes for.
    fn check(&self, content: &Content) -> Result<()> {
        check(content, self.directory, self.today)?;
        if sight::writes_for(self.actor, &content.owner) {
            Ok(())
        } else {
            Err(Error::field("/owner", "article.not_your_unit"))
        }
    }

    fn check_owned(&self, content: &Content) -> Result<()> {
        check(content, self.directory, self.today)
    }

    /// The day of the next look: `named` where it lies ahead, else counted from today. One that was `said` in
    /// this request must lie ahead.
    fn next_review(&self, named: Option<NaiveDate>, said: Option<NaiveDate>) -> Result<NaiveDate> {
        if said.is_some_and(|on| on <= self.today) {
            return Err(Error::field("/review_on", "field.in_past"));
        }
        let counted = self.today.checked_add_days(Days::new(self.review_days.into()));
        let ahead = named.filter(|on| *on > self.today);
        Ok(ahead.or(counted).unwrap_or(NaiveDate::MAX))
    }

    fn refused(&self, code: &'static str, article: &Article) -> Error {
        let allowed = allowed(article, self.actor, self.directory, self.today);
        let allowed = allowed.into_iter().map(str::to_owned).collect();
        Error::refused(code).in_state(sight::state_for(article, self.actor).as_str(), allowed)
    }

    fn keep(&self, tx: &mut Tx<'_>, mut after: Article, done: &Done<'_>) -> Result<Article> {
        after.version += 1;
        after.changed_at = tx.now;
        store::change(tx, &after, self.actor, done)?;
        Ok(after)
    }
}
