//! How much a hold covers, for whoever begins one: a hold that covers nothing is mostly a mistake.

use std::collections::HashSet;

use serde::Serialize;

use crate::account::AccountId;
use crate::day::Day;
use crate::error::StoreError;
use crate::hold::{self, HoldId, HoldScope};
use crate::hold_query;
use crate::search::{Opening, Query, Scope};
use crate::shadow::{Inner, Store};

/// How much a hold covers now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Messages.
    pub messages: u64,
    /// How many of them the search does not find, and that may match all the same, because the full
    /// text does not hold them as a whole. They are covered.
    pub in_doubt: u64,
    /// Messages of which nobody can tell yet, because the full text does not hold them: their days
    /// stay whole until it does.
    pub behind: u64,
}

enum What {
    Accounts(Vec<AccountId>),
    Query(Query),
    Message,
}

impl Store {
    /// How much a hold covers now. For a search, as long as one through all days takes.
    pub async fn hold_coverage(&self, id: HoldId) -> Result<Coverage, StoreError> {
        self.blocking(move |inner| {
            let what = inner.what_it_covers(id)?;
            let mut coverage = Coverage::default();
            if matches!(what, What::Message) {
                coverage.messages = 1;
                return Ok(coverage);
            }
            for day in inner.days.list()? {
                inner.add_day(day, &what, &mut coverage)?;
            }
            Ok(coverage)
        })
        .await
    }
}

impl Inner {
    fn what_it_covers(&self, id: HoldId) -> Result<What, StoreError> {
        self.shadow.read(|shadow| {
            let holds = hold::list(shadow, "ORDER BY id")?;
            let Some(hold) = holds.into_iter().find(|hold| hold.id == id) else {
                return Err(StoreError::Missing(format!("a hold {id}")));
            };
            Ok(match hold.scope {
                HoldScope::Query(query) => What::Query(hold_query::stored(&query, hold.since)),
                HoldScope::Message(_) => What::Message,
                HoldScope::Account(_) | HoldScope::Group(_) => {
                    What::Accounts(hold::accounts(shadow, id)?)
                }
            })
        })
    }

    /// Adds what lies on a day, unless it can not be read or aged a moment ago.
    fn add_day(&self, day: Day, what: &What, sum: &mut Coverage) -> Result<(), StoreError> {
        let of_day = self.use_day(day, |open| match what {
            What::Message => Ok(Coverage::default()),
            What::Query(query) => {
                let held = self.held_by_search(query, open, Opening::AsNeeded)?;
                let found = self.search_day(Scope::Everyone, query, open, i64::MAX)?;
                let found: HashSet<i64> = found.numbers.into_iter().collect();
                let in_doubt = held.numbers.iter().filter(|it| !found.contains(it));
                Ok(Coverage {
                    in_doubt: in_doubt.count() as u64,
                    messages: held.numbers.len() as u64,
                    behind: held.behind,
                })
            }
            What::Accounts(accounts) => open.index.read(|index| {
                let mut of =
                    index.prepare_cached("SELECT message FROM entry WHERE account = ?1")?;
                let mut covered: HashSet<i64> = HashSet::new();
                for account in accounts {
                    for message in of.query_map([account.0], |row| row.get(0))? {
                        covered.insert(message?);
                    }
                }
                Ok(Coverage {
                    messages: covered.len() as u64,
                    ..Coverage::default()
                })
            }),
        })?;
        if let Some(of_day) = of_day {
            sum.messages += of_day.messages;
            sum.in_doubt += of_day.in_doubt;
            sum.behind += of_day.behind;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "coverage_tests.rs"]
mod tests;
