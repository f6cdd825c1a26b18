//! Who survives a day that is over its limit: what is owed, unfiled, held, or kept longer for
//! somebody.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Transaction;
use serde::Serialize;

use crate::account::AccountId;
use crate::columns;
use crate::day::Day;
use crate::day_state;
use crate::days::{self, OpenDay};
use crate::error::StoreError;
use crate::hold::Covered;
use crate::hold_query;
use crate::id::MessageId;
use crate::limits;
use crate::search::Opening;
use crate::shadow::{Inner, Store};

/// For whom a day is over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayLimit {
    /// For everybody but these accounts, whose mail is kept longer: the mail of all others goes,
    /// and the whole day with it where nothing protects any of it.
    OverBut(BTreeSet<AccountId>),
    /// Only for these accounts, whose mail is kept shorter: nobody finds it in their mailboxes any
    /// more. The messages themselves go with the day.
    OverFor(BTreeSet<AccountId>),
}

/// Why a message of a day that is over stays; the strongest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Somebody must still get it, or it is the envelope that such a mail goes out with.
    Owed,
    /// Nobody knows yet whose it is.
    Unfiled,
    /// A hold covers it.
    Held,
    /// Somebody's mail is kept longer.
    LongerLimit,
    /// A copy of it came on a day that is not over yet, and whoever got the copy finds it here.
    LaterCopy,
}

/// How much that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many.
    pub messages: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

impl Tally {
    fn add(&mut self, bytes: u64) {
        self.messages += 1;
        self.bytes += bytes;
    }
}

/// What aging a day would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// What would go.
    pub going: Tally,
    /// What would stay because something protects it; empty for a day that is not over.
    pub staying: BTreeMap<Protection, Tally>,
    /// Entries of mailboxes that would go while their message stays.
    pub entries_going: u64,
    /// Why the day stays whole for now.
    pub whole_because: Option<String>,
}

impl Store {
    /// Whether aging would take anything of a day. The work is in proportion to what would stay.
    pub async fn is_due(&self, day: Day, limit: DayLimit) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            let day = inner.days.at(day)?;
            match inner.spared(&day, &limit, Opening::AsNeeded)? {
                Ok(spared) => {
                    let task = day.index.read(|index| spared.task(index))?;
                    Ok(!matches!(task, Task::Nothing))
                }
                Err(_) => Ok(false),
            }
        })
        .await
    }

    /// What aging would do with a day. Looks at every message of it.
    pub async fn day_outlook(&self, day: Day, limit: DayLimit) -> Result<Outlook, StoreError> {
        self.blocking(move |inner| inner.outlook(&*inner.days.at(day)?, &limit))
            .await
    }
}

/// What protects the mail of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spared {
    /// Messages that stay with all their entries.
    pub(crate) messages: BTreeMap<i64, Protection>,
    /// Whose entries stay, and the messages with them.
    pub(crate) accounts: Accounts,
    /// Which holds that takes account of.
    pub(crate) holds: Covered,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Accounts {
    /// Nobody's but theirs.
    Only(BTreeMap<AccountId, Protection>),
    /// Everybody's but theirs.
    AllBut(BTreeSet<AccountId>),
}

/// What is to be done with a day, or why nothing is for now.
pub(crate) enum Task {
    /// All of it stays.
    Nothing,
    /// Messages stay, but not in these mailboxes.
    RemoveEntries(Vec<(AccountId, i64)>),
    /// Only these stay.
    Keep(BTreeMap<i64, Protection>),
}

impl Spared {
    /// Whether an entry stays.
    pub(crate) fn keeps(&self, account: AccountId, message: i64) -> bool {
        self.messages.contains_key(&message)
            || match &self.accounts {
                Accounts::Only(accounts) => accounts.contains_key(&account),
                Accounts::AllBut(accounts) => !accounts.contains(&account),
            }
    }

