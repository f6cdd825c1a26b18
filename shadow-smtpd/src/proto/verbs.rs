//! What each verb does to a dialogue, where that is more than a reply.

use std::time::Duration;

use store::Address;

use super::body::BodyReader;
use super::command::{Hello, Mail};
use super::dialogue::{Dialogue, Phase, Step};
use super::reply::{self, Reply};
use super::transaction::{Client, Peers, Secured, Transaction, protocol_word};
use crate::config::{Protocol, TlsPolicy};
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
        extensions.extend(["ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8"].map(String::from));
        if self.manners.peers == Peers::Known {
            extensions.push("DSN".into());
        }
        extensions
    }

    fn offers_tls(&self) -> bool {
        self.manners.tls != TlsPolicy::Off
            && self.manners.has_certificate
            && self.secured == Secured::No
    }

    pub(super) fn needs_tls(&self) -> bool {
        self.manners.tls == TlsPolicy::Required && self.secured == Secured::No
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
        self.phase = Phase::Connected;
        self.say(reply::READY_FOR_TLS);
        self.soon.push_back(Step::StartTls);
    }

    pub(super) fn mail(&mut self, mail: Mail) {
        if self.needs_tls() {
            return self.wrong(reply::TLS_FIRST);
        }
        self.reset();
        let Phase::Ready(client) = &self.phase else {
            return self.wrong(reply::GREET_FIRST);
        };
        if matches!(mail.size_bytes, Some(size) if size > self.manners.size_bytes_max) {
            return self.wrong(reply::TOO_LARGE);
        }
        let protocol = protocol_word(self.manners.protocol, client, self.secured, &mail);
        let transaction = Transaction {
            helo: client.helo.clone(),
            protocol,
            reverse_path: mail.reverse_path,
            recipients: Vec::new(),
            smtputf8: mail.smtputf8,
            bare_line_ends: false,
        };
        self.phase = Phase::Mail(client.clone(), transaction);
        self.idle(reply::SENDER_OK);
    }

    pub(super) fn rcpt(&mut self, address: Address) {
        if self.needs_tls() {
            return self.wrong(reply::TLS_FIRST);
        }
        let Phase::Mail(_, transaction) = &self.phase else {
            return self.wrong(reply::MAIL_FIRST);
        };
        if transaction.recipients.len() >= limits::RECIPIENTS_MAX {
            return self.say(reply::TOO_MANY_RECIPIENTS);
        }
        if !address.as_str().is_ascii() && !transaction.smtputf8 {
            return self.wrong(reply::NEEDS_SMTPUTF8);
        }
        self.asked = Some(address.clone());
        self.soon.push_back(Step::Ask(address));
    }

    pub(super) fn data(&mut self, wire: &[u8], now: Duration) {
        if !wire.is_empty() {
            // RFC 2920 §3.1: DATA is the last of a group. Else a refused DATA would turn the mail
            // into commands.
            return self.part(reply::OUT_OF_STEP);
        }
        if self.needs_tls() {
            return self.wrong(reply::TLS_FIRST);
        }
        match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Mail(client, transaction) if !transaction.recipients.is_empty() => {
                let reader = BodyReader::new(self.manners.size_bytes_max);
                let until = now + limits::BODY_TIME_MAX;
                self.phase = Phase::Body(client, transaction, reader, until);
                self.say(reply::GO_AHEAD);
            }
            phase => {
                let begun = matches!(phase, Phase::Mail(..));
                self.phase = phase;
                self.wrong(if begun {
                    reply::RECIPIENT_FIRST
                } else {
                    reply::MAIL_FIRST
                });
            }
        }
    }
}
