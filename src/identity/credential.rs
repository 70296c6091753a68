//! Identity: secrets and how they are proven: passwords (argon2id), opaque tokens, one-time codes.
//! Its rule: the room's randomness is made here, and no secret is ever compared byte by byte.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::{Rng, RngExt};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use totp_rs::Totp;

use crate::error::{Error, Result};
use crate::sealing::entropy;
use crate::time::Stamp;

/// `password` as argon2id in PHC form (19 MiB, two passes), with a fresh salt. Slow on purpose:
/// never inside a write.
pub fn hash_password(password: &str) -> Result<String> {
    let mut salt = [0; 16];
    entropy().fill_bytes(&mut salt);
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash.map_err(Error::internal)?.to_string())
}

/// A hash that no password has: what unknown names are checked against.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_password(&secret()).ok());

/// Whether `password` is the one of `phc`. Without a hash the same work is done and the answer is
/// no, so that nobody learns from the time it takes which names exist.
pub fn is_password(password: &str, phc: Option<&str>) -> bool {
    let nobody = NOBODY.as_deref();
    let known = phc.filter(|phc| !phc.is_empty());
    let Some(against) = known.or(nobody) else {
        return false;
    };
    let proven = Argon2::default().verify_password(password.as_bytes(), against).is_ok();
    proven && known.is_some()
}

/// Letters and digits that nobody mistakes for one another.
const CLEAR: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A password told to somebody once: four groups of four, 79 bits.
pub fn one_time_password() -> String {
    let mut rng = entropy();
    let mut group = || -> String {
        (0..4).map(|_| char::from(CLEAR[rng.random_range(0..CLEAR.len())])).collect()
    };
    [group(), group(), group(), group()].join("-")
}

/// 256 random bits, base64url: refresh tokens and the secret part of API keys.
pub fn secret() -> String {
    let mut bytes = [0; 32];
    entropy().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a random secret: SHA-256, base64url (it needs no slow hash).
pub fn digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
}

/// Whether `secret` is the one of `stored`, in constant time.
pub fn is_secret(secret: &str, stored: &str) -> bool {
    digest(secret).as_bytes().ct_eq(stored.as_bytes()).into()
}

/// A new TOTP secret: 160 bits, as RFC 4226 recommends.
pub fn totp_secret() -> [u8; 20] {
    let mut bytes = [0; 20];
    entropy().fill_bytes(&mut bytes);
    bytes
}

/// The time step for which `code` is right at `now` (RFC 6238: SHA-1, six digits, 30 s, one step
/// either way).
pub fn totp_step(secret: &[u8], code: &str, now: Stamp) -> Option<i64> {
    let step = totp(secret)?.check(code.trim(), seconds(now))?;
    i64::try_from(step).ok()
}

/// The code of `secret` at `now`, for tests and for a site's own authenticator.
pub fn totp_code(secret: &[u8], now: Stamp) -> Option<String> {
    Some(totp(secret)?.generate(seconds(now)).to_string())
}

fn totp(secret: &[u8]) -> Option<Totp> {
    let secret: [u8; 20] = secret.try_into().ok()?;
    totp_rs::Builder::new().with_secret(secret).build().ok()
}

fn seconds(now: Stamp) -> u64 {
    u64::try_from(now.millis() / 1_000).unwrap_or(0)
}

/// `bytes` in base 32 (RFC 4648, without padding), as authenticators want to be told a secret.
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(LETTERS[((buffer >> bits) & 31) as usize]));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(char::from(LETTERS[((buffer << (5 - bits)) & 31) as usize]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let phc = hash_password("correct horse battery").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_password("correct horse battery", Some(&phc)));
        assert!(!is_password("correct horse", Some(&phc)));
        assert!(!is_password("", None) && !is_password("", Some("")));
        assert!(!is_password("anything", Some("not a hash")));
    }

    #[test]
    fn one_time_passwords_are_long_and_differ() {
        let (one, other) = (one_time_password(), one_time_password());
        assert!(one.len() == 19 && one != other);
    }

    #[test]
    fn a_secret_is_known_by_its_digest() {
        let told = secret();
        assert_eq!(told.len(), 43);
        assert!(is_secret(&told, &digest(&told)) && !is_secret("other", &digest(&told)));
    }

    #[test]
    fn a_code_holds_for_its_step_and_its_neighbours() {
        // RFC 6238, appendix B: at 59 s the code is 94287082, of which six digits are shown.
        let secret = b"12345678901234567890";
        let at = |s: i64| Stamp::from_millis(s * 1_000);
        assert_eq!(totp_code(secret, at(59)).as_deref(), Some("287082"));
        assert_eq!(totp_step(secret, "287082", at(59)), Some(1));
        assert_eq!(totp_step(secret, "287082", at(89)), Some(1));
        assert_eq!(totp_step(secret, "287082", at(90)), None);
        assert_eq!(totp_step(secret, "28708", at(59)), None);
    }

    #[test]
    fn base_32_is_that_of_the_rfc() {
        for (bytes, text) in
            [("", ""), ("f", "MY"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }
}
