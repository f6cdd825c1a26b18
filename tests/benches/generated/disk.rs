//! Bytes on disk for each byte that was received.

use std::fs;
use std::path::Path;

use bench_parts::document::Document;
use bench_parts::figure;
use bench_parts::table::Table;

use super::fill::Made;

/// What lies in the data directory.
#[derive(Default)]
pub struct Disk {
    received: u64,
    /// Of segments.
    pub segments: u64,
    index: u64,
    text: u64,
    shadow: u64,
}

/// Adds up the files of the generated store.
pub fn measure(made: &Made) -> anyhow::Result<Disk> {
    Ok(Disk {
        received: made.bytes,
        ..of(&made.data_dir)?
    })
}

/// Adds up the files of a data directory, write-ahead logs included.
pub fn of(data_dir: &Path) -> anyhow::Result<Disk> {
    let mut disk = Disk::default();
    disk.add(data_dir)?;
    Ok(disk)
}

impl Disk {
    fn add(&mut self, directory: &Path) -> anyhow::Result<()> {
        for file in fs::read_dir(directory)? {
            let file = file?;
            if file.file_type()?.is_dir() {
                self.add(&file.path())?;
                continue;
            }
            let (name, bytes) = (file.file_name(), file.metadata()?.len());
            match name.to_string_lossy() {
                it if it.starts_with("index.db") => self.index += bytes,
                it if it.starts_with("text.db") => self.text += bytes,
                it if it.starts_with("shadow.db") => self.shadow += bytes,
                _ => self.segments += bytes,
            }
        }
        Ok(())
    }

    /// The section about it.
    pub fn describe(&self, document: &mut Document) {
        document.section("Bytes on disk");
        let mut table = Table::new(&["what", "bytes", "per byte received"]);
        let mut row = |what: &str, bytes: u64| {
            let share = bytes as f64 / self.received as f64;
            table.row([
                what.to_owned(),
                figure::bytes(bytes),
                figure::number(Some(share)),
            ]);
        };
        row("received", self.received);
        row("segments: the mails", self.segments);
        row("index.db: lists, entries, threads", self.index);
        row("text.db: full text", self.text);
        row("shadow.db: accounts, queue, audit", self.shadow);
        row(
            "all files",
            self.segments + self.index + self.text + self.shadow,
        );
        document.table(&table);
    }
}
