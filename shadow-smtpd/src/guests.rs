//! Counts connections, all together and of each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::limits;

/// Who is connected, and how often.
#[derive(Default)]
pub(crate) struct Guests {
    connections: Mutex<HashMap<IpAddr, usize>>,
}

impl Guests {
    /// Lets a connection in; `None` when the house is full or `address` has `each_max` already.
    pub(crate) fn admit(guests: &Arc<Self>, address: IpAddr, each_max: usize) -> Option<Guest> {
        let mut connections = guests
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if connections.values().sum::<usize>() >= limits::CONNECTIONS_MAX {
            return None;
        }
        let own = connections.entry(address).or_default();
        if *own >= each_max {
            return None;
        }
        *own += 1;
        Some(Guest {
            guests: Arc::clone(guests),
            address,
        })
    }
}

/// One connection that was let in; dropping it makes room.
pub(crate) struct Guest {
    guests: Arc<Guests>,
    address: IpAddr,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut connections = self
            .guests
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = connections.get_mut(&self.address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                connections.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
#[path = "guests_tests.rs"]
mod tests;
