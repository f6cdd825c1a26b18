//! Reading a segment from its beginning, record by record: what `verify` and `rebuild` do; and
//! checking one record before its message is read piece by piece.
//!
//! A record is never held in memory as a whole, and one that is damaged does not hide those
//! behind it: the next head whose checksum is right is looked for.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::limits;
use crate::segment::{HEAD_BYTES, MAGIC, Place, RecordHeader, hex};

/// Bytes read at once.
const PIECE_BYTES: usize = 64 << 10;

/// A segment that is being read.
pub(crate) struct Scan {
    file: BufReader<File>,
    at: u64,
    end: u64,
}

/// What lies at one place of a segment.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) offset: u64,
    /// Up to where the next record begins, or the file ends.
    pub(crate) length: u64,
    pub(crate) record: Result<Whole, Fault>,
}

/// A record that is what was written.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) header: RecordHeader,
    /// Bytes of the message.
    pub(crate) size: u64,
    /// Where in the file its compressed bytes lie.
    pub(crate) body: Range<u64>,
}

/// Why there is no whole record at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The file ends in the middle of it.
    CutShort,
    /// Its bytes are not what was written.
    Damaged(String),
}

impl Scan {
    /// Begins to read; what is appended from now on is not seen.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let end = file.metadata()?.len();
        Ok(Self {
            file: BufReader::with_capacity(PIECE_BYTES, file),
            at: 0,
            end,
        })
    }

    /// Checks the record at one place, and gives the file that it lies in along with it.
    pub(crate) fn one(path: &Path, place: &Place) -> io::Result<Result<(Whole, File), Fault>> {
        let mut scan = Self::open(path)?;
        scan.at = place.offset;
        scan.end = scan.end.min(place.offset.saturating_add(place.length));
        let found = scan.next()?;
        let record = found.map_or(Err(Fault::CutShort), |found| found.record);
        Ok(record.map(|whole| (whole, scan.file.into_inner())))
    }

    /// Where the reading ends.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// The next place; `None` at the end. An error is one of the disk.
    pub(crate) fn next(&mut self) -> io::Result<Option<Found>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let offset = self.at;
        let rest = self.end - offset;
        let (length, record) = match self.head()? {
            None if rest < HEAD_BYTES as u64 => (rest, Err(Fault::CutShort)),
            None => {
                let why = "no record begins there, or its head is damaged".to_owned();
                (self.next_head()? - offset, Err(Fault::Damaged(why)))
            }
            Some(head) => match head.length().filter(|length| *length <= rest) {
                None => (rest, Err(Fault::CutShort)),
                Some(length) => (length, self.record(&head)?.map_err(Fault::Damaged)),
            },
        };
        self.at = offset + length;
        Ok(Some(Found {
            offset,
            length,
            record,
        }))
    }

    /// The head at the present place, if there is one.
    fn head(&mut self) -> io::Result<Option<Head>> {
        self.file.seek(SeekFrom::Start(self.at))?;
        let mut bytes = [0; HEAD_BYTES];
        match self.file.read_exact(&mut bytes) {
            Ok(()) => Ok(Head::parse(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where the next head with a right checksum begins, or the end.
    fn next_head(&mut self) -> io::Result<u64> {
        let mut from = self.at + 1;
        let mut window = Vec::with_capacity(PIECE_BYTES);
        while from < self.end {
            self.file.seek(SeekFrom::Start(from))?;
            window.clear();
            let wanted = (PIECE_BYTES as u64).min(self.end - from);
            (&mut self.file).take(wanted).read_to_end(&mut window)?;
            let head = window
                .windows(HEAD_BYTES)
                .position(|bytes| bytes.starts_with(&MAGIC) && Head::parse_slice(bytes).is_some());
            if let Some(position) = head {
                return Ok(from + position as u64);
            }
            if window.len() < HEAD_BYTES {
                break;
            }
            // A head may lie across two pieces.
            from += (window.len() - HEAD_BYTES + 1) as u64;
        }
        Ok(self.end)
    }

    /// Reads the record behind the head and compares everything that can be compared.
    fn record(&mut self, head: &Head) -> io::Result<Result<Whole, String>> {
        let mut header = vec![0; head.header_length as usize];
        self.file.read_exact(&mut header)?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&header);
        let mut body = Summed {
            inner: (&mut self.file).take(head.body_length),
            crc,
        };
        let message = digest_of(&mut body, head.size);
        // What the decompression left over belongs to the checksum, too.
        io::copy(&mut body, &mut io::sink())?;
        if body.inner.limit() > 0 {
            return Ok(Err("the record can not be read to its end".to_owned()));
        }
        if body.crc.finalize() != head.crc_of_rest {
            return Ok(Err("the checksum is wrong".to_owned()));
        }
        let digest = match message {
            Ok(digest) => digest,
            Err(why) => return Ok(Err(why)),
        };
        let header: RecordHeader = match serde_json::from_slice(&header) {
            Ok(header) => header,
            Err(error) => return Ok(Err(format!("the header can not be read: {error}"))),
        };
        if digest != header.sha256 {
            return Ok(Err("the message is not what came in".to_owned()));
        }
        let body_at = self.at + HEAD_BYTES as u64 + u64::from(head.header_length);
        Ok(Ok(Whole {
            header,
            size: head.size,
            body: body_at..body_at + head.body_length,
        }))
    }
}

/// The SHA-256 of a compressed message that must have `size` bytes.
fn digest_of(body: &mut impl Read, size: u64) -> Result<String, String> {
    let broken = |error| format!("the message can not be decompressed: {error}");
    let mut message = zstd::stream::read::Decoder::new(body)
        .map_err(broken)?
        .single_frame();
    let mut digest = Sha256::new();
    let mut piece = vec![0; PIECE_BYTES];
    let mut seen = 0_u64;
    loop {
        let read = message.read(&mut piece).map_err(broken)?;
        if read == 0 {
            break;
        }
        seen += read as u64;
        if seen > size {
            break; // a bomb, or damage: no more of it is decompressed
        }
        digest.update(piece.get(..read).unwrap_or_default());
    }
    if seen != size {
        return Err("the message has not the size that its record says".to_owned());
    }
    Ok(hex(&digest.finalize()))
}

/// The first bytes of a record.
struct Head {
    header_length: u32,
    body_length: u64,
    size: u64,
    crc_of_rest: u32,
}

impl Head {
    fn parse_slice(bytes: &[u8]) -> Option<Self> {
        Self::parse(bytes.first_chunk()?)
    }

    fn parse(bytes: &[u8; HEAD_BYTES]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (header_length, rest) = rest.split_first_chunk()?;
        let (body_length, rest) = rest.split_first_chunk()?;
        let (size, rest) = rest.split_first_chunk()?;
        let (crc_of_rest, rest) = rest.split_first_chunk()?;
        let crc_of_head = rest.first_chunk()?;
        let summed = bytes.get(..HEAD_BYTES - crc_of_head.len())?;
        let head = Self {
            header_length: u32::from_le_bytes(*header_length),
            body_length: u64::from_le_bytes(*body_length),
            size: u64::from_le_bytes(*size),
            crc_of_rest: u32::from_le_bytes(*crc_of_rest),
        };
        let is_one = *magic == MAGIC
            && crc32fast::hash(summed) == u32::from_le_bytes(*crc_of_head)
            && head.header_length <= limits::RECORD_HEADER_BYTES_MAX;
        is_one.then_some(head)
    }

    /// Bytes of the whole record.
    fn length(&self) -> Option<u64> {
        (HEAD_BYTES as u64)
            .checked_add(u64::from(self.header_length))?
            .checked_add(self.body_length)
    }
}

/// Sums up what is read through it.
struct Summed<R> {
    inner: R,
    crc: crc32fast::Hasher,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.crc.update(into.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
