//! Other people's programs bring mail: swaks, Python's smtplib, smtp-source, and a client that
//! sends chunks.

mod chunks;
mod many;
mod scene;
mod smtplib;
mod swaks;
