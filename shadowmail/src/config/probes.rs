//! Watching the primary: `[[probe]]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use continuity::{Asks, Kind, Place, Probe, Rule, Security, Url};
use delivery::HostPort;
use serde::Deserialize;
use shadow_smtpd::{ListenerConfig, Role};
use store::{Address, Secret};
use toml::Spanned;

use super::error::{ConfigError, Source};

/// Longest time between two tries: a day.
const EVERY_SECONDS_MAX: u64 = 24 * 60 * 60;

/// Longest time of this table: a week.
pub(super) const SECONDS_MAX: u64 = 7 * 24 * 60 * 60;

/// Probes that there may be.
const PROBES_MAX: usize = 100;

/// One `[[probe]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawProbe {
    /// Its name; no two have the same.
    pub name: String,
    /// What it asks.
    pub kind: RawKind,
    /// `host:port`. Default: that of `[primary]`, for smtp and canary its smtp, for imap its imap.
    pub address: Option<String>,
    /// The page, for https.
    pub url: Option<String>,
    /// Whether the connection is encrypted from the first byte. Default: `off`.
    pub tls: Option<RawTls>,
    /// PEM file: the authorities that are believed. Default: those of this system.
    pub ca_file: Option<PathBuf>,
    /// smtp: whom the server must know. Default: nobody is asked for.
    pub recipient: Option<String>,
    /// imap: a name that it must take.
    pub login: Option<String>,
    /// imap: a file that holds nothing but the password for it.
    pub password_file: Option<PathBuf>,
    /// canary: whom the mail comes from.
    pub from: Option<String>,
    /// canary: the mailbox it goes to.
    pub to: Option<String>,
    /// journal: over how many minutes copies are counted. Default: 60.
    pub span_minutes: Option<u64>,
    /// journal: where fewer come on other days, none is no silence. Default: 10.
    pub usual_least: Option<u64>,
    /// Default: 30; journal 300, canary 900.
    pub every_seconds: Option<u64>,
    /// Default: 10; journal 30, canary 300.
    pub timeout_seconds: Option<u64>,
    /// Default: 3; journal and canary 2.
    pub fails: Option<usize>,
    /// Default: 300, or as long as twice so many tries take.
    pub within_seconds: Option<u64>,
}

/// The kind of a probe.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawKind {
    Smtp,
    Imap,
    Https,
    Ldap,
    Journal,
    Canary,
}

/// Whether a connection is encrypted from its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawTls {
    Off,
    Implicit,
}

/// What the rest of the file means for probes.
pub struct Around<'a> {
    /// Our name in SMTP.
    pub hostname: &'a str,
    /// Where the primary is.
    pub delivery: &'a delivery::Config,
    /// Where mail comes in.
    pub listeners: &'a [ListenerConfig],
    /// Where a relative path starts.
    pub beside: &'a dyn Fn(&Path) -> PathBuf,
}

/// Checks all of them. Where there is a journal it is listened to in any case.
pub fn probes(
    source: Source<'_>,
    raw: Vec<Spanned<RawProbe>>,
    around: &Around<'_>,
) -> Result<Vec<Probe>, ConfigError> {
    let mut probes: Vec<Probe> = Vec::new();
    for raw in raw {
        let at = raw.span();
        let raw = raw.into_inner();
        let name = raw.name.clone();
        let wrong =
            |sentence: String| source.wrong_at(at.clone(), format!("probe \"{name}\" {sentence}"));
        let is_name = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
        if name.trim().is_empty() || name.chars().count() > 40 || !name.chars().all(is_name) {
            let sentence = "must have a name of up to 40 letters, digits, blanks, dots and hyphens";
            return Err(wrong(sentence.to_owned()));
        }
        if probes.iter().any(|other| other.name == name) {
            return Err(wrong("stands here twice; rename one".to_owned()));
        }
        if probes.len() == PROBES_MAX {
            return Err(wrong(format!("is one too many; {PROBES_MAX} are the most")));
        }
        probes.push(probe(&raw, around).map_err(wrong)?);
    }
    let listens = probes.iter().any(|it| it.asks.kind() == Kind::Journal);
    let has_journal = around.listeners.iter().any(|it| it.role == Role::Journal);
    let name = "journal".to_owned();
    if has_journal && !listens && probes.iter().all(|it| it.name != name) {
        probes.push(journal(name));
    }
    Ok(probes)
}

