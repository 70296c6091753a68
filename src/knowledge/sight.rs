//! Knowledge: who reads and who does what. Its rule: all staff read what is published; property companies only
//! what is not internal; drafts are for the owner's people and the reviewers. A reviewer may write, and then
//! another one publishes.

use chrono::NaiveDate;

use super::{Article, ArticleState, Content, Copy, Standing};
use crate::directory::{Directory, UnitCode};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};

/// Who writes: the owner's people, and reviewers.
const WRITERS: &[Role] = &[Role::Handler, Role::UnitHead, Role::Reviewer];
/// Everybody with a desk; neither citizens nor the platform's account.
pub const STAFF: &[Role] = &[
    Role::Agent,
    Role::Dispatcher,
    Role::Handler,
    Role::UnitHead,
    Role::Reviewer,
    Role::Surveyor,
    Role::Assessor,
    Role::Leader,
    Role::Sysadmin,
    Role::Secadmin,
    Role::Auditor,
];

/// How much of an article somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// It is not there for them (404).
    Nothing,
    /// What was published.
    Published,
    /// What is being written too.
    Everything,
}

/// How much `actor` reads of `article`.
pub fn reads(article: &Article, actor: &Actor) -> Reads {
    let mut owners = article.owners();
    if owners.any(|owner| writes_for(actor, owner)) {
        return Reads::Everything;
    }
    match article.live() {
        Some(live) if !(actor.company && live.internal) => Reads::Published,
        _ => Reads::Nothing,
    }
}

/// How far `article` has come in the eyes of `actor`: who does not write it learns nothing of a text that is written
/// anew after it was retired.
pub fn state_for(article: &Article, actor: &Actor) -> ArticleState {
    let anew = article.state == ArticleState::Draft && article.live.is_some();
    if anew && reads(article, actor) != Reads::Everything {
        ArticleState::Retired
    } else {
        article.state
    }
}

/// The text of `article` that comes first for `actor`, who reads it, and in which it is found: what was published;
/// of a draft, for whoever writes it, the draft.
pub fn text_for<'a>(article: &'a Article, actor: &Actor) -> &'a Copy {
    let published = article.live.as_ref().map(|(_, copy)| copy);
    match published {
        Some(copy) if state_for(article, actor) != ArticleState::Draft => copy,
        _ => &article.draft,
    }
}

/// Whether `actor` may write for `owner`.
pub fn writes_for(actor: &Actor, owner: &UnitCode) -> bool {
    let own = actor.has_any(&[Role::Handler, Role::UnitHead]) && actor.works_for(owner);
    !actor.company && (own || actor.has(Role::Reviewer))
}

/// # Errors
/// 403 for whoever writes for nobody.
pub fn require_writer(actor: &Actor) -> Result<()> {
    actor.require(WRITERS)?;
    if actor.company { Err(Error::forbidden()) } else { Ok(()) }
}

/// Whether `actor` answers for articles of the owner: its head, or a reviewer.
fn answers_for(actor: &Actor, article: &Article) -> bool {
    let head = actor.has(Role::UnitHead) && article.owners().any(|owner| actor.works_for(owner));
    !actor.company && (head || actor.has(Role::Reviewer))
}

/// What is done to an article that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Save,
    Publish,
    Retire,
    Confirm,
    Supervise,
}

impl Deed {
    pub const ALL: [Self; 5] =
        [Self::Save, Self::Publish, Self::Retire, Self::Confirm, Self::Supervise];

    /// As in the URL.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Publish => "publish",
            Self::Retire => "retire",
            Self::Confirm => "confirm",
            Self::Supervise => "supervise",
        }
    }

    /// # Errors
    /// 403 where it is not for `actor`, whatever the state.
    pub fn require(self, article: &Article, actor: &Actor) -> Result<()> {
        let mut owners = article.owners();
        let may = match self {
            Self::Save => owners.any(|owner| writes_for(actor, owner)),
            Self::Publish => {
                actor.require(&[Role::Reviewer])?;
                actor.require_other_than(article.draft_by)?;
                true
            }
            Self::Retire | Self::Confirm => answers_for(actor, article),
            Self::Supervise => actor.has_any(&[Role::Reviewer, Role::Leader]),
        };
        if may { Ok(()) } else { Err(Error::forbidden()) }
    }

    /// Whether the state of `article` lets it be done on `today`.
    fn fits(self, article: &Article, directory: &Directory, today: NaiveDate) -> bool {
        let holds = |content: &Content| content.standing(today) != Standing::Expired;
        match self {
            Self::Save => true,
            Self::Publish => {
                let is_time = !article.comes_too_early(today);
                article.has_news() && holds(&article.draft.content) && is_time
            }
            Self::Retire => article.state == ArticleState::Published,
            Self::Confirm => article.in_service().is_some_and(|(_, content)| holds(content)),
            Self::Supervise => {
                article.task.is_none() && !article.stale(directory, today).is_empty()
            }
        }
    }
}

/// What `actor` may do on `today`.
pub fn allowed(
    article: &Article,
    actor: &Actor,
    directory: &Directory,
    today: NaiveDate,
) -> Vec<&'static str> {
    Deed::ALL
        .into_iter()
        .filter(|deed| deed.fits(article, directory, today))
        .filter(|deed| deed.require(article, actor).is_ok())
        .map(Deed::wire)
        .collect()
}
