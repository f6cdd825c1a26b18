//! The way to the outside: `[outbound]` of the configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use store::{Secret, WriterLimits};

use crate::config::{ConfigError, Door, Login, TlsPolicy, optional};
use crate::dkim::{Dkim, RawDkim};
use crate::limits;

/// `[outbound]` as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawOutbound {
    /// Who takes mail for the outside while the primary is down, `host:port`. Default: empty,
    /// such mail waits.
    pub smarthost: String,
    /// Encryption towards it. Default: `opportunistic`.
    pub tls: TlsPolicy,
    /// PEM file: the only authorities that its certificate may be of. Default: those that this
    /// host trusts.
    pub ca: Option<PathBuf>,
    /// The name we sign in with. Default: empty, we do not sign in.
    pub login: String,
    /// File with the password for it, alone on its first line.
    pub password_file: Option<PathBuf>,
    /// Connections at the same time. Default: 4.
    pub connections: u8,
    /// Mails handed over in a minute, 0 for as many as there are. Default: 0.
    pub mails_per_minute: u16,
    /// After so many hours a writer hears that a mail still waits, 0 for never. Default: 4.
    pub delay_notice_hours: u16,
    /// After so many minutes in which mail waits and nobody takes any administrators are alerted, 0 for
    /// never. Default: 15.
    pub alert_after_minutes: u16,
    /// Recipients that one person may write to in an hour. Default: 200.
    pub recipients_per_hour: u32,
    /// Recipients that one person may write to in a day. Default: 1000.
    pub recipients_per_day: u32,
    /// `[[outbound.spare]]`: smarthosts for when those before them can not be reached.
    pub spare: Vec<RawSmarthost>,
    /// `[[outbound.dkim]]`: keys that sign mail of our domains.
    pub dkim: Vec<RawDkim>,
}

/// One `[[outbound.spare]]`: the same keys as `[outbound]` has for the first one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawSmarthost {
    /// `host:port`.
    pub smarthost: String,
    /// Encryption towards it. Default: `opportunistic`.
    pub tls: TlsPolicy,
    /// PEM file: the only authorities that its certificate may be of.
    pub ca: Option<PathBuf>,
    /// The name we sign in with.
    pub login: String,
    /// File with the password for it.
    pub password_file: Option<PathBuf>,
}

impl Default for RawOutbound {
    fn default() -> Self {
        Self {
            smarthost: String::new(),
            tls: TlsPolicy::Opportunistic,
            ca: None,
            login: String::new(),
            password_file: None,
            connections: limits::OUTSIDE_CONNECTIONS_DEFAULT,
            mails_per_minute: 0,
            delay_notice_hours: limits::DELAY_NOTICE_HOURS_DEFAULT,
            alert_after_minutes: limits::STANDS_MINUTES_DEFAULT,
            recipients_per_hour: limits::RECIPIENTS_PER_HOUR_DEFAULT,
            recipients_per_day: limits::RECIPIENTS_PER_DAY_DEFAULT,
            spare: Vec::new(),
            dkim: Vec::new(),
        }
    }
}

/// The way to the outside.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Who takes mail, the first choice first.
    pub smarthosts: Vec<Door>,
    /// Connections at the same time.
    pub connections: u8,
    /// Mails handed over in a minute; `None` for as many as there are.
    pub mails_per_minute: Option<u16>,
    /// After how long a writer hears that a mail still waits; `None` for never.
    pub delay_notice: Option<Duration>,
    /// After how long in which nobody takes any administrators hear of it; `None` for never.
    pub alert_after: Option<SignedDuration>,
    /// How many recipients one person may write to.
    pub writer_limits: WriterLimits,
    /// The keys that sign it.
    pub dkim: Dkim,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            smarthosts: Vec::new(),
            connections: limits::OUTSIDE_CONNECTIONS_DEFAULT,
            mails_per_minute: None,
            delay_notice: Some(hours(limits::DELAY_NOTICE_HOURS_DEFAULT)),
            alert_after: Some(minutes(limits::STANDS_MINUTES_DEFAULT)),
            writer_limits: WriterLimits {
                per_hour: limits::RECIPIENTS_PER_HOUR_DEFAULT,
                per_day: limits::RECIPIENTS_PER_DAY_DEFAULT,
            },
            dkim: Dkim::default(),
        }
    }
}

