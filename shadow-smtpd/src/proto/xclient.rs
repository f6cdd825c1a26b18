//! XCLIENT: a trusted proxy tells for whom it speaks (Postfix's `XCLIENT_README`).

use store::Trust;

use super::command::keywords;
use super::dialogue::{Dialogue, Step};
use super::phase::Phase;
use super::reply::{self, Reply};
use super::transaction::{Standing, Xclient};
use super::xtext;
use crate::limits;

/// What EHLO says of it.
pub(super) const OFFER: &str = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN";

/// What the proxy says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Introduction {
    /// ADDR, without the `IPV6:` of one.
    pub(crate) address: Option<Said>,
    /// HELO.
    helo: Option<Said>,
    /// LOGIN.
    login: Option<Said>,
    /// PROTO: SMTP, without extensions.
    plain: bool,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Its value.
    Is(String),
    /// The proxy does not know.
    Unavailable,
}

/// Whom a proxy speaks for, as far as it counts later.
#[derive(Debug, Default)]
pub(super) struct Introduced {
    /// What the client calls itself.
    pub(super) helo: Option<String>,
    /// It knows no extensions.
    pub(super) plain: bool,
    /// The proxy has said who the client is.
    pub(super) is_named: bool,
}

/// Reads the attributes of XCLIENT.
pub(super) fn parse(argument: &str) -> Result<Introduction, Reply> {
    let mut introduction = Introduction::default();
    for (name, value) in keywords(argument)? {
        let value = said(value.ok_or(reply::WRONG_ARGUMENT)?)?;
        match name.as_str() {
            "ADDR" => introduction.address = Some(without_prefix(value)?),
            "HELO" => introduction.helo = Some(value),
            "LOGIN" => introduction.login = Some(value),
            "PROTO" => match value {
                Said::Is(word) if word.eq_ignore_ascii_case("SMTP") => introduction.plain = true,
                Said::Is(word) if word.eq_ignore_ascii_case("ESMTP") => {}
                _ => return Err(reply::WRONG_ARGUMENT),
            },
            // Nothing here depends on them.
            "NAME" | "PORT" | "DESTADDR" | "DESTPORT" => {}
            _ => return Err(reply::UNKNOWN_ATTRIBUTE),
        }
    }
    if argument.trim().is_empty() {
        return Err(reply::WRONG_ARGUMENT);
    }
    Ok(introduction)
}

fn said(value: &str) -> Result<Said, Reply> {
    let unknown = ["[UNAVAILABLE]", "[TEMPUNAVAIL]"];
    if unknown.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        return Ok(Said::Unavailable);
    }
    xtext::decode(value)
        .and_then(|octets| String::from_utf8(octets).ok())
        .filter(|text| !text.is_empty() && text.len() <= limits::XCLIENT_BYTES_MAX)
        .filter(|text| !text.chars().any(char::is_control))
        .map(Said::Is)
        .ok_or(reply::WRONG_ARGUMENT)
}

fn without_prefix(value: Said) -> Result<Said, Reply> {
    let Said::Is(address) = &value else {
        return Ok(value);
    };
    match address.split_at_checked(5) {
        Some((prefix, "")) if prefix.eq_ignore_ascii_case("IPV6:") => Err(reply::WRONG_ARGUMENT),
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("IPV6:") => {
            Ok(Said::Is(rest.to_owned()))
        }
        _ => Ok(value),
    }
}

impl Dialogue {
    /// XCLIENT.
    pub(super) fn xclient(&mut self, introduction: Introduction) {
        if self.manners.xclient == Xclient::Refused {
            return self.wrong(reply::XCLIENT_REFUSED);
        }
        if matches!(self.phase, Phase::Mail(..) | Phase::Chunks(_)) {
            return self.wrong(reply::NOT_IN_MAIL);
        }
        self.soon
            .push_back(Step::Introduce(introduction.address.clone()));
        self.introduction = Some(introduction);
    }

    /// The answer to [`Step::Introduce`]: how the peer stands now, `None` when it may not connect
    /// at all. The session starts over: nothing that the proxy was trusted with counts for whom
    /// it speaks for. Gives whether the proxy has checked a sign-in.
    pub(crate) fn introduced(&mut self, standing: Result<Option<Standing>, Reply>) -> bool {
        let Some(introduction) = self.introduction.take() else {
            return false;
        };
        let standing = match standing {
            Ok(Some(standing)) => standing,
            refused => {
                match refused {
                    Err(refusal) if refusal.code() != 421 => self.wrong(refusal),
                    Err(refusal) => self.part(refusal),
                    Ok(_) => self.part(reply::NOT_ALLOWED),
                }
                return false;
            }
        };
        let is_named = introduction.address.is_some() || introduction.login.is_some();
        if is_named {
            // From here on it is the client who talks, and it must not name somebody else.
            self.manners.xclient = Xclient::Refused;
        }
        self.standing = match introduction.login {
            Some(Said::Is(login)) if self.manners.has_users => {
                Standing::Trusted(Trust::Login(login))
            }
            _ => standing,
        };
        self.introduced = Introduced {
            helo: match introduction.helo {
                Some(Said::Is(helo)) => Some(helo),
                Some(Said::Unavailable) | None => None,
            },
            plain: introduction.plain,
            is_named,
        };
        self.waiting.begin_anew();
        self.phase = Phase::Connected;
        let greeting = self.greeting();
        self.idle(greeting);
        matches!(self.standing, Standing::Trusted(Trust::Login(_)))
    }
}

#[cfg(test)]
#[path = "xclient_tests.rs"]
mod tests;
