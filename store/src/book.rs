//! The address book: whom colleagues write to, found by the words they type.

use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use rusqlite::{Row, Transaction};

use crate::account::{AccountKind, IS_LISTED_GROUP};
use crate::address::Address;
use crate::columns;
use crate::error::StoreError;
use crate::newcomer;
use crate::search::{Findable, Wanted, sorted_as};
use crate::shadow::{Inner, Store};

/// What a line of the address book is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedKind {
    /// An account.
    Account(AccountKind),
    /// A group; mail to it reaches its members.
    Group,
}

/// One line of the address book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is.
    pub kind: ListedKind,
    /// Name as shown to people.
    pub name: String,
    /// The primary address.
    pub address: Address,
    /// Where they work.
    pub department: Option<String>,
    /// Where they are called.
    pub phone: Option<String>,
}

/// Some lines of the address book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookPage {
    /// By name.
    pub lines: Vec<Listed>,
    /// There are more behind them.
    pub more: bool,
}

/// The whole book, as it was at one sync.
pub(crate) struct Book {
    syncs: u64,
    lines: Vec<(Findable, Listed)>,
}

/// Where it lies.
#[derive(Default)]
pub(crate) struct Shelf {
    newest: Mutex<Option<Arc<Book>>>,
    /// Who holds this reads the next one.
    reading: Mutex<()>,
}

impl Store {
    /// Lines that have words which begin like each of `words`, in a name, an address or a department:
    /// up to `limit` by name, without the first `skip`. Umlauts may be written in any way. Whoever the
    /// directory hides is not in it, nor people who may not sign in any more.
    ///
    /// The book is in memory from the first question after a sync on: with 100 000 lines that question
    /// takes a second, and all others take milliseconds: meanwhile they see the book before it.
    pub async fn address_book(
        &self,
        words: &str,
        (skip, limit): (usize, usize),
    ) -> Result<BookPage, StoreError> {
        let wanted = Wanted::of(words);
        self.blocking(move |inner| {
            let book = inner.book()?;
            let fitting = book.lines.iter().filter(|(text, _)| wanted.fits(text));
            let mut fitting = fitting.skip(skip).map(|(_, line)| line.clone());
            let lines = fitting.by_ref().take(limit).collect();
            let more = fitting.next().is_some();
            Ok(BookPage { lines, more })
        })
        .await
    }
}

impl Inner {
    fn book(&self) -> Result<Arc<Book>, StoreError> {
        let syncs = self.shadow.read(newcomer::syncs)?;
        let here = || {
            let book = self.book.newest.lock();
            book.unwrap_or_else(PoisonError::into_inner).clone()
        };
        let is_new = |it: &Arc<Book>| it.syncs == syncs;
        let reading = match here() {
            Some(book) if is_new(&book) => return Ok(book),
            // While somebody else reads it the one before is good enough.
            Some(book) => match self.book.reading.try_lock() {
                Ok(reading) => reading,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return Ok(book),
            },
            None => {
                let reading = self.book.reading.lock();
                reading.unwrap_or_else(PoisonError::into_inner)
            }
        };
        if let Some(book) = here().filter(is_new) {
            return Ok(book);
        }
        let read = Arc::new(self.shadow.read(read)?);
        let newest = self.book.newest.lock();
        *newest.unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
        drop(reading);
        Ok(read)
    }
}

fn read(shadow: &Transaction<'_>) -> Result<Book, StoreError> {
    let mut all_addresses =
        shadow.prepare_cached("SELECT address FROM address WHERE account = ?1")?;
    let mut accounts = shadow.prepare_cached(
        "SELECT name, main.address, kind, department, phone, account.id FROM account
         JOIN address AS main ON main.account = account.id AND main.position = 0
         WHERE removed = 0 AND hidden = 0
             AND (kind <> 'person' OR standing IN ('active', 'locked'))",
    )?;
    let mut lines = Vec::new();
    let mut accounts = accounts.query([])?;
    while let Some(row) = accounts.next()? {
        let line = account(row)?;
        let addresses = all_addresses.query_map([row.get::<_, i64>(5)?], |row| row.get(0))?;
        let mut texts: Vec<String> = addresses.collect::<Result<_, _>>()?;
        texts.push(line.name.clone());
        texts.extend(line.department.clone());
        lines.push((Findable::of(texts.iter().map(String::as_str)), line));
    }
    let groups = format!("SELECT name, address FROM mail_group WHERE {IS_LISTED_GROUP}");
    let mut groups = shadow.prepare_cached(&groups)?;
    for group in groups.query_map([], group)? {
        let group = group?;
        let text = Findable::of([group.name.as_str(), group.address.as_str()]);
        lines.push((text, group));
    }
    lines.sort_by_cached_key(|(_, line)| (sorted_as(&line.name), line.address.key()));
    Ok(Book {
        syncs: newcomer::syncs(shadow)?,
        lines,
    })
}

fn account(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        name: row.get(0)?,
        address: columns::parsed(row, 1)?,
        kind: ListedKind::Account(columns::word(row, 2)?),
        department: row.get(3)?,
        phone: row.get(4)?,
    })
}

fn group(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        name: row.get(0)?,
        address: columns::parsed(row, 1)?,
        kind: ListedKind::Group,
        department: None,
        phone: None,
    })
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
