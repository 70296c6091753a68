//! Webhooks: programs of others are told of events, signed as standardwebhooks.com says. Its rule: what
//! is told is written with its cause and holds codes and numbers only; whoever wants to know more asks
//! the interface with a key of their own, and sees what that key may see.
//!
//! A site without webhooks pays nothing: which endpoints there are lies with the rules that every
//! write has at hand anyway ([`Hooks`]), and a change of them counts as a change of the directory's
//! version, so that every node reads them anew before its next write.
//!
//! Delivery is at least once and in no promised order: `data.version` orders the events of a ticket.

mod deliver;
mod endpoint;
mod event;
mod hooks;
mod secret;
mod store;

pub use deliver::{Deliverer, Due, JOB};
pub use endpoint::{
    Desk, Endpoint, Plan, Told, add, change, deliveries, find, list, ping, replay, rotate,
};
pub use event::{Event, Told as Data};
pub use hooks::{Hooks, Occurred, follow};
pub use secret::sign;
pub use store::{Delivery, drop_old};
