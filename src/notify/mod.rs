//! Notices 通知: telling units, staff and citizens what has happened. Its rule: a notice is a row
//! written with its cause; it leaves a minute later if it still holds then, to whoever it concerns
//! then, and each letter keeps its Message-ID however often it is tried.

pub mod compose;
pub mod deliver;
pub mod enclosed;
pub mod letter;
pub mod listing;
pub mod mailer;
pub mod outbox;
pub mod people;
pub mod plan;
pub mod post;
mod respite;
pub mod retry;
pub mod sample;
pub mod settings;
pub mod sms;
pub mod store;
pub mod template;
pub mod webhook;
pub mod when;
pub mod wording;

pub use mailer::Mailer;
pub use plan::{Addressee, Occasion, Owed};
pub use post::Post;
pub use settings::Settings;
pub use sms::Sms;
