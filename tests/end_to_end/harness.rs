//! The harness of the scenarios: real peers, each started in a directory of its own on free
//! loopback ports, and stopped by its process id when it goes out of scope.
//!
//! | peer | what it is |
//! |---|---|
//! | [`Postfix`] | the gateway and primary |
//! | [`Exim`] | another gateway |
//! | [`Dovecot`] | its mailboxes, read with [`Inbox`] |
//! | [`slapd::Slapd`] | an OpenLDAP, the organisation's directory |
//! | [`samba::Samba`] | an Active Directory |
//! | [`Chromium`] | the browser of a member of staff |
//! | [`Shadowmail`] | the server under test: the real executable |
//! | [`LineCutter`] | a line to the primary that is cut at a chosen moment |
//! | [`Relay`] | a smarthost that wants encryption and a sign-in |
//! | [`Hooked`] | a service that takes webhooks |
//! | [`Outside`] | the world behind the smarthost: keeps every byte it is sent |
//! | [`Strace`] | the kernel that fails at a chosen system call, and the witness of all of them |
//! | [`swaks`], [`smtp_source`], [`SmtpClient`] | three ways to send mail; `clients.rs` has more |
//!
//! A peer that is not installed is a failure that names the command to install it. What a failed
//! scenario wrote stays on disk, and the ends of all logs are printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "the harness is test code: it stops at what it did not expect, and says where"
)]

mod answered;
mod authority;
mod browser;
mod certificate;
pub mod counted;
pub mod door;
mod dovecot;
pub mod exim;
mod free_port;
mod hooked;
mod imap;
mod knot;
mod line_cutter;
mod load;
mod message;
pub mod mirror;
pub mod mirrored;
mod organisation;
mod outside;
pub mod postfix;
mod process;
mod random;
pub mod recipe;
mod relay;
pub mod samba;
mod scanners;
mod scratch;
mod seeded;
mod sending;
mod server;
mod server_config;
pub mod slapd;
mod small_disk;
mod smtp_client;
mod strace;
mod trace;
mod turn;
pub mod wait;

pub use answered::{Answered, Promise};
pub use browser::Chromium;
pub use certificate::Certificate;
pub use dovecot::Dovecot;
pub use exim::Exim;
pub use free_port::free_address;
pub use hooked::Hooked;
pub use imap::{Inbox, Stored, without_trace};
pub use knot::Knot;
pub use line_cutter::{Cut, LineCutter};
pub use load::Load;
pub use message::Message;
pub use organisation::{GROUPS, MAILBOXES, Mailbox, SHADOW_DOMAIN, mailbox};
pub use outside::{Arrived, Outside};
pub use postfix::{Copying, Postfix};
pub use process::{Stop, installed};
pub use random::Random;
pub use relay::Relay;
pub use scanners::{Clamd, EICAR, GTUBE, Rspamd};
pub use scratch::Scratch;
pub use seeded::seeded;
pub use sending::{smtp_source, smtp_source_at_once, swaks, swaks_with};
pub use server::{Finished, Shadowmail, executable, run};
pub use server_config::{JournalTls, ServerConfig};
pub use small_disk::SmallDisk;
pub use smtp_client::{SmtpClient, SmtpReply};
pub use strace::{Strace, Threads};
pub use trace::{Call, calls};
pub use turn::Turn;

/// The target of this package that is built together with the server.
const TARGET: [&str; 2] = ["--test", "end_to_end"];
