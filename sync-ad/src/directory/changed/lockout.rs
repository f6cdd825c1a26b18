//! How long the directory keeps an account locked: nothing there is written when that is over.

use crate::assemble::Lockout;
use crate::ldap::connection::Connection;
use crate::ldap::error::LdapError;
use crate::ldap::filter::Filter;
use crate::ldap::message::{Deleted, Scope, Search};
use crate::mapping::Kind;
use crate::settings::Settings;

use super::Place;

/// Asks for it.
pub(super) async fn read(
    connection: &mut Connection,
    settings: &Settings,
    place: &Place,
) -> Result<Lockout, LdapError> {
    match settings.mapping.directory {
        Kind::ActiveDirectory if place.root.is_empty() => Ok(Lockout::Unknown),
        Kind::ActiveDirectory => {
            let wanted = ["lockoutDuration".to_owned()];
            let root = connection.entry(&place.root, &wanted, Deleted::Hidden);
            let root = root.await?.unwrap_or_default();
            Ok(of_windows(root.number("lockoutDuration")))
        }
        Kind::Ldap => of_policies(connection, place).await,
    }
}

/// A span of Active Directory: 100 ns, below zero (MS-ADTS 3.1.1.5.17). None, or the longest one,
/// means until somebody unlocks it.
fn of_windows(ticks: Option<i64>) -> Lockout {
    match ticks {
        None => Lockout::Unknown,
        Some(0 | i64::MIN) => Lockout::UntilUnlocked,
        Some(ticks) => Lockout::Milliseconds(ticks.saturating_abs() / 10_000),
    }
}

/// The longest of all password policies: which of them is whose may be known to the server alone.
async fn of_policies(connection: &mut Connection, place: &Place) -> Result<Lockout, LdapError> {
    let filter = Filter::equal("objectClass", "pwdPolicy");
    let attributes = ["pwdLockoutDuration".to_owned()];
    let mut seconds: Vec<i64> = Vec::new();
    for context in &place.contexts {
        let search = Search {
            base: context,
            scope: Scope::Subtree,
            filter: &filter,
            attributes: &attributes,
            deleted: Deleted::Hidden,
        };
        let taken = connection.search(&search, |entry| {
            seconds.extend(entry.number("pwdLockoutDuration"));
            Ok(())
        });
        match taken.await {
            Ok(()) | Err(LdapError::NoBase { .. } | LdapError::NoRights { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(longest(&seconds))
}

/// Without a duration, or with none, it lasts until somebody unlocks it
/// (draft-behera-ldap-password-policy §5.2.11).
fn longest(seconds: &[i64]) -> Lockout {
    match seconds.iter().max() {
        None => Lockout::Unknown,
        Some(_) if seconds.iter().any(|it| *it <= 0) => Lockout::UntilUnlocked,
        Some(longest) => Lockout::Milliseconds(longest.saturating_mul(1000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_both_kinds() {
        let minutes = |it: i64| Lockout::Milliseconds(it * 60_000);
        assert_eq!(of_windows(Some(-18_000_000_000)), minutes(30));
        assert_eq!(of_windows(Some(0)), Lockout::UntilUnlocked);
        assert_eq!(of_windows(Some(i64::MIN)), Lockout::UntilUnlocked);
        assert_eq!(of_windows(None), Lockout::Unknown);
        assert_eq!(longest(&[60, 900]), minutes(15));
        assert_eq!(longest(&[900, 0]), Lockout::UntilUnlocked);
        assert_eq!(longest(&[]), Lockout::Unknown);
    }
}
