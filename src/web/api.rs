//! Web: the interface of contract.md, a file a noun. Its rule: a route is registered here or
//! nowhere, always by `.service(…)`, so that it is described too.

pub mod advice;
pub mod articles;
pub mod attached;
pub mod attachments;
pub mod audit;
pub mod auth;
pub mod batch;
pub mod bottomline;
pub mod calls;
pub mod campaigns;
pub mod cards;
pub mod commands;
pub mod decisions;
pub mod dossier;
pub mod drafts;
pub mod exports;
pub mod history;
pub mod incidents;
pub mod letters;
pub mod line;
pub mod marks;
pub mod masked;
pub mod named;
pub mod offers;
pub mod outbox;
pub mod papers;
pub mod period;
pub mod places;
pub mod public;
pub mod rates;
pub mod reach;
pub mod reference;
pub mod relistens;
pub mod reply_check;
pub mod reports;
pub mod roster;
pub mod search;
pub mod searches;
pub mod sides;
pub mod signals;
pub mod similar;
pub mod solutions;
pub mod stretch;
pub mod suggest;
pub mod supervision;
pub mod surveys;
pub mod test_calls;
pub mod tickets;
pub mod undo;
pub mod upstream;
pub mod users;
pub mod view;
pub mod waiting;
pub mod warnings;
pub mod watched;
pub mod webhooks;
pub mod words;
pub mod work;

use utoipa_actix_web::service_config::ServiceConfig;

use super::{health, metrics};

/// Where every route lies.
pub const BASE: &str = "/api/v1";

/// Every route of the interface.
///
/// They are tried in this order; those that agents and clerks wait for come first.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(tickets::list)
        .service(tickets::take_in)
        .service(tickets::find)
        .service(work::list)
        .service(decisions::list)
        .service(surveys::list)
        .service(search::texts)
        .service(searches::list)
        .service(searches::add)
        .service(searches::change)
        .service(searches::remove)
        .service(suggest::propose)
        .service(similar::of_ticket)
        .service(solutions::of_like)
        .service(reply_check::check)
        .service(advice::figures)
        .configure(places::routes)
        .service(tickets::one)
        .configure(commands::routes)
        .service(undo::undo)
        .service(batch::give);
    reference::routes(services);
    services
        .service(auth::token)
        .service(auth::refresh)
        .service(auth::logout)
        .service(auth::me)
        .service(auth::password)
        .service(auth::totp)
        .service(auth::totp_confirm)
        .configure(drafts::routes)
        .service(attachments::add)
        .service(attachments::fetch)
        .service(history::events)
        .service(history::limits)
        .service(history::readers)
        .service(history::reveal)
        .service(cards::make)
        .service(cards::read)
        .configure(rates::routes)
        .configure(exports::routes)
        .service(dossier::dossier)
        .configure(papers::routes)
        .configure(conduct)
        .configure(reports::routes)
        .configure(upstream::routes)
        .configure(calls::routes)
        .configure(articles::routes)
        .configure(marks::routes)
        .configure(warnings::routes)
        .configure(campaigns::routes)
        .configure(incidents::routes)
        .configure(roster::routes);
    desk_routes(services);
}

/// Those of administration and operations.
fn desk_routes(services: &mut ServiceConfig<'_>) {
    services
        .service(users::list)
        .service(users::add)
        .service(users::list_keys)
        .service(users::add_key)
        .service(users::end_key)
        .service(reach::show)
        .service(reach::set)
        .service(reach::deputies)
        .service(reach::add)
        .service(reach::end)
        .service(users::grant)
        .service(users::act)
        .service(users::one)
        .service(outbox::list)
        .service(outbox::retry_all)
        .service(outbox::retry)
        .configure(public::routes)
        .service(audit::trail)
        .service(audit::sheet::audit_csv)
        .service(audit::sheet::audit_xlsx)
        .service(webhooks::list)
        .service(webhooks::add)
        .service(webhooks::one)
        .service(webhooks::change)
        .service(webhooks::rotate)
        .service(webhooks::test)
        .service(webhooks::deliveries)
        .service(webhooks::replay)
        .configure(words::routes)
        .configure(letters::routes)
        .service(health::live)
        .service(health::ready)
        .service(metrics::metrics_text);
}

/// How units behave: signals, the bottom line, what is supervised.
fn conduct(services: &mut ServiceConfig<'_>) {
    services
        .configure(signals::routes)
        .configure(relistens::routes)
        .configure(bottomline::routes)
        .configure(test_calls::routes)
        .configure(supervision::routes);
}
