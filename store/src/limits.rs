//! Every number that bounds what the store takes. Each has its unit in its name.

use std::time::Duration;

use jiff::SignedDuration;

/// Octets of a local part. RFC 5321 §4.5.3.1.1 says 64; gateways that put a whole address into
/// the local part need more.
pub const LOCAL_PART_BYTES_MAX: usize = 320;

/// Octets of a domain (RFC 5321 §4.5.3.1.2).
pub const DOMAIN_BYTES_MAX: usize = 255;

/// Messages that wait for one sync together. More would make the first of them wait too long.
pub const BATCH_MESSAGES_MAX: usize = 256;

/// Compressed bytes of one batch, so that a batch of big mails does not make small ones wait.
pub const BATCH_BYTES_MAX: u64 = 64 << 20;

/// Messages that may wait for the writer.
pub const WRITER_QUEUE_MESSAGES_MAX: usize = 1024;

/// How long a session waits for a place in the writer's queue before its peer is asked to come
/// again. The peer waits up to ten minutes after the final dot (RFC 5321 §4.5.3.2.6).
pub const WRITER_QUEUE_WAIT_MAX: Duration = Duration::from_mins(1);

/// Bytes of a message on its way in from which on they go to the disk. So much of it is in memory
/// at most, and a piece that came in.
pub const SPILL_BYTES: usize = 128 << 10;

/// Messages kept per second from which on work that can wait does.
pub const FLOOD_MESSAGES_PER_SECOND: f64 = 100.0;

/// Messages kept per second up to which they are compressed with the usual effort. A busy hour of ten
/// thousand people has less.
pub const USUAL_EFFORT_MESSAGES_PER_SECOND: f64 = 500.0;

/// Messages kept per second up to which they are compressed at all to speak of. More come in bursts
/// only, or when a gateway brings what it has queued up, and then each waits for the processor.
pub const LITTLE_EFFORT_MESSAGES_PER_SECOND: f64 = 2000.0;

/// Envelopes that get their rows back in one transaction, in bytes of JSON, so that others need not
/// wait long for theirs.
pub const ROWS_REGAINED_AT_ONCE_BYTES: usize = 1 << 20;

/// Compression contexts that are kept for the next message; each takes up to a megabyte.
pub const COMPRESSORS_KEPT_MAX: usize = 8;

/// How long one statement waits for another process's transaction.
pub const DATABASE_WAIT_MAX: Duration = Duration::from_secs(10);

/// How often a database that gives errors is looked at as a whole, which takes long when it is large.
pub const DAMAGE_CHECK_EVERY: Duration = Duration::from_mins(1);

/// How long a day that could not be read is left alone before it is tried again.
pub const UNREAD_DAY_REST: Duration = Duration::from_secs(30);

/// Read connections kept open per database.
pub const DATABASE_READERS_KEPT_MAX: usize = 8;

/// Bytes of one segment after which the writer begins the next.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 30;

/// Bytes of a record's envelope header; a thousand recipients fit.
pub const RECORD_HEADER_BYTES_MAX: u32 = 4 << 20;

/// Bytes of a record that is read as a whole before its mail is decompressed; a bigger one is read
/// twice, piece by piece, so that it is in memory once.
pub const RECORD_BYTES_READ_AT_ONCE_MAX: u64 = 4 << 20;

/// Names of a message that are remembered because the directory does not know them. A journal report
/// may have tens of thousands of recipients.
pub const UNKNOWN_NAMES_MAX: usize = 1000;

/// Entries of one mailbox page.
pub const PAGE_ENTRIES_MAX: usize = 200;

/// Characters of a subject, a name or a preview in the index.
pub const SUMMARY_CHARS_MAX: usize = 300;

/// Names of one message that are written down for its conversations, the most telling first.
pub const REFERENCES_MAX: usize = 16;

/// Mails of one conversation.
pub const CONVERSATION_MESSAGES_MAX: usize = 100;

/// Names that are followed for one conversation.
pub const CONVERSATION_NAMES_MAX: usize = 400;

