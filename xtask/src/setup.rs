//! `cargo xtask setup`: what the scenarios need, from Debian's packages.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, bail};

use crate::console::say;
use crate::packages::{self, DPKG_FORMAT, NEEDED, Package};
use crate::{step, unpacked};

/// Debian asks this file before a package may start its service (101: it may not).
const POLICY: &str = "/usr/sbin/policy-rc.d";
const POLICY_TEXT: &str = "#!/bin/sh\n# Put here by `cargo xtask setup` while it installs; it takes it away again.\nexit 101\n";

/// What a fresh package would start at the next boot.
const SERVICES: &[&str] = &[
    "postfix.service",
    "dovecot.service",
    "dovecot.socket",
    "knot.service",
    "rspamd.service",
    "clamav-daemon.service",
    "clamav-daemon.socket",
    "clamav-freshclam.service",
];

/// Installs what is missing; says so when nothing is.
pub fn run(repository: &Path) -> anyhow::Result<()> {
    install_missing()?;
    if unpacked::is_there(repository) {
        return Ok(());
    }
    // The lists of packages may be old, or not there.
    let rights = Rights::of_this_user(&[])?;
    step::run(rights.command("apt-get").args(["update", "-q"]))?;
    unpacked::run(repository)
}

fn install_missing() -> anyhow::Result<()> {
    let missing = missing_packages()?;
    if missing.is_empty() {
        say("setup: all Debian packages are there");
        return Ok(());
    }
    for package in &missing {
        say(&format!(
            "setup: {} is missing ({})",
            package.name, package.purpose
        ));
    }
    let rights = Rights::of_this_user(&missing)?;
    let policy = Policy::forbid_services(&rights)?;
    let installed = install(&rights, &missing);
    policy.lift(&rights)?;
    installed?;
    disable_services(&rights, &missing)?;

    if let Some(package) = missing_packages()?.first() {
        bail!(
            "{} is still not installed, though apt-get was content",
            package.name
        );
    }
    say("setup: installed; no service was started or enabled");
    Ok(())
}

fn missing_packages() -> anyhow::Result<Vec<&'static Package>> {
    let names = NEEDED.iter().map(|package| package.name);
    // It exits with 1 when it does not know one of the names, and lists the others.
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", DPKG_FORMAT])
        .args(names)
        .stderr(Stdio::null())
        .output()
        .context(
            "dpkg-query is not here: this machine is not Debian or one of its kin. Install \
             Postfix, Dovecot, Knot DNS, rspamd, clamd, dkimpy, swaks, strace and Chromium by hand, then run `cargo nextest run --workspace`",
        )?;
    Ok(packages::missing(&String::from_utf8_lossy(&output.stdout)))
}

fn install(rights: &Rights, missing: &[&Package]) -> anyhow::Result<()> {
    step::run(rights.command("apt-get").args(["update", "-q"]))?;
    // Another mail server in Postfix's place is somebody's work: apt-get must not remove it.
    let words = [
        "install",
        "-y",
        "-q",
        "--no-install-recommends",
        "--no-remove",
    ];
    step::run(
        rights
            .command("apt-get")
            .args(words)
            .args(missing.iter().map(|package| package.name)),
    )
    .context(
        "if apt-get would have to remove another mail server (exim4), remove it yourself first",
    )
}

/// Services that came with this run stay quiet at the next boot, too.
fn disable_services(rights: &Rights, missing: &[&Package]) -> anyhow::Result<()> {
    let systemd = Path::new("/run/systemd/system").is_dir();
    let fresh = |name: &str| missing.iter().any(|package| package.name == name);
    let services = SERVICES
        .iter()
        .filter(|service| match service.split_once('.') {
            Some(("dovecot", _)) => fresh("dovecot-core"),
            Some(("clamav-freshclam", _)) => fresh("clamav-daemon"),
            Some((name, _)) => fresh(name),
            None => false,
        });
    let services: Vec<&&str> = services.collect();
    if systemd && !services.is_empty() {
        step::run(rights.command("systemctl").arg("disable").args(services))?;
    }
    Ok(())
}

/// How this user may install packages.
enum Rights {
    Root,
    Sudo,
}

impl Rights {
    fn of_this_user(missing: &[&Package]) -> anyhow::Result<Self> {
        let id = Command::new("id")
            .arg("-u")
            .output()
            .context("`id -u` could not be started")?;
        if id.stdout.trim_ascii() == b"0" {
            return Ok(Self::Root);
        }
        if on_path("sudo") {
            say("setup: you are not root, so sudo is used and may ask for your password");
            return Ok(Self::Sudo);
        }
        let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
        bail!(
            "installing packages needs root, and there is no sudo. As root, run: \
             apt-get install --no-install-recommends {}",
            names.join(" ")
        )
    }

    fn command(&self, program: &str) -> Command {
        // By env, because sudo drops the variables of its caller.
        let mut command = match self {
            Self::Root => Command::new("env"),
            Self::Sudo => {
                let mut sudo = Command::new("sudo");
                sudo.arg("env");
                sudo
            }
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", program]);
        command
    }
}

/// While it stands, no package may start a service.
enum Policy {
    /// Somebody else's file already decides that; it is left alone.
    Theirs,
    Ours,
}

impl Policy {
    fn forbid_services(rights: &Rights) -> anyhow::Result<Self> {
        if let Ok(text) = fs::read_to_string(POLICY) {
            // Ours is still there when an earlier run was killed.
            return Ok(if text == POLICY_TEXT {
                Self::Ours
            } else {
                Self::Theirs
            });
        }
        let draft = env::temp_dir().join(format!("shadowmail-policy-{}", std::process::id()));
        // A new file, never one that somebody else has put there.
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o755)
            .open(&draft);
        file.and_then(|mut file| file.write_all(POLICY_TEXT.as_bytes()))
            .with_context(|| format!("writing {}", draft.display()))?;
        let copied = step::run(rights.command("cp").arg(&draft).arg(POLICY));
        fs::remove_file(&draft)?;
        copied.map(|()| Self::Ours)
    }

    fn lift(self, rights: &Rights) -> anyhow::Result<()> {
        match self {
            Self::Theirs => Ok(()),
            Self::Ours => step::run(rights.command("rm").arg(POLICY)),
        }
    }
}

fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(program).is_file())
}
