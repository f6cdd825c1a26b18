//! Checking the store, and making an index again.

use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_parts::document::Document;
use bench_parts::figure;
use bench_parts::table::Table;
use tokio::runtime::Runtime;

use super::fill::{self, Made};
use super::{copy, disk};

/// How fast the rescue commands are.
pub struct Rescue {
    verify: Work,
    rebuild: Work,
}

struct Work {
    messages: u64,
    bytes: u64,
    took: Duration,
}

/// Checks the generated store, which must be sound, and rebuilds a copy of its largest day.
pub fn measure(made: &Made, runtime: &Runtime) -> anyhow::Result<Rescue> {
    let began = Instant::now();
    let seen = runtime.block_on(store::verify(&made.data_dir, None, |_| {}))?;
    let verify = Work {
        messages: seen.records,
        bytes: seen.bytes,
        took: began.elapsed(),
    };
    ensure!(
        seen.findings.is_empty(),
        "`store verify` found damage in the generated store: {:?}",
        seen.findings.first()
    );

    let (_, largest) = copy::extremes(made)?;
    let root = copy::of(made, "rebuild", &[largest])?;
    let bytes = disk::of(&root)?.segments;
    let began = Instant::now();
    let rebuilt = runtime.block_on(store::rebuild(&root, Some(largest.day), |_| {}))?;
    let rebuild = Work {
        messages: rebuilt.iter().map(|day| day.messages).sum(),
        bytes,
        took: began.elapsed(),
    };
    ensure!(
        rebuild.messages == largest.messages,
        "`store rebuild` found {} of {} mails",
        rebuild.messages,
        largest.messages
    );
    fill::remove(&root)?;
    Ok(Rescue { verify, rebuild })
}

impl Rescue {
    /// The section about it.
    pub fn describe(&self, document: &mut Document) {
        document.section("Rescue");
        let mut table = Table::new(&[
            "what",
            "mails",
            "bytes of segments",
            "seconds",
            "MB/s",
            "mails/s",
        ]);
        let works = [
            ("`store verify` of everything", &self.verify),
            ("`store rebuild` of the largest day", &self.rebuild),
        ];
        for (what, work) in works {
            let seconds = work.took.as_secs_f64();
            table.row([
                what.to_owned(),
                figure::count(work.messages),
                figure::bytes(work.bytes),
                figure::number(Some(seconds)),
                figure::number(Some(work.bytes as f64 / 1e6 / seconds)),
                figure::number(Some(work.messages as f64 / seconds)),
            ]);
        }
        document.table(&table);
    }
}
