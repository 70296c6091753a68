//! Web: where a request comes from. Its rule: a header is believed only from a proxy that the site
//! trusts.

use std::net::IpAddr;

use actix_web::HttpRequest;

use crate::error::{Error, Kind, Result};

/// Whether the request comes from this machine and through no proxy.
pub fn from_this_machine(request: &HttpRequest) -> bool {
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    !forwarded && request.peer_addr().is_some_and(|peer| peer.ip().is_loopback())
}

/// Refuses what the page of another site sends: nobody is logged in, and nothing is asked for in anybody's
/// name, by a page that is not ours. A browser says where its page is from; what is no browser says nothing.
///
/// # Errors
/// `console.elsewhere` (403).
pub fn require_own_page(request: &HttpRequest) -> Result<()> {
    let site = request.headers().get("sec-fetch-site").map(|value| value.as_bytes());
    match site {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Error::new(Kind::Forbidden, "console.elsewhere")),
    }
}

/// The address of the client: the peer's, or, behind a trusted proxy, the last address in
/// `X-Forwarded-For` that is no trusted proxy's.
pub fn client_ip(request: &HttpRequest, trusted: &[IpAddr]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    let named =
        request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let named: Vec<IpAddr> = named
        .flat_map(|value| value.split(','))
        .filter_map(|part| part.trim().parse().ok())
        .collect();
    Some(named.into_iter().rev().find(|ip| !trusted.contains(ip)).unwrap_or(peer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn request(peer: &str, forwarded: Option<&str>) -> HttpRequest {
        let mut request = TestRequest::get().peer_addr(peer.parse().expect("address"));
        if let Some(text) = forwarded {
            request = request.insert_header(("x-forwarded-for", text));
        }
        request.to_http_request()
    }

    #[test]
    fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
        let lie = request("192.0.2.7:1", Some("127.0.0.1"));
        assert_eq!(client_ip(&lie, &[PROXY]).expect("ip").to_string(), "192.0.2.7");
        let told = request("10.0.0.1:1", Some("198.51.100.9, 192.0.2.8"));
        assert_eq!(client_ip(&told, &[PROXY]).expect("ip").to_string(), "192.0.2.8");
    }

    #[test]
    fn the_page_of_another_site_sends_nothing() {
        let from = |site: &str| {
            let request = TestRequest::post().insert_header(("sec-fetch-site", site));
            require_own_page(&request.to_http_request()).map_err(|error| error.code())
        };
        assert!(require_own_page(&TestRequest::post().to_http_request()).is_ok());
        assert_eq!((from("same-origin"), from("none")), (Ok(()), Ok(())));
        for other in ["cross-site", "same-site", "", "Same-Origin"] {
            assert_eq!(from(other), Err("console.elsewhere"), "{other}");
        }
    }

    #[test]
    fn a_proxy_on_this_machine_is_not_this_machine() {
        assert!(from_this_machine(&request("127.0.0.1:1", None)));
        assert!(!from_this_machine(&request("127.0.0.1:1", Some("192.0.2.8"))));
        assert!(!from_this_machine(&request("192.0.2.8:1", None)));
    }
}
