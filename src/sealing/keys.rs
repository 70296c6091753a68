//! Ground: the keys of a site, one file each under `keys/` in the data directory. Its rule: a key
//! is written once, to disk before use, readable by its owner only; rotation adds a key and
//! removes none. Several nodes share copies of the same folder.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::Sha256;

use super::{Broken, key_id, normalise_phone, open_with, seal_with};
use crate::error::{Error, Result};

/// What a key is for; never one key for two things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Wraps record keys; rotates.
    Master,
    /// Keys the blind index of telephone numbers; does not rotate (every hash would change).
    Index,
    /// Keys the seals over the event chains; does not rotate.
    Chain,
    /// Signs access tokens; rotates.
    Token,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Index => "index",
            Self::Chain => "chain",
            Self::Token => "token",
        }
    }
}

/// Keys of one purpose by their id (from 1); the highest one is in use.
pub type Ring = BTreeMap<u32, [u8; 32]>;

/// The folder with the key files `PURPOSE-ID.key`: 32 bytes as base64url on one line.
#[derive(Debug, Clone)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// The folder `keys` under `data_dir`, made (0700) where it is absent.
    pub fn under(data_dir: &Path) -> Result<Self> {
        let folder = data_dir.join("keys");
        if !folder.is_dir() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(&folder).map_err(Error::internal)?;
            sync_folder(data_dir)?;
        }
        Ok(Self(folder))
    }

    /// A folder of key files wherever it lies; nothing is made.
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The key files that are there, by name.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(Error::internal)? {
            let path = entry.map_err(Error::internal)?.path();
            if path.extension().is_some_and(|end| end == "key") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Whether a key of `purpose` is there. A site that has sealed rows but no master key must
    /// not start with a fresh one: ask this first.
    pub fn has(&self, purpose: Purpose) -> Result<bool> {
        Ok(!self.load(purpose)?.is_empty())
    }

    /// The ring of `purpose`, with a first key from `rng` where there is none.
    pub fn open_or_create(&self, purpose: Purpose, rng: &mut impl CryptoRng) -> Result<Ring> {
        let ring = self.load(purpose)?;
        if !ring.is_empty() {
            return Ok(ring);
        }
        self.add(purpose, 1, rng)?;
        self.load(purpose)
    }

    /// Adds the next key of `purpose`, which is used from the next start on; answers its id.
    pub fn rotate(&self, purpose: Purpose, rng: &mut impl CryptoRng) -> Result<u32> {
        let next = self.load(purpose)?.last_key_value().map_or(1, |(id, _)| id.saturating_add(1));
        self.add(purpose, next, rng)?;
        Ok(next)
    }

    /// Every key of `purpose` on disk.
    pub fn load(&self, purpose: Purpose) -> Result<Ring> {
        let mut ring = Ring::new();
        for entry in fs::read_dir(&self.0).map_err(Error::internal)? {
            let path = entry.map_err(Error::internal)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let id = name
                .strip_suffix(".key")
                .and_then(|stem| stem.strip_prefix(purpose.word())?.strip_prefix('-'))
                .and_then(|id| id.parse::<u32>().ok());
            if let Some(id) = id.filter(|id| *id > 0) {
                ring.insert(id, read_key(&path)?);
            }
        }
        Ok(ring)
    }

    /// Writes a key beside its final name, syncs it, then links it there: another process sees
    /// the whole key or none, and where two try at once the first one's key stands.
    fn add(&self, purpose: Purpose, id: u32, rng: &mut impl CryptoRng) -> Result<()> {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        let path = self.0.join(format!("{}-{id:04}.key", purpose.word()));
        let draft = self.0.join(format!(".{}-{id:04}.{:016x}", purpose.word(), rng.next_u64()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft).map_err(Error::internal)?;
        let line = format!("{}\n", URL_SAFE_NO_PAD.encode(key));
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        let linked = written.and_then(|()| fs::hard_link(&draft, &path));
        fs::remove_file(&draft).map_err(Error::internal)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Error::internal(error)),
            _ => sync_folder(&self.0),
        }
    }
}

/// Makes a new entry of `folder` survive a power cut.
fn sync_folder(folder: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(folder).and_then(|handle| handle.sync_all()).map_err(Error::internal)?;
    Ok(())
}

fn read_key(path: &Path) -> Result<[u8; 32]> {
    let mut file = File::open(path).map_err(Error::internal)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(Error::internal)?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(path = %path.display(), "a key file is open to others: chmod 600");
        }
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(Error::internal)?;
    let bytes = URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| bad_file(path))?;
    bytes.try_into().map_err(|_| bad_file(path))
}

fn bad_file(path: &Path) -> Error {
    Error::internal(format!("{} is not a key file of 32 bytes in base64url", path.display()))
}

/// The site's master keys with the two keys that stay for ever.
#[derive(Clone)]
pub struct MasterKey {
    ring: Ring,
    index: Keyed,
    chain: Keyed,
}

