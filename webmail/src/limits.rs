//! Every number that bounds what a browser may ask of us. Each has its unit in its name.

use std::time::Duration;

use jiff::SignedDuration;

/// Bytes of a posted form, other than the one for writing. More is answered 413.
pub const FORM_BYTES_MAX: usize = 64 << 10;

/// Bytes of all attachments of a message that is written here.
pub const ATTACHMENT_BYTES_MAX: usize = 25 << 20;

/// Bytes of the text of a message that is written here.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// Bytes of one address field.
pub const ADDRESSES_BYTES_MAX: usize = 64 << 10;

/// Characters of a subject.
pub const SUBJECT_CHARS_MAX: usize = 500;

/// Recipients of a message that is written here.
pub const RECIPIENTS_MAX: usize = 100;

/// Attachments of a message that is written here.
pub const ATTACHMENTS_MAX: usize = 100;

/// Bytes of the posted form for writing that are read at all. What is over the limits above is
/// read and dropped, so that the browser gets to show our answer.
pub const WRITE_BYTES_MAX: usize = 128 << 20;

/// Bytes of a kept message that is written here: base64 makes three bytes into four, and a line
/// end follows every 76 of them.
pub const MESSAGE_BYTES_MAX: u64 = 40 << 20;

/// Forms that are remembered so that sending one twice sends once.
pub const FORMS_REMEMBERED_MAX: usize = 4096;

/// Time for a page.
pub const PAGE_TIME_MAX: Duration = Duration::from_secs(30);

/// Time for a message with large attachments over a slow line.
pub const WRITE_TIME_MAX: Duration = Duration::from_mins(10);

/// Time for a browser to say what it wants, once it has connected.
pub const HEADER_TIME_MAX: Duration = Duration::from_secs(20);

/// Time for the requests under way when the server is told to stop.
pub const FAREWELL_TIME_MAX: Duration = Duration::from_secs(10);

/// Browsers connected at the same time; others wait.
pub const CONNECTIONS_MAX: usize = 2048;

/// Messages being parsed at the same time; others wait. The store needs the rest of the pool of
/// threads.
pub const PARSES_MAX: usize = 8;

/// Messages on one page of a folder (the habit of other webmails).
pub const PAGE_MESSAGES: usize = 50;

/// Bytes of an HTML part that is shown with formatting.
pub const HTML_BYTES_MAX: usize = 2 << 20;

/// Tags of an HTML part that is shown with formatting. A parser looks through all open elements
/// at each tag, so tags cost their square; large newsletters have some five thousand.
pub const HTML_TAGS_MAX: usize = 20_000;

/// Bytes of a text that is shown; the original has the rest.
pub const SHOWN_TEXT_BYTES_MAX: usize = 512 << 10;

/// Bytes of headers that are shown.
pub const SHOWN_HEADER_BYTES_MAX: usize = 256 << 10;

/// Bytes of all pictures that are put into one HTML part, as addresses and counted in each place
/// that shows them.
pub const PICTURE_BYTES_MAX: usize = 10 << 20;

/// Attachments that are listed.
pub const LISTED_ATTACHMENTS_MAX: usize = 500;

/// People that are shown of one header.
pub const SHOWN_PEOPLE_MAX: usize = 200;

/// Message-IDs in References of an answer: the first and the newest are kept.
pub const REFERENCES_MAX: usize = 30;

/// Characters of a file name.
pub const FILE_NAME_CHARS_MAX: usize = 120;

/// Characters of a sign-in name; more can not be one.
pub const LOGIN_CHARS_MAX: usize = 320;

/// After the time in which a message can be taken back, the seconds until its page looks again: it is
/// in the Sent folder by then.
pub const SENT_AFTER_SECONDS: u64 = 3;

/// Entries that one press of a button tidies up: a page of them, with both entries of a mail to
/// oneself.
pub const TIDIED_ENTRIES_MAX: usize = 2 * PAGE_MESSAGES;

/// Mails of a conversation whose texts stand under the one that is read; the others are links.
pub const CONVERSATION_TEXTS_MAX: usize = 10;

/// Bytes of a mail whose text stands there: parsing ten larger ones would be slow.
pub const CONVERSATION_MAIL_BYTES_MAX: u64 = 512 << 10;

/// Bytes of one such text.
pub const CONVERSATION_TEXT_BYTES_MAX: usize = 64 << 10;

/// Bytes of a download in memory at a time.
pub const DOWNLOAD_PIECE_BYTES: usize = 256 << 10;

/// Lines on one page of the address book.
pub const BOOK_LINES: usize = 50;

/// Pages of the address book that can be turned; whoever is further behind is looked for by name.
pub const BOOK_PAGES_MAX: u32 = 200;

/// People who are suggested to somebody who types an address.
pub const SUGGESTIONS: usize = 8;

/// Characters of what is looked for in the address book.
pub const BOOK_WORDS_CHARS_MAX: usize = 100;

/// Lines of the audit log about what strangers can do as often as they like, and the time in which no
/// more of them are written.
pub const NOTED_MAX: u32 = 60;

/// See [`NOTED_MAX`].
pub const NOTED_WITHIN: Duration = Duration::from_mins(10);

/// How long a refusal of a break-glass administrator takes, whatever is wrong; one that takes longer
/// takes a multiple of it.
pub const BREAK_GLASS_REFUSAL_TIME: Duration = Duration::from_secs(1);

/// Characters of a typed code of a second factor.
pub const CODE_CHARS_MAX: usize = 32;

/// Characters of the reason of an emergency.
pub const REASON_CHARS_MAX: usize = 500;

/// How long an emergency may be expected to last, in hours.
pub const EMERGENCY_HOURS_MAX: u16 = 30 * 24;

/// How long a page that asks for a reading of the directory waits for the worker before it says that
/// none runs.
pub const WORKER_WAIT_MAX: SignedDuration = SignedDuration::from_secs(30);

/// Since when the directory must have answered for all to be well.
pub const DIRECTORY_ANSWERED_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Readings of the directory that the console shows.
pub const DIRECTORY_RUNS: usize = 10;

/// People who get emergency codes with one press: each takes some tens of milliseconds to make.
pub const CODES_AT_ONCE_MAX: usize = 500;

/// Days that a code is good for at most.
pub const CODE_DAYS_MAX: u16 = 400;

/// Characters of what people are chosen by: a word, a group, a department.
pub const PEOPLE_FILTER_CHARS_MAX: usize = 320;

/// Changes of probes that the console lists.
pub const PROBE_CHANGES: usize = 50;

/// Changes of probes that it reads, to draw their last day.
pub const PROBE_CHANGES_READ: usize = 1000;

/// How long an alert may be snoozed, in hours.
pub const SNOOZE_HOURS_MAX: i64 = 7 * 24;
