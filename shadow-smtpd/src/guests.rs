//! Who is connected to a listener, and what each address may still do.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits;
use crate::network::neighbourhood;
use crate::news::News;
use crate::peer_limits::PeerLimits;
use crate::proto::{Reply, Standing, reply};
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
    /// What those who brought mail may still guess.
    bringers: Mutex<HashMap<IpAddr, Bringer>>,
    /// Of which limits the log told for whom.
    told: News<(IpAddr, &'static str)>,
}

/// Those who may bring mail to a listener, and those who have not shown yet that they may.
#[derive(Clone)]
pub(crate) struct Places {
    guests: Arc<Guests>,
    strangers: Arc<Guests>,
}

/// For limits, all clients that a proxy can not name are one.
const NAMELESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

impl Places {
    pub(crate) fn new(limits: &PeerLimits) -> Self {
        Self {
            guests: Arc::new(Guests::new(limits.clone())),
            strangers: Arc::new(Guests::new(limits.for_strangers())),
        }
    }

    /// Lets a connection in to those who stand as it does, or says why not. A proxy may not know
    /// the address.
    pub(crate) fn admit(
        &self,
        address: Option<IpAddr>,
        standing: &Standing,
    ) -> Result<Guest, Refusal> {
        let among = match standing {
            Standing::Open | Standing::Trusted(_) => &self.guests,
            Standing::Stranger => &self.strangers,
        };
        Guests::admit(among, address.unwrap_or(NAMELESS))
    }

    /// A guest has shown that it is trusted: limits hold no longer, and its place among the
    /// strangers is free.
    pub(crate) fn trust(&self, guest: &mut Guest) {
        guest.spared = true;
        guest.move_to(&self.guests);
    }
}

/// Why a connection is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What it hears.
    pub(crate) reply: Reply,
    /// What of `[listener.limits]` holds it up, where that is the reason.
    pub(crate) limit: Option<Limit>,
}

/// A limit that somebody has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Its key in `[listener.limits]`.
    pub(crate) key: &'static str,
    /// Whether the log is to tell: it has not for a while.
    pub(crate) is_news: bool,
}

impl Refusal {
    /// Its address may not even connect.
    pub(crate) const NOT_ALLOWED: Self = Self {
        reply: reply::NOT_ALLOWED,
        limit: None,
    };
}

/// Why an address has to wait, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rest {
    until: Instant,
    reply: Reply,
}

/// An address that brought mail.
#[derive(Debug)]
struct Bringer {
    /// When first, as far as that is remembered.
    since: Instant,
    /// Guesses that its mail bought it since then.
    bought: u32,
    /// Those of them that it has left: unknown recipients it may still name beyond the limit.
    guesses: u32,
}

