//! Every number that bounds what a peer can make us do. Each says what the peer hears there.

use std::time::Duration;

/// Bytes of one command line with its line end. RFC 5321 §4.5.3.1.4 says 512 and lets extensions
/// raise it; gateways put long addresses into one. Beyond it: 500.
pub const COMMAND_LINE_BYTES_MAX: usize = 4096;

/// Bytes of the largest mail on a fallback or relay listener, where the config says nothing else: most
/// servers take less. Beyond it: 552.
pub const MESSAGE_BYTES_MAX: u64 = 50 << 20;

/// The same of a journal: a report is larger than the mail in it, and one that is refused is lost.
pub const JOURNAL_MESSAGE_BYTES_MAX: u64 = 220 << 20;

/// The least that a config may set there: every server takes mails of this size (RFC 5321
/// §4.5.3.1.7).
pub const MESSAGE_BYTES_LEAST: u64 = 64 << 10;

/// Octets of a name in EHLO (RFC 5321 §4.5.3.1.2). Beyond it: 501.
pub const HELO_BYTES_MAX: usize = 255;

/// Recipients of one mail (RFC 5321 §4.5.3.1.8 asks for at least 100). Beyond it: 452, and the
/// peer sends the rest in another transaction (§4.5.3.1.10).
pub const RECIPIENTS_MAX: usize = 1000;

/// Octets of ENVID behind its encoding (RFC 3461 §4.4). A longer one is left out.
pub const ENVID_BYTES_MAX: usize = 100;

/// Octets of ORCPT as it stands there (RFC 3461 §4.2). A longer one is left out.
pub const ORCPT_BYTES_MAX: usize = 500;

/// Octets of an address that is named in a reply about it (LMTP). A longer one is not named.
pub const NAMED_RECIPIENT_BYTES_MAX: usize = 254;

/// Sign-ins of one session that are refused. At the last one: 421.
pub const SIGN_INS_MAX: u32 = 3;

/// Pause before the first refused sign-in of a session is told; each further one doubles.
pub const SIGN_IN_PAUSE: Duration = Duration::from_secs(1);

/// Octets of one attribute of XCLIENT behind its encoding. Beyond it: 501.
pub const XCLIENT_BYTES_MAX: usize = 255;

/// Bytes of a PROXY header of version 2 after the fixed ones; certificates of the client may be
/// in it. Beyond it the line is cut.
pub const PROXY_HEADER_BYTES_MAX: usize = 4096;

/// How long a proxy may take for its header. Beyond it the line is cut.
pub const PROXY_WAIT: Duration = Duration::from_secs(10);

/// Wrong commands of one session. Beyond it: 421.
pub const ERRORS_MAX: u32 = 20;

/// Unknown recipients since the last kept mail, so that nobody reads the directory out by
/// guessing. Beyond it: 421.
pub const UNKNOWN_RECIPIENTS_MAX: u32 = 100;

/// Recipients asked to come later (452, 451) since the last kept mail: those of a large list in one
/// transaction, and no stream without end. Beyond it: 421.
pub const LATE_RECIPIENTS_MAX: u32 = 10_000;

/// Commands that bring no mail (NOOP, RSET, VRFY, EHLO, MAIL again…) since the last kept mail.
/// Beyond it: 421.
pub const IDLE_COMMANDS_MAX: u32 = 200;

/// Bytes in memory of mail being received, of all listeners of a process together. A mail has few
/// there, the rest is on the disk, so a thousand sessions fit. Beyond it a mail is read and thrown
/// away, unless it is the only one: 452.
pub const RECEIVING_BYTES_MAX: u64 = 192 << 20;

/// How long we wait for a whole command (RFC 5321 §4.5.3.2.7), however many pieces it comes in.
/// Beyond it: 421.
pub const COMMAND_WAIT: Duration = Duration::from_mins(5);

/// How long we wait for the next piece of a mail (RFC 5321 §4.5.3.2.5). Beyond it: 421.
pub const BODY_WAIT: Duration = Duration::from_mins(3);

