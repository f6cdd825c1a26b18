//! Journal reports that come where none are opened: an administrator must know, because their mail is
//! in no mailbox.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use store::{AlertKind, Envelope, Store};
use tracing::info;

use crate::copies::{CopyRules, Senders};
use crate::{limits, mail_log};

/// Where they came.
#[derive(Debug, Default)]
pub(super) struct Unopened(Mutex<Tally>);

/// What came.
#[derive(Debug, Default)]
struct Tally {
    /// By listener and mailbox.
    seen: BTreeMap<(String, String), Seen>,
    /// What was said of it last, and when.
    told: Option<(Instant, String)>,
}

/// What came to one mailbox.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// How many, those included that went to whom it took the place of: so whoever gets more than
    /// the sixteenth part of all is among those we know, and a stranger who wants a journal out
    /// must write far more than the journal (the algorithm is known as space-saving).
    weight: u64,
    /// How many of these came elsewhere.
    inherited: u64,
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
        if rules.senders == Senders::Unchecked {
            info!(
                listener,
                "copies without a journal report of Exchange fill no Sent folder here, because senders \
                 is \"unchecked\""
            );
        }
    }
    store.clear_alert(AlertKind::ReportsUnopened).await;
}

impl Unopened {
    /// A message looks like a report and did not come to a journal mailbox. Each one says so, so
    /// that an alert which somebody took back too early stands again; where it stands that costs
    /// no write.
    pub(super) async fn tell(&self, store: &Store, envelope: &Envelope, rules: &CopyRules) {
        mail_log::unopened(&envelope.peer.listener);
        let Some(words) = self.words(envelope, rules, Instant::now()) else {
            return;
        };
        let now = Timestamp::now();
        let kind = AlertKind::ReportsUnopened;
        store.raise_alert(kind, &words, now).await;
    }

    /// What the alert says with this one. `None` when it came to nobody.
    fn words(&self, envelope: &Envelope, rules: &CopyRules, now: Instant) -> Option<String> {
        let to = &envelope.recipients;
        let unnamed = to.iter().find(|to| !rules.is_journal(to));
        let place = (
            envelope.peer.listener.clone(),
            unnamed.or(to.first())?.key(),
        );
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_addition = tally.count(place, now);
        let since = tally.told.as_ref().map(|(at, _)| now.duration_since(*at));
        let is_news = since.is_none_or(|since| since >= limits::UNOPENED_TOLD_AGAIN_AFTER);
        if is_news || is_addition {
            tally.told = Some((now, tally.words()));
        }
        tally.told.as_ref().map(|(_, words)| words.clone())
    }
}

impl Tally {
    /// One more. Gives whether it came where none had come, and took nobody's place: of those there
    /// are few, so each can be told at once.
    fn count(&mut self, place: (String, String), now: Instant) -> bool {
        let seen = &mut self.seen;
        seen.retain(|_, it| now.duration_since(it.at) < limits::UNOPENED_REMEMBERED);
        if let Some(here) = seen.get_mut(&place) {
            here.weight = here.weight.saturating_add(1);
            here.at = now;
            return false;
        }
        let mut inherited = 0;
        if seen.len() >= limits::UNOPENED_MAILBOXES_MAX {
            let least = seen.iter().min_by_key(|(_, it)| (it.weight, it.at));
            if let Some((least, weight)) = least.map(|(place, it)| (place.clone(), it.weight)) {
                seen.remove(&least);
                inherited = weight;
            }
        }
        let here = Seen {
            weight: inherited.saturating_add(1),
            inherited,
            at: now,
        };
        seen.insert(place, here);
        inherited == 0
    }

    fn words(&self) -> String {
        // Seldom another number, so that the alert does not change with each mail.
        let at_least = |count: u64| 10_u64.pow(count.max(1).ilog10());
        let each = self.seen.iter().map(|((listener, to), it)| {
            let least = at_least(it.weight - it.inherited);
            format!("to {to} at listener \"{listener}\" ({least} or more)")
        });
        let places = each.collect::<Vec<_>>().join(", and ");
        format!(
            "mail that looks like journal reports came {places}, which journal_recipients does not \
             name there, so nobody sees it; if your primary journals to such an address, and nothing \
             else comes to it, add it to journal_recipients of the listener, restart, and run \
             `shadowmail unsorted retry`; if other copies come to it, too (always_bcc), do not, because \
             strangers could write reports then, and give the reports a mailbox of their own; if no \
             primary of yours writes reports, a stranger did, and there is nothing to do"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use store::{Peer, ReversePath, Source};

    use super::*;

    fn envelope(listener: &str, to: &[store::Address]) -> Envelope {
        Envelope {
            source: Source::JournalCopy,
            reverse_path: ReversePath::Null,
            recipients: to.to_vec(),
            received_at: Timestamp::now(),
            peer: Peer {
                listener: listener.into(),
                ..Peer::default()
            },
            bare_line_ends: false,
            smtputf8: false,
            dsn: None,
        }
    }

    /// What is said when mail came to these mailboxes after these hours.
    fn told(mails: &[(&str, &str, u64)]) -> String {
        let unopened = Unopened::default();
        let begin = Instant::now();
        let mut words = String::new();
        for (listener, to, hours) in mails {
            let envelope = envelope(listener, &[to.parse().unwrap()]);
            let now = begin + Duration::from_hours(*hours);
            let rules = CopyRules::of_hostname("here.example");
            words = unopened.words(&envelope, &rules, now).unwrap();
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
        let mut many = vec![first; 98];
        many.push(("exchange", "archive@s.example", 1));
        check(
            &many,
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
        let mails: Vec<_> = written
            .iter()
            .map(|to| ("exchange", to.as_str(), 1))
            .collect();
        // However many came before: each that is new takes the place of the least.
        let mut mails = mails.repeat(100);
        for to in &written {
            mails.extend([journal, ("exchange", to.as_str(), 1)]);
        }
        mails.push(("exchange", "last@s.example", 2));
        let words = told(&mails);
        assert!(
            words.contains("to journal@s.example at listener \"exchange\" (10 or more)"),
            "{words}"
        );
        let mailboxes = words.matches("listener").count();
        assert_eq!(mailboxes, limits::UNOPENED_MAILBOXES_MAX);
    }

    #[test]
    fn the_alert_does_not_change_with_each_mail() {
        let unopened = Unopened::default();
        let begin = Instant::now();
        let rules = CopyRules::of_hostname("s.example");
        let words = |to: &str, seconds| {
            let to = ["journal@s.example".parse().unwrap(), to.parse().unwrap()];
            let envelope = envelope("exchange", &to);
            let now = begin + Duration::from_secs(seconds);
            unopened.words(&envelope, &rules, now).unwrap()
        };
        let first = words("a0@s.example", 0);
        assert!(first.contains(" came to a0@s.example at "), "{first}");
        let mut full = String::new();
        for number in 1..limits::UNOPENED_MAILBOXES_MAX {
            full = words(&format!("a{number}@s.example"), 0);
        }
        let last = format!("to a{}@", limits::UNOPENED_MAILBOXES_MAX - 1);
        assert!(full.contains(&last), "each is told at once: {full}");
        let again = limits::UNOPENED_TOLD_AGAIN_AFTER.as_secs();
        for number in 0..99 {
            let other = words(&format!("b{number}@s.example"), again - 1);
            assert_eq!(other, full, "those who take places are not");
        }
        assert_ne!(words("b98@s.example", again), full);
    }
}
