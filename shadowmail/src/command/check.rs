//! `shadowmail check`: what is in place and what is to fix.

mod disk;
mod keeping;
mod network;

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use serde::Serialize;
use store::{AccountKind, Day, MirroredAccount, Role, Store};

use crate::config::Config;
use crate::print::{self, Output};
use crate::tls;

/// No clock is right before this program was written.
const CLOCK_LEAST: &str = "2026-11-01T00:00:00Z";

/// Say what is in place and what is to fix, one line each
///
/// Changes nothing. Exit code 1 when something is to fix.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail check
  shadowmail check --json | jq '.[] | select(.ok | not)'")]
pub struct Check {
    #[command(flatten)]
    output: Output,
}

/// One thing that was looked at.
#[derive(Serialize)]
pub struct Finding {
    ok: bool,
    /// What was looked at.
    about: String,
    /// What was seen, and what to do about it.
    words: String,
}

/// What was seen: all is well, or what to do.
type Seen = Result<String, String>;

impl Check {
    /// Looks and prints.
    pub async fn run(&self, config: &Config) -> anyhow::Result<ExitCode> {
        let findings = look(config).await;
        self.output.show(&findings, |findings| {
            findings
                .iter()
                .try_for_each(|finding| print::line(finding.line()))
        })?;
        let all_well = findings.iter().all(|finding| finding.ok);
        Ok(if all_well {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

impl Finding {
    fn new(about: impl Into<String>, seen: Seen) -> Self {
        let ok = seen.is_ok();
        let (Ok(words) | Err(words)) = seen;
        Self {
            ok,
            about: about.into(),
            words,
        }
    }

    /// Whether all is well.
    #[cfg(test)]
    pub fn ok(&self) -> bool {
        self.ok
    }

    /// As it is printed.
    pub fn line(&self) -> String {
        let word = if self.ok { "ok " } else { "fix" };
        format!("{word} {}: {}", self.about, self.words)
    }
}

/// Looks at everything, in the order in which it is needed.
pub async fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![
        Finding::new("config", Ok(config.file.display().to_string())),
        Finding::new("disk", disk::look(&config.data_dir, config.watermarks)),
        Finding::new("store", store(config).await),
        Finding::new("retention", keeping::look(config).await),
        Finding::new("clock", clock(&config.data_dir).await),
        Finding::new("directory", directory(&config.directory)),
        Finding::new("certificate", certificate(config)),
    ];
    if config.listeners.is_empty() {
        let words = "there are none, so no mail is kept; write a [[listener]], or remove \
                     `listener = []`";
        findings.push(Finding::new("listeners", Err(words.into())));
    }
    for listener in &config.listeners {
        let seen = network::listener(listener, &config.hostname).await;
        findings.push(Finding::new(format!("listener {}", listener.name), seen));
    }
    findings.push(Finding::new("web", network::web(config).await));
    findings.push(Finding::new("primary", network::primary(config).await));
    if let Some(imap) = &config.delivery.imap {
        findings.push(Finding::new("imap", network::imap(imap).await));
    }
    findings.push(Finding::new("outbound", network::outbound(config).await));
    findings
}

async fn store(config: &Config) -> Seen {
    let data_dir = &config.data_dir;
    if !data_dir.exists() {
        return Ok(format!(
            "new; `serve` will make it in {}",
            data_dir.display()
        ));
    }
    let store = Store::open_with(data_dir, config.store_options())
        .await
        .map_err(|error| error.to_string())?;
    let (mode, accounts) = (store.mode().await, store.accounts().await);
    store.close().await;
    match (mode, accounts) {
        (Ok(mode), Ok(accounts)) => Ok(format!("{} mode, {} accounts", mode.mode, accounts.len())),
        (Err(error), _) | (_, Err(error)) => Err(error.to_string()),
    }
}

async fn clock(data_dir: &Path) -> Seen {
    let now = Timestamp::now();
    let advice = "set the clock and run an NTP client; aging and the age of mail depend on it";
    let shown = print::local(now);
    if CLOCK_LEAST
        .parse()
        .is_ok_and(|least: Timestamp| now < least)
    {
        return Err(format!("{shown} is in the past; {advice}"));
    }
    let store = if data_dir.exists() {
        Store::open(data_dir).await.ok()
    } else {
        None
    };
    let newest = match store {
        Some(store) => store
            .days()
            .await
            .ok()
            .and_then(|days| days.last().map(|it| it.day)),
        None => None,
    };
    match newest {
        Some(day) if Day::of(now) < day => Err(format!(
            "{shown} is before {day}, when mail was kept; {advice}"
        )),
        _ => Ok(shown),
    }
}

fn directory(file: &Path) -> Seen {
    let snapshot = sync_ad::read_file(file).map_err(|error| error.to_string())?;
    let accounts = snapshot.accounts.len();
    let file = file.display();
    let admin = snapshot
        .accounts
        .iter()
        .any(|account| account.roles.contains(&Role::Admin));
    if !admin {
        return Err(format!(
            "{file} has no administrator; give somebody roles = [\"admin\"]"
        ));
    }
    let without = |it: &&MirroredAccount| it.kind == AccountKind::Person && it.verifier.is_none();
    let without = snapshot.accounts.iter().filter(without).count();
    let groups = snapshot.groups.len();
    Ok(format!(
        "accounts: {accounts}, of them without a password: {without}, groups: {groups}, in {file}"
    ))
}

fn certificate(config: &Config) -> Seen {
    let Some(tls) = &config.tls else {
        return Ok("none; listeners do not offer STARTTLS".into());
    };
    tls::load(tls).map_err(|error| error.to_string())?;
    match tls::objection(tls, &config.hostname, UnixTime::now()) {
        Err(error) => Err(error.to_string()),
        Ok(Some(objection)) => Err(objection),
        Ok(None) => Ok(format!(
            "{} is valid for {}",
            tls.certificate.display(),
            config.hostname
        )),
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
