//! Welcoming newcomers: whom the directory knows by now gets the mail that came before it did.
//!
//! What nobody has is filed again, from its bytes. What somebody has gets an entry more, by what
//! filing wrote down of the name: all of it filed again would go to everybody whom its other names
//! mean today, and those are not always the same people as when it came.

use std::collections::BTreeMap;

use rusqlite::Transaction;

use crate::account::{AccountId, Owners};
use crate::columns;
use crate::day::Day;
use crate::error::StoreError;
use crate::filing::{Entry, Filing, write_entries};
use crate::id::MessageId;
use crate::mailbox::Folder;
use crate::queue;
use crate::shadow::{Inner, Store};

/// A name that messages of a day have, and whom the directory means by it now.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// Of the messages.
    pub day: Day,
    /// As [`Store::unknown_names`] gives it.
    pub name: String,
    /// Who they are.
    pub owners: Owners,
}

/// A message of a newcomer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcomed {
    /// Which.
    pub id: MessageId,
    /// What the log called the mail when it came, where that is known.
    pub mail_id: Option<String>,
    /// What became of it.
    pub now: WelcomedTo,
}

/// What became of a message of a newcomer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WelcomedTo {
    /// Nobody had it: it is filed again.
    Filing,
    /// Others have it already: `home`, the message itself or what it is a copy of, got the entries of
    /// the newcomer, and is theirs as it was.
    Mailboxes {
        /// The one with the entries.
        home: MessageId,
        /// How many mailboxes it is in now that it may not have been in before.
        entries: usize,
    },
}

