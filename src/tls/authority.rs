//! TLS: a local certificate authority for a site without one. Its rule: the authority is made once and kept,
//! since people have it in their browsers; the site's certificate is made anew each time.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

use super::{Files, cannot, ends_at, folder_of, write};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::time::Stamp;

/// Days a certificate of the site is good for: browsers take none of more than 398.
const DAYS: i64 = 396;
/// Years the authority is good for.
const YEARS: i32 = 10;

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The authority's certificate, to be handed out.
    pub authority: PathBuf,
    /// Whether it was made just now.
    pub is_new: bool,
    /// Its SHA-256, as people compare it.
    pub fingerprint: String,
    pub files: Files,
    pub names: Vec<String>,
    pub ends_at: Stamp,
}

/// Makes a certificate for `names` (host names and addresses; those of the configuration where none is
/// given), and an authority where there is none yet.
///
/// # Errors
/// `tls.key_away` where the authority is there without its key; `tls.name` where one is none; `tls.file` where a file cannot be read or written.
pub fn init(config: &Config, names: &[String], now: Stamp) -> Result<Issued> {
    let folder = folder_of(&config.data_dir);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|why| cannot(&folder, why))?;
    let (certificate, key_file) = (folder.join("ca.pem"), folder.join("ca.key"));
    let is_new = !certificate.exists();
    let key = match (is_new, key_file.exists()) {
        // Kept apart, perhaps. Another authority would be strange to every browser that has this one.
        (false, false) => return Err(key_away(&certificate, &key_file)),
        // Broken off before the certificate was written, or only that was lost.
        (_, true) => {
            let key = fs::read_to_string(&key_file).map_err(|why| cannot(&key_file, why))?;
            KeyPair::from_pem(&key).map_err(|why| cannot(&key_file, why))?
        }
        (true, false) => {
            let key = KeyPair::generate().map_err(Error::internal)?;
            write(&key_file, &key.serialize_pem())?;
            key
        }
    };
    if is_new {
        let made = authority(&key, now)?.self_signed(&key).map_err(Error::internal)?;
        write(&certificate, &made.pem())?;
    }
    let der =
        CertificateDer::from_pem_file(&certificate).map_err(|why| cannot(&certificate, why))?;
    let over = ends_at(&der).ok_or_else(|| cannot(&certificate, "?"))?;
    let names = if names.is_empty() { usual(config) } else { names.to_vec() };
    let (last, own) = site(&names, now, over)?;
    let site_key = KeyPair::generate().map_err(Error::internal)?;
    let issuer = Issuer::new(authority(&key, now)?, key);
    let made = own.signed_by(&site_key, &issuer).map_err(Error::internal)?;
    let pem = fs::read_to_string(&certificate).map_err(|why| cannot(&certificate, why))?;
    let files = Files::made_under(&config.data_dir);
    write(&files.key, &site_key.serialize_pem())?;
    write(&files.cert, &format!("{}{pem}", made.pem()))?;
    let fingerprint = fingerprint(&der);
    Ok(Issued { authority: certificate, is_new, fingerprint, files, names, ends_at: last })
}

fn key_away(certificate: &Path, key: &Path) -> Error {
    let (file, key) = (certificate.display().to_string(), key.display().to_string());
    let values = [("file", file.as_str()), ("key", key.as_str())];
    Error::with(Kind::Invalid, "tls.key_away", &values)
}

/// The names of the configuration, or this machine as it calls itself.
fn usual(config: &Config) -> Vec<String> {
    if !config.tls.names.is_empty() {
        return config.tls.names.clone();
    }
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let listen: SocketAddr = config.listen;
    if !listen.ip().is_unspecified() && !listen.ip().is_loopback() {
        names.push(listen.ip().to_string());
    }
    names
}

/// The authority of `key`: its name follows from the key, so that two sites' are told apart.
fn authority(key: &KeyPair, now: Stamp) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::<String>::new()).map_err(Error::internal)?;
    let id: String = fingerprint(key.der_bytes()).chars().filter(|c| *c != ':').take(8).collect();
    params.distinguished_name = called(&format!("jiesu {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let (year, month, day) = day(now.utc() - TimeDelta::days(1));
    params.not_before = date_time_ymd(year, month, day);
    // The first of the month, so that no leap day is in the way.
    params.not_after = date_time_ymd(year + YEARS, month, 1);
    Ok(params)
}

/// The site's own certificate for `names`, and when it ends: not after its authority.
fn site(names: &[String], now: Stamp, over: Stamp) -> Result<(Stamp, CertificateParams)> {
    let unfit = |_| {
        let names = names.join(" ");
        Error::with(Kind::Invalid, "tls.name", &[("names", names.as_str())])
    };
    let mut params = CertificateParams::new(names.to_vec()).map_err(unfit)?;
    let first = names.first().map_or("jiesu", String::as_str);
    params.distinguished_name = called(first);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let last = (now.utc() + TimeDelta::days(DAYS)).min(over.utc());
    let ((year, month, from), (last_year, last_month, to)) =
        (day(now.utc() - TimeDelta::days(1)), day(last));
    params.not_before = date_time_ymd(year, month, from);
    params.not_after = date_time_ymd(last_year, last_month, to);
    let midnight = last.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    Ok((Stamp::from_millis(midnight.timestamp_millis()), params))
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// The day of `at`, from its midnight in UTC.
fn day(at: DateTime<Utc>) -> (i32, u8, u8) {
    let small = |number: u32| u8::try_from(number).unwrap_or(1);
    (at.year(), small(at.month()), small(at.day()))
}

fn fingerprint(bytes: &[u8]) -> String {
    let pairs: Vec<String> =
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
