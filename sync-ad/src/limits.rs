//! Every number that bounds what a directory or a stranger may ask of us.

use std::time::Duration;

/// Bytes of a `users.toml`: ten thousand accounts fit.
pub const FILE_BYTES_MAX: u64 = 16 << 20;

/// Accounts that may always vanish in one sync without anybody being asked.
pub const REMOVALS_UNASKED_MAX: usize = 3;

/// Share of all accounts, in percent, that may vanish in one sync without anybody being asked.
pub const REMOVALS_UNASKED_PERCENT_MAX: usize = 10;

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

/// Passwords hashed at the same time; each takes 19 MiB and one core.
pub const HASHES_AT_ONCE_MAX: usize = 4;

/// Wrong passwords that cost nothing but the time to type them.
pub const FREE_TRIES: u32 = 5;

/// Wrong passwords from one address, whatever the names, that cost nothing. Many, because a whole
/// company may sit behind one address.
pub const FREE_TRIES_OF_ADDRESS: u32 = 100;

/// After so long without another one, wrong passwords are forgotten.
pub const FAILURES_FORGOTTEN_AFTER: Duration = Duration::from_mins(30);

/// The longest wait after many wrong passwords. Short enough that nobody is locked out of an
/// emergency by a stranger who guesses.
pub const WAIT_MAX: Duration = Duration::from_mins(5);

/// Pairs of name and address whose failures are remembered. The oldest is forgotten first.
pub const TRIES_REMEMBERED_MAX: usize = 10_000;
