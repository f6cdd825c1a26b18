//! One conversation with a peer.

use std::collections::VecDeque;
use std::time::Duration;

use store::{Address, Trust};

use super::auth::Credentials;
use super::command::{self, Command, Recipient, Refused};
use super::line::{Line, LineReader};
use super::phase::Phase;
use super::reply::{self, Reply};
use super::transaction::{Awaited, Manners, Secured, Standing, Transaction};
use super::waiting::Waiting;
use super::xclient::{Introduced, Introduction, Said};
use crate::config::Protocol;
use crate::desk::Answer;
use crate::limits;

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Read more from the peer; it has this long.
    NeedBytes {
        /// How long.
        within: Duration,
    },
    /// Tell the peer.
    Say(Reply),
    /// Find out whether this recipient is ours, then call [`Dialogue::answer`].
    Ask(Address),
    /// A piece of the mail, without stuffed dots.
    Body(Vec<u8>),
    /// Forget the pieces of the mail.
    Discard,
    /// The same of a mail that is refused with this: somebody may ask what became of it.
    Refuse(Transaction, Reply),
    /// The mail is whole: make it durable, then call [`Dialogue::settle`].
    Commit(Transaction),
    /// Begin TLS on the line, then call [`Dialogue::secured`].
    StartTls,
    /// Check [`Dialogue::credentials`], then call [`Dialogue::signed_in`].
    SignIn,
    /// A proxy says that the peer has this address: see how that one stands, then call
    /// [`Dialogue::introduced`].
    Introduce(Option<Said>),
    /// Do nothing for so long.
    Pause(Duration),
    /// Close the line.
    HangUp,
}

/// One conversation with a peer. It sees bytes and times and decides; a session carries it out.
#[derive(Debug)]
pub(crate) struct Dialogue {
    pub(super) manners: Manners,
    pub(super) secured: Secured,
    pub(super) standing: Standing,
    pub(super) phase: Phase,
    line: LineReader,
    /// Until when a command is waited for.
    pub(super) waiting: Waiting,
    /// Decided, not yet told to the session.
    pub(super) soon: VecDeque<Step>,
    /// The recipient that is being asked for.
    pub(super) asked: Option<Recipient>,
    /// What the peer signs in with.
    pub(super) credentials: Option<Credentials>,
    /// Sign-ins that were refused.
    pub(super) sign_ins: u32,
    /// What a proxy is saying.
    pub(super) introduction: Option<Introduction>,
    /// What a proxy has said.
    pub(super) introduced: Introduced,
    /// Replies that the peer is owed for the mail being committed.
    pub(super) awaited: Awaited,
    errors: u32,
    pub(super) unknown_recipients: u32,
    /// Recipients that were asked to come later, since the last kept mail.
    pub(super) late_recipients: u32,
    idle_commands: u32,
    /// Mails that were begun: MAIL was taken.
    pub(super) mails: u32,
    /// The one that what we say now is about.
    about: Option<u32>,
}

impl Dialogue {
    pub(crate) fn new(manners: Manners) -> Self {
        Self {
            standing: manners.standing.clone(),
            manners,
            secured: Secured::No,
            phase: Phase::Silent,
            line: LineReader::default(),
            waiting: Waiting::default(),
            soon: VecDeque::new(),
            asked: None,
            credentials: None,
            sign_ins: 0,
            introduction: None,
            introduced: Introduced::default(),
            awaited: Awaited::Nobody,
            errors: 0,
            unknown_recipients: 0,
            late_recipients: 0,
            idle_commands: 0,
            mails: 0,
            about: None,
        }
    }

