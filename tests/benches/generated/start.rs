//! How long a start takes.

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use bench_parts::claim::Claim;
use bench_parts::document::Document;
use bench_parts::figure::{self, Durations};
use store::Store;
use tokio::runtime::Runtime;

use super::fill::Made;
use super::{timing, timings};
use crate::harness::free_port::free_address;
use crate::harness::process::Stop;
use crate::harness::server::Shadowmail;
use crate::harness::server_config::ServerConfig;
use crate::memory;

const OPENINGS: usize = 10;
const STARTS: usize = 5;

/// No day of the generated store may age away.
const RETENTION_DAYS: u16 = 3_650;

/// What was measured.
pub struct Started {
    open: Durations,
    serve: Durations,
    resident: u64,
}

/// Opens the store, and starts the server on it, again and again.
pub fn measure(made: &Made, runtime: &Runtime) -> anyhow::Result<Started> {
    let mut open = Durations::default();
    for _ in 0..OPENINGS {
        let began = Instant::now();
        let store = runtime.block_on(Store::open(&made.data_dir))?;
        open.add(began.elapsed());
        runtime.block_on(store.close());
    }
    let mut server = install(made)?;
    let mut serve = Durations::default();
    let mut resident = 0;
    for _ in 0..STARTS {
        let began = Instant::now();
        server.start_again();
        serve.add(began.elapsed());
        resident = memory::resident(server.process().id())?;
        server.stop(Stop::Gently);
    }
    Ok(Started {
        open,
        serve,
        resident,
    })
}

/// A server on the generated store, not started yet.
pub fn install(made: &Made) -> anyhow::Result<Shadowmail> {
    let server = Shadowmail::install(ServerConfig {
        data_dir: Some(made.data_dir.clone()),
        retention_days: RETENTION_DAYS,
        ..ServerConfig::for_primary(free_address())
    });
    write_users(&server, made, |_| "")?;
    Ok(server)
}

/// Writes the directory that the store has mirrored, with more lines for some logins.
pub fn write_users<'a>(
    server: &Shadowmail,
    made: &Made,
    more: impl Fn(&str) -> &'a str,
) -> anyhow::Result<()> {
    let mut text = String::new();
    for person in made.corpus.people() {
        let _ = writeln!(
            text,
            "[[account]]\nlogin = \"{}\"\nname = \"{}\"\naddresses = [\"{}\"]\n{}",
            person.login,
            person.name,
            person.address(),
            more(&person.login)
        );
    }
    fs::write(server.directory().join("users.toml"), text)?;
    Ok(())
}

impl Started {
    /// The section about it.
    pub fn describe(&self, document: &mut Document) {
        document.section("Start");
        document.paragraph(&format!(
            "Of the generated store, again and again, so with a warm cache. `shadowmail serve` with all roles is \
             measured from its command line until all its ports answer; it then has {} of memory.",
            figure::bytes(self.resident)
        ));
        let mut table = timings();
        timing(&mut table, "`Store::open`", &self.open);
        timing(
            &mut table,
            "`shadowmail serve` until its ports answer",
            &self.serve,
        );
        document.table(&table);
    }

    /// The design's number.
    pub fn claims(&self) -> Vec<Claim> {
        let megabytes = self.resident as f64 / 1e6;
        vec![Claim::under(
            "memory, idle with the generated store",
            100.0,
            "MB",
            Some(megabytes),
        )]
    }
}