/// How often, how long and how many times, where nobody says otherwise.
struct Usual {
    every: u64,
    timeout: u64,
    fails: usize,
}

impl Usual {
    fn of(kind: RawKind) -> Self {
        let (every, timeout, fails) = match kind {
            RawKind::Journal => (300, 30, 2),
            RawKind::Canary => (900, 300, 2),
            _ => (30, 10, 3),
        };
        Self {
            every,
            timeout,
            fails,
        }
    }
}

/// The probe that is there without being configured.
fn journal(name: String) -> Probe {
    let usual = Usual::of(RawKind::Journal);
    Probe {
        name,
        asks: Asks::Journal {
            span: Duration::from_hours(1),
            usual_least: 10,
        },
        every: Duration::from_secs(usual.every),
        timeout: Duration::from_secs(usual.timeout),
        rule: Rule {
            fails: usual.fails,
            wells: usual.fails,
            within: Duration::from_secs(usual.every * 4),
        },
    }
}

fn probe(raw: &RawProbe, around: &Around<'_>) -> Result<Probe, String> {
    refuse_foreign(raw)?;
    let usual = Usual::of(raw.kind);
    let every = raw.every_seconds.unwrap_or(usual.every);
    if !(1..=EVERY_SECONDS_MAX).contains(&every) {
        return Err(format!(
            "has every_seconds that is not from 1 to {EVERY_SECONDS_MAX}"
        ));
    }
    let timeout = raw.timeout_seconds.unwrap_or(usual.timeout.min(every));
    if !(1..=every).contains(&timeout) {
        return Err(format!(
            "has timeout_seconds that is not from 1 to every_seconds, {every}"
        ));
    }
    let fails = raw.fails.unwrap_or(usual.fails);
    if !(1..=100).contains(&fails) {
        return Err("has fails that is not from 1 to 100".to_owned());
    }
    let tries = u64::try_from(fails).unwrap_or(u64::MAX);
    let least = (tries - 1) * every + timeout;
    let within = raw.within_seconds.unwrap_or((2 * tries * every).max(300));
    if !(least..=SECONDS_MAX).contains(&within) {
        return Err(format!(
            "can not fail {fails} times within {within} s, when it tries every {every} s and waits {timeout} s; \
             within_seconds must be {least} or more"
        ));
    }
    Ok(Probe {
        name: raw.name.clone(),
        asks: asks(raw, around)?,
        every: Duration::from_secs(every),
        timeout: Duration::from_secs(timeout),
        rule: Rule {
            fails,
            wells: fails,
            within: Duration::from_secs(within),
        },
    })
}

/// Keys that mean nothing for the kind, so that nobody believes that they do.
fn refuse_foreign(raw: &RawProbe) -> Result<(), String> {
    use RawKind::{Canary, Https, Imap, Journal, Ldap, Smtp};
    for (key, is_there, kinds) in [
        (
            "address",
            raw.address.is_some(),
            &[Smtp, Imap, Ldap, Canary][..],
        ),
        ("url", raw.url.is_some(), &[Https]),
        ("tls", raw.tls.is_some(), &[Smtp, Imap, Ldap, Canary]),
        (
            "ca_file",
            raw.ca_file.is_some(),
            &[Smtp, Imap, Ldap, Canary, Https],
        ),
        ("recipient", raw.recipient.is_some(), &[Smtp]),
        ("login", raw.login.is_some(), &[Imap]),
        ("password_file", raw.password_file.is_some(), &[Imap]),
        ("from", raw.from.is_some(), &[Canary]),
        ("to", raw.to.is_some(), &[Canary]),
        ("span_minutes", raw.span_minutes.is_some(), &[Journal]),
        ("usual_least", raw.usual_least.is_some(), &[Journal]),
    ] {
        if is_there && !kinds.contains(&raw.kind) {
            return Err(format!("has a key that is not for its kind: {key}"));
        }
    }
    if raw.ca_file.is_some() && raw.kind != Https && raw.tls != Some(RawTls::Implicit) {
        return Err("has ca_file without tls = \"implicit\"".to_owned());
    }
    Ok(())
}