/// A keyed hash that its key was put into already.
type Keyed = Hmac<Sha256>;

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MasterKey").field("ids", &self.ring.keys()).finish_non_exhaustive()
    }
}

impl MasterKey {
    /// The keys under `data_dir`, made at the first start.
    ///
    /// # Errors
    /// `internal` where the folder cannot be written or a file in it is no key.
    pub fn open_or_create(data_dir: &Path, rng: &mut impl CryptoRng) -> Result<Self> {
        let folder = KeyFolder::under(data_dir)?;
        let first = |ring: Ring| ring.values().next().map(keyed).ok_or(Broken::Key(1));
        Ok(Self {
            ring: folder.open_or_create(Purpose::Master, rng)?,
            index: first(folder.open_or_create(Purpose::Index, rng)?)?,
            chain: first(folder.open_or_create(Purpose::Chain, rng)?)?,
        })
    }

    /// The keys that lie in `folder`, none of them made; nothing where there is no such folder or one
    /// of the three purposes has no key in it.
    ///
    /// # Errors
    /// `internal` where a file in it is no key.
    pub fn open_only(folder: &KeyFolder) -> Result<Option<Self>> {
        if !folder.0.is_dir() {
            return Ok(None);
        }
        let ring = folder.load(Purpose::Master)?;
        let first = |ring: Ring| ring.values().next().map(keyed);
        let (index, chain) = (folder.load(Purpose::Index)?, folder.load(Purpose::Chain)?);
        let stay = first(index).zip(first(chain)).filter(|_| !ring.is_empty());
        Ok(stay.map(|(index, chain)| Self { ring, index, chain }))
    }

    /// Keys that live in memory only, for tests and trials.
    pub fn fleeting(rng: &mut impl CryptoRng) -> Self {
        let mut key = || {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        Self { ring: Ring::from([(1, key())]), index: keyed(&key()), chain: keyed(&key()) }
    }

    /// The id of the key that seals now.
    pub fn current(&self) -> u32 {
        self.ring.last_key_value().map_or(0, |(id, _)| *id)
    }

    /// Whether `sealed` was made with an older key and should be sealed again.
    pub fn is_outdated(&self, sealed: &[u8]) -> bool {
        key_id(sealed).is_ok_and(|id| id != self.current())
    }

    /// Seals `plain` under the current key, bound to `aad` (see [`super::place`]).
    pub fn seal(&self, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
        let (id, key) = self.ring.last_key_value().ok_or(Broken::Sealing)?;
        seal_with(key, *id, plain, aad)
    }

    /// Opens what any of the ring's keys sealed for the same `aad`.
    ///
    /// # Errors
    /// `internal` where it was changed, moved, or its key is not in the folder.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
        let id = key_id(sealed)?;
        open_with(self.ring.get(&id).ok_or(Broken::Key(id))?, sealed, aad)
    }

    /// The blind index of a telephone number: HMAC-SHA-256 of its normal form, base64url (43
    /// characters). Equal numbers give equal hashes however they were typed.
    pub fn phone_hash(&self, phone: &str) -> String {
        let normal = normalise_phone(phone).unwrap_or_else(|| phone.trim().to_owned());
        URL_SAFE_NO_PAD.encode(mac_of(&self.index, "phone", normal.as_bytes()))
    }

    /// A keyed fingerprint of whoever is accused in words that may name a person, base64url.
    pub fn party_hash(&self, party: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac_of(&self.index, "party", party.as_bytes()))
    }

    /// A keyed fingerprint of a content, to know it again without keeping it.
    pub fn content_hash(&self, bytes: &[u8]) -> [u8; 32] {
        mac_of(&self.index, "content", bytes)
    }

    /// The keyed seal over a chain's head or a Merkle root.
    pub fn chain_seal(&self, bytes: &[u8]) -> [u8; 32] {
        mac_of(&self.chain, "chain", bytes)
    }

    /// The keyed proof that a link was written by this house.
    pub fn link_proof(&self, bytes: &[u8]) -> [u8; 32] {
        mac_of(&self.index, "link", bytes)
    }

    /// A keyed number for a draw of lots: whoever has not the key can neither foresee nor choose it.
    pub fn lot(&self, bytes: &[u8]) -> [u8; 32] {
        mac_of(&self.index, "lot", bytes)
    }

    /// A name for this set of keys that tells nothing about them, to notice a wrong `keys` folder
    /// before anything is written.
    pub fn fingerprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(&mac_of(&self.index, "fingerprint", b"jiesu")[..12])
    }
}

fn keyed(key: &[u8; 32]) -> Keyed {
    // HMAC fills a short key with zeros up to its block of 64 bytes; done here, nothing can fail.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    <Keyed as KeyInit>::new(&block.into())
}

/// HMAC-SHA-256 with the use named first, so that one use's values never serve another's.
fn mac_of(key: &Keyed, purpose: &str, bytes: &[u8]) -> [u8; 32] {
    let mut mac = key.clone();
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}
