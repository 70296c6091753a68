//! Identity: how often one may try to log in, and how often a stranger may ask. Its rule: per address, and
//! per name whether the name exists or not, before any password is hashed or any row is read.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as Pace;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::account::fold_name;
use crate::error::{Error, Kind, Result};
use crate::time::Clock;

/// Entries kept before those that have recovered are forgotten.
const MANY: usize = 10_000;

/// The house's clock as the limiter wants it.
#[derive(Debug, Clone)]
struct HouseClock(Arc<dyn Clock>);

impl Pace for HouseClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now().millis()).unwrap_or(0))
    }
}

type Limiter<K> =
    RateLimiter<K, DashMapStateStore<K>, HouseClock, NoOpMiddleware<<HouseClock as Pace>::Instant>>;

/// Counts tries of this node.
pub struct LoginLimiter {
    addresses: Limiter<IpAddr>,
    names: Limiter<String>,
    clock: HouseClock,
}

/// Counts what strangers ask of this node, by their addresses.
pub struct AddressLimiter {
    addresses: Limiter<IpAddr>,
    clock: HouseClock,
}

impl std::fmt::Debug for AddressLimiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddressLimiter").finish_non_exhaustive()
    }
}

impl AddressLimiter {
    /// `per_minute` requests from one address; all of them at once if need be, then one every
    /// `60 / per_minute` seconds.
    pub fn new(clock: Arc<dyn Clock>, per_minute: NonZeroU32) -> Self {
        let clock = HouseClock(clock);
        let quota = Quota::per_minute(per_minute);
        let addresses = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        Self { addresses, clock }
    }

    /// The same with so many an hour.
    pub fn hourly(clock: Arc<dyn Clock>, per_hour: NonZeroU32) -> Self {
        let clock = HouseClock(clock);
        let quota = Quota::per_hour(per_hour);
        let addresses = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        Self { addresses, clock }
    }

    /// Counts a request from `address`.
    ///
    /// # Errors
    /// `web.too_many` (429) with the seconds to wait.
    pub fn check(&self, address: IpAddr) -> Result<()> {
        count(&self.clock, &self.addresses, &network(address))
            .map_err(|wait_s| Error::new(Kind::TooMany, "web.too_many").retry_after(wait_s))
    }
}

impl std::fmt::Debug for LoginLimiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginLimiter").finish_non_exhaustive()
    }
}

impl LoginLimiter {
    /// `per_minute` tries from one address, and as many for one name; all of them at once if need
    /// be, then one every `60 / per_minute` seconds.
    pub fn new(clock: Arc<dyn Clock>, per_minute: NonZeroU32) -> Self {
        let clock = HouseClock(clock);
        let quota = Quota::per_minute(per_minute);
        Self {
            addresses: RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()),
            names: RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()),
            clock,
        }
    }

    /// Counts a try for `name` from `address`.
    ///
    /// # Errors
    /// `login.too_often` (429) with the seconds to wait.
    pub fn check(&self, address: IpAddr, name: &str) -> Result<()> {
        let name = fold_name(name).chars().take(64).collect();
        count(&self.clock, &self.addresses, &network(address))
            .and_then(|()| count(&self.clock, &self.names, &name))
            .map_err(|wait_s| Error::new(Kind::TooMany, "login.too_often").retry_after(wait_s))
    }
}

/// Counts one for `key`, or says how many seconds to wait.
fn count<K: Hash + Eq + Clone>(
    clock: &HouseClock,
    limiter: &Limiter<K>,
    key: &K,
) -> Result<(), u32> {
    if limiter.len() > MANY {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|until| {
        let wait = until.wait_time_from(clock.now()).as_secs();
        u32::try_from(wait).unwrap_or(u32::MAX).saturating_add(1)
    })
}

/// An IPv6 customer has a whole /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
