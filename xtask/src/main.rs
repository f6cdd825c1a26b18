//! Chores of this repository: `cargo xtask setup`, `test`, `bench` and `fuzz`.

mod bench;
mod console;
mod fuzz;
mod packages;
mod setup;
mod step;
mod test;
mod unpacked;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::bench::Bench;
use crate::fuzz::Fuzz;

/// Chores of this repository.
#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "Chores of this repository",
    after_help = "\
Examples:
  cargo xtask setup    once on a new machine: Postfix, Dovecot, Chromium, swaks, strace
  cargo xtask test     before every commit: all that must hold, first failure stops
  cargo xtask bench    before a release: the figures of docs/benchmarks.md

Exit codes: 0 done, 1 failed, 2 wrong arguments"
)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Install what the scenarios need from Debian's packages
    #[command(long_about = "\
Install what the scenarios need from Debian's packages: a real Postfix, Dovecot and Chromium,
swaks to send mail with, and strace to let system calls fail.

Only what is missing is installed, so a second run does nothing. No service is started or enabled:
the scenarios start peers of their own, in directories of their own, and stop them again. Needs
root or sudo, but only when something is missing.")]
    Setup,
    /// Run everything that must hold: setup, format, clippy, tests, scenarios, doc tests, licences
    #[command(long_about = "\
Run everything that must hold, and stop at the first failure:

  setup      what `cargo xtask setup` does
  format     cargo fmt --check
  clippy     cargo clippy, all targets, no warnings
  tests      unit tests, the architecture test, and the scenarios against real peers
             (with cargo-nextest where it is installed, else with cargo test)
  doc tests  the examples in the documentation
  licences   cargo deny check licenses, where cargo-deny is installed

The scenarios alone:
  cargo nextest run -p shadowmail-tests --test end_to_end
One of them:
  cargo nextest run -p shadowmail-tests outage
What a failed one wrote is kept; its output names the directory.")]
    Test,
    /// Measure: keeping mail side by side with others, the store on its own, the mirror of a directory
    #[command(
        long_about = "\
Measure with release builds, and write the figures as tables:

  smtp   keeping mail, in turn with Postfix that delivers to Dovecot and with smtp-sink:
         mails a second and ratios for 10 KB, 100 KB and 1 MB with 1, 20 and 200 sessions; memory
  store  a generated store: mailbox pages, search, dropping a day, start-up, bytes on disk
  directory  the mirror of an OpenLDAP with a hundred thousand entries; with --quick ten thousand

The generated store is kept under target/bench and used again. A full run takes half an hour and
10 GB of disk, and is worth something only on a machine that does nothing else. The peers are those
of the scenarios: they need root, and `cargo xtask setup` installs them. A number that is not
reached is said in the output and is no failure.",
        after_help = "\
Examples:
  cargo xtask bench                          everything, written to docs/benchmarks.md
  cargo xtask bench --quick                  whether a change helps, in three minutes; only shown
  cargo xtask bench smtp --out before.md     keeping alone, written to a file
  cargo xtask bench store --messages 100000  a smaller store
  cargo xtask bench directory                full and incremental syncs"
    )]
    Bench(Bench),
    /// Feed random bytes to all that reads what strangers send
    #[command(
        long_about = "\
Run the random runs of the tests for longer: what reads a journal report, an address, a command or a
mail is fed with changed pieces of its corpus, and must neither panic nor give out what it must not.

The corpus is shadow-smtpd/tests/fuzz, a directory for each target. An input that fails is written
there, so that `cargo xtask test` fails, too, until it is mended; and its seed is named.",
        after_help = "\
Examples:
  cargo xtask fuzz                             every target, one minute each
  cargo xtask fuzz journal --seconds 3600      one for an hour
  cargo xtask fuzz journal --seed 17           a failed input once more"
    )]
    Fuzz(Fuzz),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = repository().and_then(|repository| match arguments.chore {
        Chore::Setup => setup::run(&repository),
        Chore::Test => test::run(&repository),
        Chore::Bench(bench) => bench.run(&repository),
        Chore::Fuzz(fuzz) => fuzz.run(&repository),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::failed(&error);
            ExitCode::FAILURE
        }
    }
}

/// The root of the clone: cargo says at run time where this package lies.
fn repository() -> anyhow::Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package
        .parent()
        .context("the directory of xtask has no parent")?;
    Ok(root.to_owned())
}
