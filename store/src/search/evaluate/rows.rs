//! What the rows of `index.db` tell: whose a message is, what was done with it, and how much of its
//! text is in the full text.

use super::{DaySearch, Hits};
use crate::entry_name::EntryCopy;
use crate::error::StoreError;
use crate::search::Scope;
use crate::search::query::{Field, State, Term};

pub(super) const LARGER: &str = "coalesce(content_size, content_end - content_start, size) > ?2";
pub(super) const SMALLER: &str = "coalesce(content_size, content_end - content_start, size) < ?2";

/// Messages that are not wholly in the full text.
pub(super) struct InPart {
    /// Those of which a part of the body may be missing, and more.
    body: Vec<i64>,
    /// Those of which anything may be missing.
    all: Vec<i64>,
}

impl DaySearch<'_> {
    /// All messages in scope, ascending.
    pub(super) fn everything(&self) -> Result<&[i64], StoreError> {
        if let Some(known) = self.everything.get() {
            return Ok(known);
        }
        let all = match self.scope {
            Scope::Account(account) => self.numbers(
                &format!(
                    "SELECT message FROM entry
                     WHERE account = ?1 AND moved IS NOT 'gone' AND {}",
                    self.copies()
                ),
                [account.0],
            )?,
            Scope::Everyone => self.numbers(
                "SELECT id FROM message WHERE state IN ('filed', 'unsorted')",
                [],
            )?,
        };
        let all = match all {
            Hits::Only(numbers) => numbers,
            Hits::All => Vec::new(),
        };
        Ok(self.everything.get_or_init(|| all))
    }

    /// Whether a message in scope has two entries of the same account.
    pub(super) fn has_mail_to_oneself(&self) -> Result<bool, StoreError> {
        let Scope::Account(account) = self.scope else {
            return Ok(false);
        };
        let mut twice = self.index.prepare_cached(
            "SELECT 1 FROM entry AS sent
             WHERE sent.account = ?1 AND sent.folder = 'sent' AND EXISTS (
                 SELECT 1 FROM entry WHERE entry.message = sent.message
                 AND entry.account = ?1 AND entry.folder <> 'sent')",
        )?;
        Ok(twice.exists([account.0])?)
    }

    /// Messages of which nobody can tell whether a term holds, because not all of their text was
    /// read into the full text, or nothing of them could be read.
    pub(super) fn undecided(&self, term: &Term) -> Result<Hits, StoreError> {
        let of_body = match term {
            Term::Text {
                field: Field::Any | Field::Body,
                ..
            } => true,
            Term::Text { .. }
            | Term::MessageId(_)
            | Term::Has(_)
            | Term::LargerThan(_)
            | Term::SmallerThan(_) => false,
            Term::Is(_) | Term::In(_) | Term::Before(_) | Term::After(_) => return Ok(Hits::NONE),
        };
        let known = if let Some(known) = self.in_part.get() {
            known
        } else {
            let read = self.read_in_part()?;
            self.in_part.get_or_init(|| read)
        };
        let numbers = if of_body { &known.body } else { &known.all };
        Ok(Hits::Only(numbers.clone()))
    }

    fn read_in_part(&self) -> Result<InPart, StoreError> {
        let mut rows = self.index.prepare_cached(
            "SELECT id, indexed = 2 FROM message
             WHERE indexed BETWEEN 1 AND 3 AND state IN ('filed', 'unsorted') ORDER BY id",
        )?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let rows: Vec<(i64, bool)> = rows.collect::<Result<_, _>>()?;
        let all = rows.iter().filter(|(_, is_of_body)| !is_of_body);
        Ok(InPart {
            all: all.map(|(id, _)| *id).collect(),
            body: rows.iter().map(|(id, _)| *id).collect(),
        })
    }

    /// Messages in scope for which something holds, whoever has them.
    pub(super) fn facts(&self, condition: &'static str, value: u64) -> Result<Hits, StoreError> {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        match self.scope {
            Scope::Account(account) => self.numbers(
                &format!(
                    "SELECT message.id FROM entry CROSS JOIN message ON message.id = entry.message
                     WHERE entry.account = ?1 AND {condition}"
                ),
                (account.0, value),
            ),
            Scope::Everyone => self.numbers(
                &format!(
                    "SELECT id FROM message WHERE state IN ('filed', 'unsorted') AND {condition}
                     AND ?1 = 0"
                ),
                (0, value),
            ),
        }
    }

    /// Messages of which an entry in scope is in some state; `?2` in the condition is `word`.
    pub(super) fn entries(&self, condition: &'static str, word: &str) -> Result<Hits, StoreError> {
        match self.scope {
            Scope::Account(account) => self.numbers(
                &format!(
                    "SELECT message FROM entry WHERE account = ?1 AND moved IS NOT 'gone'
                     AND {} AND {condition} AND ?2 = ?2",
                    self.copies()
                ),
                (account.0, word),
            ),
            Scope::Everyone => self.numbers(
                &format!("SELECT message FROM entry WHERE ?1 = 0 AND {condition} AND ?2 = ?2"),
                (0, word),
            ),
        }
    }

    /// Messages of which an entry of anybody is not in some state, and those without entries: what
    /// one of the recipients does with the mail changes nothing for the others.
    pub(super) fn entries_without(
        &self,
        condition: &'static str,
        word: &str,
    ) -> Result<Hits, StoreError> {
        self.numbers(
            &format!(
                "SELECT id FROM message WHERE state IN ('filed', 'unsorted') AND (
                     NOT EXISTS (SELECT 1 FROM entry WHERE entry.message = message.id)
                     OR EXISTS (SELECT 1 FROM entry WHERE entry.message = message.id
                                AND ({condition}) IS NOT TRUE AND ?1 = 0 AND ?2 = ?2))"
            ),
            (0, word),
        )
    }

    fn copies(&self) -> &'static str {
        match self.copy {
            None => "true",
            Some(EntryCopy::First) => "folder <> 'sent'",
            Some(EntryCopy::Sent) => "folder = 'sent'",
        }
    }

    fn numbers(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Hits, StoreError> {
        let mut numbers = self.index.prepare_cached(sql)?;
        let numbers = numbers.query_map(parameters, |row| row.get(0))?;
        Ok(Hits::of(numbers.collect::<Result<_, _>>()?))
    }
}

/// What people did, as a condition on a row of `entry`.
pub(super) fn condition(state: State) -> &'static str {
    match state {
        State::Unread => "seen = 0",
        State::Read => "seen = 1",
        State::Answered => "answered = 1",
        State::Forwarded => "forwarded = 1",
        State::Flagged => "flagged = 1",
    }
}
