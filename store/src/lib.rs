//! The heart of Shadowmail: everything that must survive a power cut.
//!
//! ```text
//! data/
//!   shadow.db                 accounts, addresses, groups, verifiers, mode history, queue,
//!                             sessions, emergency codes, audit, holds, alerts
//!   days/2026-11-22/          all mail that arrived on that UTC day
//!     index.db                one row per message, one per entry with its flags, merge keys
//!     1f0c9a2e-4.seg          append-only records: header (lengths, checksum, envelope) and
//!                             zstd bytes; one segment per writing process
//!     text.db                 the full text; made from the messages, see [`search`]
//!   incoming/                 big mail while it comes in: files without a name, gone with the
//!                             process that reads it
//! ```
//!
//! **Truth** is in the segments (what came in), in `shadow.db` (what was decided) and in the flags
//! and moves of the entries (what people did). Message rows and entries can be made again from the records
//! by filing them again; a record can not be made again from anything.
//! **Only [`Store::age_day`] deletes** mail, and only `retention` may call it: a day that is over
//! goes with its directory, or is made anew with only those messages that something protects (owed,
//! not filed yet, held, kept longer for somebody). It refuses outside Normal mode, and a crash at any
//! step of it is finished by the next start; see `aging`. Another directory may so take the place of
//! a day at any time: whoever has the old one open notices by its inode and opens it again.
//!
//! Keeping refuses ([`KeepError::DiskFull`]) before the disk is full, so that everything else still
//! has room; where the disk is gone it refuses, too, and makes nothing on the disk underneath.
//!
//! Coming in, bytes are synced before the row is written; going out, the row goes before the
//! file. So a row never points at nothing. The row is synced later than the bytes: a whole record
//! without one is a message whose row a crash of the machine took, or of a batch that was cut off
//! before anybody was told `250` about it; either way it gets its row when the day is opened, or as
//! soon as that can be done, see `regained`.
//!
//! The store opens no socket and does not know who calls it. All methods of [`Store`] are async
//! and keep SQLite off the async threads.

mod account;
mod address;
mod aging;
mod alert;
mod alert_kind;
mod alert_notice;
mod alias_domains;
mod at_home;
mod audit;
mod backup;
mod behind;
mod book;
mod break_glass;
mod card;
mod claim;
mod code_notice;
mod columns;
mod console;
mod content;
mod conversation;
mod copies;
mod coverage;
mod damage;
mod database;
mod day;
mod day_reading;
mod day_state;
mod days;
mod decided;
mod directory_note;
mod directory_run;
mod disk;
mod draft;
mod dsn;
mod emergency_code;
mod entry_name;
mod envelope;
mod error;
mod export;
mod filing;
mod findings;
#[cfg(test)]
mod fixture;
mod flow;
mod gap;
mod give;
mod held;
mod hold;
mod hold_query;
mod id;
mod inspect;
mod keep;
mod ledger;
pub mod limits;
mod lock;
mod mailbox;
pub mod marker;
mod migration;
mod mirror;
mod mode;
mod moves;
mod newcomer;
mod outbound;
mod outbox;
mod piece;
mod press;
mod probe;
mod proof;
mod queue;
mod readiness;
mod rebuild;
mod record;
mod regained;
#[cfg(test)]
#[path = "released_tests.rs"]
mod released;
mod reminder;
mod scan;
mod scope;
pub mod search;
mod secret;
mod seen;
mod segment;
mod session;
mod settings;
mod settled;
mod shadow;
mod shown_password;
mod standstill;
mod start_link;
mod stock;
mod survivor;
mod swap;
mod thin;
mod told;
mod totp;
mod trace;
mod transfer;
mod unsorted;
mod verifier;
mod verify;
mod welcome;

