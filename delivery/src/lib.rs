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
//!       exits  which smarthost is next, and how fast they are used
//!   asking   asks the primary about rows in doubt      imap_look
//! post     keeps what the outbox has, and writes to those whose mail did not arrive: notice
//!
//! plan, failure   decide: when, and what a failure means. No input, no output
//! ```

mod asking;
mod authentication_results;
mod bounded;
mod bytes;
mod config;
mod dkim;
mod exits;
mod failure;
mod header;
mod imap;
mod imap_look;
mod imap_session;
mod imap_wire;
mod lane;
pub mod limits;
mod mailboxes;
mod notice;
mod notice_words;
mod outbound;
mod outcome;
mod plan;
mod post;
mod probe;
mod progress;
mod row;
#[cfg(test)]
mod scripted_peer;
mod sent_folder;
mod smtp;
mod tls;
mod way;
mod words;
mod worker;

pub use config::{
    Config, ConfigError, Door, HostPort, HostPortError, Imap, ImapTls, Login, LoginPattern,
    LoginPatternError, RawPrimary, TlsPolicy,
};
pub use dkim::{Dkim, DkimDomain, RawDkim};
pub use mailboxes::{MailboxNames, MailboxTrouble, Mailboxes, bare_name};
pub use outbound::{Outbound, RawOutbound, RawSmarthost};
pub use probe::{ProbeError, knock, probe};
pub use worker::run;
