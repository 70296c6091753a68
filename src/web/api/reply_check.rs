//! Web, `POST /tickets/{no}/reply-check`: what a reply lacks while it is being written. Its rule: the guard's own judge;
//! the text is in the body and nowhere else, and nothing of it is kept; 404 before 403 before 422.

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Result, sentence};
use crate::identity::Role;
use crate::knowledge::hollow::Hollow;
use crate::knowledge::nudge::{Lack, Written, nudge};
use crate::ticket::Text;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, RawBody, run};

/// Who writes what a citizen reads of a unit's work.
const WHO: &[Role] = &[Role::Handler, Role::UnitHead];

/// A reply as far as it is written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenReply {
    text: Text,
    /// The articles that it rests on.
    #[serde(default)]
    articles: Vec<Text>,
    /// Whether something is promised with it.
    #[serde(default)]
    promises: bool,
}

/// A formula in it.
#[derive(Serialize, ToSchema)]
pub struct FormulaView {
    /// Of its first character, from 0.
    from: usize,
    /// Of the character behind it.
    to: usize,
    text: String,
}

/// Something that would make it a reply that can be held to.
#[derive(Serialize, ToSchema)]
pub struct LackView {
    code: Lack,
    name: &'static str,
}

/// What there is to say of a reply; it may be given all the same, once what the guard asks is acknowledged.
#[derive(Serialize, ToSchema)]
pub struct ReplyCheck {
    /// `guard.formula` or `guard.policy`, as the guard will ask; absent where it says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What says nothing, in order; also in a reply that says something besides.
    formulas: Vec<FormulaView>,
    /// One of them would do; nothing where it says something.
    missing: Vec<LackView>,
}

/// Whether a reply that is being written says anything: its formulas, and what is missing. Nothing is stored.
#[utoipa::path(tag = "tickets", operation_id = "ticket_reply_check", request_body = WrittenReply,
    params(("no" = String, Path)),
    responses(
        (status = 200, body = ReplyCheck),
        (status = 403, description = "only who replies for a unit", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "absent, or not for this reader's eyes", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/tickets/{no}/reply-check")]
pub async fn check(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
    raw: RawBody,
) -> Result<HttpResponse> {
    run(move || {
        let now = app.db.now();
        let rules = app.db.read(|conn| {
            let rules = app.hotline.rules.current(conn, now)?;
            app.hotline.see(conn, &rules, &actor, &no)?;
            Ok(rules)
        })?;
        actor.require(WHO)?;
        let WrittenReply { text, articles, promises } = raw.parse()?;
        let written = Written { text: &text, articles: articles.len(), promises };
        let found = nudge(written, &rules.profile.bottom_line.empty);
        let told = found.why.map(|why| match why {
            Hollow::Formula => ("guard.formula", sentence("guard.formula", &[])),
            Hollow::Policy => ("guard.policy", sentence("guard.policy", &[])),
        });
        let (code, detail) = told.unzip();
        let formulas = found.formulas.into_iter().map(|(from, to)| FormulaView {
            from,
            to,
            text: text.chars().skip(from).take(to - from).collect(),
        });
        let missing = found.missing.iter().map(|lack| LackView { code: *lack, name: lack.zh() });
        Answer::ok(&ReplyCheck {
            code,
            detail,
            formulas: formulas.collect(),
            missing: missing.collect(),
        })
    })
    .await
    .map(Answer::respond)
}
