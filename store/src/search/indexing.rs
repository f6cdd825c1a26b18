//! Filling the text index, after the 250 and after filing.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, Transaction};

use super::fold::{self, Word};
use super::owner;
use crate::account::AccountId;
use crate::day::Day;
use crate::days::OpenDay;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::shadow::{Inner, Store};

/// How much of a message is in its [`IndexText`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// All that can be found of it.
    Whole,
    /// Of its body not all.
    BodyInPart,
    /// Of anything perhaps not all: a field was cut, or the mail could not be read, so that only
    /// what lists show of it is known.
    InPart,
}

impl Extent {
    /// As `message.indexed` says it. The 1 of older versions stood for all three.
    fn number(self) -> i64 {
        match self {
            Self::Whole => 4,
            Self::BodyInPart => 2,
            Self::InPart => 3,
        }
    }
}

/// What can be found of one message, decoded. Longer texts are cut to
/// [`limits::INDEXED_FIELD_BYTES_MAX`] and [`limits::INDEXED_BODY_BYTES_MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexText {
    /// Which message.
    pub message: MessageId,
    /// Its subject.
    pub subject: String,
    /// Names and addresses of From, Sender and Reply-To.
    pub sender: String,
    /// Names and addresses of To.
    pub recipient: String,
    /// Names and addresses of Cc.
    pub copy: String,
    /// Names of its attachments.
    pub file: String,
    /// Its text.
    pub body: String,
    /// How much of all that this is, before it is cut.
    pub extent: Extent,
}

/// What the index says about a message beside its text.
struct Context {
    owners: Vec<AccountId>,
    header_message_id: Option<String>,
}

impl Store {
    /// Filed messages that the text index does not hold yet, with what their summaries say: the
    /// newest first, because they are looked for most. After them those of which an older version
    /// did not say whether it holds them as a whole.
    pub async fn unindexed(&self, limit: usize) -> Result<Vec<IndexText>, StoreError> {
        self.blocking(move |inner| {
            let mut unindexed = Vec::new();
            for which in [NOT_INDEXED, PERHAPS_IN_PART] {
                for day in inner.days.list()?.into_iter().rev() {
                    let wanted = limit - unindexed.len();
                    if wanted == 0 {
                        return Ok(unindexed);
                    }
                    unindexed.extend(inner.to_index(day, which, wanted)?);
                }
            }
            Ok(unindexed)
        })
        .await
    }

