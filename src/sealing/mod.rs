//! Ground: personal data at rest. Its rule: nothing personal is stored in clear; every sealed
//! value says which cipher and which key made it, and is bound to the place where it lies.
//!
//! A sealed value is `cipher id (1) ‖ key id (4, big-endian) ‖ nonce (24) ‖ ciphertext ‖ tag (16)`.
//! The first five bytes are authenticated with the caller's place. Cipher 1 is XChaCha20-Poly1305
//! (random nonces are safe with 192 bits); 2 is kept for SM4. Key id 0 is a record's own key.

pub mod keys;
pub mod mask;
pub mod number;
#[cfg(test)]
mod tests;

use chacha20poly1305::aead::Payload;
use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::aead::{Aead, AeadInOut};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::{CryptoRng, Rng};

pub use keys::{KeyFolder, MasterKey, Purpose};
pub use mask::{beginning, mask_address, mask_email, mask_name, mask_phone, mask_text};
pub use number::{normalise_phone, numbers, phone_tail};

use crate::error::{Error, Result};

const CIPHER_XCHACHA20_POLY1305: u8 = 1;
const HEAD: usize = 5;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Bytes that sealing adds to a value.
pub const OVERHEAD: usize = HEAD + NONCE + TAG;
/// The key id of a record's own key.
const OWN: u32 = 0;

/// Why a sealed value cannot be opened: always our fault or a tampered row, so 500 with its cause
/// in the log (which never holds the value).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the sealed value is too short")]
    Short,
    #[error("the sealed value was made by cipher {0}, which this version does not know")]
    Cipher(u8),
    #[error("the sealed value was made with key {0}, which is not in the keys folder")]
    Key(u32),
    #[error("the sealed value was changed, moved to another place, or made with another key")]
    Tampered,
    #[error("the value could not be sealed")]
    Sealing,
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        Self::internal(broken)
    }
}

/// The machine's secure randomness, for keys and secrets.
pub fn entropy() -> impl CryptoRng {
    rand::rng()
}

/// Six digits that a citizen is told, each of the million as likely as the next.
pub fn six_digits(rng: &mut impl CryptoRng) -> String {
    use rand::RngExt;
    format!("{:06}", rng.random_range(0..1_000_000_u32))
}

/// Four digits that stand in for those of a telephone, each of the ten thousand as likely.
pub fn four_digits(rng: &mut impl CryptoRng) -> String {
    use rand::RngExt;
    format!("{:04}", rng.random_range(0..10_000_u32))
}

/// Bytes as lower-case hexadecimal digits, two a byte.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The place a value is bound to: table, column and row. No two places give the same bytes.
pub fn place(table: &str, column: &str, row: i64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(table.len() + column.len() + 10);
    bytes.extend_from_slice(table.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(column.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&row.to_be_bytes());
    bytes
}

/// The place of an answer that is kept for a repeated request, under this key.
pub fn place_of_answer(key: &str) -> Vec<u8> {
    format!("idempotency.answer.{key}").into_bytes()
}

/// One record's data key (a ticket's, an attachment's): 256 random bits. Losing it, which is what
/// erasure does, makes everything sealed with it unreadable while ciphertexts and the hashes over
/// them stay (domain.md §11).
#[derive(Clone)]
pub struct RecordKey([u8; 32]);

impl std::fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordKey(…)")
    }
}

impl RecordKey {
    /// A new key from `rng` (use [`entropy`] outside tests).
    pub fn fresh(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The key sealed under the master key, to lie beside its record.
    pub fn wrap(&self, master: &MasterKey, aad: &[u8]) -> Result<Vec<u8>> {
        master.seal(&self.0, aad)
    }

    /// The key out of its wrapping.
    ///
    /// # Errors
    /// `internal` where the wrapping was changed, moved, or its master key is missing.
    pub fn unwrap(master: &MasterKey, wrapped: &[u8], aad: &[u8]) -> Result<Self> {
        let bytes = master.open(wrapped, aad)?;
        Ok(Self(bytes.try_into().map_err(|_| Broken::Short)?))
    }

    /// Seals `plain`, bound to `aad` (see [`place`]).
    pub fn seal(&self, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
        seal_with(&self.0, OWN, plain, aad)
    }

    /// Opens what [`Self::seal`] made for the same `aad`.
    ///
    /// # Errors
    /// `internal` where it was changed, moved, or made with another key.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
        match key_id(sealed)? {
            OWN => open_with(&self.0, sealed, aad),
            other => Err(Broken::Key(other).into()),
        }
    }
}

/// Which key made `sealed`.
fn key_id(sealed: &[u8]) -> Result<u32> {
    let Some((head, rest)) = sealed.split_first_chunk::<HEAD>() else {
        return Err(Broken::Short.into());
    };
    if rest.len() < NONCE + TAG {
        return Err(Broken::Short.into());
    }
    let [cipher, id @ ..] = *head;
    if cipher != CIPHER_XCHACHA20_POLY1305 {
        return Err(Broken::Cipher(cipher).into());
    }
    Ok(u32::from_be_bytes(id))
}

fn seal_with(key: &[u8; 32], id: u32, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
    let mut sealed = Vec::with_capacity(OVERHEAD + plain.len());
    sealed.push(CIPHER_XCHACHA20_POLY1305);
    sealed.extend_from_slice(&id.to_be_bytes());
    let bound = [sealed.as_slice(), aad].concat();
    let mut nonce = [0; NONCE];
    rand::rng().fill_bytes(&mut nonce);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let cipher = XChaCha20Poly1305::new(key.into());
    let text = InOutBuf::from(&mut sealed[HEAD + NONCE..]);
    let tag = cipher
        .encrypt_inout_detached(&XNonce::from(nonce), &bound, text)
        .map_err(|_| Broken::Sealing)?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

fn open_with(key: &[u8; 32], sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
    let (head, rest) = sealed.split_at_checked(HEAD).ok_or(Broken::Short)?;
    let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or(Broken::Short)?;
    let bound = [head, aad].concat();
    let cipher = XChaCha20Poly1305::new(key.into());
    let payload = Payload { msg: text, aad: &bound };
    Ok(cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Broken::Tampered)?)
}
