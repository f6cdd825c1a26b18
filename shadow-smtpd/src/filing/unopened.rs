//! Journal reports that come where none are opened: an administrator must know, because their mail is
//! in no mailbox.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use store::{AlertKind, Envelope, Store};
use tracing::info;

use crate::copies::CopyRules;
use crate::limits;

/// Where they came.
#[derive(Debug, Default)]
pub(super) struct Unopened {
    /// By listener and mailbox.
    seen: Mutex<BTreeMap<(String, String), Seen>>,
}

/// What came to one mailbox.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// How many.
    count: u64,
    /// When last.
    at: Instant,
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
    /// A message looks like a report and did not come to a journal mailbox. Each one says so, so
    /// that an alert which somebody took back too early stands again; where it stands that costs
    /// no write.
    pub(super) async fn tell(&self, store: &Store, envelope: &Envelope) {
        let Some(words) = self.words(envelope, Instant::now()) else {
            return;
        };
        let now = Timestamp::now();
        let kind = AlertKind::ReportsUnopened;
        store.raise_alert(kind, &words, now).await;
    }

    /// What the alert says with this one. `None` when it came to nobody.
    fn words(&self, envelope: &Envelope, now: Instant) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, it| now.duration_since(it.at) < limits::UNOPENED_REMEMBERED);
        let place = (
            envelope.peer.listener.clone(),
            envelope.recipients.first()?.key(),
        );
        if seen.len() >= limits::UNOPENED_MAILBOXES_MAX && !seen.contains_key(&place) {
            // A stranger's single mails make room for a journal, and never the other way round.
            let least = seen.iter().min_by_key(|(_, it)| (it.count, it.at));
            if let Some(least) = least.map(|(place, _)| place.clone()) {
                seen.remove(&least);
            }
        }
        let here = seen.entry(place).or_insert(Seen { count: 0, at: now });
        here.count = here.count.saturating_add(1);
        here.at = now;
        // Seldom another number, so that the alert does not change with each mail.
        let at_least = |count: u64| 10_u64.pow(count.max(1).ilog10());
        let each = seen.iter().map(|((listener, to), it)| {
            let least = at_least(it.count);
            format!("to {to} at listener \"{listener}\" ({least} or more)")
        });
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
    use std::time::Duration;

    use store::{Peer, ReversePath, Source};

    use super::*;

    /// What is said when mail came to these mailboxes after these hours.
    fn told(mails: &[(&str, &str, u64)]) -> String {
        let unopened = Unopened::default();
        let begin = Instant::now();
        let mut words = String::new();
        for (listener, to, hours) in mails {
            let envelope = Envelope {
                source: Source::JournalCopy,
                reverse_path: ReversePath::Null,
                recipients: vec![to.parse().unwrap()],
                received_at: Timestamp::now(),
                peer: Peer {
                    listener: (*listener).into(),
                    ..Peer::default()
                },
                bare_line_ends: false,
                smtputf8: false,
                dsn: None,
            };
            let now = begin + Duration::from_hours(*hours);
            words = unopened.words(&envelope, now).unwrap();
        }
        let words = words.split_once(" came ").unwrap().1;
        words.split_once(", which").unwrap().0.to_owned()
    }

    #[test]
    fn each_mailbox_is_told_of() {
        let check = |mails: &[(&str, &str, u64)], want: &str| assert_eq!(told(mails), want);
        let first = ("exchange", "archive@s.example", 0);
        let told_first = "to archive@s.example at listener \"exchange\" (1 or more)";
        check(&[first], told_first);
        check(&[first, ("exchange", "Archive@s.example", 0)], told_first);
        check(
            &[("exchange", "x@s.example", 0), ("online", "j@s.example", 1)],
            "to x@s.example at listener \"exchange\" (1 or more), and to j@s.example at listener \
             \"online\" (1 or more)",
        );
        check(
            &[first; 99],
            "to archive@s.example at listener \"exchange\" (10 or more)",
        );
        // A day later nobody cares.
        check(
            &[
                ("exchange", "x@s.example", 0),
                ("exchange", "y@s.example", 24),
            ],
            "to y@s.example at listener \"exchange\" (1 or more)",
        );
    }

    #[test]
    fn a_stranger_does_not_use_the_alert_up() {
        let written: Vec<String> = (0..2 * limits::UNOPENED_MAILBOXES_MAX)
            .map(|number| format!("stranger{number}@s.example"))
            .collect();
        let journal = ("exchange", "journal@s.example", 1);
        let mut mails: Vec<_> = written
            .iter()
            .map(|to| ("exchange", to.as_str(), 1))
            .collect();
        mails.extend([journal, journal]);
        mails.extend(written.iter().map(|to| ("exchange", to.as_str(), 1)));
        let words = told(&mails);
        assert!(words.contains("to journal@s.example at"), "{words}");
        let mailboxes = words.matches("listener").count();
        assert_eq!(mailboxes, limits::UNOPENED_MAILBOXES_MAX);
    }
}
