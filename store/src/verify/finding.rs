//! What `verify` can find, in sentences that say what is damaged and what to do.

use std::fmt;

use serde::Serialize;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Finding {
    /// A database can not be opened or read.
    DatabaseUnreadable {
        /// Its path in the data directory.
        file: String,
        /// What SQLite or the operating system said.
        why: String,
    },
    /// SQLite's own check of a database fails.
    DatabaseDamaged {
        /// Its path in the data directory.
        file: String,
        /// Its first complaint.
        why: String,
    },
    /// The index of a day that has mail is missing or empty.
    IndexMissing {
        /// Which day.
        day: String,
    },
    /// The file that rows point into is missing.
    SegmentMissing {
        /// Which day.
        day: String,
        /// Name of the file.
        segment: String,
        /// How many messages are lost with it.
        messages: u64,
    },
    /// The file can not be read.
    SegmentUnreadable {
        /// Which day.
        day: String,
        /// Name of the file.
        segment: String,
        /// What the operating system said.
        why: String,
    },
    /// The bytes of a record are not what was written.
    RecordDamaged {
        /// Which day.
        day: String,
        /// Name of the file.
        segment: String,
        /// Where in it.
        offset: u64,
        /// Which message that was, where a row says so.
        message: Option<String>,
        /// What is wrong.
        why: String,
    },
    /// A whole record that the index does not know, though 250 was said for it.
    RecordWithoutRow {
        /// Which message.
        message: String,
        /// Name of the file.
        segment: String,
        /// Where in it.
        offset: u64,
    },
    /// A row that points at no record.
    RowWithoutRecord {
        /// Which message.
        message: String,
        /// Name of the file.
        segment: String,
        /// Where in it.
        offset: u64,
        /// What is there instead.
        why: String,
    },
    /// A row says something else than its record.
    RowDiffers {
        /// Which message.
        message: String,
        /// What differs.
        what: &'static str,
    },
    /// A row of an index breaks a rule.
    RowWrong {
        /// Which message.
        message: String,
        /// Which rule.
        why: String,
    },
    /// Entries of a day break a rule.
    EntriesWrong {
        /// Which day.
        day: String,
        /// Which rule.
        why: String,
    },
    /// A row of the queue breaks a rule.
    QueueWrong {
        /// Which row.
        row: i64,
        /// Which rule.
        why: String,
    },
}

impl fmt::Display for Finding {
    #[expect(clippy::too_many_lines, reason = "one sentence per variant")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DatabaseUnreadable { file, why } => {
                write!(f, "{file} can not be read: {why}; {}", advice(file))
            }
            Self::DatabaseDamaged { file, why } => {
                write!(f, "{file} is damaged: {why}; {}", advice(file))
            }
            Self::IndexMissing { day } => write!(
                f,
                "the index of {day} is missing or empty though the day has mail; \
                 make it again with `shadowmail store rebuild {day}`"
            ),
            Self::SegmentMissing {
                day,
                segment,
                messages,
            } => write!(
                f,
                "days/{day}/{segment} is missing, and {messages} messages with it; put the file \
                 back from a backup"
            ),
            Self::SegmentUnreadable { day, segment, why } => write!(
                f,
                "days/{day}/{segment} can not be read: {why}; look at the disk, or put the file \
                 back from a backup"
            ),
            Self::RecordDamaged {
                day,
                segment,
                offset,
                message,
                why,
            } => record_damaged(f, (day, segment, *offset), message.as_deref(), why),
            Self::RecordWithoutRow {
                message,
                segment,
                offset,
            } => write!(
                f,
                "message {message} at byte {offset} of {segment} is not in the index; \
                 `shadowmail store rebuild {}` puts it back",
                day_of(message)
            ),
            Self::RowWithoutRecord {
                message,
                segment,
                offset,
                why,
            } => write!(
                f,
                "message {message} should be at byte {offset} of {segment}: {why}; put the file \
                 back from a backup, or look whether the primary has the message"
            ),
            Self::RowDiffers { message, what } => write!(
                f,
                "the index has another {what} for message {message} than its record; \
                 `shadowmail store rebuild {}` takes the record's",
                day_of(message)
            ),
            Self::RowWrong { message, why } => write!(
                f,
                "the row of message {message} is wrong: {why}; `shadowmail store rebuild {}` \
                 files the message again",
                day_of(message)
            ),
            Self::EntriesWrong { day, why } => write!(
                f,
                "entries of {day} are wrong: {why}; make the index again with `shadowmail store \
                 rebuild {day}`"
            ),
            Self::QueueWrong { row, why } => write!(
                f,
                "row {row} of the queue is wrong: {why}; decide about it with `shadowmail \
                 reinject write-off {row} --reason …`"
            ),
        }
    }
}

