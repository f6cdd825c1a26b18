//! Aging a day: the one place that deletes mail.
//!
//! ```text
//! 1  days/.thinned-D/        made with the survivors only, synced          (skipped without any)
//! 2  shadow.db, dropped_day  D is marked, if the mode is Normal and nothing more is owed or held
//! 3  days/D                  becomes .thinned-D, and .thinned-D becomes D, in one step; without
//!                            survivors D becomes .dropped-D
//! 4  shadow.db, queue        the settled rows of what is gone go
//! 5  shadow.db, dropped_day  the mark goes
//! 6  .thinned-D, .dropped-D  deleted
//! ```
//!
//! A crash before 2 changes nothing; after it the next start goes on from 3, and every step can be
//! done again. From 1 to 3 nobody else writes into the index of the day, so nothing that was filed
//! meanwhile is lost. The work up to 3 is in proportion to what survives, not to what goes; the
//! large files are deleted when nobody waits any more.

use std::collections::BTreeMap;
use std::fs::File;

use jiff::Timestamp;
use rusqlite::Transaction;

use crate::account::AccountId;
use crate::alert_kind::AlertKind;
use crate::audit::{self, AuditEvent};
use crate::day::Day;
use crate::days::{OpenDay, Rest};
use crate::error::StoreError;
use crate::hold;
use crate::limits;
use crate::lock;
use crate::mode;
use crate::search::Opening;
use crate::shadow::{Inner, Store};
use crate::survivor::{self, DayLimit, Protection, Spared, Task};
use crate::thin;

/// One day, and for whom it is over.
#[derive(Clone, Debug)]
pub struct Aging {
    /// Which day.
    pub day: Day,
    /// For whom it is over.
    pub limit: DayLimit,
    /// Who says so, for the audit log: `shadowmail` for the schedule.
    pub by: String,
    /// When.
    pub now: Timestamp,
}

/// What became of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aged {
    /// What was done.
    pub fate: Fate,
    /// Messages that survived a thinning.
    pub survivors: u64,
    /// Entries that were removed from mailboxes while their messages stay.
    pub entries: u64,
}

/// What was done with a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing of it was due.
    Stays,
    /// It stays whole for now, though it is due, and why.
    StaysWhole(String),
    /// Some mailboxes show some of it no more; the messages stay.
    EntriesRemoved,
    /// All but the survivors went.
    Thinned,
    /// All of it went.
    Dropped,
}

/// How far aging a day has come. A crash after any of them loses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgingStep {
    /// So many survivors of so many are copied.
    Copied(usize, usize),
    /// The index of the survivors is made, and all of it is synced.
    Indexed,
    /// It is written down that the day goes.
    Marked,
    /// The day's directory is another one, or none.
    Swapped,
    /// The rows of what is gone are gone.
    RowsGone,
    /// The mark is gone; only the old directory is left to delete.
    Unmarked,
}

/// Hears of each step; an error stops there, as a crash would.
pub(crate) type Reached<'a> = &'a mut dyn FnMut(AgingStep) -> Result<(), StoreError>;

impl Store {
    /// Ages a day: drops it whole, or thins it to what something protects, or removes entries.
    /// Refuses while the mode lets nothing age ([`Mode::ages`]), and while another process ages. `tell` hears how far it is.
    ///
    /// Only `retention` may call this.
    pub async fn age_day(
        &self,
        aging: Aging,
        mut tell: impl FnMut(AgingStep) + Send + 'static,
    ) -> Result<Aged, StoreError> {
        self.blocking(move |inner| {
            inner.age(&aging, &mut |step| {
                tell(step);
                Ok(())
            })
        })
        .await
    }
}

impl Inner {
    pub(crate) fn age(&self, aging: &Aging, reached: Reached<'_>) -> Result<Aged, StoreError> {
        let Some(_alone) = self.age_alone()? else {
            return Err(StoreError::Refused(
                "another process ages mail right now; try again in a moment".to_owned(),
            ));
        };
        self.finish_marked(reached)?;
        let day = self.days.at(aging.day)?;
        // What has no row would go unseen.
        let untold = |error| {
            self.tell_damage();
            let why = "its newest messages can not be read, so nobody knows whether they are owed";
            StoreError::Refused(format!("{why}: look at the disk ({error})"))
        };
        self.days.regain(&day).map_err(untold)?;
        for _ in 0..limits::AGING_TRIES_MAX {
            if let Some(aged) = self.try_age(aging, &day, reached)? {
                return Ok(aged);
            }
        }
        let why = format!("{} changes all the time; it is tried again later", day.day);
        Ok(Aged::untouched(Fate::StaysWhole(why)))
    }

