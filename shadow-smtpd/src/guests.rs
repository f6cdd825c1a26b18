//! Who is connected to a listener, and what each address may still do.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits;
use crate::network::neighbourhood;
use crate::peer_limits::PeerLimits;
use crate::proto::{Reply, reply};
use crate::rate::Rate;

/// Who is connected, and how often each address does something.
pub(crate) struct Guests {
    limits: PeerLimits,
    /// Connections of each address.
    connections: Mutex<HashMap<IpAddr, usize>>,
    connecting: Rate,
    mails: Rate,
    recipients: Rate,
    unknown_recipients: Rate,
    resting: Mutex<HashMap<IpAddr, Rest>>,
}

/// Why an address has to wait, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rest {
    until: Instant,
    reply: Reply,
}

impl Guests {
    pub(crate) fn new(limits: PeerLimits) -> Self {
        Self {
            connections: Mutex::default(),
            connecting: Rate::per_minute(limits.connections_per_minute),
            mails: Rate::per_minute(limits.mails_per_minute),
            recipients: Rate::per_minute(limits.recipients_per_minute),
            unknown_recipients: Rate::per_minute(limits.unknown_recipients_per_minute),
            resting: Mutex::default(),
            limits,
        }
    }

    /// Lets a connection in, or says why not.
    pub(crate) fn admit(guests: &Arc<Self>, address: IpAddr) -> Result<Guest, Reply> {
        let spared = guests.limits.exempts(address);
        let address = neighbourhood(address);
        if !spared && guests.connecting.take(address).is_err() {
            return Err(reply::CONNECTING_TOO_OFTEN);
        }
        let mut connections = locked(&guests.connections);
        if connections.values().sum::<usize>() >= limits::CONNECTIONS_MAX {
            return Err(reply::TOO_MANY_CONNECTIONS);
        }
        let own = connections.entry(address).or_default();
        let each_max = guests.limits.connections;
        if !spared && each_max != 0 && u32::try_from(*own).is_ok_and(|own| own >= each_max) {
            return Err(reply::TOO_MANY_OF_YOURS);
        }
        *own += 1;
        Ok(Guest {
            guests: Arc::clone(guests),
            address,
            spared,
        })
    }

    /// Whether so many are connected that nobody may idle.
    fn is_crowded(&self) -> bool {
        locked(&self.connections).values().sum::<usize>() >= limits::CONNECTIONS_CROWDED
    }

    /// Makes an address wait.
    fn rest(&self, address: IpAddr, wait: Duration, reply: Reply) {
        let now = Instant::now();
        let mut resting = locked(&self.resting);
        resting.retain(|_, rest| rest.until > now);
        if resting.len() < limits::ADDRESSES_REMEMBERED_MAX {
            let until = now + wait;
            resting.insert(address, Rest { until, reply });
        }
    }
}

/// One connection that was let in; dropping it makes room.
pub(crate) struct Guest {
    guests: Arc<Guests>,
    address: IpAddr,
    /// Limits do not hold for it, but it counts.
    spared: bool,
}

impl Guest {
    /// Has shown that it is trusted: limits hold no longer.
    pub(crate) fn spare(&mut self) {
        self.spared = true;
    }

    /// Names a recipient, or has to wait with that.
    pub(crate) fn names_recipient(&self) -> Result<(), Reply> {
        if self.spared {
            return Ok(());
        }
        let now = Instant::now();
        if let Some(rest) = locked(&self.guests.resting).get(&self.address)
            && rest.until > now
        {
            return Err(rest.reply.clone());
        }
        let taken = self.guests.recipients.take(self.address);
        taken.map_err(|_| reply::RECIPIENTS_TOO_OFTEN)
    }

    /// Named somebody who is not here.
    pub(crate) fn guessed(&self) {
        if self.spared {
            return;
        }
        if let Err(wait) = self.guests.unknown_recipients.take(self.address) {
            let wait = wait.max(limits::GUESSING_REST);
            self.guests.rest(self.address, wait, reply::GUESSING);
        }
    }

    /// Brought a mail.
    pub(crate) fn brought(&self) {
        if self.spared {
            return;
        }
        if let Err(wait) = self.guests.mails.take(self.address) {
            let reply = reply::MAILS_TOO_OFTEN;
            self.guests.rest(self.address, wait, reply);
        }
    }

    /// Whether a mail of which so much came in this time comes in too slowly.
    pub(crate) fn is_slow(&self, bytes: u64, time: Duration) -> bool {
        let least = u64::from(self.guests.limits.bytes_per_second);
        !self.spared && time > limits::BODY_START && bytes < least.saturating_mul(time.as_secs())
    }

    /// How long its first greeting takes.
    pub(crate) fn greeting_delay(&self) -> Duration {
        if self.spared {
            Duration::ZERO
        } else {
            self.guests.limits.greeting_delay
        }
    }

    /// How long it may be silent, where it might be silent for `within`.
    pub(crate) fn patience(&self, within: Duration) -> Duration {
        if !self.spared && self.guests.limits.connections != 0 && self.guests.is_crowded() {
            within.min(limits::CROWDED_COMMAND_WAIT)
        } else {
            within
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut connections = locked(&self.guests.connections);
        if let Some(own) = connections.get_mut(&self.address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                connections.remove(&self.address);
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "guests_tests.rs"]
mod tests;
