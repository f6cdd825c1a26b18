//! Filing: whose mailbox a kept message goes to, and whom it must still reach.
//!
//! `reading` looks at the bytes, `sorter` asks the directory, `decision` decides, and [`Filer`]
//! writes it down. All of it can
//! be done again from the stored bytes. The [`Indexer`] comes after it and fills the full text.

mod correspondent;
mod decision;
mod filer;
mod fingerprint;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod fuzz_tests;
mod header;
mod indexer;
mod mime;
mod multipart;
mod newcomers;
mod parsed;
mod placing;
mod postponed;
mod preview;
mod reading;
mod recipients;
mod references;
mod report;
mod report_lines;
mod senders;
mod sorter;
mod texts;
mod unopened;

pub use filer::Filer;
pub use indexer::Indexer;
