//! Mail as files that other programs read.

pub mod maildir;
pub mod mbox;
pub mod mbox_reader;
pub mod name;
