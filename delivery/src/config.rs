//! Where mail is handed over to: `[primary]` and `[outbound]` of the configuration.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use store::{Address, Secret};

use crate::limits::{self, Patience};
use crate::outbound::Outbound;

/// `[primary]` as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPrimary {
    /// Where the primary takes mail, `host:port`. Default: empty, mail for it waits.
    pub smtp: String,
    /// Encryption towards it. Default: `opportunistic`.
    pub tls: TlsPolicy,
    /// Connections to it at the same time. Default: 4.
    pub connections: u8,
    /// Where the primary offers IMAP, `host:port`. With it, what was written in the emergency
    /// webmail goes into the Sent folder. Default: empty, it goes by SMTP to the writer.
    pub imap: String,
    /// Encryption towards it from the first byte (port 993). Default: `required`.
    pub imap_tls: ImapTls,
    /// How we sign in to somebody's mailbox; `{address}` and `{local}` are replaced.
    /// Default: `{address}*shadow`, a Dovecot master user called shadow.
    pub imap_login: String,
    /// File with the password for it, alone on its first line.
    pub imap_password_file: Option<PathBuf>,
    /// For how long a mail must not be found in its mailbox, after the line broke while it was handed
    /// over, until it is handed over again. Default: 900 seconds.
    pub imap_lacks_after_seconds: u64,
}

impl Default for RawPrimary {
    fn default() -> Self {
        Self {
            smtp: String::new(),
            tls: TlsPolicy::Opportunistic,
            connections: limits::PRIMARY_CONNECTIONS_DEFAULT,
            imap: String::new(),
            imap_tls: ImapTls::Required,
            imap_login: "{address}*shadow".into(),
            imap_password_file: None,
            imap_lacks_after_seconds: 900,
        }
    }
}

/// Whether and how a connection is encrypted: by STARTTLS (RFC 3207), unless it is `implicit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsPolicy {
    /// Never.
    Off,
    /// When the other side offers it, whatever its certificate says.
    #[default]
    Opportunistic,
    /// Always, and its certificate must be valid for the name in the configuration.
    Required,
    /// From the first octet, usually on port 465 (RFC 8314 §3.3); its certificate must be valid for the
    /// name in the configuration.
    Implicit,
}

impl TlsPolicy {
    /// Whether nobody on the way can read along or pretend to be the other side.
    pub(crate) fn is_private(self) -> bool {
        matches!(self, Self::Required | Self::Implicit)
    }
}

/// Whether an IMAP connection is encrypted from its first byte (RFC 8314 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImapTls {
    /// No: for a server on the same machine.
    Off,
    /// Yes, and the certificate must be valid.
    Required,
}

/// All that the worker must know.
#[derive(Clone, Debug)]
pub struct Config {
    /// What we call ourselves in EHLO and in our Received line.
    pub hostname: String,
    /// The primary; without it mail for it waits.
    pub primary: Option<Door>,
    /// Connections to it at the same time.
    pub primary_connections: u8,
    /// The way into Sent folders.
    pub imap: Option<Imap>,
    /// The ways to the outside; without one such mail waits.
    pub outbound: Outbound,
    /// How long we wait for each of them.
    pub patience: Patience,
}

impl Config {
    /// Checks what was written. `imap_password` is what the file of
    /// [`RawPrimary::imap_password_file`] holds. Nothing goes to the outside yet.
    pub fn new(
        hostname: &str,
        primary: &RawPrimary,
        imap_password: Option<Secret>,
    ) -> Result<Self, ConfigError> {
        let address = optional("primary.smtp", &primary.smtp)?;
        let most = limits::PRIMARY_CONNECTIONS_MAX;
        if primary.connections == 0 || primary.connections > most {
            return Err(ConfigError {
                key: "primary.connections",
                reason: format!("= {} must be from 1 to {most}", primary.connections),
            });
        }
        Ok(Self {
            hostname: hostname.to_owned(),
            primary: address.map(|address| Door::new(address, primary.tls)),
            primary_connections: primary.connections,
            imap: Imap::new(primary, imap_password)?,
            outbound: Outbound::default(),
            patience: Patience::default(),
        })
    }
}

/// Somebody who takes mail by SMTP.
#[derive(Clone, Debug)]
pub struct Door {
    /// Where.
    pub address: HostPort,
    /// Encryption.
    pub tls: TlsPolicy,
    /// PEM: the only authorities whose certificates are valid. `None`: those of this host.
    pub authorities: Option<Arc<[u8]>>,
    /// How we sign in, where we must.
    pub login: Option<Login>,
}

