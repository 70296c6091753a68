//! Identity: access tokens (JWT, HS256). Its rule: one algorithm, every claim required, times
//! judged by the house's clock and not by the library's.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result as JwtResult};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::error::{Error, Kind, Result};
use crate::sealing::{KeyFolder, Purpose, entropy, keys::Ring};
use crate::time::Stamp;

/// Seconds by which the nodes' clocks may differ.
const LEEWAY_S: i64 = 5;

/// Where a token is good: one of the one kind is nothing in the place of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// In the `Authorization` header.
    Access,
    /// In the console's cookie.
    Console,
}

impl Pass {
    const fn typ(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Console => "console",
        }
    }
}

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    typ: String,
    iss: String,
    aud: String,
    /// The account's id.
    sub: String,
    /// The session's id.
    sid: String,
    epoch: i64,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Claims {
    pub fn account(&self) -> Option<i64> {
        self.sub.parse().ok()
    }
    pub fn session(&self) -> Option<i64> {
        self.sid.parse().ok()
    }
    pub const fn epoch(&self) -> i64 {
        self.epoch
    }
}

/// The keys that sign and check, by `kid`; the newest signs.
#[derive(Clone)]
pub struct TokenKeys {
    ring: Ring,
    issuer: String,
    /// Tokens whose signature was found good: it stays so; whether they are in force is asked anew.
    good: Arc<Mutex<HashMap<String, Arc<Claims>>>>,
}

/// How many tokens are remembered at most.
const REMEMBERED: usize = 4_096;

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKeys").field("ids", &self.ring.keys()).finish_non_exhaustive()
    }
}

impl TokenKeys {
    /// The keys under `data_dir`, made at the first start. `issuer` is both `iss` and `aud`.
    pub fn open_or_create(data_dir: &Path, issuer: &str) -> Result<Self> {
        let folder = KeyFolder::under(data_dir)?;
        Ok(Self::of(folder.open_or_create(Purpose::Token, &mut entropy())?, issuer))
    }

    /// From a ring of keys; installs the HS256 provider.
    pub fn of(ring: Ring, issuer: &str) -> Self {
        // The second and every later try answers the provider that is there: the same one.
        let _ = HS256.install_default();
        Self { ring, issuer: issuer.to_owned(), good: Arc::default() }
    }

    /// A signed token for `account` in `session`, good for `minutes` from `now` where `pass` says.
    pub fn issue(
        &self,
        pass: Pass,
        (account, session, epoch): (i64, i64, i64),
        now: Stamp,
        minutes: u32,
    ) -> Result<String> {
        let (kid, key) =
            self.ring.last_key_value().ok_or_else(|| Error::internal("no token key"))?;
        let at = now.millis().div_euclid(1_000);
        let claims = Claims {
            typ: pass.typ().to_owned(),
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: account.to_string(),
            sid: session.to_string(),
            epoch,
            iat: at,
            nbf: at,
            exp: at + i64::from(minutes) * 60,
        };
        let header = Header { kid: Some(kid.to_string()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key))
            .map_err(Error::internal)
    }

    /// The claims of `token`, signed by one of the keys and in force at `now`.
    ///
    /// # Errors
    /// `unauthenticated`, whatever is wrong with it.
    pub fn check(&self, pass: Pass, token: &str, now: Stamp) -> Result<Arc<Claims>> {
        let known = self.lock().get(token).cloned();
        let claims = match known {
            Some(claims) => claims,
            None => self.remember(token, self.signed(token).ok_or_else(no_good)?),
        };
        let at = now.millis().div_euclid(1_000);
        let in_force = claims.nbf <= at + LEEWAY_S && at < claims.exp + LEEWAY_S;
        if claims.typ == pass.typ() && in_force { Ok(claims) } else { Err(no_good()) }
    }

    /// What a page that was made for the holder of `token` sends back with each change: another site's page
    /// cannot know it.
    ///
    /// # Errors
    /// Where there is no key.
    pub fn echo(&self, token: &str) -> Result<String> {
        let (_, key) = self.ring.last_key_value().ok_or_else(|| Error::internal("no token key"))?;
        Ok(echo_under(key, token))
    }

    /// Whether `echo` is what [`TokenKeys::echo`] said for `token`, under any of the keys.
    pub fn is_echo(&self, token: &str, echo: &str) -> bool {
        self.ring
            .values()
            .any(|key| bool::from(echo_under(key, token).as_bytes().ct_eq(echo.as_bytes())))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Claims>>> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, token: &str, claims: Claims) -> Arc<Claims> {
        let claims = Arc::new(claims);
        let mut good = self.lock();
        if good.len() >= REMEMBERED {
            good.clear();
        }
        good.insert(token.to_owned(), claims.clone());
        claims
    }

    fn signed(&self, token: &str) -> Option<Claims> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?.parse::<u32>().ok()?;
        let key = DecodingKey::from_secret(self.ring.get(&kid)?);
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.set_audience(&[&self.issuer]);
        validation.set_issuer(&[&self.issuer]);
        // The library reads the machine's clock; the times are judged in `check`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Some(jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?.claims)
    }
}

fn echo_under(key: &[u8], token: &str) -> String {
    // A key of HMAC has any length: nothing is refused.
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .map(|mac| mac.chain_update(b"console echo\0").chain_update(token).finalize().into_bytes());
    mac.map(|mac| URL_SAFE_NO_PAD.encode(mac)).unwrap_or_default()
}

fn no_good() -> Error {
    Error::new(Kind::Unauthenticated, "unauthenticated")
}

