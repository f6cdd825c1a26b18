//! A load like that of a bad day: gateways that copy each mail once for each recipient, and the
//! world that sends to the second MX, over several connections, and again after each failure.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::harness::answered::{Answered, Promise};
use crate::harness::message::Message;
use crate::harness::organisation::{DOMAIN, SHADOW_DOMAIN, mailbox};
use crate::harness::random::Random;
use crate::harness::server_config::ServerConfig;
use crate::harness::smtp_client::SmtpClient;

/// How long a client waits before it connects again.
const CONNECT_AGAIN: Duration = Duration::from_millis(5);

/// Bodies are mostly small; some do not fit one read of a socket.
const BODY_BYTES: &[usize] = &[0, 100, 1000, 3000, 10_000, 90_000];

/// One transaction that must get through.
struct Delivery {
    message: Arc<Message>,
    way: Way,
    mailboxes: Vec<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Journal,
    Fallback,
}

/// What all connections share.
pub struct Load {
    journal: SocketAddr,
    fallback: SocketAddr,
    /// What must be sent first: second copies, and what was not answered.
    pending: Mutex<VecDeque<Delivery>>,
    next: AtomicUsize,
    /// How many transactions were answered 250.
    through: AtomicUsize,
    ending: AtomicBool,
    /// What was promised.
    pub answered: Answered,
}

impl Load {
    /// A load for this server that nobody has sent yet.
    pub fn new(server: &ServerConfig) -> Self {
        Self {
            journal: server.journal,
            fallback: server.fallback,
            pending: Mutex::new(VecDeque::new()),
            next: AtomicUsize::new(0),
            through: AtomicUsize::new(0),
            ending: AtomicBool::new(false),
            answered: Answered::default(),
        }
    }

    /// One connection after the other, until [`Load::end`] and nothing is left to send again.
    pub fn send(&self) {
        let mut connection: Option<(Way, SmtpClient)> = None;
        while let Some(delivery) = self.take() {
            let open = connection.take().filter(|(way, _)| *way == delivery.way);
            let sent = match open {
                Some((_, client)) => Ok(client),
                None => SmtpClient::connect(self.address(delivery.way)),
            }
            .and_then(|mut client| delivery.send(&mut client).map(|()| client));
            if let Ok(client) = sent {
                connection = Some((delivery.way, client));
                self.through.fetch_add(1, Ordering::Relaxed);
                delivery.remember(&self.answered);
            } else {
                // Not answered: it is sent again, as by any mail server.
                self.pending.lock().unwrap().push_back(delivery);
                thread::sleep(CONNECT_AGAIN);
            }
        }
    }

    /// No new mail; what was not answered yet is still sent.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// How many transactions were answered 250.
    pub fn through(&self) -> usize {
        self.through.load(Ordering::Relaxed)
    }

    fn address(&self, way: Way) -> SocketAddr {
        match way {
            Way::Journal => self.journal,
            Way::Fallback => self.fallback,
        }
    }

    fn take(&self) -> Option<Delivery> {
        let mut pending = self.pending.lock().unwrap();
        if let Some(first) = pending.pop_front() {
            return Some(first);
        }
        if self.ending.load(Ordering::Relaxed) {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut deliveries = deliveries(number);
        let first = deliveries.pop();
        pending.extend(deliveries);
        first
    }
}

impl Delivery {
    fn send(&self, client: &mut SmtpClient) -> io::Result<()> {
        let to: Vec<String> = self.mailboxes.iter().map(|it| self.recipient(it)).collect();
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let reply = client.send("flut@outside.example", &to, &self.message.bytes)?;
        reply.expect(250).map(drop)
    }

    /// A gateway puts the recipient into the local part of an address of ours.
    fn recipient(&self, mailbox: &str) -> String {
        match self.way {
            Way::Fallback => mailbox.to_owned(),
            Way::Journal => {
                let local = mailbox.trim_end_matches(DOMAIN).trim_end_matches('@');
                format!("{local}={DOMAIN}@{SHADOW_DOMAIN}")
            }
        }
    }

    fn remember(&self, answered: &Answered) {
        for mailbox in &self.mailboxes {
            let promise = match self.way {
                Way::Journal => Promise::Copy,
                Way::Fallback => Promise::Owed,
            };
            answered.add(&self.message, mailbox, promise);
        }
    }
}

/// How the mail of this number is sent: once or several times, to one or to several.
fn deliveries(number: usize) -> Vec<Delivery> {
    let mut random = Random::with_seed(number as u64);
    let bytes = BODY_BYTES[usize::try_from(random.below(BODY_BYTES.len() as u64)).unwrap()];
    let message = Arc::new(Message::with_body(number, bytes));
    let [anna, tom, juergen, info] =
        ["anna", "tom", "juergen", "info"].map(|it| mailbox(it).address());
    let one = |way, mailboxes: &[&'static str]| Delivery {
        message: Arc::clone(&message),
        way,
        mailboxes: mailboxes.to_vec(),
    };
    match number % 5 {
        0 => vec![one(Way::Fallback, &[info])],
        1 => vec![one(Way::Fallback, &[anna, tom])],
        2 => vec![one(Way::Journal, &[juergen])],
        // A gateway that copies each recipient.
        3 => [anna, tom, juergen]
            .map(|it| one(Way::Journal, &[it]))
            .into(),
        // The primary died after it had copied to us, and before it answered the sender.
        _ => vec![one(Way::Fallback, &[anna]), one(Way::Journal, &[anna])],
    }
}
