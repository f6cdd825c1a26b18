//! Journal reports that come where none are opened: an administrator must know, because their mail is
//! in no mailbox.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use store::{AlertKind, Envelope, Store};
use tracing::info;

use crate::copies::CopyRules;
use crate::limits;

/// Where they came since the start: the listener, and the first mailbox there.
#[derive(Debug, Default)]
pub(super) struct Unopened {
    seen: Mutex<BTreeMap<String, String>>,
}

/// Says at the start where reports are opened. An alert of the time before is over: what comes now
/// tells whether the config is right.
pub(super) async fn begin(store: &Store, sources: &HashMap<String, CopyRules>) {
    for (listener, rules) in sources {
        let mailboxes = &rules.journal_recipients;
        if mailboxes.is_empty() {
            info!(
                listener,
                "has no journal_recipients, so no journal report is opened here"
            );
        } else {
            let mailboxes: Vec<&str> = mailboxes.iter().map(store::Address::as_str).collect();
            let mailboxes = mailboxes.join(" ");
            info!(
                listener,
                mailboxes, "journal reports are opened in mail to these"
            );
        }
    }
    store.clear_alert(AlertKind::ReportsUnopened).await;
}

impl Unopened {
    /// A message looks like a report and did not come to a journal mailbox. The first one of each
    /// listener raises the alert.
    pub(super) async fn tell(&self, store: &Store, envelope: &Envelope) {
        let Some(words) = self.words(envelope) else {
            return;
        };
        let now = Timestamp::now();
        let kind = AlertKind::ReportsUnopened;
        store.raise_alert(kind, &words, now).await;
    }

    fn words(&self, envelope: &Envelope) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (listener, to) = (&envelope.peer.listener, envelope.recipients.first()?);
        if seen.contains_key(listener) || seen.len() >= limits::UNOPENED_LISTENERS_MAX {
            return None;
        }
        seen.insert(listener.clone(), to.to_string());
        let each = seen
            .iter()
            .map(|(listener, to)| format!("to {to} at listener \"{listener}\""));
        let places = each.collect::<Vec<_>>().join(", and ");
        Some(format!(
            "mail that looks like journal reports came {places}, which journal_recipients does not \
             name there, so nobody sees it; if your primary journals to that address, add it to \
             journal_recipients of the listener, restart, and run `shadowmail unsorted retry`; if \
             not, a stranger wrote it, and there is nothing to do"
        ))
    }
}

#[cfg(test)]
mod tests {
    use store::{Peer, ReversePath, Source};

    use super::*;

    #[test]
    fn each_listener_is_told_of_once() {
        let unopened = Unopened::default();
        let words = |listener: &str, to: &str| {
            let envelope = Envelope {
                source: Source::JournalCopy,
                reverse_path: ReversePath::Null,
                recipients: vec![to.parse().unwrap()],
                received_at: Timestamp::now(),
                peer: Peer {
                    listener: listener.into(),
                    ..Peer::default()
                },
                bare_line_ends: false,
                smtputf8: false,
                dsn: None,
            };
            unopened.words(&envelope).unwrap_or_default()
        };
        let first = words("exchange", "archive@shadow.example");
        assert!(first.contains("came to archive@shadow.example at listener \"exchange\", which"));
        assert_eq!(words("exchange", "other@shadow.example"), "");
        let second = words("online", "j@shadow.example");
        assert!(second.contains("\"exchange\", and to j@shadow.example at listener \"online\","));
    }
}
