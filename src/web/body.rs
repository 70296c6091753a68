//! Web: bodies and query strings at the door. Its rule: too long is 413, no JSON is 400, a wrong
//! field is 422 with its pointer; the value itself is never repeated.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::Segment;

use crate::app::App;
use crate::error::{Error, FieldError, Kind, Result};

/// The bytes of a body under the limit, not yet looked at. A handler that must answer 404 and 403
/// before 422 takes this, looks up and checks, and only then calls `parse`.
#[derive(Debug, Clone, Default)]
pub struct RawBody(web::Bytes);

impl RawBody {
    pub fn new(bytes: impl Into<web::Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The bytes as they came: what an Idempotency-Key is bound to.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The body as `T`. No body at all is taken for `{}` where that fits (`sign {}`).
    ///
    /// # Errors
    /// `malformed` (400) for no JSON, `invalid` (422) with the first wrong field's pointer.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        if self.0.iter().all(u8::is_ascii_whitespace) {
            return serde_json::from_str("{}")
                .map_err(|_| Error::new(Kind::Malformed, "malformed"));
        }
        parse(&self.0)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::new(Kind::Malformed, "malformed").because(error))?;
    // Most are well formed; who is not is read again, step by step, to say where.
    if text.trim_start().starts_with('{')
        && let Ok(body) = serde_json::from_str(text)
    {
        return Ok(body);
    }
    // Syntax first: a body that breaks off is no JSON, whatever stands before the break.
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let (line, column) = (error.line(), error.column());
        return Err(Error::new(Kind::Malformed, "malformed").because(NotJson { line, column }));
    }
    // serde would fill a struct from a list, in order; our bodies are objects.
    if !text.trim_start().starts_with('{') {
        return Err(Error::field("", "field.type"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        wrong_field(&pointer, &error.into_inner().to_string())
    })
}

#[derive(Debug, thiserror::Error)]
#[error("no JSON at line {line} column {column}")]
struct NotJson {
    line: usize,
    column: usize,
}

/// Stands in a pointer for a name that is none of ours.
const UNNAMED: &str = "***";

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.clone(),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&escaped(&part));
    }
    pointer
}

fn escaped(part: &str) -> String {
    // A name that nobody knows may be anything, even somebody's telephone number: only what looks
    // like a field's name is repeated.
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./~".contains(c);
    if part.len() > 64 || digits > 4 || !part.chars().all(plain) {
        return UNNAMED.to_owned();
    }
    part.replace('~', "~0").replace('/', "~1")
}

/// What serde says, in our codes. Its sentences are stable (they are asserted below).
fn wrong_field(pointer: &str, said: &str) -> Error {
    let named = || said.split('`').nth(1).unwrap_or_default();
    let below = |name: &str| {
        let part = format!("/{}", escaped(name));
        if pointer.ends_with(&part) { pointer.to_owned() } else { format!("{pointer}{part}") }
    };
    let (pointer, code) = if said.starts_with("missing field") {
        (format!("{pointer}/{}", escaped(named())), "field.required")
    } else if said.starts_with("unknown field") {
        (below(named()), "field.unknown")
    } else if said.starts_with("duplicate field") {
        (below(named()), "field.duplicate")
    } else if said.starts_with("unknown variant") {
        (pointer.to_owned(), "field.unknown_code")
    } else if said.starts_with("invalid type: null") {
        (pointer.to_owned(), "field.required")
    } else if said.starts_with("invalid type") || said.starts_with("invalid length") {
        (pointer.to_owned(), "field.type")
    } else if said.starts_with("field.empty") {
        (pointer.to_owned(), "field.empty")
    } else if said.starts_with("field.too_long") {
        (pointer.to_owned(), "field.too_long")
    } else {
        (pointer.to_owned(), "field.format")
    };
    Error::field(pointer, code)
}

impl FromRequest for RawBody {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = limit(request);
        let announced = request
            .headers()
            .get(actix_web::http::header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let mut payload = payload.take();
        Box::pin(async move {
            if announced.is_some_and(|length| length > limit) {
                return Err(too_large(limit));
            }
            let mut bytes = web::BytesMut::with_capacity(announced.unwrap_or_default());
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|error| {
                    Error::new(Kind::Malformed, "web.incomplete").because(error.to_string())
                })?;
                if bytes.len() + chunk.len() > limit {
                    return Err(too_large(limit));
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(Self(bytes.freeze()))
        })
    }
}

fn limit(request: &HttpRequest) -> usize {
    request.app_data::<web::Data<App>>().map_or(1 << 20, |app| app.config.limits.body_bytes)
}

fn too_large(limit: usize) -> Error {
    Error::with(Kind::TooLarge, "web.too_large", &[("limit", &limit.to_string())])
}

/// A JSON body of type `T`, where nothing has to be checked before its fields.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let raw = RawBody::from_request(request, payload);
        Box::pin(async move { raw.await?.parse().map(Self) })
    }
}

/// The parameters of a query string as `T`; a wrong one is 422 with `/name` as its pointer.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(query(request.query_string()).map(Self))
    }
}

