//! How an index row names the accounts it belongs to.
//!
//! A search in one mailbox asks for the owner and the words together, so that the index walks the
//! short list of the owner's messages and only looks these up in the long list of a common word.

use crate::account::AccountId;

/// Three ranges of characters for private use, 2048 each. Folding removes them from all texts.
const RANGES: [u32; 3] = [0xe000, 0xe800, 0xf000];

/// As a word: `a123`.
pub(super) fn word(account: AccountId) -> String {
    format!("a{}", account.0)
}

/// As a piece of three characters. Where several owners stand side by side, pieces that begin in
/// the middle of one have their ranges in another order, so none of them names anybody.
pub(super) fn piece(account: AccountId) -> String {
    let mut rest = account.0.unsigned_abs();
    let digits = RANGES.map(|range| {
        let digit = u32::try_from(rest % 2048).unwrap_or_default();
        rest /= 2048;
        char::from_u32(range + digit).unwrap_or_default()
    });
    digits.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn pieces_name_one_account_each() {
        let mut seen = BTreeMap::new();
        for id in (0..5000).chain([2048 * 2048, 2048 * 2048 + 1, 8_000_000_000]) {
            let piece = piece(AccountId(id));
            assert_eq!(piece.chars().count(), 3);
            assert_eq!(seen.insert(piece, id), None, "{id}");
        }
        let two: Vec<char> = [1, 2]
            .map(|id| piece(AccountId(id)))
            .concat()
            .chars()
            .collect();
        for inside in [&two[1..4], &two[2..5]] {
            assert!(!seen.contains_key(&inside.iter().collect::<String>()));
        }
    }
}
