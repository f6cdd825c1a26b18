//! The client: `smtp-source` of Postfix, several at once.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::harness::organisation::MAILBOXES;

/// What to send.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    /// The mail, as a file with LF.
    pub mail: &'a Path,
    /// Connections at the same time.
    pub sessions: usize,
    /// Mails in all.
    pub mails: usize,
}

/// Sends a load and gives how long it took until the last answer. Fails when a mail was refused.
pub fn send(to: SocketAddr, load: Load<'_>) -> anyhow::Result<Duration> {
    let processes = load.sessions.min(MAILBOXES.len());
    let began = Instant::now();
    let children: Vec<Child> = MAILBOXES
        .iter()
        .take(processes)
        .enumerate()
        .map(|(number, mailbox)| {
            let share = |all: usize| all / processes + usize::from(number < all % processes);
            let mut command = Command::new("/usr/sbin/smtp-source");
            command
                .args(["-d", "-C", "10", "-M", "source.outside.example"])
                .args(["-s", &share(load.sessions).to_string()])
                .args(["-m", &share(load.mails).to_string()])
                .args([
                    "-f",
                    "absender@outside.example",
                    "-t",
                    mailbox.address(),
                    "-F",
                ])
                .arg(load.mail)
                .arg(to.to_string())
                .stdin(Stdio::null())
                .stderr(Stdio::piped());
            command.spawn().context("smtp-source could not be started")
        })
        .collect::<Result<_, _>>()?;
    let mut failure = None;
    for child in children {
        let output = child.wait_with_output()?;
        if !output.status.success() {
            failure = Some(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
    }
    let took = began.elapsed();
    if let Some(said) = failure {
        bail!("smtp-source could not send to {to}: {said}");
    }
    Ok(took)
}
