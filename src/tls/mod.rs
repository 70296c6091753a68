//! TLS: the site's certificate, its own authority's or one that was given. Its rule: a private key is
//! readable by its owner only, and a renewed certificate is taken up without a restart.

mod authority;
mod expiry;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};

pub use authority::{Issued, init};
pub use expiry::ends_at;

use crate::config::Config;
use crate::error::{Error, Kind, Result};

/// The files of a certificate with those above it, and of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Files {
    /// The files to serve with; nothing where TLS is off.
    pub fn of(config: &Config) -> Option<Self> {
        match config.tls_files() {
            Some((cert, key)) => Some(Self { cert: cert.to_owned(), key: key.to_owned() }),
            None => config.tls.enabled.then(|| Self::made_under(&config.data_dir)),
        }
    }

    /// Those that `jiesu tls init` makes.
    pub fn made_under(data_dir: &Path) -> Self {
        let folder = folder_of(data_dir);
        Self { cert: folder.join("site.pem"), key: folder.join("site.key") }
    }

    fn changed_at(&self) -> Option<(SystemTime, SystemTime)> {
        let at = |path: &Path| fs::metadata(path).and_then(|there| there.modified()).ok();
        at(&self.cert).zip(at(&self.key))
    }

    /// The certificates, the site's own first.
    ///
    /// # Errors
    /// `tls.file` where they cannot be read.
    pub fn certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let bad = |error| cannot(&self.cert, error);
        let found = CertificateDer::pem_file_iter(&self.cert).map_err(bad)?;
        found.collect::<Result<Vec<_>, _>>().map_err(bad)
    }

    fn load(&self, provider: &CryptoProvider) -> Result<CertifiedKey> {
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|why| cannot(&self.key, why))?;
        let key = provider.key_provider.load_private_key(key);
        let key = key.map_err(|why| cannot(&self.key, why))?;
        let whole = CertifiedKey::new(self.certificates()?, key);
        whole.keys_match().map_err(|why| cannot(&self.cert, why))?;
        Ok(whole)
    }
}

/// Where certificates and keys that we make lie.
fn folder_of(data_dir: &Path) -> PathBuf {
    data_dir.join("tls")
}

fn cannot(path: &Path, why: impl std::fmt::Display) -> Error {
    let (file, reason) = (path.display().to_string(), why.to_string());
    let values = [("file", file.as_str()), ("reason", reason.as_str())];
    Error::with(Kind::Invalid, "tls.file", &values)
}

/// How a server speaks TLS (1.2 or later); nothing where it is off.
///
/// # Errors
/// `tls.file` where a file cannot be read or the key is not the certificate's.
pub fn server(config: &Config) -> Result<Option<ServerConfig>> {
    let Some(files) = Files::of(config) else { return Ok(None) };
    let provider = Arc::new(ring::default_provider());
    let latest = Latest {
        current: Mutex::new((files.changed_at(), Arc::new(files.load(&provider)?))),
        files,
        provider: provider.clone(),
    };
    let built =
        ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13, &TLS12]);
    let built = built.map_err(Error::internal)?.with_no_client_auth();
    Ok(Some(built.with_cert_resolver(Arc::new(latest))))
}

/// A certificate, and when its two files were last changed as it was read.
type Held = (Option<(SystemTime, SystemTime)>, Arc<CertifiedKey>);

/// The certificate as it lies on the disk: looked at again with each connection.
#[derive(Debug)]
struct Latest {
    files: Files,
    provider: Arc<CryptoProvider>,
    current: Mutex<Held>,
}

impl ResolvesServerCert for Latest {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let changed_at = self.files.changed_at();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if changed_at.is_some() && current.0 != changed_at {
            match self.files.load(&self.provider) {
                Ok(fresh) => *current = (changed_at, Arc::new(fresh)),
                // Half renewed, perhaps: the one in use serves on.
                Err(error) => tracing::warn!(%error, "the new certificate cannot be used"),
            }
        }
        Some(Arc::clone(&current.1))
    }
}

/// Writes a file by way of another name, on the disk before it has its own.
fn write(path: &Path, text: &str) -> Result<()> {
    let draft = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&draft)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, path));
    written.map_err(|why| cannot(path, why))?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|there| there.sync_all()).map_err(|why| cannot(folder, why))?;
    }
    Ok(())
}
