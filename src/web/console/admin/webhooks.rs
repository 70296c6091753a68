//! Web, console, administration: programs that are told of events 事件推送. Its rule: a secret is shown once, in the form
//! that made it; what was told is listed by number and event, and told again from there.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::frame::framed;
use crate::app::App;
use crate::web::api::webhooks::{self, DeliveryList, WebhookList, WebhookView};
use crate::web::body::Page;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

/// Deliveries on a page.
const SHOWN: u32 = 50;

/// Where the list goes on.
#[derive(Deserialize)]
pub struct Onward {
    after: Option<String>,
}

#[derive(Serialize)]
struct Receivers {
    listed: WebhookList,
}

#[derive(Serialize)]
struct ReceiverPage {
    it: WebhookView,
    deliveries: DeliveryList,
}

/// Every receiver, the oldest first.
#[get("/admin/webhooks")]
pub async fn receivers(app: web::Data<App>, guest: Guest) -> Shown {
    framed(&app, &guest, "admin/webhooks.html", |app, actor| {
        Ok(Receivers { listed: webhooks::listed_of(app, actor)? })
    })
    .await
}

/// One receiver, and what it was told.
#[get("/admin/webhooks/{id}")]
pub async fn receiver(
    app: web::Data<App>,
    guest: Guest,
    id: web::Path<String>,
    onward: web::Query<Onward>,
) -> Shown {
    framed(&app, &guest, "admin/webhook.html", move |app, actor| {
        let page = Page { limit: Some(SHOWN), after: onward.into_inner().after };
        Ok(ReceiverPage {
            it: webhooks::one_of(app, actor, &id)?,
            deliveries: webhooks::deliveries_of(app, actor, &id, &page)?,
        })
    })
    .await
}
