//! The configuration: what the file says ([`raw`]), checked once, in types that hold.

mod alerts;
mod automatic;
mod checks;
mod copies;
mod directory;
mod error;
mod hint;
mod keeping;
mod listener;
mod peer_limits;
mod probes;
mod raw;
mod readiness;

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use continuity::{Alerts, Policy as ContinuityPolicy, Probe, Reminders};
use delivery::Outbound;
use retention::Policy;
use shadow_smtpd::{ChecksConfig, CopyRules, ListenerConfig, Network};
use store::{AliasDomains, SecondFactor, Secret, StoreOptions, Watermarks};

pub use directory::DirectorySource;
pub use error::ConfigError;
use error::Source;
use listener::{Around, Users};
use raw::{Raw, RawTls, RawWeb};

/// The commented file that `init` starts from. Its values are the defaults.
pub const SAMPLE: &str = include_str!("config/sample.toml");

/// All that the config says, checked.
#[derive(Debug)]
pub struct Config {
    /// The file it stands in.
    pub file: PathBuf,
    /// Our name in SMTP.
    pub hostname: String,
    /// The organisation's mail domains, in lower case.
    pub domains: Vec<String>,
    /// Domains that stand for others of them.
    pub alias_domains: AliasDomains,
    /// How the sources of copies tell whom a mail is for, by the name of the listener.
    pub sources: HashMap<String, CopyRules>,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// How long mail is kept.
    pub retention: Policy,
    /// How much room stays free on the disk.
    pub watermarks: Watermarks,
    /// Where mail comes in.
    pub listeners: Vec<ListenerConfig>,
    /// Who can sign in there.
    pub users: Users,
    /// The webmail.
    pub web: Web,
    /// Whether the console opens without a second factor for who has none.
    pub second_factor: SecondFactor,
    /// How mail from strangers is checked.
    pub checks: ChecksConfig,
    /// Where monitoring asks.
    pub metrics: Option<SocketAddr>,
    /// Certificate and key for STARTTLS.
    pub tls: Option<Tls>,
    /// Where accounts and groups come from.
    pub directory: DirectorySource,
    /// Where mail is handed over to.
    pub delivery: delivery::Config,
    /// How people are reminded to try to sign in.
    pub readiness: readiness::Readiness,
    /// What is asked of the primary.
    pub probes: Vec<Probe>,
    /// What follows from that.
    pub policy: ContinuityPolicy,
    /// Whom alerts go to; nobody if nothing.
    pub alerts: Option<Alerts>,
}

/// The webmail's place.
#[derive(Debug)]
pub struct Web {
    /// Where it listens.
    pub address: SocketAddr,
    /// What people type.
    pub url: String,
    /// Proxies in front of it whose word counts about where a browser sits.
    pub proxies: Vec<Network>,
    /// How long a sent mail can be taken back; `None` when it goes at once.
    pub undo: Option<Duration>,
}

impl Web {
    /// Whether browsers reach it by https.
    pub fn is_https(&self) -> bool {
        self.url.starts_with("https://")
    }
}

/// PEM files.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Our certificate first, then the intermediate ones.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Config {
    /// Reads and checks a file.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(file).map_err(|error| {
            let advice = "`shadowmail init` writes one, --config names another";
            ConfigError::file(file, format!("cannot read the config: {error}; {advice}"))
        })?;
        Self::parse(file, &text)
    }

    /// Checks the text of a file. Relative paths start at the file's directory.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let source = Source { file, text };
        let raw: Raw = toml::from_str(text).map_err(|error| source.unreadable(&error))?;
        let beside = |path: &Path| clean(&file.parent().unwrap_or(Path::new(".")).join(path));
        let hostname = host_name(source, "hostname", &raw.hostname)?;
        let delivery = ways(source, (&raw, &hostname), beside)?;
        let tls = raw.tls.map(|raw| tls(source, &raw, beside)).transpose()?;
        let domains = domains(source, &raw.domains)?;
        let listener = raw.listener.unwrap_or_else(raw::default_listeners);
        let around = Around {
            has_certificate: tls.is_some(),
            beside: &beside,
        };
        let sources = copies::rules(source, &listener, &hostname)?;
        let (listeners, users) = listener::listeners(source, listener, &around)?;
        let alias_domains = copies::alias_domains(source, &raw.alias_domains, &domains)?;
        let watched = probes::Around {
            hostname: &hostname,
            delivery: &delivery,
            listeners: &listeners,
            beside: &beside,
        };
        let probes = probes::probes(source, raw.probe, &watched)?;
        let all_domains = domains.iter().chain(raw.alias_domains.keys());
        let all_domains: Vec<String> = all_domains.map(|it| it.to_lowercase()).collect();
        let web = web(source, raw.web)?;
        let told = alerts::Around {
            hostname: &hostname,
            url: &web.url,
            domains: &all_domains,
            has_outbound: !raw.outbound.smarthost.is_empty(),
            beside: &beside,
        };
        let alerts = alerts::check(source, raw.alerts, &told)?;
        Ok(Self {
            file: file.into(),
            alerts,
            alias_domains,
            sources,
            domains,
            data_dir: beside(&raw.data_dir),
            retention: keeping::policy(source, raw.retention)?,
            watermarks: keeping::watermarks(source, &raw.disk)?,
            listeners,
            users,
            web,
            second_factor: if raw.console.require_totp {
                SecondFactor::Required
            } else {
                SecondFactor::Offered
            },
            checks: checks::check(source, raw.checks)?,
            metrics: raw.metrics.map(|metrics| metrics.address),
            directory: directory::source(source, raw.directory, all_domains, beside)?,
            readiness: readiness::check(source, raw.readiness)?,
            policy: automatic::policy(source, &raw.continuity, &probes)?,
            probes,
            hostname,
            tls,
            delivery,
        })
    }
}

