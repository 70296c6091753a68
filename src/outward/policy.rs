//! Outward: whom this program may call. Its rule: an address is judged by itself, at the moment of
//! the connection, whatever name led to it; what is not allowed is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::failure::Failure;
use super::url::{Host, Scheme, Url};

/// The list `outward.allow` as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Every address of the public internet, over https.
    public: bool,
    nets: Vec<Net>,
    /// Names; `.city.gov.cn` stands for all below it.
    names: Vec<String>,
}

/// A range of addresses; IPv4 ranges stand among the IPv4-mapped ones of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Net {
    base: u128,
    bits: u32,
}

impl Policy {
    /// Reads the entries: `public`, an address, a range `10.1.0.0/16`, a name or `*.name`.
    ///
    /// # Errors
    /// The entry that is none of these.
    pub fn read(entries: &[String]) -> Result<Self, String> {
        let mut policy = Self::default();
        for entry in entries {
            let text = entry.trim();
            if text == "public" {
                policy.public = true;
            } else if let Some(net) = Net::read(text) {
                policy.nets.push(net);
            } else {
                let (dot, name) = text.strip_prefix("*.").map_or(("", text), |rest| (".", rest));
                match Url::parse(&format!("https://{name}")).map(|url| url.host().clone()) {
                    Ok(Host::Name(host)) if host.eq_ignore_ascii_case(name) => {
                        policy.names.push(format!("{dot}{host}"));
                    }
                    _ => return Err(entry.clone()),
                }
            }
        }
        Ok(policy)
    }

    /// What can be said of `url` before its name is looked up.
    ///
    /// # Errors
    /// [`Failure::Address`], [`Failure::Plain`].
    pub fn check(&self, url: &Url) -> Result<(), Failure> {
        match url.host() {
            Host::Address(address) => self.admit(url.scheme(), url.host(), *address),
            Host::Name(name) => {
                let local = name == "localhost" || name.ends_with(".localhost");
                if local && !self.lists_address(Ipv4Addr::LOCALHOST.into()) {
                    Err(Failure::Address)
                } else if self.nets.is_empty() && url.scheme() == Scheme::Http && !self.lists(name)
                {
                    Err(Failure::Plain)
                } else if self.nets.is_empty() && !self.public && !self.lists(name) {
                    Err(Failure::Address)
                } else {
                    Ok(())
                }
            }
        }
    }

    /// Whether `host`, found at `address`, may be called. A listed name opens what is public and
    /// what is usual inside an administration's own net; never this machine or a cloud's keys, which
    /// a wrong or poisoned name server could lead to.
    ///
    /// # Errors
    /// [`Failure::Address`]; [`Failure::Plain`] for http to what is not listed.
    pub fn admit(&self, scheme: Scheme, host: &Host, address: IpAddr) -> Result<(), Failure> {
        let named = match host {
            Host::Name(name) => self.lists(name) && (is_public(address) || is_inside(address)),
            Host::Address(_) => false,
        };
        if self.lists_address(address) || named {
            Ok(())
        } else if !self.public || !is_public(address) {
            Err(Failure::Address)
        } else if scheme == Scheme::Http {
            Err(Failure::Plain)
        } else {
            Ok(())
        }
    }

    fn lists(&self, name: &str) -> bool {
        self.names.iter().any(|listed| {
            if listed.starts_with('.') { name.ends_with(listed.as_str()) } else { name == listed }
        })
    }

    /// A cloud's metadata service hands out keys: only an entry that names it alone opens it.
    fn lists_address(&self, address: IpAddr) -> bool {
        let number = number(address);
        let bits = if hands_out_keys(address) { 128 } else { 0 };
        self.nets.iter().any(|net| net.bits >= bits && net.holds(number))
    }
}

impl Net {
    const fn v4(a: u8, b: u8, c: u8, bits: u32) -> Self {
        Self { base: number_v4(Ipv4Addr::new(a, b, c, 0)), bits: bits + 96 }
    }

    const fn v6(first: u16, second: u16, bits: u32) -> Self {
        Self { base: Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0).to_bits(), bits }
    }

    fn read(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (most, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let bits = match length {
            Some(length) => length.parse::<u32>().ok().filter(|bits| *bits <= most)?,
            None => most,
        };
        Some(Self { base: number(address), bits: bits + before })
    }

    const fn holds(self, number: u128) -> bool {
        // A shift by all the bits there are is none at all.
        let shift = 128 - self.bits;
        shift == 128 || number >> shift == self.base >> shift
    }
}

/// An address as one number; the IPv4-mapped addresses of IPv6 are what they map.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => number_v4(address),
        IpAddr::V6(address) => address.to_bits(),
    }
}

const fn number_v4(address: Ipv4Addr) -> u128 {
    address.to_ipv6_mapped().to_bits()
}

/// IANA's registries of special purposes: what is not reached over the public internet, and one
/// public address by which a cloud talks to its machines.
const NOT_PUBLIC_V4: [Net; 17] = [
    Net::v4(0, 0, 0, 8),
    Net::v4(10, 0, 0, 8),
    Net::v4(100, 64, 0, 10),
    Net::v4(127, 0, 0, 8),
    Net::v4(168, 63, 129, 24),
    Net::v4(169, 254, 0, 16),
    Net::v4(172, 16, 0, 12),
    Net::v4(192, 0, 0, 24),
    Net::v4(192, 0, 2, 24),
    Net::v4(192, 88, 99, 24),
    Net::v4(192, 168, 0, 16),
    Net::v4(192, 31, 196, 24),
    Net::v4(198, 18, 0, 15),
    Net::v4(198, 51, 100, 24),
    Net::v4(203, 0, 113, 24),
    Net::v4(224, 0, 0, 4),
    Net::v4(240, 0, 0, 4),
];
/// Of IPv6 only 2000::/3 is public at all, and of that not the parts that hide an IPv4 address or
/// are for books.
const GLOBAL_V6: Net = Net::v6(0x2000, 0, 3);
const NOT_PUBLIC_V6: [Net; 4] = [
    Net::v6(0x2001, 0, 23),
    Net::v6(0x2001, 0x0db8, 32),
    Net::v6(0x2002, 0, 16),
    Net::v6(0x3fff, 0, 20),
];
/// Where an administration's own machines usually stand.
const INSIDE: [Net; 5] = [
    Net::v4(10, 0, 0, 8),
    Net::v4(100, 64, 0, 10),
    Net::v4(172, 16, 0, 12),
    Net::v4(192, 168, 0, 16),
    Net::v6(0xfc00, 0, 7),
];

fn is_public(address: IpAddr) -> bool {
    let number = number(address);
    let within = |nets: &[Net]| nets.iter().any(|net| net.holds(number));
    match address.to_canonical() {
        IpAddr::V4(_) => !within(&NOT_PUBLIC_V4),
        IpAddr::V6(_) => GLOBAL_V6.holds(number) && !within(&NOT_PUBLIC_V6),
    }
}

fn is_inside(address: IpAddr) -> bool {
    INSIDE.iter().any(|net| net.holds(number(address))) && !hands_out_keys(address)
}

/// The metadata services of the clouds: most at the first, Alibaba's, Azure's, AWS's over IPv6.
fn hands_out_keys(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => [[169, 254, 169, 254], [100, 100, 100, 200], [168, 63, 129, 16]]
            .contains(&address.octets()),
        IpAddr::V6(address) => address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    }
}

#[cfg(test)]
mod tests;
