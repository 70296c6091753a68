//! Outward: the one way by which this program calls another over HTTP. Its rule: only where the site
//! allows it, judged at the connection; never further (no redirect, no proxy of the environment),
//! never longer and never more than was said.
//!
//! What is called is in part written by people (webhooks) and in part told by name servers, so
//! neither a name nor a redirect may lead inside: see [`policy::Policy`].

mod failure;
mod names;
mod policy;
#[cfg(test)]
mod tests;
mod url;

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::{HeaderMap, Method, Request, StatusCode};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;

pub use failure::Failure;
pub use names::{Names, SystemNames};
pub use policy::Policy;
pub use url::{Host, Scheme, Url};

use crate::config;
use crate::error::{Error, Kind, Result};
use names::Guarded;

/// Bytes of an answer that are kept; what comes behind is not read.
pub const BODY_BYTES: usize = 64 * 1024;
const HEAD_BYTES: usize = 16 * 1024;
/// Longest wait for a connection, its name and its TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// The first [`BODY_BYTES`] bytes.
    pub body: Vec<u8>,
    /// Why the body broke off, where it did: the status and what came before still count, since
    /// whoever answered has done what it was asked.
    pub broke: Option<Failure>,
    headers: HeaderMap,
}

impl Answer {
    /// The text of the header `name` (any case), where it is plain ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The same, where its body came whole: for whoever has to read it.
    ///
    /// # Errors
    /// Why it broke off.
    pub fn whole(self) -> Result<Self, Failure> {
        self.broke.map_or(Ok(self), Err)
    }

    /// 2xx, or why not: `Later` for what may pass (408, 425, 429, 5xx), else `Status`.
    ///
    /// # Errors
    /// Those two.
    pub fn taken(&self) -> Result<(), Failure> {
        match self.status {
            200..=299 => Ok(()),
            408 | 425 | 429 | 500..=599 => {
                let after_s = self.header("retry-after").and_then(|text| text.trim().parse().ok());
                // Nobody may send us away for longer than a day.
                Err(Failure::Later { after_s: after_s.map(|seconds: u32| seconds.min(86_400)) })
            }
            _ => Err(Failure::Status),
        }
    }
}

/// The client, with the site's list of whom it may call. Clones share it.
#[derive(Debug, Clone)]
pub struct Outward {
    agent: ureq::Agent,
    policy: Policy,
}

impl Outward {
    /// The client of this configuration.
    ///
    /// # Errors
    /// `config.value` where an entry of `outward.allow` is none; `config.unreadable`,
    /// `config.value` for the file of certificates.
    pub fn of(config: &config::Outward) -> Result<Self> {
        Self::with_names(config, Arc::new(SystemNames))
    }

    /// The same with another name service: tests lead names where they like.
    ///
    /// # Errors
    /// As [`Outward::of`].
    pub fn with_names(config: &config::Outward, names: Arc<dyn Names>) -> Result<Self> {
        let policy = Policy::read(&config.allow).map_err(|entry| {
            let expected =
                format!("public | 10.1.0.0/16 | hooks.city.gov.cn | *.city.gov.cn ({entry})");
            wrong("outward.allow", &expected)
        })?;
        let roots = match config.ca_file() {
            Some(file) => authorities(file)?,
            None => RootCerts::WebPki,
        };
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let tls =
            TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(ring).build();
        let settings = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .tls_config(tls)
            .user_agent("jiesu")
            .max_response_header_size(HEAD_BYTES)
            // Each call is connected, and so judged, anew.
            .max_idle_connections(0)
            .build();
        let guarded = Guarded { policy: policy.clone(), names };
        let agent = ureq::Agent::with_parts(settings, DefaultConnector::default(), guarded);
        Ok(Self { agent, policy })
    }

    /// What can be said of `url` without calling it: for the moment in which somebody types it.
    ///
    /// # Errors
    /// [`Failure::Plain`], [`Failure::Address`].
    pub fn check(&self, url: &Url) -> Result<(), Failure> {
        self.policy.check(url)
    }

