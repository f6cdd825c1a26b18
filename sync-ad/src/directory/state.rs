//! Where a sync with a directory server ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::assemble::Lockout;
use crate::limits;
use crate::mapping::Kind;
use crate::settings::Settings;

/// What tells the next sync where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// The config that entries were read with.
    pub(super) settings: String,
    /// The config that the mirror was made of them with.
    pub(super) rules: String,
    /// Counts the syncs that were written, so that two can tell that they cross each other.
    pub(super) number: u64,
    /// The server as the config names it.
    pub(super) server: String,
    /// Which database it is; in Active Directory its invocationId. Marks of one are nothing to
    /// another.
    pub(super) database: String,
    /// Up to where changes were read; empty where the server has no such mark.
    pub(super) mark: String,
    /// When everything was read, in milliseconds since 1970.
    pub(super) whole_at: i64,
    /// DNs of entries that showed no key when everything was read.
    pub(super) keyless: Vec<String>,
    /// The same of entries whose names are longer than any can be.
    pub(super) long_names: Vec<String>,
    /// Since when there may be deletions that no change of a number has shown, in milliseconds since
    /// 1970.
    pub(super) unlisted_since: Option<i64>,
    /// How long an account stays locked there.
    pub(super) lockout: Lockout,
    /// When the next account expires, or is no longer locked.
    pub(super) next_expiry: Option<i64>,
}

impl State {
    /// After everything was read.
    pub(super) fn new(settings: &Settings, server: &str, now: Timestamp) -> Self {
        Self {
            settings: settings.fingerprint(),
            server: server.to_owned(),
            whole_at: now.as_millisecond(),
            ..Self::default()
        }
    }

    /// The same after the server has moved on, which it told by its marks.
    pub(super) fn moved(self, settings: &Settings, mark: String, now: Timestamp) -> Self {
        // Active Directory tells what was deleted, or everything is listed each time.
        let hides_deletions = settings.mapping.directory == Kind::Ldap && mark != self.mark;
        let since = hides_deletions.then_some(now.as_millisecond());
        Self {
            unlisted_since: self.unlisted_since.or(since),
            mark,
            ..self
        }
    }

    /// Whether it is of this server and this database.
    pub(super) fn is_of(&self, server: &str, database: &str) -> bool {
        self.server == server && self.database == database
    }

    /// Whether all entries must be listed to see what was deleted.
    pub(super) fn is_list_due(&self, now: Timestamp) -> bool {
        let longest = limits::UNLISTED_MAX.as_millis();
        let longest = i64::try_from(longest).unwrap_or(i64::MAX);
        let age = |since| now.as_millisecond() - since;
        self.unlisted_since
            .is_some_and(|since| !(0..longest).contains(&age(since)))
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn text(&self) -> String {
        // Texts and numbers only; nothing is what nobody can go on from.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether the next sync may go on from here, and does not read everything again.
    pub(super) fn is_usable(&self, settings: &Settings, now: Timestamp) -> bool {
        let age = now.as_millisecond() - self.whole_at;
        let longest = i64::try_from(settings.full_every.as_millis()).unwrap_or(i64::MAX);
        self.settings == settings.fingerprint() && (0..longest).contains(&age)
    }

    /// Whether an account has expired since, or a lock has ended.
    pub(super) fn is_time_over(&self, now: Timestamp) -> bool {
        let is_over = |at| at <= now.as_millisecond();
        self.next_expiry.is_some_and(is_over)
    }

    /// Whether the same entries make another mirror now: an account has expired since, or the config
    /// says something else of them.
    pub(super) fn makes_another(&self, settings: &Settings, now: Timestamp) -> bool {
        self.is_time_over(now) || self.rules != settings.fingerprint_of_rules()
    }
}
