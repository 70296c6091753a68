//! Web, `/public`: the door of citizens, who have no account. Its rule: how often comes first, then
//! the form, then what was shown, then what is asked; whatever was shown wrong is answered alike.

pub mod act;
pub mod inbox;
pub mod intake;
pub mod look;
pub mod photos;
pub mod sms;
pub mod survey;
pub mod view;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use actix_web::{HttpRequest, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::citizen::{Claim, Verdict, Wrong, prove};
use crate::error::{Error, Kind, Result};
use crate::web::{client, metrics, run};

/// Every route of the door, and of those who look after it.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(intake::take_in)
        .service(look::lookup)
        .service(act::facts)
        .service(photos::attachments)
        .service(act::urge)
        .service(act::withdraw)
        .service(act::unsolved)
        .service(survey::answer_by_number)
        .service(survey::questions)
        .service(survey::answer_by_link)
        .service(sms::hear_message)
        .service(inbox::list)
        .service(inbox::reveal)
        .service(inbox::settle)
        .service(inbox::code);
}

/// Where the request comes from; all whose place is unknown are one.
pub fn address(request: &HttpRequest, app: &App) -> IpAddr {
    let trusted = &app.config.web.trusted_proxies;
    client::client_ip(request, trusted).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Counts those who are sent away for knocking too often.
///
/// # Errors
/// What is handed in.
pub fn counted(let_in: Result<()>) -> Result<()> {
    if let_in.as_ref().is_err_and(|error| error.kind() == Kind::TooMany) {
        metrics::count("jiesu_public_limited_total");
    }
    let_in
}

/// Lets the request ask something, or sends it away.
///
/// # Errors
/// `web.too_many` (429).
pub fn let_ask(request: &HttpRequest, app: &App) -> Result<IpAddr> {
    let address = address(request, app);
    counted(app.gatekeeper.let_ask(address))?;
    Ok(address)
}

/// What `told` says of what the secret word `token` opens; whoever has it needs no account.
///
/// # Errors
/// Those of `told`.
pub async fn opened_by<T: Send + 'static>(
    app: &web::Data<App>,
    token: &str,
    told: impl FnOnce(&App, &str) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (house, token) = (app.clone(), token.to_owned());
    run(move || told(&house, &token)).await
}

/// The number of the ticket that `claim` proves; whoever shows the wrong thing from `address` is remembered.
///
/// # Errors
/// As [`Verdict::number`].
pub async fn proven(app: &web::Data<App>, address: IpAddr, claim: Claim) -> Result<String> {
    let house = app.clone();
    run(move || {
        let verdict = prove(&house.hotline, &claim)?;
        note(&house, address, &verdict);
        verdict.number()
    })
    .await
}

fn note(app: &Arc<App>, address: IpAddr, verdict: &Verdict) {
    match verdict {
        Verdict::Right(_) => {}
        Verdict::Locked => metrics::count("jiesu_public_locked_out_total"),
        Verdict::Wrong(wrong) => {
            app.gatekeeper.note_wrong(address);
            metrics::count("jiesu_public_refused_total");
            if *wrong == Wrong::Locks {
                metrics::count("jiesu_public_locks_total");
            }
        }
    }
}

/// What is asked with a body that may be wrong in other fields than the claim's: the claim's own
/// form is told with them.
fn both<T>(claim: Result<Claim>, rest: Result<T>) -> Result<(Claim, T)> {
    match (claim, rest) {
        (Ok(claim), Ok(rest)) => Ok((claim, rest)),
        (Err(first), Err(second)) if first.kind() == Kind::Invalid => {
            let fields = first.fields().iter().chain(second.fields()).cloned().collect();
            Err(Error::invalid(fields))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}
