//! Web, Open311: the parameters of an address. Its rule: an empty parameter is one that was not given;
//! several values stand in one, between commas, or in one each; what nobody knows is passed over.

use crate::app::App;
use crate::directory::{CategoryCode, Directory};
use crate::error::{Error, FieldError, Kind, Result};
use crate::ticket::store::public::{Standing, Wanted};
use crate::time::Stamp;

/// What one answer holds at most, as the specification says.
pub const MOST: usize = 1_000;
const DAY_MS: i64 = 86_400_000;
/// The span that may be asked for, and that is meant where none is said.
const SPAN_MS: i64 = 90 * DAY_MS;

/// The parameters as they came.
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Of a query string, or of a form.
    pub fn read(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The last value given for `name`.
    pub fn one(&self, name: &str) -> Option<&str> {
        let named = self.0.iter().rev().filter(|(other, _)| other == name);
        named.map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    }

    /// Every value given for `name`.
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(other, _)| other == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// Every name with its value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.trim()))
    }

    /// Looks whether another jurisdiction is meant than ours.
    ///
    /// # Errors
    /// `open311.jurisdiction` (404).
    pub fn require_jurisdiction(&self, app: &App) -> Result<()> {
        let ours = app.config.open311.jurisdiction.as_str();
        match self.one("jurisdiction_id") {
            Some(other) if !ours.is_empty() && other != ours => {
                Err(Error::new(Kind::NotFound, "open311.jurisdiction"))
            }
            _ => Ok(()),
        }
    }

    /// What GET requests asks for at `now`; numbers override all the rest.
    ///
    /// # Errors
    /// 404 for a service that nobody knows; 400 for dates and statuses that are none, for a span over
    /// 90 days, and for more numbers than one answer holds.
    pub fn wanted(&self, directory: &Directory, now: Stamp) -> Result<Wanted> {
        let numbers: Vec<String> = self.all("service_request_id").map(str::to_owned).collect();
        if numbers.len() > MOST {
            return Err(Error::field("service_request_id", "field.too_long"));
        }
        if !numbers.is_empty() {
            return Ok(Wanted::Numbers(numbers));
        }
        let mut categories = Vec::new();
        for code in self.all("service_code").map(CategoryCode::from) {
            if directory.category(&code).is_none() {
                return Err(Error::new(Kind::NotFound, "open311.service_unknown"));
            }
            categories.extend(directory.category_subtree(&code));
        }
        let (from, before) = self.span(now)?;
        Ok(Wanted::Received { from, before, categories, standing: self.standing()? })
    }

    fn standing(&self) -> Result<Option<Standing>> {
        let (mut open, mut closed) = (false, false);
        for word in self.all("status") {
            match word {
                "open" => open = true,
                "closed" => closed = true,
                _ => return Err(Error::field("status", "open311.status")),
            }
        }
        Ok(match (open, closed) {
            (true, false) => Some(Standing::Open),
            (false, true) => Some(Standing::Ended),
            _ => None,
        })
    }

    /// `[from, before)`: the last 90 days where nothing is said, 90 days from or up to the one that is.
    fn span(&self, now: Stamp) -> Result<(Stamp, Stamp)> {
        let mut wrong = Vec::new();
        let mut date = |name: &str| {
            let read = self.one(name).map(instant);
            if read == Some(None) {
                wrong.push(FieldError::new(name, "open311.date"));
            }
            read.flatten()
        };
        let (start, end) = (date("start_date"), date("end_date"));
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        // The end is included, to the second in which requests are dated.
        let before = |end: Stamp| end.plus_millis(1_000 - end.millis().rem_euclid(1_000));
        let (from, before) = match (start, end) {
            (Some(start), Some(end)) => (start, before(end)),
            (Some(start), None) => (start, start.plus_millis(SPAN_MS)),
            (None, Some(end)) => (end.plus_millis(-SPAN_MS), before(end)),
            (None, None) => (now.plus_millis(-SPAN_MS), before(now)),
        };
        if before.millis_since(from) > SPAN_MS + 1_000 {
            return Err(Error::field("end_date", "open311.span"));
        }
        Ok((from, before))
    }
}

/// A date as the W3C note has it: RFC 3339, or a day, which begins in UTC. A `+` that was not escaped
/// arrives as a space.
fn instant(text: &str) -> Option<Stamp> {
    let text = text.replace(' ', "+");
    let day = || text.parse::<chrono::NaiveDate>().ok();
    Stamp::parse(&text).or_else(|| day().map(|day| Stamp::start_of(day, chrono_tz::UTC)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Stamp {
        Stamp::parse(text).unwrap()
    }

    fn wanted(query: &str) -> std::result::Result<(String, String), String> {
        let now = at("2026-10-01T00:00:00Z");
        let wanted = Parameters::read(query.as_bytes()).wanted(&Directory::default(), now);
        match wanted {
            Ok(Wanted::Received { from, before, .. }) => Ok((from.to_string(), before.to_string())),
            Ok(Wanted::Numbers(numbers)) => Ok((numbers.join("|"), String::new())),
            Err(error) => Err(error.fields()[0].pointer.clone()),
        }
    }

    #[test]
    fn nothing_said_is_the_last_ninety_days() {
        let last = ("2026-07-03T00:00:00.000Z".to_owned(), "2026-10-01T00:00:01.000Z".to_owned());
        assert_eq!(wanted(""), Ok(last.clone()));
        assert_eq!(wanted("start_date=&end_date=&status=&service_code=,"), Ok(last));
    }

    #[test]
    fn one_end_alone_means_ninety_days_from_there() {
        let (from, before) = wanted("start_date=2026-01-01T00:00:00Z").unwrap();
        assert_eq!((&*from, &*before), ("2026-01-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z"));
        let (from, before) = wanted("end_date=2026-04-01T08:00:00+08:00").unwrap();
        assert_eq!((&*from, &*before), ("2026-01-01T00:00:00.000Z", "2026-04-01T00:00:01.000Z"));
    }

    #[test]
    fn ninety_days_may_be_asked_for_and_a_second_more_may_not() {
        assert!(wanted("start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:00Z").is_ok());
        let longer = wanted("start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:01Z");
        assert_eq!(longer, Err("end_date".to_owned()));
        assert_eq!(wanted("start_date=01-02-2026"), Err("start_date".to_owned()));
        assert_eq!(wanted("status=open,ajar"), Err("status".to_owned()));
    }

    #[test]
    fn numbers_override_all_the_rest() {
        let all = wanted("service_request_id=a,b&service_request_id=c&start_date=never");
        assert_eq!(all, Ok(("a|b|c".to_owned(), String::new())));
    }
}
