//! Papers 文书: what is printed, numbered and sealed by hand: to a unit, to the citizen, over many tickets; and a ticket
//! whole on one page. Its rule: a paper keeps its number and says what was so when it was made (decision 0030).

pub mod compose;
mod desk;
pub mod dossier;
pub mod facts;
pub mod fill;
pub mod kind;
pub mod make;
pub mod package;
pub mod print;
pub mod runs;
mod store;
pub mod subject;
pub mod template;
pub mod when;

use std::path::PathBuf;

use chrono_tz::Tz;

pub use kind::PaperKind;
pub use make::{Asked, Made};
pub use template::Templates;

use crate::config::Config;

/// What a site chose about papers.
#[derive(Debug, Clone)]
pub struct Papers {
    /// The bureau's name.
    pub site: String,
    /// How numbers begin 发文代字.
    pub mark: String,
    pub zone: Tz,
    pub templates: Templates,
}

impl Papers {
    /// The choices of `config`.
    pub fn of(config: &Config) -> Self {
        let folder: PathBuf = config.papers.templates.clone();
        Self {
            site: config.site.name.clone(),
            mark: config.papers.mark.clone(),
            zone: config.site.zone,
            templates: Templates { folder: Some(folder).filter(|it| !it.as_os_str().is_empty()) },
        }
    }
}

#[cfg(test)]
mod tests;