fn asks(raw: &RawProbe, around: &Around<'_>) -> Result<Asks, String> {
    let hello = around.hostname.to_owned();
    let primary = around.delivery.primary.as_ref().map(|it| &it.address);
    Ok(match raw.kind {
        RawKind::Smtp => Asks::Smtp {
            place: place(raw, primary, "primary.smtp")?,
            security: security(raw, around)?,
            hello,
            recipient: match &raw.recipient {
                Some(text) => Some(address("recipient", text)?),
                None => None,
            },
        },
        RawKind::Imap => {
            let imap = around.delivery.imap.as_ref().map(|it| &it.address);
            Asks::Imap {
                place: place(raw, imap, "primary.imap")?,
                security: security(raw, around)?,
                login: login(raw, around)?,
            }
        }
        RawKind::Https => {
            let url = raw.url.as_deref().ok_or("needs the url of a page")?;
            let url: Url = url
                .parse()
                .map_err(|error| format!("has url \"{url}\", which {error}"))?;
            let security = if url.is_https {
                tls(raw, around)?
            } else {
                Security::Clear
            };
            Asks::Https { url, security }
        }
        RawKind::Ldap => Asks::Ldap {
            place: place(raw, None, "")?,
            security: security(raw, around)?,
        },
        RawKind::Journal => {
            let minutes = raw.span_minutes.unwrap_or(60);
            if !(1..=24 * 60).contains(&minutes) {
                return Err("has span_minutes that is not from 1 to 1440".to_owned());
            }
            Asks::Journal {
                span: Duration::from_mins(minutes),
                usual_least: raw.usual_least.unwrap_or(10).max(1),
            }
        }
        RawKind::Canary => Asks::Canary {
            place: place(raw, primary, "primary.smtp")?,
            security: security(raw, around)?,
            hello,
            from: address("from", raw.from.as_deref().unwrap_or_default())?,
            to: address("to", raw.to.as_deref().unwrap_or_default())?,
        },
    })
}

fn place(raw: &RawProbe, usual: Option<&HostPort>, key: &str) -> Result<Place, String> {
    let parsed;
    let at = match (&raw.address, usual) {
        (Some(text), _) => {
            let read: Result<HostPort, _> = text.parse();
            parsed = read.map_err(|error| format!("has address = \"{text}\", which {error}"))?;
            &parsed
        }
        (None, Some(usual)) => usual,
        (None, None) if key.is_empty() => return Err("needs an address, \"host:port\"".to_owned()),
        (None, None) => return Err(format!("needs an address, \"host:port\", or {key}")),
    };
    Ok(Place {
        host: at.host().to_owned(),
        port: at.port(),
    })
}

fn security(raw: &RawProbe, around: &Around<'_>) -> Result<Security, String> {
    match raw.tls {
        None | Some(RawTls::Off) => Ok(Security::Clear),
        Some(RawTls::Implicit) => tls(raw, around),
    }
}

fn tls(raw: &RawProbe, around: &Around<'_>) -> Result<Security, String> {
    let ca_file = raw.ca_file.as_deref().map(around.beside);
    let security = Security::tls(ca_file.as_deref());
    security.map_err(|error| format!("can not use TLS: {error}"))
}

/// Not every server takes an address beyond ASCII (RFC 6531).
fn address(key: &str, text: &str) -> Result<Address, String> {
    let address: Option<Address> = text.parse().ok();
    let address = address.filter(|it| it.as_str().is_ascii());
    address.ok_or_else(|| format!("needs {key}, a mail address such as \"probe@corp.example\""))
}

fn login(raw: &RawProbe, around: &Around<'_>) -> Result<Option<(String, Secret)>, String> {
    match (&raw.login, &raw.password_file) {
        (None, None) => Ok(None),
        (Some(login), Some(file)) if !login.is_empty() && !login.chars().any(char::is_control) => {
            let file = (around.beside)(file);
            let text = std::fs::read_to_string(&file);
            let text =
                text.map_err(|error| format!("password_file {}: {error}", file.display()))?;
            let password = text.lines().next().unwrap_or_default();
            if password.is_empty() || password.chars().any(char::is_control) {
                return Err(format!(
                    "password_file {} holds no password",
                    file.display()
                ));
            }
            Ok(Some((login.clone(), Secret::new(password))))
        }
        _ => Err("needs both, login and password_file".to_owned()),
    }
}

#[cfg(test)]
#[path = "probes_tests.rs"]
mod tests;
