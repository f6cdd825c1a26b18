//! The directory mirror and the sign-in check.
//!
//! A source ([`read_file`]) reads the whole directory into a [`store::Snapshot`]; [`sync`] writes
//! it into the store unless the guard finds that too much of it has vanished. [`SignInCheck`]
//! answers whether a name and a password belong together, from the mirror alone: it works when
//! everything else is down. An [`EmergencyCode`] lets in who has no verifier there. [`FixedUsers`] answers the same for programs whose names stand in the
//! config.
//!
//! This crate never sees a message.

mod emergency_code;
mod file;
mod fixed_users;
pub mod limits;
mod password;
mod password_check;
mod right_passwords;
mod sign_in;
mod sync;
mod tries;

pub use emergency_code::EmergencyCode;
pub use file::{FileError, read_file};
pub use fixed_users::FixedUsers;
pub use password::{HashError, hash, is_hash};
pub use password_check::Interrupted;
pub use sign_in::{Seemed, SignInCheck, Verdict, Welcome};
pub use sync::{SyncError, compare, sync};
