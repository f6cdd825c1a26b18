//! The mail that comes in during the demo: letters from a file, each made into a real message.

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;
use serde::Deserialize;

use super::{attachment, latin1, people};

const LETTERS: &str = include_str!("letters.toml");

/// A message with its envelope, as one server hands it to another.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `MAIL FROM`.
    pub from: String,
    /// `RCPT TO`.
    pub recipients: Vec<String>,
    /// Message-ID of the header, without angle brackets.
    pub message_id: String,
    /// All bytes; ends in CRLF.
    pub bytes: Vec<u8>,
}

/// Writes one letter after the other: those that come once, then for ever those that come again.
pub struct Post {
    letters: Vec<Letter>,
    /// What makes the Message-IDs of this run its own.
    run: String,
    written: usize,
}

impl Post {
    /// Opens the file of letters; `started` names the run.
    pub fn new(started: Timestamp) -> anyhow::Result<Self> {
        let file: File = toml::from_str(LETTERS).context("the letters of the demo")?;
        Ok(Self {
            letters: file.letter,
            run: format!("{:x}", started.as_millisecond()),
            written: 0,
        })
    }

    /// How many letters come once.
    pub fn once(&self) -> usize {
        self.letters.iter().filter(|letter| !letter.again).count()
    }

    /// The next letter, dated `now`.
    pub fn write(&mut self, now: Timestamp) -> anyhow::Result<Mail> {
        let once = self.once();
        let at = match self.written.checked_sub(once) {
            None => self.written,
            Some(beyond) => once + beyond % (self.letters.len() - once).max(1),
        };
        let letter = self.letters.get(at).context("the demo has no letters")?;
        let number = 4100 + self.written * 7;
        self.written += 1;
        let id = letter.key.clone().unwrap_or_else(|| format!("{number}"));
        let answers = letter.answers.as_ref().and_then(|key| {
            let first = self
                .letters
                .iter()
                .find(|letter| letter.key.as_ref() == Some(key))?;
            Some(self.message_id(first, key))
        });
        letter.message(
            &number.to_string(),
            self.message_id(letter, &id),
            answers,
            now,
        )
    }

    fn message_id(&self, letter: &Letter, id: &str) -> String {
        let (_, address) = mailbox(&letter.from);
        let domain = address
            .rsplit('@')
            .next()
            .unwrap_or(people::DOMAIN)
            .to_owned();
        format!("{id}.{}@{domain}", self.run)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    letter: Vec<Letter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Letter {
    /// Comes again and again, each time with another number.
    #[serde(default)]
    again: bool,
    from: String,
    to: Vec<String>,
    #[serde(default)]
    cc: Vec<String>,
    /// Its name within its thread.
    key: Option<String>,
    /// The letter it answers.
    answers: Option<String>,
    subject: String,
    text: String,
    html: Option<String>,
    charset: Option<String>,
    attachment: Option<Attachment>,
    invitation: Option<attachment::Invitation>,
    /// `List-Id`.
    list: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attachment {
    name: String,
    lines: Vec<String>,
}

impl Letter {
    fn message(
        &self,
        number: &str,
        message_id: String,
        answers: Option<String>,
        now: Timestamp,
    ) -> anyhow::Result<Mail> {
        let filled = |text: &str| text.trim_start().replace("{n}", number);
        let (name, from) = mailbox(&self.from);
        let mut builder = MessageBuilder::new()
            .from((name, from.as_str()))
            .to(list(&self.to))
            .date(now.as_second())
            .message_id(message_id.as_str());
        if !self.cc.is_empty() {
            builder = builder.cc(list(&self.cc));
        }
        if let Some(id) = answers {
            builder = builder.in_reply_to(id.clone()).references(id);
        }
        if let Some(list_id) = &self.list {
            builder = builder.header("List-Id", Raw::new(list_id.as_str()));
        }
        let (subject, text) = (filled(&self.subject), filled(&self.text));
        builder = match (&self.invitation, self.charset.is_some()) {
            (Some(invitation), _) => {
                let event = invitation.event(&subject, &from, now + SignedDuration::from_hours(24));
                let both = vec![MimePart::new("text/plain", text), calendar(event)];
                builder
                    .subject(subject)
                    .body(MimePart::new("multipart/alternative", both))
            }
            (None, true) => builder
                .header("Subject", Raw::new(latin1::header(&subject)))
                .body(latin1::body(&text)?),
            (None, false) => builder.subject(subject).text_body(text),
        };
        if let Some(html) = &self.html {
            builder = builder.html_body(filled(html));
        }
        if let Some(Attachment { name, lines }) = &self.attachment {
            let lines: Vec<String> = lines.iter().map(|line| filled(line)).collect();
            let (kind, bytes) = attachment::make(name, &lines);
            builder = builder.attachment(kind, name.as_str(), bytes);
        }
        let mut bytes = builder.write_to_vec()?;
        if !bytes.ends_with(b"\r\n") {
            bytes.extend_from_slice(b"\r\n");
        }
        let recipients = self
            .to
            .iter()
            .chain(&self.cc)
            .map(|who| mailbox(who).1)
            .collect();
        Ok(Mail {
            from,
            recipients,
            message_id,
            bytes,
        })
    }
}

/// Name and address of `Name <address>`, of an address, or of the local part of one of ours.
fn mailbox(text: &str) -> (&str, String) {
    match text.trim_end_matches('>').split_once(" <") {
        Some((name, address)) => (name, address.to_owned()),
        None if text.contains('@') => ("", text.to_owned()),
        None => {
            let name = people::PEOPLE.iter().find(|person| person.login == text);
            (name.map_or("", |person| person.name), people::address(text))
        }
    }
}

fn list(who: &[String]) -> Address<'_> {
    let one = |text| {
        let (name, address) = mailbox(text);
        Address::new_address(Some(name).filter(|name| !name.is_empty()), address)
    };
    Address::new_list(who.iter().map(|text| one(text)).collect())
}

fn calendar(event: String) -> MimePart<'static> {
    let kind = ContentType::new("text/calendar")
        .attribute("method", "REQUEST")
        .attribute("charset", "utf-8");
    MimePart::new(kind, event)
}

#[cfg(test)]
#[path = "letters_tests.rs"]
mod tests;
