//! One step of a chore: a command with a name, timed, that must succeed.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::console;

/// How the variables begin with which cargo describes a package to what it runs.
const OF_PACKAGE: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_"];

/// Runs `work` under the heading `name` and tells how long it took.
pub fn step(name: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    console::begin(name);
    let began = Instant::now();
    work()
        .with_context(|| format!("{name} failed after {:.1} s", began.elapsed().as_secs_f64()))?;
    console::done(name, began.elapsed());
    Ok(())
}

/// Cargo with these words, in this directory: the very cargo that runs this program.
pub fn cargo(repository: &Path, words: &str) -> anyhow::Result<()> {
    run(cargo_command()
        .current_dir(repository)
        .args(words.split(' ')))
}

/// Whether cargo has a subcommand of this name (`nextest`, `deny`).
pub fn cargo_has(subcommand: &str) -> bool {
    cargo_command()
        .args([subcommand, "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Shows the command, runs it, and fails unless it exits with 0.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    console::say(&shown);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{shown}` could not be started"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// The very cargo that runs this program.
pub fn cargo_command() -> Command {
    let mut cargo =
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    // What `cargo run` tells this program about its own package is not meant for other builds:
    // build scripts look at it, and would build all that depends on them again.
    for (name, _) in std::env::vars_os() {
        let about_package = |name: &str| OF_PACKAGE.iter().any(|it| name.starts_with(it));
        if name.to_str().is_some_and(about_package) {
            cargo.env_remove(name);
        }
    }
    cargo
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![
        program
            .file_name()
            .unwrap_or(program.as_os_str())
            .to_string_lossy(),
    ];
    words.extend(command.get_args().map(|word| word.to_string_lossy()));
    words.join(" ")
}
