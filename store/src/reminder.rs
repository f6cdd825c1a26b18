//! Reminders: who is to get a mail that asks them to try to sign in.
//!
//! Whoever wants people to be reminded writes it down here; the worker writes the mails. So it does not
//! matter which process asks, nobody is asked twice, and a crash leaves what is still to be done.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::Serialize;

use crate::account::{AccountId, recipient};
use crate::address::Address;
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::settings;
use crate::shadow::Store;

/// When the schedule last asked for reminders.
const SCHEDULED: &str = "reminders-scheduled";

/// What came of asking for reminders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RemindersAsked {
    /// People who will be reminded.
    pub asked: usize,
    /// People who will not, because they were a short while ago.
    pub recently: usize,
}

/// A reminder that is still to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueReminder {
    /// To whom.
    pub account: AccountId,
    /// Their primary address.
    pub address: Address,
    /// Their name.
    pub name: String,
    /// Their sign-in name.
    pub login: String,
    /// Language of their pages, where the directory says.
    pub language: Option<String>,
    /// When somebody asked for it.
    pub asked_at: Timestamp,
}

/// What became of reminders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RemindersSent {
    /// Not handed over yet.
    pub waiting: u64,
    /// The primary has them. What is older than the mail that is kept is not counted.
    pub delivered: u64,
    /// The primary did not take them.
    pub given_up: u64,
    /// When somebody last asked for some.
    pub asked_at: Option<Timestamp>,
}

impl Store {
    /// Asks for these people to be reminded, except those for whom somebody asked less than `pause`
    /// ago, in one transaction with a line of the audit log. `of` says there who they are.
    pub async fn ask_reminders(
        &self,
        accounts: Vec<AccountId>,
        pause: Duration,
        (by, of): (String, String),
        now: Timestamp,
    ) -> Result<RemindersAsked, StoreError> {
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        let before = now.checked_sub(pause).unwrap_or(Timestamp::MIN);
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let asked = ask(shadow, &accounts, (before, now))?;
                let event = AuditEvent {
                    actor: by,
                    action: "remind",
                    object: of,
                    detail: format!("{} people", asked.asked),
                    address: None,
                };
                audit::insert(shadow, &event, now)?;
                Ok(asked)
            })
        })
        .await
    }

    /// Whether the schedule last asked for reminders less than `every` ago; if not it does so now,
    /// and whoever calls this goes on with asking.
    pub async fn is_reminding_due(
        &self,
        every: Duration,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let every = SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX);
        self.blocking(move |inner| {
            let last = inner
                .shadow
                .read(|shadow| settings::time(shadow, SCHEDULED))?;
            // One in the future was written with a wrong clock.
            let is_over = |last: Timestamp| last > now || now.duration_since(last) >= every;
            if last.is_some_and(|last| !is_over(last)) {
                return Ok(false);
            }
            let value = now.as_millisecond().to_be_bytes();
            inner
                .shadow
                .write(|shadow| settings::put(shadow, SCHEDULED, &value))?;
            Ok(true)
        })
        .await
    }

    /// The reminder that was asked for first and is not written yet. Those of people who can sign in
    /// by now, or who do not any more, are forgotten.
    pub async fn due_reminder(&self, now: Timestamp) -> Result<Option<DueReminder>, StoreError> {
        self.blocking(move |inner| {
            let due = "SELECT 1 FROM reminder WHERE message IS NULL LIMIT 1";
            let some = inner
                .shadow
                .read(|shadow| Ok(shadow.prepare_cached(due)?.exists([])?))?;
            if !some {
                return Ok(None);
            }
            inner.shadow.write(|shadow| {
                let mut next = shadow.prepare_cached(NEXT)?;
                let mut forget =
                    shadow.prepare_cached("DELETE FROM reminder WHERE account = ?1")?;
                loop {
                    let found = next.query_row([now.as_millisecond()], due_reminder);
                    match found.optional()? {
                        Some((account, None)) => forget.execute([account])?,
                        Some((_, Some(due))) => return Ok(Some(due)),
                        None => return Ok(None),
                    };
                }
            })
        })
        .await
    }

    /// Says which mail the reminder of somebody is.
    pub async fn reminder_written(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow
                    .prepare_cached("UPDATE reminder SET message = ?2 WHERE account = ?1")?
                    .execute((account.0, message.to_string()))?;
                Ok(())
            })
        })
        .await
    }

    /// What became of the reminders that were asked for.
    pub async fn reminders(&self) -> Result<RemindersSent, StoreError> {
        self.blocking(|inner| inner.shadow.read(sent)).await
    }
}

