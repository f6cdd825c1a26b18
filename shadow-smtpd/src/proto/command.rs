//! Commands (RFC 5321 §4.1.1).

use store::{Address, NotifyWhen, Ret, ReversePath};

use super::dsn;
use super::path;
use super::reply::{self, Reply};
use super::xclient::{self, Introduction};
use super::xtext;

/// A command line that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// HELO, EHLO or LHLO, with what the peer calls itself.
    Hello(Hello, String),
    /// MAIL, with its parameters.
    Mail(Mail),
    /// RCPT.
    Rcpt(Recipient),
    /// DATA.
    Data,
    /// BDAT; its octets follow.
    Bdat(Chunk),
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// VRFY.
    Vrfy,
    /// HELP.
    Help,
    /// QUIT.
    Quit,
    /// STARTTLS.
    StartTls,
    /// AUTH with a mechanism, and perhaps the first line of the exchange.
    Auth(String, Option<String>),
    /// XCLIENT.
    Xclient(Introduction),
}

/// How a peer greets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hello {
    /// HELO: no extensions.
    Plain,
    /// EHLO.
    Extended,
    /// LHLO (RFC 2033 §4.1).
    Local,
}

/// What MAIL says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mail {
    /// Where a bounce would go.
    pub(super) reverse_path: ReversePath,
    /// SIZE: how large the peer thinks the mail is (RFC 1870 §6).
    pub(super) size_bytes: Option<u64>,
    /// SMTPUTF8 (RFC 6531 §3.4).
    pub(super) smtputf8: bool,
    /// RET.
    pub(super) ret: Option<Ret>,
    /// ENVID.
    pub(super) envid: Option<String>,
    /// Parameters about reports that can not be read.
    pub(super) unread: Vec<&'static str>,
}

/// What RCPT says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recipient {
    /// Whom the mail is for.
    pub(super) address: Address,
    /// NOTIFY.
    pub(super) notify: Option<Vec<NotifyWhen>>,
    /// ORCPT.
    pub(super) orcpt: Option<String>,
    /// Parameters about reports that can not be read.
    pub(super) unread: Vec<&'static str>,
}

/// What BDAT says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// How many follow.
    pub(super) octets: u64,
    /// They are the last ones of the mail.
    pub(super) last: bool,
}

/// A line that is no command we take.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Say so and go on.
    Say(Reply),
    /// Say so and hang up: what follows is not meant as SMTP commands, and reading it as such
    /// would let somebody else's bytes command us.
    HangUp(Reply),
}

impl From<Reply> for Refused {
    fn from(reply: Reply) -> Self {
        Self::Say(reply)
    }
}

/// Reads a line. `hostname` completes a bare `postmaster`.
pub(super) fn parse(line: &str, hostname: &str) -> Result<Command, Refused> {
    let line = line.trim_end_matches([' ', '\t']);
    let (verb, argument) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let alone = |command| {
        if argument.trim().is_empty() {
            Ok(command)
        } else {
            Err(reply::WRONG_ARGUMENT.into())
        }
    };
    match verb.to_ascii_uppercase().as_str() {
        "HELO" => hello(Hello::Plain, argument),
        "EHLO" => hello(Hello::Extended, argument),
        "LHLO" => hello(Hello::Local, argument),
        "MAIL" => mail(argument),
        "RCPT" => rcpt(argument, hostname),
        "DATA" => alone(Command::Data),
        "RSET" => alone(Command::Rset),
        "NOOP" => Ok(Command::Noop),
        "VRFY" => Ok(Command::Vrfy),
        "HELP" => Ok(Command::Help),
        "QUIT" => alone(Command::Quit),
        "STARTTLS" => alone(Command::StartTls),
        "BDAT" => bdat(argument),
        // A web browser that was sent here with a form full of commands.
        "GET" | "POST" | "PUT" | "CONNECT" | "OPTIONS" => {
            Err(Refused::HangUp(reply::UNKNOWN_COMMAND))
        }
        "AUTH" => auth(argument),
        "XCLIENT" => Ok(Command::Xclient(xclient::parse(argument)?)),
        "EXPN" | "TURN" | "ETRN" => Err(reply::NOT_OFFERED.into()),
        _ => Err(reply::UNKNOWN_COMMAND.into()),
    }
}

/// Whether a line that was refused was meant to be this command of four letters.
pub(super) fn is(line: &[u8], verb: &str) -> bool {
    line.get(..4)
        .is_some_and(|begin| begin.eq_ignore_ascii_case(verb.as_bytes()))
}

fn hello(hello: Hello, argument: &str) -> Result<Command, Refused> {
    let name = argument.trim();
    if name.is_empty() || name.len() > crate::limits::HELO_BYTES_MAX {
        return Err(reply::WRONG_ARGUMENT.into());
    }
    Ok(Command::Hello(hello, name.to_owned()))
}

