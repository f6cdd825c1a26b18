//! Full text: what lies in a mailbox, found by its words.
//!
//! ```text
//! text of a person ──► parse ──► Query ──► evaluate, day by day, newest first ──► page
//!                                              │
//!                            text.db  words and pieces of words (FTS5), made by the indexer
//!                            index.db flags, folders, sizes
//! ```
//!
//! `text.db` of a day is derived: it can be deleted at any time and is made again from the
//! messages. It is filled after the 250 and after filing, so it may be behind; every answer says
//! by how many messages. `message.indexed` says which ones it holds.
//!
//! A search in one mailbox asks the index for the owner and the words together, and whatever comes
//! back is held against the entries of that account once more: nobody finds what is not theirs.

mod evaluate;
mod expression;
mod fold;
mod form;
mod hits;
mod indexing;
mod operator;
mod owner;
mod parse;
mod query;
mod text;

use std::cell::Cell;

use rusqlite::Transaction;

use crate::account::AccountId;
use crate::day::Day;
use crate::days::OpenDay;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::mailbox::{self, EntryRow, Folder};
use crate::shadow::{Inner, Store};

use evaluate::DaySearch;
pub use form::QueryForm;
pub use indexing::IndexText;
pub use query::{Note, Query};
use text::Text;
pub(crate) use text::{TextOfDay, Texts};

/// Whose mail is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One mailbox.
    Account(AccountId),
    /// All mail that was filed, or could not be.
    Everyone,
}

/// One page of what was found, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPage {
    /// What was found.
    pub found: Found,
    /// Where the next, older page begins: give it as `before`. `None` on the last page.
    pub older: Option<MessageId>,
    /// Messages in scope that the index does not hold yet, so that this search can not know them.
    pub behind: u64,
}

/// What a search shows of what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// In one mailbox: its entries.
    Entries(Vec<EntryRow>),
    /// In everybody's mail: the messages.
    Messages(Vec<MessageId>),
}

/// All that was found on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayMatches {
    /// Newest first.
    pub messages: Vec<MessageId>,
    /// Messages in scope that the index does not hold yet.
    pub behind: u64,
}

impl Store {
    /// A page of up to `limit` messages that match and arrived before `before` (from the newest
    /// without). The newest days are searched first, and no further than the page needs.
    pub async fn search(
        &self,
        scope: Scope,
        query: &Query,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<SearchPage, StoreError> {
        let limit = limit.clamp(1, limits::SEARCH_PAGE_MAX);
        let query = query.clone();
        self.blocking(move |inner| inner.search(scope, &query, before, limit))
            .await
    }

    /// All messages of one day that match.
    pub async fn search_day(
        &self,
        scope: Scope,
        query: &Query,
        day: Day,
    ) -> Result<DayMatches, StoreError> {
        let query = query.clone();
        self.blocking(move |inner| {
            let found = inner.search_day(scope, &query, &*inner.days.at(day)?, i64::MAX)?;
            let messages = found.numbers.into_iter();
            Ok(DayMatches {
                messages: messages
                    .map(|number| MessageId::from_parts(day, number))
                    .collect(),
                behind: found.behind,
            })
        })
        .await
    }
}

/// What one day gives, newest first.
pub(crate) struct OfDay {
    pub(crate) numbers: Vec<i64>,
    pub(crate) behind: u64,
}

impl Inner {
    fn search(
        &self,
        scope: Scope,
        query: &Query,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<SearchPage, StoreError> {
        let mut messages: Vec<MessageId> = Vec::new();
        let mut entries: Vec<EntryRow> = Vec::new();
        let mut behind = 0;
        for day in self.days.list()?.into_iter().rev() {
            // One more than the page holds tells whether there is an older page.
            let wanted = (limit + 1).saturating_sub(messages.len());
            let below = match before {
                Some(before) if before.day() < day => 0,
                Some(before) if before.day() == day => before.number(),
                _ => i64::MAX,
            };
            // A full page asks no further, but wants to know what is not indexed.
            let below = if wanted == 0 { 0 } else { below };
            let found = self.use_day(day, |open| {
                let mut found = self.search_day(scope, query, open, below)?;
                found.numbers.truncate(wanted);
                let rows = match scope {
                    Scope::Everyone => Vec::new(),
                    Scope::Account(account) => open.index.read(|index| {
                        let of = (account, query.folder());
                        entries_of(index, day, of, &found.numbers)
                    })?,
                };
                Ok((found, rows))
            })?;
            let Some((found, rows)) = found else {
                continue;
            };
            behind += found.behind;
            if let Scope::Account(_) = scope {
                messages.extend(rows.iter().map(|row| row.message));
                entries.extend(rows);
            } else {
                let ids = found.numbers.into_iter();
                messages.extend(ids.map(|number| MessageId::from_parts(day, number)));
            }
        }
        let more = messages.len() > limit;
        messages.truncate(limit);
        entries.truncate(limit);
        Ok(SearchPage {
            older: messages.last().copied().filter(|_| more),
            found: match scope {
                Scope::Account(_) => Found::Entries(entries),
                Scope::Everyone => Found::Messages(messages),
            },
            behind,
        })
    }

    /// What matches among the messages of a day with a number below `below`.
    pub(crate) fn search_day(
        &self,
        scope: Scope,
        query: &Query,
        day: &OpenDay,
        below: i64,
    ) -> Result<OfDay, StoreError> {
        let text = match self.texts.at(day) {
            Ok(Text::Open(database)) => Some(database),
            Ok(Text::Missing) => None,
            Err(error) => {
                text::tell_unreadable(day.day, &error);
                None
            }
        };
        let damaged = Cell::new(false);
        let found = day.index.read(|index| {
            let search = |text: Option<&Transaction<'_>>| {
                let day = DaySearch::new(day.day, scope, index, text);
                let found = day.run(query, below);
                damaged.set(day.is_damaged());
                found
            };
            match &text {
                None => search(None),
                // Trouble with the text of one day must not stop the search of all.
                Some(database) => match database.read(|text| Ok(search(Some(text)))) {
                    Ok(found) => found,
                    Err(error) => {
                        let found = search(None);
                        damaged.set(text::is_damage(&error));
                        if !damaged.get() && !text::is_gone(&error) {
                            text::tell_unreadable(day.day, &error);
                        }
                        found
                    }
                },
            }
        })?;
        if damaged.get()
            && let Err(error) = self.texts.put_away(day)
        {
            text::tell_unreadable(day.day, &error);
        }
        Ok(found)
    }
}

/// Entries of an account by the numbers of their messages, in the same order. Of a mail to oneself
/// it is the one in `folder`, or else the one in the inbox.
fn entries_of(
    index: &Transaction<'_>,
    day: Day,
    (account, folder): (AccountId, Option<Folder>),
    numbers: &[i64],
) -> Result<Vec<EntryRow>, StoreError> {
    let mut rows = index.prepare_cached(&format!(
        "{} WHERE account = ?1 AND message = ?2 AND moved IS NOT 'gone'
         ORDER BY coalesce(moved, folder) = ?3 DESC, folder LIMIT 1",
        mailbox::SELECT_ENTRY
    ))?;
    let folder = folder.map(Folder::as_str);
    let mut entries = Vec::with_capacity(numbers.len());
    for number in numbers {
        let found = (account.0, number, folder);
        let mut found = rows.query_map(found, |row| mailbox::entry(row, day))?;
        entries.extend(found.next().transpose()?);
    }
    Ok(entries)
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
