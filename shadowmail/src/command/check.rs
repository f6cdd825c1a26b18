//! `shadowmail check`: what is in place and what is to fix.

mod administrators;
mod copies;
mod directory;
mod disk;
mod keeping;
mod network;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use serde::Serialize;
use store::{Day, Store};

use crate::config::Config;
use crate::mounts;
use crate::print::{self, Output};
use crate::tls;

/// No clock is right before this program was written.
const CLOCK_LEAST: &str = "2026-11-01T00:00:00Z";

/// How long before its end a certificate is to be renewed.
const RENEWAL: Duration = Duration::from_hours(14 * 24);

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
        Finding::new("clock", clock(config).await),
        Finding::new("directory", directory::look(config).await),
        Finding::new("certificate", certificate(config)),
    ];
    if let Some(seen) = administrators::look(config).await {
        findings.push(Finding::new("administrators", seen));
    }
    if let Some(words) = copies::owned(config).await {
        findings.push(Finding::new("journal", Err(words)));
    }
    for (listener, words) in copies::senders(config) {
        findings.push(Finding::new(format!("senders of {listener}"), Ok(words)));
    }
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
    if let Some(address) = config.metrics {
        findings.push(Finding::new("metrics", network::metrics(address).await));
    }
    if let Some(address) = config.checks.rspamd {
        findings.push(Finding::new("rspamd", network::rspamd(address).await));
    }
    if let Some(at) = &config.checks.clamd {
        findings.push(Finding::new("clamd", network::clamd(at).await));
    }
    findings.push(Finding::new("primary", network::primary(config).await));
    if let Some(imap) = &config.delivery.imap {
        findings.push(Finding::new("imap", network::imap(imap).await));
    }
    findings.push(Finding::new("outbound", network::outbound(config).await));
    findings
}

async fn store(config: &Config) -> Seen {
    let data_dir = &config.data_dir;
    if !config.has_store() {
        mounts::refuse_unmounted(data_dir).map_err(|error| error.to_string())?;
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

async fn clock(config: &Config) -> Seen {
    let now = Timestamp::now();
    let advice = "set the clock and run an NTP client; aging and the age of mail depend on it";
    let shown = print::local(now);
    if CLOCK_LEAST
        .parse()
        .is_ok_and(|least: Timestamp| now < least)
    {
        return Err(format!("{shown} is in the past; {advice}"));
    }
    let store = if config.has_store() {
        Store::open(&config.data_dir).await.ok()
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

fn certificate(config: &Config) -> Seen {
    let Some(tls) = &config.tls else {
        return Ok("none; listeners do not offer STARTTLS".into());
    };
    tls::load(tls).map_err(|error| error.to_string())?;
    let file = tls.certificate.display();
    let objection = |now| tls::objection(tls, &config.hostname, now);
    let now = UnixTime::now();
    let soon = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + RENEWAL);
    let seen = objection(now).and_then(|now| Ok((now, objection(soon)?)));
    match seen.map_err(|error| error.to_string())? {
        (Some(objection), _) => Err(objection),
        (None, Some(_)) => Err(format!(
            "{file} expires within {} days; renew it, the running server will notice",
            RENEWAL.as_secs() / (24 * 60 * 60)
        )),
        (None, None) => match readers(&tls.key)? {
            Readers::Everybody => Err(format!(
                "everybody on this host can read the key {0}; say chmod o-r {0}",
                tls.key.display()
            )),
            Readers::Some => Ok(format!("{file} is valid for {}", config.hostname)),
        },
    }
}

/// Who can read a file.
enum Readers {
    Everybody,
    Some,
}

fn readers(file: &Path) -> Result<Readers, String> {
    let known = file
        .metadata()
        .map_err(|error| format!("{}: {error}", file.display()))?;
    let open = known.permissions().mode() & 0o004 != 0;
    Ok(if open {
        Readers::Everybody
    } else {
        Readers::Some
    })
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
