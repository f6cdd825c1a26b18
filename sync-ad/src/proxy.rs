//! One value of `proxyAddresses`: `TYPE:address`.

use store::Address;

/// What a value says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proxy {
    /// `SMTP:` in capitals: the address that mail is sent from.
    Primary(Address),
    /// `smtp:`, or an address alone.
    Alias(Address),
    /// `X500:`, a name that journal reports use.
    DirectoryName(String),
    /// Anything else (SIP, EUM, fax), or an address that is none.
    Other,
}

impl Proxy {
    /// Reads a value. The type counts without case, except to find the primary address.
    pub(crate) fn read(value: &str) -> Self {
        let value = value.trim();
        let is_type = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric());
        let (kind, rest) = match value.split_once(':') {
            Some((kind, rest)) if is_type(kind) => (kind, rest.trim()),
            _ => ("smtp", value),
        };
        if kind.eq_ignore_ascii_case("x500") && !rest.is_empty() {
            return Self::DirectoryName(rest.to_owned());
        }
        match rest.parse() {
            Ok(address) if kind == "SMTP" => Self::Primary(address),
            Ok(address) if kind.eq_ignore_ascii_case("smtp") => Self::Alias(address),
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, want: &str) {
        let got = match Proxy::read(value) {
            Proxy::Primary(address) => format!("primary {address}"),
            Proxy::Alias(address) => format!("alias {address}"),
            Proxy::DirectoryName(name) => format!("name {name}"),
            Proxy::Other => "other".to_owned(),
        };
        assert_eq!(got, want, "{value}");
    }

    #[test]
    fn values_are_read() {
        check("SMTP:Amy@Corp.Example", "primary Amy@corp.example");
        check("smtp:amy@corp.example", "alias amy@corp.example");
        check("Smtp: amy@corp.example", "alias amy@corp.example");
        check("amy@corp.example", "alias amy@corp.example");
        check("X500:/o=Corp/ou=x/cn=amy", "name /o=Corp/ou=x/cn=amy");
        check("x500:", "other");
        check("sip:amy@corp.example", "other");
        check("SMTP:amy", "other");
        check("SMTP:amy@corp.example\r\nRCPT TO:<x@y>", "other");
        check("", "other");
    }
}
