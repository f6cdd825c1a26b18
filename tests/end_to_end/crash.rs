//! The server ends, by accident and by order: what was answered 250 is there, once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, thread};

use crate::harness::{
    Message, Outside, ServerConfig, Shadowmail, SmtpClient, Stop, Turn, free_address, mailbox, wait,
};
use rustix::process::Signal;

/// Connections that send at the same time.
const SENDERS: usize = 8;

/// How many messages are kept when the power fails; more are under way.
const ENOUGH: usize = 300;

#[test]
fn a_killed_server_has_every_mail_it_answered_250_for_once() {
    let _turn = Turn::take();
    let primary = free_address();
    let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(primary));
    let acknowledged = flood_until_killed(&mut shadowmail);
    assert!(acknowledged.len() >= ENOUGH);

    shadowmail.start_again();
    let primary = Outside::start_at(primary);
    wait::until("nothing is owed", || {
        shadowmail.json("status")["owed"]["open"] == 0
    });

    let arrived = count_ids(&primary);
    let lost: Vec<&String> = acknowledged
        .iter()
        .filter(|id| !arrived.contains_key(*id))
        .collect();
    assert!(lost.is_empty(), "answered 250, and lost: {lost:?}");
    // Messages may be there whose 250 did not get through any more, at most one for each sender.
    assert!(
        arrived.len() <= acknowledged.len() + SENDERS,
        "{} arrived",
        arrived.len()
    );
}

#[test]
fn a_server_killed_while_it_hands_over_asks_a_person_rather_than_send_twice() {
    let _turn = Turn::take();
    let primary = Outside::start();
    let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(primary.address()));
    let acknowledged = flood_until_killed(&mut shadowmail);

    shadowmail.start_again();
    wait::until("nothing is open", || {
        shadowmail.json("status")["owed"]["open"] == 0
    });
    let status = shadowmail.json("reinject status");
    let asked = status["for_a_person"].as_array().unwrap().len();
    let arrived = count_ids(&primary);
    let missing = acknowledged
        .iter()
        .filter(|id| !arrived.contains_key(*id))
        .count();
    assert!(
        missing <= asked,
        "{missing} are missing, a person is asked about {asked}: {status}"
    );
}

#[test]
fn a_server_told_to_end_finishes_what_is_under_way() {
    let _turn = Turn::take();
    let primary = free_address();
    let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(primary));
    let fallback = shadowmail.config().fallback;
    let message = Message::numbered(1);
    let (first, rest) = message.bytes.split_at(message.bytes.len() / 2);

    let mut busy = SmtpClient::connect(fallback).unwrap();
    let mut idle = SmtpClient::connect(fallback).unwrap();
    assert_eq!(
        busy.begin("a@outside.example", &[mailbox("anna").address()])
            .unwrap()
            .code,
        354
    );
    busy.write(first).unwrap();
    shadowmail.process().signal(Signal::TERM);

    // Who waits hears that it is over; who is under way may finish.
    assert_eq!(idle.read().map_or(421, |reply| reply.code), 421);
    busy.write(rest).unwrap();
    let reply = busy.finish().unwrap();
    assert_eq!(reply.code, 250, "{}", reply.text);
    let status = shadowmail.stop(Stop::Gently);
    assert_eq!(status, Some(0), "the exit code after SIGTERM");

    shadowmail.start_again();
    let primary = Outside::start_at(primary);
    wait::until("the message has arrived", || !primary.arrived().is_empty());
    let arrived = primary.arrived();
    assert_eq!(arrived.len(), 1);
    assert!(arrived[0].bytes.ends_with(&message.bytes));
}

/// How often each Message-ID arrived: never more than once.
#[track_caller]
fn count_ids(primary: &Outside) -> BTreeMap<String, usize> {
    let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
    for mail in primary.arrived() {
        let text = String::from_utf8_lossy(&mail.bytes);
        let id = text
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "))
            .unwrap();
        *arrived.entry(id.to_owned()).or_default() += 1;
    }
    let twice: Vec<_> = arrived.iter().filter(|(_, count)| **count != 1).collect();
    assert!(twice.is_empty(), "handed over more than once: {twice:?}");
    arrived
}

/// Many connections send until the server is killed under them. Gives the Message-IDs that were
/// answered with 250.
fn flood_until_killed(shadowmail: &mut Shadowmail) -> Vec<String> {
    let fallback = shadowmail.config().fallback;
    let acknowledged = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                // It ends when the line breaks.
                let sent: io::Result<()> = send_forever(fallback, &next, &acknowledged);
                assert!(sent.is_err());
            });
        }
        wait::until("enough is kept", || {
            acknowledged.lock().unwrap().len() >= ENOUGH
        });
        shadowmail.stop(Stop::AtOnce);
    });
    acknowledged.into_inner().unwrap()
}

fn send_forever(
    server: SocketAddr,
    next: &AtomicUsize,
    acknowledged: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut client = SmtpClient::connect(server)?;
    loop {
        let message = Message::numbered(next.fetch_add(1, Ordering::Relaxed));
        let to = [mailbox("info").address()];
        client
            .send("flut@outside.example", &to, &message.bytes)?
            .expect(250)?;
        acknowledged.lock().unwrap().push(message.id());
    }
}
