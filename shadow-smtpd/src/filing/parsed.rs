//! A parsed mail that can be dropped.

use std::mem;
use std::ops::Deref;
use std::panic::catch_unwind;

use mail_parser::{Message, MessageParser, PartType};

use super::header;
use crate::limits;

/// A mail as the parser reads it. The parser's own type drops mail within mail by recursion, and
/// twenty thousand of them, which fit into 600 KB, run out of stack: that ends the process, and
/// no unwinding stops it. This one takes them apart in a loop.
pub(super) struct Parsed<'x>(Message<'x>);

impl<'x> Parsed<'x> {
    /// Reads a mail; `None` when there is nothing in it, or a header so long that it is an attack:
    /// the parser makes many times its bytes of a list of addresses.
    pub(super) fn of(mail: &'x [u8]) -> Option<Self> {
        if header::split(mail).header.len() > limits::HEADER_BYTES_MAX {
            return None;
        }
        // What the parser asserts is not always so. A mail that shows it is one that nobody can parse.
        catch_unwind(|| MessageParser::default().parse(mail))
            .ok()
            .flatten()
            .map(Self)
    }
}

impl<'x> Deref for Parsed<'x> {
    type Target = Message<'x>;

    fn deref(&self) -> &Message<'x> {
        &self.0
    }
}

impl Drop for Parsed<'_> {
    fn drop(&mut self) {
        let mut parts = mem::take(&mut self.0.parts);
        while let Some(part) = parts.pop() {
            if let PartType::Message(mut inner) = part.body {
                parts.append(&mut inner.parts);
            }
        }
    }
}
