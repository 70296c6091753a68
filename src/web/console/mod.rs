//! Web, console: pages for those who work here, over the same views and commands as the interface. Its rule: a
//! page shows what `web/api` gives its reader, and what is done on it is a call of the interface.

mod account;
mod acting;
mod admin;
mod alarm;
mod articles;
mod assets;
mod calls;
mod citizen;
mod decisions;
mod desk;
mod door;
mod english;
pub mod every;
mod fault;
mod field;
mod guest;
mod home;
mod inbox;
mod leader;
mod live;
mod marks;
mod numbers;
mod page;
mod people;
mod places;
mod relisten;
mod roster;
mod search;
mod survey;
mod templates;
mod ticket;
mod titles;
mod upstream;
mod watermark;
mod words;
mod work;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{FormConfig, QueryConfig, ServiceConfig};

use crate::error::{Error, Kind};
use crate::web::api;

pub use fault::{Fault, Shown};
pub use guest::Guest;
pub use page::Page;

/// Every page; those of the interface lie under another root.
pub fn routes(services: &mut ServiceConfig) {
    services
        .app_data(QueryConfig::default().error_handler(|_, _| unread().into()))
        .app_data(FormConfig::default().error_handler(|_, _| unread().into()))
        .service(assets::file)
        .service(watermark::watermark)
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
        .configure(acting::routes)
        .configure(admin::routes)
        .configure(leader::routes)
        .configure(citizen::routes);
}

/// What leads nowhere: a page to a browser, a problem to a program.
pub fn nowhere(request: &HttpRequest) -> actix_web::Error {
    let error = Error::new(Kind::NotFound, "web.no_route");
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let reads = accept.is_some_and(|types| types.contains("text/html"));
    if reads && !request.path().starts_with(api::BASE) {
        return Fault::from(error).into();
    }
    error.into()
}

/// An address or a form that cannot be read is told in the house's words, not the framework's.
fn unread() -> Fault {
    Error::new(Kind::Malformed, "malformed").into()
}
