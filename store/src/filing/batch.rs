//! Filing a batch: decided first, by what is stored and by what stands earlier in the batch; then
//! written, debts before entries, so that a crash at any point leaves messages that are filed again
//! to the same end.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Transaction;

use crate::account::AccountId;
use crate::conversation;
use crate::day::Day;
use crate::decided;
use crate::error::StoreError;
use crate::filing::rows;
use crate::filing::{Filed, Filing};
use crate::id::MessageId;
use crate::limits;
use crate::queue::{self, Purpose};
use crate::shadow::Inner;

/// One message of a batch, and what becomes of it.
pub(super) struct Decided<'a> {
    id: MessageId,
    filing: &'a Filing,
    fate: Fate,
}

/// What becomes of a message.
enum Fate {
    /// Nothing before it is the same mail.
    Own,
    /// The same mail as `home`, which the primary has already shown to have for `served`.
    Copy {
        home: MessageId,
        served: Vec<AccountId>,
    },
    /// What we handed back of `home` comes as a journal copy.
    Replayed { home: MessageId, joins: Joins },
}

/// Whether the mailboxes of a replayed message get it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joins {
    /// Whoever else the primary gave it to, by a rule or a forwarding, sees it, too.
    Yes,
    /// A Sent copy is no new mail for its writer; or it was handed back for so long that its day
    /// has aged meanwhile.
    No,
}

impl Decided<'_> {
    /// The record that has the entries.
    fn home(&self) -> MessageId {
        match self.fate {
            Fate::Own => self.id,
            Fate::Copy { home, .. } | Fate::Replayed { home, .. } => home,
        }
    }

    fn filed(&self) -> Filed {
        match self.fate {
            Fate::Own => Filed::Own,
            Fate::Copy { home, .. } | Fate::Replayed { home, .. } => Filed::Merged(home),
        }
    }
}

impl Inner {
    pub(super) fn file_many(
        &self,
        batch: &[(MessageId, Filing)],
    ) -> Result<Vec<Filed>, StoreError> {
        let batch = self.decide(batch)?;
        self.write_debts(&batch)?;
        self.write_days(&batch)?;
        Ok(batch.iter().map(Decided::filed).collect())
    }

