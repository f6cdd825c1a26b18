//! SMTP and LMTP listeners, and the filer that sorts what they kept.
//!
//! A mail goes through here in two steps, with the `250` between them:
//!
//! 1. A [`Listener`] talks to the peer. What is said is decided in `proto`, which sees bytes and
//!    time and nothing else; a `session` carries its decisions out; a [`Desk`] answers whether a
//!    recipient is ours and makes the mail durable. Nothing here parses MIME.
//! 2. The [`Filer`] takes kept messages, unwraps journal reports, finds the owners, and tells the
//!    store whose mailbox a message goes to and whom it must still reach. It can do so again at
//!    any time from the stored bytes. The [`Indexer`] fills the full text afterwards.

mod access;
mod bind_error;
mod checks;
mod circumstances;
mod client_certificate;
mod config;
mod connection;
mod copies;
mod desk;
mod filing;
#[cfg(test)]
mod fuzz;
mod guests;
mod incoming;
mod input;
pub mod limits;
mod listener;
mod mail_log;
mod network;
mod news;
mod owners;
mod peer_limits;
mod proto;
mod proxy_header;
mod rate;
mod room;
mod session;
mod users;
mod wire;

pub use bind_error::BindError;
pub use checks::{Checks, ChecksConfig, ClamdAt, Doubt, WhenDown};
pub use client_certificate::{ClientCertificates, Fingerprint, FingerprintError};
pub use config::{ListenerConfig, Protocol, Role, TlsPolicy};
pub use copies::{CopyEnvelope, CopyRules, Senders};
pub use desk::{Answer, Desk, StoreDesk};
pub use filing::{Filer, Indexer};
pub use listener::{Listener, Parts};
pub use network::{Network, NetworkError};
pub use peer_limits::PeerLimits;
pub use users::{Users, Verdict};
