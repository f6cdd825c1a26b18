//! The config file as it is written, before its values are checked. Every key is one field, and
//! an unknown key is an error.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use delivery::{RawOutbound, RawPrimary};
use serde::Deserialize;
use shadow_smtpd::{CopyEnvelope, Network, Protocol, Role, Senders, TlsPolicy};
use store::{Secret, Watermarks};
use sync_ad::RawDirectory;
use toml::Spanned;

use super::alerts::RawAlerts;
use super::automatic::RawContinuity;
use super::checks::RawChecks;
use super::peer_limits::RawPeerLimits;
use super::probes::RawProbe;
use super::readiness::RawReadiness;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// Our name in SMTP.
    pub hostname: String,
    /// The organisation's mail domains.
    pub domains: Vec<String>,
    /// `[alias_domains]`: domains in which everybody of another domain has the same address.
    #[serde(default)]
    pub alias_domains: BTreeMap<String, String>,
    /// Where everything is kept. Default: `/var/lib/shadowmail`.
    #[serde(default = "data_dir")]
    pub data_dir: PathBuf,
    /// `[retention]`.
    #[serde(default)]
    pub retention: RawRetention,
    /// `[disk]`.
    #[serde(default)]
    pub disk: RawDisk,
    /// `[[listener]]`. Default: a journal on port 2525 and a fallback on port 2526 of this host.
    pub listener: Option<Vec<Spanned<RawListener>>>,
    /// `[web]`.
    #[serde(default)]
    pub web: RawWeb,
    /// `[console]`.
    #[serde(default)]
    pub console: RawConsole,
    /// `[checks]`.
    #[serde(default)]
    pub checks: RawChecks,
    /// `[metrics]`. Default: nobody can ask.
    pub metrics: Option<RawMetrics>,
    /// `[tls]`. Default: STARTTLS is not offered.
    pub tls: Option<RawTls>,
    /// `[directory]`.
    #[serde(default)]
    pub directory: RawDirectory,
    /// `[primary]`.
    #[serde(default)]
    pub primary: RawPrimary,
    /// `[outbound]`.
    #[serde(default)]
    pub outbound: RawOutbound,
    /// `[readiness]`.
    #[serde(default)]
    pub readiness: RawReadiness,
    /// `[[probe]]`. Default: only whether copies come as usual.
    #[serde(default)]
    pub probe: Vec<Spanned<RawProbe>>,
    /// `[continuity]`.
    #[serde(default)]
    pub continuity: RawContinuity,
    /// `[alerts]`. Default: nobody is told.
    #[serde(default)]
    pub alerts: RawAlerts,
}

/// `[retention]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRetention {
    /// Whole days that mail is kept. Default: 28.
    pub days: u16,
    /// Days that the schedule ages at once; more, and a person must say so. Default: 3.
    pub days_at_once: u16,
    /// `[[retention.group]]`: groups whose mail is kept longer or shorter.
    pub group: Vec<Spanned<RawRetentionGroup>>,
}

/// One `[[retention.group]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRetentionGroup {
    /// Its mail address; nested groups count.
    pub address: String,
    /// Whole days that the mail of its members is kept.
    pub days: u16,
}

/// `[disk]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawDisk {
    /// With less of the disk free an administrator is warned. Default: 10.
    pub warn_percent_free: u8,
    /// With more bytes free than this nobody is warned. Default: 50 GiB.
    pub warn_bytes_free_max: u64,
    /// With less of the disk free mail is refused for a while. Default: 2.
    pub refuse_percent_free: u8,
    /// With more bytes free than this no mail is refused. Default: 2 GiB.
    pub refuse_bytes_free_max: u64,
}

