//! Where a directory server is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// When encryption begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte: `ldaps://`.
    Tls,
    /// After `StartTLS`, before anything else is said: `ldap://`.
    StartTls,
    /// Never; only to a server on this host.
    Off,
}

/// A directory server: `ldaps://dc1.corp.example`, `ldap://dc1.corp.example:389`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
}

/// Why a text names no server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a server such as \"ldaps://dc1.corp.example\" or \"ldap://dc1.corp.example\""
)]
pub struct NoServer(String);

impl Server {
    /// Whether it is this host.
    pub fn is_local(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        self.host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether what is said to it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.encryption != Encryption::Off
    }

    /// The same server, without encryption. Only for one on this host.
    #[must_use]
    pub fn in_clear(self) -> Self {
        let encryption = match self.encryption {
            Encryption::Tls => Encryption::Tls,
            Encryption::StartTls | Encryption::Off => Encryption::Off,
        };
        Self { encryption, ..self }
    }
}

impl FromStr for Server {
    type Err = NoServer;

    fn from_str(text: &str) -> Result<Self, NoServer> {
        let refused = || NoServer(text.to_owned());
        let (encryption, rest) = match text.split_once("://").ok_or_else(refused)? {
            ("ldaps", rest) => (Encryption::Tls, rest),
            ("ldap", rest) => (Encryption::StartTls, rest),
            _ => return Err(refused()),
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.strip_prefix('[').and_then(|it| it.split_once(']')) {
            Some((ipv6, port)) => (ipv6, port.strip_prefix(':')),
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let usual = if encryption == Encryption::Tls {
            636
        } else {
            389
        };
        let port = port.map_or(Ok(usual), |port| port.parse().map_err(|_| refused()))?;
        let known = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(known) {
            return Err(refused());
        }
        Ok(Self {
            host: host.to_lowercase(),
            port,
            encryption,
        })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = match self.encryption {
            Encryption::Tls => ("ldaps", 636),
            Encryption::StartTls | Encryption::Off => ("ldap", 389),
        };
        let host = &self.host;
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]")?;
        } else {
            write!(f, "{scheme}://{host}")?;
        }
        if self.port == usual {
            return Ok(());
        }
        write!(f, ":{}", self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<(&str, u16, Encryption)>) {
        let read: Result<Server, NoServer> = text.parse();
        let got = read.as_ref().ok();
        let got = got.map(|it| (&it.host[..], it.port, it.encryption));
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn servers_are_read_and_shown() {
        check(
            "ldaps://DC1.corp.example",
            Some(("dc1.corp.example", 636, Encryption::Tls)),
        );
        check("ldap://dc1/", Some(("dc1", 389, Encryption::StartTls)));
        check(
            "ldap://127.0.0.1:3890",
            Some(("127.0.0.1", 3890, Encryption::StartTls)),
        );
        check("ldaps://[::1]:637", Some(("::1", 637, Encryption::Tls)));
        for wrong in [
            "dc1",
            "http://dc1",
            "ldap://",
            "ldap://dc1:x",
            "ldap://dc 1",
            "ldaps://a/b",
        ] {
            check(wrong, None);
        }
        for text in ["ldaps://dc1", "ldap://dc1:3890", "ldaps://[::1]:637"] {
            assert_eq!(text.parse::<Server>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn only_this_host_is_local() {
        for (text, want) in [
            ("ldap://localhost", true),
            ("ldap://[::1]", true),
            ("ldap://dc1", false),
        ] {
            assert_eq!(text.parse::<Server>().unwrap().is_local(), want, "{text}");
        }
    }
}
