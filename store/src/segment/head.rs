//! The head of a record: how long its parts are, and what they must add up to.

use std::io;

use sha2::{Digest, Sha256};

use crate::limits;

/// What every record of every version begins with.
const MAGIC: [u8; 3] = *b"SMR";
/// The one this program writes; it reads those before, too.
const VERSION: u8 = 3;
/// How the name of a segment ends in which all records are of version 3: those of earlier releases, and
/// what was copied.
const SEALED: &str = "-3.seg";
/// The same, and all its whole records are messages, with rows or without.
const COUNTING: &str = "-4.seg";

/// What tells the heads of a segment from bytes that look like one. Where a head is damaged, the
/// next one is looked for, also in the mail behind it, and whoever wrote that may have written a
/// head into it. So heads are sealed with the random name of their segment, which no sender knows,
/// and with their place.
#[derive(Clone, Copy)]
pub(crate) struct Seal<'a> {
    segment: &'a str,
    offset: u64,
}

impl<'a> Seal<'a> {
    /// Of the head at `offset` of a segment, by its file name.
    pub(crate) const fn new(segment: &'a str, offset: u64) -> Self {
        Self { segment, offset }
    }

    #[cfg(test)]
    pub(crate) fn segment(self) -> &'a str {
        self.segment
    }

    /// The file name of a new segment that what comes in is appended to.
    pub(crate) fn name(random: [u8; 8]) -> String {
        super::hex(&random) + COUNTING
    }

    /// The file name of a new segment for copies, whose rows are committed with its directory.
    pub(crate) fn name_of_copies(random: [u8; 8]) -> String {
        super::hex(&random) + SEALED
    }

    /// Segments of before version 3 hold none of that, and those of since nothing else.
    fn permits(self, version: u8) -> bool {
        if self.segment.ends_with(SEALED) || counts_without_rows(self.segment) {
            version == VERSION
        } else {
            (1..VERSION).contains(&version)
        }
    }

    fn of(self, head: &[u8]) -> [u8; 8] {
        let mut seal = Sha256::new();
        seal.update(self.segment.as_bytes());
        seal.update([0]);
        seal.update(self.offset.to_le_bytes());
        seal.update(head);
        let digest = seal.finalize();
        std::array::from_fn(|at| digest.get(at).copied().unwrap_or_default())
    }
}

/// Whether each whole record of a segment is a message, by the name of its file: that is on the disk
/// before the first record is, and no damage to an index can take it back.
pub(crate) fn counts_without_rows(segment: &str) -> bool {
    segment.ends_with(COUNTING)
}

/// The first bytes of a record. Whoever has one knows that they are what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) header_bytes: u32,
    pub(crate) body_bytes: u64,
    /// Bytes of the message.
    pub(crate) size: u64,
    /// The number of the commit within its segment, from 1 on; [`Head::COMMITTED`]; 0 in
    /// version 1, which had none.
    pub(crate) batch: u32,
    /// Of header and body.
    pub(crate) crc_of_rest: u32,
    version: u8,
}

impl Head {
    /// Bytes of the longest head of any version, which is the present one. A shorter piece of a
    /// segment may still hold one.
    pub(crate) const BYTES_MAX: usize = 40;

    /// In the place of a batch: the record was committed, whatever follows it.
    pub(crate) const COMMITTED: u32 = u32::MAX;

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
    pub(crate) fn parse(bytes: &[u8], seal: Seal<'_>) -> Result<Self, &'static str> {
        let mut rest = bytes;
        if array(&mut rest)? != MAGIC {
            return Err("no record begins there");
        }
        let [version] = array(&mut rest)?;
        if !(1..=VERSION).contains(&version) {
            return Err("its version is none that this program knows");
        }
        if !seal.permits(version) {
            return Err("its version is none that this segment holds");
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
        let before = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
        let is_right = match version {
            1 | 2 => array(&mut rest)? == crc32fast::hash(before).to_le_bytes(),
            _ => array(&mut rest)? == seal.of(before),
        };
        if !is_right {
            return Err("the head's checksum is wrong");
        }
        if head.header_bytes > limits::RECORD_HEADER_BYTES_MAX {
            return Err("the header is longer than any can be");
        }
        Ok(head)
    }

    pub(super) fn write_to(&self, out: &mut impl io::Write, seal: Seal<'_>) -> io::Result<()> {
        let mut head = Vec::with_capacity(Self::BYTES_MAX);
        head.extend_from_slice(&MAGIC);
        head.push(VERSION);
        head.extend_from_slice(&self.header_bytes.to_le_bytes());
        head.extend_from_slice(&self.body_bytes.to_le_bytes());
        head.extend_from_slice(&self.size.to_le_bytes());
        head.extend_from_slice(&self.batch.to_le_bytes());
        head.extend_from_slice(&self.crc_of_rest.to_le_bytes());
        let seal = seal.of(&head);
        head.extend_from_slice(&seal);
        out.write_all(&head)
    }

    /// Bytes of the head itself.
    pub(crate) fn bytes(&self) -> usize {
        match self.version {
            1 => 32,
            2 => 36,
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

/// A segment as it would be under another name.
#[cfg(test)]
pub(crate) fn renamed(segment: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut renamed = Vec::new();
    let mut rest = segment;
    while let Ok(head) = Head::parse(rest, Seal::new(from, renamed.len() as u64)) {
        let length = head.record_bytes().unwrap().try_into().unwrap();
        let (record, behind) = rest.split_at_checked(length).unwrap_or((rest, b""));
        let seal = Seal::new(to, renamed.len() as u64);
        head.write_to(&mut renamed, seal).unwrap();
        renamed.extend(&record[Head::BYTES_MAX..]);
        rest = behind;
    }
    renamed.extend(rest);
    renamed
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (array, rest) = bytes.split_first_chunk().ok_or("the record is cut short")?;
    *bytes = rest;
    Ok(*array)
}
