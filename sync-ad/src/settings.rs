//! `[directory]` of the config, checked.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::Secret;

use crate::assemble::Rules;
use crate::kept::Class;
use crate::ldap::connection::Patience;
use crate::ldap::filter::Filter;
use crate::ldap::server::Server;
use crate::limits;
use crate::mapping::{Kind, Mapping, RawAttributes};
use crate::wrong_passwords::Bounds;

/// `[directory]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawDirectory {
    /// `file`, `ad` or `ldap`. Default: `file`.
    pub kind: String,
    /// The file of accounts and groups. Default: `users.toml` beside the config.
    pub path: PathBuf,
    /// Directory servers, the one to ask first first.
    pub servers: Vec<String>,
    /// Whether `ldap://` servers are asked for TLS. Default: yes; without it only servers on this
    /// host are asked.
    pub starttls: bool,
    /// PEM file: the authorities that the servers' certificates are of. Default: the system's.
    pub ca_file: Option<PathBuf>,
    /// As whom we read.
    pub bind_dn: String,
    /// A file that holds nothing but its password.
    pub bind_password_file: Option<PathBuf>,
    /// Where people and groups are.
    pub base: Vec<String>,
    /// Which entries are people.
    pub user_filter: Option<String>,
    /// Which entries are shared mailboxes, whatever their attributes say. Default: those that
    /// Exchange's attributes say it of.
    pub shared_filter: Option<String>,
    /// The same of rooms.
    pub room_filter: Option<String>,
    /// Which entries are groups.
    pub group_filter: Option<String>,
    /// Which people may not sign in, beside those of whom an attribute says so that we know.
    pub disabled_filter: Option<String>,
    /// Groups whose members administrate: names, addresses or DNs.
    pub admin_groups: Vec<String>,
    /// Groups whose members read the audit log.
    pub auditor_groups: Vec<String>,
    /// The name of the group whose members open a shared mailbox; `{login}` and `{local}` stand for
    /// the mailbox.
    pub shared_group: Option<String>,
    /// Whether Argon2id hashes of passwords that the server shows are kept. Default: no.
    pub password_hashes: bool,
    /// How long a password that the server took opens while none answers. Default: 180.
    pub verifier_days: u32,
    /// Wrong passwords of one account that the server is shown, until there was none for
    /// `wrong_passwords_minutes`. Default: 3.
    pub wrong_passwords_max: u32,
    /// See `wrong_passwords_max`. Default: 30.
    pub wrong_passwords_minutes: u32,
    /// How often the server is asked what has changed. Default: 60.
    pub sync_every_seconds: u32,
    /// How often everything is read. Default: 24.
    pub full_sync_every_hours: u32,
    /// `[directory.attributes]`.
    pub attributes: RawAttributes,
}

impl Default for RawDirectory {
    fn default() -> Self {
        Self {
            kind: "file".into(),
            path: "users.toml".into(),
            servers: Vec::new(),
            starttls: true,
            ca_file: None,
            bind_dn: String::new(),
            bind_password_file: None,
            base: Vec::new(),
            user_filter: None,
            shared_filter: None,
            room_filter: None,
            group_filter: None,
            disabled_filter: None,
            admin_groups: Vec::new(),
            auditor_groups: Vec::new(),
            shared_group: None,
            password_hashes: false,
            verifier_days: 180,
            wrong_passwords_max: 3,
            wrong_passwords_minutes: 30,
            sync_every_seconds: 60,
            full_sync_every_hours: 24,
            attributes: RawAttributes::default(),
        }
    }
}

/// How a directory server is read.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) mapping: Mapping,
    pub(crate) rules: Rules,
    pub(crate) servers: Vec<Server>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) bind_dn: String,
    pub(crate) password: Secret,
    pub(crate) bases: Vec<String>,
    /// What is searched, and what is found by it. What is found twice is what it was found as last.
    pub(crate) searches: Vec<(Class, Filter)>,
    /// Whoever is found by it may not sign in.
    pub(crate) disabled: Option<Filter>,
    pub(crate) patience: Patience,
    pub(crate) wrong_passwords: Bounds,
    /// How long a password that the server took opens while none answers.
    pub verifier_age: SignedDuration,
    /// How often the server is asked what has changed.
    pub sync_every: Duration,
    /// How often everything is read.
    pub full_every: Duration,
}

/// A value of `[directory]` is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// Which key.
    pub key: &'static str,
    /// The rest of the sentence.
    pub reason: String,
}

impl Settings {
    /// The servers, as people know them.
    pub fn told(&self) -> String {
        let servers: Vec<String> = self.servers.iter().map(ToString::to_string).collect();
        servers.join(", ")
    }

