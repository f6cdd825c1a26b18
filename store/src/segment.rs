//! Segments: the append-only files that hold what came in.
//!
//! ```text
//! record = head (32 bytes) header body
//! head   = "SMR" version | header length u32 | body length u64 | message size u64
//!          | crc32 of header and body | crc32 of the head so far      (all little-endian)
//! header = JSON: id, envelope, SHA-256 of the message
//! body   = the message, compressed by zstd
//! ```

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::database::Identity;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;

pub(crate) const MAGIC: [u8; 4] = *b"SMR\x01";
pub(crate) const HEAD_BYTES: usize = 32;
/// Level 3 halves typical mail and is faster than the disk.
const COMPRESSION_LEVEL: i32 = 3;

/// What a record says besides the message itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordHeader {
    pub(crate) id: String,
    pub(crate) envelope: Envelope,
    pub(crate) sha256: String,
}

/// Where a record lies in its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: String,
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// The bytes of one record, ready to be appended.
pub(crate) fn encode(
    id: MessageId,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let header = RecordHeader {
        id: id.to_string(),
        envelope: envelope.clone(),
        sha256: hex(&Sha256::digest(message)),
    };
    let header = serde_json::to_vec(&header).map_err(io::Error::from)?;
    let header_length = u32::try_from(header.len())
        .ok()
        .filter(|length| *length <= limits::RECORD_HEADER_BYTES_MAX)
        .ok_or_else(|| StoreError::Refused("the envelope is too large to keep".to_owned()))?;
    let body = zstd::bulk::compress(message, COMPRESSION_LEVEL)?;

    let mut crc = crc32fast::Hasher::new();
    crc.update(&header);
    crc.update(&body);

    let mut record = Vec::with_capacity(HEAD_BYTES + header.len() + body.len());
    record.extend_from_slice(&MAGIC);
    record.extend_from_slice(&header_length.to_le_bytes());
    record.extend_from_slice(&(body.len() as u64).to_le_bytes());
    record.extend_from_slice(&(message.len() as u64).to_le_bytes());
    record.extend_from_slice(&crc.finalize().to_le_bytes());
    record.extend_from_slice(&crc32fast::hash(&record).to_le_bytes());
    record.extend_from_slice(&header);
    record.extend_from_slice(&body);
    Ok(record)
}

/// Takes a record apart again, or says in words what is wrong with it.
pub(crate) fn decode(record: &[u8]) -> Result<(RecordHeader, Vec<u8>), String> {
    let mut rest = Rest(record);
    if rest.array()? != MAGIC {
        return Err("the record does not begin like one".to_owned());
    }
    let header_length = u64::from(u32::from_le_bytes(rest.array()?));
    let body_length = u64::from_le_bytes(rest.array()?);
    let size = u64::from_le_bytes(rest.array()?);
    let crc_of_rest = u32::from_le_bytes(rest.array()?);
    let crc_of_head = u32::from_le_bytes(rest.array()?);
    if record.get(..HEAD_BYTES - 4).map(crc32fast::hash) != Some(crc_of_head) {
        return Err("the head's checksum is wrong".to_owned());
    }

    let header = rest.bytes(header_length)?;
    let body = rest.bytes(body_length)?;
    let mut crc = crc32fast::Hasher::new();
    crc.update(header);
    crc.update(body);
    if crc.finalize() != crc_of_rest {
        return Err("the checksum is wrong".to_owned());
    }
    let header: RecordHeader =
        serde_json::from_slice(header).map_err(|e| format!("the header can not be read: {e}"))?;
    let size = usize::try_from(size).map_err(|_| "the message is larger than memory")?;
    let message = zstd::bulk::decompress(body, size)
        .map_err(|e| format!("the message can not be decompressed: {e}"))?;
    if message.len() != size || hex(&Sha256::digest(&message)) != header.sha256 {
        return Err("the message is not what came in".to_owned());
    }
    Ok((header, message))
}

/// What is left of a record while it is taken apart.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (array, rest) = self
            .0
            .split_first_chunk()
            .ok_or("the record is cut short")?;
        self.0 = rest;
        Ok(*array)
    }

    fn bytes(&mut self, length: u64) -> Result<&'a [u8], String> {
        let length = usize::try_from(length).map_err(|_| "a length is larger than memory")?;
        let (bytes, rest) = self
            .0
            .split_at_checked(length)
            .ok_or("the record is cut short")?;
        self.0 = rest;
        Ok(bytes)
    }
}

/// A segment this process appends to.
pub(crate) struct OpenSegment {
    file: File,
    path: PathBuf,
    name: String,
    length: u64,
}

impl OpenSegment {
    /// Makes a new one in the directory of a day and syncs the directory, so that the file is
    /// still there after a power cut.
    pub(crate) fn create(day_dir: &Path) -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let name = format!("{}.seg", hex(&random));
        let path = day_dir.join(&name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        sync_dir(day_dir)?;
        Ok(Self {
            file,
            path,
            name,
            length: 0,
        })
    }

    /// An error when its file no longer lies where rows say: the directory, or the disk, is
    /// another one by now.
    pub(crate) fn check_in_place(&self) -> io::Result<()> {
        if Identity::of(&self.path)? == Identity::from_metadata(&self.file.metadata()?) {
            return Ok(());
        }
        let why = format!("{} is another file by now", self.path.display());
        Err(io::Error::new(io::ErrorKind::NotFound, why))
    }

    /// Whether it has reached its size and the next one should begin.
    pub(crate) fn is_full(&self) -> bool {
        self.length >= limits::SEGMENT_BYTES_MAX
    }

    /// Appends records and syncs them. After an error the segment must not be used any more: how
    /// much of it reached the disk is unknown, and a second fdatasync would not tell.
    pub(crate) fn append(&mut self, records: &[&[u8]]) -> io::Result<Vec<Place>> {
        let appended = self.append_and_sync(records);
        if appended.is_err() {
            // No row points at the tail: give its space back, it is the disk being full as a rule.
            let _ = self.file.set_len(self.length);
            if self.length == 0 {
                let _ = fs::remove_file(&self.path);
            }
        }
        appended
    }

    fn append_and_sync(&mut self, records: &[&[u8]]) -> io::Result<Vec<Place>> {
        let mut places = Vec::with_capacity(records.len());
        let mut end = self.length;
        for record in records {
            self.file.write_all(record)?;
            let length = record.len() as u64;
            places.push(Place {
                segment: self.name.clone(),
                offset: end,
                length,
            });
            end += length;
        }
        self.file.sync_data()?;
        self.length = end;
        Ok(places)
    }
}

/// Reads one record.
pub(crate) fn read(day_dir: &Path, place: &Place) -> io::Result<Vec<u8>> {
    let mut file = File::open(day_dir.join(&place.segment))?;
    file.seek(SeekFrom::Start(place.offset))?;
    let mut record = Vec::new();
    file.take(place.length).read_to_end(&mut record)?;
    Ok(record)
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}"); // to a String it can not fail
            text
        })
}

#[cfg(test)]
#[path = "segment_tests.rs"]
mod tests;
