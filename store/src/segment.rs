//! Segments: the append-only files that hold what came in.
//!
//! ```text
//! record = head (40 bytes) header body
//! head   = "SMR" version | header length u32 | body length u64 | message size u64 | batch u32
//!          | crc32 of header and body | seal u64                     (all little-endian)
//! seal   = the first bytes of the SHA-256 of the segment's name, 0, the offset u64, the head so far
//! header = JSON: id, envelope, SHA-256 of the message
//! body   = the message, compressed by zstd: one frame or several, one after the other
//! ```
//!
//! The batch counts the commits of a segment, from 1 on. A segment is only appended to again when
//! the rows of its last batch are committed, and is locked by whoever appends to it.
//!
//! In segments with `-4` in their names each whole record is a message, with a row or without. How far
//! the rows reach stands in the table `segment` of the index; a record behind that gets its row back,
//! see `regained`, and one before it without a row is damage.
//!
//! In other segments, those of earlier releases, a record without a row is damage unless it is of the
//! last batch: then it is a tail, and nobody was told 250 about it. What thinning copied is in such
//! segments, too, was committed as a whole and has no tail: its batch is the largest number there is.
//!
//! The seal makes a segment's name a part of it: under another name its records can not be read.
//! Versions 1 and 2, in segments without a number in their names, have the crc32 of the head in the
//! place of it, and version 1 no batch; they are still read.

mod head;

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::database::Identity;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::press::Pressed;
#[cfg(test)]
use crate::press::{Contexts, Effort};

#[cfg(test)]
pub(crate) use head::renamed;
pub(crate) use head::{Head, Seal, counts_without_rows};

/// Bytes of a batch that are handed to the operating system at once.
const WRITE_BYTES: usize = 1 << 20;

/// What a record says besides the message itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordHeader {
    pub(crate) id: String,
    pub(crate) envelope: Envelope,
    pub(crate) sha256: String,
    /// See [`Head::batch`], where it is written.
    #[serde(skip)]
    pub(crate) batch: u32,
}

/// Where a record lies in its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: String,
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

impl Place {
    /// What its head is sealed with.
    pub(crate) fn seal(&self) -> Seal<'_> {
        Seal::new(&self.segment, self.offset)
    }
}

/// One record, ready to be appended.
pub(crate) struct Record {
    header: Vec<u8>,
    header_bytes: u32,
    message: Pressed,
    crc: u32,
}

impl Record {
    pub(crate) fn new(
        id: MessageId,
        envelope: &Envelope,
        message: Pressed,
    ) -> Result<Self, StoreError> {
        let header = RecordHeader {
            id: id.to_string(),
            envelope: envelope.clone(),
            sha256: message.sha256(),
            batch: 0,
        };
        let header = serde_json::to_vec(&header).map_err(io::Error::from)?;
        let header_bytes = u32::try_from(header.len())
            .ok()
            .filter(|bytes| *bytes <= limits::RECORD_HEADER_BYTES_MAX)
            .ok_or_else(|| StoreError::Refused("the envelope is too large to keep".to_owned()))?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&header);
        crc.combine(&message.crc);
        Ok(Self {
            header,
            header_bytes,
            message,
            crc: crc.finalize(),
        })
    }

    /// Bytes it takes in the segment.
    pub(crate) fn length(&self) -> u64 {
        (Head::BYTES_MAX + self.header.len()) as u64 + self.message.length
    }

    /// Bytes of the message.
    pub(crate) fn size(&self) -> u64 {
        self.message.size
    }

    fn write_to(
        &mut self,
        segment: &mut BufWriter<&File>,
        batch: u32,
        seal: Seal<'_>,
    ) -> io::Result<()> {
        let lengths = (self.header_bytes, self.message.length);
        Head::new(lengths, (self.message.size, self.crc), batch).write_to(segment, seal)?;
        segment.write_all(&self.header)?;
        self.message.write_to(segment)
    }
}

/// A whole record of the first batch.
#[cfg(test)]
pub(crate) fn encode(
    seal: Seal<'_>,
    id: MessageId,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let mut pressed = Pressed::small();
    for piece in message.chunks(limits::SPILL_BYTES) {
        pressed.add(&Contexts::default(), Effort::Usual, piece)?;
    }
    if message.is_empty() {
        pressed.add(&Contexts::default(), Effort::Usual, b"")?;
    }
    let mut record = Record::new(id, envelope, pressed)?;
    let file = tempfile::NamedTempFile::new()?;
    let mut out = BufWriter::new(file.as_file());
    record.write_to(&mut out, 1, seal)?;
    out.flush()?;
    Ok(fs::read(file.path())?)
}

/// A record as an older version wrote it.
#[cfg(test)]
pub(crate) fn as_version(version: u8, record: &[u8]) -> Vec<u8> {
    // Behind the magic and the version: three lengths, the batch, and the checksum of the rest.
    let (fields, rest) = record[4..].split_at(28);
    let (lengths, batch_and_crc) = fields.split_at(20);
    let (batch, crc) = batch_and_crc.split_at(4);
    let mut old = [b"SMR", &[version][..], lengths].concat();
    if version > 1 {
        old.extend(batch);
    }
    old.extend(crc);
    old.extend(crc32fast::hash(&old).to_le_bytes());
    old.extend(&rest[8..]);
    old
}

