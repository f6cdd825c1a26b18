//! What is said over SMTP and LMTP, without sockets, clocks or disks: bytes and time come in,
//! decisions come out.

mod auth;
mod body;
mod chunk;
mod command;
mod dialogue;
mod dsn;
mod line;
mod path;
mod phase;
mod receiving;
pub(crate) mod reply;
mod transaction;
mod verbs;
mod waiting;
mod xclient;
mod xtext;

pub(crate) use dialogue::{Dialogue, Step};
pub(crate) use reply::Reply;
pub(crate) use transaction::{Manners, Peers, Standing, Transaction, Xclient};
pub(crate) use xclient::Said;
