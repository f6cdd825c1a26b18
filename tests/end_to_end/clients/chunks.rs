//! A client that speaks BDAT (RFC 3030), with and without waiting for replies.

use std::net::SocketAddr;

use super::scene::Scene;
use crate::harness::{Message, SmtpClient, Turn, mailbox};

/// Sends a message in chunks of so many octets, all in one group with the envelope.
fn send_in_one_group(server: SocketAddr, to: &str, message: &[u8], octets: usize) {
    let mut client = SmtpClient::connect(server).unwrap();
    let mut group = format!("MAIL FROM:<kunde@outside.example>\r\nRCPT TO:<{to}>\r\n").into_bytes();
    let mut replies = 2;
    for chunk in message.chunks(octets) {
        group.extend(format!("BDAT {}\r\n", chunk.len()).into_bytes());
        group.extend(chunk);
        replies += 1;
    }
    group.extend(b"BDAT 0 LAST\r\nQUIT\r\n");
    client.write(&group).unwrap();
    for _ in 0..=replies {
        client.read().unwrap().expect(250).unwrap();
    }
    client.read().unwrap().expect(221).unwrap();
}

/// The same, waiting for each reply as Exim does without PIPELINING.
fn send_one_by_one(client: &mut SmtpClient, to: &str, message: &[u8], octets: usize) {
    let say = |client: &mut SmtpClient, line: &str| client.say(line).unwrap().expect(250).unwrap();
    say(client, "MAIL FROM:<kunde@outside.example>");
    say(client, &format!("RCPT TO:<{to}>"));
    let mut left = message.len();
    for chunk in message.chunks(octets) {
        left -= chunk.len();
        let last = if left == 0 { " LAST" } else { "" };
        let line = format!("BDAT {}{last}\r\n", chunk.len());
        client.write(&[line.as_bytes(), chunk].concat()).unwrap();
        client.read().unwrap().expect(250).unwrap();
    }
}

#[test]
fn chunks_make_the_mail_that_was_sent() {
    let _turn = Turn::take();
    let scene = Scene::open();
    let anna = mailbox("anna").address();
    let config = scene.shadowmail.config();
    let mut mails = Vec::new();
    for (number, octets) in [(1, 1), (2, 7), (3, 1000), (4, 32 << 10)] {
        let message = Message::with_body(number, 3000).bytes;
        send_in_one_group(config.fallback, anna, &message, octets);
        mails.push(message);
    }
    let mut client = SmtpClient::connect(config.journal).unwrap();
    for (number, bytes, octets) in [(5, 3000, 1), (6, 3000, 4096), (7, 8 << 20, 1 << 20)] {
        let message = Message::with_body(number, bytes).bytes;
        send_one_by_one(&mut client, anna, &message, octets);
        mails.push(message);
    }
    let mails: Vec<&[u8]> = mails.iter().map(Vec::as_slice).collect();
    scene.assert_mailbox("anna", &mails);
}
