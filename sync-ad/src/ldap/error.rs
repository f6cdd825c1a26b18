//! What a directory server did instead of answering.

use super::message::Outcome;
use super::server::Server;
use crate::limits;

/// Longest text of a server that is shown.
const WORDS_CHARS_MAX: usize = 200;

/// A directory can not be read. Each text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LdapError {
    /// No connection, or it broke.
    #[error("{server} can not be reached: {why}")]
    Unreachable {
        /// Which server.
        server: String,
        /// What the network said.
        why: String,
    },
    /// No encryption, or nobody to believe.
    #[error("{server}: {why}")]
    Tls {
        /// Which server.
        server: String,
        /// What is the matter.
        why: String,
    },
    /// It takes connections and does not answer.
    #[error("{server} did not answer within {seconds} seconds")]
    Silent {
        /// Which server.
        server: String,
        /// How long it was given.
        seconds: u64,
    },
    /// It answers, and comes to no end.
    #[error("{server} gave no end to its answer within {minutes} minutes")]
    Endless {
        /// Which server.
        server: String,
        /// How long it was given.
        minutes: u64,
    },
    /// It has no time for us.
    #[error("{server} is busy or going down: {words}")]
    Busy {
        /// Which server.
        server: String,
        /// What it said.
        words: String,
    },
    /// What it sent is not LDAP, or too much.
    #[error("{server} sent {what}; the answer is not used")]
    Garbage {
        /// Which server.
        server: String,
        /// What it was.
        what: String,
    },
    /// It wants an encrypted connection.
    #[error(
        "{server} refuses sign-ins without encryption; write ldaps:// in directory.servers, or \
         ldap:// without directory.starttls = false"
    )]
    NeedsEncryption {
        /// Which server.
        server: String,
    },
    /// Our own name or password is wrong.
    #[error(
        "{server} refuses the sign-in of {name}: {why}; look at directory.bind_dn and \
         directory.bind_password_file"
    )]
    Credentials {
        /// Which server.
        server: String,
        /// As whom we came.
        name: String,
        /// What it said.
        why: String,
    },
    /// There is nothing at the base.
    #[error(
        "{server} has no entry {base}{}; look at directory.base, and whether directory.bind_dn \
         may read it",
        near(matched)
    )]
    NoBase {
        /// Which server.
        server: String,
        /// What was searched.
        base: String,
        /// How far it could follow.
        matched: String,
    },
    /// We may not read there.
    #[error("{server} does not let {name} read {base}: {words}; give it the right to read there")]
    NoRights {
        /// Which server.
        server: String,
        /// As whom we came.
        name: String,
        /// Where.
        base: String,
        /// What it said.
        words: String,
    },
    /// It gives less than all.
    #[error(
        "{server} gives only a part of {base}: {words}; raise its limit of entries or time for \
         {name}"
    )]
    Limited {
        /// Which server.
        server: String,
        /// As whom we came.
        name: String,
        /// Where.
        base: String,
        /// What it said.
        words: String,
    },
    /// Anything else.
    #[error("{server} refuses: {words} (LDAP result {code})")]
    Refused {
        /// Which server.
        server: String,
        /// What it said.
        words: String,
        /// RFC 4511 §4.1.9.
        code: u32,
    },
}

fn near(matched: &str) -> String {
    if matched.is_empty() {
        return String::new();
    }
    format!(" (the nearest is {})", shown(matched))
}

