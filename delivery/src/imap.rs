//! What somebody wrote in the emergency webmail goes into the Sent folder of the primary by
//! IMAP (RFC 3501).
//!
//! The library's own calls end a list early without a word when the line breaks, and an empty
//! search would mean a second copy. So every command goes through [`Session::command`], which
//! reads up to the tagged answer or fails.

use std::io;
use std::time::Duration;

use async_imap::imap_proto::{
    AttributeValue, MailboxDatum, NameAttribute, RequestId, Response, ResponseCode, Status,
};
use async_imap::{Authenticator, Client};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::Address;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::config::Imap;
use crate::failure::MailboxFailure;
use crate::header::value_of;
use crate::imap_wire::{Wire, connect};
use crate::limits::{self, Patience};
use crate::progress::Progress;
use crate::sent_folder::{Listed, choose, to_create};

/// A message for the Sent folder of its writer.
#[derive(Clone, Debug)]
pub(crate) struct SentCopy {
    /// Whose folder.
    pub writer: Address,
    /// The message as it was written, octet for octet.
    pub bytes: Vec<u8>,
    /// When it was written.
    pub date: Timestamp,
}

/// Puts the copy into the folder, unless it is there already. Gives the last words.
pub(crate) async fn put(
    imap: &Imap,
    copy: &SentCopy,
    patience: Patience,
    progress: &Progress,
) -> Result<String, MailboxFailure> {
    if copy.bytes.contains(&0) {
        // A literal can not hold it (RFC 3501 §4.3).
        return Err(MailboxFailure::Held(
            "IMAP can not carry a message with a NUL in it".into(),
        ));
    }
    let id = value_of(&copy.bytes, "Message-ID").filter(|id| can_be_searched(id));
    let mut session = Session::open(imap, &copy.writer, patience).await?;
    let put = session.put_once(copy, id.as_deref(), progress).await;
    session.log_out().await;
    put.map_err(|trouble| match trouble {
        Trouble::No(how) => MailboxFailure::No(how),
        Trouble::Bad(how) => MailboxFailure::Bad(how),
        Trouble::Broken(how) if progress.is_whole_message_sent() => MailboxFailure::Unanswered {
            how,
            can_search: id.is_some(),
        },
        Trouble::Broken(how) => MailboxFailure::Broken(how),
    })
}

/// Why a command failed.
enum Trouble {
    /// NO.
    No(String),
    /// BAD.
    Bad(String),
    /// No answer.
    Broken(String),
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
struct Session {
    inner: async_imap::Session<Wire>,
    patience: Patience,
}

impl Session {
    async fn open(
        imap: &Imap,
        owner: &Address,
        patience: Patience,
    ) -> Result<Self, MailboxFailure> {
        let wire = connect(imap, patience)
            .await
            .map_err(MailboxFailure::Unreachable)?;
        let signing_in = timeout(patience.command, sign_in(wire, imap, owner));
        let silent = |_| MailboxFailure::Unreachable("no answer in time".into());
        let inner = signing_in.await.map_err(silent)??;
        Ok(Self { inner, patience })
    }

    async fn put_once(
        &mut self,
        copy: &SentCopy,
        id: Option<&str>,
        progress: &Progress,
    ) -> Result<String, Trouble> {
        let folder = self.sent_folder().await?;
        if let Some(id) = id
            && self.holds(&folder, id).await?
        {
            return Ok(format!("is in the folder {folder} already"));
        }
        let answer = self.append(&folder, copy, progress).await?;
        Ok(format!("put into the folder {folder}: {answer}"))
    }

    /// The Sent folder, made when there is none.
    async fn sent_folder(&mut self) -> Result<String, Trouble> {
        let mut folders = Vec::new();
        let collect = |response: &Response<'_>| {
            if let Response::MailboxData(MailboxDatum::List(list)) = response {
                folders.push(Listed {
                    name: list.name.to_string(),
                    delimiter: list.delimiter.as_deref().map(ToOwned::to_owned),
                    is_sent: list.name_attributes.contains(&NameAttribute::Sent),
                    is_selectable: !list.name_attributes.iter().any(cannot_be_opened),
                });
            }
        };
        self.command("LIST \"\" \"*\"", collect).await?;
        if let Some(name) = choose(&folders) {
            return Ok(name.to_owned());
        }
        let mut refused = Trouble::No("no folder can be made".into());
        for name in to_create(&folders) {
            match self
                .command(&format!("CREATE {}", quoted(&name)), |_| ())
                .await
            {
                Ok(_) => {
                    // Mail programs show it without that, too; some only after a subscription.
                    let _ = self
                        .command(&format!("SUBSCRIBE {}", quoted(&name)), |_| ())
                        .await;
                    return Ok(name);
                }
                Err(trouble @ Trouble::No(_)) => refused = trouble,
                Err(trouble) => return Err(trouble),
            }
        }
        Err(refused)
    }

