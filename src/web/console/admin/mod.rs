//! Web, console: administration: reference data, calendars, profiles, accounts, letters, the audit trail. Its rule: a
//! page shows what the interface answers its reader; whoever has no part in it gets none of its pages.

mod calendar;
mod category_map;
mod corrections;
mod differences;
mod frame;
mod front;
mod letters;
mod lists;
mod profiles;
mod sentences;
mod settings;
mod trail;
mod trial;
mod users;
mod webhooks;
mod whatif;
mod wording;

use actix_web::web::ServiceConfig;

/// Every page of administration.
pub fn routes(services: &mut ServiceConfig) {
    services
        .service(front::parts)
        .service(users::everybody)
        .service(users::somebody)
        .service(letters::letters_page)
        .service(webhooks::receivers)
        .service(webhooks::receiver)
        .service(category_map::mapped)
        .service(sentences::every_sentence)
        .service(sentences::one_sentence)
        .service(wording::every_template)
        .service(wording::one_template)
        .service(trail::search_trail)
        .service(calendar::this_year)
        .service(calendar::one_year)
        .service(profiles::versions_page)
        .service(profiles::one_version)
        .service(whatif::what_if_page)
        // Before the lists, for which it would be a rule's code.
        .service(trial::dry)
        .service(corrections::asked_page)
        .service(lists::list_page)
        .service(lists::entry_page);
}