/// How long one mail may take from DATA to its final dot, or from the first BDAT to the last, so that a peer who sends a byte a
/// minute does not stay. Beyond it: 421.
pub const BODY_TIME_MAX: Duration = Duration::from_hours(1);

/// How long a peer may take to read what we say. Beyond it the line is cut.
pub const WRITE_WAIT: Duration = Duration::from_mins(5);

/// How long a TLS handshake may take. Beyond it the line is cut.
pub const TLS_WAIT: Duration = Duration::from_mins(1);

/// How long mail under way may take to finish when we stop. Beyond it: 421.
pub const GRACE: Duration = Duration::from_secs(30);

/// How long we read on after our last word, so that the peer gets to hear it: closing a socket
/// with unread bytes throws away what we wrote.
pub const FAREWELL_WAIT: Duration = Duration::from_secs(1);

/// Bytes read at once. What is buffered of a session is this, and never more because a peer
/// said so.
pub const READ_BYTES: usize = 32 << 10;

/// Connections of one listener. Beyond it: 421.
pub const CONNECTIONS_MAX: usize = 1280;

/// Connections of one listener from which on strangers may idle for [`CROWDED_COMMAND_WAIT`] only.
pub const CONNECTIONS_CROWDED: usize = 960;

/// How long we wait for a stranger's command, or for the next piece of a mail, in a crowd. Beyond
/// it: 421.
pub const CROWDED_COMMAND_WAIT: Duration = Duration::from_secs(10);

/// Connections at once of one address (an IPv6 /64 counts as one) to a listener that the world can
/// reach; here as below a config may say otherwise, and known peers have no limit. Beyond it: 421.
pub const CONNECTIONS_PER_ADDRESS: u32 = 50;

/// Connections in a minute of one stranger's address. Beyond it: 421.
pub const CONNECTIONS_PER_MINUTE: u32 = 120;

/// Mails in a minute of one stranger's address. Recipients of the next hear 450.
pub const MAILS_PER_MINUTE: u32 = 600;

/// Recipients in a minute of one stranger's address. Beyond it: 450.
pub const RECIPIENTS_PER_MINUTE: u32 = 6000;

/// Unknown recipients in a minute of one stranger's address. Beyond it, and beyond what its mail
/// has bought it, all recipients hear 450, ...
pub const UNKNOWN_RECIPIENTS_PER_MINUTE: u32 = 100;

/// ... for so long at least.
pub const GUESSING_REST: Duration = Duration::from_mins(1);

/// Unknown recipients that an address may name beyond that for each recipient of a mail of its that
/// was kept: it may be a gateway, and the mail behind a guess is as real as ever.
pub const GUESSES_PER_RECIPIENT: u32 = 10;

/// The most of them that an address gets in [`BRINGER_REMEMBERED`], however much mail it brings: a
/// stranger who knows one address buys nobody the directory.
pub const GUESSES_BOUGHT_MAX: u32 = 300;

/// How long after the first mail of an address they last. Then its mail buys anew.
pub const BRINGER_REMEMBERED: Duration = Duration::from_hours(1);

/// After how long the log tells again that a limit holds an address up, or that its TLS handshakes
/// fail.
pub const TOLD_AGAIN_AFTER: Duration = Duration::from_hours(1);

/// Addresses and limits that the log tells of in that time, for each listener. Beyond it they are
/// only counted.
pub const TOLD_MAX: usize = 100;

/// How long a peer may talk to a listener that is not open to the world before it has shown that it
/// is one of those who may bring mail. Beyond it: 421.
pub const STRANGER_WAIT: Duration = Duration::from_mins(1);

/// Octets of a BDAT that are read of somebody who may bring no mail, so that its answer can be
/// heard. Of more: 530, and the line is closed.
pub const BARRED_CHUNK_BYTES_MAX: u64 = 4096;

/// Bytes in a second that a stranger's mail comes in with, on average after [`BODY_START`].
/// The same holds for everybody's chunks that nobody wants. Slower: 421.
pub const BODY_BYTES_PER_SECOND: u32 = 100;

/// How long a mail may come in at any speed.
pub const BODY_START: Duration = Duration::from_mins(1);

