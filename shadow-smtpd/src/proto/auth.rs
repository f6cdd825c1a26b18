//! AUTH (RFC 4954) with PLAIN (RFC 4616) and LOGIN, inside TLS only.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use store::{Secret, Trust};

use super::dialogue::{Dialogue, Step};
use super::line::Line;
use super::phase::Phase;
use super::reply::{self, Reply};
use super::transaction::{Client, Secured, Standing};
use crate::limits;
use crate::users::Verdict;

/// What somebody signs in with.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// The name.
    pub(crate) login: String,
    /// The password.
    pub(crate) password: Secret,
}

/// An exchange under way: what the next line is.
#[derive(Debug)]
pub(super) enum Exchange {
    /// Name and password of PLAIN.
    Plain,
    /// The name of LOGIN.
    LoginName,
    /// The password that goes with a name.
    LoginPassword(String),
}

impl Exchange {
    /// What the peer is asked for.
    fn challenge(&self) -> Reply {
        match self {
            Self::Plain => reply::AUTH_PLAIN,
            Self::LoginName => reply::AUTH_LOGIN_NAME,
            Self::LoginPassword(_) => reply::AUTH_LOGIN_PASSWORD,
        }
    }
}

impl Dialogue {
    /// Whether AUTH is offered.
    pub(super) fn offers_auth(&self) -> bool {
        self.manners.has_users && self.secured == Secured::Tls
    }

    /// AUTH with a mechanism, and perhaps the first line of the exchange.
    pub(super) fn auth(&mut self, mechanism: &str, initial: Option<&str>) {
        if !self.manners.has_users {
            return self.wrong(reply::NOT_OFFERED);
        }
        if self.secured == Secured::No {
            return self.wrong(reply::AUTH_NEEDS_TLS);
        }
        if matches!(self.standing, Standing::Trusted(Trust::Login(_))) {
            return self.wrong(reply::ALREADY_SIGNED_IN);
        }
        let exchange = match mechanism {
            "PLAIN" => Exchange::Plain,
            "LOGIN" => Exchange::LoginName,
            _ => return self.wrong(reply::UNKNOWN_MECHANISM),
        };
        match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Ready(client) => match initial {
                None => self.challenge(client, exchange),
                // RFC 4954 §4: "=" stands for nothing.
                Some("=") => self.exchange(client, exchange, ""),
                Some(line) => self.exchange(client, exchange, line),
            },
            phase => {
                let refusal = match phase {
                    Phase::Connected => reply::GREET_FIRST,
                    _ => reply::NOT_IN_MAIL,
                };
                self.phase = phase;
                self.wrong(refusal);
            }
        }
    }

    /// A line of an exchange.
    pub(super) fn auth_line(&mut self, client: Client, exchange: Exchange, line: Line) {
        let refusal = match line {
            Line::Command(text) => return self.exchange(client, exchange, &text),
            Line::TooLong(_) => reply::AUTH_LINE_TOO_LONG,
            Line::BareLineFeed(_) | Line::NotText(_) => reply::NOT_BASE64,
        };
        self.phase = Phase::Ready(client);
        self.wrong(refusal);
    }

    fn challenge(&mut self, client: Client, exchange: Exchange) {
        self.say(exchange.challenge());
        self.phase = Phase::Auth(client, exchange);
    }

    fn exchange(&mut self, client: Client, exchange: Exchange, line: &str) {
        let refusal = match (line, decoded(line)) {
            ("*", _) => reply::AUTH_CANCELLED,
            (_, None) => reply::NOT_BASE64,
            (_, Some(text)) => match exchange {
                Exchange::LoginName => {
                    return self.challenge(client, Exchange::LoginPassword(text));
                }
                Exchange::LoginPassword(login) => return self.sign_in(client, login, text),
                Exchange::Plain => match plain(&text) {
                    Some((login, password)) => return self.sign_in(client, login, password),
                    None => reply::NOT_BASE64,
                },
            },
        };
        self.phase = Phase::Ready(client);
        self.wrong(refusal);
    }

    fn sign_in(&mut self, client: Client, login: String, password: String) {
        self.phase = Phase::Ready(client);
        let password = Secret::new(password);
        self.credentials = Some(Credentials { login, password });
        self.soon.push_back(Step::SignIn);
    }

    /// What [`Step::SignIn`] is about. Whoever takes it calls [`Dialogue::signed_in`].
    pub(crate) fn credentials(&mut self) -> Option<Credentials> {
        self.credentials.take()
    }

    /// The answer to [`Step::SignIn`]. Nobody learns whether the name or the password was wrong.
    pub(crate) fn signed_in(&mut self, login: String, verdict: Verdict) {
        match verdict {
            Verdict::Welcome => {
                self.standing = Standing::Trusted(Trust::Login(login));
                self.say(reply::SIGNED_IN);
            }
            Verdict::Later => self.wrong(reply::SIGN_IN_LATER),
            Verdict::Refused => {
                let wait = limits::SIGN_IN_PAUSE.saturating_mul(1 << self.sign_ins.min(8));
                self.sign_ins += 1;
                self.soon.push_back(Step::Pause(wait));
                self.wrong(reply::SIGN_IN_REFUSED);
                if self.sign_ins >= limits::SIGN_INS_MAX {
                    self.part(reply::TOO_MANY_SIGN_INS);
                }
            }
        }
    }
}

fn decoded(line: &str) -> Option<String> {
    let octets = BASE64_STANDARD.decode(line).ok()?;
    String::from_utf8(octets).ok()
}

/// Name and password of PLAIN: `[authzid] NUL authcid NUL password` (RFC 4616 §2). Nobody acts
/// for somebody else here.
fn plain(text: &str) -> Option<(String, String)> {
    let mut parts = text.split('\0');
    let (acts_as, login, password) = (parts.next()?, parts.next()?, parts.next()?);
    let himself = acts_as.is_empty() || acts_as == login;
    let whole = parts.next().is_none() && !login.is_empty() && !password.is_empty();
    (himself && whole).then(|| (login.to_owned(), password.to_owned()))
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
