//! Web, console: what an address of a page asks. Its rule: the words of the interface; a field that a form left empty
//! is not said.

use actix_web::HttpRequest;
use serde::de::DeserializeOwned;

use crate::error::{Error, Kind, Result};
use crate::web::body::query;

/// The words of an address, without the empty ones.
#[derive(Debug, Clone)]
pub struct Words(Vec<(String, String)>);

impl Words {
    /// Those that `request` asks with.
    pub fn of(request: &HttpRequest) -> Self {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Nothing said yet.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// What is said under `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let said = self.0.iter().find(|(there, _)| there == name);
        said.map(|(_, value)| value.as_str())
    }

    /// The same, saying `value` under `name` too.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// The same without `names`.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// As they stand in an address.
    pub fn written(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// As the interface reads them.
    ///
    /// # Errors
    /// 422 with the first wrong one.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        query(&self.written())
    }
}

/// What this reader may not see is not on their page.
///
/// # Errors
/// Every other one.
pub fn where_allowed<T>(asked: Result<T>) -> Result<Option<T>> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == Kind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}

/// What cannot be asked is told on the page, so that it can be mended.
///
/// # Errors
/// Every one that is no matter of the words.
pub fn where_well_asked<T>(asked: Result<T>) -> Result<(Option<T>, Option<String>)> {
    match asked {
        Ok(found) => Ok((Some(found), None)),
        Err(error) if error.kind() == Kind::Invalid => Ok((None, Some(sentence_of(&error)))),
        Err(error) => Err(error),
    }
}

/// What `error` says: of its first wrong field, or of the whole.
pub fn sentence_of(error: &Error) -> String {
    let said = error.fields().first().map_or(error.detail(), |field| &field.detail);
    said.to_owned()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn an_empty_field_of_a_form_is_not_said() {
        let request = TestRequest::with_uri("/figures?window=2026-11&from=&key=a%26b");
        let words = Words::of(&request.to_http_request());
        assert_eq!((words.get("window"), words.get("from")), (Some("2026-11"), None));
        let words = words.without(&["window"]).with("part", "num");
        assert_eq!(words.written(), "key=a%26b&part=num");
    }
}