fn ask(
    shadow: &Transaction<'_>,
    accounts: &[AccountId],
    (before, now): (Timestamp, Timestamp),
) -> Result<RemindersAsked, StoreError> {
    // A time in the future was written with a wrong clock.
    let mut remind = shadow.prepare_cached(
        "INSERT INTO reminder (account, asked_at) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET asked_at = excluded.asked_at, message = NULL
         WHERE asked_at <= ?3 OR asked_at > ?2",
    )?;
    let mut asked = RemindersAsked::default();
    for account in accounts {
        let key = (account.0, now.as_millisecond(), before.as_millisecond());
        if remind.execute(key)? == 1 {
            asked.asked += 1;
        } else {
            asked.recently += 1;
        }
    }
    Ok(asked)
}

// Whoever is locked out in the directory tries in vain, and is reminded all the same: by then that
// is mostly over.
const NEXT: &str = "SELECT reminder.account, main.address, account.name, login, language, asked_at,
        removed = 0 AND kind = 'person' AND standing IN ('active', 'locked')
        AND (standing = 'locked' OR (verifier IS NULL AND made_verifier.account IS NULL))
        AND emergency_code.account IS NULL
    FROM reminder
    JOIN account ON account.id = reminder.account
    LEFT JOIN address AS main ON main.account = account.id AND main.position = 0
    LEFT JOIN emergency_code ON emergency_code.account = account.id
        AND emergency_code.expires_at > ?1
    LEFT JOIN made_verifier ON made_verifier.account = account.id AND made_verifier.expires_at > ?1
        AND made_verifier.state = 'good'
    WHERE message IS NULL ORDER BY asked_at, reminder.account LIMIT 1";

/// Whose it is; and the reminder, where they still need one.
fn due_reminder(row: &Row<'_>) -> rusqlite::Result<(i64, Option<DueReminder>)> {
    let account = row.get(0)?;
    if !row.get(6)? {
        return Ok((account, None));
    }
    let who = recipient(row)?;
    let due = DueReminder {
        account: who.account,
        address: who.primary,
        name: row.get(2)?,
        login: row.get(3)?,
        language: row.get(4)?,
        asked_at: columns::time(row, 5)?,
    };
    Ok((account, Some(due)))
}

fn sent(shadow: &Transaction<'_>) -> Result<RemindersSent, StoreError> {
    let (unwritten, asked_at) = shadow
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE message IS NULL), max(asked_at) FROM reminder",
        )?
        .query_row([], |row| {
            Ok((row.get::<_, u64>(0)?, columns::maybe_time(row, 1)?))
        })?;
    let mut handed = shadow.prepare_cached(
        "SELECT count(*) FILTER (WHERE state IN ('waiting', 'claimed')),
             count(*) FILTER (WHERE state IN ('delivered', 'confirmed')),
             count(*) FILTER (WHERE state NOT IN ('waiting', 'claimed', 'delivered', 'confirmed'))
         FROM queue WHERE purpose = 'notice'",
    )?;
    Ok(handed.query_row([], |row| {
        Ok(RemindersSent {
            waiting: row.get::<_, u64>(0)? + unwritten,
            delivered: row.get(1)?,
            given_up: row.get(2)?,
            asked_at,
        })
    })?)
}

#[cfg(test)]
#[path = "reminder_tests.rs"]
mod tests;
