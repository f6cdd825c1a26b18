//! Peers that Debian does not let stand beside others: their package is unpacked, not installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, bail};

use crate::console::say;
use crate::step;

/// A second mail server: only one can be installed.
const PACKAGE: &str = "exim4-daemon-light";

/// Where it is unpacked to, in the target directory.
const DIRECTORY: &str = "peers/exim4";

/// Whether there is nothing to do.
pub fn is_there(repository: &Path) -> bool {
    target(repository).join(DIRECTORY).is_dir()
}

fn target(repository: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), PathBuf::from)
}

/// Downloads and unpacks it.
pub fn run(repository: &Path) -> anyhow::Result<()> {
    let target = target(repository);
    say(&format!("setup: unpacking {PACKAGE}"));
    let download = target.join("peers/download");
    fs::create_dir_all(&download).with_context(|| format!("making {}", download.display()))?;
    step::run(
        Command::new("apt-get")
            .args(["download", "-q", PACKAGE])
            .current_dir(&download),
    )?;
    let mut packages = fs::read_dir(&download)?;
    let Some(package) = packages.next() else {
        bail!("apt-get was content, but did not download {PACKAGE}");
    };
    // Whole or not at all: a run that was killed unpacks again.
    let unfinished = target.join("peers/unfinished");
    step::run(
        Command::new("dpkg-deb")
            .arg("--extract")
            .arg(package?.path())
            .arg(&unfinished),
    )?;
    fs::rename(&unfinished, target.join(DIRECTORY))?;
    fs::remove_dir_all(&download)?;
    Ok(())
}