/// HS256 and nothing else: the crate's own providers bring RSA with them (RUSTSEC-2023-0071).
static HS256: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        if key.family() != jsonwebtoken::AlgorithmFamily::Hmac {
            return Err(ErrorKind::InvalidKeyFormat.into());
        }
        Ok(Box::new(Keyed::new(*algorithm, key.as_bytes())?))
    },
    verifier_factory: |algorithm, key| {
        Ok(Box::new(Keyed::new(*algorithm, key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Keyed(Hmac<Sha256>);

impl Keyed {
    fn new(algorithm: Algorithm, key: &[u8]) -> JwtResult<Self> {
        if algorithm != Algorithm::HS256 {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key);
        Ok(Self(mac.map_err(|_| ErrorKind::InvalidKeyFormat)?))
    }
}

impl Signer<Vec<u8>> for Keyed {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let mut mac = self.0.clone();
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Keyed {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.verify_slice(signature).map_err(|_| SignatureError::new())
    }
}

impl JwtSigner for Keyed {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Keyed {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys() -> TokenKeys {
        TokenKeys::of(Ring::from([(1, [7; 32])]), "jiesu")
    }

    fn at(s: i64) -> Stamp {
        Stamp::from_millis(s * 1_000)
    }

    fn signed(kid: &str, claims: &serde_json::Value) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&[7; 32])).unwrap()
    }

    #[test]
    fn a_token_says_who_it_is_for_until_it_expires() {
        let token = keys().issue(Pass::Access, (4, 5, 6), at(1_000), 15).unwrap();
        let claims = keys().check(Pass::Access, &token, at(1_899)).unwrap();
        assert_eq!((claims.account(), claims.session(), claims.epoch()), (Some(4), Some(5), 6));
        assert!(keys().check(Pass::Access, &token, at(1_904)).is_ok());
        assert!(keys().check(Pass::Access, &token, at(1_905)).is_err());
        assert!(keys().check(Pass::Access, &token, at(995)).is_ok());
        assert!(keys().check(Pass::Access, &token, at(994)).is_err());
    }

    #[test]
    fn a_rotated_key_signs_and_the_old_one_still_checks() {
        let old = keys().issue(Pass::Access, (1, 1, 0), at(0), 15).unwrap();
        let both = TokenKeys::of(Ring::from([(1, [7; 32]), (2, [8; 32])]), "jiesu");
        assert!(both.check(Pass::Access, &old, at(0)).is_ok());
        let new = both.issue(Pass::Access, (1, 1, 0), at(0), 15).unwrap();
        assert_eq!(jsonwebtoken::decode_header(&new).unwrap().kid.as_deref(), Some("2"));
        assert!(keys().check(Pass::Access, &new, at(0)).is_err());
    }

    #[test]
    fn every_claim_is_required_and_must_fit() {
        let good = json!({"typ": "access", "iss": "jiesu", "aud": "jiesu", "sub": "4", "sid": "5",
            "epoch": 0, "iat": 0, "nbf": 0, "exp": 900});
        assert!(keys().check(Pass::Access, &signed("1", &good), at(0)).is_ok());
        for claim in ["typ", "iss", "aud", "sub", "sid", "epoch", "nbf", "exp"] {
            let mut without = good.clone();
            without.as_object_mut().unwrap().remove(claim);
            assert!(keys().check(Pass::Access, &signed("1", &without), at(0)).is_err(), "{claim}");
        }
        for (claim, wrong) in [("typ", "refresh"), ("iss", "other"), ("aud", "other")] {
            let mut strange = good.clone();
            strange[claim] = json!(wrong);
            assert!(keys().check(Pass::Access, &signed("1", &strange), at(0)).is_err(), "{claim}");
        }
        assert!(keys().check(Pass::Access, &signed("9", &good), at(0)).is_err());
    }

    #[test]
    fn a_changed_or_unsigned_token_is_refused() {
        let token = keys().issue(Pass::Access, (4, 5, 6), at(0), 15).unwrap();
        let (front, signature) = token.rsplit_once('.').unwrap();
        assert!(keys().check(Pass::Access, &format!("{front}."), at(0)).is_err());
        assert!(keys().check(Pass::Access, &format!("{front}x.{signature}"), at(0)).is_err());
        let none = "eyJhbGciOiJub25lIiwia2lkIjoiMSJ9.e30.";
        assert!(
            keys().check(Pass::Access, none, at(0)).is_err()
                && keys().check(Pass::Access, "", at(0)).is_err()
        );
        let stranger = TokenKeys::of(Ring::from([(1, [9; 32])]), "jiesu");
        assert!(stranger.check(Pass::Access, &token, at(0)).is_err());
    }

    #[test]
    fn a_token_is_good_in_its_own_place_only() {
        let page = keys().issue(Pass::Console, (4, 5, 6), at(0), 15).unwrap();
        assert!(keys().check(Pass::Console, &page, at(0)).is_ok());
        assert!(keys().check(Pass::Access, &page, at(0)).is_err());
        let header = keys().issue(Pass::Access, (4, 5, 6), at(0), 15).unwrap();
        assert!(keys().check(Pass::Console, &header, at(0)).is_err());
    }

    #[test]
    fn only_the_page_of_a_token_knows_its_echo() {
        let echo = keys().echo("one").unwrap();
        assert!(keys().is_echo("one", &echo));
        assert!(!keys().is_echo("another", &echo) && !keys().is_echo("one", ""));
        let both = TokenKeys::of(Ring::from([(1, [7; 32]), (2, [8; 32])]), "jiesu");
        assert!(both.is_echo("one", &echo), "a rotated key still knows it");
    }
}
