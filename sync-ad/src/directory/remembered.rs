//! The mirror while no server answers: time goes on, and what was read last says whose is over, and
//! whose lock has ended.

use jiff::Timestamp;
use store::Store;

use super::state::State;
use super::{Directory, DirectoryError, Extent, Fresh, Reading, recall};

impl Directory {
    /// The mirror as it is to be now, made of what was read last. `None` when that makes no other
    /// one.
    pub async fn remembered(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Option<Box<Reading>>, DirectoryError> {
        let Some(text) = store.directory_state().await? else {
            return Ok(None);
        };
        let is_due =
            |it: &State| it.settings == self.settings.fingerprint() && it.is_time_over(now);
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