    /// The lock of whoever ages, until it is dropped; `None` while another has it.
    fn age_alone(&self) -> Result<Option<File>, StoreError> {
        Ok(lock::try_alone(&self.aging_lock)?)
    }

    /// Finishes what a crash left of an aging. While somebody ages it is not over, and no crash.
    pub(crate) fn finish_dropping(&self) -> Result<(), StoreError> {
        match self.age_alone()? {
            Some(_alone) => self.finish_marked(&mut |_| Ok(())),
            None => Ok(()),
        }
    }

    /// `None` when something came in between, and all of it must be looked at again.
    fn try_age(
        &self,
        aging: &Aging,
        day: &OpenDay,
        reached: Reached<'_>,
    ) -> Result<Option<Aged>, StoreError> {
        let spared = match self.spared(day, &aging.limit, Opening::AsNeeded)? {
            Ok(spared) => spared,
            Err(why) => return Ok(Some(Aged::untouched(Fate::StaysWhole(why)))),
        };
        match day.index.read(|index| spared.task(index))? {
            Task::Nothing => Ok(Some(Aged::untouched(Fate::Stays))),
            Task::RemoveEntries(entries) => self.remove_entries(aging, day, (&spared, &entries)),
            Task::Keep(survivors) => {
                let work = Work {
                    aging,
                    spared,
                    survivors,
                };
                self.replace(&work, day, reached)
            }
        }
    }

    /// Thins the day, or drops it when nothing survives.
    fn replace(
        &self,
        work: &Work<'_>,
        day: &OpenDay,
        reached: Reached<'_>,
    ) -> Result<Option<Aged>, StoreError> {
        let copied = if work.survivors.is_empty() {
            thin::Copied::default()
        } else {
            thin::copy_records(&self.days, day, &work.survivors, reached)?
        };
        let is_marked = day.index.write(|index| {
            let now = self.spared(day, &work.aging.limit, Opening::OnlyOpen)?;
            let is_same = now.as_ref() == Ok(&work.spared)
                && work.spared.survivors(index)?.as_ref() == Some(&work.survivors);
            if !is_same {
                return Ok(false);
            }
            if !work.survivors.is_empty() {
                thin::copy_rows(&self.days, index, (day.day, &work.spared), &copied.places)?;
                reached(AgingStep::Indexed)?;
            }
            if !self.shadow.write(|shadow| work.mark(shadow))? {
                return Ok(false);
            }
            reached(AgingStep::Marked)?;
            // Still inside of the transaction: whoever writes into this index afterwards finds
            // another file in its place, and begins again there.
            let survivors = work.survivors.len() as u64;
            self.days.put_aside(day.day, rest(survivors))?;
            Ok(true)
        })?;
        if !is_marked {
            return Ok(None);
        }
        self.tell_damaged_survivors(work.aging, copied.damaged);
        self.finish_marked(reached)?;
        Ok(Some(Aged {
            fate: work.fate(),
            survivors: work.survivors.len() as u64,
            entries: 0,
        }))
    }

    fn tell_damaged_survivors(&self, aging: &Aging, damaged: u64) {
        if damaged == 0 {
            return;
        }
        let (day, messages) = (aging.day, if damaged == 1 { "message" } else { "messages" });
        let words = format!(
            "{damaged} {messages} of {day} that must stay though the day is over can not be read: \
             they are kept as they are; see `shadowmail store verify --day {day}`"
        );
        self.alerts.raise(AlertKind::DayDamaged, &words, aging.now);
    }

    /// Removes entries whose messages stay, some at a time.
    fn remove_entries(
        &self,
        aging: &Aging,
        day: &OpenDay,
        (spared, entries): (&Spared, &[(AccountId, i64)]),
    ) -> Result<Option<Aged>, StoreError> {
        for some in entries.chunks(limits::ROWS_DELETED_AT_ONCE_MAX) {
            let is_permitted = day.index.write(|index| {
                if !self
                    .shadow
                    .read(|shadow| is_permitted(shadow, (aging.day, spared)))?
                {
                    return Ok(false);
                }
                for (account, message) in some {
                    index
                        .prepare_cached("DELETE FROM entry WHERE account = ?1 AND message = ?2")?
                        .execute((account.0, message))?;
                    // The full text knows whose it is.
                    index
                        .prepare_cached("UPDATE message SET indexed = 0 WHERE id = ?1")?
                        .execute([message])?;
                }
                Ok(true)
            })?;
            if !is_permitted {
                return Ok(None);
            }
        }
        let entries = entries.len() as u64;
        let detail = format!("{entries} entries removed, their time is over");
        self.shadow
            .write(|shadow| audit(shadow, aging, detail.clone()))?;
        Ok(Some(Aged {
            fate: Fate::EntriesRemoved,
            survivors: 0,
            entries,
        }))
    }

