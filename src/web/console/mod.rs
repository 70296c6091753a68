//! Web, console: pages for those who work here, over the same views and commands as the interface. Its rule: a
//! page shows what `web/api` gives its reader, and what is done on it is a call of the interface.

mod account;
mod admin;
mod alarm;
mod articles;
mod assets;
mod calls;
mod citizen;
mod desk;
mod door;
mod fault;
mod guest;
mod home;
mod leader;
mod live;
mod numbers;
mod page;
mod search;
mod survey;
mod templates;
mod ticket;
mod upstream;
mod words;
mod work;

use actix_web::web::ServiceConfig;

pub use fault::{Fault, Shown};
pub use guest::Guest;
pub use page::Page;

/// Every page; those of the interface lie under another root.
pub fn routes(services: &mut ServiceConfig) {
    services
        .service(assets::file)
        .service(door::form)
        .service(door::enter)
        .service(door::leave)
        .service(home::home)
        .service(home::whole)
        .service(ticket::ticket)
        .service(desk::desk)
        .service(search::texts)
        .configure(live::routes)
        .configure(work::routes)
        .configure(articles::routes)
        .configure(account::routes)
        .configure(admin::routes)
        .configure(leader::routes)
        .configure(citizen::routes);
}
