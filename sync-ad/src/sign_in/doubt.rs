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
    /// Whose passwords fit what it took before, and were refused since it last took anybody's; and when
    /// that was a reason to doubt it, if it was one.
    refused: HashMap<AccountId, Option<Instant>>,
    /// Who came in while there was doubt; `None` while there is none.
    let_in: Option<HashSet<AccountId>>,
}

/// What it says of the directory that it refused a password that it took before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// That it may refuse everybody: by its mark the password is the present one, or its owner typed it
    /// where they sit.
    IsReason,
    /// Nothing: it may be a former password, and whoever has found three of those must not come in.
    IsNone,
}

impl Doubt {
    /// It has refused what it took before. Whether that is why there is doubt from now on.
    pub(super) fn refused(&mut self, account: AccountId, what: Refusal, now: Instant) -> bool {
        let reason = (what == Refusal::IsReason).then_some(now);
        let known = self.refused.entry(account).or_default();
        *known = reason.or(*known);
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < limits::DOUBT_WINDOW;
        let reasons = self.refused.values().flatten().filter(|at| is_recent(at));
        let begins = self.let_in.is_none() && reasons.count() >= limits::DOUBT_PEOPLE;
        if begins {
            self.let_in = Some(HashSet::new());
        }
        begins
    }

    /// Whether it has refused what it took of this account before, since it last took anybody's.
    pub(super) fn has_refused(&self, account: AccountId) -> bool {
        self.refused.contains_key(&account)
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
        let is = Refusal::IsReason;
        for _ in 0..9 {
            assert!(!doubt.refused(amy, is, now) && !doubt.refused(bo, is, now));
        }
        assert!(doubt.taken().is_none());
        assert!(
            !doubt.refused(cy, is, now),
            "the directory took one meanwhile"
        );
        assert!(!doubt.refused(amy, is, now));
        let later = now + limits::DOUBT_WINDOW;
        assert!(!doubt.refused(bo, is, later), "that is long ago");
        assert!(!doubt.refused(amy, is, later) && !doubt.lasts());
        assert!(doubt.refused(cy, is, later) && doubt.lasts());
        assert!(!doubt.refused(person(4), is, later), "it has begun already");
        doubt.let_in(cy);
        assert_eq!(doubt.taken(), Some(HashSet::from([cy])));
        assert!(!doubt.lasts());
        doubt.let_in(amy);
        assert_eq!(doubt.taken(), None);
    }

    #[test]
    fn what_may_be_a_former_password_is_no_reason() {
        let now = Instant::now();
        let mut doubt = Doubt::default();
        for number in 1..9 {
            assert!(!doubt.refused(person(number), Refusal::IsNone, now));
        }
        for number in 1..3 {
            assert!(!doubt.refused(person(number), Refusal::IsReason, now));
        }
        // One that was a reason stays one.
        assert!(!doubt.refused(person(1), Refusal::IsNone, now));
        assert!(doubt.refused(person(3), Refusal::IsReason, now));
        assert!(doubt.has_refused(person(8)) && !doubt.has_refused(person(9)));
        doubt.taken();
        assert!(!doubt.has_refused(person(8)));
    }
}
