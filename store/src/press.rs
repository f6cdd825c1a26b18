//! Compressing mail on its way in, piece by piece, so that no mail is in memory as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use zstd::bulk::Compressor;

use crate::disk::Disk;
use crate::error::{KeepError, StoreError};
use crate::flow::Flow;
use crate::limits;
use crate::segment::hex;

/// How much work compressing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Text becomes a third of its size, at some hundred megabytes a second.
    Usual,
    /// While mail pours in: text becomes half of its size, at twice the speed, and what is packed
    /// already stays as it is. At the usual effort this would be a third of all work.
    Little,
    /// While more pours in than any disk fills up with for long: a third of the time of that, for
    /// text that becomes a tenth shorter.
    Least,
}

impl Effort {
    fn at(messages_per_second: f64) -> Self {
        if messages_per_second > limits::LITTLE_EFFORT_MESSAGES_PER_SECOND {
            Self::Least
        } else if messages_per_second > limits::USUAL_EFFORT_MESSAGES_PER_SECOND {
            Self::Little
        } else {
            Self::Usual
        }
    }

    /// In the terms of zstd.
    fn level(self) -> i32 {
        match self {
            Self::Usual => 3,
            Self::Little => -4,
            Self::Least => -20,
        }
    }
}

/// What compressing takes, shared by all mail that comes in.
pub(crate) struct Press {
    /// Where mail lies that is too big for memory: on the disk of the segments.
    incoming: PathBuf,
    disk: Arc<Disk>,
    flow: Arc<Flow>,
    contexts: Contexts,
}

/// Compression contexts that are not in use. Making one takes longer than compressing a small mail.
#[derive(Default)]
pub(crate) struct Contexts(Mutex<Vec<Compressor<'static>>>);

impl Press {
    /// Makes the directory for big mail, and empties it: files in it that have a name are those of
    /// a process that died. The caller holds the lock of the data directory.
    pub(crate) fn open(data_dir: &Path, disk: Arc<Disk>, flow: Arc<Flow>) -> io::Result<Self> {
        let incoming = data_dir.join("incoming");
        fs::create_dir_all(&incoming)?;
        for file in fs::read_dir(&incoming)? {
            remove(&file?.path())?;
        }
        Ok(Self {
            incoming,
            disk,
            flow,
            contexts: Contexts::default(),
        })
    }

    /// Adds a piece of a big message, unless the disk has no room to spare.
    pub(crate) fn spill(&self, message: &mut Pressed, piece: &[u8]) -> Result<(), KeepError> {
        self.disk.admit(piece.len() as u64)?;
        Ok(self.add(message, piece)?)
    }

    /// Adds a piece.
    pub(crate) fn add(&self, message: &mut Pressed, piece: &[u8]) -> Result<(), StoreError> {
        let effort = Effort::at(self.flow.per_second(Instant::now()));
        Ok(message.add(&self.contexts, effort, piece)?)
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
    fn frame(&self, effort: Effort, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let idle = self.idle().pop();
        let mut context = idle.unwrap_or_default();
        context.set_compression_level(effort.level())?;
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
    pub(crate) fn add(
        &mut self,
        contexts: &Contexts,
        effort: Effort,
        piece: &[u8],
    ) -> io::Result<()> {
        self.digest.update(piece);
        self.size += piece.len() as u64;
        let frame = contexts.frame(effort, piece)?;
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

    /// A copy of the message itself, in a buffer with room for so many bytes. What is added
    /// afterwards comes behind it.
    pub(crate) fn message(&self, room_bytes: u64) -> io::Result<Vec<u8>> {
        let mut message = Vec::with_capacity(usize::try_from(room_bytes).unwrap_or_default());
        match &self.frames {
            Frames::Memory(bytes) => zstd::stream::copy_decode(bytes.as_slice(), &mut message)?,
            Frames::File(file) => {
                let mut file: &File = file;
                io::Seek::rewind(&mut file)?;
                // To its end, where the next frame goes.
                zstd::stream::copy_decode(file, &mut message)?;
            }
        }
        Ok(message)
    }

    /// The first bytes of the message, so many at most. What is added afterwards comes behind it.
    pub(crate) fn beginning(&self, bytes_max: u64) -> io::Result<Vec<u8>> {
        let first = |frames: &mut dyn io::Read| {
            let mut bytes = Vec::new();
            let frames = zstd::stream::Decoder::new(frames)?;
            io::Read::read_to_end(&mut io::Read::take(frames, bytes_max), &mut bytes)?;
            Ok(bytes)
        };
        match &self.frames {
            Frames::Memory(bytes) => first(&mut bytes.as_slice()),
            Frames::File(file) => {
                let mut file: &File = file;
                io::Seek::rewind(&mut file)?;
                let bytes = first(&mut file);
                // Where the next frame goes.
                io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
                bytes
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn a_flood_is_compressed_with_little_effort() {
        let fixture = Fixture::new().await;
        let inner = fixture.store.inner();
        let lines: Vec<String> = (0..2_000_u32).map(|n| format!("Zeile {}", n * n)).collect();
        let message = lines.join("\r\n");
        let pressed = || {
            let mut pressed = Pressed::small();
            inner.press.add(&mut pressed, message.as_bytes()).unwrap();
            let length = pressed.length;
            assert_eq!(pressed.into_message().unwrap(), message.as_bytes());
            length
        };
        let flood = |messages: u32| {
            for _ in 0..messages {
                inner.flow.kept(Instant::now());
            }
            pressed()
        };
        // A message counts four times for the next quarter of a second.
        let (usual, little, least) = (flood(0), flood(250), flood(5_000));
        assert!(usual < little && little < least, "{usual} {little} {least}");
        assert!(least < message.len() as u64, "{least}");
    }
}
