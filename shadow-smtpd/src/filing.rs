//! Filing: whose mailbox a kept message goes to, and whom it must still reach.
//!
//! `reading` looks at the bytes, `decision` decides, [`Filer`] fetches and writes. All of it can
//! be done again from the stored bytes.

mod decision;
mod filer;
mod fingerprint;
mod header;
mod mime;
mod multipart;
mod postponed;
mod preview;
mod reading;
mod recipients;
mod report;

pub use filer::Filer;
