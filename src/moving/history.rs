//! Moving: the form of one line (contract.md "History file"). Its rule: strict: a field that nobody
//! knows, a wrong code or a wrong time is named by its JSON pointer.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::directory::{
    AssessmentClass, CategoryCode, Channel, EstateCode, Kind, RegionCode, UnitCode, Urgency,
};
use crate::error::{Error, Kind as Sort, Result};
use crate::ticket::assignment::ContactOutcome;
use crate::ticket::event::Event;
use crate::ticket::overlay::{BottomLine, Contacted, ExclusionReason, Outcome, Satisfied, Solved};
use crate::ticket::{Caller, Part, Text, Upstream};
use crate::time::Stamp;

/// One ticket's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// At most 64 characters, none of them blank or a slash.
    pub no: String,
    pub kind: Kind,
    pub channel: Channel,
    /// The profile's default where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    pub received_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
    #[serde(default, deserialize_with = "or_default")]
    pub caller: Caller,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    pub content: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estate: Option<EstateCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub building: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
    /// The default of its kind where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment_class: Option<AssessmentClass>,
    #[serde(default, deserialize_with = "or_default")]
    pub assignments: Vec<Sent>,
    #[serde(default, deserialize_with = "or_default")]
    pub reviews: Vec<Reviewed>,
    #[serde(default, deserialize_with = "or_default")]
    pub surveys: Vec<Asked>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusion: Option<Excluded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Stamp>,
    /// The full form: what was done, one command an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Past>>,
    /// Why it was not taken the last time: read over, so that a rejects file can be mended and
    /// imported as it is.
    #[serde(rename = "_reason", default, skip_serializing)]
    pub reason: Option<Value>,
}

/// A unit's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    pub unit: UnitCode,
    pub role: Part,
    pub sent_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Stamp>,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Tried>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned_at: Option<Stamp>,
}

/// One try to reach the citizen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    pub at: Stamp,
    pub outcome: ContactOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The reviewer's word on a reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewed {
    pub at: Stamp,
    pub pass: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

/// One try to ask the citizen the three questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub at: Stamp,
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacted: Option<Contacted>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved: Option<Solved>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<Satisfied>,
    #[serde(default, deserialize_with = "or_default")]
    pub bottom_line: Vec<BottomLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompted: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A request to leave the assessment, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    pub reason: ExclusionReason,
    pub asked_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
}

/// One event of the full form. Our own export gives `patch`; without it in any event, the ticket is
/// made from the facts of the line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Past {
    pub at: Stamp,
    pub actor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    pub command: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<u32>,
    #[serde(default)]
    pub body: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Value>,
}

impl From<Event> for Past {
    fn from(event: Event) -> Self {
        let Event { at, actor, unit, command, assignment, side, body, mut patch } = event;
        // A copy of the house is no key to it: whoever moves in issues new codes (decision 0014).
        if let Value::Object(changes) = &mut patch {
            changes.remove("code");
        }
        Self { at, actor, unit, command, assignment, side, body, patch: Some(patch) }
    }
}

impl History {
    /// The events, where every one says what it changed.
    pub fn whole_events(&self) -> Option<Vec<Event>> {
        let events = self.events.as_ref().filter(|events| !events.is_empty())?;
        events
            .iter()
            .cloned()
            .map(|past| {
                let Past { at, actor, unit, command, assignment, side, body, patch } = past;
                let patch = patch?;
                Some(Event { at, actor, unit, command, assignment, side, body, patch })
            })
            .collect()
    }
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a line.
///
/// # Errors
/// `import.not_json`, or `invalid` with the first wrong field.
pub fn parse(line: &[u8]) -> Result<History> {
    if serde_json::from_slice::<IgnoredAny>(line).is_err() {
        return Err(Error::new(Sort::Malformed, "import.not_json"));
    }
    if line.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::field("", "field.type"));
    }
    let history: History = read(line)?;
    let no = &history.no;
    let fits = (1..=64).contains(&no.chars().count())
        && !no.chars().any(|c| c.is_whitespace() || c.is_control() || c == '/');
    if !fits {
        return Err(Error::field("/no", "field.format"));
    }
    Ok(history)
}

fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T> {
    let mut json = serde_json::Deserializer::from_slice(line);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let mut pointer = String::new();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
                Segment::Map { key } => pointer.push_str(&format!("/{}", escaped(key))),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        wrong(pointer, &error.into_inner().to_string())
    })
}

fn escaped(key: &str) -> String {
    key.chars().take(64).collect::<String>().replace('~', "~0").replace('/', "~1")
}

/// What serde says, in our codes.
fn wrong(mut pointer: String, said: &str) -> Error {
    let part = format!("/{}", escaped(said.split('`').nth(1).unwrap_or_default()));
    let names_a_field = ["missing field", "unknown field", "duplicate field"]
        .iter()
        .any(|start| said.starts_with(start));
    if names_a_field && (said.starts_with("missing") || !pointer.ends_with(&part)) {
        pointer.push_str(&part);
    }
    let code = if said.starts_with("missing field") || said.starts_with("invalid type: null") {
        "field.required"
    } else if said.starts_with("unknown field") {
        "field.unknown"
    } else if said.starts_with("duplicate field") {
        "field.duplicate"
    } else if said.starts_with("unknown variant") {
        "field.unknown_code"
    } else if said.starts_with("field.empty") {
        "field.empty"
    } else if said.starts_with("field.too_long") {
        "field.too_long"
    } else if said.starts_with("invalid type") || said.starts_with("invalid length") {
        "field.type"
    } else {
        "field.format"
    };
    Error::field(pointer, code)
}
