//! Every number that bounds handing over. Each has its unit in its name.

use std::time::Duration;

/// Rows handed over on one connection before it is closed and a new one is made.
pub const CONNECTION_ROWS_MAX: u32 = 100;

/// Octets that may come back for one command. Postfix takes 100 000 and more of nobody.
pub const REPLY_BYTES_MAX: usize = 100_000;

/// Octets that may come back for one IMAP command: lists of folders and of messages are long.
pub const IMAP_COMMAND_BYTES_MAX: usize = 8 << 20;

/// Characters kept of what the other side said last; an ellipsis may follow.
pub const LAST_WORDS_CHARS_MAX: usize = store::limits::LAST_WORDS_CHARS_MAX - 1;

/// Octets of one piece of a message as it goes to the encoder.
pub const PIECE_BYTES: usize = 64 << 10;

/// First wait after "not now" from the primary; it doubles with every try.
pub const PRIMARY_RETRY_FIRST: Duration = Duration::from_secs(10);

/// Longest wait between two tries at the primary.
pub const PRIMARY_RETRY_MAX: Duration = Duration::from_mins(15);

/// First wait after "not now" from the outside; it doubles with every try.
pub const OUTSIDE_RETRY_FIRST: Duration = Duration::from_mins(1);

/// Longest wait between two tries at the outside.
pub const OUTSIDE_RETRY_MAX: Duration = Duration::from_hours(1);

/// After this time mail to the outside is given up (RFC 5321 §4.5.4.1: at least 4 to 5 days).
/// What is owed to the primary is never given up.
pub const OUTSIDE_GIVE_UP_AFTER: Duration = Duration::from_hours(5 * 24);

/// After this time a notice that the primary did not take is given up.
pub const NOTICE_GIVE_UP_AFTER: Duration = Duration::from_hours(2 * 24);

/// Connections to the outside at the same time, unless the configuration says otherwise. Many
/// smarthosts turn away whoever opens more than ten or twenty.
pub const OUTSIDE_CONNECTIONS_DEFAULT: u8 = 4;

/// Most connections to the outside that can be configured.
pub const OUTSIDE_CONNECTIONS_MAX: u8 = 50;

/// Octets of one string in a record of the DNS (RFC 1035 §3.3.14).
pub const TXT_STRING_BYTES_MAX: usize = 255;

/// Notices to writers that are made in one go.
pub const NOTICES_AT_ONCE_MAX: usize = 100;

/// After how many hours a writer hears that a mail waits, unless the configuration says otherwise.
pub const DELAY_NOTICE_HOURS_DEFAULT: u16 = 4;

/// After how many minutes in which nothing goes out administrators hear of it, unless the configuration
/// says otherwise. A smarthost that is started anew takes less.
pub const STANDS_MINUTES_DEFAULT: u16 = 15;

/// Recipients that one person may write to in an hour, unless the configuration says otherwise: a
/// busy day of a person, and little for who sends spam.
pub const RECIPIENTS_PER_HOUR_DEFAULT: u32 = 200;

/// The same for a day.
pub const RECIPIENTS_PER_DAY_DEFAULT: u32 = 1000;

/// How long rows wait for a destination that is not configured. A new start looks at once.
pub const UNCONFIGURED_RETRY: Duration = Duration::from_mins(15);

/// First rest of a destination that could not be reached; it doubles with every failure.
pub const REST_FIRST: Duration = Duration::from_secs(1);

/// Longest rest of a destination that can not be reached: one try for a connection a minute.
pub const REST_MAX: Duration = Duration::from_mins(1);

/// Messages whose Message-ID contains the one we look for, and that are compared with it.
pub const SEARCH_HITS_MAX: usize = 50;

/// How often a mailbox may say no to one copy (to the sign-in, or to a command) before a person
/// must look. Tries that reached nobody do not count, and a new start counts from zero.
pub const MAILBOX_NOES_MAX: u32 = 8;

/// How long a hand-over may go on after the stop signal. Longer than most servers take to
/// answer the final dot, shorter than what service managers wait.
pub const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// Pause after the store failed.
pub const STORE_TROUBLE_PAUSE: Duration = Duration::from_secs(2);

/// First pause between two tries to write down an outcome; it doubles with every try.
pub const SETTLE_PAUSE_FIRST: Duration = Duration::from_millis(300);

/// Longest pause between two tries to write down an outcome.
pub const SETTLE_PAUSE_MAX: Duration = Duration::from_secs(30);

/// Tries to write down an outcome after the stop signal. After the last one the row stays
/// claimed, and the next start makes it unknown.
pub const SETTLE_LAST_TRIES: u32 = 5;

/// How often the progress of a recovery is logged, at most.
pub const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// How long we wait for the answer to QUIT.
pub const QUIT_PATIENCE: Duration = Duration::from_secs(5);

/// How long `probe` waits for each answer.
pub const PROBE_PATIENCE: Duration = Duration::from_secs(5);

/// How long we wait for the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the greeting and for the reply to each command (RFC 5321 §4.5.3.2: 5 minutes).
    pub command: Duration,
    /// For each MiB of a message to be taken off our hands (RFC 5321 §4.5.3.2.5: 3 minutes for
    /// a block).
    pub content: Duration,
    /// For the reply to the final dot (RFC 5321 §4.5.3.2.6: 10 minutes).
    pub final_dot: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_mins(5),
            content: Duration::from_mins(3),
            final_dot: Duration::from_mins(10),
        }
    }
}

/// Rows of the queue that are looked up at once where a mode holds for some only.
pub const ROWS_AHEAD: usize = 100;

/// Folders of one mailbox that are looked into.
pub const FOLDERS_MAX: usize = 10_000;

/// Messages of one mailbox that are compared with ours.
pub const NAMES_MAX: usize = 1_000_000;

/// Messages whose names are fetched with one command, which is one line.
pub const FETCHED_AT_ONCE: usize = 500;

/// How often the primary is asked about rows of which nobody knows whether they arrived.
pub const ASK_EVERY: Duration = Duration::from_secs(10);

/// Such rows looked at in one round.
pub const ASKED_AT_ONCE: usize = 10_000;

/// Connections to the primary at the same time, where the configuration says nothing.
pub const PRIMARY_CONNECTIONS_DEFAULT: u8 = 4;

/// Most that it may say: Exchange takes 20 of one address.
pub const PRIMARY_CONNECTIONS_MAX: u8 = 20;
