//! Mail as it goes over the wire.

use std::fmt::Write as _;

use super::letter::message_id;
use super::{Corpus, Letter, text};
use crate::random::Random;

const TEXT_BYTES_MAX: f64 = 200_000.0;
const ATTACHMENT_PERCENT: f64 = 8.0;
const ATTACHMENT_BYTES_MAX: f64 = 2_000_000.0;
const BOUNDARY: &str = "=_part_7f3a";

/// Recipients that the header names; lists name only themselves.
const TO_NAMED_MAX: usize = 10;

impl Corpus {
    /// The bytes of a mail. `date` is its Date.
    pub fn bytes(&self, letter: &Letter, date: &str) -> Vec<u8> {
        let mut random = self.random(letter.number, 4);
        let mut mail = String::new();
        self.head(letter, date, &mut random, &mut mail);
        let text_bytes = random.lognormal(1_000.0, 1.0).min(TEXT_BYTES_MAX) as usize;
        let mut words = format!("Guten Tag,\r\n\r\n{}\r\n", letter.reference);
        text::paragraphs(&mut random, text_bytes, &mut words);
        let attachment = random.chance(ATTACHMENT_PERCENT).then(|| {
            let bytes = random.lognormal(20_000.0, 1.2).min(ATTACHMENT_BYTES_MAX);
            bytes as usize
        });
        body(&mut mail, &words, attachment, &mut random);
        mail.into_bytes()
    }

    fn head(&self, letter: &Letter, date: &str, random: &mut Random, mail: &mut String) {
        let mut to: Vec<String> = letter
            .to
            .iter()
            .map(|it| self.people()[*it].address())
            .collect();
        if to.len() > TO_NAMED_MAX {
            to = vec!["verteiler@list.example".to_owned()];
        }
        trace(mail, date, random);
        let _ = write!(
            mail,
            "From: {} <{}>\r\nTo: {}\r\nSubject: {}\r\nDate: {date}\r\nMessage-ID: <{}>\r\n",
            encoded(&letter.from_name),
            letter.from,
            to.join(",\r\n "),
            encoded(&letter.subject),
            letter.message_id(),
        );
        let before: Vec<String> = letter
            .thread
            .before
            .iter()
            .map(|number| format!("<{}>", message_id(*number)))
            .collect();
        if let Some(answered) = before.last() {
            let _ = write!(
                mail,
                "In-Reply-To: {answered}\r\nReferences: {}\r\n",
                before.join("\r\n ")
            );
        }
    }
}

/// A mail of about `bytes` bytes with text, and from 20 KB on an attachment that is most of it,
/// with lines that end with LF alone: `smtp-source -F` sends each line with CRLF. It has no
/// Message-ID, so that sending it many times is many mails and not copies of one.
pub fn sized_mail(seed: u64, bytes: usize) -> String {
    let mut random = Random::new(seed, bytes as u64);
    let mut mail = String::new();
    let date = "Mon, 2 Nov 2026 09:00:00 +0100";
    trace(&mut mail, date, &mut random);
    let subject = text::line(&mut random, 5);
    let _ = write!(
        mail,
        "From: Anna =?utf-8?Q?Wei=C3=9F?= <anna.weiss@corp.example>\r\nTo: team@corp.example\r\n\
         Subject: {}\r\nDate: {date}\r\n",
        encoded(&subject)
    );
    let for_text = if bytes < 20_000 {
        bytes - mail.len() - 200
    } else {
        8_000
    };
    let mut words = String::new();
    text::paragraphs(&mut random, for_text, &mut words);
    let left = bytes.saturating_sub(mail.len() + words.len() + 500);
    // Four letters for three bytes, and the line ends.
    let attachment = (bytes >= 20_000).then_some(left * 3 / 4 * 76 / 78);
    body(&mut mail, &words, attachment, &mut random);
    mail.replace("\r\n", "\n")
}

/// The way a mail has come.
fn trace(mail: &mut String, date: &str, random: &mut Random) {
    for hop in ["mx1.corp.example", "out.provider.example"] {
        let id = random.bits();
        let _ = write!(
            mail,
            "Received: from relay.example (relay.example [192.0.2.{}])\r\n\tby {hop} with ESMTPS id {id:016X}\r\n\t; {date}\r\n",
            id % 250
        );
    }
    mail.push_str("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=provider.example; s=s1;\r\n\th=from:to:subject:date; b=");
    base64(random, 192, "\r\n\t", mail);
    mail.push_str("\r\n");
}

fn body(mail: &mut String, words: &str, attachment: Option<usize>, random: &mut Random) {
    let text_head =
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    mail.push_str("MIME-Version: 1.0\r\n");
    let Some(bytes) = attachment else {
        mail.push_str(text_head);
        mail.push_str(words);
        return;
    };
    let _ = write!(
        mail,
        "Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n--{BOUNDARY}\r\n{text_head}{words}\r\n--{BOUNDARY}\r\n"
    );
    let mut name = String::new();
    text::word(random, &mut name);
    let kind = random.one_of(&["pdf", "docx", "xlsx", "jpg", "zip"]);
    let _ = write!(
        mail,
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"{}\"\r\n\r\n",
        encoded(&format!("{name}.{kind}"))
    );
    base64(random, bytes, "\r\n", mail);
    let _ = write!(mail, "\r\n--{BOUNDARY}--\r\n");
}

/// Random bytes, as an attachment that was compressed already.
fn base64(random: &mut Random, bytes: usize, line_end: &str, into: &mut String) {
    for group in 0..bytes.div_ceil(6) {
        // 48 bits are eight letters; nine times eight are a line.
        if group > 0 && group % 9 == 0 {
            into.push_str(line_end);
        }
        let bits = random.bits();
        into.extend((0..8).map(|at| char::from(ALPHABET[(bits >> (at * 6)) as usize & 63])));
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 2047 §4.2, where it is needed. One word each, so that none gets too long.
fn encoded(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        if word.is_ascii() {
            return word.to_owned();
        }
        let mut out = String::from("=?utf-8?Q?");
        for byte in word.bytes() {
            if byte.is_ascii_alphanumeric() {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "={byte:02X}");
            }
        }
        out + "?="
    });
    // White space between two encoded words is not shown (RFC 2047 §6.2), so it is inside.
    words
        .collect::<Vec<_>>()
        .join(" ")
        .replace("?= =?utf-8?Q?", "?= =?utf-8?Q?_")
}
