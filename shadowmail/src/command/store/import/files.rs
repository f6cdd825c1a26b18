//! Finding the mails in files, whatever their form.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use jiff::Timestamp;
use rustix::fs::{Mode, OFlags};

use super::manifest::Manifest;
use crate::mail_file::mbox_reader::{Place, Unquoted, places};

/// Mails of one import; each takes some hundred bytes of memory until all are in.
const MAILS_MAX: usize = 5_000_000;

/// Bytes of a mail in which its Date is looked for.
const HEAD_BYTES: u64 = 256 << 10;

/// Bytes that are read of a file at once.
const PIECE_BYTES: u64 = 64 << 10;

/// One mail in a file.
pub struct Mail {
    path: Arc<Path>,
    /// Where in an mbox; `None` when it is all of the file.
    place: Option<Place>,
    /// Bytes in the file.
    pub length: u64,
    /// When it arrived, as far as that can be told.
    pub at: Timestamp,
    /// Its line in the manifest.
    pub line: Option<u64>,
}

/// What was found.
#[derive(Default)]
pub struct Found {
    /// The mails, the oldest first.
    pub mails: Vec<Mail>,
    /// What an export says of them.
    pub manifest: Option<Manifest>,
    /// Files that could not be read, and why.
    pub left_out: Vec<String>,
}

/// The bytes of a mail, as it is to be kept.
pub enum Bytes {
    /// All of a file, as it is.
    File(File),
    /// A part of an mbox.
    InMbox(Unquoted<BufReader<Take<File>>>),
}

impl Bytes {
    /// Appends the next piece; nothing when that was all.
    pub fn append_to(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::File(file) => file.take(PIECE_BYTES).read_to_end(piece).map(drop),
            Self::InMbox(lines) => lines.append_to(piece),
        }
    }
}

impl Mail {
    /// Opens it.
    pub fn open(&self) -> io::Result<Bytes> {
        let (mut file, _) = open_file(&self.path)?;
        let Some(place) = self.place else {
            return Ok(Bytes::File(file));
        };
        file.seek(SeekFrom::Start(place.mail))?;
        let lines = BufReader::new(file.take(self.length));
        Ok(Bytes::InMbox(Unquoted::new(lines)))
    }

    /// What a person calls it.
    pub fn name(&self) -> String {
        let path = self.path.display();
        match self.place {
            None => path.to_string(),
            Some(place) => format!("{path}, the mail at byte {}", place.begins),
        }
    }
}

/// Looks at a file or a directory. `now` is the latest time a mail can have arrived at.
pub fn find(path: &Path, now: Timestamp) -> anyhow::Result<Found> {
    let shown = path.display();
    // What was named may be a link; what lies in it may not.
    let path = fs::canonicalize(path).with_context(|| format!("cannot read {shown}"))?;
    let is_dir = path.is_dir();
    let dir = if is_dir {
        path.clone()
    } else {
        path.parent().unwrap_or(&path).to_owned()
    };
    let manifest = Manifest::beside(&dir, MAILS_MAX)?;
    let mut finder = Finder {
        dir,
        now,
        found: Found {
            manifest,
            ..Found::default()
        },
    };
    if is_dir {
        finder.directory(&path)?;
    } else {
        finder.file(&path)?;
    }
    let Finder { mut found, .. } = finder;
    if found.mails.is_empty() && found.left_out.is_empty() {
        bail!(
            "{shown} holds no mail; name a directory with .eml or .mbox files, an mbox, or a Maildir"
        );
    }
    found.mails.sort_by_key(|mail| mail.at);
    Ok(found)
}

struct Finder {
    /// What the manifest's names begin at.
    dir: PathBuf,
    now: Timestamp,
    found: Found,
}

