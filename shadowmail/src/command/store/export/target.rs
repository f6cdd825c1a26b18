//! The files that an export writes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek};
use std::path::{Path, PathBuf};

use store::{ExportEntry, Exportable, ReversePath};

use super::{Format, create};
use crate::mail_file::{maildir, mbox, name};

const MBOX: &str = "mail.mbox";

/// Where messages are written to.
pub enum Target {
    Eml(PathBuf),
    Mbox(BufWriter<File>),
    Maildir(PathBuf),
}

impl Target {
    /// Begins in an empty directory.
    pub fn new(format: Format, dir: &Path) -> anyhow::Result<Self> {
        Ok(match format {
            Format::Eml => Self::Eml(dir.to_owned()),
            Format::Mbox => Self::Mbox(BufWriter::new(create(&dir.join(MBOX))?)),
            Format::Maildir => Self::Maildir(dir.to_owned()),
        })
    }

    /// Writes a message, and gives the name of its file and where in it the message begins.
    pub fn write(
        &mut self,
        message: &Exportable,
        entry: Option<&ExportEntry>,
        mail: &mut impl Read,
    ) -> anyhow::Result<(String, Option<u64>)> {
        let received_at = message.envelope.received_at;
        match self {
            Self::Eml(dir) => {
                let name = name::eml(message.id, received_at, &message.subject);
                io::copy(mail, &mut create(&dir.join(&name))?)?;
                Ok((name, None))
            }
            Self::Maildir(dir) => {
                let folder = maildir::folder(entry.map_or("inbox", |entry| &entry.folder));
                for part in ["cur", "new", "tmp"] {
                    fs::create_dir_all(dir.join(&folder).join(part))?;
                }
                let flags = entry.map(maildir::flags).unwrap_or_default();
                let name = maildir::file_name(message.id, received_at, &flags);
                let name = Path::new(&folder).join("cur").join(name);
                io::copy(mail, &mut create(&dir.join(&name))?)?;
                Ok((name.display().to_string(), None))
            }
            Self::Mbox(file) => {
                let begins = file.stream_position()?;
                let sender = match &message.envelope.reverse_path {
                    ReversePath::Null => "",
                    ReversePath::Address(address) => address.as_str(),
                };
                mbox::write(file, (sender, received_at), mail)?;
                Ok((MBOX.to_owned(), Some(begins)))
            }
        }
    }

    /// What is still in memory goes to the disk.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Eml(_) | Self::Maildir(_) => Ok(()),
            Self::Mbox(file) => file
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?
                .sync_all(),
        }
    }
}