/// How many times the names found so far are followed. Nearly all mails name all those before
/// them, so two find everything; the others are for those that name their parent alone.
pub const CONVERSATION_ROUNDS_MAX: usize = 5;

/// Messages that are looked at for one conversation, mostly those of others that share a name.
pub const CONVERSATION_LOOKS_MAX: usize = 10_000;

/// Days back in which a second copy of a mail is looked for.
pub const MERGE_DAYS_MAX: i64 = 7;

/// Characters of the other side's last words in the ledger.
pub const LAST_WORDS_CHARS_MAX: usize = 500;

/// How long a waiting worker sleeps at most before it looks whether another process has work.
pub const POLL_EVERY: Duration = Duration::from_secs(1);

/// How long a mail whose time has come may stay in the outbox: a worker that runs takes it within a
/// second.
pub const OUTBOX_TAKEN_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// How long a page waits for the filer before it goes on without.
pub const WAIT_FOR_FILING_MAX: Duration = Duration::from_secs(5);

/// A session unused for longer is over. Long, because staff in an outage are called away.
pub const SESSION_IDLE_MAX: SignedDuration = SignedDuration::from_hours(4);

/// A session older than this is over, used or not.
pub const SESSION_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// A session of the console unused for longer is over. Short, because it can do more than read.
pub const CONSOLE_IDLE_MAX: SignedDuration = SignedDuration::from_mins(30);

/// A session of the console older than this is over, used or not: a working day.
pub const CONSOLE_AGE_MAX: SignedDuration = SignedDuration::from_hours(8);

/// For how long somebody whose password was right may look for the code of their second factor.
pub const CONSOLE_CODE_WAIT_MAX: SignedDuration = SignedDuration::from_mins(5);

/// Digits of such a code.
pub const TOTP_DIGITS: usize = 6;

/// For how long somebody in the console is believed to sit there still, when they do what opens the
/// mail of others.
pub const CONSOLE_PROOF_MAX: SignedDuration = SignedDuration::from_mins(5);

/// Characters of the name of a break-glass administrator.
pub const BREAK_GLASS_NAME_CHARS_MAX: usize = 64;

/// Passwords of a break-glass administrator that are looked at with one code of the second factor.
pub const BREAK_GLASS_TRIES_MAX: u32 = 5;

/// Emergency codes from which on an administrator is told when they are made at once in the console.
pub const CODES_TOLD_OF: usize = 10;

/// Wrong codes of one account from one place that cost nothing.
pub const TOTP_FREE_TRIES: u32 = 5;

/// The same from all places together where none came in before.
pub const TOTP_FREE_TRIES_EVERYWHERE: u32 = 20;

/// How long nothing is looked at after the first one more; it doubles with each.
pub const TOTP_WAIT_LEAST: SignedDuration = SignedDuration::from_secs(30);

/// The longest such wait. Three codes are good at a time: a guesser, who must know the password, hits
/// one within a year with a chance of one in forty, and fills the audit log.
pub const TOTP_WAIT_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Bytes that stay free on the disk at least, whatever share of it that is: one batch fits, and
/// what the databases write beside it. On a disk smaller than eight times this it is an eighth.
pub const DISK_FREE_BYTES_LEAST: u64 = 64 << 20;

/// Free inodes below which a disk counts as full.
pub const INODES_FREE_LEAST: u64 = 16;

/// How often trouble with the disk that lasts is told again: another process, which has none, may
/// have taken it for over.
pub const DISK_TOLD_EVERY: Duration = Duration::from_secs(10);

/// Findings that one check of the store lists; more are counted.
pub const FINDINGS_MAX: usize = 10_000;

/// How long the rows of records that were appended just now may take to come, when the store is
/// checked while it is written.
pub const ROWS_FOLLOW_WITHIN: Duration = Duration::from_secs(2);

/// How long a session is remembered after its last use, so that what somebody typed then can
/// still be kept as their draft. A laptop may have been closed over a weekend.
pub const SESSION_REMEMBERED_MAX: SignedDuration = SignedDuration::from_hours(96);