    /// Takes what it can use from `wire` and says what to do next; `now` is the time since the
    /// line was opened.
    pub(crate) fn step(&mut self, wire: &mut &[u8], now: Duration) -> Step {
        loop {
            if let Some(step) = self.soon.pop_front() {
                return step;
            }
            // A session that goes on without the answer did not get one.
            self.answer(Answer::Later);
            self.settle(Err(reply::NOT_KEPT));
            if self.credentials.take().is_some() {
                self.wrong(reply::SIGN_IN_LATER);
            }
            let _ = self.introduced(Ok(None));
            if !self.soon.is_empty() {
                continue;
            }
            self.about = self.phase.mail();
            match std::mem::replace(&mut self.phase, Phase::Gone) {
                Phase::Gone => self.soon.push_back(Step::HangUp),
                Phase::Silent => self.greet(wire),
                Phase::Body(client, transaction, reader, until) => {
                    let body = (client, transaction, reader, until);
                    if let Some(within) = self.body(body, wire, now) {
                        return Step::NeedBytes { within };
                    }
                }
                Phase::Chunk(chunked, piece) => {
                    if let Some(within) = self.chunk((chunked, piece), wire, now) {
                        return Step::NeedBytes { within };
                    }
                }
                Phase::Skipping(back, unwanted) => {
                    if let Some(within) = self.skip((back, unwanted), wire, now) {
                        return Step::NeedBytes { within };
                    }
                }
                phase => {
                    self.phase = phase;
                    if let Some(within) = self.command(wire, now) {
                        return Step::NeedBytes { within };
                    }
                }
            }
        }
    }

    /// The outcome of [`Step::Commit`]: our name for the kept message, or what to say instead.
    pub(crate) fn settle(&mut self, outcome: Result<String, Reply>) {
        let awaited = std::mem::take(&mut self.awaited);
        if matches!(awaited, Awaited::Nobody) {
            return;
        }
        if outcome.is_ok() {
            self.errors = 0;
            self.unknown_recipients = 0;
            self.late_recipients = 0;
            self.idle_commands = 0;
        }
        let reply = outcome.map_or_else(|reply| reply, |name| Reply::kept(&name));
        match awaited {
            Awaited::Each(recipients) => {
                for recipient in recipients {
                    self.say(reply.about(&recipient));
                }
            }
            Awaited::Nobody | Awaited::One => self.say(reply),
        }
    }

    /// TLS has begun, and the peer showed a certificate that is `trusted`, or did not. What was
    /// said before does not count (RFC 3207 §4.2). Gives whether the certificate is the peer's own.
    pub(crate) fn secured(&mut self, trusted: Option<Trust>) -> bool {
        self.secured = Secured::Tls;
        // A certificate after XCLIENT is the proxy's, and nothing of that counts for its client.
        let trusted = trusted.filter(|_| !self.introduced.is_named);
        let is_trusted = trusted.is_some();
        if let Some(trust) = trusted {
            self.standing = Standing::Trusted(trust);
        }
        if !matches!(self.phase, Phase::Silent) {
            self.phase = Phase::Connected;
        }
        self.line = LineReader::default();
        is_trusted
    }

    /// The how many-th mail of this conversation the last step was about, from MAIL to what is said
    /// of the whole mail.
    pub(crate) fn mail_number(&self) -> Option<u32> {
        self.about
    }

    /// Whether the peer is one of those who may bring mail where not everybody may.
    pub(crate) fn is_trusted(&self) -> bool {
        matches!(self.standing, Standing::Trusted(_))
    }

