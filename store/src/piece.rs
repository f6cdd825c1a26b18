//! A piece of a record: where it lies, and how it is encoded there.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::transfer;

/// Where in a record a mail lies, when that is not all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Its bytes as they are stored.
    pub range: Range<usize>,
    /// How they are encoded.
    pub encoding: Encoding,
    /// How many they are decoded.
    pub size_bytes: u64,
}

/// How bytes are written down in a mail (RFC 2045 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// As they are: `7bit`, `8bit`, `binary`.
    AsIs,
    /// RFC 2045 §6.8.
    Base64,
    /// RFC 2045 §6.7.
    QuotedPrintable,
}

impl Piece {
    /// Bytes that are not encoded.
    pub fn as_is(range: Range<usize>) -> Self {
        Self {
            size_bytes: range.len() as u64,
            encoding: Encoding::AsIs,
            range,
        }
    }

    /// Takes it out of its record. `None` when it lies outside of it.
    pub fn of(&self, mut record: Vec<u8>) -> Option<Vec<u8>> {
        let Range { start, end } = self.range;
        if start > end || end > record.len() {
            return None;
        }
        if self.encoding != Encoding::AsIs {
            return Some(self.encoding.decode(record.get(start..end)?));
        }
        record.truncate(end);
        record.drain(..start);
        Some(record)
    }
}

impl Encoding {
    /// The bytes that these stand for. Nothing is an error: what can not be is left out, or stays
    /// as it is written (RFC 2045 §6.7, §6.8 say so).
    pub fn decode(self, encoded: &[u8]) -> Vec<u8> {
        let mut decoded = Vec::with_capacity(encoded.len());
        let mut decoder = transfer::Decoder::new(self);
        decoder.add(encoded, &mut decoded);
        decoder.end(&mut decoded);
        decoded
    }
}
