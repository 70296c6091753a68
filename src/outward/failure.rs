//! Outward: why a call was not made or not answered. Its rule: a code and nothing else; it says
//! whether trying again can help, and never where the call went.

use chrono::TimeDelta;

use crate::jobs::Fail;

/// Why a call came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code())]
pub enum Failure {
    /// Not an address that has one reading.
    Url,
    /// Plain `http` to where it is not allowed.
    Plain,
    /// The name leads to an address that may not be called.
    Address,
    /// A header that cannot be sent.
    Header,
    /// The name is not known now.
    Name,
    /// Nobody answers there, or not in time: nothing was sent.
    Connect,
    /// It took longer than it may; what was sent may have been taken.
    Slow,
    /// The other side is not who it says, or speaks no TLS.
    Tls,
    /// What came back is no HTTP, or broke off.
    Broken,
    /// The other side asks to come back later (408, 425, 429, 5xx), perhaps after so many seconds.
    Later { after_s: Option<u32> },
    /// The other side does not take it (any other status than 2xx).
    Status,
}

impl Failure {
    /// A stable code with a sentence in the catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::Url => "outward.url",
            Self::Plain => "outward.plain",
            Self::Address => "outward.address",
            Self::Header => "outward.header",
            Self::Name => "outward.name",
            Self::Connect => "outward.connect",
            Self::Slow => "outward.slow",
            Self::Tls => "outward.tls",
            Self::Broken => "outward.broken",
            Self::Later { .. } => "outward.later",
            Self::Status => "outward.status",
        }
    }

    /// Whether trying again cannot help.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Url | Self::Plain | Self::Address | Self::Header | Self::Status)
    }
}

impl From<Failure> for Fail {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Later { after_s: Some(seconds) } => Self::Again {
                after: Some(TimeDelta::seconds(i64::from(seconds))),
                why: failure.code().to_owned(),
            },
            _ if failure.is_final() => Self::never(failure.code()),
            _ => Self::again(failure.code()),
        }
    }
}
