//! Sets of message numbers, and what becomes of them under and, or and not.

/// Which messages of a day match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hits {
    /// All of them, however many that are.
    All,
    /// These, ascending, each once.
    Only(Vec<i64>),
}

impl Hits {
    pub(super) const NONE: Self = Self::Only(Vec::new());

    /// From numbers in any order.
    pub(super) fn of(mut numbers: Vec<i64>) -> Self {
        numbers.sort_unstable();
        numbers.dedup();
        Self::Only(numbers)
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, other) => other,
            (this, Self::All) => this,
            (Self::Only(these), Self::Only(those)) => {
                let (mut few, many) = if these.len() <= those.len() {
                    (these, those)
                } else {
                    (those, these)
                };
                few.retain(|number| many.binary_search(number).is_ok());
                Self::Only(few)
            }
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Only(mut these), Self::Only(those)) => {
                these.extend(those);
                Self::of(these)
            }
        }
    }

    /// What is in `these` and not in here.
    pub(super) fn without(self, mut these: Vec<i64>) -> Self {
        match self {
            Self::All => Self::NONE,
            Self::Only(those) => {
                these.retain(|number| those.binary_search(number).is_err());
                Self::Only(these)
            }
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::Only(numbers) if numbers.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn some() -> impl Strategy<Value = BTreeSet<i64>> {
        proptest::collection::btree_set(0..20_i64, 0..15)
    }

    fn hits(numbers: &BTreeSet<i64>) -> Hits {
        Hits::Only(numbers.iter().copied().collect())
    }

    proptest! {
        #[test]
        fn they_are_sets(these in some(), those in some()) {
            prop_assert_eq!(hits(&these).and(hits(&those)), hits(&(&these & &those)));
            prop_assert_eq!(hits(&these).or(hits(&those)), hits(&(&these | &those)));
            let left = hits(&those).without(these.iter().copied().collect());
            prop_assert_eq!(left, hits(&(&these - &those)));
            prop_assert_eq!(hits(&these).and(Hits::All), hits(&these));
            prop_assert_eq!(Hits::All.or(hits(&these)), Hits::All);
            prop_assert_eq!(Hits::All.without(these.into_iter().collect()), Hits::NONE);
        }
    }
}
