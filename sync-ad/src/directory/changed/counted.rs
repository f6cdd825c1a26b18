//! OpenLDAP that counts its changes (the overlay `syncprov`): each entry bears the number of its last
//! change (`entryCSN`), and the database the highest of each provider (`contextCSN`). What bears a
//! higher number than the last sync saw has changed. What was deleted bears none any more: when the
//! highest number is on no entry, the last change took one away, and a list of all entries must show
//! which. A deletion that other changes followed hides behind them, so the list is made again at
//! times.

use std::collections::BTreeMap;

use super::{Changes, Place};
use crate::directory::state::State;
use crate::directory::whole;
use crate::kept;
use crate::ldap::connection::Connection;
use crate::ldap::error::LdapError;
use crate::ldap::filter::Filter;
use crate::ldap::message::{Deleted, Scope, Search};
use crate::limits;
use crate::settings::Settings;

/// Numbers of changes by the providers that gave them. Those of one provider only grow, and are
/// ordered as texts.
type Numbers<'a> = BTreeMap<&'a str, &'a str>;

/// What has changed since `before`; among what is gone may be what nobody has heard of. `None` when
/// only a list of all entries can tell.
pub(super) async fn changes(
    connection: &mut Connection,
    settings: &Settings,
    before: &State,
    place: &Place,
) -> Result<Option<Changes>, LdapError> {
    let (Some(old), Some(new)) = (numbers(&before.mark), numbers(&place.mark)) else {
        return Ok(None);
    };
    let Some(moved) = moved(&old, &new) else {
        return Ok(None);
    };
    let Some(from) = moved.iter().filter_map(|it| old.get(it)).min() else {
        return Ok(None);
    };
    let since = Filter::at_least("entryCSN", from);
    let Some(touched) = touched(connection, settings, place, (&since, &old)).await? else {
        return Ok(None);
    };
    // Is each of the highest numbers on an entry?
    let is_explained = |provider: &&str| {
        let number = new.get(provider).copied().unwrap_or_default();
        touched.iter().any(|it| it.number == number)
    };
    if !moved.iter().all(is_explained) {
        return Ok(None);
    }
    let whole = whole::entries(connection, settings, Some(&since)).await?;
    let mut gone: Vec<String> = touched.into_iter().filter_map(|it| it.key).collect();
    gone.retain(|key| !whole.entries.contains_key(key));
    Ok(Some(Changes {
        put: whole.entries,
        gone,
    }))
}

/// The providers whose numbers have grown; `None` when one is new, has gone, or counts backwards.
fn moved<'a>(old: &Numbers<'a>, new: &Numbers<'_>) -> Option<Vec<&'a str>> {
    if old.len() != new.len() {
        return None;
    }
    let mut moved = Vec::new();
    for (provider, was) in old {
        match new.get(provider)?.cmp(was) {
            std::cmp::Ordering::Less => return None,
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => moved.push(*provider),
        }
    }
    Some(moved)
}

/// The numbers in a mark: `20261122183340.123456Z#000000#001#000000`, the third part is the
/// provider. `None` when there is none, or something else.
fn numbers(mark: &str) -> Option<Numbers<'_>> {
    let mut numbers = Numbers::new();
    for number in mark.split_whitespace() {
        let parts: Vec<&str> = number.split('#').collect();
        let [time, _, provider, _] = parts[..] else {
            return None;
        };
        // Two lengths could not be compared.
        if time.len() != TIME_CHARS || numbers.insert(provider, number).is_some() {
            return None;
        }
    }
    (!numbers.is_empty()).then_some(numbers)
}

/// Length of the time in a number.
const TIME_CHARS: usize = 22;

/// An entry that has changed, wherever it is now.
struct Touched {
    key: Option<String>,
    number: String,
}

/// What has changed in all databases of our bases. `None` when that says nothing of entries below it,
/// whose names may be others, or when it is so much that a list is no more.
async fn touched(
    connection: &mut Connection,
    settings: &Settings,
    place: &Place,
    (since, old): (&Filter, &Numbers<'_>),
) -> Result<Option<Vec<Touched>>, LdapError> {
    let attributes = ["entryUUID", "entryCSN", "hasSubordinates"].map(str::to_owned);
    let (mut touched, mut is_doubtful) = (Vec::new(), false);
    for context in &place.contexts {
        let search = Search {
            base: context,
            scope: Scope::Subtree,
            filter: since,
            attributes: &attributes,
            deleted: Deleted::Hidden,
        };
        let taken = connection.search(&search, |entry| {
            let number = entry.text("entryCSN").unwrap_or_default();
            let provider = number.split('#').nth(2).unwrap_or_default();
            let was = old.get(provider).copied();
            if was.is_some_and(|was| number <= was) {
                return Ok(());
            }
            let is_leaf = entry.text("hasSubordinates") == Some("FALSE");
            is_doubtful |=
                was.is_none() || !is_leaf || touched.len() >= limits::CHANGED_ENTRIES_MAX;
            if !is_doubtful {
                touched.push(Touched {
                    key: kept::key(&entry, &settings.mapping),
                    number: number.to_owned(),
                });
            }
            Ok(())
        });
        match taken.await {
            Ok(()) => {}
            // We may not look there: what was moved there is not seen.
            Err(LdapError::NoBase { .. } | LdapError::NoRights { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok((!is_doubtful).then_some(touched))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "20261122183340.123456Z#000000#001#000000";
    const LATER: &str = "20261122183341.000000Z#000000#001#000000";
    const OTHER: &str = "20261122183340.000000Z#000000#002#000000";

    #[track_caller]
    fn check(old: &str, new: &str, want: Option<&[&str]>) {
        let (old_numbers, new_numbers) = (numbers(old).unwrap(), numbers(new).unwrap());
        let moved = moved(&old_numbers, &new_numbers);
        assert_eq!(moved.as_deref(), want, "{old} {new}");
    }

    #[test]
    fn each_provider_counts_for_itself() {
        check(ONE, ONE, Some(&[]));
        check(ONE, LATER, Some(&["001"]));
        check(LATER, ONE, None);
        check(ONE, OTHER, None);
        let both = format!("{OTHER} {ONE}");
        check(ONE, &both, None);
        check(&both, ONE, None);
        check(&both, &format!("{OTHER} {LATER}"), Some(&["001"]));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for mark in [
            "",
            "x",
            "20261122183340Z#000000#001#000000",
            &format!("{ONE} {LATER}"),
            &format!("{ONE}#1"),
        ] {
            assert!(numbers(mark).is_none(), "{mark}");
        }
    }
}