fn mail(argument: &str) -> Result<Command, Refused> {
    let argument = after_keyword(argument, "FROM:").ok_or(reply::WRONG_ARGUMENT)?;
    let (path, parameters) = path::split(argument).ok_or(reply::WRONG_SENDER)?;
    let reverse_path = path::reverse(path).ok_or(reply::WRONG_SENDER)?;
    let mut mail = Mail {
        reverse_path,
        size_bytes: None,
        smtputf8: false,
        ret: None,
        envid: None,
        unread: Vec::new(),
    };
    for (name, value) in keywords(parameters)? {
        match (name.as_str(), value) {
            ("SIZE", Some(size)) => mail.size_bytes = Some(number(size)?),
            ("SMTPUTF8", None) => mail.smtputf8 = true,
            ("BODY", Some(body)) => one_of(body, &["7BIT", "8BITMIME"])?, // RFC 6152 §2
            ("RET", ret) => {
                mail.ret = ret.and_then(dsn::ret);
                if mail.ret.is_none() {
                    mail.unread.push("RET");
                }
            }
            ("ENVID", id) => {
                mail.envid = id.and_then(dsn::envid);
                if mail.envid.is_none() {
                    mail.unread.push("ENVID");
                }
            }
            // RFC 4954 §5. Who wrote it is the business of the peer, whom we trust or do not.
            ("AUTH", Some(author)) if xtext::decode(author).is_some() => {}
            ("SIZE" | "SMTPUTF8" | "BODY" | "AUTH", _) => {
                return Err(reply::WRONG_ARGUMENT.into());
            }
            _ => return Err(reply::UNKNOWN_PARAMETER.into()),
        }
    }
    let plain = matches!(&mail.reverse_path, ReversePath::Address(a) if !a.as_str().is_ascii());
    if plain && !mail.smtputf8 {
        return Err(reply::NEEDS_SMTPUTF8.into());
    }
    Ok(Command::Mail(mail))
}

fn rcpt(argument: &str, hostname: &str) -> Result<Command, Refused> {
    let argument = after_keyword(argument, "TO:").ok_or(reply::WRONG_ARGUMENT)?;
    let (path, parameters) = path::split(argument).ok_or(reply::WRONG_RECIPIENT)?;
    let address = path::forward(path, hostname).ok_or(reply::WRONG_RECIPIENT)?;
    let mut recipient = Recipient {
        address,
        notify: None,
        orcpt: None,
        unread: Vec::new(),
    };
    for (name, value) in keywords(parameters)? {
        match (name.as_str(), value) {
            ("NOTIFY", when) => {
                recipient.notify = when.and_then(dsn::notify);
                if recipient.notify.is_none() {
                    recipient.unread.push("NOTIFY");
                }
            }
            ("ORCPT", original) => {
                recipient.orcpt = original.and_then(dsn::orcpt);
                if recipient.orcpt.is_none() {
                    recipient.unread.push("ORCPT");
                }
            }
            _ => return Err(reply::UNKNOWN_PARAMETER.into()),
        }
    }
    Ok(Command::Rcpt(recipient))
}

/// `BDAT octets [LAST]` (RFC 3030 §2). Who gets that wrong sends octets of which nobody knows
/// where they end.
fn bdat(argument: &str) -> Result<Command, Refused> {
    let mut words = argument.split_ascii_whitespace();
    let octets = words.next().and_then(|octets| number(octets).ok());
    let last = match words.next() {
        None => Some(false),
        Some(word) => word.eq_ignore_ascii_case("LAST").then_some(true),
    };
    match (octets, last, words.next()) {
        (Some(octets), Some(last), None) => Ok(Command::Bdat(Chunk { octets, last })),
        _ => Err(Refused::HangUp(reply::WRONG_ARGUMENT)),
    }
}

fn auth(argument: &str) -> Result<Command, Refused> {
    let mut words = argument.split_ascii_whitespace();
    let (mechanism, initial) = (words.next(), words.next().map(str::to_owned));
    match (mechanism, words.next()) {
        (Some(mechanism), None) => Ok(Command::Auth(mechanism.to_ascii_uppercase(), initial)),
        _ => Err(reply::WRONG_ARGUMENT.into()),
    }
}

fn after_keyword<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let argument = argument.trim_start();
    let (head, rest) = argument.split_at_checked(keyword.len())?;
    head.eq_ignore_ascii_case(keyword).then_some(rest)
}

/// `NAME` or `NAME=VALUE`, names in capitals, each at most once (RFC 5321 §4.1.2); of those about
/// reports the first one counts.
pub(super) fn keywords(parameters: &str) -> Result<Vec<(String, Option<&str>)>, Reply> {
    let mut found: Vec<(String, Option<&str>)> = Vec::new();
    for word in parameters.split_ascii_whitespace() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let name = name.to_ascii_uppercase();
        if found.iter().any(|(other, _)| *other == name) {
            if dsn::NAMES.contains(&name.as_str()) {
                continue;
            }
            return Err(reply::WRONG_ARGUMENT);
        }
        found.push((name, value));
    }
    Ok(found)
}

fn one_of(value: &str, words: &[&str]) -> Result<(), Reply> {
    let known = words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if known {
        Ok(())
    } else {
        Err(reply::WRONG_ARGUMENT)
    }
}

/// A size of up to 20 digits (RFC 1870 §4).
fn number(value: &str) -> Result<u64, Reply> {
    let digits = (1..=20).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        return Err(reply::WRONG_ARGUMENT);
    }
    // What does not fit into 64 bits is too large in any case.
    Ok(value.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
