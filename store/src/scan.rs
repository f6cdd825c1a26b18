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

use crate::segment::{Head, Place, RecordHeader, Seal, hex};

/// Bytes read at once.
const PIECE_BYTES: usize = 64 << 10;

/// A segment that is being read.
pub(crate) struct Scan {
    /// The name of its file, which heads are sealed with.
    name: String,
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
        let name = path.file_name().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            file: BufReader::with_capacity(PIECE_BYTES, file),
            at: 0,
            end,
        })
    }

    /// The same from a place on where a record begins.
    pub(crate) fn open_at(path: &Path, at: u64) -> io::Result<Self> {
        Ok(Self {
            at,
            ..Self::open(path)?
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
            None if rest < Head::BYTES_MAX as u64 => (rest, Err(Fault::CutShort)),
            None => {
                let why = "no record begins there, or its head is damaged".to_owned();
                (self.next_head()? - offset, Err(Fault::Damaged(why)))
            }
            Some(head) => match head.record_bytes().filter(|length| *length <= rest) {
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

    /// The head at the present place, if there is one; reading goes on behind it.
    fn head(&mut self) -> io::Result<Option<Head>> {
        self.file.seek(SeekFrom::Start(self.at))?;
        let mut bytes = Vec::with_capacity(Head::BYTES_MAX);
        (&mut self.file)
            .take(Head::BYTES_MAX as u64)
            .read_to_end(&mut bytes)?;
        let Ok(head) = Head::parse(&bytes, Seal::new(&self.name, self.at)) else {
            return Ok(None);
        };
        // Heads differ in length: back to where this one ends.
        let over = bytes.len().saturating_sub(head.bytes());
        self.file.seek_relative(-i64::try_from(over).unwrap_or(0))?;
        Ok(Some(head))
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
            // A head found by looking for it may be one that a sender wrote into his mail, where
            // they are not sealed yet: it must not hide what lies behind it.
            let begins = |at: &usize| {
                let offset = from + *at as u64;
                let rest = self.end - offset;
                let seal = Seal::new(&self.name, offset);
                Head::parse(window.get(*at..).unwrap_or_default(), seal)
                    .is_ok_and(|head| head.record_bytes().is_some_and(|bytes| bytes <= rest))
            };
            if let Some(position) = (0..window.len()).find(begins) {
                return Ok(from + position as u64);
            }
            if window.len() < Head::BYTES_MAX {
                break;
            }
            // A head may lie across two pieces.
            from += (window.len() - Head::BYTES_MAX + 1) as u64;
        }
        Ok(self.end)
    }

    /// Reads the record behind the head and compares everything that can be compared.
    fn record(&mut self, head: &Head) -> io::Result<Result<Whole, String>> {
        let mut header = vec![0; head.header_bytes as usize];
        self.file.read_exact(&mut header)?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&header);
        let mut body = Summed {
            inner: (&mut self.file).take(head.body_bytes),
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
        let mut header: RecordHeader = match serde_json::from_slice(&header) {
            Ok(header) => header,
            Err(error) => return Ok(Err(format!("the header can not be read: {error}"))),
        };
        if digest != header.sha256 {
            return Ok(Err("the message is not what came in".to_owned()));
        }
        let body_at = self.at + head.bytes() as u64 + u64::from(head.header_bytes);
        header.batch = head.batch;
        Ok(Ok(Whole {
            header,
            size: head.size,
            body: body_at..body_at + head.body_bytes,
        }))
    }
}

/// The SHA-256 of a compressed message that must have `size` bytes.
fn digest_of(body: &mut impl Read, size: u64) -> Result<String, String> {
    let broken = |error| format!("the message can not be decompressed: {error}");
    let mut message = zstd::stream::read::Decoder::new(body).map_err(broken)?;
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
