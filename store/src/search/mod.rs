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
//! by how many messages. `message.indexed` says which ones it holds, and whether all of their text:
//! where a term asks for text of which a part is missing ([`Extent`]), a hold takes it as found.
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
mod wanted;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::Transaction;

use crate::account::AccountId;
use crate::database::Database;
use crate::day::Day;
use crate::days::OpenDay;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::mailbox::{self, EntryRow};
use crate::shadow::{Inner, Store};

use evaluate::DaySearch;
pub use form::QueryForm;
pub use indexing::{Extent, IndexText};
pub use query::{Note, Query};
use text::Text;
pub(crate) use text::{TextOfDay, Texts};
pub(crate) use wanted::{Findable, Wanted, sorted_as};

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
#[derive(Default)]
pub(crate) struct OfDay {
    pub(crate) numbers: Vec<i64>,
    /// Mail to oneself of which the entry in the Sent folder matches and the other does not.
    sent_only: BTreeSet<i64>,
    pub(crate) behind: u64,
}

/// Whether messages are found of which nobody can tell whether they match, because the full text
/// does not hold all of their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    LeftOut,
    Taken,
}

/// How a search comes by the full text of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It opens it, and puts one away that is damaged.
    AsNeeded,
    /// It takes it where it is open already, and changes nothing: for those who hold the index of
    /// the day, while whoever has `text.lock` may wait for that.
    OnlyOpen,
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
                    Scope::Account(account) => open
                        .index
                        .read(|index| entries_of(index, day, account, &found))?,
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
        let text = self.text_of(day, Opening::AsNeeded);
        let whose = (scope, Doubt::LeftOut);
        let (found, damaged) = search_with(day, text.as_deref(), whose, (query, below))?;
        if damaged {
            self.put_text_away(day);
        }
        Ok(found)
    }

    /// What a hold on a search covers on a day: what matches, and what may match.
    pub(crate) fn held_by_search(
        &self,
        query: &Query,
        day: &OpenDay,
        opening: Opening,
    ) -> Result<OfDay, StoreError> {
        let text = self.text_of(day, opening);
        let whose = (Scope::Everyone, Doubt::Taken);
        let (found, damaged) = search_with(day, text.as_deref(), whose, (query, i64::MAX))?;
        if damaged && opening == Opening::AsNeeded {
            self.put_text_away(day);
        }
        Ok(found)
    }

    fn text_of(&self, day: &OpenDay, opening: Opening) -> Option<Arc<Database>> {
        let text = match opening {
            Opening::AsNeeded => self.texts.at(day),
            Opening::OnlyOpen => text::open_already(day),
        };
        match text {
            Ok(Text::Open(database)) => Some(database),
            Ok(Text::Missing) => None,
            Err(error) => {
                text::tell_unreadable(day.day, &error);
                None
            }
        }
    }

    fn put_text_away(&self, day: &OpenDay) {
        if let Err(error) = self.texts.put_away(day) {
            text::tell_unreadable(day.day, &error);
        }
    }
}

/// Searches a day, and tells whether its text index turned out to be damaged.
fn search_with(
    day: &OpenDay,
    text: Option<&Database>,
    whose: (Scope, Doubt),
    (query, below): (&Query, i64),
) -> Result<(OfDay, bool), StoreError> {
    let damaged = Cell::new(false);
    let found = day.index.read(|index| {
        let search = |text: Option<&Transaction<'_>>| {
            let day = DaySearch::new(day.day, whose, index, text);
            let found = day.run(query, below);
            damaged.set(day.is_damaged());
            found
        };
        let Some(database) = text else {
            return search(None);
        };
        // Trouble with the text of one day must not stop the search of all.
        match database.read(|text| Ok(search(Some(text)))) {
            Ok(found) => found,
            Err(error) => {
                let found = search(None);
                damaged.set(text::is_damage(&error));
                if !damaged.get() && !text::is_gone(&error) {
                    text::tell_unreadable(day.day, &error);
                }
                found
            }
        }
    })?;
    Ok((found, damaged.get()))
}

/// Entries of an account by the numbers of their messages, in the same order. Of a mail to oneself
/// it is the one that matches; of two the one in the inbox.
fn entries_of(
    index: &Transaction<'_>,
    day: Day,
    account: AccountId,
    found: &OfDay,
) -> Result<Vec<EntryRow>, StoreError> {
    let mut rows = index.prepare_cached(&format!(
        "{} WHERE account = ?1 AND message = ?2 AND moved IS NOT 'gone'
         ORDER BY (folder = 'sent') = ?3 DESC, folder LIMIT 1",
        mailbox::SELECT_ENTRY
    ))?;
    let mut entries = Vec::with_capacity(found.numbers.len());
    for number in &found.numbers {
        let which = (account.0, number, found.sent_only.contains(number));
        let mut entry = rows.query_map(which, |row| mailbox::entry(row, day))?;
        entries.extend(entry.next().transpose()?);
    }
    Ok(entries)
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "doubt_tests.rs"]
mod doubt_tests;
