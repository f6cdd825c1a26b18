//! The queue towards the primary and the outside: what is owed is handed over here, and nowhere
//! else.
//!
//! - Bytes and envelope are those that came in, one recipient for each transaction.
//! - A row is claimed before anything is sent, and its outcome is written before the next one is
//!   sent. What happens in between and is not known stays unknown: nothing is tried again
//!   blindly, nothing is dropped.

mod bounded;
mod bytes;
mod config;
mod failure;
mod header;
mod imap;
mod imap_session;
mod imap_wire;
mod lane;
pub mod limits;
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
pub use probe::{ProbeError, probe};
pub use worker::run;