    /// Sends `body` to `url`. All of it, connection and answer, takes at most `longest`. Headers are
    /// names and values; the body's type is one of them.
    ///
    /// # Errors
    /// Any [`Failure`] but `Later` and `Status`: a status is an answer, even where what follows it
    /// breaks off.
    pub fn post(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        body: &[u8],
        longest: Duration,
    ) -> Result<Answer, Failure> {
        self.call(Method::POST, url, headers, body, longest)
    }

    /// Asks `url`.
    ///
    /// # Errors
    /// As [`Outward::post`].
    pub fn get(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        longest: Duration,
    ) -> Result<Answer, Failure> {
        self.call(Method::GET, url, headers, &[], longest)
    }

    fn call(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        body: &[u8],
        longest: Duration,
    ) -> Result<Answer, Failure> {
        self.policy.check(url)?;
        let has_body = method != Method::GET;
        let mut request = Request::builder().method(method).uri(url.reveal());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answered = if has_body {
            let request = request.body(body).map_err(|_| Failure::Header)?;
            self.run(request, longest)
        } else {
            let request = request.body(()).map_err(|_| Failure::Header)?;
            self.run(request, longest)
        };
        let mut answer = answered.map_err(|error| why(&error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let (body, broke) = read(&mut answer, status);
        Ok(Answer { status: status.as_u16(), body, broke, headers })
    }

    fn run<B: ureq::AsSendBody>(
        &self,
        request: Request<B>,
        longest: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let connect = Some(longest.min(CONNECT));
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(longest))
            .timeout_resolve(connect)
            .timeout_connect(connect)
            .build();
        self.agent.run(request)
    }
}

fn read(
    answer: &mut ureq::http::Response<ureq::Body>,
    status: StatusCode,
) -> (Vec<u8>, Option<Failure>) {
    let mut body = Vec::new();
    let most = u64::try_from(BODY_BYTES).unwrap_or(u64::MAX);
    if status == StatusCode::NO_CONTENT {
        return (body, None);
    }
    let read = answer.body_mut().as_reader().take(most).read_to_end(&mut body);
    let broke = read.err().map(|error| why(&ureq::Error::from(error)));
    (body, broke)
}

/// What ureq says, in our words.
fn why(error: &ureq::Error) -> Failure {
    use ureq::{Error as E, Timeout};
    match error {
        E::Other(cause) => cause.downcast_ref::<Failure>().copied().unwrap_or(Failure::Broken),
        E::Timeout(Timeout::Resolve) => Failure::Name,
        E::Timeout(Timeout::Connect) => Failure::Connect,
        E::Timeout(_) => Failure::Slow,
        E::HostNotFound => Failure::Name,
        E::BadUri(_) => Failure::Url,
        E::Http(_) => Failure::Header,
        E::Tls(_) | E::Rustls(_) | E::Pem(_) | E::TlsRequired => Failure::Tls,
        E::ConnectionFailed => Failure::Connect,
        E::Io(error) => why_io(error),
        _ => Failure::Broken,
    }
}

fn why_io(error: &io::Error) -> Failure {
    use io::ErrorKind as K;
    if error.get_ref().is_some_and(|inside| inside.is::<rustls::Error>()) {
        return Failure::Tls;
    }
    match error.kind() {
        K::ConnectionRefused
        | K::HostUnreachable
        | K::NetworkUnreachable
        | K::NetworkDown
        | K::AddrNotAvailable
        | K::PermissionDenied => Failure::Connect,
        K::TimedOut | K::WouldBlock => Failure::Slow,
        _ => Failure::Broken,
    }
}

/// The certificates of `file`: given, they are all that is trusted.
fn authorities(file: &Path) -> Result<RootCerts> {
    let place = file.display().to_string();
    let text = std::fs::read(file).map_err(|error| {
        let reason = error.to_string();
        Error::with(Kind::Invalid, "config.unreadable", &[("file", &place), ("reason", &reason)])
    })?;
    let found: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        return Err(wrong("outward.ca_file", "PEM certificates"));
    }
    Ok(RootCerts::Specific(Arc::new(found)))
}

fn wrong(key: &str, expected: &str) -> Error {
    let values = [("file", "configuration"), ("key", key), ("expected", expected)];
    Error::with(Kind::Invalid, "config.value", &values)
}
