//! One connection: carries out what the dialogue decides.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use store::{Address, Dsn, Envelope, Held, KeepError, Peer, Trust};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};

use crate::circumstances::Circumstances;
use crate::desk::Answer;
use crate::incoming::{Incoming, NotKept};
use crate::input::Input;
use crate::mail_log::{self, Brought, Origin};
use crate::proto::{Dialogue, Reply, Said, Standing, Step, Transaction, reply};
use crate::users::Verdict;
use crate::wire::{farewell, flush};

/// One connection.
pub(crate) struct Session {
    opened: Instant,
    dialogue: Dialogue,
    around: Circumstances,
    /// The mail under way.
    incoming: Incoming,
    /// What the peer heard last, when that was a refusal.
    refused: Option<Reply>,
}

impl Drop for Session {
    fn drop(&mut self) {
        mail_log::disconnected(&self.around.origin);
    }
}

/// How a talk ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The line can be closed.
    Closed,
    /// The peer begins a TLS handshake now; call [`Session::secured`] after it.
    StartTls,
}

/// What came of waiting for bytes.
enum Heard {
    Bytes,
    Nothing,
    TooSlow,
    ShuttingDown,
}

impl Session {
    pub(crate) fn new(dialogue: Dialogue, around: Circumstances) -> Self {
        let incoming = around.incoming();
        mail_log::connected(&around.origin);
        Self {
            opened: Instant::now(),
            dialogue,
            around,
            incoming,
            refused: None,
        }
    }

    /// TLS has begun, and the peer showed a certificate that is `trusted`, or did not; talk on
    /// the new stream.
    pub(crate) fn secured(&mut self, trusted: Option<Trust>) {
        if self.dialogue.secured(trusted) {
            self.around.trust();
        }
    }

    /// Where its mail comes from.
    pub(crate) fn origin(&self) -> &Origin {
        &self.around.origin
    }

