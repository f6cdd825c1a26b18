//! Bytes on disk for each byte that was received.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bench_parts::corpus::Corpus;
use bench_parts::document::Document;
use bench_parts::figure;
use bench_parts::table::Table;
use jiff::Timestamp;
use store::Store;
use tokio::runtime::Runtime;

use super::fill::{self, Made};

/// Mails that are kept once more, at the pace of usual days.
const SAMPLE: u64 = 1_000;

/// That pace: slow enough that the store takes its time to compress them.
const PACE: Duration = Duration::from_millis(15);

/// What lies in the data directory.
#[derive(Default)]
pub struct Disk {
    received: u64,
    /// Bytes of segments for a byte received, where mail did not pour in.
    usual: f64,
    /// Of segments.
    pub segments: u64,
    index: u64,
    text: u64,
    shadow: u64,
}

/// Adds up the files of the generated store, and those of a sample kept at leisure.
pub fn measure(made: &Made, runtime: &Runtime) -> anyhow::Result<Disk> {
    let sample = made.data_dir.with_file_name("sample");
    fill::remove(&sample)?;
    fs::create_dir_all(&sample)?;
    let received = runtime.block_on(keep_at_leisure(&sample, &made.corpus))?;
    let usual = of(&sample)?.segments as f64 / received as f64;
    fill::remove(&sample)?;
    Ok(Disk {
        received: made.bytes,
        usual,
        ..of(&made.data_dir)?
    })
}

/// Gives the bytes that were received.
async fn keep_at_leisure(data_dir: &Path, corpus: &Corpus) -> anyhow::Result<u64> {
    let store = Store::open(data_dir).await?;
    let mut pace = tokio::time::interval(PACE);
    let mut received = 0;
    for number in 0..SAMPLE.min(corpus.messages()) {
        pace.tick().await;
        received += fill::keep(&store, corpus, number, Timestamp::now()).await?;
    }
    store.close().await;
    Ok(received)
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
        document.paragraph(&format!(
            "The store was filled as fast as it goes, and while mail pours in it is compressed with little effort. \
             Mails of the same kind that came in at a usual pace, {} of them, took {} bytes of segments for each byte \
             received.",
            figure::count(SAMPLE),
            figure::number(Some(self.usual)),
        ));
    }
}