    /// Whether a message with exactly this Message-ID is in the folder. SEARCH finds substrings,
    /// without case (RFC 3501 §6.4.4).
    async fn holds(&mut self, folder: &str, id: &str) -> Result<bool, Trouble> {
        self.command(&format!("EXAMINE {}", quoted(folder)), |_| ())
            .await?;
        let mut found = Vec::new();
        let collect = |response: &Response<'_>| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.extend(
                    uids.iter()
                        .take(limits::SEARCH_HITS_MAX)
                        .map(ToString::to_string),
                );
            }
        };
        self.command(
            &format!("UID SEARCH HEADER Message-ID {}", quoted(id)),
            collect,
        )
        .await?;
        if found.is_empty() {
            return Ok(false);
        }
        let mut same = false;
        let compare = |response: &Response<'_>| {
            let Response::Fetch(_, attributes) = response else {
                return;
            };
            same |= attributes.iter().any(|it| {
                matches!(it, AttributeValue::BodySection { data: Some(header), .. }
                    if value_of(header, "Message-ID").as_deref() == Some(id))
            });
        };
        let fetch = format!(
            "UID FETCH {} (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])",
            found.join(",")
        );
        self.command(&fetch, compare).await?;
        Ok(same)
    }

    async fn append(
        &mut self,
        folder: &str,
        copy: &SentCopy,
        progress: &Progress,
    ) -> Result<String, Trouble> {
        let date = copy
            .date
            .to_zoned(TimeZone::UTC)
            .strftime("%e-%b-%Y %H:%M:%S +0000");
        let octets = copy.bytes.len();
        let command = format!("APPEND {} (\\Seen) \"{date}\" {{{octets}}}", quoted(folder));
        let tag = self.inner.run_command(command).await?;
        self.go_ahead(&tag).await?;

        let mebibytes = u32::try_from(octets >> 20)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let wait = self.patience.content.saturating_mul(mebibytes);
        let stream = self.inner.as_mut();
        timeout(wait, stream.write_all(&copy.bytes))
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
        self.inner.as_mut().flush().await?;
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
    async fn command(
        &mut self,
        command: &str,
        each: impl FnMut(&Response<'_>),
    ) -> Result<String, Trouble> {
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

    async fn log_out(mut self) {
        // What counts was answered before; whether it says goodbye changes nothing.
        let _ = timeout(limits::QUIT_PATIENCE, self.inner.logout()).await;
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
    wire: Wire,
    imap: &Imap,
    owner: &Address,
) -> Result<async_imap::Session<Wire>, MailboxFailure> {
    let mut client = Client::new(wire);
    let greeting = client.read_response().await;
    let greeting = greeting.map_err(|e| MailboxFailure::Unreachable(e.to_string()))?;
    let greeting = greeting
        .as_ref()
        .map(|it| Greeting::read(it.parsed()))
        .unwrap_or_default();
    let login = imap.login.of(owner);
    let signed_in = match greeting {
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
            MailboxFailure::Unreachable(why)
        }
        async_imap::error::Error::No(why) | async_imap::error::Error::Bad(why) => {
            MailboxFailure::SignIn(why)
        }
        other => MailboxFailure::Unreachable(other.to_string()),
    })
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
            use async_imap::imap_proto::Capability::{Atom, Auth};
            offered.iter().any(|it| match it {
                Auth(name) => want
                    .strip_prefix("AUTH=")
                    .is_some_and(|w| name.eq_ignore_ascii_case(w)),
                Atom(name) => name.eq_ignore_ascii_case(want),
                _ => false,
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

fn cannot_be_opened(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    }
}

fn can_be_searched(id: &str) -> bool {
    !id.is_empty() && id.len() < 1000 && id.bytes().all(|b| b.is_ascii_graphic())
}

/// A quoted string (RFC 3501 §4.3). Nothing with a line end comes here: folder names come from a
/// parsed response, and a Message-ID was looked at.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn silence() -> Trouble {
    Trouble::Broken("no answer in time".into())
}

#[cfg(test)]
#[path = "imap_tests.rs"]
mod tests;