impl Finder {
    fn directory(&mut self, dir: &Path) -> anyhow::Result<()> {
        let mut folders = vec![dir.to_owned()];
        // The folders of Maildir++.
        folders.extend(list(dir)?.into_iter().filter(|path| {
            let name = path.file_name().unwrap_or_default();
            name.as_encoded_bytes().starts_with(b".") && is_real_dir(path)
        }));
        let parts = folders
            .iter()
            .flat_map(|folder| ["cur", "new"].map(|part| folder.join(part)));
        let parts: Vec<PathBuf> = parts.filter(|part| is_real_dir(part)).collect();
        for part in &parts {
            let is_hidden = |path: &PathBuf| {
                let name = path.file_name().unwrap_or_default();
                name.as_encoded_bytes().starts_with(b".")
            };
            for path in list(part)?.into_iter().filter(|path| !is_hidden(path)) {
                let seen = self.whole(&path);
                self.or_leave_out(&path, seen)?;
            }
        }
        if parts.is_empty() {
            for path in list(dir)? {
                let seen = match extension(&path).as_deref() {
                    Some("eml") => self.whole(&path),
                    Some("mbox") => self.mbox(&path),
                    _ => Ok(()),
                };
                self.or_leave_out(&path, seen)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let seen = match extension(path).as_deref() {
            Some("eml") => self.whole(path),
            _ => self.mbox(path),
        };
        self.or_leave_out(path, seen)
    }

    /// A file that can not be read does not stop the others.
    fn or_leave_out(&mut self, path: &Path, seen: io::Result<()>) -> anyhow::Result<()> {
        if let Err(error) = seen {
            let left_out = format!("{}: {error}", path.display());
            self.found.left_out.push(left_out);
        }
        if self.found.mails.len().max(self.found.left_out.len()) > MAILS_MAX {
            bail!(
                "{} holds more than {MAILS_MAX} mails; import it in parts",
                self.dir.display()
            );
        }
        Ok(())
    }

    /// A file that is one mail.
    fn whole(&mut self, path: &Path) -> io::Result<()> {
        let (mut file, length) = open_file(path)?;
        let (line, at) = self.arrival(&mut file, (path, None))?;
        self.found.mails.push(Mail {
            path: path.into(),
            place: None,
            length,
            at,
            line,
        });
        Ok(())
    }

    fn mbox(&mut self, path: &Path) -> io::Result<()> {
        let (file, length) = open_file(path)?;
        let mut file = BufReader::new(file);
        let places = places(&mut file, MAILS_MAX + 1)?;
        if places.is_empty() && length > 0 {
            return Err(io::Error::other("not an mbox: no line begins a mail"));
        }
        let mut file = file.into_inner();
        let shared: Arc<Path> = path.into();
        for place in places {
            file.seek(SeekFrom::Start(place.mail))?;
            let length = place.end - place.mail;
            let mut mail = (&mut file).take(length);
            let begins = Some(place.begins);
            let (line, at) = self
                .arrival_in(&mut mail, (path, begins))?
                .unwrap_or((None, modified(&file)?.min(self.now)));
            self.found.mails.push(Mail {
                path: Arc::clone(&shared),
                place: Some(place),
                length,
                at,
                line,
            });
        }
        Ok(())
    }

    /// When a mail arrived, and its line in the manifest.
    fn arrival(
        &self,
        file: &mut File,
        spot: (&Path, Option<u64>),
    ) -> io::Result<(Option<u64>, Timestamp)> {
        let told = self.arrival_in(file, spot)?;
        Ok(told.unwrap_or((None, modified(file)?.min(self.now))))
    }

    fn arrival_in(
        &self,
        mail: &mut impl Read,
        (path, offset): (&Path, Option<u64>),
    ) -> io::Result<Option<(Option<u64>, Timestamp)>> {
        let name = path.strip_prefix(&self.dir).unwrap_or(path);
        let line = self
            .found
            .manifest
            .as_ref()
            .zip(name.to_str())
            .and_then(|(manifest, name)| manifest.find(name, offset));
        if let Some((line, at)) = line
            && is_possible(at)
        {
            return Ok(Some((Some(line), at.min(self.now))));
        }
        let mut head = Vec::new();
        mail.take(HEAD_BYTES).read_to_end(&mut head)?;
        let date = date(&head).filter(|at| is_possible(*at));
        Ok(date.map(|at| (None, at.min(self.now))))
    }
}

/// Mail is younger than the clock of Unix.
fn is_possible(at: Timestamp) -> bool {
    at >= Timestamp::UNIX_EPOCH
}

/// The Date of a header (RFC 5322 §3.6.1).
fn date(head: &[u8]) -> Option<Timestamp> {
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty());
    let is_date = |line: &&[u8]| {
        let name = line.get(..5);
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"date:"))
    };
    let mut value = lines.find(is_date)?.get(5..)?.to_vec();
    for folded in lines.take_while(|line| matches!(line.first(), Some(b' ' | b'\t'))) {
        value.extend_from_slice(folded);
    }
    let value = str::from_utf8(value.trim_ascii()).ok()?;
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    Some(date.timestamp())
}

/// Opens a regular file and gives its length. A link leads to anywhere, and a pipe never ends.
pub fn open_file(path: &Path) -> io::Result<(File, u64)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let file = File::from(opened.map_err(|error| match error {
        rustix::io::Errno::LOOP => io::Error::other("a symbolic link, which is not followed"),
        other => other.into(),
    })?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    Ok((file, metadata.len()))
}

fn modified(file: &File) -> io::Result<Timestamp> {
    let modified = file.metadata()?.modified()?;
    let modified = Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(modified.max(Timestamp::UNIX_EPOCH))
}

/// What lies in a directory, by name.
fn list(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("cannot read {}", dir.display());
    let mut paths = Vec::new();
    for file in fs::read_dir(dir).with_context(context)? {
        paths.push(file.with_context(context)?.path());
    }
    paths.sort_unstable();
    Ok(paths)
}

fn is_real_dir(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|it| it.is_dir())
}

fn extension(path: &Path) -> Option<String> {
    let extension = path.extension()?.to_str()?;
    Some(extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        #[track_caller]
        fn check(head: &str, want: Option<&str>) {
            let want = want.map(|at| at.parse().unwrap());
            assert_eq!(date(head.as_bytes()), want, "{head}");
        }
        let at = Some("2026-11-22T08:12:03Z");
        check("Date: Sun, 22 Nov 2026 09:12:03 +0100\r\n\r\n", at);
        check("A: b\ndate:Sun, 22 Nov 2026\n 09:12:03 +0100 (CET)\n\n", at);
        check("A: b\n\nDate: Sun, 22 Nov 2026 09:12:03 +0100\n", None);
        check("Date: soon\r\n\r\n", None);
        check("Dat", None);
    }
}
