//! Every number that bounds what a directory or a stranger may ask of us.

use std::time::Duration;

/// Bytes of a `users.toml`: ten thousand accounts fit.
pub const FILE_BYTES_MAX: u64 = 16 << 20;

/// Accounts that may always vanish within a day without anybody being asked; and addresses, groups,
/// sign-ins, administrators.
pub const REMOVALS_UNASKED_MAX: usize = 3;

/// Share of them, in percent, that may vanish within a day without anybody being asked.
pub const REMOVALS_UNASKED_PERCENT_MAX: usize = 10;

/// Lost accounts, addresses or groups that a sentence names.
pub const LOST_NAMED_MAX: usize = 5;

/// Bytes of a password; a longer one is refused before it is hashed.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// Bytes of a sign-in name; an address has at most 254. A longer one is refused like an unknown one.
pub const LOGIN_BYTES_MAX: usize = 256;

/// How long a password of a program that was right is not hashed again.
pub const RIGHT_PASSWORD_REMEMBERED: Duration = Duration::from_mins(1);

/// KiB of memory that checking a hash may take, its passes and its lanes: above what anybody
/// recommends, below what stops a server.
pub const HASH_MEMORY_KIB_MAX: u32 = 256 << 10;
/// See [`HASH_MEMORY_KIB_MAX`].
pub const HASH_PASSES_MAX: u32 = 32;
/// See [`HASH_MEMORY_KIB_MAX`].
pub const HASH_LANES_MAX: u32 = 16;

/// The same for hashes that a directory hands out: there everybody may choose their own, and all
/// wait for the costliest.
pub const MIRRORED_HASH_MEMORY_KIB_MAX: u32 = 64 << 10;
/// Memory times passes, in KiB: four passes over the most memory.
pub const MIRRORED_HASH_WORK_KIB_MAX: u64 = 256 << 10;
/// See [`MIRRORED_HASH_MEMORY_KIB_MAX`].
pub const MIRRORED_HASH_LANES_MAX: u32 = 4;

/// Passwords hashed at the same time; each takes 19 MiB and one core.
pub const HASHES_AT_ONCE_MAX: usize = 4;

/// The same of passwords of break-glass administrators, apart from all others.
pub const BREAK_GLASS_HASHES_AT_ONCE_MAX: usize = 2;

/// Wrong passwords that cost nothing but the time to type them.
pub const FREE_TRIES: u32 = 5;

/// Wrong passwords from one address, whatever the names, that cost nothing, at least. Many, because a
/// whole company may sit behind one address.
pub const FREE_TRIES_OF_ADDRESS: u32 = 100;

/// The same at most, however many people there are.
pub const FREE_TRIES_OF_ADDRESS_MAX: u32 = 1000;

/// For each so many people one more of those.
pub const PEOPLE_PER_FREE_TRY: usize = 4;

/// So many of them are forgotten when somebody comes in from there for the first time.
pub const TRIES_TAKEN_OFF: u32 = 5;

/// So many people came in from an address that it is known to be one of theirs.
pub const FAMILIAR_PEOPLE: usize = 3;

/// How often it is written down that somebody came in from an address.
pub const AT_HOME_NOTED_EVERY: Duration = Duration::from_hours(24);

/// How long whoever came in from an address does not wait for what others try there.
pub const AT_HOME_FOR: Duration = Duration::from_hours(30 * 24);

/// How long it is remembered that somebody came in from an address: as long as a verifier is good, if the
/// config says nothing else.
pub const HOME_KEPT: Duration = Duration::from_hours(180 * 24);

/// After so long without another one, wrong passwords are forgotten.
pub const FAILURES_FORGOTTEN_AFTER: Duration = Duration::from_mins(30);

/// The longest wait after many wrong passwords. Short enough that nobody is locked out of an
/// emergency by a stranger who guesses.
pub const WAIT_MAX: Duration = Duration::from_mins(5);

/// The longest wait for what others tried from the same address: all who sit behind it wait.
pub const WAIT_OF_ADDRESS_MAX: Duration = Duration::from_secs(5);

/// How long a sign-in takes at most, whatever it waits for: then people are asked to try again.
pub const SIGN_IN_WAIT: Duration = Duration::from_millis(2900);

/// How long all directory servers together may take to say whether a password is right. A sign-in
/// takes three seconds at most, with a hash and [`REFUSAL_WAIT_MAX`].
pub const DIRECTORY_WAIT: Duration = Duration::from_millis(1800);

/// How long a sign-in waits for one of [`BINDS_AT_ONCE_MAX`] places before that.
pub const BIND_PLACE_WAIT: Duration = Duration::from_millis(600);

/// What each of several servers is given of it at least.
pub const SERVER_WAIT_MIN: Duration = Duration::from_millis(700);

/// How long a server that did not answer is not asked about passwords.
pub const HUNG_SERVER_WAIT: Duration = Duration::from_secs(30);

/// How long our own account is not tried again by itself after it was refused: the directory could
/// lock it.
pub const REFUSED_READER_WAIT: Duration = Duration::from_hours(1);

