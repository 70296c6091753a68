//! Web, Open311: a report as a client sends it, read into the intake's draft. Its rule: every wrong
//! field is named at once; what has no place in a ticket (the device, the account) is not kept.

use chrono::NaiveDate;

use super::asked::Parameters;
use super::definition::{Attribute, Choice};
use super::offered::offered;
use crate::directory::{Category, Channel, Directory, EstateCode, Kind as Matter};
use crate::error::{Error, FieldError, Result, sentence};
use crate::intake::Draft;
use crate::ticket::{Caller, Place, Text, citizen};

/// The longest description, as the specification says.
const LONGEST: usize = 4_000;
const LONGEST_NAME: usize = 100;
const LONGEST_PLACE: usize = 500;
const LONGEST_LINK: usize = 2_000;

/// The draft of a report that came on `today`.
///
/// # Errors
/// 404 for a service that is none; 400 with every other wrong field.
pub fn draft(form: &Parameters, directory: &Directory, today: NaiveDate) -> Result<Draft> {
    let Some(code) = form.one("service_code") else {
        return Err(Error::field("service_code", "field.required"));
    };
    let category = offered(directory, code, today)?;
    let mut reading = Reading { form, wrong: Vec::new() };
    let attributes = reading.attributes();
    let place = reading.place(attributes.building);
    let caller = reading.caller(attributes.confidential);
    let content = reading.content(category);
    match content {
        Some(content) if reading.wrong.is_empty() => Ok(Draft {
            kind: attributes.kind.unwrap_or_else(|| usual_kind(directory, category)),
            channel: Channel::Open311,
            dispatch: None,
            received_at: None,
            received_reason: None,
            upstream: None,
            call: None,
            caller,
            matter: citizen::Matter {
                title: None,
                content,
                category: Some(category.code.clone()),
                urgency: None,
                event_time: None,
                accused: None,
                tags: Vec::new(),
            },
            place,
            previous: None,
            slip: None,
            into: None,
        }),
        _ => Err(Error::invalid(reading.wrong)),
    }
}

/// What the category's matters usually are: where that is a complaint or a report, the caller is
/// protected without having asked for it.
fn usual_kind(directory: &Directory, category: &Category) -> Matter {
    directory.kind_hints(&category.code).first().copied().unwrap_or(Matter::Help)
}

#[derive(Default)]
struct Attributes {
    kind: Option<Matter>,
    confidential: Option<Choice>,
    building: Option<Text>,
}

struct Reading<'a> {
    form: &'a Parameters,
    wrong: Vec<FieldError>,
}

impl Reading<'_> {
    fn text(&mut self, name: &str, longest: usize) -> Option<Text> {
        let value = self.form.one(name)?;
        self.parsed(name, value, longest)
    }

    fn parsed(&mut self, name: &str, value: &str, longest: usize) -> Option<Text> {
        match Text::parse(value) {
            Ok(text) if text.chars().count() <= longest => return Some(text),
            Ok(_) => self.wrong.push(FieldError::new(name, "field.too_long")),
            Err(code) => self.wrong.push(FieldError::new(name, code)),
        }
        None
    }

    fn attributes(&mut self) -> Attributes {
        let mut found = Attributes::default();
        let form = self.form;
        for (name, value) in form.pairs().filter(|(_, value)| !value.is_empty()) {
            let Some(code) = name.strip_prefix("attribute[") else { continue };
            let code = code.strip_suffix("[]").unwrap_or(code).trim_end_matches(']');
            match code.parse() {
                Ok(Attribute::Kind) => found.kind = self.choice(code, value),
                Ok(Attribute::Confidential) => found.confidential = self.choice(code, value),
                Ok(Attribute::Building) => found.building = self.parsed(code, value, LONGEST_NAME),
                // Its name is not repeated: it may be anything.
                Err(_) => self.wrong.push(FieldError::new("attribute", "field.unknown_code")),
            }
        }
        found
    }

    fn choice<T: std::str::FromStr>(&mut self, code: &str, value: &str) -> Option<T> {
        let choice = value.parse().ok();
        if choice.is_none() {
            self.wrong.push(FieldError::new(code, "field.unknown_code"));
        }
        choice
    }

    fn place(&mut self, building: Option<Text>) -> Place {
        let estate = self.form.one("address_id").map(EstateCode::from);
        let address = self.text("address_string", LONGEST_PLACE);
        let point = self.point();
        let given = ["address_id", "address_string", "lat", "long"];
        if given.iter().all(|name| self.form.one(name).is_none()) {
            self.wrong.push(FieldError::new("address_string", "open311.no_place"));
        }
        Place { region: None, estate, building, address, point }
    }

    fn point(&mut self) -> Option<citizen::MapPoint> {
        let (lat, long) = (self.form.one("lat"), self.form.one("long"));
        if lat.is_none() && long.is_none() {
            return None;
        }
        let mut degrees = |name: &str, text: Option<&str>, most: f64| {
            let degrees: Option<f64> = text.and_then(|text| text.parse().ok());
            let degrees = degrees.filter(|degrees| degrees.abs() <= most);
            if degrees.is_none() {
                let code = if text.is_none() { "field.required" } else { "field.format" };
                self.wrong.push(FieldError::new(name, code));
            }
            degrees
        };
        let lat = degrees("lat", lat, 90.0);
        let lng = degrees("long", long, 180.0);
        Some(citizen::MapPoint { lat: lat?, lng: lng? })
    }

    fn caller(&mut self, confidential: Option<Choice>) -> Caller {
        let (first, last) =
            (self.text("first_name", LONGEST_NAME), self.text("last_name", LONGEST_NAME));
        let phone = self.text("phone", LONGEST_NAME);
        let email = self.text("email", 200);
        let reachable = phone.is_some() || email.is_some();
        Caller {
            name: whole_name(first, last),
            phone,
            email,
            anonymous: !reachable,
            confidential: confidential == Some(Choice::Yes),
            reply_wanted: reachable,
            ..Caller::default()
        }
    }

    /// The description, and the link to a picture, which nobody here follows.
    fn content(&mut self, category: &Category) -> Option<Text> {
        let media = self.text("media_url", LONGEST_LINK);
        if let Some(media) = &media
            && !(media.starts_with("https://") || media.starts_with("http://"))
        {
            self.wrong.push(FieldError::new("media_url", "field.format"));
        }
        let said = match self.form.one("description") {
            Some(said) => self.parsed("description", said, LONGEST)?.into_string(),
            None => sentence("open311.no_description", &[("name", &category.name)]),
        };
        let whole = match &media {
            Some(media) => sentence("open311.with_media", &[("said", &said), ("media", media)]),
            None => said,
        };
        Text::parse(&whole).ok()
    }
}

/// Family name first where they are Chinese, last where they are written in letters.
fn whole_name(first: Option<Text>, last: Option<Text>) -> Option<Text> {
    let (first, last) = match (first, last) {
        (Some(first), Some(last)) => (first, last),
        (one, other) => return one.or(other),
    };
    let whole = if first.is_ascii() && last.is_ascii() {
        format!("{} {}", &*first, &*last)
    } else {
        format!("{}{}", &*last, &*first)
    };
    Text::parse(&whole).ok()
}
