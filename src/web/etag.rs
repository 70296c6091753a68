//! Web: versions in `ETag` and `If-Match`. Its rule: a write that names a version is done on that
//! version or not at all; the check stands inside the write.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};

use crate::error::{Error, Kind, Result};

/// The `ETag` of a version: the number in quotes.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The versions that a request accepts; any, where the header is absent or `*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<i64>>);

impl IfMatch {
    /// # Errors
    /// `stale` (412) where the header names versions and this is none of them.
    pub fn check(&self, version: i64) -> Result<()> {
        match &self.0 {
            Some(accepted) if !accepted.contains(&version) => Err(Error::new(Kind::Stale, "stale")),
            _ => Ok(()),
        }
    }

    /// Reads the header's text. A tag that we never gave is a version that never is.
    pub fn parse(text: &str) -> Self {
        if text.trim() == "*" {
            return Self(None);
        }
        let version = |tag: &str| {
            let tag = tag.trim();
            // A proxy that compresses makes a tag weak; the version is the same.
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
        };
        Self(Some(text.split(',').filter_map(version).collect()))
    }
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(header::IF_MATCH);
        std::future::ready(Ok(header
            .map_or_else(Self::default, |value| Self::parse(value.to_str().unwrap_or_default()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_passes_only_where_it_is_named_or_nothing_is() {
        for (header, version, passes) in [
            ("\"7\"", 7, true),
            ("\"7\"", 8, false),
            ("\"6\", W/\"7\"", 7, true),
            ("*", 7, true),
            ("7", 7, false),
            ("\"x\"", 7, false),
        ] {
            assert_eq!(IfMatch::parse(header).check(version).is_ok(), passes, "{header}");
        }
        IfMatch::default().check(7).expect("no header");
        assert_eq!(etag(7), "\"7\"");
    }
}