    /// The messages that stay; `None` for all.
    pub(crate) fn survivors(
        &self,
        index: &Transaction<'_>,
    ) -> Result<Option<BTreeMap<i64, Protection>>, StoreError> {
        let Accounts::Only(accounts) = &self.accounts else {
            return Ok(None);
        };
        let mut survivors = BTreeMap::new();
        let mut exists = index.prepare_cached("SELECT 1 FROM message WHERE id = ?1")?;
        for (message, why) in &self.messages {
            if exists.exists([message])? {
                survivors.insert(*message, *why);
            }
        }
        let mut of = index.prepare_cached("SELECT message FROM entry WHERE account = ?1")?;
        for (account, why) in accounts {
            let mut messages = of.query([account.0])?;
            while let Some(row) = messages.next()? {
                let stays = survivors.entry(row.get(0)?).or_insert(*why);
                *stays = (*stays).min(*why);
            }
        }
        Ok(Some(survivors))
    }

    /// What is to be done. The work is in proportion to what stays.
    pub(crate) fn task(&self, index: &Transaction<'_>) -> Result<Task, StoreError> {
        if let Some(survivors) = self.survivors(index)? {
            let mut ids = index.prepare_cached("SELECT id FROM message ORDER BY id")?;
            let mut ids = ids.query([])?;
            while let Some(row) = ids.next()? {
                if !survivors.contains_key(&row.get(0)?) {
                    return Ok(Task::Keep(survivors));
                }
            }
        }
        let entries = self.entries_going(index)?;
        Ok(if entries.is_empty() {
            Task::Nothing
        } else {
            Task::RemoveEntries(entries)
        })
    }

    /// Entries whose time is over while their message stays.
    fn entries_going(&self, index: &Transaction<'_>) -> Result<Vec<(AccountId, i64)>, StoreError> {
        let accounts: Vec<AccountId> = match &self.accounts {
            Accounts::AllBut(accounts) => accounts.iter().copied().collect(),
            Accounts::Only(_) => {
                let mut all = index.prepare_cached("SELECT DISTINCT account FROM entry")?;
                let all = all.query_map([], |row| row.get(0).map(AccountId))?;
                all.collect::<Result<_, _>>()?
            }
        };
        let mut of =
            index.prepare_cached("SELECT DISTINCT message FROM entry WHERE account = ?1")?;
        let mut going = Vec::new();
        for account in accounts {
            let mut messages = of.query([account.0])?;
            while let Some(row) = messages.next()? {
                let message = row.get(0)?;
                if !self.keeps(account, message) {
                    going.push((account, message));
                }
            }
        }
        Ok(going)
    }
}

impl Inner {
    /// What protects the mail of a day; or in words why that can not be told yet, and then all of
    /// it stays.
    pub(crate) fn spared(
        &self,
        day: &OpenDay,
        limit: &DayLimit,
        opening: Opening,
    ) -> Result<Result<Spared, String>, StoreError> {
        let holds = self.covered_by_holds()?;
        let mut messages = BTreeMap::new();
        let of_day = |id: &&MessageId| id.day() == day.day;
        for id in holds.messages.iter().filter(of_day) {
            messages.insert(id.number(), Protection::Held);
        }
        for (text, query) in &holds.queries {
            if let Some(why) = hold_query::unfit(query) {
                return Ok(Err(format!(
                    "the hold on the search \"{text}\" can not promise what it covers; release it \
                     and begin another one: {why}"
                )));
            }
            let found = self.held_by_search(query, day, opening)?;
            if found.behind > 0 {
                let behind = found.behind;
                return Ok(Err(format!(
                    "{behind} messages are not in the full text yet, so nobody can tell which of \
                     them the hold on the search \"{text}\" covers"
                )));
            }
            messages.extend(found.numbers.into_iter().map(|it| (it, Protection::Held)));
        }
        for number in day.index.read(unfiled)? {
            messages.insert(number, Protection::Unfiled);
        }
        for number in self.shadow.read(|shadow| owed(shadow, day.day))? {
            messages.insert(number, Protection::Owed);
        }
        if let DayLimit::OverBut(_) = limit {
            let copied = match self.copied_later(day.day)? {
                Ok(copied) => copied,
                Err(why) => return Ok(Err(why)),
            };
            for number in copied {
                messages.entry(number).or_insert(Protection::LaterCopy);
            }
        }
        let accounts = match limit {
            DayLimit::OverBut(accounts) => {
                let longer = accounts.iter().map(|it| (*it, Protection::LongerLimit));
                let held = holds.accounts.iter().map(|it| (*it, Protection::Held));
                Accounts::Only(longer.chain(held).collect())
            }
            DayLimit::OverFor(accounts) => {
                Accounts::AllBut(accounts.difference(&holds.accounts).copied().collect())
            }
        };
        Ok(Ok(Spared {
            messages,
            accounts,
            holds,
        }))
    }

