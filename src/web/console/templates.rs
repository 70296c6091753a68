//! Web, console: the templates, and a text made of one. Its rule: everything is escaped, a name that nobody gave is a
//! fault, and the browser is told to take scripts, styles and data from here alone.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::{assets, english, numbers, words};
use crate::error::{Error, Result};

/// Where a page of the console may take things from, and who may frame it: from here, and nobody.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Every template by its name.
const PAGES: &[(&str, &str)] = &[
    ("shell.html", include_str!("pages/shell.html")),
    ("bare.html", include_str!("pages/bare.html")),
    ("fault.html", include_str!("pages/fault.html")),
    ("login.html", include_str!("pages/login.html")),
    ("home.html", include_str!("pages/home.html")),
    ("desk.html", include_str!("pages/desk.html")),
    ("search.html", include_str!("pages/search.html")),
    ("withdrawals.html", include_str!("pages/withdrawals.html")),
    ("queue.html", include_str!("pages/queue.html")),
    ("ticket.html", include_str!("pages/ticket.html")),
    ("commands.html", include_str!("pages/commands.html")),
    ("lines.html", include_str!("pages/lines.html")),
    ("relisten.html", include_str!("pages/relisten.html")),
    ("survey.html", include_str!("pages/survey.html")),
    ("calls.html", include_str!("pages/calls.html")),
    ("inbox.html", include_str!("pages/inbox.html")),
    ("places.html", include_str!("pages/places.html")),
    ("vexatious.html", include_str!("pages/vexatious.html")),
    ("upstream.html", include_str!("pages/upstream.html")),
    ("articles.html", include_str!("pages/articles.html")),
    ("gaps.html", include_str!("pages/gaps.html")),
    ("article.html", include_str!("pages/article.html")),
    ("article_new.html", include_str!("pages/article_new.html")),
    ("article_form.html", include_str!("pages/article_form.html")),
    ("decisions.html", include_str!("pages/decisions.html")),
    ("field.html", include_str!("pages/field.html")),
    ("work.html", include_str!("pages/work.html")),
    ("me.html", include_str!("pages/me.html")),
    ("admin/nav.html", include_str!("pages/admin/nav.html")),
    ("admin/fields.html", include_str!("pages/admin/fields.html")),
    ("admin/front.html", include_str!("pages/admin/front.html")),
    ("admin/list.html", include_str!("pages/admin/list.html")),
    ("admin/entry.html", include_str!("pages/admin/entry.html")),
    ("admin/trial.html", include_str!("pages/admin/trial.html")),
    ("admin/corrections.html", include_str!("pages/admin/corrections.html")),
    ("admin/calendar.html", include_str!("pages/admin/calendar.html")),
    ("admin/category_map.html", include_str!("pages/admin/category_map.html")),
    ("admin/webhooks.html", include_str!("pages/admin/webhooks.html")),
    ("admin/webhook.html", include_str!("pages/admin/webhook.html")),
    ("admin/profiles.html", include_str!("pages/admin/profiles.html")),
    ("admin/profile.html", include_str!("pages/admin/profile.html")),
    ("admin/users.html", include_str!("pages/admin/users.html")),
    ("admin/whatif.html", include_str!("pages/admin/whatif.html")),
    ("admin/user.html", include_str!("pages/admin/user.html")),
    ("admin/reach.html", include_str!("pages/admin/reach.html")),
    ("admin/said.html", include_str!("pages/admin/said.html")),
    ("admin/sentences.html", include_str!("pages/admin/sentences.html")),
    ("admin/sentence.html", include_str!("pages/admin/sentence.html")),
    ("admin/letters.html", include_str!("pages/admin/letters.html")),
    ("admin/letter.html", include_str!("pages/admin/letter.html")),
    ("admin/outbox.html", include_str!("pages/admin/outbox.html")),
    ("admin/audit.html", include_str!("pages/admin/audit.html")),
    ("assessed.html", include_str!("pages/assessed.html")),
    ("behind.html", include_str!("pages/behind.html")),
    ("bottom_line.html", include_str!("pages/bottom_line.html")),
    ("campaigns.html", include_str!("pages/campaigns.html")),
    ("test_calls.html", include_str!("pages/test_calls.html")),
    ("differences.html", include_str!("pages/differences.html")),
    ("exports.html", include_str!("pages/exports.html")),
    ("figure.html", include_str!("pages/figure.html")),
    ("figures.html", include_str!("pages/figures.html")),
    ("monthly.html", include_str!("pages/monthly.html")),
    ("papers.html", include_str!("pages/papers.html")),
    ("incidents.html", include_str!("pages/incidents.html")),
    ("report.html", include_str!("pages/report.html")),
    ("roster.html", include_str!("pages/roster.html")),
    ("on_duty.html", include_str!("pages/on_duty.html")),
    ("report_tickets.html", include_str!("pages/report_tickets.html")),
    ("saying.html", include_str!("pages/saying.html")),
    ("ledger.html", include_str!("pages/ledger.html")),
    ("projection.html", include_str!("pages/projection.html")),
    ("signals.html", include_str!("pages/signals.html")),
    ("signal_tickets.html", include_str!("pages/signal_tickets.html")),
    ("steps.html", include_str!("pages/steps.html")),
    ("supervision.html", include_str!("pages/supervision.html")),
    ("task.html", include_str!("pages/task.html")),
    ("tasks.html", include_str!("pages/tasks.html")),
    ("told.html", include_str!("pages/told.html")),
    ("today.html", include_str!("pages/today.html")),
    ("warning.html", include_str!("pages/warning.html")),
    ("warnings.html", include_str!("pages/warnings.html")),
    ("citizen/card.html", include_str!("pages/citizen/card.html")),
    ("citizen/shell.html", include_str!("pages/citizen/shell.html")),
    ("citizen/fields.html", include_str!("pages/citizen/fields.html")),
    ("citizen/again.html", include_str!("pages/citizen/again.html")),
    ("citizen/front.html", include_str!("pages/citizen/front.html")),
    ("citizen/look.html", include_str!("pages/citizen/look.html")),
    ("citizen/new.html", include_str!("pages/citizen/new.html")),
    ("citizen/sorry.html", include_str!("pages/citizen/sorry.html")),
    ("citizen/survey.html", include_str!("pages/citizen/survey.html")),
    ("citizen/taken.html", include_str!("pages/citizen/taken.html")),
    ("citizen/thanks.html", include_str!("pages/citizen/thanks.html")),
    ("citizen/ticket.html", include_str!("pages/citizen/ticket.html")),
];

