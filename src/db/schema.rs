//! Ground: the tables as diesel sees them; a file a room. Its rule: checked against both databases by a test.

mod audit;
mod citizen;
mod directory;
mod ground;
mod identity;
mod jobs;
mod moving;
mod ticket;
mod web;
mod webhooks;

pub use audit::audit_entry;
pub use citizen::{citizen_try, citizen_word};
pub use directory::{directory_entry, directory_version};
pub use ground::{node_start, number_lease};
pub use identity::{account, api_key, login_session, refresh_token};
pub use jobs::{job, schedule};
pub use moving::imported;
pub use ticket::{
    assignment, caller_key, contact, counted_by, event, ledger, seal, seal_leaf, ticket as tickets,
    ticket_body, unsealed, whistle,
};
pub use web::idempotency;
pub use webhooks::{webhook, webhook_delivery};