impl Outbound {
    /// Checks what was written. `read` reads a file, or says why it can not be read.
    pub fn new(
        raw: &RawOutbound,
        read: impl Fn(&Path) -> Result<String, String>,
    ) -> Result<Self, ConfigError> {
        let most = limits::OUTSIDE_CONNECTIONS_MAX;
        if raw.connections == 0 || raw.connections > most {
            return Err(ConfigError {
                key: "outbound.connections",
                reason: format!("= {} must be from 1 to {most}", raw.connections),
            });
        }
        for (key, number) in [
            ("outbound.recipients_per_hour", raw.recipients_per_hour),
            ("outbound.recipients_per_day", raw.recipients_per_day),
        ] {
            if number == 0 {
                let reason = "= 0 would let nobody write; `shadowmail outbound stop` does that";
                return Err(ConfigError {
                    key,
                    reason: reason.to_owned(),
                });
            }
        }
        let first = RawSmarthost {
            smarthost: raw.smarthost.clone(),
            tls: raw.tls,
            ca: raw.ca.clone(),
            login: raw.login.clone(),
            password_file: raw.password_file.clone(),
        };
        let mut smarthosts = Vec::new();
        smarthosts.extend(door(&first, &FIRST, &read)?);
        for spare in &raw.spare {
            let refused = |reason: &str| ConfigError {
                key: SPARE.smarthost,
                reason: reason.to_owned(),
            };
            if smarthosts.is_empty() {
                return Err(refused(
                    "is a spare for nothing; write the first one in outbound.smarthost",
                ));
            }
            let spare = door(spare, &SPARE, &read)?;
            smarthosts.push(spare.ok_or_else(|| refused("is missing; write host:port"))?);
        }
        Ok(Self {
            smarthosts,
            connections: raw.connections,
            mails_per_minute: (raw.mails_per_minute > 0).then_some(raw.mails_per_minute),
            delay_notice: (raw.delay_notice_hours > 0).then(|| hours(raw.delay_notice_hours)),
            alert_after: (raw.alert_after_minutes > 0).then(|| minutes(raw.alert_after_minutes)),
            writer_limits: WriterLimits {
                per_hour: raw.recipients_per_hour,
                per_day: raw.recipients_per_day,
            },
            dkim: Dkim::new(&raw.dkim, &read)?,
        })
    }
}

fn hours(number: u16) -> Duration {
    Duration::from_hours(number.into())
}

fn minutes(number: u16) -> SignedDuration {
    SignedDuration::from_mins(number.into())
}

/// What the keys of one smarthost are called.
struct Keys {
    smarthost: &'static str,
    tls: &'static str,
    ca: &'static str,
    login: &'static str,
    password_file: &'static str,
}

const FIRST: Keys = Keys {
    smarthost: "outbound.smarthost",
    tls: "outbound.tls",
    ca: "outbound.ca",
    login: "outbound.login",
    password_file: "outbound.password_file",
};

const SPARE: Keys = Keys {
    smarthost: "outbound.spare.smarthost",
    tls: "outbound.spare.tls",
    ca: "outbound.spare.ca",
    login: "outbound.spare.login",
    password_file: "outbound.spare.password_file",
};

fn door(
    raw: &RawSmarthost,
    keys: &Keys,
    read: impl Fn(&Path) -> Result<String, String>,
) -> Result<Option<Door>, ConfigError> {
    let wrong = |key, reason: String| ConfigError { key, reason };
    let Some(address) = optional(keys.smarthost, &raw.smarthost)? else {
        return Ok(None);
    };
    let mut door = Door::new(address, raw.tls);
    if let Some(path) = &raw.ca {
        if !raw.tls.is_private() {
            let reason = "is looked at only with tls = \"required\" or \"implicit\"; write one of them, or \
                          remove it";
            return Err(wrong(keys.ca, reason.to_owned()));
        }
        let pem = read(path).map_err(|reason| wrong(keys.ca, reason))?;
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        if !certificates.is_ok_and(|found| !found.is_empty()) {
            let reason = format!("{} holds no certificate in PEM", path.display());
            return Err(wrong(keys.ca, reason));
        }
        door.authorities = Some(Arc::from(pem.into_bytes()));
    }
    match (&raw.password_file, raw.login.is_empty()) {
        (None, true) => {}
        (Some(_), true) => {
            let reason = "is missing; write the name that goes with password_file";
            return Err(wrong(keys.login, reason.to_owned()));
        }
        (None, false) => {
            let reason = "is missing; name the file that holds the password for login";
            return Err(wrong(keys.password_file, reason.to_owned()));
        }
        (Some(path), false) => {
            let stays_here = matches!(door.address.host(), "127.0.0.1" | "::1" | "localhost");
            if !raw.tls.is_private() && !stays_here {
                let reason = "must be \"required\" or \"implicit\", or others could read the password on its way";
                return Err(wrong(keys.tls, reason.to_owned()));
            }
            let text = read(path).map_err(|reason| wrong(keys.password_file, reason))?;
            let password = text.lines().next().unwrap_or_default();
            if password.is_empty() {
                let reason = format!("{} is empty", path.display());
                return Err(wrong(keys.password_file, reason));
            }
            door.login = Some(Login {
                name: raw.login.clone(),
                password: Secret::new(password),
            });
        }
    }
    Ok(Some(door))
}

#[cfg(test)]
#[path = "outbound_tests.rs"]
mod tests;