    pub(super) fn decide<'a>(
        &self,
        batch: &'a [(MessageId, Filing)],
    ) -> Result<Vec<Decided<'a>>, StoreError> {
        let mut keys = self.stored_keys(batch)?;
        let mut decided: Vec<Decided<'a>> = Vec::with_capacity(batch.len());
        for (id, filing) in batch {
            let (id, fate) = (*id, self.fate(*id, filing, (&keys, &decided))?);
            let own_key = match fate {
                Fate::Own => filing.merge_key,
                Fate::Copy { .. } | Fate::Replayed { .. } => None,
            };
            keys.put(id, own_key);
            decided.push(Decided { id, filing, fate });
        }
        Ok(decided)
    }

    fn fate(
        &self,
        id: MessageId,
        filing: &Filing,
        (keys, earlier): (&Keys, &[Decided<'_>]),
    ) -> Result<Fate, StoreError> {
        if let Some(replayed) = filing.replayed
            && let Some(purpose) = self
                .shadow
                .read(|shadow| queue::purpose_of(shadow, replayed))?
        {
            // What was decided a moment ago is not on disk yet.
            let earlier = earlier.iter().find(|it| it.id == replayed.message);
            let home = earlier.map_or(replayed.message, Decided::home);
            if purpose == Purpose::SentCopy || !self.days.has(home.day()) {
                let joins = Joins::No;
                return Ok(Fate::Replayed { home, joins });
            }
            if self.is_home(home)? {
                let joins = Joins::Yes;
                return Ok(Fate::Replayed { home, joins });
            }
            // What it is a copy of is lost, or has aged before the rest of its day: this one is
            // the mail now.
        }
        let twin = filing.merge_key.and_then(|key| keys.twin(id, &key));
        let Some(home) = twin else {
            return Ok(Fate::Own);
        };
        let mut served = if filing.owed.is_empty() {
            Vec::new()
        } else {
            self.served(home)?
        };
        for earlier in earlier.iter().filter(|earlier| earlier.home() == home) {
            let entries = earlier.filing.entries.iter().map(|entry| entry.account);
            served.extend(entries.filter(|account| earlier.filing.served.contains(account)));
        }
        Ok(Fate::Copy { home, served })
    }

    /// Whether it is there, and no copy of another one by now.
    fn is_home(&self, id: MessageId) -> Result<bool, StoreError> {
        self.days.of(id)?.index.read(|index| {
            let home = "SELECT 1 FROM message WHERE id = ?1 AND merged_into IS NULL";
            let mut row = index.prepare_cached(home)?;
            Ok(row.exists([id.number()])?)
        })
    }

    /// Which stored messages have the merge keys of a batch, of all days that a message of it may
    /// have a copy on.
    fn stored_keys(&self, batch: &[(MessageId, Filing)]) -> Result<Keys, StoreError> {
        let mut keys = Keys::default();
        let mut wanted: BTreeMap<[u8; 32], BTreeSet<Day>> = BTreeMap::new();
        for (id, filing) in batch {
            if let Some(key) = filing.merge_key {
                wanted.entry(key).or_default().insert(id.day());
            }
        }
        if wanted.is_empty() {
            return Ok(keys);
        }
        for day in self.days.list()? {
            let mut wanted = wanted
                .iter()
                .filter(|(_, of)| of.iter().any(|of| may_merge(day, *of)))
                .peekable();
            if wanted.peek().is_none() {
                continue;
            }
            // A copy on a day that can not be read is not found: better twice than never.
            self.read_day(day, |index| {
                let mut having =
                    index.prepare_cached("SELECT id FROM message WHERE merge_key = ?1")?;
                for (key, _) in wanted {
                    let mut rows = having.query([key])?;
                    while let Some(row) = rows.next()? {
                        keys.put(MessageId::from_parts(day, row.get(0)?), Some(*key));
                    }
                }
                Ok(())
            })?;
        }
        Ok(keys)
    }

    /// Accounts whose copy of a message the primary has shown to have.
    fn served(&self, id: MessageId) -> Result<Vec<AccountId>, StoreError> {
        self.days.of(id)?.index.read(|index| {
            let mut served = index.prepare_cached(
                "SELECT account FROM entry WHERE message = ?1 AND at_primary = 1",
            )?;
            let served = served.query_map([id.number()], |row| row.get(0).map(AccountId))?;
            Ok(served.collect::<Result<_, _>>()?)
        })
    }

    /// The queue comes before the entries: if the power goes between the two, the messages are
    /// still unfiled and all of this happens again; the other order could forget a debt.
    pub(super) fn write_debts(&self, batch: &[Decided<'_>]) -> Result<(), StoreError> {
        self.shadow.write(|shadow| {
            let mut homes = BTreeSet::new();
            for Decided { id, filing, fate } in batch {
                if let Some(replayed) = filing.replayed
                    && queue::purpose_of(shadow, replayed)?.is_some()
                {
                    queue::confirm(shadow, replayed.queue)?;
                }
                let (home, served_before) = match fate {
                    Fate::Replayed { .. } => continue,
                    Fate::Own => (*id, [].as_slice()),
                    Fate::Copy { home, served } => (*home, served.as_slice()),
                };
                if homes.insert(home.day()) {
                    self.refuse_dropped(shadow, home.day())?;
                }
                if !filing.owed.is_empty() {
                    owe(shadow, (*id, home), filing, served_before)?;
                }
                queue::confirm_served(shadow, home, &filing.served)?;
            }
            Ok(())
        })
    }

    /// One transaction for each day. A message is marked as a copy when its home has the entries,
    /// never before: nobody would look at it again.
    fn write_days(&self, batch: &[Decided<'_>]) -> Result<(), StoreError> {
        let (mut first, mut last) = (Turn::new(), Turn::new());
        for one in batch {
            let (id, home) = (one.id, one.home());
            match one.fate {
                Fate::Own => first.entry(id.day()).or_default().push(Write::Message(one)),
                Fate::Copy { .. }
                | Fate::Replayed {
                    joins: Joins::Yes, ..
                } => {
                    first
                        .entry(home.day())
                        .or_default()
                        .push(Write::Entries(one));
                }
                Fate::Replayed {
                    joins: Joins::No, ..
                } => {}
            }
            if !matches!(one.fate, Fate::Own) {
                // Days are written from the oldest on, and the home is the older one, unless the
                // clock was set back between the two.
                let turn = if home.day() <= id.day() {
                    &mut first
                } else {
                    &mut last
                };
                turn.entry(id.day()).or_default().push(Write::Merged(one));
            }
        }
        for (day, writes) in first.into_iter().chain(last) {
            self.days
                .at(day)?
                .index
                .write(|index| writes.iter().try_for_each(|write| write.apply(index)))?;
        }
        Ok(())
    }
}

/// Writes down what a record owes, under the message that has its entries.
fn owe(
    shadow: &Transaction<'_>,
    (id, home): (MessageId, MessageId),
    filing: &Filing,
    served: &[AccountId],
) -> Result<(), StoreError> {
    // Filed before, and again because that was cut short or its index was made anew: who has joined
    // a group since is owed nothing, and what was settled stays so. But an earlier try may have
    // come this far when there was another twin, or none.
    if let Some(before) = decided::decide(shadow, id, home)? {
        if before != home {
            decided::move_untried(shadow, id, (before, home))?;
        }
        return Ok(());
    }
    for owed in &filing.owed {
        let is_served = owed
            .account
            .is_some_and(|account| served.contains(&account));
        if owed.purpose != Purpose::Return || !is_served {
            queue::insert(shadow, (home, id), (owed, filing.writer), id.arrived_at())?;
        }
    }
    Ok(())
}

/// What is to be written, each day in one transaction, from the oldest day on.
type Turn<'a> = BTreeMap<Day, Vec<Write<'a>>>;

enum Write<'a> {
    /// The message with entries of its own.
    Message(&'a Decided<'a>),
    /// Only the entries, at its home.
    Entries(&'a Decided<'a>),
    /// That it is a copy of its home.
    Merged(&'a Decided<'a>),
}

impl Write<'_> {
    fn apply(&self, index: &Transaction<'_>) -> Result<(), StoreError> {
        match self {
            Write::Message(one) => {
                rows::write_message(index, one.id, one.filing)?;
                conversation::write_references(index, one.id, &one.filing.references)?;
                rows::write_entries(index, one.id, one.filing)
            }
            Write::Entries(one) => rows::write_entries(index, one.home(), one.filing),
            Write::Merged(one) => rows::write_merged(index, (one.id, one.home()), one.filing),
        }
    }
}

/// Which messages have which merge key: those that are stored, and what the batch makes of it.
#[derive(Default)]
struct Keys(HashMap<[u8; 32], BTreeSet<MessageId>>);

impl Keys {
    /// The message has this key from now on, and no other.
    fn put(&mut self, id: MessageId, key: Option<[u8; 32]>) {
        for having in self.0.values_mut() {
            having.remove(&id);
        }
        if let Some(key) = key {
            self.0.entry(key).or_default().insert(id);
        }
    }

    /// Another record that is the same mail: the first one of the newest day that has any.
    fn twin(&self, id: MessageId, key: &[u8; 32]) -> Option<MessageId> {
        let having = self.0.get(key)?.iter();
        having
            .filter(|one| may_merge(one.day(), id.day()))
            .min_by_key(|one| (Reverse(one.day()), **one))
            .copied()
            .filter(|twin| *twin != id)
    }
}

/// Whether a message of a day may be a copy of one of the day `home`, the same day or up to a
/// week before: senders retry for five days (RFC 5321 §4.5.4.1).
fn may_merge(home: Day, day: Day) -> bool {
    (0..=limits::MERGE_DAYS_MAX).contains(&home.days_until(day))
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
