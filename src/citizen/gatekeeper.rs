//! Citizen: how often one address may knock. Its rule: asked before anything is looked at, and the
//! same whether what is asked for exists or not; each node counts for itself, and the tries on a
//! ticket are counted in the database besides.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Public;
use crate::error::{Error, Kind, Result};
use crate::identity::limiter::{AddressLimiter, network};
use crate::time::{Clock, Stamp};

const HOUR: i64 = 3_600_000;
/// Addresses remembered before those that may knock again are forgotten.
const MANY: usize = 10_000;

/// Stands at the citizens' door.
#[derive(Debug)]
pub struct Gatekeeper {
    asks: AddressLimiter,
    tickets: AddressLimiter,
    wrong: Mutex<HashMap<IpAddr, (u32, Stamp)>>,
    wrong_per_hour: u32,
    clock: Arc<dyn Clock>,
}

impl Gatekeeper {
    pub fn new(clock: Arc<dyn Clock>, config: &Public) -> Self {
        let some = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            asks: AddressLimiter::new(clock.clone(), some(config.asks_per_minute)),
            tickets: AddressLimiter::hourly(clock.clone(), some(config.tickets_per_hour)),
            wrong: Mutex::default(),
            wrong_per_hour: config.wrong_per_hour.max(1),
            clock,
        }
    }

    /// Lets `address` ask something, once.
    ///
    /// # Errors
    /// `web.too_many` (429) with the seconds to wait.
    pub fn let_ask(&self, address: IpAddr) -> Result<()> {
        self.asks.check(address)?;
        let now = self.clock.now();
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        match wrong.get(&network(address)) {
            Some((count, since)) if *count >= self.wrong_per_hour => {
                let left = HOUR - now.millis_since(*since);
                if left <= 0 { Ok(()) } else { Err(too_often(seconds(left))) }
            }
            _ => Ok(()),
        }
    }

    /// Lets `address` bring a ticket, once.
    ///
    /// # Errors
    /// As [`Self::let_ask`].
    pub fn let_bring(&self, address: IpAddr) -> Result<()> {
        self.tickets.check(address)
    }

    /// Remembers that what `address` showed was wrong.
    pub fn note_wrong(&self, address: IpAddr) {
        let now = self.clock.now();
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() > MANY {
            wrong.retain(|_, (_, since)| now.millis_since(*since) < HOUR);
        }
        let (count, since) = wrong.entry(network(address)).or_insert((0, now));
        if now.millis_since(*since) >= HOUR {
            (*count, *since) = (0, now);
        }
        *count += 1;
    }
}

fn seconds(millis: i64) -> u32 {
    u32::try_from(millis / 1_000).unwrap_or(u32::MAX).saturating_add(1)
}

fn too_often(seconds: u32) -> Error {
    Error::new(Kind::TooMany, "web.too_many").retry_after(seconds)
}