impl LdapError {
    /// Whether another server may do better. A wrong password is wrong everywhere, and trying it
    /// everywhere could lock the account.
    pub(crate) fn is_of_server(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Tls { .. }
                | Self::Silent { .. }
                | Self::Endless { .. }
                | Self::Busy { .. }
                | Self::Garbage { .. }
        )
    }

    pub(crate) fn endless(server: &Server) -> Self {
        Self::Endless {
            server: server.to_string(),
            minutes: limits::SYNC_WAIT.as_secs() / 60,
        }
    }

    pub(crate) fn malformed(server: &str) -> Self {
        Self::Garbage {
            server: server.to_owned(),
            what: "bytes that are not LDAP".to_owned(),
        }
    }

    /// What came of a bind that did not succeed.
    pub(crate) fn of_bind(server: &str, name: &str, outcome: &Outcome) -> Self {
        let (server, name) = (server.to_owned(), name.to_owned());
        match outcome.code {
            // strongerAuthRequired, confidentialityRequired.
            8 | 13 => Self::NeedsEncryption { server },
            // noSuchObject, invalidDNSyntax, inappropriateAuthentication, invalidCredentials.
            32 | 34 | 48 | 49 => Self::Credentials {
                server,
                name,
                why: why_refused(outcome),
            },
            code => Self::of_code(server, code, outcome),
        }
    }

    /// What came of a search that did not succeed.
    pub(crate) fn of_search(server: &str, name: &str, base: &str, outcome: &Outcome) -> Self {
        let words = words(outcome);
        let (server, name, base) = (server.to_owned(), name.to_owned(), base.to_owned());
        match outcome.code {
            8 | 13 => Self::NeedsEncryption { server },
            // timeLimitExceeded, sizeLimitExceeded, adminLimitExceeded.
            3 | 4 | 11 => Self::Limited {
                server,
                name,
                base,
                words,
            },
            // A referral means that the base is on another server, an invalid name that it is none.
            10 | 32 | 34 => Self::NoBase {
                server,
                base,
                matched: outcome.matched.clone(),
            },
            50 => Self::NoRights {
                server,
                name,
                base,
                words,
            },
            // Active Directory says operationsError to who searches without having signed in.
            1 if outcome.words.contains("successful bind must be completed") => Self::NoRights {
                server,
                name,
                base,
                words,
            },
            code => Self::of_code(server, code, outcome),
        }
    }

    pub(crate) fn of_code(server: String, code: u32, outcome: &Outcome) -> Self {
        let words = words(outcome);
        match code {
            51 | 52 => Self::Busy { server, words },
            _ => Self::Refused {
                server,
                words,
                code,
            },
        }
    }
}

/// The code of Windows in the text of a bind that Active Directory has refused.
pub(crate) fn windows_code(outcome: &Outcome) -> Option<&str> {
    let rest = outcome.words.split("data ").nth(1)?;
    rest.split([',', ' ']).next()
}

/// Why a name and a password were refused. Active Directory puts a code of Windows into its text.
fn why_refused(outcome: &Outcome) -> String {
    let why = match windows_code(outcome) {
        Some("525") => "there is no such account",
        Some("52e") => "the password is wrong",
        Some("530" | "531") => "it may not sign in now, or not from here",
        Some("532") => "its password has expired",
        Some("533") => "it is disabled",
        Some("701") => "it has expired",
        Some("773") => "it must change its password first",
        Some("775") => "it is locked",
        _ if outcome.code == 49 => "the name or the password is wrong",
        _ => return words(outcome),
    };
    why.to_owned()
}

/// The words of a server, as they may stand in a log.
fn words(outcome: &Outcome) -> String {
    let shown = shown(&outcome.words);
    if shown.is_empty() {
        format!("it gave no reason, only LDAP result {}", outcome.code)
    } else {
        shown
    }
}

/// A text of a server, without what could disturb a log.
pub(crate) fn shown(text: &str) -> String {
    let clean = text.trim().chars().filter(|it| !it.is_control());
    clean.take(WORDS_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: u32, words: &str) -> Outcome {
        Outcome {
            code,
            words: words.to_owned(),
            ..Outcome::default()
        }
    }

    #[test]
    fn codes_of_windows_become_words() {
        let text = |data: &str| {
            format!(
                "80090308: LdapErr: DSID-0C090446, comment: AcceptSecurityContext error, data {data}, v4563"
            )
        };
        for (data, want) in [
            ("525", "there is no such account"),
            ("52e", "the password is wrong"),
            ("530", "may not sign in now"),
            ("531", "or not from here"),
            ("532", "its password has expired"),
            ("533", "it is disabled"),
            ("701", "it has expired"),
            ("773", "it must change its password first"),
            ("775", "it is locked"),
            ("xyz", "the name or the password is wrong"),
        ] {
            let error = LdapError::of_bind("dc1", "amy", &outcome(49, &text(data)));
            assert!(error.to_string().contains(want), "{error}");
            assert!(!error.is_of_server());
        }
    }

    #[test]
    fn the_words_of_a_server_disturb_no_log() {
        let words = format!("\u{1b}[31mred\r\nline {}", "x".repeat(999));
        let error = LdapError::of_search("dc1", "amy", "dc=x", &outcome(53, &words)).to_string();
        assert!(!error.contains(['\u{1b}', '\n', '\r']));
        assert!(error.len() < 300, "{error}");
    }

    #[test]
    fn what_another_server_may_do_better_is_told_from_what_it_may_not() {
        let search = |code| LdapError::of_search("dc1", "amy", "dc=x", &outcome(code, ""));
        assert!(search(51).is_of_server() && search(52).is_of_server());
        for code in [4, 8, 10, 32, 50, 53] {
            assert!(!search(code).is_of_server(), "{code}");
        }
    }
}
