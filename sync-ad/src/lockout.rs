//! After how many wrong passwords an Active Directory locks an account.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::{DirectoryNote, Store, StoreError};

use crate::ldap::connection::Connection;
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapError;
use crate::ldap::message::Deleted;
use crate::limits;
use crate::mapping::Kind;
use crate::settings::Settings;
use crate::wrong_passwords::Bounds;

/// What a policy says of it: that of a domain, as its root says it, or one for some of its people (a
/// password settings object).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lockout {
    /// So many; zero where it locks nobody.
    threshold: usize,
    /// Until so long after the last.
    window: Duration,
}

/// Whose policy holds for a person, as the directory says when they sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// That of the domain.
    Domain,
    /// One for some people.
    Own(Lockout),
    /// We may not look.
    Unknown,
}

/// The attribute of a person that names their own policy (MS-ADTS 3.1.1.4.5.36). The controller computes it
/// when it is asked for, so no sync asks for it of everybody.
pub(crate) const OWN_POLICY: &str = "msDS-ResultantPSO";

/// What a policy that we may not read is taken for: one more wrong password than the owner needs, for as
/// long as is believed of any.
const UNREADABLE: Lockout = Lockout {
    threshold: limits::LOCKOUT_SPARE + 1,
    window: limits::LOCKOUT_WINDOW_MAX,
};

impl Policy {
    /// That of a person's entry, which was asked for [`OWN_POLICY`].
    pub(crate) async fn of(connection: &mut Connection, person: &Entry) -> Result<Self, LdapError> {
        let Some(dn) = person.text(OWN_POLICY) else {
            return Ok(Self::Domain);
        };
        let asked = ["msDS-LockoutThreshold", "msDS-LockoutObservationWindow"].map(str::to_owned);
        let policy = connection.entry(dn, &asked, Deleted::Hidden).await?;
        let said = |policy: &Entry| {
            let threshold = policy.number("msDS-LockoutThreshold")?;
            let window = policy.number("msDS-LockoutObservationWindow")?;
            Some(Lockout::of(threshold, window))
        };
        let said = policy.as_ref().and_then(said);
        Ok(Self::Own(said.unwrap_or(UNREADABLE)))
    }
}

/// How many wrong passwords of one account a directory is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What `wrong_passwords_max` says.
    pub wanted: usize,
    /// And so many are.
    pub most: usize,
    /// Because after so many the domain locks the account; `None` where it does not, or does not say.
    pub locks_after: Option<usize>,
}

impl Shown {
    /// Whether there is so little room that somebody must know.
    pub fn is_tight(&self) -> bool {
        let is_too_few = |threshold| threshold <= limits::LOCKOUT_SPARE;
        self.locks_after.is_some_and(is_too_few) || (self.most == 1 && self.wanted > 1)
    }
}

impl Lockout {
    /// Reads it. `None` where the directory is no Active Directory, or does not say.
    pub(crate) async fn read(
        connection: &mut Connection,
        settings: &Settings,
    ) -> Result<Option<Self>, LdapError> {
        if settings.mapping.directory != Kind::ActiveDirectory {
            return Ok(None);
        }
        let Some(domain) = settings.bases.iter().find_map(|base| domain_of(base)) else {
            return Ok(None);
        };
        let asked = ["lockoutThreshold", "lockOutObservationWindow"].map(str::to_owned);
        let Some(domain) = connection.entry(domain, &asked, Deleted::Hidden).await? else {
            return Ok(None);
        };
        let threshold = domain.number("lockoutThreshold");
        let window = domain.number("lockOutObservationWindow");
        Ok(threshold.map(|threshold| Self::of(threshold, window.unwrap_or_default())))
    }

    /// The window is in 100 ns, and negative.
    pub(crate) fn of(threshold: i64, window: i64) -> Self {
        Self {
            threshold: usize::try_from(threshold).unwrap_or_default(),
            window: Duration::from_micros(window.unsigned_abs() / 10)
                .min(limits::LOCKOUT_WINDOW_MAX),
        }
    }