/// The ways to the primary and to the outside.
fn ways(
    source: Source<'_>,
    (raw, hostname): (&Raw, &str),
    beside: impl Fn(&Path) -> PathBuf,
) -> Result<delivery::Config, ConfigError> {
    let password = match &raw.primary.imap_password_file {
        Some(path) => {
            let key = "primary.imap_password_file";
            Some(password(source, key, &beside(path))?)
        }
        None => None,
    };
    let wrong = |error: delivery::ConfigError| source.wrong(error.key, error.reason);
    let mut delivery = delivery::Config::new(hostname, &raw.primary, password).map_err(wrong)?;
    delivery.outbound = Outbound::new(&raw.outbound, |path| {
        let path = beside(path);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    })
    .map_err(wrong)?;
    Ok(delivery)
}

impl Config {
    /// What the store is opened with.
    pub fn store_options(&self) -> StoreOptions {
        StoreOptions {
            watermarks: self.watermarks,
            aliases: self.alias_domains.clone(),
        }
    }

    /// What reminders are made of; `None` when nobody is to get any.
    pub fn reminders(&self) -> Option<Reminders> {
        let readiness = &self.readiness;
        Some(Reminders {
            hostname: self.hostname.clone(),
            page: format!("{}/ready", self.web.url),
            from: readiness.from.clone()?,
            language: readiness.language.clone(),
            pace: readiness.pace,
        })
    }

    /// Whether there is a store in the data directory. Where its disk is not mounted there is none.
    pub fn has_store(&self) -> bool {
        // One that has lost its database is told by whoever opens it.
        let names = ["shadow.db", "days"];
        names.iter().any(|name| self.data_dir.join(name).exists())
    }
}

/// The path without the `.` in it, as people like to read it.
fn clean(path: &Path) -> PathBuf {
    let parts = path.components().filter(|it| *it != Component::CurDir);
    let clean: PathBuf = parts.collect();
    if clean.as_os_str().is_empty() {
        ".".into()
    } else {
        clean
    }
}

/// A name as EHLO and an address may have it (RFC 5321 §2.3.5), in lower case.
fn host_name(source: Source<'_>, key: &str, text: &str) -> Result<String, ConfigError> {
    let label = |label: &str| {
        let known = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        !label.is_empty() && label.chars().all(known)
    };
    if text.len() <= 255 && text.contains('.') && text.split('.').all(label) {
        return Ok(text.to_lowercase());
    }
    let sentence = format!("\"{text}\" is not a full domain name such as \"corp.example\"");
    Err(source.wrong(key, sentence))
}

fn domains(source: Source<'_>, names: &[String]) -> Result<Vec<String>, ConfigError> {
    if names.is_empty() {
        return Err(source.wrong("domains", "must name at least one mail domain"));
    }
    names
        .iter()
        .map(|name| host_name(source, "domains", name))
        .collect()
}

/// Passwords are typed into the webmail, so they may only travel inside TLS, or not at all.
fn web(source: Source<'_>, raw: RawWeb) -> Result<Web, ConfigError> {
    let address = raw.address;
    let undo = (raw.undo_seconds > 0).then(|| Duration::from_secs(raw.undo_seconds.into()));
    let url = raw.url.unwrap_or_else(|| format!("http://{address}"));
    let url = url.trim_end_matches('/').to_owned();
    let proxy = "put a TLS proxy (nginx, Caddy) in front and write its https:// address in web.url";
    let host = |rest: &str| rest.split('/').next().unwrap_or_default().to_owned();
    match (
        url.strip_prefix("https://").map(host),
        url.strip_prefix("http://").map(host),
    ) {
        (Some(host), _) if !host.is_empty() => Ok(Web {
            address,
            url,
            proxies: raw.proxies,
            undo,
        }),
        (_, Some(host)) if !address.ip().is_loopback() => {
            let sentence = format!(
                "{address} is open to others, who would type their passwords in clear at http://{host}; {proxy}"
            );
            Err(source.wrong("web.address", sentence))
        }
        (_, Some(host)) if is_loopback(&host) => Ok(Web {
            address,
            url,
            proxies: raw.proxies,
            undo,
        }),
        (_, Some(_)) => {
            let sentence = format!("\"{url}\" would carry passwords in clear; {proxy}");
            Err(source.wrong("web.url", sentence))
        }
        _ => Err(source.wrong("web.url", format!("\"{url}\" must begin with https://"))),
    }
}

fn is_loopback(host: &str) -> bool {
    let parsed = host.parse::<SocketAddr>().map(|address| address.ip());
    let name = host.split(':').next().unwrap_or_default();
    let ip = parsed.or_else(|_| host.trim_matches(['[', ']']).parse::<IpAddr>());
    name == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

fn tls(
    source: Source<'_>,
    raw: &RawTls,
    beside: impl Fn(&Path) -> PathBuf,
) -> Result<Tls, ConfigError> {
    let file = |key: &str, path: &Path| {
        let path = beside(path);
        match fs::metadata(&path) {
            Ok(_) => Ok(path),
            Err(error) => {
                let advice = "name a PEM file, or remove [tls]";
                Err(source.wrong(key, format!("{}: {error}; {advice}", path.display())))
            }
        }
    };
    Ok(Tls {
        certificate: file("tls.certificate", &raw.certificate)?,
        key: file("tls.key", &raw.key)?,
    })
}

/// The first line of a file that holds nothing but a password.
fn password(source: Source<'_>, key: &str, path: &Path) -> Result<Secret, ConfigError> {
    let text = fs::read_to_string(path)
        .map_err(|error| source.wrong(key, format!("{}: {error}", path.display())))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(source.wrong(key, format!("{} is empty", path.display()))),
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
