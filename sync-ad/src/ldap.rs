//! An LDAP client (RFC 4511) that reads: one request at a time, everything bounded.
//!
//! Of `ldap3` only the filters are used. Its connection panics at an answer that is not as it
//! expects, and takes a message of any size into memory; a directory may be hostile.

pub(crate) mod ber;
pub(crate) mod connection;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod filter;
pub(crate) mod message;
#[cfg(test)]
pub(crate) mod played;
pub(crate) mod server;
pub(crate) mod tls;
