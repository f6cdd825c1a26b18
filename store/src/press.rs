//! Compressing mail on its way in, piece by piece, so that no mail is in memory as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use zstd::bulk::Compressor;

use crate::disk::Disk;
use crate::error::{KeepError, StoreError};
use crate::limits;
use crate::segment::hex;

/// Level 3 halves typical mail and is faster than the disk.
const COMPRESSION_LEVEL: i32 = 3;

/// What compressing takes, shared by all mail that comes in.
pub(crate) struct Press {
    /// Where mail lies that is too big for memory: on the disk of the segments.
    incoming: PathBuf,
    disk: Arc<Disk>,
    pub(crate) contexts: Contexts,
}

/// Compression contexts that are not in use. Making one takes longer than compressing a small mail.
#[derive(Default)]
pub(crate) struct Contexts(Mutex<Vec<Compressor<'static>>>);

impl Press {
    /// Makes the directory for big mail, and empties it: files in it that have a name are those of
    /// a process that died. The caller holds the lock of the data directory.
    pub(crate) fn open(data_dir: &Path, disk: Arc<Disk>) -> io::Result<Self> {
        let incoming = data_dir.join("incoming");
        fs::create_dir_all(&incoming)?;
        for file in fs::read_dir(&incoming)? {
            remove(&file?.path())?;
        }
        Ok(Self {
            incoming,
            disk,
            contexts: Contexts::default(),
        })
    }

    /// Adds a piece of a big message, unless the disk has no room to spare.
    pub(crate) fn spill(&self, message: &mut Pressed, piece: &[u8]) -> Result<(), KeepError> {
        self.disk.admit(piece.len() as u64)?;
        Ok(message
            .add(&self.contexts, piece)
            .map_err(StoreError::from)?)
    }

    /// A file without a name, so that nothing stays behind when the process dies.
    fn file(&self) -> io::Result<File> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let path = self.incoming.join(hex(&random));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        remove(&path)?;
        Ok(file)
    }
}

impl Contexts {
    /// One frame that holds `bytes`.
    fn frame(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let idle = self.idle().pop();
        let mut context = match idle {
            Some(context) => context,
            None => Compressor::new(COMPRESSION_LEVEL)?,
        };
        let frame = context.compress(bytes)?;
        let mut idle = self.idle();
        if idle.len() < limits::COMPRESSORS_KEPT_MAX {
            idle.push(context);
        }
        Ok(frame)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Compressor<'static>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Another process that starts may be faster.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A message, compressed as far as it has come: one zstd frame for each piece.
pub(crate) struct Pressed {
    frames: Frames,
    /// Bytes of all frames.
    pub(crate) length: u64,
    /// Bytes of the message.
    pub(crate) size: u64,
    /// Of the frames.
    pub(crate) crc: crc32fast::Hasher,
    /// Of the message.
    digest: Sha256,
}

/// Where the frames are.
enum Frames {
    Memory(Vec<u8>),
    File(File),
}

impl Pressed {
    /// In memory, for a small message.
    pub(crate) fn small() -> Self {
        Self::new(Frames::Memory(Vec::new()))
    }

    /// In a file, for a big one.
    pub(crate) fn big(press: &Press) -> io::Result<Self> {
        Ok(Self::new(Frames::File(press.file()?)))
    }

    fn new(frames: Frames) -> Self {
        Self {
            frames,
            length: 0,
            size: 0,
            crc: crc32fast::Hasher::new(),
            digest: Sha256::new(),
        }
    }

    /// Adds a piece. After an error it is of no use any more.
    pub(crate) fn add(&mut self, contexts: &Contexts, piece: &[u8]) -> io::Result<()> {
        self.digest.update(piece);
        self.size += piece.len() as u64;
        let frame = contexts.frame(piece)?;
        self.crc.update(&frame);
        self.length += frame.len() as u64;
        match &mut self.frames {
            Frames::Memory(bytes) if bytes.is_empty() => *bytes = frame,
            Frames::Memory(bytes) => bytes.extend_from_slice(&frame),
            Frames::File(file) => file.write_all(&frame)?,
        }
        Ok(())
    }

    /// The SHA-256 of the message, in hexadecimal.
    pub(crate) fn sha256(&self) -> String {
        hex(&self.digest.clone().finalize())
    }

    /// Writes the frames to the end of `segment`, which a buffer may stand before.
    pub(crate) fn write_to(&mut self, segment: &mut io::BufWriter<&File>) -> io::Result<()> {
        match &mut self.frames {
            Frames::Memory(bytes) => segment.write_all(bytes),
            Frames::File(file) => {
                io::Seek::rewind(file)?;
                segment.flush()?;
                // From file to file the kernel copies.
                let copied = io::copy(file, &mut *segment.get_mut())?;
                if copied == self.length {
                    Ok(())
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                }
            }
        }
    }

    /// A copy of the message itself. What is added afterwards comes behind it.
    pub(crate) fn message(&self) -> io::Result<Vec<u8>> {
        match &self.frames {
            Frames::Memory(bytes) => zstd::stream::decode_all(bytes.as_slice()),
            Frames::File(file) => {
                let mut file: &File = file;
                io::Seek::rewind(&mut file)?;
                // To its end, where the next frame goes.
                zstd::stream::decode_all(file)
            }
        }
    }

    /// The message itself.
    pub(crate) fn into_message(self) -> io::Result<Vec<u8>> {
        match self.frames {
            Frames::Memory(bytes) => zstd::stream::decode_all(bytes.as_slice()),
            Frames::File(mut file) => {
                io::Seek::rewind(&mut file)?;
                zstd::stream::decode_all(file)
            }
        }
    }
}