impl Bringer {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            bought: 0,
            guesses: 0,
        }
    }

    /// Not by when it came last: what a mail buys would last as long as mail comes.
    fn is_remembered(&self) -> bool {
        self.since.elapsed() < limits::BRINGER_REMEMBERED
    }

    /// A mail of its was kept for so many.
    fn buy(&mut self, recipients: usize) {
        let most = limits::GUESSES_BOUGHT_MAX.saturating_sub(self.bought);
        let bought = u32::try_from(recipients)
            .unwrap_or(u32::MAX)
            .saturating_mul(limits::GUESSES_PER_RECIPIENT)
            .min(most);
        self.bought += bought;
        self.guesses += bought;
    }
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
            bringers: Mutex::default(),
            told: News::default(),
            limits,
        }
    }

    /// Lets a connection in, or says why not.
    pub(crate) fn admit(guests: &Arc<Self>, address: IpAddr) -> Result<Guest, Refusal> {
        let spared = guests.limits.exempts(address);
        let address = neighbourhood(address);
        let refusal = |reply, key| Refusal {
            reply,
            limit: Some(guests.reached(address, key)),
        };
        if !spared && guests.connecting.take(address).is_err() {
            let often = reply::CONNECTING_TOO_OFTEN;
            return Err(refusal(often, "connections_per_minute"));
        }
        let mut connections = locked(&guests.connections);
        if connections.values().sum::<usize>() >= limits::CONNECTIONS_MAX {
            return Err(Refusal {
                reply: reply::TOO_MANY_CONNECTIONS,
                limit: None,
            });
        }
        let own = connections.entry(address).or_default();
        let each_max = guests.limits.connections;
        if !spared && each_max != 0 && u32::try_from(*own).is_ok_and(|own| own >= each_max) {
            return Err(refusal(reply::TOO_MANY_OF_YOURS, "connections"));
        }
        *own += 1;
        Ok(Guest {
            guests: Arc::clone(guests),
            address,
            spared,
        })
    }

    /// A limit holds an address up.
    fn reached(&self, address: IpAddr, key: &'static str) -> Limit {
        let is_news = self.told.is_news((address, key));
        Limit { key, is_news }
    }

    /// Whether an address has brought mail that buys it another guess.
    fn has_guesses(&self, address: IpAddr) -> bool {
        let bringers = locked(&self.bringers);
        let bringer = bringers.get(&address);
        bringer.is_some_and(|it| it.guesses > 0 && it.is_remembered())
    }

    /// Takes one of these guesses, where one is left.
    fn spends_guess(&self, address: IpAddr) -> bool {
        let mut bringers = locked(&self.bringers);
        let bringer = bringers
            .get_mut(&address)
            .filter(|bringer| bringer.guesses > 0 && bringer.is_remembered());
        if let Some(bringer) = bringer {
            bringer.guesses -= 1;
            return true;
        }
        false
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

    /// An address brought a mail to so many.
    fn remember_bringer(&self, address: IpAddr, recipients: usize) {
        let mut bringers = locked(&self.bringers);
        if bringers.len() >= limits::ADDRESSES_REMEMBERED_MAX {
            bringers.retain(|_, bringer| bringer.is_remembered());
        }
        if bringers.len() >= limits::ADDRESSES_REMEMBERED_MAX && !bringers.contains_key(&address) {
            return;
        }
        let bringer = bringers.entry(address).or_insert_with(Bringer::new);
        if !bringer.is_remembered() {
            *bringer = Bringer::new();
        }
        bringer.buy(recipients);
    }

    fn leave(&self, address: IpAddr) {
        let mut connections = locked(&self.connections);
        if let Some(own) = connections.get_mut(&address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                connections.remove(&address);
            }
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
    /// Takes its place to others. Where those are too many already it stays: a place it has.
    fn move_to(&mut self, guests: &Arc<Guests>) {
        if Arc::ptr_eq(&self.guests, guests) {
            return;
        }
        {
            let mut connections = locked(&guests.connections);
            if connections.values().sum::<usize>() >= limits::CONNECTIONS_MAX {
                return;
            }
            *connections.entry(self.address).or_default() += 1;
        }
        self.guests.leave(self.address);
        self.guests = Arc::clone(guests);
    }

    /// Names a recipient, or has to wait with that.
    pub(crate) fn names_recipient(&self) -> Result<(), Refusal> {
        if self.spared {
            return Ok(());
        }
        let now = Instant::now();
        if let Some(rest) = locked(&self.guests.resting).get(&self.address)
            && rest.until > now
            && !self.may_go_on(rest)
        {
            return Err(Refusal {
                reply: rest.reply.clone(),
                limit: None,
            });
        }
        let taken = self.guests.recipients.take(self.address);
        taken.map_err(|_| Refusal {
            reply: reply::RECIPIENTS_TOO_OFTEN,
            limit: Some(self.reached("recipients_per_minute")),
        })
    }

    /// A gateway that passes on what others guess has real mail, too, and with that it goes on.
    fn may_go_on(&self, rest: &Rest) -> bool {
        rest.reply == reply::GUESSING && self.guests.has_guesses(self.address)
    }

    /// Named somebody who is not here. Gives the limit that it has reached.
    pub(crate) fn guessed(&self) -> Option<Limit> {
        if self.spared {
            return None;
        }
        let wait = self.guests.unknown_recipients.take(self.address).err()?;
        if self.guests.spends_guess(self.address) {
            return None;
        }
        let wait = wait.max(limits::GUESSING_REST);
        self.guests.rest(self.address, wait, reply::GUESSING);
        Some(self.reached("unknown_recipients_per_minute"))
    }

    /// A limit holds it up.
    pub(crate) fn reached(&self, key: &'static str) -> Limit {
        self.guests.reached(self.address, key)
    }

    /// Brought a mail that was kept for so many.
    pub(crate) fn delivered(&self, recipients: usize) {
        if !self.spared {
            self.guests.remember_bringer(self.address, recipients);
        }
    }

    /// Brought a mail, whatever becomes of it. Gives the limit that it has reached.
    pub(crate) fn brought(&self) -> Option<Limit> {
        if self.spared {
            return None;
        }
        let wait = self.guests.mails.take(self.address).err()?;
        let reply = reply::MAILS_TOO_OFTEN;
        self.guests.rest(self.address, wait, reply);
        Some(self.reached("mails_per_minute"))
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
        self.guests.leave(self.address);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "guests_tests.rs"]
mod tests;
