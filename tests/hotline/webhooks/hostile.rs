//! A thousand addresses that must not be called. Its rule: each is one that some program somewhere would
//! have taken for something inside, or for something else than it seems.

/// Hosts of this machine, of inner networks and of a cloud's keys, in many spellings.
const INSIDE: [&str; 44] = [
    "localhost",
    "LOCALHOST",
    "a.localhost",
    "localhost.",
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.255",
    "0127.0.0.1",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "127.0.0.1.",
    "0.0.0.0",
    "0",
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "172.31.9.9",
    "192.168.0.1",
    "192.168.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "100.100.100.200",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
];

/// What makes of a good host one that is read differently, or of a good scheme another.
const TWISTED: [&str; 36] = [
    "https://{host}@example.com/",
    "https://example.com@{host}/",
    "https://u:p@example.com/",
    "https://example.com\\@{host}/",
    "https://example.com#@{host}/",
    "https://example.com/#x",
    "https://example.com%2f@{host}/",
    "https://example.com:443@{host}/",
    "https://example.com /",
    "https:// example.com/",
    "https://example.com\t/",
    "https://exam\nple.com/",
    "https://example.com/\r\nHost: x",
    "https://例子.cn/",
    "https://ⓔxample.com/",
    "https://example。com/",
    "https://example．com/",
    "https://exаmple.com/",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://example.com:/",
    "https://example..com/",
    "https://.example.com/",
    "https://-example.com/",
    "https://example.com./",
    "https:///example.com/",
    "https:example.com",
    "//example.com/",
    "example.com",
    "gopher://{host}/",
    "file:///etc/passwd",
    "ftp://{host}/",
    "dict://{host}:11211/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "jar:https://{host}!/",
];

/// At least a thousand of them.
pub fn addresses() -> Vec<String> {
    let mut found = Vec::new();
    for host in INSIDE {
        for scheme in ["http", "https", "HTTPS", "gopher", "ftp", "ws"] {
            for tail in ["", "/", ":80/", ":8080/latest/meta-data?x=1"] {
                found.push(format!("{scheme}://{host}{tail}"));
            }
        }
    }
    for twisted in TWISTED {
        for host in ["127.0.0.1", "169.254.169.254", "[::1]"] {
            found.push(twisted.replace("{host}", host));
        }
    }
    // Plain http to what is public is refused too, where it is not listed.
    found.extend((1..=20).map(|n| format!("http://{n}.2.3.4/")).filter(|it| !it.contains("//10.")));
    found.sort();
    found.dedup();
    found
}
