//! Ground: the address of a PostgreSQL. Its rule: what the operator wrote stands; only what is
//! missing is added.

use super::Settings;

/// The URL with what a server that must notice an absent database needs.
pub(super) fn address(settings: &Settings) -> String {
    let mut url = settings.url.clone();
    let ca_file = settings.ca_file.as_ref().map(|file| file.to_string_lossy().into_owned());
    let mut wanted = vec![
        ("connect_timeout", "2"),
        ("tcp_user_timeout", "2000"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "1"),
        ("keepalives_count", "3"),
        ("application_name", "jiesu"),
    ];
    if let Some(file) = &ca_file {
        wanted.push(("sslmode", "verify-full"));
        wanted.push(("sslrootcert", file));
    }
    if has_several_hosts(&url) {
        wanted.push(("target_session_attrs", "read-write"));
    }
    for (name, value) in wanted {
        add(&mut url, name, value);
    }
    url
}

fn has_several_hosts(url: &str) -> bool {
    let place = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = place.split(['/', '?']).next().unwrap_or_default();
    let hosts = place.rsplit_once('@').map_or(place, |(_, hosts)| hosts);
    hosts.contains(',')
}

fn add(url: &mut String, name: &str, value: &str) {
    let query = url.split_once('?').map(|(_, query)| query);
    let there = query
        .is_some_and(|query| query.split('&').any(|pair| pair.split('=').next() == Some(name)));
    if there {
        return;
    }
    url.push(match query {
        None => '?',
        Some(_) => '&',
    });
    url.push_str(name);
    url.push('=');
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operator_wrote_stands() {
        let made = address(&Settings::new("postgres://u:p@db/j?connect_timeout=9"));
        assert!(made.starts_with("postgres://u:p@db/j?connect_timeout=9&tcp_user_timeout=2000&"));
        assert!(!made.contains("connect_timeout=2&"));
        assert!(!made.contains("sslmode"));
    }

    #[test]
    fn a_named_authority_means_a_checked_certificate() {
        let mut settings = Settings::new("postgres://db/j");
        settings.ca_file = Some("/etc/我 ca.pem".into());
        let made = address(&settings);
        assert!(made.contains("sslmode=verify-full&sslrootcert=/etc/%E6%88%91%20ca.pem"));
    }

    #[test]
    fn of_several_hosts_the_one_that_takes_writes_is_meant() {
        assert!(address(&Settings::new("postgres://u@a:1,b:2/j")).contains("read-write"));
        assert!(!address(&Settings::new("postgres://u,v@a:1/j")).contains("read-write"));
    }
}