    /// Talks until the line is to be closed or changed.
    pub(crate) async fn talk<S>(&mut self, stream: &mut S) -> Ending
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut input = Input::new();
        self.wait_for_silence(stream, &mut input).await;
        let mut out = Vec::new();
        loop {
            let mut wire = input.unread();
            let step = self.dialogue.step(&mut wire, self.opened.elapsed());
            let left = wire.len();
            input.leave(left);
            self.around.tell_mail(self.dialogue.mail_number());
            match step {
                Step::Say(reply) => self.say(&reply, &mut out),
                Step::NeedBytes { within } => {
                    if !flush(stream, &mut out).await {
                        return Ending::Closed;
                    }
                    let last_word = match self.listen(stream, &mut input, within).await {
                        Heard::Bytes => continue,
                        Heard::Nothing => return Ending::Closed,
                        Heard::TooSlow => reply::TOO_SLOW,
                        Heard::ShuttingDown => reply::CLOSING,
                    };
                    last_word.write_to(&mut out);
                    break;
                }
                Step::Ask(address) => self.ask(&address).await,
                Step::Body(piece) => {
                    self.incoming.add(&piece, self.around.room).await;
                    if self.incoming.is_slow(&self.around.guest) {
                        let slow = self.around.guest.reached("bytes_per_second");
                        self.around.tell_limit(Some(slow));
                        reply::TOO_SLOW.write_to(&mut out);
                        break;
                    }
                }
                Step::Discard => drop(self.take_incoming()),
                Step::Refuse(transaction, reply) => {
                    let size_bytes = self.take_incoming().came_bytes;
                    self.around.tell_limit(self.around.guest.brought());
                    let parties = (&transaction.reverse_path, transaction.recipients.as_slice());
                    mail_log::refused_mail(&self.around.origin, parties, size_bytes, &reply);
                }
                Step::Commit(transaction) => {
                    let outcome = self.keep(transaction).await;
                    self.dialogue.settle(outcome);
                }
                Step::SignIn => self.sign_in().await,
                Step::Introduce(said) => self.introduce(said),
                Step::Pause(wait) => {
                    let _ = timeout(wait, self.around.shutdown.cancelled()).await;
                }
                Step::StartTls => {
                    return if flush(stream, &mut out).await {
                        Ending::StartTls
                    } else {
                        Ending::Closed
                    };
                }
                Step::HangUp => break,
            }
        }
        farewell(stream, &mut out).await;
        Ending::Closed
    }

    /// Whoever talks before the greeting shall be seen doing so.
    async fn wait_for_silence<S>(&self, stream: &mut S, input: &mut Input)
    where
        S: AsyncRead + Unpin,
    {
        let delay = self.around.guest.greeting_delay();
        if delay.is_zero() || !self.dialogue.is_silent() {
            let _ = input.fill(stream).now_or_never();
            return;
        }
        tokio::select! {
            () = self.around.shutdown.cancelled() => {}
            _ = timeout(delay, input.fill(stream)) => {}
        }
    }

    /// Whether a recipient is ours.
    async fn ask(&mut self, address: &Address) {
        if let Err(refusal) = self.around.guest.names_recipient() {
            self.around.tell_limit(refusal.limit);
            return self.dialogue.decline(refusal.reply);
        }
        let around = &mut self.around;
        if !self.dialogue.is_trusted()
            && let Err(reply) = around.examiner.may_come(&around.origin).await
        {
            return self.dialogue.decline(reply);
        }
        let answer = self.around.desk.recipient(address).await;
        if answer == Answer::Unknown {
            self.around.tell_limit(self.around.guest.guessed());
        }
        self.dialogue.answer(answer);
    }

    fn say(&mut self, reply: &Reply, out: &mut Vec<u8>) {
        reply.write_to(out);
        if reply.code() < 400 {
            self.refused = None;
            return;
        }
        // Whoever hears the same a thousand times does not fill the disk with it.
        let repeated = self.refused.as_ref() == Some(reply);
        mail_log::refused(
            &self.around.origin,
            reply.code(),
            (!repeated).then_some(reply),
        );
        self.refused = Some(reply.clone());
    }

    fn take_incoming(&mut self) -> Incoming {
        std::mem::replace(&mut self.incoming, self.around.incoming())
    }

    async fn sign_in(&mut self) {
        let Some(credentials) = self.dialogue.credentials() else {
            return;
        };
        let (login, password) = (credentials.login, credentials.password);
        let from = self.around.origin.address;
        let verdict = match &self.around.users {
            Some(users) => users.check(&login, &password, from).await,
            None => Verdict::Refused,
        };
        if verdict == Verdict::Welcome {
            self.around.trust();
        }
        mail_log::sign_in(&self.around.origin, verdict);
        self.dialogue.signed_in(login, verdict);
    }

    /// From here on the peer is the one that a proxy named.
    fn introduce(&mut self, said: Option<Said>) {
        let standing = self.named_by_proxy(said);
        if self.dialogue.introduced(standing) {
            self.around.trust();
        }
    }

    fn named_by_proxy(&mut self, said: Option<Said>) -> Result<Option<Standing>, Reply> {
        let around = &mut self.around;
        let proxy = around.via.or(around.origin.address);
        let address = match said {
            None => around.origin.address,
            Some(Said::Unavailable) => None,
            Some(Said::Is(text)) => {
                let address: IpAddr = text.parse().map_err(|_| reply::WRONG_ARGUMENT)?;
                Some(address.to_canonical())
            }
        };
        let standing = around.access.standing(address);
        if let Some(standing) = &standing
            && around.origin.address != address
        {
            let admitted = around.places.admit(address, standing);
            around.guest = admitted.map_err(|refusal| {
                if let Some(limit) = refusal.limit {
                    mail_log::limited(&around.origin.listener, address, limit);
                }
                refusal.reply
            })?;
        }
        around.origin.address = address;
        around.via = proxy;
        mail_log::introduced(&around.origin, proxy);
        Ok(standing)
    }

    async fn keep(&mut self, transaction: Transaction) -> Result<String, Reply> {
        let Incoming {
            mut held,
            share,
            lost,
            ..
        } = self.take_incoming();
        let size_bytes = held.len();
        let whole = Instant::now();
        // Whatever comes of it: reading and checking it was the work.
        self.around.tell_limit(self.around.guest.brought());
        if !transaction.unread.is_empty() {
            mail_log::unread_parameters(&self.around.origin, &transaction.unread);
        }
        let mut envelope = Envelope {
            source: self.around.source,
            reverse_path: transaction.reverse_path,
            recipients: transaction.recipients,
            received_at: Timestamp::now(),
            peer: Peer {
                listener: self.around.origin.listener.clone(),
                address: self.around.origin.address,
                helo: transaction.helo,
                protocol: transaction.protocol,
                via: self.around.via,
                trust: transaction.trust,
                mail_id: self.around.origin.mail.map(|it| it.to_string()),
                writer: None,
                findings: None,
            },
            bare_line_ends: transaction.bare_line_ends,
            smtputf8: transaction.smtputf8,
            dsn: (transaction.dsn != Dsn::default()).then_some(transaction.dsn),
        };
        if lost.is_none() {
            self.examine(&mut held, &mut envelope).await?;
        }
        let outcome = if let Some(error) = lost {
            Err(error)
        } else {
            let kept = self.around.desk.keep(held, envelope.clone()).await;
            kept.map_err(NotKept::from)
        };
        drop(share);
        let mail = Brought {
            size_bytes,
            keep_time: whole.elapsed(),
        };
        let origin = &self.around.origin;
        match outcome {
            Ok(name) => {
                // The same one over and over counts once.
                let recipients: HashSet<_> = envelope.recipients.iter().map(Address::key).collect();
                self.around.guest.delivered(recipients.len());
                mail_log::kept(origin, &name, &envelope, mail);
                Ok(name)
            }
            Err(error) => {
                mail_log::not_kept(origin, &envelope, mail, &error);
                Err(match error {
                    NotKept::NoRoom | NotKept::Failed(KeepError::Busy) => reply::NO_ROOM,
                    NotKept::Failed(KeepError::TooLarge { .. }) => reply::TOO_LARGE,
                    NotKept::Failed(KeepError::DiskFull) => reply::DISK_FULL,
                    NotKept::Failed(KeepError::Failed(_) | KeepError::DayDamaged(_)) => {
                        reply::NOT_KEPT
                    }
                })
            }
        }
    }

    /// Has a mail checked, as long as we do not stop. `Err` is what its sender hears.
    async fn examine(&self, held: &mut Held, envelope: &mut Envelope) -> Result<(), Reply> {
        let Circumstances {
            examiner, origin, ..
        } = &self.around;
        let size_bytes = held.len();
        // A peer that hears nothing when we stop comes again late, and this mail is not promised yet.
        let examined = tokio::select! {
            examined = examiner.examine(origin, held, envelope) => examined,
            () = self.around.stop.cancelled() => Err(reply::CLOSING),
        };
        match examined {
            Ok(findings) => {
                envelope.peer.findings = findings;
                Ok(())
            }
            Err(reply) => {
                let parties = (&envelope.reverse_path, envelope.recipients.as_slice());
                mail_log::refused_mail(origin, parties, size_bytes, &reply);
                Err(reply)
            }
        }
    }

    /// Waits for bytes, at most `within`, and not at all when we stop and no mail is under way.
    async fn listen<S>(&self, stream: &mut S, input: &mut Input, within: Duration) -> Heard
    where
        S: AsyncRead + Unpin,
    {
        let end = if self.dialogue.is_idle() {
            &self.around.shutdown
        } else {
            &self.around.stop
        };
        tokio::select! {
            biased;
            () = end.cancelled() => Heard::ShuttingDown,
            read = timeout(self.around.guest.patience(within), input.fill(stream)) => match read {
                Ok(Ok(bytes)) if bytes > 0 => Heard::Bytes,
                Ok(_) => Heard::Nothing,
                Err(_) => Heard::TooSlow,
            },
        }
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
