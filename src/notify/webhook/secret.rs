//! Webhooks: the secret between us and a receiver, and what is signed with it. Its rule: it is shown
//! once, sealed at rest, and compared by nobody here: the receiver does that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;

use crate::sealing::entropy;

const BYTES: usize = 32;

/// A new secret.
pub(super) fn fresh() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    entropy().fill_bytes(&mut bytes);
    bytes
}

/// `whsec_…`, as the receiver's library wants it.
pub(super) fn told(secret: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// `v1,…`: HMAC-SHA-256 over `id.timestamp.body` in base64 (Standard Webhooks, symmetric
/// signatures). `timestamp` is in seconds since 1970.
pub fn sign(secret: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        // HMAC takes a key of any length.
        return String::new();
    };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_the_specification() {
        // The example that every library of Standard Webhooks is tested with.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_long_enough_and_never_the_same() {
        let (one, other) = (fresh(), fresh());
        assert_ne!(one, other);
        assert!(told(&one).starts_with("whsec_"));
        // 24 to 64 bytes, says the specification.
        assert!((24..=64).contains(&STANDARD.decode(&told(&one)[6..]).unwrap().len()));
    }
}
