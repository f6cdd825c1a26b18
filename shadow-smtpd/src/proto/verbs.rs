//! What each verb does to a dialogue, where that is more than a reply.

use store::Dsn;

use super::command::{Hello, Mail, Recipient};
use super::dialogue::{Dialogue, Step};
use super::phase::Phase;
use super::receiving::out_of_order;
use super::reply::{self, Reply};
use super::transaction::{Client, Peers, Secured, Standing, Transaction, Xclient, protocol_word};
use super::xclient;
use crate::config::{Protocol, TlsPolicy};
use crate::desk::Answer;
use crate::limits;

impl Dialogue {
    /// HELO, EHLO, LHLO.
    pub(super) fn hello(&mut self, hello: Hello, name: String, wire: &[u8]) {
        match (self.manners.protocol, hello) {
            (Protocol::Smtp, Hello::Plain | Hello::Extended) | (Protocol::Lmtp, Hello::Local) => {}
            _ => return self.wrong(reply::WRONG_PROTOCOL),
        }
        if !wire.is_empty() {
            // RFC 2920 §3.1: EHLO is the last of a group.
            return self.part(reply::OUT_OF_STEP);
        }
        self.reset();
        let extended = hello != Hello::Plain;
        self.phase = Phase::Ready(Client {
            helo: name,
            extended,
        });
        let hostname = &self.manners.hostname;
        self.idle(if extended {
            Reply::extensions(hostname, &self.extensions())
        } else {
            Reply::hello(hostname)
        });
    }

    fn extensions(&self) -> Vec<String> {
        let mut extensions = vec![
            "PIPELINING".into(),
            format!("SIZE {}", self.manners.size_bytes_max),
        ];
        if self.offers_tls() {
            extensions.push("STARTTLS".into());
        }
        // Without BINARYMIME (RFC 3030 §3): what it lets in could not be handed on with DATA.
        let always = [
            "ENHANCEDSTATUSCODES",
            "8BITMIME",
            "SMTPUTF8",
            "CHUNKING",
            "DSN",
        ];
        extensions.extend(always.map(String::from));
        if self.offers_auth() {
            extensions.push("AUTH PLAIN LOGIN".into());
        }
        if self.manners.xclient == Xclient::Taken {
            extensions.push(xclient::OFFER.into());
        }
        extensions
    }

    fn offers_tls(&self) -> bool {
        self.manners.tls != TlsPolicy::Off
            && self.manners.has_certificate
            && self.secured == Secured::No
    }

    /// Whether the peer is one of those who copy mail to us.
    pub(super) fn is_known(&self) -> bool {
        self.manners.peers == Peers::Known && self.standing != Standing::Stranger
    }

    /// Why no mail can be talked about yet.
    pub(super) fn barred(&self) -> Option<Reply> {
        let is_stranger = self.standing == Standing::Stranger;
        let needs_tls = self.manners.tls == TlsPolicy::Required || is_stranger;
        if needs_tls && self.secured == Secured::No {
            return Some(reply::TLS_FIRST);
        }
        is_stranger.then_some(reply::SHOW_YOURSELF)
    }

    pub(super) fn start_tls(&mut self, wire: &mut &[u8]) {
        if self.secured == Secured::Tls {
            return self.wrong(reply::ALREADY_TLS);
        }
        if !self.offers_tls() {
            let required = self.manners.tls == TlsPolicy::Required;
            return self.wrong(if required {
                reply::NO_TLS_NOW
            } else {
                reply::NOT_OFFERED
            });
        }
        if matches!(self.phase, Phase::Connected) {
            return self.wrong(reply::GREET_FIRST);
        }
        // What came along in the clear was put there by somebody else (CVE-2011-0411).
        *wire = &[];
        self.reset();
        self.phase = Phase::Connected;
        self.say(reply::READY_FOR_TLS);
        self.soon.push_back(Step::StartTls);
    }

    pub(super) fn mail(&mut self, mail: Mail) {
        if let Some(refusal) = self.barred() {
            return self.wrong(refusal);
        }
        self.reset();
        let Phase::Ready(client) = &self.phase else {
            return self.wrong(reply::GREET_FIRST);
        };
        if matches!(mail.size_bytes, Some(size) if size > self.manners.size_bytes_max) {
            return self.wrong(reply::TOO_LARGE);
        }
        let helo = self.introduced.helo.as_ref().unwrap_or(&client.helo);
        let of = Client {
            helo: helo.clone(),
            extended: client.extended && !self.introduced.plain,
        };
        let trust = match &self.standing {
            Standing::Trusted(trust) => Some(trust.clone()),
            Standing::Open | Standing::Stranger => None,
        };
        let protocol = self.manners.protocol;
        self.mails = self.mails.saturating_add(1);
        let transaction = Transaction {
            number: self.mails,
            protocol: protocol_word(protocol, &of, self.secured, &mail, &self.standing),
            helo: of.helo,
            trust,
            reverse_path: mail.reverse_path,
            recipients: Vec::new(),
            dsn: Dsn {
                ret: mail.ret,
                envid: mail.envid,
                recipients: Vec::new(),
            },
            unread: mail.unread.into_iter().collect(),
            smtputf8: mail.smtputf8,
            bare_line_ends: false,
        };
        self.phase = Phase::Mail(client.clone(), transaction);
        self.idle(reply::SENDER_OK);
    }

    pub(super) fn rcpt(&mut self, recipient: Recipient) {
        if let Some(refusal) = self.barred() {
            return self.wrong(refusal);
        }
        let Phase::Mail(_, transaction) = &self.phase else {
            return self.wrong(out_of_order(&self.phase));
        };
        if transaction.recipients.len() >= limits::RECIPIENTS_MAX {
            return self.later(reply::TOO_MANY_RECIPIENTS);
        }
        if !recipient.address.as_str().is_ascii() && !transaction.smtputf8 {
            return self.wrong(reply::NEEDS_SMTPUTF8);
        }
        self.soon.push_back(Step::Ask(recipient.address.clone()));
        self.asked = Some(recipient);
    }

    /// The answer to [`Step::Ask`].
    pub(crate) fn answer(&mut self, answer: Answer) {
        let Some(recipient) = self.asked.take() else {
            return;
        };
        match (answer, &mut self.phase) {
            (Answer::Ours, Phase::Mail(_, transaction)) => {
                transaction.add(recipient);
                self.say(reply::RECIPIENT_OK);
            }
            (Answer::Unknown, _) => {
                self.say(reply::UNKNOWN_RECIPIENT);
                self.unknown_recipients += 1;
                if self.unknown_recipients > limits::UNKNOWN_RECIPIENTS_MAX {
                    self.part(reply::TOO_MANY_UNKNOWN);
                }
            }
            (Answer::Later | Answer::Ours, _) => self.later(reply::RECIPIENT_LATER),
        }
    }

    /// Instead of an answer to [`Step::Ask`]: what keeps us from giving one.
    pub(crate) fn decline(&mut self, reply: Reply) {
        if self.asked.take().is_some() {
            self.wrong(reply);
        }
    }

    /// A recipient that the peer may name again, but not for ever.
    fn later(&mut self, reply: Reply) {
        self.say(reply);
        self.late_recipients += 1;
        if self.late_recipients > limits::LATE_RECIPIENTS_MAX {
            self.part(reply::TOO_MANY_ERRORS);
        }
    }
}
