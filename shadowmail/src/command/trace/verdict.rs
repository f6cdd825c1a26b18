//! What became of a mail, in plain words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use store::{ArrivalState, LedgerRow, Peer, Purpose, QueueState, Source, Trace};

use crate::command::unsorted;
use crate::print;

/// Recipients and mailboxes that are named; of more their number is said.
const NAMED_MAX: usize = 3;

/// The answer to "did that mail ever arrive?".
pub fn verdict(trace: &Trace) -> String {
    let mut sentences = arrivals(trace);
    sentences.extend(fates(&trace.deliveries));
    sentences.push(whereabouts(trace));
    sentences.join(" ")
}

/// One word for a source.
pub fn how(source: Source) -> &'static str {
    match source {
        Source::JournalCopy => "journal",
        Source::FallbackMail => "fallback",
        Source::Written { .. } => "webmail",
        Source::Imported { .. } => "import",
    }
}

/// The name that a host gave itself, and its address.
pub fn peer(peer: &Peer) -> String {
    match (&*peer.helo, peer.address) {
        ("", None) => peer.listener.clone(),
        ("", Some(address)) => format!("[{address}]"),
        (helo, None) => helo.to_owned(),
        (helo, Some(address)) => format!("{helo} [{address}]"),
    }
}

fn arrivals(trace: &Trace) -> Vec<String> {
    let all = trace.arrivals.iter().map(|it| &it.envelope);
    let Some(first) = all.clone().min_by_key(|it| it.received_at) else {
        return Vec::new();
    };
    let (at, from) = (print::local(first.received_at), peer(&first.peer));
    let mut sentences = vec![match first.source {
        Source::JournalCopy => {
            format!("Arrived on {at} from {from}, as a copy of what the primary has.")
        }
        Source::FallbackMail => {
            format!("Arrived on {at} from {from}, here instead of at the primary.")
        }
        Source::Written { .. } => format!("Was written in the webmail on {at}."),
        Source::Imported { .. } => format!("Was brought from files on {at}."),
    }];
    if trace.arrivals.len() > 1 {
        sentences.push(format!("It came {} times.", trace.arrivals.len()));
    }
    let copies = all.filter(|it| it.source == Source::JournalCopy);
    let copied_at = copies.map(|it| it.received_at).min();
    if let Some(at) = copied_at.filter(|_| first.source != Source::JournalCopy) {
        let at = print::local(at);
        sentences.push(format!("The primary copied it to us on {at}."));
    }
    sentences
}

/// What became of each delivery; many of one kind in one sentence.
fn fates(rows: &[LedgerRow]) -> Vec<String> {
    let mut kinds: BTreeMap<(String, String), Vec<&LedgerRow>> = BTreeMap::new();
    for row in rows {
        let kind = (print::word(&row.purpose), print::word(&row.state));
        kinds.entry(kind).or_default().push(row);
    }
    let mut sentences = Vec::new();
    for rows in kinds.into_values() {
        match rows.as_slice() {
            [.., last] if rows.len() > NAMED_MAX => {
                let others = rows.len() - 1;
                sentences.push(format!("{} The same holds for {others} more.", fate(last)));
            }
            few => sentences.extend(few.iter().map(|row| fate(row))),
        }
    }
    sentences
}

fn fate(row: &LedgerRow) -> String {
    let (id, to, words) = (row.id, &row.recipient, &row.last_words);
    let at = print::local(row.changed_at);
    let other = match row.purpose {
        Purpose::Send => "the other side",
        Purpose::Return | Purpose::SentCopy | Purpose::Resend => "the primary",
    };
    let to = match row.purpose {
        Purpose::SentCopy => format!("the Sent folder of {to}"),
        Purpose::Resend => format!("{to}, once more"),
        Purpose::Return | Purpose::Send => to.to_string(),
    };
    match row.state {
        QueueState::Delivered => {
            format!("It was handed to {other} for {to}, which answered \"{words}\" on {at}.")
        }
        QueueState::Confirmed => {
            format!("It was handed over for {to}, and {other} has shown on {at} that it has it.")
        }
        QueueState::Waiting => waiting(row, (&to, other)),
        QueueState::Claimed => format!("It is being handed to {other} for {to} right now."),
        QueueState::Refused => format!(
            "It was refused for {to} by {other} on {at}: \"{words}\". `shadowmail reinject release {id}` tries again."
        ),
        QueueState::Unknown => format!(
            "Nobody knows whether {other} took it for {to}: the line broke on {at} after all of it was sent. Look \
             there, then decide with `shadowmail reinject release {id}` or `write-off {id}`."
        ),
        QueueState::WrittenOff => {
            format!("A person decided on {at} that {to} need not get it ({words}).")
        }
    }
}

fn waiting(row: &LedgerRow, (to, other): (&str, &str)) -> String {
    let next = row.next_attempt_at;
    let when = if next <= Timestamp::now() {
        "as soon as the mode allows it".to_owned()
    } else {
        format!("on {}", print::local(next))
    };
    match row.attempts {
        0 => format!("It waits to be handed to {other} for {to}, {when}."),
        tries => {
            let times = if tries == 1 {
                "once"
            } else {
                &*format!("{tries} times")
            };
            format!(
                "It was tried {times} for {to}, is tried again {when}, and {other} said last: \"{}\".",
                row.last_words
            )
        }
    }
}

fn whereabouts(trace: &Trace) -> String {
    let state = trace.arrivals.first().map(|it| it.state);
    if state == Some(ArrivalState::Unfiled) {
        return "It is not filed yet; `shadowmail serve` does that within moments.".to_owned();
    }
    let logins: Vec<&str> = trace
        .places
        .iter()
        .filter(|place| place.folder != "gone")
        .map(|place| place.login.as_str())
        .collect();
    match logins.as_slice() {
        [] if trace.places.is_empty() => {
            let why = unsorted::why(trace.unsorted_because.as_deref(), &trace.unknown_names);
            format!("No mailbox shows it: {why}.")
        }
        [] => "Everybody who had it has deleted it.".to_owned(),
        [one] => format!("It lies in the mailbox of {one}."),
        few if few.len() <= NAMED_MAX => format!("It lies in the mailboxes of {}.", few.join(", ")),
        [first, others @ ..] => {
            format!(
                "It lies in the mailboxes of {first} and {} others.",
                others.len()
            )
        }
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