    /// Does what is left to do for all days that are marked.
    fn finish_marked(&self, reached: Reached<'_>) -> Result<(), StoreError> {
        let marked: Vec<(String, u64)> = self.shadow.read(|shadow| {
            let mut rows = shadow.prepare_cached("SELECT day, survivors FROM dropped_day")?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        for (text, survivors) in marked {
            if let Ok(day) = text.parse() {
                self.days.put_aside(day, rest(survivors))?;
                self.days.sync()?;
                reached(AgingStep::Swapped)?;
                self.remove_rows(day)?;
                reached(AgingStep::RowsGone)?;
                self.days.settle(day)?;
            }
            self.shadow
                .write(|shadow| unmark(shadow, &text, survivors))?;
            reached(AgingStep::Unmarked)?;
        }
        self.days.delete_aside()?;
        Ok(())
    }
}

/// One day, and what stays of it.
struct Work<'a> {
    aging: &'a Aging,
    spared: Spared,
    survivors: BTreeMap<i64, Protection>,
}

impl Work<'_> {
    fn fate(&self) -> Fate {
        if self.survivors.is_empty() {
            Fate::Dropped
        } else {
            Fate::Thinned
        }
    }

    /// Marks the day, in the transaction that looks once more whether it may go. `false` when
    /// something came in between.
    fn mark(&self, shadow: &Transaction<'_>) -> Result<bool, StoreError> {
        let day = self.aging.day;
        if !is_permitted(shadow, (day, &self.spared))? {
            return Ok(false);
        }
        let survivors = self.survivors.len() as u64;
        shadow.execute(
            "INSERT INTO dropped_day (day, survivors) VALUES (?1, ?2)",
            (day.to_string(), survivors),
        )?;
        let detail = match self.fate() {
            Fate::Thinned => format!("thinned to {survivors} messages"),
            _ => "dropped".to_owned(),
        };
        audit(shadow, self.aging, detail)?;
        Ok(true)
    }
}

/// Whether what was seen of debts and holds still is so. Refuses while nothing ages.
fn is_permitted(
    shadow: &Transaction<'_>,
    (day, spared): (Day, &Spared),
) -> Result<bool, StoreError> {
    let mode = mode::present(shadow)?.mode;
    if !mode.ages() {
        return Err(StoreError::Refused(format!(
            "{day} stays: the mode is {mode}"
        )));
    }
    let owed = survivor::owed(shadow, day)?;
    Ok(hold::stamp(shadow)? == spared.holds.stamp
        && owed.iter().all(|it| spared.messages.contains_key(it)))
}

fn rest(survivors: u64) -> Rest {
    if survivors > 0 {
        Rest::Survivors
    } else {
        Rest::Nothing
    }
}

fn unmark(shadow: &Transaction<'_>, day: &str, survivors: u64) -> Result<(), StoreError> {
    shadow.execute("DELETE FROM dropped_day WHERE day = ?1", [day])?;
    shadow.execute("DELETE FROM thinned_day WHERE day = ?1", [day])?;
    if survivors > 0 {
        shadow.execute(
            "INSERT INTO thinned_day (day, at, survivors) VALUES (?1, ?2, ?3)",
            (day, Timestamp::now().as_millisecond(), survivors),
        )?;
    }
    Ok(())
}

fn audit(shadow: &Transaction<'_>, aging: &Aging, detail: String) -> Result<(), StoreError> {
    let event = AuditEvent {
        actor: aging.by.clone(),
        action: "aging",
        object: aging.day.to_string(),
        detail,
        address: None,
    };
    audit::insert(shadow, &event, aging.now)
}

impl Aged {
    fn untouched(fate: Fate) -> Self {
        Self {
            fate,
            survivors: 0,
            entries: 0,
        }
    }
}

#[cfg(test)]
#[path = "aging_tests.rs"]
mod tests;
