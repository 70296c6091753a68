//! Web, console, citizens: pages for who has no account, under `/c`. Its rule: forms and pages alone, without script
//! or cookie; what is asked and done is the citizens' door of the interface, with its gatekeeper, its tries and its
//! words; number, code and digits travel in forms and never in an address.

mod act;
mod bring;
mod card;
mod face;
mod form;
mod look;
mod photos;
mod survey;
mod ticket;

use actix_web::web::ServiceConfig;

pub(super) use form::fresh_key;

/// The pages of citizens.
pub fn routes(services: &mut ServiceConfig) {
    services
        .service(look::front)
        .service(bring::blank)
        .service(bring::bring)
        .service(look::blank_look)
        .service(look::look_up)
        .service(act::add_facts)
        .service(act::ask_where_it_stays)
        .service(act::take_back)
        .service(act::say_unsolved)
        .service(act::judge)
        .service(photos::add_photos)
        .service(survey::questions)
        .service(survey::answer)
        .service(card::shown_card)
        .service(look::elsewhere);
}