static TEMPLATES: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(PAGES.iter().copied()));

/// The same in English, made when somebody first reads it.
static ENGLISH: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(ENGLISH_PAGES.iter().map(|(name, text)| (*name, text.as_str()))));
static ENGLISH_PAGES: LazyLock<Vec<(&'static str, String)>> =
    LazyLock::new(|| PAGES.iter().map(|(name, text)| (*name, english::translated(text))).collect());

fn environment(pages: impl Iterator<Item = (&'static str, &'static str)>) -> Environment<'static> {
    let mut all = Environment::new();
    all.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    all.set_auto_escape_callback(|_| AutoEscape::Html);
    words::teach(&mut all);
    numbers::teach(&mut all);
    all.add_function("asset", assets::address);
    for (name, text) in pages {
        // One that does not parse is missing, and its page a fault that the tests see.
        if let Err(error) = all.add_template(name, text) {
            tracing::error!(name, %error, "a page's template");
        }
    }
    all
}

/// A page for anybody: the door, a fault. One that cannot be made is an empty 500.
pub fn bare(name: &str, with: Value) -> HttpResponse {
    render(name, with).unwrap_or_else(|error| {
        tracing::error!(%error, name, "a page could not be made");
        HttpResponse::InternalServerError().finish()
    })
}

/// The template `name`, filled; in English where `with` says so by `lang`.
///
/// # Errors
/// `internal` where template and values do not fit.
pub fn render(name: &str, with: Value) -> Result<HttpResponse> {
    let is_english = with.get_attr("lang").is_ok_and(|lang| lang.as_str() == Some("en"));
    let all = if is_english { &ENGLISH } else { &TEMPLATES };
    let template = all.get_template(name).map_err(Error::internal)?;
    let text = template.render(with).map_err(Error::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .body(text))
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn every_template_parses_and_every_text_of_it_is_escaped() {
        for (name, _) in PAGES {
            assert!(TEMPLATES.get_template(name).is_ok(), "{name}");
            assert!(ENGLISH.get_template(name).is_ok(), "{name} in English");
        }
        let said = context! { status => 404, code => "<b>", detail => "<script>", request => "" };
        let text = TEMPLATES.get_template("fault.html").unwrap().render(said).unwrap();
        assert!(!text.contains("<script>alert") && !text.contains("<b>"), "{text}");
    }

    #[test]
    fn no_page_has_a_script_or_a_style_of_its_own() {
        for (name, text) in PAGES {
            for word in [
                " style=",
                "<style",
                "<script>",
                " onclick",
                " onload",
                "javascript:",
                "http://",
                "https://",
            ] {
                assert!(!text.contains(word), "{name}: {word}");
            }
        }
    }
}