    /// Whether nothing was said yet.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.phase, Phase::Silent)
    }

    /// Whether no mail is under way, so that the line can be closed at any time.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.awaited, Awaited::Nobody)
            && matches!(
                self.phase,
                Phase::Silent | Phase::Connected | Phase::Ready(_) | Phase::Auth(..) | Phase::Gone
            )
    }

    pub(super) fn say(&mut self, reply: Reply) {
        self.soon.push_back(Step::Say(reply));
    }

    /// The last word.
    pub(super) fn part(&mut self, reply: Reply) {
        self.say(reply);
        self.phase = Phase::Gone;
        self.soon.push_back(Step::HangUp);
    }

    fn greet(&mut self, wire: &[u8]) {
        if !wire.is_empty() {
            return self.part(reply::OUT_OF_STEP);
        }
        self.phase = Phase::Connected;
        let greeting = self.greeting();
        self.say(greeting);
    }

    pub(super) fn greeting(&self) -> Reply {
        let protocol = match self.manners.protocol {
            Protocol::Smtp => "ESMTP",
            Protocol::Lmtp => "LMTP",
        };
        Reply::greeting(&self.manners.hostname, protocol)
    }

    /// Reads on in a command. Tells how long to wait when it is not whole.
    fn command(&mut self, wire: &mut &[u8], now: Duration) -> Option<Duration> {
        if let Some(line) = self.line.read(wire) {
            self.waiting.line_came();
            self.line(line, wire, now);
            return None;
        }
        let left = self.waiting.left(&self.standing, now);
        if left.is_none() {
            self.part(reply::TOO_SLOW);
        }
        left
    }

    fn line(&mut self, line: Line, wire: &mut &[u8], now: Duration) {
        if matches!(line, Line::BareLineFeed(_)) && !self.is_known() {
            return self.part(reply::NOT_A_LINE);
        }
        let line = match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Auth(client, exchange) => return self.auth_line(client, exchange, line),
            phase => {
                self.phase = phase;
                line
            }
        };
        let (line, refusal) = match line {
            Line::Command(text) => match command::parse(&text, &self.manners.hostname) {
                Ok(command) => return self.obey(command, wire, now),
                Err(Refused::HangUp(reply)) => return self.part(reply),
                Err(Refused::Say(reply)) => (text.into_bytes(), reply),
            },
            Line::BareLineFeed(line) | Line::NotText(line) => (line, reply::NOT_A_LINE),
            Line::TooLong(line) => (line, reply::LINE_TOO_LONG),
        };
        if command::is(&line, "BDAT") {
            // The octets of a chunk follow, and nobody knows how many.
            return self.part(refusal);
        }
        if command::is(&line, "MAIL") {
            // Else the recipients that follow would join the mail before.
            self.reset();
        }
        self.wrong(refusal);
    }

    fn obey(&mut self, command: Command, wire: &mut &[u8], now: Duration) {
        match command {
            Command::Hello(hello, name) => self.hello(hello, name, wire),
            Command::StartTls => self.start_tls(wire),
            Command::Auth(mechanism, initial) => self.auth(&mechanism, initial.as_deref()),
            Command::Xclient(introduction) => self.xclient(introduction),
            Command::Mail(mail) => self.mail(mail),
            Command::Rcpt(recipient) => self.rcpt(recipient),
            Command::Data => self.data(wire, now),
            Command::Bdat(chunk) => self.bdat(chunk, now),
            Command::Rset => {
                self.reset();
                self.idle(reply::DONE);
            }
            Command::Vrfy => match self.barred() {
                Some(refusal) => self.wrong(refusal),
                None => self.idle(reply::CANNOT_VERIFY),
            },
            Command::Noop => self.idle(reply::DONE),
            Command::Help => self.idle(reply::HELP),
            Command::Quit => self.part(reply::BYE),
        }
    }

    pub(super) fn reset(&mut self) {
        let phase = std::mem::replace(&mut self.phase, Phase::Gone);
        if matches!(phase, Phase::Chunks(_)) {
            self.soon.push_back(Step::Discard);
        }
        self.phase = phase.reset();
    }

    /// A command that was refused.
    pub(super) fn wrong(&mut self, reply: Reply) {
        self.say(reply);
        self.errors += 1;
        if self.errors > limits::ERRORS_MAX {
            self.part(reply::TOO_MANY_ERRORS);
        }
    }

    /// A command that brings no mail.
    pub(super) fn idle(&mut self, reply: Reply) {
        self.say(reply);
        self.idle_commands += 1;
        if self.idle_commands > limits::IDLE_COMMANDS_MAX {
            self.part(reply::TOO_IDLE);
        }
    }
}

#[cfg(test)]
#[path = "dialogue_tests.rs"]
mod tests;
