//! What the log has told not long ago, and need not tell again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::limits;

/// What was told, and when.
#[derive(Debug)]
pub(crate) struct News<K>(Mutex<HashMap<K, Instant>>);

impl<K> Default for News<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> News<K> {
    /// Whether this is to be told: it was not for a while, and not too much else was.
    pub(crate) fn is_news(&self, what: K) -> bool {
        let now = Instant::now();
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| now.duration_since(*at) < limits::TOLD_AGAIN_AFTER);
        if told.contains_key(&what) || told.len() >= limits::TOLD_MAX {
            return false;
        }
        told.insert(what, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_once_and_not_too_many() {
        let news = News::default();
        assert!(news.is_news(0));
        assert!(!news.is_news(0));
        let told = (1..2 * limits::TOLD_MAX).filter(|it| news.is_news(*it));
        assert_eq!(told.count(), limits::TOLD_MAX - 1);
    }
}