impl Store {
    /// Gives up to `limit` messages to a newcomer, from `after` on, in the order of their arrival, and
    /// says what became of each. They are not messages of this name any more then; doing it twice
    /// changes nothing.
    ///
    /// Only the process that files may call this.
    pub async fn welcome(
        &self,
        newcomer: Newcomer,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Welcomed>, StoreError> {
        let after = after.map_or(i64::MIN, MessageId::number);
        let welcomed = self
            .blocking(move |inner| inner.welcome(&newcomer, after, limit))
            .await?;
        self.inner().kept.notify_one();
        Ok(welcomed)
    }
}

/// A message that has the name.
struct Named {
    id: MessageId,
    /// The one that has its entries; `None` where nobody has it.
    home: Option<MessageId>,
    mail_id: Option<String>,
    folders: Vec<(Folder, AtPrimary)>,
}

type AtPrimary = bool;

impl Inner {
    fn welcome(
        &self,
        newcomer: &Newcomer,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Welcomed>, StoreError> {
        let day = newcomer.day;
        let named = self.read_day(day, |index| named(index, newcomer, (after, limit)))?;
        let named = named.unwrap_or_default();
        let mut filings = Vec::with_capacity(named.len());
        for named in &named {
            filings.push(filing(&named.folders, &newcomer.owners));
        }
        let both = || named.iter().zip(&filings);
        // What is settled comes before the entries, as in filing.
        if filings.iter().any(|filing| !filing.served.is_empty()) {
            self.shadow.write(|shadow| {
                both().try_for_each(|(named, filing)| match named.home {
                    Some(home) => queue::confirm_served(shadow, home, &filing.served),
                    None => Ok(()),
                })
            })?;
        }
        // Homes on other days come before the names are forgotten.
        let mut elsewhere: BTreeMap<Day, Vec<(MessageId, &Filing)>> = BTreeMap::new();
        for (named, filing) in both() {
            if let Some(home) = named.home.filter(|home| home.day() != day) {
                elsewhere
                    .entry(home.day())
                    .or_default()
                    .push((home, filing));
            }
        }
        let mut unread = Vec::new();
        for (day, joining) in elsewhere {
            let joined = self.use_day(day, |open| {
                open.index.write(|index| {
                    let mut joining = joining.iter();
                    joining.try_for_each(|(home, filing)| join(index, *home, filing))
                })
            })?;
            if joined.is_none() && self.days.has(day) {
                unread.push(day);
            }
        }
        // What lies on a day that can not be read now keeps its name, for the next sync.
        let is_settled = |named: &Named| named.home.is_none_or(|it| !unread.contains(&it.day()));
        let done = self.use_day(day, |open| {
            open.index.write(|index| {
                let mut settled = both().filter(|(named, _)| is_settled(named));
                settled.try_for_each(|it| settle(index, newcomer, it))
            })
        })?;
        Ok(match done {
            Some(()) => both().map(|(named, filing)| told(named, filing)).collect(),
            None => Vec::new(),
        })
    }
}

/// Somebody may have given it to a person since it was looked for.
const UNFILE: &str = "UPDATE message SET state = 'unfiled' WHERE id = ?1 AND state = 'unsorted'";

/// Does what is to be done on the day of the message.
fn settle(
    index: &Transaction<'_>,
    newcomer: &Newcomer,
    (named, filing): (&Named, &Filing),
) -> Result<(), StoreError> {
    let Named { id, home, .. } = named;
    let Some(home) = home else {
        index.prepare_cached(UNFILE)?.execute([id.number()])?;
        return Ok(());
    };
    if home.day() == newcomer.day {
        join(index, *home, filing)?;
    }
    index
        .prepare_cached("DELETE FROM unknown_name WHERE name = ?1 AND message = ?2")?
        .execute((&newcomer.name, id.number()))?;
    Ok(())
}

/// Whose mailboxes a message goes to by a name.
fn filing(folders: &[(Folder, AtPrimary)], owners: &Owners) -> Filing {
    let mut filing = Filing::default();
    for (folder, at_primary) in folders {
        let accounts: Vec<AccountId> = match (owners, folder) {
            (Owners::One(owner), _) => vec![owner.account],
            // A group sends nothing.
            (Owners::Group(_), Folder::Sent) | (Owners::Nobody, _) => Vec::new(),
            (Owners::Group(members), _) => members.iter().map(|member| member.account).collect(),
        };
        filing.entries.extend(accounts.iter().map(|account| Entry {
            account: *account,
            folder: *folder,
            seen: *folder == Folder::Sent,
        }));
        if *at_primary {
            filing.served.extend(accounts);
        }
    }
    filing
}

/// Messages of the name that were filed.
fn named(
    index: &Transaction<'_>,
    Newcomer { day, name, .. }: &Newcomer,
    (after, limit): (i64, usize),
) -> Result<Vec<Named>, StoreError> {
    let mut rows = index.prepare_cached(
        "SELECT id, state, merged_into, folder, at_primary,
                iif(json_valid(envelope), envelope, '{}') ->> '$.peer.mail_id'
         FROM unknown_name JOIN message ON id = message
         WHERE name = ?1 AND message IN (
             SELECT DISTINCT message FROM unknown_name JOIN message ON id = message
             WHERE name = ?1 AND message > ?2 AND state <> 'unfiled' ORDER BY message LIMIT ?3)
         ORDER BY message, folder",
    )?;
    let mut rows = rows.query((name, after, limit))?;
    let mut all: Vec<Named> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = MessageId::from_parts(*day, row.get(0)?);
        // One that is damaged must not stop the others.
        let Ok(folder) = columns::parsed(row, 3) else {
            continue;
        };
        let folder = (folder, row.get(4)?);
        if let Some(last) = all.last_mut().filter(|last| last.id == id) {
            last.folders.push(folder);
            continue;
        }
        let state: String = row.get(1)?;
        let into: Option<String> = row.get(2)?;
        let home = match into.map(|into| into.parse()) {
            Some(Ok(home)) => Some(home),
            Some(Err(_)) | None => (state != "unsorted").then_some(id),
        };
        let folders = vec![folder];
        all.push(Named {
            id,
            home,
            mail_id: row.get(5)?,
            folders,
        });
    }
    Ok(all)
}

/// Puts the message into mailboxes, if it is there and no copy itself.
fn join(index: &Transaction<'_>, home: MessageId, filing: &Filing) -> Result<(), StoreError> {
    let is_home = index
        .prepare_cached("SELECT 1 FROM message WHERE id = ?1 AND merged_into IS NULL")?
        .exists([home.number()])?;
    if is_home {
        write_entries(index, home, filing)?;
    }
    Ok(())
}

fn told(named: &Named, filing: &Filing) -> Welcomed {
    let entries = filing.entries.len();
    Welcomed {
        id: named.id,
        mail_id: named.mail_id.clone(),
        now: match named.home {
            None => WelcomedTo::Filing,
            Some(home) => WelcomedTo::Mailboxes { home, entries },
        },
    }
}

#[cfg(test)]
#[path = "welcome_tests.rs"]
mod tests;
