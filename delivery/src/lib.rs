//! The queue towards the primary and the outside: what is owed is handed over here, and nowhere
//! else.
//!
//! - Bytes and envelope are those that came in, one recipient for each transaction.
//! - A row is claimed before anything is sent, and its outcome is written before the next one is
//!   sent. What happens in between and is not known stays unknown: nothing is tried again
//!   blindly, nothing is dropped.
//! - What is owed to the primary is tried until it is delivered or a person decides. Mail to the
//!   outside is given up after five days and then waits for a person, too.
//!
//! ```text
//! worker   starts one lane for each way out, wakes them, tells how far a recovery is
//!   lane   asks the mode, claims one row, lets a way rest that leads nowhere
//!     row    from a row to octets and envelope       bytes, header
//!     outcome  written down, whatever happens to the store or the lane
//!     way    one try, cut off in time                smtp; imap, imap_session, sent_folder
//!   asking   asks the primary about rows in doubt      imap_look
//! plan, failure   decide: when, and what a failure means. No input, no output
//! ```

mod asking;
mod authentication_results;
mod bounded;
mod bytes;
mod config;
mod failure;
mod header;
mod imap;
mod imap_look;
mod imap_session;
mod imap_wire;
mod lane;
pub mod limits;
mod mailboxes;
mod outcome;
mod plan;
mod probe;
mod progress;
mod row;
#[cfg(test)]
mod scripted_peer;
mod sent_folder;
mod smtp;
mod way;
mod words;
mod worker;

pub use config::{
    Config, ConfigError, Door, HostPort, HostPortError, Imap, ImapTls, LoginPattern,
    LoginPatternError, RawOutbound, RawPrimary, TlsPolicy,
};
pub use mailboxes::{MailboxTrouble, Mailboxes, bare_name};
pub use probe::{ProbeError, probe};
pub use worker::run;
