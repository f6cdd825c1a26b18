//! What a directory says of a name and a password.

use crate::ldap::error::windows_code;
use crate::ldap::message::Outcome;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is the password.
    Right,
    /// It is the password, but.
    RightBut(Hindrance),
    /// It is not.
    Wrong,
    /// There is no such entry, or none that has a password: that says nothing of a password that it
    /// took before.
    NoEntry,
    /// The account is locked, whatever the password.
    Locked,
    /// The server does not want to say: it may not say so to anybody.
    Unwilling,
    /// Nothing: the password was not shown, because one more wrong one could lock the account.
    Withheld,
}

/// What keeps somebody with the right password out. Active Directory says so only to who knows the
/// password, so it may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// The account is switched off.
    Disabled,
    /// The account's time is over.
    AccountExpired,
    /// It may not sign in at this time.
    NotNow,
    /// It may not sign in at every computer.
    NotHere,
    /// The password is too old.
    PasswordExpired,
    /// The password must be changed before it is used.
    MustChange,
    /// It may be the password before the last change, which Active Directory takes for an hour more:
    /// so it is not kept.
    JustChanged,
}

impl Hindrance {
    /// Whether it only asks for another password, which nobody can choose in an emergency, or for
    /// time. Whoever knows the old one could change it at work, so letting them in gives nobody more
    /// than they have.
    pub(crate) fn is_about_password(self) -> bool {
        match self {
            Self::PasswordExpired | Self::MustChange | Self::JustChanged => true,
            Self::Disabled | Self::AccountExpired | Self::NotNow | Self::NotHere => false,
        }
    }
}

impl Said {
    /// What the outcome of a bind means; `None` when the server could not tell.
    pub(crate) fn of(outcome: &Outcome) -> Option<Self> {
        Some(match outcome.code {
            0 => Self::Right,
            // noSuchObject, invalidDNSyntax, inappropriateAuthentication.
            32 | 34 | 48 => Self::NoEntry,
            49 => match windows_code(outcome) {
                Some("525") => Self::NoEntry,
                Some("530") => Self::RightBut(Hindrance::NotNow),
                Some("531") => Self::RightBut(Hindrance::NotHere),
                Some("532") => Self::RightBut(Hindrance::PasswordExpired),
                Some("533") => Self::RightBut(Hindrance::Disabled),
                Some("701") => Self::RightBut(Hindrance::AccountExpired),
                Some("773") => Self::RightBut(Hindrance::MustChange),
                Some("775") => Self::Locked,
                // 52e is a wrong password.
                _ => Self::Wrong,
            },
            // constraintViolation and unwillingToPerform: locked and inactive accounts of 389 Directory
            // Server, whatever the password; and everybody's where a server restricts who may bind.
            19 | 53 => Self::Unwilling,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: u32, data: &str, want: Option<Said>) {
        let words = format!(
            "80090308: LdapErr: DSID-0C090446, comment: AcceptSecurityContext error, data {data}, v4563"
        );
        let outcome = Outcome {
            code,
            words: if data.is_empty() {
                String::new()
            } else {
                words
            },
            ..Outcome::default()
        };
        assert_eq!(Said::of(&outcome), want, "{code} {data}");
    }

    #[test]
    fn each_code_of_windows_is_understood() {
        let but = |hindrance| Some(Said::RightBut(hindrance));
        check(0, "", Some(Said::Right));
        check(49, "", Some(Said::Wrong));
        check(49, "52e", Some(Said::Wrong));
        check(49, "525", Some(Said::NoEntry));
        for code in [32, 34, 48] {
            check(code, "", Some(Said::NoEntry));
        }
        check(49, "530", but(Hindrance::NotNow));
        check(49, "531", but(Hindrance::NotHere));
        check(49, "532", but(Hindrance::PasswordExpired));
        check(49, "533", but(Hindrance::Disabled));
        check(49, "701", but(Hindrance::AccountExpired));
        check(49, "773", but(Hindrance::MustChange));
        check(49, "775", Some(Said::Locked));
        check(49, "never heard of", Some(Said::Wrong));
    }

    #[test]
    fn who_can_not_tell_has_not_answered() {
        for code in [1, 8, 13, 51, 52, 80] {
            check(code, "", None);
        }
        for code in [19, 53] {
            check(code, "", Some(Said::Unwilling));
        }
    }
}
