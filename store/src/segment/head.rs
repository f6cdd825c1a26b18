//! The head of a record: how long its parts are, and what they must add up to.

use std::io;

use crate::limits;

/// What every record of every version begins with.
const MAGIC: [u8; 3] = *b"SMR";
/// The one this program writes; it reads those before, too.
const VERSION: u8 = 2;

/// The first bytes of a record. Whoever has one knows that they are what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) header_bytes: u32,
    pub(crate) body_bytes: u64,
    /// Bytes of the message.
    pub(crate) size: u64,
    /// The number of the commit within its segment, from 1 on; 0 in version 1, which had none.
    pub(crate) batch: u32,
    /// Of header and body.
    pub(crate) crc_of_rest: u32,
    version: u8,
}

impl Head {
    /// Bytes of the longest head of any version. A shorter piece of a segment may still hold one.
    pub(crate) const BYTES_MAX: usize = 36;

    pub(super) fn new(
        (header_bytes, body_bytes): (u32, u64),
        (size, crc_of_rest): (u64, u32),
        batch: u32,
    ) -> Self {
        Self {
            header_bytes,
            body_bytes,
            size,
            batch,
            crc_of_rest,
            version: VERSION,
        }
    }

    /// The head at the beginning of `bytes`, or in words why there is none.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut rest = bytes;
        if array(&mut rest)? != MAGIC {
            return Err("no record begins there");
        }
        let [version] = array(&mut rest)?;
        if !(1..=VERSION).contains(&version) {
            return Err("its version is none that this program knows");
        }
        let head = Self {
            header_bytes: u32::from_le_bytes(array(&mut rest)?),
            body_bytes: u64::from_le_bytes(array(&mut rest)?),
            size: u64::from_le_bytes(array(&mut rest)?),
            batch: match version {
                1 => 0,
                _ => u32::from_le_bytes(array(&mut rest)?),
            },
            crc_of_rest: u32::from_le_bytes(array(&mut rest)?),
            version,
        };
        let summed = bytes.get(..bytes.len() - rest.len());
        let crc_of_head = u32::from_le_bytes(array(&mut rest)?);
        if summed.map(crc32fast::hash) != Some(crc_of_head) {
            return Err("the head's checksum is wrong");
        }
        if head.header_bytes > limits::RECORD_HEADER_BYTES_MAX {
            return Err("the header is longer than any can be");
        }
        Ok(head)
    }

    pub(super) fn write_to(&self, out: &mut impl io::Write) -> io::Result<()> {
        let mut head = Vec::with_capacity(Self::BYTES_MAX);
        head.extend_from_slice(&MAGIC);
        head.push(VERSION);
        head.extend_from_slice(&self.header_bytes.to_le_bytes());
        head.extend_from_slice(&self.body_bytes.to_le_bytes());
        head.extend_from_slice(&self.size.to_le_bytes());
        head.extend_from_slice(&self.batch.to_le_bytes());
        head.extend_from_slice(&self.crc_of_rest.to_le_bytes());
        head.extend_from_slice(&crc32fast::hash(&head).to_le_bytes());
        out.write_all(&head)
    }

    /// Bytes of the head itself.
    pub(crate) fn bytes(&self) -> usize {
        match self.version {
            1 => 32,
            _ => Self::BYTES_MAX,
        }
    }

    /// Bytes of the whole record; `None` when no file can be that long.
    pub(crate) fn record_bytes(&self) -> Option<u64> {
        (self.bytes() as u64)
            .checked_add(u64::from(self.header_bytes))?
            .checked_add(self.body_bytes)
    }
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (array, rest) = bytes.split_first_chunk().ok_or("the record is cut short")?;
    *bytes = rest;
    Ok(*array)
}
