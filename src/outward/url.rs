//! Outward: where a call goes. Its rule: an address has one reading only; whatever two programs could
//! read differently (userinfo, fragments, short or octal numbers, other letters) is refused here, and
//! only the part that holds no secret is ever printed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::failure::Failure;

/// Characters of an address at most.
const LONGEST: usize = 2_000;

/// Whether the way there is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Https,
    Http,
}

/// Who is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name in small ASCII letters; one in other letters is written as `xn--…`.
    Name(String),
    /// An address in its one usual spelling.
    Address(IpAddr),
}

/// An `http` or `https` address. Its path and query may hold a token, so it is printed without them.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    scheme: Scheme,
    host: Host,
    port: u16,
    text: String,
    /// Where in `text` the path begins.
    path_at: usize,
}

impl Url {
    /// Reads an address.
    ///
    /// # Errors
    /// [`Failure::Url`] for anything but `http(s)://host[:port][/path][?query]` in plain letters.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte);
        if text.len() > LONGEST || !text.bytes().all(plain) || !escapes_are_whole(text) {
            return Err(Failure::Url);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Failure::Url)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err(Failure::Url),
        };
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let (host, port) = split_port(authority, scheme)?;
        let host = read_host(host)?;
        let tail = &rest[authority.len()..];
        let slash = if tail.starts_with('/') { "" } else { "/" };
        let origin = origin(scheme, &host, port);
        Ok(Self {
            scheme,
            host,
            port,
            path_at: origin.len(),
            text: format!("{origin}{slash}{tail}"),
        })
    }

    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub fn host(&self) -> &Host {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The whole address, with what may be secret in it: for the call and for sealing, never to print.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.text[..self.path_at]
    }
}

/// Without path and query, whose place three stars take.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = if self.text.len() > self.path_at + 1 { "/***" } else { "/" };
        write!(f, "{}{rest}", self.origin())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn origin(scheme: Scheme, host: &Host, port: u16) -> String {
    let (word, usual) = match scheme {
        Scheme::Https => ("https", 443),
        Scheme::Http => ("http", 80),
    };
    let host = match host {
        Host::Name(name) => name.clone(),
        Host::Address(IpAddr::V4(address)) => address.to_string(),
        Host::Address(IpAddr::V6(address)) => format!("[{address}]"),
    };
    if port == usual { format!("{word}://{host}") } else { format!("{word}://{host}:{port}") }
}

fn escapes_are_whole(text: &str) -> bool {
    let is_hex =
        |part: &str| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    text.split('%').skip(1).all(is_hex)
}

fn split_port(authority: &str, scheme: Scheme) -> Result<(&str, u16), Failure> {
    let host_end = authority.rfind(']').map_or(0, |at| at + 1);
    let Some((before, digits)) = authority[host_end..].rsplit_once(':') else {
        let usual = if scheme == Scheme::Https { 443 } else { 80 };
        return Ok((authority, usual));
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let port = digits.parse::<u16>().ok().filter(|port| is_number && *port > 0);
    Ok((&authority[..host_end + before.len()], port.ok_or(Failure::Url)?))
}

fn read_host(text: &str) -> Result<Host, Failure> {
    if let Some(inside) = text.strip_prefix('[') {
        let address = inside.strip_suffix(']').and_then(|text| text.parse::<Ipv6Addr>().ok());
        return address.map(|address| Host::Address(address.into())).ok_or(Failure::Url);
    }
    let name = text.to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    // What ends in a number is an address, and has one spelling: not 127.1, 0x7f.1 or 2130706433.
    if last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit()) {
        let address = name.parse::<Ipv4Addr>().map_err(|_| Failure::Url)?;
        return Ok(Host::Address(address.into()));
    }
    let label = |label: &str| {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() <= 253 && name.split('.').all(label) {
        Ok(Host::Name(name))
    } else {
        Err(Failure::Url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_once_and_printed_without_what_may_be_secret() {
        let url = Url::parse("HTTPS://Hooks.City.gov.cn:8443/in?token=s3cret").unwrap();
        assert_eq!(url.scheme(), Scheme::Https);
        assert_eq!(*url.host(), Host::Name("hooks.city.gov.cn".to_owned()));
        assert_eq!(url.port(), 8443);
        assert_eq!(url.reveal(), "https://hooks.city.gov.cn:8443/in?token=s3cret");
        assert_eq!(
            format!("{url} {url:?}"),
            "https://hooks.city.gov.cn:8443/*** https://hooks.city.gov.cn:8443/***"
        );
    }

    #[test]
    fn a_path_is_always_there_and_the_usual_port_is_not_said() {
        let text = |text: &str| Url::parse(text).unwrap().reveal().to_owned();
        assert_eq!(text("https://a.cn"), "https://a.cn/");
        assert_eq!(text("https://a.cn:443?x=1"), "https://a.cn/?x=1");
        assert_eq!(text("http://10.1.2.3:80/a%20b"), "http://10.1.2.3/a%20b");
        assert_eq!(text("http://[FD00:0::1]:9/"), "http://[fd00::1]:9/");
    }

    #[test]
    fn what_two_programs_could_read_differently_is_refused() {
        for text in [
            "",
            "a.cn",
            "//a.cn",
            "gopher://a.cn/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://",
            "https:///a",
            "https://a.cn#f",
            "https://u@a.cn/",
            "https://u:p@a.cn/",
            "https://a.cn\\@127.0.0.1/",
            "https://a.cn@127.0.0.1/",
            "https://127.1/",
            "https://0177.0.0.1/",
            "https://0x7f.0.0.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://127.0.0.1./",
            "https://a.cn./",
            "https://a..cn/",
            "https://-a.cn/",
            "https://a.cn:0/",
            "https://a.cn:80:80/",
            "https://a.cn:65536/",
            "https://a.cn:+443/",
            "https://a.cn:/",
            "https://a.cn:0443/",
            "https://[::1/",
            "https://::1/",
            "https://[::1]a/",
            "https://[fe80::1%25eth0]/",
            "https://[1.2.3.4]/",
            "https://局.cn/",
            "https://ａ.cn/",
            "https://a。cn/",
            "https://a.cn/路",
            "https://a cn/",
            "https://a.cn/ b",
            "https://a.cn/\r\nx: y",
            "https://a.cn/\t",
            "https://a.cn/%0",
            "https://%31%32%37.0.0.1/",
            "https://a.cn/%zz",
            " https://a.cn/",
            "https://a.cn/\u{0}",
        ] {
            assert_eq!(Url::parse(text), Err(Failure::Url), "{text:?}");
        }
        assert!(Url::parse(&format!("https://a.cn/{}", "a".repeat(LONGEST))).is_err());
    }
}