fn record_damaged(
    f: &mut fmt::Formatter<'_>,
    (day, segment, offset): (&str, &str, u64),
    message: Option<&str>,
    why: &str,
) -> fmt::Result {
    let what = match message {
        Some(message) => format!("message {message}"),
        None => "a record".to_owned(),
    };
    write!(
        f,
        "{what} at byte {offset} of days/{day}/{segment} is damaged: {why}; put the file back \
         from a backup, or look whether the primary has the message; the others are readable"
    )
}

fn advice(file: &str) -> String {
    if file == "shadow.db" {
        return "stop everything and bring a backup back with `shadowmail restore`".to_owned();
    }
    let day = file.split('/').nth(1).unwrap_or_default();
    if file.ends_with("text.db") {
        format!("delete {file}: it is made again by itself")
    } else {
        format!("make it again with `shadowmail store rebuild {day}`")
    }
}

/// The day of a message, from the name of the message.
fn day_of(message: &str) -> String {
    let id: Result<crate::id::MessageId, _> = message.parse();
    id.map_or_else(|_| "--all".to_owned(), |id| id.day().to_string())
}

/// Something to know that is no damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Note {
    /// A crash cut a batch off; nobody was told 250 for it.
    Tail {
        /// Which day.
        day: String,
        /// Name of the file.
        segment: String,
        /// Where the tail begins.
        offset: u64,
        /// Whole records in it; the rest is torn.
        messages: usize,
    },
    /// A crash of the machine took the rows of messages whose records are there, or left records of
    /// which nobody was told 250.
    RowsToCome {
        /// Which day.
        day: String,
        /// Name of the file.
        segment: String,
        /// Where the first of these records begins.
        offset: u64,
        /// How many they are.
        messages: usize,
    },
    /// The deletion of a day is not finished.
    AgingUnfinished {
        /// Which day.
        day: String,
    },
    /// An index that was set aside when a day was rebuilt.
    SetAside {
        /// Its path in the data directory.
        file: String,
    },
    /// A file that Shadowmail did not make.
    StrangeFile {
        /// Its path in the data directory.
        file: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tail {
                day,
                segment,
                offset,
                messages,
            } => write!(
                f,
                "a crash left {messages} records and what is torn from byte {offset} of \
                 days/{day}/{segment} on; nobody was told 250 for them, and nothing is lost"
            ),
            Self::RowsToCome {
                day,
                segment,
                offset,
                messages,
            } => write!(
                f,
                "{messages} records from byte {offset} of days/{day}/{segment} on are not in the index yet, \
                 because the machine or its disk stopped, or an older index was put back; the next start \
                 puts them in, and nothing is lost"
            ),
            Self::AgingUnfinished { day } => write!(
                f,
                "the aging of {day} is not finished; it goes on, or the next start finishes it"
            ),
            Self::SetAside { file } => write!(
                f,
                "{file} was set aside by a rebuild; delete it when nothing is missing"
            ),
            Self::StrangeFile { file } => write!(f, "{file} is no file of Shadowmail"),
        }
    }
}