    /// Messages of a day that copies were merged into which came on days that nothing was taken of
    /// yet. Days are aged in their order, so where the copy's day is over, too, its home goes with
    /// the next run. All entries stay: which of them a copy brought is written nowhere. In words why
    /// that can not be told while such a day can not be read.
    fn copied_later(&self, day: Day) -> Result<Result<BTreeSet<i64>, String>, StoreError> {
        let mut copied = BTreeSet::new();
        let may_have_copies =
            |later: &Day| (1..=limits::MERGE_DAYS_MAX).contains(&day.days_until(*later));
        // Also those that are known to be unreadable.
        let on_disk = days::on_disk(self.days.root())?;
        for later in on_disk.into_iter().filter(may_have_copies) {
            if self
                .shadow
                .read(|shadow| day_state::is_thinned(shadow, later))?
            {
                continue;
            }
            // The text of an id begins with its day and a hyphen, and a dot comes after that.
            let range = [format!("{}-", day.compact()), format!("{}.", day.compact())];
            let homes = self.read_day(later, |index| {
                let mut homes = index.prepare_cached(
                    "SELECT merged_into FROM message WHERE merged_into > ?1 AND merged_into < ?2",
                )?;
                let homes = homes.query_map(range, |row| columns::parsed::<MessageId>(row, 0))?;
                Ok(homes.collect::<Result<Vec<_>, _>>()?)
            })?;
            match homes {
                Some(homes) => copied.extend(homes.into_iter().map(MessageId::number)),
                None if self.days.has(later) => {
                    return Ok(Err(format!(
                        "{later} can not be read, so nobody can tell whose copies came on that day"
                    )));
                }
                None => {}
            }
        }
        Ok(Ok(copied))
    }

    fn outlook(&self, day: &OpenDay, limit: &DayLimit) -> Result<Outlook, StoreError> {
        let spared = match self.spared(day, limit, Opening::AsNeeded)? {
            Ok(spared) => spared,
            Err(why) => {
                return Ok(Outlook {
                    whole_because: Some(why),
                    ..Outlook::default()
                });
            }
        };
        day.index.read(|index| {
            let mut outlook = Outlook::default();
            if let Some(survivors) = spared.survivors(index)? {
                let mut all = index.prepare("SELECT id, length FROM message")?;
                let mut all = all.query([])?;
                while let Some(row) = all.next()? {
                    let tally = match survivors.get(&row.get(0)?) {
                        Some(why) => outlook.staying.entry(*why).or_default(),
                        None => &mut outlook.going,
                    };
                    tally.add(row.get(1)?);
                }
                if outlook.going != Tally::default() {
                    return Ok(outlook);
                }
            }
            outlook.entries_going = spared.entries_going(index)?.len() as u64;
            Ok(outlook)
        })
    }
}

fn unfiled(index: &Transaction<'_>) -> Result<Vec<i64>, StoreError> {
    let mut unfiled = index.prepare_cached("SELECT id FROM message WHERE state = 'unfiled'")?;
    let unfiled = unfiled.query_map([], |row| row.get(0))?;
    Ok(unfiled.collect::<Result<_, _>>()?)
}

/// Messages of a day that rows which are not settled name: to send their bytes, or to send others
/// with their envelope.
pub(crate) fn owed(shadow: &Transaction<'_>, day: Day) -> Result<BTreeSet<i64>, StoreError> {
    let mut owed = BTreeSet::new();
    let mut open = shadow.prepare_cached(
        "SELECT day, message, envelope_of FROM queue
         WHERE state NOT IN ('delivered', 'confirmed', 'written-off')",
    )?;
    let mut open = open.query([])?;
    while let Some(row) = open.next()? {
        let message = MessageId::from_parts(columns::parsed(row, 0)?, row.get(1)?);
        let envelope_of: MessageId = columns::parsed(row, 2)?;
        let of_day = [message, envelope_of]
            .into_iter()
            .filter(|it| it.day() == day);
        owed.extend(of_day.map(MessageId::number));
    }
    Ok(owed)
}