impl Door {
    /// One that wants no sign-in.
    pub fn new(address: HostPort, tls: TlsPolicy) -> Self {
        Self {
            address,
            tls,
            authorities: None,
            login: None,
        }
    }
}

/// Name and password for a mail server (RFC 4954).
#[derive(Clone, Debug)]
pub struct Login {
    /// Name.
    pub name: String,
    /// Password.
    pub password: Secret,
}

/// The way into the mailboxes of the primary.
#[derive(Clone, Debug)]
pub struct Imap {
    /// Where.
    pub address: HostPort,
    /// Encryption.
    pub tls: ImapTls,
    /// Sign-in name with places for the mailbox.
    pub login: LoginPattern,
    /// Password that goes with it.
    pub password: Secret,
    /// For how long a mail must not be found until it counts as lacking there.
    pub lacks_after: Duration,
}

impl Imap {
    fn new(primary: &RawPrimary, password: Option<Secret>) -> Result<Option<Self>, ConfigError> {
        let Some(address) = optional("primary.imap", &primary.imap)? else {
            return Ok(None);
        };
        let login = primary
            .imap_login
            .parse()
            .map_err(|reason: LoginPatternError| ConfigError {
                key: "primary.imap_login",
                reason: reason.to_string(),
            })?;
        let password = password.ok_or_else(|| ConfigError {
            key: "primary.imap_password_file",
            reason: "is missing; name the file that holds the password for primary.imap_login"
                .into(),
        })?;
        Ok(Some(Self {
            address,
            tls: primary.imap_tls,
            login,
            password,
            lacks_after: Duration::from_secs(primary.imap_lacks_after_seconds),
        }))
    }
}

/// A sign-in name that opens any mailbox, like `{address}*shadow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginPattern(String);

/// The pattern would open the same mailbox for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must contain {{address}} or {{local}}, which stand for the owner of the mailbox")]
pub struct LoginPatternError;

impl LoginPattern {
    /// The sign-in name that opens the mailbox of `owner`.
    pub fn of(&self, owner: &Address) -> String {
        // In one pass, so that an address with braces in it is not replaced once more.
        let mut login = String::new();
        let mut rest = self.0.as_str();
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            login.push_str(before);
            rest = if let Some(after) = from.strip_prefix("{address}") {
                login.push_str(owner.as_str());
                after
            } else if let Some(after) = from.strip_prefix("{local}") {
                login.push_str(owner.local());
                after
            } else {
                login.push('{');
                from.strip_prefix('{').unwrap_or_default()
            };
        }
        login.push_str(rest);
        login
    }
}

impl FromStr for LoginPattern {
    type Err = LoginPatternError;

    fn from_str(text: &str) -> Result<Self, LoginPatternError> {
        let names_owner = text.contains("{address}") || text.contains("{local}");
        if names_owner {
            Ok(Self(text.to_owned()))
        } else {
            Err(LoginPatternError)
        }
    }
}

/// A host and a port, written `mail.corp.example:25`, `192.0.2.1:25` or `[2001:db8::1]:25`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    host: String,
    port: u16,
}

/// A text is no host and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostPortError {
    /// There is no colon that a port follows.
    #[error("has no port; write host:port, for example mail.corp.example:25")]
    NoPort,
    /// What follows the colon is no port.
    #[error("has a port that is no number from 1 to 65535")]
    BadPort,
    /// What stands before the port is no host.
    #[error("has no host name or address before the port; an IPv6 address stands in [ ]")]
    BadHost,
}

impl HostPort {
    /// Name or address; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, HostPortError> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or(HostPortError::BadHost)?;
                host.parse::<std::net::Ipv6Addr>()
                    .map_err(|_| HostPortError::BadHost)?;
                (host, after.strip_prefix(':').ok_or(HostPortError::NoPort)?)
            }
            None => text.rsplit_once(':').ok_or(HostPortError::NoPort)?,
        };
        let digits = port.bytes().all(|b| b.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port != 0);
        let port = port.ok_or(HostPortError::BadPort)?;
        let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let named = !host.is_empty() && host.len() <= 255 && host.bytes().all(is_name);
        if !named && !text.starts_with('[') {
            return Err(HostPortError::BadHost);
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A value that can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} {reason}")]
pub struct ConfigError {
    /// Which key, with its table: `primary.smtp`.
    pub key: &'static str,
    /// What is wrong with it and what to write.
    pub reason: String,
}

pub(crate) fn optional(key: &'static str, text: &str) -> Result<Option<HostPort>, ConfigError> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed: Result<_, HostPortError> = text.parse();
    parsed.map(Some).map_err(|e| ConfigError {
        key,
        reason: format!("= \"{text}\" {e}"),
    })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