pub use account::{Account, AccountId, AccountKind, Owners, Recipient, Role, Standing};
pub use address::{Address, AddressError, ReversePath};
pub use aging::{Aged, Aging, AgingStep, Fate};
pub use alert::{Alert, clear_damage};
pub use alert_kind::AlertKind;
pub use alert_notice::{AlertNotice, AlertQuiet};
pub use alias_domains::AliasDomains;
pub use at_home::Familiar;
pub use audit::{AuditEvent, AuditRow};
pub use backup::{BackedUp, BackupError, Restored, WaysIn, backup, restore};
pub use book::{BookPage, Listed, ListedKind};
pub use break_glass::{
    BreakGlass, BreakGlassKept, BreakGlassName, BreakGlassNameError, BreakGlassOrder,
    BreakGlassTry, NewBreakGlass,
};
pub use card::{AccountCard, Card, GroupCard, Reserve, VerifierCard, VerifierState};
pub use claim::Claim;
pub use code_notice::CodeNotice;
pub use console::{
    CodeAsked, ConsoleAdmission, ConsoleEntry, ConsoleSession, ConsoleToken, ConsoleUser,
    SecondFactor, UsedBy,
};
pub use content::Content;
pub use coverage::Coverage;
pub use day::Day;
pub use day_state::DayState;
pub use directory_note::DirectoryNote;
pub use directory_run::{
    DirectoryOrder, DirectoryReport, DirectoryRun, DirectoryRunState, DirectorySize,
};
pub use disk::{DiskLevel, DiskRoom, Watermarks};
pub use draft::{
    AttachmentId, Attachments, Draft, DraftAbout, DraftAttachment, DraftError, DraftFields,
    DraftFile, DraftId, DraftRow, DraftSave, DraftVersion, Saved,
};
pub use dsn::{Dsn, NotifyWhen, RecipientDsn, Ret};
pub use emergency_code::{CodeId, Forgotten, KeptCode, NewCode};
pub use entry_name::{EntryCopy, EntryName};
pub use envelope::{Envelope, Peer, Source, Trust};
pub use error::{KeepError, OpenError, StoreError};
pub use export::{ExportEntry, Exportable, Wanted};
pub use filing::{Entry, Filed, Filing, Owed, Replayed, Summary, Unfiled};
pub use findings::{
    Confirmation, DmarcPolicy, Findings, NotScanned, Outcome, Spam, SpamAction, Virus,
};
pub use gap::{Bringing, Kept};
pub use held::Held;
pub use hold::{Hold, HoldId, HoldScope, Released};
pub use hold_query::misunderstood;
pub use id::{MessageId, MessageIdError};
pub use ledger::{Answer, LedgerRow, OwedCount};
pub use mailbox::{EntryRow, Folder, FolderCount, MailboxPage};
pub use mirror::{
    Accepted, Change, Changed, ChangedValue, Comparison, Difference, DirectoryKind, Listing, Loss,
    Lost, Memory, Mirrored, MirroredAccount, MirroredGroup, Mirroring, Named, Patched, Question,
    Remembered, RememberedEntry, Ruling, ShutOut, Snapshot,
};
pub use mode::{Mode, ModeChange, ModeError};
pub use moves::Flag;
pub use newcomer::UnknownName;
pub use outbound::{OutboundQueue, OutboundStop, OverLimit, Stopped, WriterLimits};
pub use outbox::{Answered, Departure, OutboxId, Posting, Undo};
pub use piece::{Encoding, Piece};
pub use probe::{ProbeChange, ProbeStanding, ProbeState};
pub use proof::{Proof, Proven, VerifierMark};
pub use queue::{Purpose, QueueId, QueueState, Settled};
pub use readiness::{
    Count, DepartmentCount, Figures, Group, GroupCount, MissingPeople, PeopleFilter, PeopleWanted,
    Readiness, Shown, ShownBy,
};
pub use rebuild::{Rebuilt, rebuild};
pub use reminder::{DueReminder, RemindersAsked, RemindersSent};
pub use scope::{Chosen, Scope, ScopeError};
pub use secret::Secret;
pub use session::{Admission, Entrance, Session, SessionToken};
pub use shadow::{Store, StoreOptions};
pub use shown_password::{ShownEnd, ShownMax};
pub use standstill::Standstill;
pub use start_link::{LinkRefused, StartLink};
pub use stock::Stock;
pub use survivor::{DayLimit, Outlook, Protection, Tally};
pub use told::{Told, Untold};
pub use totp::TotpSecret;
pub use trace::{Arrival, ArrivalState, Lying, Sought, Trace};
pub use unsorted::{UNCHECKED_SENDER, Unsorted};
pub use verifier::{Aside, Entrant, MadeVerifier, NewVerifier};
pub use verify::{Finding, Note, Progress, Verification, verify};
pub use welcome::{Newcomer, Welcomed, WelcomedTo};
