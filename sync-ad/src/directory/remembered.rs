//! The mirror while no server answers: time goes on, and what was read last says whose is over, and
//! whose lock has ended.

use jiff::Timestamp;
use serde::Serialize;
use store::Store;

use super::state::State;
use super::{Directory, DirectoryError, Extent, Fresh, Reading, recall};
use crate::kept::Kept;

/// Where a mirrored account or group comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The name of its entry.
    pub dn: String,
    /// From when on it may sign in, where the directory says.
    pub starts_at: Option<Timestamp>,
    /// Until when it may.
    pub expires_at: Option<Timestamp>,
    /// When the directory locked it.
    pub locked_at: Option<Timestamp>,
}

impl Origin {
    /// Reads what a sync remembered of an entry. `None` when that is of no server.
    pub fn read(remembered: &str) -> Option<Self> {
        let kept: Kept = serde_json::from_str(remembered).ok()?;
        let time = |at: Option<i64>| Timestamp::from_millisecond(at?).ok();
        Some(Self {
            dn: kept.dn,
            starts_at: time(kept.starts_at),
            expires_at: time(kept.expires_at),
            locked_at: time(kept.locked_at),
        })
    }
}

impl Directory {
    /// The mirror as it is to be now, made of what was read last. `None` when that makes no other
    /// one.
    pub async fn remembered(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Option<Box<Reading>>, DirectoryError> {
        self.of_memory(store, now, |state| state.is_time_over(now))
            .await
    }

    /// The same, whether it is another one or not: for what it says of those who have no mailbox, and
    /// of names that two claim. `None` when nothing was read that fits the config.
    pub async fn recalled(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Option<Box<Reading>>, DirectoryError> {
        self.of_memory(store, now, |_| true).await
    }

    async fn of_memory(
        &self,
        store: &Store,
        now: Timestamp,
        is_wanted: impl Fn(&State) -> bool,
    ) -> Result<Option<Box<Reading>>, DirectoryError> {
        let Some(text) = store.directory_state().await? else {
            return Ok(None);
        };
        let is_due = |it: &State| it.settings == self.settings.fingerprint() && is_wanted(it);
        let Some(mut state) = State::read(&text).filter(is_due) else {
            return Ok(None);
        };
        let Some(remembered) = store.directory_memory().await? else {
            return Ok(None);
        };
        let Some(entries) = recall(remembered.entries) else {
            return Ok(None);
        };
        state.number = state.number.wrapping_add(1);
        let server = state.server.clone();
        let fresh = Fresh {
            entries,
            extent: Extent::WhatChanged,
            state,
            put: Vec::new(),
            gone: Vec::new(),
        };
        let reading = self.reading(server, store, (fresh, Some(text)), now);
        Ok(Some(Box::new(reading.await?)))
    }
}
