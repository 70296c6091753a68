//! Web: the faces of the house, the only place that knows HTTP and the only asynchronous one. Its
//! rule: a handler parses, asks the rooms below in `run` (they block), and shows; it decides
//! nothing itself.

pub mod address;
pub mod api;
pub mod asker;
pub mod blocking;
pub mod body;
pub mod client;
pub mod console;
pub mod cookie;
pub mod deadline;
pub mod etag;
pub mod health;
pub mod idempotency;
pub mod leaving;
pub mod log;
pub mod metrics;
pub mod once;
pub mod open311;
pub mod openapi;
pub mod prepared;
pub mod problem;
pub mod request_id;
pub mod serve;
mod store;
pub mod trace;
pub mod upload;

pub use asker::{Asker, Caller, Known};
pub use blocking::{run, run_long};
pub use body::{Body, Page, Query, RawBody};
pub use etag::IfMatch;
pub use idempotency::{Answer, Given, Idem, IdempotencyKey, given_once, write_once};
pub use once::{Once, Refused, VersionHeaders, Versioned};
pub use prepared::write_prepared;
pub use serve::{application, listen, serve};
