//! `cargo xtask bench`: builds the benchmarks for release and runs them.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::step;

/// Where a run of everything is written.
const OUT: &str = "docs/benchmarks.md";

/// The peers' directories. Not `/tmp`, which may be memory, where a sync costs nothing; and every
/// user may enter it, as peers that give up root must.
const SCRATCH: &str = "/var/tmp";

/// What to measure.
#[derive(Args)]
pub struct Bench {
    /// What to measure
    #[arg(default_value = "all")]
    part: Part,
    /// About three minutes instead of half an hour: fewer cells, shorter rounds, a small store
    #[arg(long)]
    quick: bool,
    /// Mails in the generated store [default: 1000000, with --quick 20000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    messages: Option<u64>,
    /// Write the document to this file [default: docs/benchmarks.md for a full run of all]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Keeping mail, side by side with Postfix → Dovecot and smtp-sink
    Smtp,
    /// The store on its own: pages, search, dropping a day, start-up, bytes on disk
    Store,
    /// The mirror of an OpenLDAP with a hundred thousand entries
    Directory,
    /// Whether the time of a sign-in tells which names exist
    Signin,
    /// Handing back after an outage, side by side with smtp-source
    Reinject,
    /// All of them
    All,
}

impl Bench {
    /// Builds and runs.
    pub fn run(&self, repository: &Path) -> anyhow::Result<()> {
        // Both in one, so that cargo chooses the same features for both.
        step::cargo(
            repository,
            "build --release --workspace --bin shadowmail --bench benchmarks",
        )?;
        let mut command = step::cargo_command();
        command
            .current_dir(repository)
            .args(["bench", "--workspace", "--bench", "benchmarks", "--"])
            .arg(match self.part {
                Part::Smtp => "smtp",
                Part::Store => "store",
                Part::Directory => "directory",
                Part::Signin => "signin",
                Part::Reinject => "reinject",
                Part::All => "all",
            })
            .env("TMPDIR", SCRATCH);
        if self.quick {
            command.arg("--quick");
        }
        if let Some(messages) = self.messages {
            command.args(["--messages", &messages.to_string()]);
        }
        if let Some(out) = self.out() {
            // From here, because cargo starts benchmarks in the directory of their package.
            command.arg("--out").arg(std::path::absolute(out)?);
        }
        step::run(&mut command)
    }

    /// Only a run of everything may replace the file that is committed, unless somebody says so.
    fn out(&self) -> Option<PathBuf> {
        let whole = self.part == Part::All && !self.quick;
        self.out.clone().or_else(|| whole.then(|| OUT.into()))
    }
}