/// Longest greeting delay that a config may ask for; peers wait five minutes (RFC 5321
/// §4.5.3.2.1), and some less.
pub const GREETING_DELAY_MAX: Duration = Duration::from_secs(30);

/// Addresses whose rates are remembered for one limit of a listener. Beyond it all are forgotten.
pub const ADDRESSES_REMEMBERED_MAX: usize = 20_000;

/// Pause after the operating system refused us a connection (no free file handle).
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Messages read from the store at once for filing, and filed together.
pub const FILING_BATCH: usize = 128;

/// Addresses whose owners are remembered while a batch is filed.
pub const KNOWN_OWNERS_MAX: usize = 10_000;

/// How long filing waits at most while mail pours in; then all that is there is filed.
pub const FILING_LAG_MAX: Duration = Duration::from_secs(10);

/// Messages filed at the same time; each holds its bytes in memory.
pub const FILING_AT_ONCE: usize = 4;

/// Kibibytes of all messages that are filed at the same time. A bigger one is filed alone.
pub const FILING_KIB_AT_ONCE: u32 = 64 << 10;

/// Tries to read a message for filing, over a quarter of an hour, after which its envelope must do.
pub const FILING_TRIES_MAX: u32 = 10;

/// First wait before a message that could not be filed is tried again; each further one doubles.
pub const FILING_RETRY: Duration = Duration::from_secs(2);

/// Longest wait before a message that could not be filed is tried again.
pub const FILING_RETRY_MAX: Duration = Duration::from_mins(5);

/// Messages that are put into the full text in one transaction.
pub const INDEXING_BATCH: usize = 256;

/// Bytes of text after which such a batch ends.
pub const INDEXING_BATCH_BYTES_MAX: usize = 8 << 20;

/// How long the indexer lets mail that is pouring in go first, between two batches.
pub const INDEXING_YIELDS_MAX: Duration = Duration::from_secs(3);

/// Tries to read a message for the full text, after which its summary must do.
pub const INDEXING_TRIES_MAX: u32 = 3;

/// Bytes of HTML that text is taken from.
pub const INDEXED_HTML_BYTES_MAX: usize = 1 << 20;

/// Attachments whose names can be found.
pub const INDEXED_ATTACHMENTS_MAX: usize = 500;

/// Bytes of the first part of a journal report. A longer one is filed as the plain mail it is.
pub const REPORT_BYTES_MAX: usize = 8 << 20;

/// Parts of a journal report, or of a bounce around one. One with more stays unopened.
pub const MULTIPART_PARTS_MAX: usize = 64;

/// Marks of ours in a mail that are looked at.
pub const MARKERS_MAX: usize = 16;

/// Recipient lines of a journal report; Exchange sends more than 10 000. Lines beyond it are
/// left out.
pub const REPORT_RECIPIENTS_MAX: usize = 50_000;

/// Lines of the text of a journal report. One with more stays unopened.
pub const REPORT_LINES_MAX: usize = 200_000;

/// First addresses of To and Cc of which those are remembered that the directory does not know.
pub const GUESSED_NAMES_MAX: usize = 20;

/// Names that the directory did not know and that are looked up again after a sync, before what
/// came meanwhile is filed; then the next ones.
pub const UNKNOWN_NAMES_AT_ONCE: usize = 500;

/// Entries that people get in one transaction whom the directory knows now; when so many were made,
/// what came meanwhile is filed.
pub const NEWCOMERS_ENTRIES_AT_ONCE: usize = 200;

/// Mailboxes of which an alert tells that reports come to them and are not opened. Of more it tells
/// of those that got most.
pub const UNOPENED_MAILBOXES_MAX: usize = 16;

/// After how long the words of that alert may change again.
pub const UNOPENED_TOLD_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// How long after the last one.
pub const UNOPENED_REMEMBERED: Duration = Duration::from_hours(24);

/// Bytes of a field that a source writes its recipients into.
pub const RECIPIENT_FIELD_BYTES_MAX: usize = 64 << 10;