    /// Checks the values of a directory server. `domains` are those of the organisation, in lower
    /// case, and `password` is that of `bind_dn`.
    pub fn new(
        raw: RawDirectory,
        domains: Vec<String>,
        password: Secret,
    ) -> Result<Self, SettingsError> {
        let kind = match raw.kind.as_str() {
            "ad" => Kind::ActiveDirectory,
            "ldap" => Kind::Ldap,
            other => {
                let reason =
                    format!("\"{other}\" is not known; write \"file\", \"ad\" or \"ldap\"");
                return Err(wrong("directory.kind", reason));
            }
        };
        let servers = servers(&raw)?;
        if raw.base.is_empty() || raw.base.iter().any(|it| !it.contains('=')) {
            let reason = "must name where people and groups are, such as [\"dc=corp,dc=example\"]";
            return Err(wrong("directory.base", reason));
        }
        if raw.bind_dn.trim().is_empty() {
            let reason = "must name the account that reads the directory";
            return Err(wrong("directory.bind_dn", reason));
        }
        if password.expose().is_empty() {
            return Err(wrong("directory.bind_password_file", "holds no password"));
        }
        check_numbers(&raw)?;
        Ok(Self {
            searches: searches(kind, &raw)?,
            disabled: raw
                .disabled_filter
                .as_deref()
                .map(|text| filter("directory.disabled_filter", text))
                .transpose()?,
            rules: Rules {
                domains,
                admin_groups: raw.admin_groups,
                auditor_groups: raw.auditor_groups,
                shared_group: raw.shared_group,
            },
            mapping: Mapping {
                hashes: raw.password_hashes,
                ..Mapping::new(kind, raw.attributes)
            },
            servers,
            ca_file: raw.ca_file,
            bind_dn: raw.bind_dn,
            password,
            bases: raw.base,
            patience: Patience {
                connect: limits::CONNECT_WAIT,
                answer: limits::ANSWER_WAIT,
                page: limits::PAGE_WAIT,
                entries: limits::ENTRIES_MAX,
            },
            wrong_passwords: Bounds {
                max: usize::try_from(raw.wrong_passwords_max).unwrap_or(usize::MAX),
                never: usize::MAX,
                window: Duration::from_mins(raw.wrong_passwords_minutes.into()),
            },
            verifier_age: SignedDuration::from_hours(24 * i64::from(raw.verifier_days)),
            sync_every: Duration::from_secs(raw.sync_every_seconds.into()),
            full_every: Duration::from_hours(raw.full_sync_every_hours.into()),
        })
    }

    /// Another text when entries would be read differently: then all are read again.
    pub(crate) fn fingerprint(&self) -> String {
        // The number is another one when more of an entry is remembered.
        let mut all = format!("3 {:?} {:?}", self.mapping, self.bases);
        for (class, filter) in &self.searches {
            // To a String it can not fail.
            let _ = write!(all, " {class:?} {}", filter.text());
        }
        if let Some(disabled) = &self.disabled {
            let _ = write!(all, " disabled {}", disabled.text());
        }
        short_digest(&all)
    }

    /// Another text when the same entries would become another mirror: then it is made of them again.
    pub(crate) fn fingerprint_of_rules(&self) -> String {
        short_digest(&format!("{:?}", self.rules))
    }
}

fn short_digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let [a, b, c, d, ..] = digest.0;
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
}

fn wrong(key: &'static str, reason: impl Into<String>) -> SettingsError {
    let reason = reason.into();
    SettingsError { key, reason }
}

fn check_numbers(raw: &RawDirectory) -> Result<(), SettingsError> {
    let schedule = limits::SCHEDULE_MAX;
    let numbers = [
        (
            "directory.sync_every_seconds",
            raw.sync_every_seconds,
            schedule,
        ),
        (
            "directory.full_sync_every_hours",
            raw.full_sync_every_hours,
            schedule,
        ),
        (
            "directory.verifier_days",
            raw.verifier_days,
            limits::VERIFIER_DAYS_MAX,
        ),
        (
            "directory.wrong_passwords_max",
            raw.wrong_passwords_max,
            limits::WRONG_PASSWORDS_MAX,
        ),
        (
            "directory.wrong_passwords_minutes",
            raw.wrong_passwords_minutes,
            schedule,
        ),
    ];
    for (key, value, most) in numbers {
        if !(1..=most).contains(&value) {
            return Err(wrong(key, format!("must be from 1 to {most}")));
        }
    }
    Ok(())
}

fn servers(raw: &RawDirectory) -> Result<Vec<Server>, SettingsError> {
    let key = "directory.servers";
    if raw.servers.is_empty() {
        let reason = "must name a server such as [\"ldaps://dc1.corp.example\"]";
        return Err(wrong(key, reason));
    }
    let read = |text: &String| {
        let server: Server = text
            .parse()
            .map_err(|error| wrong(key, format!("{error}")))?;
        if raw.starttls {
            return Ok(server);
        }
        let clear = server.in_clear();
        if clear.is_encrypted() || clear.is_local() {
            return Ok(clear);
        }
        let reason = format!(
            "false would send passwords in clear to {text}; that is for a server on this host only"
        );
        Err(wrong("directory.starttls", reason))
    };
    raw.servers.iter().map(read).collect()
}

fn searches(kind: Kind, raw: &RawDirectory) -> Result<Vec<(Class, Filter)>, SettingsError> {
    let (users, groups) = match kind {
        Kind::ActiveDirectory => (
            "(&(objectCategory=person)(objectClass=user))",
            "(objectClass=group)",
        ),
        Kind::Ldap => (
            "(objectClass=inetOrgPerson)",
            "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
        ),
    };
    let given = [
        (
            Class::Group,
            "directory.group_filter",
            &raw.group_filter,
            Some(groups),
        ),
        (
            Class::Person,
            "directory.user_filter",
            &raw.user_filter,
            Some(users),
        ),
        (
            Class::Shared,
            "directory.shared_filter",
            &raw.shared_filter,
            None,
        ),
        (Class::Room, "directory.room_filter", &raw.room_filter, None),
    ];
    let mut searches = Vec::new();
    for (class, key, filter, preset) in given {
        if let Some(text) = filter.as_deref().or(preset) {
            searches.push((class, self::filter(key, text)?));
        }
    }
    Ok(searches)
}

fn filter(key: &'static str, text: &str) -> Result<Filter, SettingsError> {
    Filter::parse(text).map_err(|error| wrong(key, error.to_string()))
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