/// Bytes of one draft with its attachments.
pub const DRAFT_BYTES_MAX: usize = 32 << 20;

/// Bytes of all drafts of one person with their attachments.
pub const DRAFTS_BYTES_MAX: u64 = 100 << 20;

/// Bytes of a draft that are saved however little room the disk has: what somebody types must not
/// be lost, but their attachments can wait.
pub const DRAFT_BYTES_ALWAYS: u64 = 64 << 10;

/// Attachments of one draft.
pub const DRAFT_ATTACHMENTS_MAX: usize = 100;

/// Drafts that one person may have.
pub const DRAFTS_MAX: usize = 200;

/// Characters of a search; what is longer is cut off, and the page says so.
pub const QUERY_CHARS_MAX: usize = 1000;

/// Terms of a search; those beyond are left out, and the page says so.
pub const QUERY_TERMS_MAX: usize = 32;

/// Characters of a word in the full text. Longer ones, mostly encoded bytes, are known by as many of
/// their beginning.
pub const WORD_CHARS_MAX: usize = 64;

/// Bytes of one header field in the full text; a few hundred recipients fit.
pub const INDEXED_FIELD_BYTES_MAX: usize = 16 << 10;

/// Bytes of a message's text in the full text.
pub const INDEXED_BODY_BYTES_MAX: usize = 256 << 10;

/// Characters before the `*` of a search for beginnings; shorter ones name half a language.
pub const PREFIX_CHARS_MIN: usize = 3;

/// Spellings of one word that a search without umlauts looks for.
pub const SPELLINGS_MAX: usize = 8;

/// Spellings of one phrase.
pub const PHRASE_SPELLINGS_MAX: usize = 32;

/// How long a text index that could not be written is left alone, so that others go on.
pub const TEXT_LEFT_FOR: Duration = Duration::from_mins(1);

/// Messages marked as not indexed in one transaction, when a day's text index is made again.
pub const UNINDEXED_AT_ONCE: usize = 5000;

/// Messages that a search gives at once.
pub const SEARCH_PAGE_MAX: usize = 200;

/// Characters of the reason of a hold.
pub const REASON_CHARS_MAX: usize = 1000;

/// How often aging a day begins again because mail of it was owed, held or filed in between.
pub const AGING_TRIES_MAX: usize = 5;

/// Rows that go in one transaction, so that others need not wait long for theirs.
pub const ROWS_DELETED_AT_ONCE_MAX: usize = 1000;

/// Bytes of a backup's manifest that are read; ten years of days with a hundred segments each fit.
pub const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// Messages that are looked at at once for the newest journal copy.
pub const COPIES_LOOKED_AT_MAX: usize = 2000;

/// For how long messages are looked at again for the newest journal copy: keeping one takes a moment.
pub const COPIES_LOOKED_AT_AGAIN: SignedDuration = SignedDuration::from_secs(20);

/// Losses of the directory's mirror that are this close together count as one, so that no guard is
/// passed in small steps.
pub const LOSSES_COUNTED_TOGETHER: Duration = Duration::from_hours(24);

/// Members of a group that are listed where one looks at it; the rest is counted.
pub const CARD_MEMBERS_MAX: usize = 1000;

/// Values of one field that are named where a change of the directory is shown; the rest is counted.
pub const CHANGED_NAMED_MAX: usize = 5;

/// Share of the mirror's accounts, in percent, that a directory must know by their keys: one that
/// knows fewer, and whose people have the same addresses, is another one.
pub const KEYS_KNOWN_PERCENT_MIN: usize = 10;

/// Readings of the directory that are remembered.
pub const DIRECTORY_RUNS_MAX: i64 = 50;

/// Lines of each list in the report of such a reading.
pub const DIRECTORY_REPORT_LINES_MAX: usize = 100;

/// Characters of each of those lines.
pub const DIRECTORY_LINE_CHARS_MAX: usize = 500;

/// Changes of probes that are remembered.
pub const PROBE_CHANGES_MAX: i64 = 10_000;

/// Copies that are counted of a span of time; more are many.
pub const COPIES_COUNTED_MAX: u64 = 10_000;