/// Addresses of To and Cc that are looked up when an envelope names nobody of ours.
pub const HEADER_RECIPIENTS_MAX: usize = 1000;

/// Names shown of the recipients of a message in a list.
pub const TO_NAMES_MAX: usize = 5;

/// Bytes of a mail's text that its preview is made from.
pub const PREVIEW_SOURCE_BYTES_MAX: usize = 16 << 10;

/// Bytes of a header that is read. Real ones have some kilobytes, and a thousand recipients some
/// tens; a mail with a longer one is filed by its envelope.
pub const HEADER_BYTES_MAX: usize = 1 << 20;

/// Names of In-Reply-To that are read.
pub const PARENTS_MAX: usize = 3;

/// Names of References that are read from its beginning.
pub const THREAD_BEGIN_MAX: usize = 3;

/// Names of References that are read from its end.
pub const THREAD_END_MAX: usize = 9;

/// Bytes of a name; a header line can not have more (RFC 5322 §2.1.1).
pub const MESSAGE_NAME_BYTES_MAX: usize = 998;

/// How long the DNS may take for all questions about a mail. Beyond it the mail counts as not checked.
pub const DNS_TIME: Duration = Duration::from_secs(5);

/// Answers of the DNS that are remembered.
pub const DNS_ANSWERS_REMEMBERED: u64 = 4096;

/// How long a scanner may take. Beyond it it counts as down: 451, where a config says so.
pub const SCAN_TIME: Duration = Duration::from_secs(30);

/// Bytes of the largest mail that a scanner is given; clamd takes as much by default.
pub const SCAN_BYTES_MAX: u64 = 25 << 20;

/// Bytes of the largest mail that is checked as a whole; it is in memory meanwhile. Of a larger one only
/// the header is read, and what signs it, and no scanner sees it.
pub const CHECKED_BYTES_MAX: u64 = 64 << 20;

/// How long all checks of a mail may take, waiting for a place included; the peer waits for ten
/// minutes (RFC 5321 §4.5.3.2.6). Beyond it its scanners count as down.
pub const CHECKING_TIME: Duration = Duration::from_mins(2);

/// Bytes of the largest mail that counts as small among those that are checked.
pub const SMALL_CHECKED_BYTES_MAX: u64 = 256 << 10;

/// Kibibytes of small mails that are checked at the same time; the others wait.
pub const CHECKING_SMALL_KIB_AT_ONCE: u32 = 32 << 10;

/// Kibibytes of big ones. They wait for each other, and no small one waits for them. Twice the largest:
/// one that a parser is slow with must not hold up all others.
pub const CHECKING_BIG_KIB_AT_ONCE: u32 = 128 << 10;

/// Kibibytes that any mail counts for there: it also takes a few sockets.
pub const CHECKING_KIB_LEAST: u32 = 64;

/// Signatures (DKIM, ARC) of a mail; each asks the DNS. Those of a mail with more are not looked
/// at, nor beyond the next three limits, and such a mail is judged by SPF alone.
pub const SIGNATURES_MAX: usize = 60;

/// Bytes of a header, times its signatures: each hashes the header.
pub const SIGNED_HEADER_BYTES_MAX: usize = 8 << 20;

/// Bytes of a header whose signatures are looked at.
pub const AUTHENTICATED_HEADER_BYTES_MAX: usize = 256 << 10;

/// Names of fields that a signature covers. Each is looked for among all fields, and among the names
/// before it.
pub const SIGNED_NAMES_MAX: usize = 300;

/// Fields of a header. Nobody knows whom a mail with more is from.
pub const HEADER_FIELDS_MAX: usize = 1000;

/// Bytes of a scanner's answer over HTTP.
pub const SCANNER_REPLY_BYTES_MAX: usize = 1 << 20;

/// Bytes of clamd's answer.
pub const CLAMD_REPLY_BYTES_MAX: u64 = 1024;

/// Characters of a virus's name.
pub const VIRUS_NAME_CHARS_MAX: usize = 100;

/// Recipients that a spam filter is told.
pub const RATED_RECIPIENTS_MAX: usize = 100;