/// One `[[listener]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawListener {
    /// Its name in logs; no two have the same.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Where it listens.
    pub address: SocketAddr,
    /// Default: `smtp`.
    #[serde(default = "smtp")]
    pub protocol: Protocol,
    /// Networks that may bring mail. Default: this host for a journal, everybody for the others.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Networks of proxies that put a PROXY header in front of each connection. Default: none.
    #[serde(default)]
    pub proxy: Vec<String>,
    /// Networks of proxies that may speak for others with XCLIENT. Default: none.
    #[serde(default)]
    pub xclient: Vec<String>,
    /// PEM file: authorities whose certificates open the listener from anywhere.
    pub client_ca: Option<PathBuf>,
    /// Host names, one of which such a certificate must have. Default: any will do.
    #[serde(default)]
    pub client_names: Vec<String>,
    /// SHA-256 fingerprints of certificates that open the listener from anywhere.
    #[serde(default)]
    pub client_fingerprints: Vec<String>,
    /// `[[listener.user]]`: who can sign in, from anywhere.
    #[serde(default)]
    pub user: Vec<RawListenerUser>,
    /// Default: `opportunistic`.
    #[serde(default = "opportunistic")]
    pub tls: TlsPolicy,
    /// Bytes of the largest mail it takes. Default: 220 MiB for a journal, because a report is
    /// larger than the mail inside it and a refused one is lost; 50 MiB for the others.
    pub message_bytes_max: Option<u64>,
    /// `[listener.limits]`.
    #[serde(default)]
    pub limits: RawPeerLimits,
    /// Journal: the addresses that journal reports come to; only there they are opened. Default:
    /// `journal@` and the hostname.
    pub journal_recipients: Option<Vec<String>>,
    /// Journal: header fields into which the source writes whom a copy is for. Default: none.
    #[serde(default)]
    pub recipient_headers: Vec<String>,
    /// Journal: whether the envelope of a copy says exactly for whom it is. Default: `loose`.
    #[serde(default)]
    pub envelope: CopyEnvelope,
    /// Journal: whether mail to anybody but the journal mailboxes is refused. Default: no.
    #[serde(default)]
    pub reports_only: bool,
    /// Journal: whether whom the source names as the sender is believed. Default: `unchecked`.
    #[serde(default)]
    pub senders: Senders,
}

/// One `[[listener.user]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawListenerUser {
    /// Its name.
    pub login: String,
    /// Argon2id hash.
    pub password: Option<Secret>,
    /// A file that holds nothing but the hash.
    pub password_file: Option<PathBuf>,
}

/// `[web]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawWeb {
    /// Where it listens. Default: `127.0.0.1:8080`.
    pub address: SocketAddr,
    /// What people type. Default: `http://` and the address.
    pub url: Option<String>,
    /// Networks of proxies whose last `X-Forwarded-For` counts, besides those on this host. Default:
    /// none.
    pub proxies: Vec<Network>,
    /// For so many seconds a sent mail can be taken back, 0 for not at all. Default: 10.
    pub undo_seconds: u8,
}

/// `[console]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConsole {
    /// Whether nobody gets in without a second factor. Default: no.
    pub require_totp: bool,
}

/// `[metrics]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMetrics {
    /// Where monitoring asks for `/metrics`, `/healthz` and `/readyz`.
    pub address: SocketAddr,
}

/// `[tls]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTls {
    /// PEM file: our certificate first, then the intermediate ones.
    pub certificate: PathBuf,
    /// PEM file: its private key.
    pub key: PathBuf,
}

impl Default for RawRetention {
    fn default() -> Self {
        Self {
            days: retention::limits::DAYS_DEFAULT,
            days_at_once: retention::limits::DAYS_AT_ONCE_DEFAULT,
            group: Vec::new(),
        }
    }
}

impl Default for RawDisk {
    fn default() -> Self {
        let marks = Watermarks::default();
        Self {
            warn_percent_free: marks.warn_percent_free,
            warn_bytes_free_max: marks.warn_bytes_free_max,
            refuse_percent_free: marks.refuse_percent_free,
            refuse_bytes_free_max: marks.refuse_bytes_free_max,
        }
    }
}

impl Default for RawWeb {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8080)),
            url: None,
            proxies: Vec::new(),
            undo_seconds: 10,
        }
    }
}

/// The listeners of a file that names none.
pub fn default_listeners() -> Vec<Spanned<RawListener>> {
    let listener = |role, name: &str, port| RawListener {
        name: name.into(),
        role,
        address: SocketAddr::from(([127, 0, 0, 1], port)),
        protocol: smtp(),
        allow: Vec::new(),
        proxy: Vec::new(),
        xclient: Vec::new(),
        client_ca: None,
        client_names: Vec::new(),
        client_fingerprints: Vec::new(),
        user: Vec::new(),
        tls: opportunistic(),
        message_bytes_max: None,
        limits: RawPeerLimits::default(),
        journal_recipients: None,
        recipient_headers: Vec::new(),
        envelope: CopyEnvelope::Loose,
        reports_only: false,
        senders: Senders::Unchecked,
    };
    [
        listener(Role::Journal, "journal", 2525),
        listener(Role::Fallback, "fallback", 2526),
    ]
    .map(|listener| Spanned::new(0..0, listener))
    .into()
}

fn data_dir() -> PathBuf {
    "/var/lib/shadowmail".into()
}

fn smtp() -> Protocol {
    Protocol::Smtp
}

fn opportunistic() -> TlsPolicy {
    TlsPolicy::Opportunistic
}
