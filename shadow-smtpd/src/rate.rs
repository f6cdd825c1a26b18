//! How often something happens, for each address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::limits;

type Limiter<C> =
    RateLimiter<IpAddr, HashMapStateStore<IpAddr>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// So many in a minute for each address. All of them may come at once; after that one more is
/// allowed each time its part of the minute is over.
pub(crate) struct Rate<C: Clock = DefaultClock> {
    /// Without one there is no limit.
    tallies: Option<Mutex<Tallies<C>>>,
}

struct Tallies<C: Clock> {
    quota: Quota,
    clock: C,
    limiter: Limiter<C>,
}

impl Rate {
    /// 0 is no limit.
    pub(crate) fn per_minute(most: u32) -> Self {
        Self::by_clock(most, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Rate<C> {
    fn by_clock(most: u32, clock: C) -> Self {
        let tallies = |quota: Quota| {
            Mutex::new(Tallies {
                quota,
                limiter: RateLimiter::hashmap_with_clock(quota, clock.clone()),
                clock,
            })
        };
        Self {
            tallies: NonZeroU32::new(most).map(Quota::per_minute).map(tallies),
        }
    }

    /// One more. Where that is too many, how long it takes until one is allowed again.
    pub(crate) fn take(&self, address: IpAddr) -> Result<(), Duration> {
        let Some(tallies) = &self.tallies else {
            return Ok(());
        };
        let mut tallies = tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.tidy();
        let now = tallies.clock.now();
        let taken = tallies.limiter.check_key(&address);
        taken.map_err(|not_until| not_until.wait_time_from(now))
    }
}

impl<C: Clock + Clone> Tallies<C> {
    /// When there are too many addresses, forgets those that have their whole allowance again; and
    /// all of them when those were few, because strangers shall not fill our memory.
    fn tidy(&mut self) {
        if self.limiter.len() < limits::ADDRESSES_REMEMBERED_MAX {
            return;
        }
        self.limiter.retain_recent();
        if self.limiter.len() > limits::ADDRESSES_REMEMBERED_MAX / 2 {
            self.limiter = RateLimiter::hashmap_with_clock(self.quota, self.clock.clone());
        }
        self.limiter.shrink_to_fit();
    }
}

#[cfg(test)]
#[path = "rate_tests.rs"]
mod tests;
