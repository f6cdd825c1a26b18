//! The directory mirror and the sign-in check.
//!
//! A source reads the whole directory into a [`store::Snapshot`]: [`read_file`] a file,
//! [`Directory`] a server (Active Directory, OpenLDAP), of which it asks only what has changed. [`sync`]
//! writes it into the store unless the guard finds that too much of it has vanished. [`SignInCheck`]
//! answers whether a name and a password belong together. It asks the directory by [`PasswordBind`];
//! while no server answers, the verifier counts that was made when one did. An [`EmergencyCode`] lets
//! in who has none. [`FixedUsers`]
//! answers the same for programs whose names stand in the config.
//!
//! This crate never sees a message.

mod assemble;
mod bind;
mod break_glass;
mod directory;
mod dn;
mod emergency_code;
mod file;
mod fixed_users;
mod guard;
mod kept;
mod ldap;
pub mod limits;
mod lockout;
mod mapping;
mod pace;
mod password;
mod password_check;
mod password_mark;
mod proxy;
mod reader_hold;
mod right_passwords;
mod settings;
mod sign_in;
mod sync;
mod tries;
mod wrong_passwords;

pub use assemble::{Dispute, Flaw, FlawKind, LeftOut, Reason, TooManyMemberships};
pub use bind::{Hindrance, PasswordBind};
pub use break_glass::{BreakGlassCheck, BreakGlassPassword};
pub use directory::{
    Directory, DirectoryError, Extent, Few, Found, Lately, Looked, Origin, Reading, Unchanged,
};
pub use emergency_code::EmergencyCode;
pub use file::{FileError, read_file};
pub use fixed_users::FixedUsers;
pub use guard::TooMuchLost;
pub use ldap::error::LdapError;
pub use ldap::tls::TrustError;
pub use lockout::Shown;
pub use mapping::{Kind, RawAttributes};
pub use password::{HashError, hash, is_hash};
pub use password_check::Interrupted;
pub use settings::{RawDirectory, Settings, SettingsError};
pub use sign_in::{Seemed, SignInCheck, Verdict, Welcome};
pub use sync::{SyncError, compare, sync};
