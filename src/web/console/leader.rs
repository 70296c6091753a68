//! Web, console: the pages of those who lead: how the month stands, its figures down to their tickets, the city's
//! verdicts beside ours, the reports with their steps, warnings, supervision, the bottom line. Its rule: each figure
//! leads to its tickets.

pub mod asked;
mod assessed;
mod bottom_line;
mod figures;
mod ledger;
mod monthly;
mod pictures;
mod projection;
mod reading;
mod signals;
mod supervision;
mod today;
mod warnings;

use actix_web::web::ServiceConfig;

/// Every page of theirs.
pub fn routes(services: &mut ServiceConfig) {
    services
        .service(today::glance)
        .service(figures::figures)
        .service(figures::behind)
        .service(projection::ahead)
        .service(signals::all)
        .service(signals::behind)
        .service(ledger::all)
        .service(assessed::blank)
        .service(assessed::compare)
        .service(assessed::save)
        .service(monthly::all)
        // Before the report itself.
        .service(monthly::owed)
        .service(monthly::one)
        .service(monthly::print)
        .service(monthly::tickets)
        .service(monthly::differences)
        .service(warnings::all)
        .service(warnings::one)
        .service(supervision::all)
        .service(bottom_line::all);
}