    /// Puts messages into the text index of their days. Doing it twice changes nothing; those
    /// that got another owner meanwhile stay unindexed and must be given again. So do those of a
    /// day whose index can not be written; it is left alone for [`limits::TEXT_LEFT_FOR`].
    pub async fn index_texts(&self, texts: Vec<IndexText>) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            let mut days: BTreeMap<_, Vec<IndexText>> = BTreeMap::new();
            for text in texts {
                days.entry(text.message.day()).or_default().push(text);
            }
            for (day, texts) in days {
                // It may have aged meanwhile.
                inner.use_day(day, |open| {
                    if let Err(error) = inner.index_day(open, &texts) {
                        leave(open, &error);
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })
        .await
    }

    /// Waits until this process has filed something, or a short while has passed (another process
    /// may have filed something).
    pub async fn indexing_wanted(&self) {
        let _ = tokio::time::timeout(limits::POLL_EVERY, self.inner().filed.notified()).await;
    }
}

/// Leaves a day alone whose index can not be written; the others go on.
fn leave(day: &OpenDay, error: &StoreError) {
    tracing::error!(
        day = %day.day, %error,
        "the text index of {} can not be written; it is tried again in a minute", day.day
    );
    day.text.leave();
}

/// Conditions on messages that are to be read into the text index. Each has an index of its own.
const NOT_INDEXED: &str = "indexed = 0";
const PERHAPS_IN_PART: &str = "indexed = 1";

fn unindexed_of(
    index: &Transaction<'_>,
    day: Day,
    (which, limit): (&'static str, usize),
) -> Result<Vec<IndexText>, StoreError> {
    let mut rows = index.prepare_cached(&format!(
        "SELECT id, subject, from_name || ' ' || from_address, to_names, preview
         FROM message WHERE {which} AND state IN ('filed', 'unsorted')
         ORDER BY id DESC LIMIT ?1"
    ))?;
    let rows = rows.query_map([limit], |row| summary(row, day))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn summary(row: &rusqlite::Row<'_>, day: Day) -> rusqlite::Result<IndexText> {
    Ok(IndexText {
        message: MessageId::from_parts(day, row.get(0)?),
        subject: row.get(1)?,
        sender: row.get(2)?,
        recipient: row.get(3)?,
        copy: String::new(),
        file: String::new(),
        body: row.get(4)?,
        extent: Extent::InPart,
    })
}

impl Inner {
    /// What is to be read into the text index of a day; nothing while that can not be written.
    fn to_index(
        &self,
        day: Day,
        which: &'static str,
        limit: usize,
    ) -> Result<Vec<IndexText>, StoreError> {
        let of_day = self.use_day(day, |open| {
            if open.text.is_left() {
                return Ok(Vec::new());
            }
            if let Err(error) = self.texts.check(open) {
                leave(open, &error);
                return Ok(Vec::new());
            }
            open.index
                .read(|index| unindexed_of(index, day, (which, limit)))
        })?;
        Ok(of_day.unwrap_or_default())
    }

    fn index_day(&self, day: &OpenDay, texts: &[IndexText]) -> Result<(), StoreError> {
        let contexts = day.index.read(|index| {
            let contexts = texts.iter().map(|text| context(index, text.message));
            contexts.collect::<Result<Vec<_>, _>>()
        })?;
        let mut rows: Vec<Row> = texts
            .iter()
            .zip(contexts)
            .filter_map(|(text, context)| Some(Row::new(text, context?)))
            .collect();
        // In the order of their numbers, as the index stores them.
        rows.sort_unstable_by_key(|row| row.number);
        self.texts.write(
            day,
            |text| {
                rows.iter().try_for_each(|row| row.insert(text))?;
                insert_spellings(text, &rows)
            },
            || mark_indexed(day, &rows),
        )
    }
}

/// `None` when the message is gone.
fn context(index: &Transaction<'_>, message: MessageId) -> Result<Option<Context>, StoreError> {
    let found = index
        .prepare_cached(
            "SELECT header_message_id FROM message
             WHERE id = ?1 AND state IN ('filed', 'unsorted')",
        )?
        .query_row([message.number()], |row| row.get(0))
        .optional()?;
    let Some(header_message_id) = found else {
        return Ok(None);
    };
    let mut owners =
        index.prepare_cached("SELECT DISTINCT account FROM entry WHERE message = ?1")?;
    let owners = owners.query_map([message.number()], |row| row.get(0).map(AccountId))?;
    Ok(Some(Context {
        owners: owners.collect::<Result<_, _>>()?,
        header_message_id,
    }))
}

/// One message as the index holds it.
struct Row {
    number: i64,
    owners: Vec<AccountId>,
    /// Subject, sender, recipient, copy, file.
    lines: [Word; 5],
    /// The same, message id and body.
    words: [String; 7],
    extent: Extent,
    spellings: BTreeSet<(String, String)>,
}

impl Row {
    fn new(text: &IndexText, context: Context) -> Self {
        let message_id = context.header_message_id.unwrap_or_default();
        let fields = [
            &text.subject,
            &text.sender,
            &text.recipient,
            &text.copy,
            &text.file,
            &message_id,
        ];
        let extent = if fields
            .iter()
            .any(|it| it.len() > limits::INDEXED_FIELD_BYTES_MAX)
        {
            Extent::InPart
        } else if text.body.len() > limits::INDEXED_BODY_BYTES_MAX {
            text.extent.max(Extent::BodyInPart)
        } else {
            text.extent
        };
        let [subject, sender, recipient, copy, file, message_id] =
            fields.map(|field| start_of(field, limits::INDEXED_FIELD_BYTES_MAX));
        let body = start_of(&text.body, limits::INDEXED_BODY_BYTES_MAX);
        let mut spellings = BTreeSet::new();
        let words = [subject, sender, recipient, copy, file, message_id, body]
            .map(|text| words_of(text, &mut spellings));
        Self {
            number: text.message.number(),
            owners: context.owners,
            lines: [subject, sender, recipient, copy, file].map(fold::line),
            words,
            extent,
            spellings,
        }
    }

    fn insert(&self, text: &Transaction<'_>) -> Result<(), StoreError> {
        for delete in [
            "DELETE FROM word WHERE rowid = ?1",
            "DELETE FROM piece WHERE rowid = ?1",
        ] {
            text.prepare_cached(delete)?.execute([self.number])?;
        }
        let names: Vec<String> = self
            .owners
            .iter()
            .map(|owner| owner::word(*owner))
            .collect();
        let [subject, sender, recipient, copy, file, message_id, body] = &self.words;
        text.prepare_cached(
            "INSERT INTO word (rowid, owner, subject, sender, recipient, copy, file, message_id, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute((
            self.number,
            names.join(" "),
            subject,
            sender,
            recipient,
            copy,
            file,
            message_id,
            body,
        ))?;
        let pieces: String = self
            .owners
            .iter()
            .map(|owner| owner::piece(*owner))
            .collect();
        let [subject, sender, recipient, copy, file] = &self.lines;
        text.prepare_cached(
            "INSERT INTO piece (rowid, owner, subject, subject_plain, sender, sender_plain,
                 recipient, recipient_plain, copy, copy_plain, file, file_plain)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute((
            self.number,
            pieces,
            &subject.folded,
            &subject.plain,
            &sender.folded,
            &sender.plain,
            &recipient.folded,
            &recipient.plain,
            &copy.folded,
            &copy.plain,
            &file.folded,
            &file.plain,
        ))?;
        Ok(())
    }
}

/// The folded words of a text with a blank between them.
fn words_of(text: &str, spellings: &mut BTreeSet<(String, String)>) -> String {
    let mut all = String::with_capacity(text.len());
    for word in fold::words(text) {
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(&word.folded);
        if let Some(plain) = word.plain {
            spellings.insert((plain, word.folded));
        }
    }
    all
}

fn insert_spellings(text: &Transaction<'_>, rows: &[Row]) -> Result<(), StoreError> {
    let all: BTreeSet<&(String, String)> = rows.iter().flat_map(|row| &row.spellings).collect();
    let mut insert =
        text.prepare_cached("INSERT OR IGNORE INTO spelling (plain, folded) VALUES (?1, ?2)")?;
    for (plain, folded) in all {
        insert.execute((plain, folded))?;
    }
    Ok(())
}

/// Only those whose owners are still the ones that were written: filing may have added one.
fn mark_indexed(day: &OpenDay, rows: &[Row]) -> Result<(), StoreError> {
    day.index.write(|index| {
        let mut mark = index.prepare_cached(
            "UPDATE message SET indexed = ?3 WHERE id = ?1
             AND (SELECT count(DISTINCT account) FROM entry WHERE message = ?1) = ?2",
        )?;
        for row in rows {
            mark.execute((row.number, row.owners.len(), row.extent.number()))?;
        }
        Ok(())
    })
}

/// The first bytes of a text, cut between two characters.
fn start_of(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max))
        .unwrap_or(text)
}