/// Parses a query string.
///
/// # Errors
/// `invalid` (422) with the first wrong parameter.
pub fn query<T: DeserializeOwned>(text: &str) -> Result<T> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).unwrap_or_default();
    T::deserialize(serde_urlencoded_deserializer(text)).map_err(|error| {
        let said = error.to_string();
        let wrong = pairs.iter().find(|(name, _)| {
            // serde_urlencoded does not say which value it disliked: ask again without each.
            let rest: Vec<_> = pairs.iter().filter(|(other, _)| other != name).collect();
            serde_urlencoded::to_string(&rest)
                .is_ok_and(|rest| T::deserialize(serde_urlencoded_deserializer(&rest)).is_ok())
        });
        let pointer = wrong.map(|(name, _)| format!("/{}", escaped(name))).unwrap_or_default();
        wrong_field(&pointer, &said)
    })
}

fn serde_urlencoded_deserializer(text: &str) -> serde_urlencoded::Deserializer<'_> {
    serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()))
}

/// `?limit=&after=` of every list (contract.md): 50 by default, at most 500.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// How many at most: 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl Page {
    /// The limit in force.
    ///
    /// # Errors
    /// `invalid` for 0 and for more than 500.
    pub fn limit(&self) -> Result<usize> {
        match self.limit {
            None => Ok(50),
            Some(limit @ 1..=500) => Ok(limit as usize),
            Some(_) => Err(Error::invalid(vec![FieldError::with(
                "/limit",
                "field.range",
                &[("from", "1"), ("to", "500")],
            )])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses counts")]
    struct Matter {
        title: String,
        kind: Kind,
        tags: Vec<String>,
        at: Option<crate::time::Stamp>,
        place: Option<Place>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses counts")]
    struct Place {
        floor: u8,
    }
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Complaint,
    }

    fn refused(text: &str) -> (u16, String, &'static str) {
        let error = RawBody::new(text.to_owned()).parse::<Matter>().expect_err("must not parse");
        let status = super::super::problem::status(error.kind()).as_u16();
        let first = error.fields().first();
        (status, first.map(|f| f.pointer.clone()).unwrap_or_default(), first.map_or("", |f| f.code))
    }

    #[test]
    fn a_body_that_is_no_json_is_malformed_wherever_it_breaks() {
        for text in ["", "kind=x", "{\"title\": 5, ", "{} x", "{\"title\": \"\u{1}\"}"] {
            assert_eq!(refused(text).0, 400, "{text}");
        }
        assert_eq!(
            RawBody::new(vec![b'"', 0xff, b'"']).parse::<String>().expect_err("400").code(),
            "malformed"
        );
    }

    #[test]
    fn a_wrong_field_is_named_by_its_pointer() {
        let cases = [
            (r#"{"kind":"complaint","tags":[]}"#, "/title", "field.required"),
            (r#"{"title":5,"kind":"complaint","tags":[]}"#, "/title", "field.type"),
            (r#"{"title":null,"kind":"complaint","tags":[]}"#, "/title", "field.required"),
            (r#"{"title":"","kind":"moan","tags":[]}"#, "/kind", "field.unknown_code"),
            (r#"{"title":"","kind":"complaint","tags":["a",1]}"#, "/tags/1", "field.type"),
            (r#"{"title":"","kind":"complaint","tags":[],"at":"noon"}"#, "/at", "field.format"),
            (r#"{"title":"","kind":"complaint","tags":[],"x/y":1}"#, "/x~1y", "field.unknown"),
            (
                r#"{"title":"","kind":"complaint","tags":[],"place":{}}"#,
                "/place/floor",
                "field.required",
            ),
            (
                r#"{"title":"","kind":"complaint","tags":[],"place":{"floor":1,"b":1}}"#,
                "/place/b",
                "field.unknown",
            ),
            (
                r#"{"title":"","kind":"complaint","tags":[],"place":{"floor":999}}"#,
                "/place/floor",
                "field.format",
            ),
            (r#"{"title":"","title":""}"#, "/title", "field.duplicate"),
            ("[]", "", "field.type"),
        ];
        for (text, pointer, code) in cases {
            assert_eq!(refused(text), (422, pointer.to_owned(), code), "{text}");
        }
    }

    #[test]
    fn a_name_that_may_be_somebodys_number_or_name_is_not_repeated() {
        for name in ["13900000001", "139 0000 0001", "张三", "z@example.cn", &"x".repeat(65)] {
            let text = format!(r#"{{"title":"","kind":"complaint","tags":[],"{name}":1}}"#);
            assert_eq!(refused(&text), (422, "/***".to_owned(), "field.unknown"), "{name}");
            let error = query::<Page>(&format!("{name}=1")).expect_err("422");
            assert_eq!(error.fields()[0].pointer, "/***", "{name}");
        }
    }

    #[test]
    fn no_body_is_an_empty_object_where_that_fits() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sign {}
        RawBody::default().parse::<Sign>().expect("nothing is needed");
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let page = |text| query::<Page>(text);
        assert_eq!(page("limit=20&after=x").and_then(|page| page.limit()).expect("page"), 20);
        assert_eq!(page("limit=many&after=x").expect_err("422").fields()[0].pointer, "/limit");
        assert_eq!(page("limit=1&colour=red").expect_err("422").fields()[0].pointer, "/colour");
        assert_eq!(
            page("limit=501").and_then(|page| page.limit()).expect_err("422").code(),
            "invalid"
        );
    }
}