/// Takes a record apart again, or says in words what is wrong with it.
pub(crate) fn decode(record: &[u8], seal: Seal<'_>) -> Result<(RecordHeader, Vec<u8>), String> {
    let head = Head::parse(record, seal)?;
    let cut = "the record is cut short";
    if head.record_bytes() != Some(record.len() as u64) {
        return Err("the record is not as long as its head says".to_owned());
    }
    let header_bytes = usize::try_from(head.header_bytes).map_err(|_| cut)?;
    let rest = record.get(head.bytes()..).ok_or(cut)?;
    let (header, rest) = rest.split_at_checked(header_bytes).ok_or(cut)?;
    let body_bytes = usize::try_from(head.body_bytes).map_err(|_| cut)?;
    let body = rest.get(..body_bytes).ok_or(cut)?;
    let mut crc = crc32fast::Hasher::new();
    crc.update(header);
    crc.update(body);
    if crc.finalize() != head.crc_of_rest {
        return Err("the checksum is wrong".to_owned());
    }
    let mut header: RecordHeader =
        serde_json::from_slice(header).map_err(|e| format!("the header can not be read: {e}"))?;
    header.batch = head.batch;
    let size = usize::try_from(head.size).map_err(|_| "the message is larger than memory")?;
    let message = zstd::bulk::decompress(body, size)
        .map_err(|e| format!("the message can not be decompressed: {e}"))?;
    if message.len() != size || hex(&Sha256::digest(&message)) != header.sha256 {
        return Err("the message is not what came in".to_owned());
    }
    Ok((header, message))
}

/// A segment this process appends to.
pub(crate) struct OpenSegment {
    file: File,
    path: PathBuf,
    name: String,
    length: u64,
    /// Where its last batch begins.
    last_batch: u64,
    /// How many batches it has.
    batches: u32,
}

impl OpenSegment {
    /// Makes a new one in the directory of a day and syncs the directory, so that the file is
    /// still there after a power cut. It is locked for as long as it is open: whoever looks for
    /// records without rows leaves it alone.
    pub(crate) fn create(day_dir: &Path) -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let name = Seal::name(random);
        let path = day_dir.join(&name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        file.lock()?;
        sync_dir(day_dir)?;
        Ok(Self {
            file,
            path,
            name,
            length: 0,
            last_batch: 0,
            batches: 0,
        })
    }

    /// The name of its file.
    pub(crate) fn name(&self) -> &str {
        &self.name
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
    pub(crate) fn append<'a>(
        &mut self,
        batch: impl Iterator<Item = &'a mut Record>,
    ) -> io::Result<Vec<Place>> {
        let appended = self.append_and_sync(batch);
        if appended.is_err() {
            // No row points at the tail: give its space back, it is the disk being full as a rule. What
            // stays of it all the same becomes a message when it is whole.
            self.cut(self.length);
        }
        appended
    }

    /// Where it ends.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Where its last batch begins.
    pub(crate) fn last_batch(&self) -> u64 {
        self.last_batch
    }

    /// Gives back the space of the last batch, which got no rows. The segment must not be used any
    /// more.
    pub(crate) fn take_back(&self) {
        self.cut(self.last_batch);
    }

    /// When this fails the bytes stay, and may become messages of which no 250 was said.
    fn cut(&self, length: u64) {
        // Else a power cut could bring them back.
        let _ = self
            .file
            .set_len(length)
            .and_then(|()| self.file.sync_data());
        if length == 0 && self.check_in_place().is_ok() {
            let _ = fs::remove_file(&self.path);
        }
    }

    fn append_and_sync<'a>(
        &mut self,
        batch: impl Iterator<Item = &'a mut Record>,
    ) -> io::Result<Vec<Place>> {
        let mut places = Vec::new();
        let mut end = self.length;
        let mut file = BufWriter::with_capacity(WRITE_BYTES, &self.file);
        for record in batch {
            record.write_to(&mut file, self.batches + 1, Seal::new(&self.name, end))?;
            let length = record.length();
            places.push(Place {
                segment: self.name.clone(),
                offset: end,
                length,
            });
            end += length;
        }
        file.flush()?;
        drop(file);
        self.file.sync_data()?;
        self.last_batch = self.length;
        self.length = end;
        self.batches += 1;
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

/// Copies a record to another place, where all records were committed, and gives its length there:
/// the one that its head says, where the place is longer. What has no head is copied as it is.
pub(crate) fn copy(
    from: &mut File,
    place: &Place,
    (to, seal): (&mut impl Write, Seal<'_>),
) -> io::Result<u64> {
    from.seek(SeekFrom::Start(place.offset))?;
    let mut bytes = Vec::with_capacity(Head::BYTES_MAX);
    from.take(place.length.min(Head::BYTES_MAX as u64))
        .read_to_end(&mut bytes)?;
    let head = Head::parse(&bytes, place.seal());
    let bytes_of = |head: &Head| head.record_bytes().filter(|bytes| *bytes <= place.length);
    let head = head.ok().and_then(|head| Some((bytes_of(&head)?, head)));
    let (written, done, length) = match head {
        None => (0, 0, place.length),
        Some((length, head)) => {
            let lengths = (head.header_bytes, head.body_bytes);
            let rest = (head.size, head.crc_of_rest);
            Head::new(lengths, rest, Head::COMMITTED).write_to(to, seal)?;
            (Head::BYTES_MAX as u64, head.bytes() as u64, length)
        }
    };
    from.seek(SeekFrom::Start(place.offset + done))?;
    Ok(written + io::copy(&mut from.take(length - done), to)?)
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
