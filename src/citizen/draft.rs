//! Citizen: what a citizen may write when asking for something. Its rule: less than an agent may (no
//! urgency, no time of their own, no number of others), and shorter.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::directory::{CategoryCode, Channel, Kind};
use crate::error::{Error, FieldError, Result};
use crate::intake::{DispatchMode, Draft};
use crate::ticket::{Caller, Matter, Place, Text};
use crate::time::Stamp;

/// Most characters of the text, the title, and every other field.
const CONTENT: usize = 5_000;
const TITLE: usize = 100;
const OTHER: usize = 200;

/// What a citizen asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CitizenDraft {
    pub kind: Kind,
    /// `web`, `app` or `wechat`.
    pub channel: Channel,
    /// A telephone or an e-mail address, unless `anonymous`.
    #[serde(default)]
    pub caller: Caller,
    pub matter: CitizenMatter,
    #[serde(default)]
    pub place: Place,
}

/// What it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CitizenMatter {
    /// At most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// At most 5 000 characters.
    pub content: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub event_time: Option<Stamp>,
    /// Whom the citizen accuses: a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accused: Option<Text>,
}

impl CitizenDraft {
    /// As the intake takes it.
    ///
    /// # Errors
    /// 422 with every field that is too long, or a channel that is none of a citizen's. What the
    /// intake itself finds wrong comes later.
    pub fn into_draft(self, dispatch: DispatchMode) -> Result<Draft> {
        let mut wrong = Vec::new();
        if !matches!(self.channel, Channel::Web | Channel::App | Channel::Wechat) {
            wrong.push(FieldError::new("/channel", "public.channel"));
        }
        let mut short = |pointer: &str, text: Option<&Text>, most: usize| {
            if text.is_some_and(|text| text.chars().count() > most) {
                wrong.push(FieldError::new(pointer, "field.too_long"));
            }
        };
        let (caller, matter, place) = (&self.caller, &self.matter, &self.place);
        short("/matter/content", Some(&matter.content), CONTENT);
        short("/matter/title", matter.title.as_ref(), TITLE);
        short("/matter/accused", matter.accused.as_ref(), OTHER);
        short("/caller/name", caller.name.as_ref(), TITLE);
        short("/caller/email", caller.email.as_ref(), OTHER);
        short("/caller/preferred_hour", caller.preferred_hour.as_ref(), TITLE);
        short("/place/address", place.address.as_ref(), OTHER);
        short("/place/building", place.building.as_ref(), TITLE);
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        let CitizenMatter { title, content, category, event_time, accused } = self.matter;
        Ok(Draft {
            kind: self.kind,
            channel: self.channel,
            dispatch: Some(dispatch),
            received_at: None,
            received_reason: None,
            upstream: None,
            call: None,
            caller: self.caller,
            matter: Matter {
                title,
                content,
                category,
                urgency: None,
                event_time,
                accused,
                tags: Vec::new(),
            },
            place: self.place,
            previous: None,
            slip: None,
            into: None,
        })
    }
}
