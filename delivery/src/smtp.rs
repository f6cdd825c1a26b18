//! One connection to somebody who takes mail by SMTP (RFC 5321), step by step, so that the step
//! at which it fails is known.

mod opening;

use std::fmt::Display;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{
    ClientId, Extension, MailBodyParameter, MailParameter, RcptParameter,
};
use lettre::transport::smtp::response::{Response, Severity};
use store::{Address, RecipientDsn, Ret, ReversePath};
use tokio::time::timeout;
use tracing::warn;

use crate::bounded::Allowance;
use crate::config::{Door, TlsPolicy};
use crate::failure::{Cause, Failure, Step};
use crate::limits::{self, Patience};
use crate::progress::Progress;
use opening::{Unopened, connect};

/// Forgets a transaction that was refused in the middle (RFC 5321 §4.1.1.5).
const RSET: &str = "RSET\r\n";

/// One message for one recipient, as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    /// `MAIL FROM`.
    pub reverse_path: ReversePath,
    /// `RCPT TO`.
    pub recipient: Address,
    /// The octets, sound, without the last line end ([`crate::bytes::Outgoing`]).
    pub bytes: Vec<u8>,
    /// What must not be sent without SMTPUTF8 (RFC 6531): addresses or a header beyond ASCII.
    pub needs_smtputf8: bool,
    /// Who hears of a bounce.
    pub notify: Notify,
}

/// Who hears of a bounce (RFC 3461 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notify {
    /// Nobody: the sender was never told of a delay either. Our ledger knows.
    Never,
    /// The sender, as usual.
    Sender,
    /// The sender, who asked for it when the mail came to us.
    Asked(Asked),
}

/// What a sender asked to be told about one recipient (RFC 3461 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// RET.
    pub ret: Option<Ret>,
    /// ENVID.
    pub envid: Option<String>,
    /// NOTIFY and ORCPT.
    pub about: RecipientDsn,
}

/// An open connection.
pub(crate) struct Line {
    connection: AsyncSmtpConnection,
    allowance: Allowance,
    patience: Patience,
    encrypted_at_once: bool,
    offers: Offers,
    rows: u32,
    state: State,
}

/// What the next transaction must begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing: none is open.
    Ready,
    /// RSET: one was refused in the middle.
    Refused,
    /// A new connection: this one is dead, or nobody knows where it stands.
    Broken,
}

/// Extensions that count for us and that lettre does not read.
#[derive(Clone, Copy, Debug, Default)]
struct Offers {
    size: bool,
    dsn: bool,
}

impl Offers {
    fn read(reply: &Response) -> Self {
        let offered = |keyword: &str| {
            reply.message().skip(1).any(|line| {
                line.split_whitespace()
                    .next()
                    .is_some_and(|it| it.eq_ignore_ascii_case(keyword))
            })
        };
        Self {
            size: offered("SIZE"),
            dsn: offered("DSN"),
        }
    }
}

impl Line {
    /// Connects and says EHLO as `hello`, encrypted where the policy and the other side want it.
    pub async fn open(door: &Door, hello: &str, patience: Patience) -> Result<Self, Failure> {
        let hello = ClientId::Domain(hello.to_owned());
        match connect(door, &hello, patience).await {
            Err(Unopened::Tls(failure)) if door.tls == TlsPolicy::Opportunistic => {
                // As Postfix does it at level `may`: encryption that fails is none.
                warn!(to = %door.address, why = ?failure.cause, "STARTTLS failed, going on without");
                let plain = Door {
                    tls: TlsPolicy::Off,
                    ..door.clone()
                };
                connect(&plain, &hello, patience).await
            }
            other => other,
        }
        .map_err(|(Unopened::Tls(failure) | Unopened::Other(failure))| failure)
    }

    /// Hands one message over and gives the other side's last words. `progress` is set before
    /// the final dot goes out.
    pub async fn hand_over(
        &mut self,
        parcel: &Parcel,
        progress: &Progress,
    ) -> Result<String, Failure> {
        if self.state == State::Refused {
            // Whatever it says against it is not about the next message.
            self.state = State::Broken;
            self.say(Step::Reach, Severity::PositiveCompletion, RSET)
                .await?;
        }
        self.rows += 1;
        self.state = State::Refused;
        let mail = self.mail(parcel)?;
        self.say(Step::Mail, Severity::PositiveCompletion, mail)
            .await?;
        let rcpt = self.rcpt(parcel);
        self.say(Step::Rcpt, Severity::PositiveCompletion, rcpt)
            .await?;
        self.say(Step::Data, Severity::PositiveIntermediate, Data)
            .await?;
        let reply = self.content(&parcel.bytes, progress).await?;
        self.state = State::Ready;
        Ok(words(&reply))
    }

    /// Whether another message may be handed over on it.
    pub fn is_usable(&self) -> bool {
        self.state != State::Broken && self.rows < limits::CONNECTION_ROWS_MAX
    }