    /// What was written down last.
    pub(crate) async fn noted(store: &Store) -> Result<Option<Self>, StoreError> {
        let note = store.directory_note(DirectoryNote::Lockout).await?;
        Ok(note.and_then(|note| serde_json::from_str(&note).ok()))
    }

    /// Writes it down, where it is another.
    pub(crate) async fn note(lockout: Option<Self>, store: &Store) -> Result<(), StoreError> {
        if Self::noted(store).await? == lockout {
            return Ok(());
        }
        let note = lockout.and_then(|it| serde_json::to_string(&it).ok());
        store.note_directory(DirectoryNote::Lockout, note).await
    }

    /// What may be shown then.
    pub(crate) fn shown(lockout: Option<Self>, wanted: Bounds) -> Shown {
        let within = wanted.within(lockout);
        Shown {
            wanted: wanted.max,
            most: within.max,
            locks_after: lockout.map(|it| it.threshold).filter(|it| *it > 0),
        }
    }
}

/// The root of the domain that a base is in.
fn domain_of(base: &str) -> Option<&str> {
    let mut rest = base.trim_start();
    loop {
        let part = rest.get(..3);
        if part.is_some_and(|it| it.eq_ignore_ascii_case("dc=")) {
            return Some(rest);
        }
        rest = rest.split_once(',')?.1.trim_start();
    }
}

impl Bounds {
    /// As the config says, and no more than the domain bears.
    pub(crate) fn within(self, lockout: Option<Lockout>) -> Self {
        match lockout {
            Some(Lockout { threshold, window }) if threshold > 0 => Self {
                max: self
                    .max
                    .min(threshold.saturating_sub(limits::LOCKOUT_SPARE).max(1)),
                never: threshold,
                window: self.window.max(window),
            },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Bounds = Bounds {
        max: 3,
        never: usize::MAX,
        window: Duration::from_mins(30),
    };

    #[track_caller]
    fn check(threshold: i64, want: usize) -> Shown {
        let lockout = Some(Lockout::of(threshold, -18_000_000_000));
        let shown = Lockout::shown(lockout, WANTED);
        assert_eq!(shown.most, want, "{threshold}");
        shown
    }

    #[test]
    fn no_more_is_shown_than_the_domain_bears() {
        for (threshold, want) in [(1, 1), (2, 1), (3, 1)] {
            assert!(check(threshold, want).is_tight(), "{threshold}");
        }
        for (threshold, want) in [(0, 3), (4, 2), (5, 3), (10, 3), (-1, 3)] {
            assert!(!check(threshold, want).is_tight(), "{threshold}");
        }
        assert!(!Lockout::shown(None, WANTED).is_tight());
        assert_eq!(Lockout::shown(Some(UNREADABLE), WANTED).most, 1);
    }

    #[test]
    fn a_base_is_in_a_domain() {
        for (base, want) in [
            ("DC=corp,DC=example", Some("DC=corp,DC=example")),
            (
                "OU=Staff, ou=All, dc=corp,dc=example",
                Some("dc=corp,dc=example"),
            ),
            ("ou=Büro,dc=x", Some("dc=x")),
            ("o=corp", None),
            ("", None),
        ] {
            assert_eq!(domain_of(base), want, "{base}");
        }
    }

    #[test]
    fn the_longer_window_counts() {
        for (ticks, minutes) in [(-36_000_000_000, 60), (-6_000_000_000, 30), (0, 30)] {
            let within = WANTED.within(Some(Lockout::of(5, ticks)));
            assert_eq!(within.window, Duration::from_mins(minutes));
        }
        let for_ever = WANTED.within(Some(Lockout::of(5, i64::MIN)));
        assert_eq!(for_ever.window, limits::LOCKOUT_WINDOW_MAX);
    }
}
