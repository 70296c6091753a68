//! Web: what leaves the house of an article. Its rule: whoever does not write it reads what was published.

use serde::Serialize;
use utoipa::ToSchema;

use super::room::Room;
use crate::app::App;
use crate::identity::{Actor, Role};
use crate::knowledge::sight::allowed;
use crate::knowledge::store::Version;
use crate::knowledge::{
    Act, Article, ArticleState, Content, Hit, Reads, Stale, Standing, Task, Why, reads, state_for,
    text_for,
};

/// An article, as much as the reader may see.
#[derive(Serialize, ToSchema)]
pub struct ArticleView {
    code: String,
    /// Rises with everything that is done to it; the `ETag`.
    pub(super) version: i32,
    state: ArticleState,
    /// The version that put the text into service.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_version: Option<i32>,
    /// What was published; of a draft, for those who may write it, the draft.
    #[serde(flatten)]
    content: Content,
    /// Whether the text holds today.
    standing: Standing,
    /// Why it needs a look.
    stale: Vec<Stale>,
    /// The owner is charged with looking at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskView>,
    /// What was saved and is not published, for those who may write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<Content>,
    /// How often answers rested on it, and when the last one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<UsedView>,
    changed_at: String,
    /// What this reader may do now.
    allowed: Vec<&'static str>,
}

/// What use was made of an article.
#[derive(Serialize, ToSchema)]
pub struct UsedView {
    times: i64,
    last_at: String,
}

impl Room {
    fn used(&self, app: &App, article: &Article) -> Option<UsedView> {
        let used = self.used.get(&article.code)?;
        Some(UsedView { times: used.times, last_at: used.last_at.rfc3339(app.config.site.zone) })
    }
}

/// A charge to look at an article.
#[derive(Serialize, ToSchema)]
pub struct TaskView {
    at: String,
    by: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<String>,
    overdue: bool,
}

impl TaskView {
    fn of(app: &App, task: &Task, room: &Room) -> Self {
        Self {
            at: task.at.rfc3339(app.config.site.zone),
            by: task.by.clone(),
            text: task.text.clone(),
            due_on: task.due_on.map(|on| on.to_string()),
            overdue: task.due_on.is_some_and(|on| on < room.today),
        }
    }
}

/// An article in a list.
#[derive(Serialize, ToSchema)]
pub struct ArticleLine {
    code: String,
    version: i32,
    state: ArticleState,
    title: String,
    owner: String,
    categories: Vec<String>,
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review_on: Option<String>,
    internal: bool,
    standing: Standing,
    stale: Vec<Stale>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskView>,
    /// Something was saved that is not published; for those who may write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_draft: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<UsedView>,
    changed_at: String,
    /// How well it fits `q`, from 1 to 1 000.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u32>,
    /// The words of `q` that were found, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Vec<Why>>,
}

#[derive(Serialize, ToSchema)]
pub struct ArticleList {
    pub items: Vec<ArticleLine>,
    pub next: Option<String>,
}

/// One act on an article.
#[derive(Serialize, ToSchema)]
pub struct VersionView {
    version: i32,
    at: String,
    by: String,
    act: Act,
    /// Fields that differ from the text saved before; of a publication, from what was published before.
    changed: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    content: Content,
}

#[derive(Serialize, ToSchema)]
pub struct VersionList {
    pub items: Vec<VersionView>,
    pub next: Option<String>,
}

/// The text of `article` that comes first for a reader, and the draft where it is another one and for them.
fn texts<'a>(article: &'a Article, actor: &Actor) -> (&'a Content, Option<&'a Content>) {
    let (first, draft) = (&text_for(article, actor).content, &article.draft.content);
    let writes = reads(article, actor) == Reads::Everything;
    (first, Some(draft).filter(|_| writes && draft != first))
}

/// What its owner was charged with, for those who write or charge.
fn task(app: &App, article: &Article, actor: &Actor, room: &Room) -> Option<TaskView> {
    let is_theirs = reads(article, actor) == Reads::Everything
        || actor.has_any(&[Role::Reviewer, Role::Leader]);
    let task = article.task.as_ref().filter(|_| is_theirs);
    task.map(|task| TaskView::of(app, task, room))
}

impl ArticleView {
    pub(super) fn of(app: &App, article: &Article, actor: &Actor, room: &Room) -> Self {
        let (content, draft) = texts(article, actor);
        let state = state_for(article, actor);
        let published = article.live.as_ref().filter(|_| state != ArticleState::Draft);
        Self {
            code: article.code.to_string(),
            version: article.version,
            state,
            published_version: published.map(|(version, _)| *version),
            standing: content.standing(room.today),
            stale: article.stale(&room.directory, room.today),
            content: content.clone(),
            task: task(app, article, actor, room),
            draft: draft.cloned(),
            used: room.used(app, article),
            changed_at: article.changed_at.rfc3339(app.config.site.zone),
            allowed: allowed(article, actor, &room.directory, room.today),
        }
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }
}

impl ArticleLine {
    pub(super) fn of(app: &App, article: &Article, actor: &Actor, room: &Room) -> Self {
        let (content, _) = texts(article, actor);
        let writes = reads(article, actor) == Reads::Everything;
        let words = |texts: &[crate::ticket::Text]| texts.iter().map(ToString::to_string).collect();
        Self {
            code: article.code.to_string(),
            version: article.version,
            state: state_for(article, actor),
            title: content.title.to_string(),
            owner: content.owner.to_string(),
            categories: content.categories.iter().map(ToString::to_string).collect(),
            tags: words(&content.tags),
            policy_no: content.policy_no.as_ref().map(ToString::to_string),
            valid_from: content.valid_from.map(|on| on.to_string()),
            valid_to: content.valid_to.map(|on| on.to_string()),
            review_on: content.review_on.map(|on| on.to_string()),
            internal: content.internal,
            standing: content.standing(room.today),
            stale: article.stale(&room.directory, room.today),
            task: task(app, article, actor, room),
            has_draft: writes.then(|| article.has_news()),
            used: room.used(app, article),
            changed_at: article.changed_at.rfc3339(app.config.site.zone),
            score: None,
            why: None,
        }
    }

    /// The same, found by a query.
    pub(super) fn found(mut self, hit: Option<Hit>) -> Self {
        (self.score, self.why) = hit.map(|hit| (hit.score, hit.why)).unzip();
        self
    }
}

impl VersionView {
    pub(super) fn of(app: &App, it: Version) -> Self {
        Self {
            version: it.version,
            at: it.at.rfc3339(app.config.site.zone),
            by: it.by,
            act: it.act,
            changed: it.changed,
            note: it.note,
            content: it.content,
        }
    }
}
