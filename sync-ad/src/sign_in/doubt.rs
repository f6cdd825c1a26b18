//! A directory that answers, and refuses everybody: one that asks another for the passwords, which is
//! down (OpenLDAP with `{SASL}`, or with a proxy behind it), or one that restricts who may ask. No clock
//! here: time is an argument.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use store::AccountId;

use crate::limits;

/// Whether what the directory refuses may be right all the same.
#[derive(Default)]
pub(super) struct Doubt {
    /// Whose passwords fit what it took before, and were refused, and when.
    refused: HashMap<AccountId, Instant>,
    /// Who came in while there was doubt; `None` while there is none.
    let_in: Option<HashSet<AccountId>>,
}

impl Doubt {
    /// It has refused what it took before. Whether that is why there is doubt from now on.
    pub(super) fn refused(&mut self, account: AccountId, now: Instant) -> bool {
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < limits::DOUBT_WINDOW;
        self.refused.retain(|_, at| is_recent(at));
        self.refused.insert(account, now);
        let begins = self.let_in.is_none() && self.refused.len() >= limits::DOUBT_PEOPLE;
        if begins {
            self.let_in = Some(HashSet::new());
        }
        begins
    }

    /// It has taken somebody's password, so there is none. Who came in meanwhile, if there was.
    pub(super) fn taken(&mut self) -> Option<HashSet<AccountId>> {
        self.refused.clear();
        self.let_in.take()
    }

    /// Somebody comes in although it refuses.
    pub(super) fn let_in(&mut self, account: AccountId) {
        if let Some(let_in) = &mut self.let_in {
            let_in.insert(account);
        }
    }

    pub(super) fn lasts(&self) -> bool {
        self.let_in.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: usize) -> AccountId {
        number.to_string().parse().unwrap()
    }

    #[test]
    fn three_people_in_a_while_and_nobody_taken() {
        let now = Instant::now();
        let mut doubt = Doubt::default();
        let [amy, bo, cy] = [1, 2, 3].map(person);
        for _ in 0..9 {
            assert!(!doubt.refused(amy, now) && !doubt.refused(bo, now));
        }
        assert!(doubt.taken().is_none());
        assert!(!doubt.refused(cy, now), "the directory took one meanwhile");
        assert!(!doubt.refused(amy, now));
        let later = now + limits::DOUBT_WINDOW;
        assert!(!doubt.refused(bo, later), "that is long ago");
        assert!(!doubt.refused(amy, later) && !doubt.lasts());
        assert!(doubt.refused(cy, later) && doubt.lasts());
        assert!(!doubt.refused(person(4), later), "it has begun already");
        doubt.let_in(cy);
        assert_eq!(doubt.taken(), Some(HashSet::from([cy])));
        assert!(!doubt.lasts());
        doubt.let_in(amy);
        assert_eq!(doubt.taken(), None);
    }
}
