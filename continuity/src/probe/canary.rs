//! A mail that goes through the primary and must come back as a copy: the only probe that sees the whole
//! way.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::{Address, Sought, Store};

use super::talk::Talk;
use crate::limits;
use crate::wire::{Place, Security};

/// The mail.
pub(super) struct Letter {
    hello: String,
    from: Address,
    to: Address,
    /// Without angle brackets.
    message_id: String,
    sent_at: Timestamp,
}

impl Letter {
    pub(super) fn new(hello: &str, (from, to): (&Address, &Address), now: Timestamp) -> Self {
        Self {
            hello: hello.to_owned(),
            from: from.clone(),
            to: to.clone(),
            // Two processes that send one in the same nanosecond are happy with the same copy.
            message_id: format!("canary.{}@{hello}", now.as_nanosecond()),
            sent_at: now,
        }
    }

    fn text(&self) -> String {
        let date = self.sent_at.to_zoned(TimeZone::UTC);
        let date = jiff::fmt::rfc2822::to_string(&date).unwrap_or_default();
        let Self {
            from,
            to,
            message_id,
            ..
        } = self;
        format!(
            "Date: {date}\r\n\
             From: Shadowmail <{from}>\r\n\
             To: <{to}>\r\n\
             Subject: Canary\r\n\
             Message-ID: <{message_id}>\r\n\
             Auto-Submitted: auto-generated\r\n\
             X-Auto-Response-Suppress: All\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=us-ascii\r\n\
             \r\n\
             Shadowmail sends this mail to see whether its copy comes back. It can be deleted.\r\n\
             .\r\n"
        )
    }
}

/// Sends it and waits for its copy, for as long as the caller does.
pub(super) async fn ask(
    store: &Store,
    (place, security): (&Place, &Security),
    (letter, patience): (&Letter, Duration),
) -> Result<String, String> {
    send((place, security), letter).await?;
    // A little less than the caller waits, so that the words say what is missing.
    let patience = patience.saturating_sub(limits::CANARY_LAST_LOOK);
    let came = tokio::time::timeout(patience, wait(store, letter)).await;
    match came {
        Ok(came) => came,
        Err(_) => Err(format!(
            "{place} took a mail to {}, and no copy of it came back within {} s",
            letter.to,
            patience.as_secs()
        )),
    }
}

async fn send((place, security): (&Place, &Security), letter: &Letter) -> Result<(), String> {
    let mut talk = Talk::open(place, security).await?;
    talk.reply("220", "the connection").await?;
    for (line, want) in [
        (format!("EHLO {}", letter.hello), "250"),
        (format!("MAIL FROM:<{}>", letter.from), "250"),
        (format!("RCPT TO:<{}>", letter.to), "25"),
        ("DATA".to_owned(), "354"),
    ] {
        talk.say(&format!("{line}\r\n")).await?;
        talk.reply(want, &line).await?;
    }
    talk.say(&letter.text()).await?;
    talk.reply("250", "the mail").await?;
    let _ = talk.say("QUIT\r\n").await;
    Ok(())
}

async fn wait(store: &Store, letter: &Letter) -> Result<String, String> {
    // The clocks of others may be slow: what counts is when it came here.
    let span = letter.sent_at..Timestamp::MAX;
    loop {
        let sought = Sought::HeaderMessageId(letter.message_id.clone());
        let found = store.arrived(sought, span.clone(), 1).await;
        let found = found.map_err(|error| format!("the copy can not be looked for: {error}"))?;
        if let Some(id) = found.first() {
            let seconds = id.arrived_at().duration_since(letter.sent_at).as_secs();
            return Ok(format!("its copy came after {seconds} s"));
        }
        tokio::time::sleep(limits::CANARY_LOOK_EVERY).await;
    }
}
