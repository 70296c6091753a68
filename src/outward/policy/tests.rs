//! Outward, policy: every address that is not of the public internet is refused until it is listed.

use super::*;

fn policy(entries: &[&str]) -> Policy {
    Policy::read(&entries.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
}

fn by_name(policy: &Policy, scheme: Scheme, name: &str, address: &str) -> Result<(), Failure> {
    policy.admit(scheme, &Host::Name(name.to_owned()), address.parse().unwrap())
}

const PRIVATE: [&str; 30] = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "203.0.113.9",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

#[test]
fn by_default_the_public_internet_over_https_and_nothing_else() {
    let policy = policy(&["public"]);
    for address in PRIVATE {
        let found = by_name(&policy, Scheme::Https, "a.cn", address);
        assert_eq!(found, Err(Failure::Address), "{address}");
    }
    for address in ["1.2.3.4", "223.5.5.5", "172.32.0.1", "::ffff:8.8.8.8", "2400:3200::1"] {
        assert_eq!(by_name(&policy, Scheme::Https, "a.cn", address), Ok(()), "{address}");
        let plain = by_name(&policy, Scheme::Http, "a.cn", address);
        assert_eq!(plain, Err(Failure::Plain), "{address}");
    }
}

#[test]
fn without_public_only_what_is_listed() {
    let policy = policy(&["10.1.0.0/16", "fd12::/32", "192.168.7.7"]);
    for (address, expected) in [
        ("10.1.255.255", Ok(())),
        ("::ffff:10.1.0.1", Ok(())),
        ("192.168.7.7", Ok(())),
        ("fd12::9", Ok(())),
        ("10.2.0.1", Err(Failure::Address)),
        ("192.168.7.8", Err(Failure::Address)),
        ("1.2.3.4", Err(Failure::Address)),
    ] {
        assert_eq!(by_name(&policy, Scheme::Http, "a.cn", address), expected, "{address}");
    }
}

#[test]
fn a_listed_name_opens_the_own_net_but_never_this_machine_or_a_clouds_keys() {
    let policy = policy(&["hooks.city.gov.cn", "*.bureau.cn"]);
    for (name, address, expected) in [
        ("hooks.city.gov.cn", "10.9.9.9", Ok(())),
        ("hooks.city.gov.cn", "1.2.3.4", Ok(())),
        ("a.bureau.cn", "192.168.0.9", Ok(())),
        ("bureau.cn", "192.168.0.9", Err(Failure::Address)),
        ("evilbureau.cn", "192.168.0.9", Err(Failure::Address)),
        ("hooks.city.gov.cn", "127.0.0.1", Err(Failure::Address)),
        ("hooks.city.gov.cn", "169.254.169.254", Err(Failure::Address)),
        ("hooks.city.gov.cn", "100.100.100.200", Err(Failure::Address)),
        ("hooks.city.gov.cn", "fd00:ec2::254", Err(Failure::Address)),
        ("hooks.city.gov.cn", "::ffff:127.0.0.1", Err(Failure::Address)),
        ("elsewhere.cn", "10.9.9.9", Err(Failure::Address)),
    ] {
        assert_eq!(by_name(&policy, Scheme::Http, name, address), expected, "{name} {address}");
    }
}

#[test]
fn a_clouds_keys_are_opened_by_their_own_address_only() {
    let wide = policy(&["0.0.0.0/0", "::/0"]);
    let exact = policy(&["169.254.169.254"]);
    for keys in ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::ffff:169.254.169.254"] {
        let found = by_name(&wide, Scheme::Http, "a.cn", keys);
        assert_eq!(found, Err(Failure::Address), "{keys}");
    }
    assert_eq!(by_name(&exact, Scheme::Http, "a.cn", "169.254.169.254"), Ok(()));
}

#[test]
fn an_entry_that_is_none_is_named() {
    for entry in ["10.0.0.0/33", "10.1", "https://a.cn", "a.cn:443", "a.cn/x", "", "*", "u@a.cn"] {
        assert_eq!(Policy::read(&[entry.to_owned()]), Err(entry.to_owned()));
    }
}

#[test]
fn what_is_wrong_by_itself_is_said_before_a_name_is_looked_up() {
    let check = |entries: &[&str], url: &str| policy(entries).check(&Url::parse(url).unwrap());
    assert_eq!(check(&["public"], "https://a.cn/"), Ok(()));
    assert_eq!(check(&["public"], "http://a.cn/"), Err(Failure::Plain));
    assert_eq!(check(&["public"], "https://localhost/"), Err(Failure::Address));
    assert_eq!(check(&["public"], "https://[::ffff:127.0.0.1]/"), Err(Failure::Address));
    assert_eq!(check(&["hooks.cn"], "https://a.cn/"), Err(Failure::Address));
    assert_eq!(check(&["hooks.cn"], "http://hooks.cn/"), Ok(()));
    assert_eq!(check(&["10.0.0.0/8"], "http://a.cn/"), Ok(()), "its address will tell");
    assert_eq!(check(&["127.0.0.0/8"], "http://127.0.0.1:8080/"), Ok(()));
}
