//! What an export has written down beside the mail.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde::Deserialize;
use store::{Address, ReversePath};

use super::files::open_file;

/// Bytes of one line; a thousand recipients fit.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// Where a mail lies: its file, and in an mbox where in it it begins.
type Spot = (String, Option<u64>);

/// The manifest of an export. Its lines stay on the disk until they are wanted.
pub struct Manifest {
    file: BufReader<File>,
    lines: HashMap<Spot, (u64, Timestamp)>,
}

/// What it says of one mail, as far as an import wants it.
#[derive(Deserialize)]
pub struct Line {
    file: String,
    #[serde(default)]
    offset: Option<u64>,
    received_at: Timestamp,
    envelope: Said,
    #[serde(default)]
    owners: Vec<Owner>,
}

#[derive(Deserialize)]
struct Said {
    reverse_path: ReversePath,
    recipients: Vec<Address>,
    #[serde(default)]
    smtputf8: bool,
}

#[derive(Deserialize)]
struct Owner {
    address: Address,
    folder: String,
}

impl Manifest {
    /// That of a directory, if it has one. One that can not be read is an error: without it the
    /// mail would go to others and into other days.
    pub fn beside(dir: &Path, lines_max: usize) -> anyhow::Result<Option<Self>> {
        let path = dir.join("manifest.jsonl");
        if !path.exists() {
            return Ok(None);
        }
        let shown = path.display();
        let (file, _) = open_file(&path).with_context(|| format!("cannot read {shown}"))?;
        let mut manifest = Self {
            file: BufReader::new(file),
            lines: HashMap::new(),
        };
        let mut at = 0;
        while let Some((line, length)) = manifest.next().with_context(|| {
            format!(
                "line {} of {shown} is not one that an export writes; \
                 mend it, or move the file away to import the mail without it",
                manifest.lines.len() + 1
            )
        })? {
            if manifest.lines.len() >= lines_max {
                bail!("{shown} has more than {lines_max} lines");
            }
            let spot = (line.file, line.offset);
            manifest.lines.insert(spot, (at, line.received_at));
            at += length;
        }
        Ok(Some(manifest))
    }

    /// Where the line of a mail is, and when the mail came.
    pub fn find(&self, file: &str, offset: Option<u64>) -> Option<(u64, Timestamp)> {
        self.lines.get(&(file.to_owned(), offset)).copied()
    }

    /// The line at a place that [`Manifest::find`] gave.
    pub fn line(&mut self, at: u64) -> anyhow::Result<Line> {
        self.file.seek(SeekFrom::Start(at))?;
        let line = self.next()?.context("the manifest was cut off meanwhile")?;
        Ok(line.0)
    }

    fn next(&mut self) -> anyhow::Result<Option<(Line, u64)>> {
        let mut text = Vec::new();
        let mut limited = (&mut self.file).take(LINE_BYTES_MAX);
        let length = limited.read_until(b'\n', &mut text)? as u64;
        if length == 0 {
            return Ok(None);
        }
        Ok(Some((serde_json::from_slice(&text)?, length)))
    }
}

impl Line {
    /// The reverse path.
    pub fn reverse_path(&self) -> ReversePath {
        self.envelope.reverse_path.clone()
    }

    /// Whether the peer had announced `SMTPUTF8`.
    pub fn smtputf8(&self) -> bool {
        self.envelope.smtputf8
    }

    /// Whom the envelope names, and who had the mail besides: a journal report names its own
    /// mailbox alone.
    pub fn recipients(&self) -> Vec<Address> {
        let mut recipients = self.envelope.recipients.clone();
        for owner in self.owners.iter().filter(|owner| owner.folder != "sent") {
            if recipients.iter().all(|it| it.key() != owner.address.key()) {
                recipients.push(owner.address.clone());
            }
        }
        recipients
    }
}
