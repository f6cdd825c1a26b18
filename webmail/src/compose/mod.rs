//! Writing: what the form starts with, what was typed, and the message made of it.

mod address_list;
mod build;
mod check;
mod form;
mod start;

pub(crate) use build::{Draft, Thread, bytes, form_key};
pub(crate) use check::{Checked, check};
pub(crate) use form::{Form, Reading, Saver, piece_by_piece, read};
pub(crate) use start::{Occasion, Original, start, written};