    /// Says goodbye.
    pub async fn quit(mut self) {
        if self.state != State::Broken {
            // Whether it answers changes nothing.
            let wait = self.patience.command.min(limits::QUIT_PATIENCE);
            let _ = timeout(wait, self.connection.quit()).await;
        }
    }

    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted_at_once || self.connection.is_encrypted()
    }

    fn mail(&self, parcel: &Parcel) -> Result<Mail, Failure> {
        let offered = |extension| self.connection.server_info().supports_feature(extension);
        let held = |what: &str| {
            let why = format!("the message needs {what}, which the other side does not offer");
            Err(Failure {
                step: Step::Mail,
                cause: Cause::Held(why),
            })
        };
        let mut parameters = Vec::new();
        if parcel.needs_smtputf8 {
            if !offered(Extension::SmtpUtfEight) {
                return held("SMTPUTF8");
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !parcel.bytes.is_ascii() {
            if !offered(Extension::EightBitMime) {
                return held("8BITMIME");
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if self.offers.size {
            parameters.push(MailParameter::Size(parcel.bytes.len()));
        }
        if let (true, Notify::Asked(asked)) = (self.offers.dsn, &parcel.notify) {
            let parameter = |keyword: &str, value: String| MailParameter::Other {
                keyword: keyword.to_owned(),
                value: Some(value),
            };
            let ret = asked.ret.map(|ret| ret.as_str().to_owned());
            parameters.extend(ret.map(|ret| parameter("RET", ret)));
            let envid = asked.envid.clone();
            parameters.extend(envid.map(|envid| parameter("ENVID", envid)));
        }
        let from = match &parcel.reverse_path {
            ReversePath::Null => None,
            ReversePath::Address(address) => Some(unchecked(address)),
        };
        Ok(Mail::new(from, parameters))
    }

    fn rcpt(&self, parcel: &Parcel) -> Rcpt {
        let mut words = Vec::new();
        let own = || format!("rfc822;{}", parcel.recipient);
        match &parcel.notify {
            _ if !self.offers.dsn => {}
            Notify::Sender => {}
            Notify::Never => words = vec![("NOTIFY", "NEVER".to_owned()), ("ORCPT", own())],
            Notify::Asked(Asked { about, .. }) => {
                words.extend(about.notify_word().map(|when| ("NOTIFY", when)));
                words.push(("ORCPT", about.orcpt.clone().unwrap_or_else(own)));
            }
        }
        let parameters = words
            .into_iter()
            // Beyond ASCII an ORCPT would need the type utf-8 and SMTPUTF8 (RFC 6533 §3).
            .filter(|(_, value)| value.is_ascii())
            .map(|(keyword, value)| RcptParameter::Other {
                keyword: keyword.to_owned(),
                value: Some(value),
            })
            .collect();
        Rcpt::new(unchecked(&parcel.recipient), parameters)
    }

    async fn content(&mut self, bytes: &[u8], progress: &Progress) -> Result<Response, Failure> {
        self.allowance.renew();
        // lettre asks for the next piece only after the one before is written, so the end of the
        // pieces is the moment before the final dot.
        let end = std::iter::from_fn(|| {
            progress.whole_message_sent();
            None
        });
        let pieces = bytes.chunks(limits::PIECE_BYTES).chain(end);
        let mebibytes = u32::try_from(bytes.len() >> 20)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let wait = self.patience.content.saturating_mul(mebibytes) + self.patience.final_dot;
        let sent = timeout(wait, self.connection.message_iter(pieces)).await;
        let step = if progress.is_whole_message_sent() {
            Step::FinalDot
        } else {
            Step::Content
        };
        self.judge(step, Severity::PositiveCompletion, sent)
    }

    async fn say<C: Display>(
        &mut self,
        step: Step,
        want: Severity,
        command: C,
    ) -> Result<Response, Failure> {
        self.allowance.renew();
        let said = timeout(self.patience.command, self.connection.command(command)).await;
        self.judge(step, want, said)
    }

    /// Makes a failure out of every reply that is not the wanted one, and remembers whether the
    /// connection is still good.
    fn judge(
        &mut self,
        step: Step,
        want: Severity,
        said: Result<Result<Response, SmtpError>, tokio::time::error::Elapsed>,
    ) -> Result<Response, Failure> {
        let cause = match said {
            Ok(Ok(reply)) if reply.code().severity == want => return Ok(reply),
            Ok(Ok(reply)) => Cause::Broken(format!("it answered {}", words(&reply))),
            Ok(Err(error)) => cause(&error),
            Err(_) => Cause::Silence,
        };
        let goes_on = matches!(&cause, Cause::Reply { code, .. } if *code != 421);
        if !goes_on {
            self.state = State::Broken;
        }
        Err(Failure { step, cause })
    }
}

type SmtpError = lettre::transport::smtp::Error;

/// lettre's own check refuses addresses that exist (long local parts, two dots); ours has let
/// nothing through that could end a command line.
fn unchecked(address: &Address) -> lettre::Address {
    lettre::Address::new_dangerous(address.local(), address.domain())
}

fn words(reply: &Response) -> String {
    let text: Vec<&str> = reply.message().collect();
    format!("{} {}", reply.code(), text.join(" "))
}

fn cause(error: &SmtpError) -> Cause {
    let inner = std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default();
    match error.status() {
        Some(code) => Cause::Reply {
            code: code.into(),
            text: inner,
        },
        None => Cause::Broken(error.to_string()),
    }
}

#[cfg(test)]
#[path = "smtp_tests.rs"]
mod tests;
