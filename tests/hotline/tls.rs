//! The program speaks TLS with a certificate of its own authority. Its rule: whoever has the authority's
//! certificate comes in by the names it was made for, and nobody else.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use jiesu::time::{Clock, SystemClock};
use jiesu::tls::{Files, ends_at};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::support::program::{Program, Site};

/// A client that trusts the authority of `pem`, or nobody.
fn client(pem: Option<&Path>) -> ureq::Agent {
    let certificate = |path| Certificate::from_pem(&std::fs::read(path).unwrap()).unwrap();
    let trusted: Vec<Certificate<'static>> = pem.map(certificate).into_iter().collect();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&trusted)).build();
    ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).build().into()
}

/// The status of a request to `host`, or why there is none.
fn ask(client: &ureq::Agent, program: &Program, host: &str) -> Result<u16, String> {
    let place = format!("https://{host}:{}/api/v1/health/ready", program.address.port());
    client.get(&place).call().map(|answer| answer.status().as_u16()).map_err(|why| why.to_string())
}

fn init(site: &Site, names: &[&str]) -> String {
    let output = site.run(&[&["tls", "init"], names].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_site_makes_its_certificates_and_renews_them_without_a_restart() {
    let site = Site::new(None, &[("JIESU_TLS__ENABLED", "true"), ("JIESU_LOG__LEVEL", "warn")]);
    let refused = site.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(2), "without certificates it does not listen");
    let told = init(&site, &["localhost"]);
    assert!(told.contains("已生成本站根证书") && told.contains("指纹"), "{told}");

    let folder = site.folder().join("data/tls");
    for file in ["ca.key", "ca.pem", "site.key", "site.pem"] {
        let mode = std::fs::metadata(folder.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let authority = folder.join("ca.pem");
    let before = std::fs::read(&authority).unwrap();
    let files = Files::made_under(&site.folder().join("data"));
    let chain = files.certificates().unwrap();
    let days = ends_at(&chain[0]).unwrap().millis_since(SystemClock.now()) / 86_400_000;
    assert!((390..398).contains(&days), "{days}");

    let mut program = site.begin();
    let (friend, stranger) = (client(Some(&authority)), client(None));
    let since = Instant::now();
    while ask(&friend, &program, "localhost") != Ok(200) {
        assert!(since.elapsed() < Duration::from_mins(1), "{}", program.said());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(ask(&stranger, &program, "localhost").unwrap_err().contains("certificate"));
    assert!(ask(&friend, &program, "127.0.0.1").unwrap_err().contains("certificate"));

    let told = init(&site, &["localhost", "127.0.0.1"]);
    assert!(told.contains("沿用已有的本站根证书"), "{told}");
    assert_eq!(std::fs::read(&authority).unwrap(), before);
    // Kept connections still have the old one: somebody new comes.
    assert_eq!(ask(&client(Some(&authority)), &program, "127.0.0.1"), Ok(200));
    let unfit = site.run(&["tls", "init", "本站"]);
    assert_eq!(unfit.status.code(), Some(2));
    assert_eq!(ask(&client(Some(&authority)), &program, "127.0.0.1"), Ok(200));
    program.kill();
}

#[test]
fn an_authority_whose_key_is_kept_apart_is_not_made_anew() {
    let site = Site::new(None, &[("JIESU_LOG__LEVEL", "warn")]);
    init(&site, &["localhost"]);
    let folder = site.folder().join("data/tls");
    let (authority, key) = (folder.join("ca.pem"), folder.join("ca.key"));
    let (before, apart) = (std::fs::read(&authority).unwrap(), site.folder().join("ca.key"));
    std::fs::rename(&key, &apart).unwrap();
    let refused = site.run(&["tls", "init", "localhost"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("tls.key_away") && said.contains("data/tls/ca.key"), "{said}");
    assert_eq!((std::fs::read(&authority).unwrap(), key.exists()), (before, false));
    std::fs::rename(&apart, &key).unwrap();
    assert!(init(&site, &["localhost"]).contains("沿用已有的本站根证书"));
    // The certificate alone is made anew, by the same key: browsers that have the old one still trust it.
    std::fs::remove_file(&authority).unwrap();
    let key_before = std::fs::read(&key).unwrap();
    assert!(init(&site, &["localhost"]).contains("已生成本站根证书"));
    assert_eq!(std::fs::read(&key).unwrap(), key_before);
}
