//! A signed-in IMAP connection (RFC 3501).
//!
//! The library's own calls end a list early without a word when the line breaks, and a search
//! that found nothing would mean a second copy. So every command goes through
//! [`Session::command`], which reads up to the tagged answer or fails.

use std::io;
use std::time::Duration;

use async_imap::imap_proto::{RequestId, Response, ResponseCode, Status};
use async_imap::{Authenticator, Client};
use store::Address;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::bounded::Allowance;
use crate::config::Imap;
use crate::failure::MailboxFailure;
use crate::imap_wire::{Wire, connect};
use crate::limits::{self, Patience};
use crate::progress::Progress;

const NO_ANSWER: &str = "no answer in time";

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// NO.
    No(String),
    /// BAD.
    Bad(String),
    /// No answer.
    Broken(String),
}

impl Trouble {
    /// What it means where nothing was to be carried.
    pub fn of_looking(self) -> MailboxFailure {
        match self {
            Self::No(how) => MailboxFailure::No(how),
            Self::Bad(how) => MailboxFailure::Bad(how),
            Self::Broken(how) => MailboxFailure::Broken(how),
        }
    }
}

impl From<async_imap::error::Error> for Trouble {
    fn from(error: async_imap::error::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// A signed-in connection.
pub(crate) struct Session {
    inner: async_imap::Session<Wire>,
    patience: Patience,
    /// What bounds the answers.
    allowance: Allowance,
}

impl Session {
    /// Connects and opens the mailbox of `owner`.
    pub async fn open(
        imap: &Imap,
        owner: &Address,
        patience: Patience,
    ) -> Result<Self, MailboxFailure> {
        let (wire, allowance) = connect(imap, patience)
            .await
            .map_err(MailboxFailure::Unreachable)?;
        let mut client = Client::new(wire);
        let greeting = timeout(patience.command, client.read_response());
        let greeting = greeting
            .await
            .map_err(|_| MailboxFailure::Unreachable(NO_ANSWER.into()))?
            .map_err(|error| MailboxFailure::Unreachable(error.to_string()))?;
        let greeting = greeting.as_ref().map(|it| Greeting::read(it.parsed()));
        let way_in = greeting.unwrap_or_default();
        let inner = timeout(patience.command, sign_in(client, way_in, imap, owner))
            .await
            .map_err(|_| MailboxFailure::TurnedAway(NO_ANSWER.into()))??;
        Ok(Self {
            inner,
            patience,
            allowance,
        })
    }

    /// Sends one command with a literal at its end, which is how a message is carried. `progress`
    /// is set before the server has all of it.
    pub async fn command_with_literal(
        &mut self,
        command: &str,
        literal: &[u8],
        progress: &Progress,
    ) -> Result<String, Trouble> {
        let command = format!("{command} {{{}}}", literal.len());
        let tag = timeout(self.patience.command, self.inner.run_command(command));
        let tag = tag.await.map_err(|_| silence())??;
        self.go_ahead(&tag).await?;

        let mebibytes = u32::try_from(literal.len() >> 20)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let wait = self.patience.content.saturating_mul(mebibytes);
        let stream = self.inner.as_mut();
        timeout(wait, stream.write_all(literal))
            .await
            .map_err(|_| silence())??;
        // The command is whole, and may be carried out, only with its line end.
        progress.whole_message_sent();
        timeout(wait, async {
            stream.write_all(b"\r\n").await.and(stream.flush().await)
        })
        .await
        .map_err(|_| silence())??;
        self.answer(&tag, self.patience.final_dot, |_| ()).await
    }

    /// Waits until the server wants the literal.
    async fn go_ahead(&mut self, tag: &RequestId) -> Result<(), Trouble> {
        loop {
            let next = self.next(self.patience.command, |response| match response {
                Response::Continue(_) => Some(Ok(String::new())),
                other => tagged(other, tag),
            });
            if let Some(answer) = next.await? {
                return answer.map(|_| ());
            }
        }
    }

    /// Sends one command, shows each untagged response to `each`, and gives the tagged answer.
    pub async fn command(
        &mut self,
        command: &str,
        each: impl FnMut(&Response<'_>),
    ) -> Result<String, Trouble> {
        self.allowance.renew();
        let tag = timeout(self.patience.command, self.inner.run_command(command));
        let tag = tag.await.map_err(|_| silence())??;
        self.answer(&tag, self.patience.command, each).await
    }

    async fn answer(
        &mut self,
        tag: &RequestId,
        within: Duration,
        mut each: impl FnMut(&Response<'_>),
    ) -> Result<String, Trouble> {
        loop {
            let next = self.next(within, |response| {
                each(response);
                tagged(response, tag)
            });
            if let Some(answer) = next.await? {
                return answer;
            }
        }
    }

    async fn next<T>(
        &mut self,
        within: Duration,
        look: impl FnOnce(&Response<'_>) -> T,
    ) -> Result<T, Trouble> {
        let response = timeout(within, self.inner.read_response()).await;
        match response.map_err(|_| silence())?? {
            Some(response) => Ok(look(response.parsed())),
            None => Err(Trouble::Broken("it closed the connection".into())),
        }
    }

    /// Says goodbye.
    pub async fn log_out(mut self) {
        // What counts was answered before; whether it says goodbye changes nothing.
        let _ = timeout(
            self.patience.command.min(limits::QUIT_PATIENCE),
            self.inner.logout(),
        )
        .await;
    }
}

/// The answer to the command of `tag`, once it is there.
fn tagged(response: &Response<'_>, tag: &RequestId) -> Option<Result<String, Trouble>> {
    match response {
        Response::Done {
            tag: it,
            status,
            outcome,
        } if it == tag => {
            let words = outcome
                .information
                .as_deref()
                .unwrap_or_default()
                .to_owned();
            Some(match status {
                Status::Ok => Ok(words),
                Status::No => Err(Trouble::No(words)),
                _ => Err(Trouble::Bad(words)),
            })
        }
        Response::Data {
            status: Status::Bye,
            outcome,
        } => {
            let words = outcome.information.as_deref().unwrap_or_default();
            Some(Err(Trouble::Broken(format!("it said goodbye: {words}"))))
        }
        _ => None,
    }
}

async fn sign_in(
    client: Client<Wire>,
    way_in: Greeting,
    imap: &Imap,
    owner: &Address,
) -> Result<async_imap::Session<Wire>, MailboxFailure> {
    let login = imap.login.of(owner);
    let signed_in = match way_in {
        Greeting::Unwelcome => {
            return Err(MailboxFailure::Unreachable("it does not greet us".into()));
        }
        // The identity stands in the login itself, so both ways open the same mailbox; PLAIN
        // carries names and passwords beyond ASCII.
        Greeting::Plain => client.authenticate("PLAIN", Plain { login, imap }).await,
        Greeting::Login => client.login(login, imap.password.expose()).await,
        Greeting::NoWayIn => {
            let why = "the server lets nobody sign in without encryption; \
                       set primary.imap to its port 993 and primary.imap_tls to \"required\"";
            return Err(MailboxFailure::SignIn(why.into()));
        }
    };
    signed_in.map_err(|(error, _)| match error {
        // RFC 5530 §3: it could be right, but the server can not tell now.
        async_imap::error::Error::No(why) if why.contains("[UNAVAILABLE]") => {
            MailboxFailure::TurnedAway(plain(&why))
        }
        async_imap::error::Error::No(why) | async_imap::error::Error::Bad(why) => {
            MailboxFailure::SignIn(plain(&why))
        }
        other => MailboxFailure::TurnedAway(other.to_string()),
    })
}

/// The server's own words out of the library's, which are meant for programmers.
fn plain(why: &str) -> String {
    let inner = why
        .split_once("info: Some(\"")
        .and_then(|(_, rest)| rest.strip_suffix("\")"));
    inner.unwrap_or(why).to_owned()
}

/// What the greeting says about signing in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Greeting {
    /// It is none.
    #[default]
    Unwelcome,
    /// AUTHENTICATE PLAIN is offered.
    Plain,
    /// LOGIN may be tried.
    Login,
    /// Neither.
    NoWayIn,
}

impl Greeting {
    fn read(response: &Response<'_>) -> Self {
        let Response::Data {
            status: Status::Ok,
            outcome,
        } = response
        else {
            return Self::Unwelcome;
        };
        let Some(ResponseCode::Capabilities(offered)) = &outcome.code else {
            return Self::Login;
        };
        let offers = |want: &str| {
            use async_imap::imap_proto::Capability::{Atom, Auth, Imap4rev1};
            offered.iter().any(|it| match it {
                Auth(name) => want
                    .strip_prefix("AUTH=")
                    .is_some_and(|w| name.eq_ignore_ascii_case(w)),
                Atom(name) => name.eq_ignore_ascii_case(want),
                Imap4rev1 => false,
            })
        };
        if offers("AUTH=PLAIN") {
            Self::Plain
        } else if offers("LOGINDISABLED") {
            Self::NoWayIn
        } else {
            Self::Login
        }
    }
}

/// SASL PLAIN (RFC 4616).
struct Plain<'a> {
    login: String,
    imap: &'a Imap,
}

impl Authenticator for Plain<'_> {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        format!("\0{}\0{}", self.login, self.imap.password.expose())
    }
}

/// A quoted string (RFC 3501 §4.3). Nothing with a line end comes here: folder names come from a
/// parsed response, and a Message-ID was looked at.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn silence() -> Trouble {
    Trouble::Broken(NO_ANSWER.into())
}
