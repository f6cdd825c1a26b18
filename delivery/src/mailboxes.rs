//! The primary's mailboxes, for commands that compare them with what is kept.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use store::Address;

use crate::config::{Config, Imap};
use crate::imap_look;
use crate::imap_session::Session;
use crate::limits::Patience;

/// The way into the mailboxes of the primary, to look and not to touch.
pub struct Mailboxes {
    imap: Imap,
    patience: Patience,
}

/// What a mailbox has. People write to themselves, so the same mail may lie there twice.
#[derive(Debug, Default)]
pub struct MailboxNames {
    /// In the folder for sent mail.
    pub sent: HashSet<String>,
    /// In all others.
    pub others: HashSet<String>,
}

/// A mailbox could not be looked into; in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MailboxTrouble(String);

impl Mailboxes {
    /// The way that is configured, if one is.
    pub fn of(config: &Config) -> Option<Self> {
        let imap = config.imap.clone()?;
        Some(Self {
            imap,
            patience: config.patience,
        })
    }

    /// How long a mail may take to show up in its mailbox.
    pub fn settling(&self) -> SignedDuration {
        SignedDuration::try_from(self.imap.lacks_after).unwrap_or(SignedDuration::MAX)
    }

    /// The names ([`bare_name`]) of all that came into a mailbox since some time; and of some that came
    /// a little earlier.
    pub async fn names_since(
        &self,
        owner: &Address,
        since: Timestamp,
    ) -> Result<MailboxNames, MailboxTrouble> {
        // A day for the server's time zone, and one for clocks that differ.
        let date = since
            .to_zoned(TimeZone::UTC)
            .date()
            .saturating_sub(2.days());
        let trouble = |failure: crate::failure::MailboxFailure| MailboxTrouble(failure.words());
        let session = Session::open(&self.imap, owner, self.patience).await;
        let mut session = session.map_err(trouble)?;
        let names = imap_look::names_since(&mut session, date).await;
        session.log_out().await;
        let names = names.map_err(|it| trouble(it.of_looking()))?;
        let bare = |names: HashSet<String>| {
            let names = names.iter().map(|name| bare_name(name).to_owned());
            names.collect()
        };
        Ok(MailboxNames {
            sent: bare(names.sent),
            others: bare(names.others),
        })
    }
}

/// A Message-ID without its angle brackets and what stands around them (RFC 5322 §3.6.4).
pub fn bare_name(name: &str) -> &str {
    let inner = name.split_once('<').map_or(name, |(_, inner)| inner);
    let inner = inner.split_once('>').map_or(inner, |(inner, _)| inner);
    inner.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_stands_around_them() {
        for name in [
            "<a@b>",
            " <a@b> ",
            "(comment) <a@b>",
            "<a@b> x",
            "a@b",
            "< a@b >",
        ] {
            assert_eq!(bare_name(name), "a@b", "{name:?}");
        }
        assert_eq!(bare_name("<>"), "");
    }
}