/// How long after a change of a password, in milliseconds, Active Directory may take the one before
/// it: an hour (`OldPasswordAllowedPeriod`), and what clocks may differ.
pub const OLD_PASSWORD_TAKEN_MS: i64 = 65 * 60 * 1000;

/// So many people whose passwords fit what the directory took before, and are refused ...
pub const DOUBT_PEOPLE: usize = 3;
/// ... within so long, while it takes nobody's, and it counts as one that does not answer.
pub const DOUBT_WINDOW: Duration = Duration::from_mins(10);

/// Wrong passwords that are left of what locks an account in the directory.
pub const LOCKOUT_SPARE: usize = 2;

/// Longest time for which a directory counts wrong passwords that is believed.
pub const LOCKOUT_WINDOW_MAX: Duration = Duration::from_hours(24);

/// Questions about passwords at the same time.
pub const BINDS_AT_ONCE_MAX: usize = 32;

/// How long a refusal takes, found out as it may be; and how long it takes at most on purpose.
pub const REFUSAL_WAIT_MIN: Duration = Duration::from_millis(500);
/// See [`REFUSAL_WAIT_MIN`].
pub const REFUSAL_WAIT_MAX: Duration = Duration::from_millis(2400);

/// How long refusals take as long as the slowest one.
pub const PACE_KEPT: Duration = Duration::from_mins(10);

/// How long the work of the hashes that the directory hands out is taken to be the same, the number of
/// people, and when the directory locks an account.
pub const MODEL_KEPT: Duration = Duration::from_mins(1);

/// Most days in the config that a verifier is good for.
pub const VERIFIER_DAYS_MAX: u32 = 3650;

/// Most wrong passwords in the config that the directory is shown.
pub const WRONG_PASSWORDS_MAX: u32 = 100;

/// Pairs of name and address whose failures are remembered. The oldest is forgotten first.
pub const TRIES_REMEMBERED_MAX: usize = 10_000;

/// Entries of one page of a search; servers give no more than 1000 anyway.
pub const PAGE_ENTRIES: u32 = 1000;

/// Accounts and groups of a directory that is mirrored.
pub const ENTRIES_MAX: usize = 500_000;

/// Bytes of one entry on the wire: a group of a hundred thousand members fits.
pub const MESSAGE_BYTES_MAX: usize = 32 << 20;

/// Bytes of one value of an attribute. Names, addresses and hashes are far smaller; photographs are
/// not asked for.
pub const VALUE_BYTES_MAX: usize = 64 << 10;

/// Attributes of one entry; fewer are asked for.
pub const ATTRIBUTES_MAX: usize = 100;

/// Bytes of a distinguished name.
pub const DN_BYTES_MAX: usize = 8 << 10;

/// Characters of a longer one that a flaw shows.
pub const LONG_NAME_CHARS: usize = 200;

/// Bytes that one sync may read: half a million entries of 1 KiB.
pub const READING_BYTES_MAX: usize = 512 << 20;

/// Entries without a key that are named.
pub const KEYLESS_NAMED_MAX: usize = 100;

/// Bytes that are read from a connection at once.
pub const READ_BYTES: usize = 64 << 10;

/// Parts of a filter in the config.
pub const FILTER_PARTS_MAX: usize = 200;

/// How long a directory server may take to be reached, TLS included.
pub const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// How long a directory server may take for one message.
pub const ANSWER_WAIT: Duration = Duration::from_mins(1);

/// How long one server may take for a whole sync; then the next is asked.
pub const SYNC_WAIT: Duration = Duration::from_mins(20);

/// How long a server may take to show that it answers and lets us read.
pub const LOOK_WAIT: Duration = Duration::from_secs(30);

/// How long one page of a search may take: a server that trickles is worth no more.
pub const PAGE_WAIT: Duration = Duration::from_mins(2);

/// Pages without an entry, one after the other, in one search.
pub const EMPTY_PAGES_MAX: u32 = 100;

/// Values of one attribute: the members of a group.
pub const VALUES_MAX: usize = 500_000;

/// Characters of a name, a telephone number and their like.
pub const TEXT_CHARS_MAX: usize = 1000;

/// Addresses of one account.
pub const ADDRESSES_MAX: usize = 500;

/// Memberships of all groups together, after groups within groups are followed.
pub const MEMBERSHIPS_MAX: usize = 5_000_000;

/// Members that are looked at while groups are followed, the same one counted each time it is met:
/// some seconds of work.
pub const MEMBERS_LOOKED_AT_MAX: usize = 50_000_000;

/// Entries that are asked for one by one; when more have changed, all are read again.
pub const CHANGED_ENTRIES_MAX: usize = 2000;

/// How long a deletion may hide behind other changes, in an OpenLDAP that counts its changes.
pub const UNLISTED_MAX: Duration = Duration::from_mins(10);

/// How long an account stays locked where the directory does not say it: what Active Directory and
/// most policies begin with.
pub const LOCKOUT_UNKNOWN: Duration = Duration::from_mins(30);

/// Longest time in the config between two syncs, in seconds or hours: some days, or more than a year.
pub const SCHEDULE_MAX: u32 = 24 * 7 * 60;

/// Members of a group that are asked for at once; old domain controllers give no more than 1000.
pub const RANGE_MEMBERS: usize = 1000;
