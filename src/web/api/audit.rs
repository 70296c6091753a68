//! Web, `/audit`: the auditor reads who did what. Its rule: the filters go in, the trail comes
//! out; nothing here changes anything but the note that it was read.

pub mod sheet;

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::audit::{Filter, Line, Went};
use crate::db::page::{cut, key_at, one_more, read_key_at};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role, read_trail};
use crate::time::Stamp;
use crate::web::asker::Asker;
use crate::web::blocking::run;
use crate::web::body::{Page, Query};
use crate::web::problem::Problem;

/// Which lines; all that are given must hold.
#[derive(Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// From this instant on.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Stamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Stamp>,
    /// The login name of who did it.
    pub account: Option<String>,
    /// What was done, such as `ticket.reveal`.
    pub action: Option<String>,
    /// What it was done to: kind and number, such as `ticket:2026-000123`.
    pub subject: Option<String>,
    pub limit: Option<u32>,
    pub after: Option<String>,
}

/// One line of the trail.
#[derive(Serialize, ToSchema)]
pub struct EntryView {
    id: String,
    at: String,
    account: String,
    action: String,
    outcome: Went,
    subject_kind: String,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Trail {
    items: Vec<EntryView>,
    next: Option<String>,
}

/// The audit trail, newest first.
#[utoipa::path(tag = "administration", params(Asked), responses((status = 200, body = Trail), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/audit")]
pub async fn trail(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(asked): Query<Asked>,
) -> Result<HttpResponse> {
    actor.require(&[Role::Auditor])?;
    let trail = run(move || trail_of(&app, &actor, asked)).await?;
    Ok(HttpResponse::Ok().json(trail))
}

/// A page of the trail; that it was read is noted.
///
/// # Errors
/// `forbidden`; 422 at `/limit`, `/subject`, `/after`.
pub fn trail_of(app: &App, actor: &Actor, asked: Asked) -> Result<Trail> {
    actor.require(&[Role::Auditor])?;
    let limit = Page { limit: asked.limit, after: None }.limit()?;
    let filter = filter(asked)?;
    let zone = app.config.site.zone;
    let today = app.clock.now().day(zone);
    let lines = read_trail(&app.db, actor, &filter, one_more(limit), today)?;
    let (lines, next) = cut(lines, limit, |line| key_at((line.at, line.id)));
    let items = lines.into_iter().map(|line| view(line, zone)).collect();
    Ok(Trail { items, next })
}

fn filter(asked: Asked) -> Result<Filter> {
    let subject = match asked.subject {
        Some(text) => {
            let wrong = || Error::field("/subject", "field.format");
            let (kind, number) = text.split_once(':').ok_or_else(wrong)?;
            Some((kind.to_owned(), number.to_owned()))
        }
        None => None,
    };
    let after = asked.after.as_deref().map(read_key_at).transpose()?;
    let Asked { from, to, account: account_name, action, .. } = asked;
    Ok(Filter { from, to, account_name, action, subject, after })
}

fn view(line: Line, zone: chrono_tz::Tz) -> EntryView {
    EntryView {
        id: line.id.to_string(),
        at: line.at.rfc3339(zone),
        account: line.name,
        action: line.action,
        outcome: line.outcome,
        subject_kind: line.subject_kind,
        subject: line.subject,
        purpose: line.purpose,
        detail: line.detail,
    }
}
