//! Checking the store.

use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_parts::document::Document;
use bench_parts::figure;
use bench_parts::table::Table;
use tokio::runtime::Runtime;

use super::fill::Made;

/// How fast the rescue commands are.
pub struct Rescue {
    verified: Verified,
}

struct Verified {
    records: u64,
    bytes: u64,
    took: Duration,
}

/// Checks the generated store, which must be sound.
pub fn measure(made: &Made, runtime: &Runtime) -> anyhow::Result<Rescue> {
    let began = Instant::now();
    let seen = runtime.block_on(store::verify(&made.data_dir, None, |_| {}))?;
    let took = began.elapsed();
    ensure!(
        seen.findings.is_empty(),
        "`store verify` found damage in the generated store: {:?}",
        seen.findings.first()
    );
    Ok(Rescue {
        verified: Verified {
            records: seen.records,
            bytes: seen.bytes,
            took,
        },
    })
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
        let Verified {
            records,
            bytes,
            took,
        } = self.verified;
        let seconds = took.as_secs_f64();
        table.row([
            "`store verify` of everything".to_owned(),
            figure::count(records),
            figure::bytes(bytes),
            figure::number(Some(seconds)),
            figure::number(Some(bytes as f64 / 1e6 / seconds)),
            figure::number(Some(records as f64 / seconds)),
        ]);
        document.table(&table);
    }
}
