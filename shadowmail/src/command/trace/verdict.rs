//! What became of a mail, in plain words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use store::{
    ArrivalState, Envelope, LedgerRow, Mode, ModeChange, Peer, Purpose, QueueState, Scope, Source,
    Trace,
};

use crate::command::unsorted;
use crate::print;

/// Recipients and mailboxes that are named; of more their number is said.
const NAMED_MAX: usize = 3;

/// The answer to "did that mail ever arrive?".
pub fn verdict(trace: &Trace, mode: &ModeChange) -> String {
    let mut sentences = arrivals(trace);
    sentences.extend(fates(&trace.deliveries, mode));
    sentences.push(whereabouts(trace));
    sentences.join(" ")
}

/// One word for a source.
pub fn how(source: Source) -> &'static str {
    match source {
        Source::JournalCopy => "journal",
        Source::FallbackMail => "fallback",
        Source::Written { .. } => "webmail",
        Source::Rehearsed { .. } => "drill",
        Source::Imported { .. } => "import",
        Source::Notice => "notice",
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
    let all = trace.arrivals.iter().filter_map(|it| it.envelope.as_ref());
    let is_import = |it: &Envelope| matches!(it.source, Source::Imported { .. });
    // An import has the date of its file, and says nothing of how the mail came.
    let Some(first) = all.clone().min_by_key(|it| (is_import(it), it.received_at)) else {
        return vec![format!(
            "Arrived on {}.",
            print::local(trace.id.arrived_at())
        )];
    };
    let (at, from) = (print::local(first.received_at), peer(&first.peer));
    let mut sentences = vec![match first.source {
        Source::JournalCopy => {
            format!("Arrived on {at} from {from}, as a copy of what the primary has.")
        }
        Source::FallbackMail => {
            format!("Arrived on {at} from {from}; the primary did not have it yet.")
        }
        Source::Written { .. } => format!("Was written in the webmail on {at}."),
        Source::Rehearsed { .. } => {
            format!("Was written in a drill on {at}, and stays in Shadowmail.")
        }
        Source::Notice => format!("Was written by Shadowmail itself on {at}."),
        Source::Imported { .. } => format!("Was brought from files, which date it {at}."),
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
fn fates(rows: &[LedgerRow], mode: &ModeChange) -> Vec<String> {
    let mut kinds: BTreeMap<(String, String), Vec<&LedgerRow>> = BTreeMap::new();
    for row in rows {
        let kind = (print::word(&row.purpose), print::word(&row.state));
        kinds.entry(kind).or_default().push(row);
    }
    let mut sentences = Vec::new();
    for rows in kinds.into_values() {
        let named = rows.iter().take(NAMED_MAX);
        sentences.extend(named.map(|row| fate(row, mode)));
        let others = rows.len().saturating_sub(NAMED_MAX);
        if others > 0
            && let Some(row) = rows.last()
        {
            let state = print::word(&row.state);
            sentences.push(format!("{others} more of its deliveries are {state}."));
        }
    }
    sentences
}

fn fate(row: &LedgerRow, mode: &ModeChange) -> String {
    let (id, words) = (row.id, &row.last_words);
    let at = print::local(row.changed_at);
    let other = match row.purpose {
        Purpose::Send => "the other side",
        Purpose::Return | Purpose::SentCopy | Purpose::Resend | Purpose::Notice => "the primary",
    };
    let to = whom(row);
    match row.state {
        QueueState::Delivered => {
            format!("It was handed to {other} for {to}, which answered \"{words}\" on {at}.")
        }
        QueueState::Confirmed => {
            format!("For {to}, {other} has shown on {at} that it has it.")
        }
        QueueState::Waiting => waiting(row, (&to, other), mode),
        QueueState::Claimed => format!("It is being handed to {other} for {to} right now."),
        QueueState::Refused => format!(
            "It was refused for {to} by {other} on {at}: \"{words}\". `shadowmail reinject release {id}` tries again."
        ),
        QueueState::Unknown => format!(
            "Nobody knows whether {other} took it for {to} ({words}; {at}). Look there, then decide: `shadowmail \
             reinject release {id}`, or `shadowmail reinject write-off {id} --reason …`."
        ),
        QueueState::WrittenOff => {
            format!("A person decided on {at} that {to} need not get it ({words}).")
        }
    }
}

fn whom(row: &LedgerRow) -> String {
    let to = &row.recipient;
    match row.purpose {
        Purpose::SentCopy => format!("the Sent folder of {to}"),
        Purpose::Resend => format!("{to}, once more"),
        Purpose::Return | Purpose::Send | Purpose::Notice => to.to_string(),
    }
}

fn waiting(row: &LedgerRow, (to, other): (&str, &str), mode: &ModeChange) -> String {
    let last = match (row.attempts, &*row.last_words) {
        (0, "") => String::new(),
        (0, words) => format!(" ({words})"),
        (1, words) => format!("; it was tried once, and the last answer was \"{words}\""),
        (tries, words) => {
            format!("; it was tried {tries} times, and the last answer was \"{words}\"")
        }
    };
    let next = row.next_attempt_at;
    // What goes outside goes at any time.
    let is_held = mode.mode == Mode::Emergency && row.purpose != Purpose::Send;
    let when = if is_held && mode.scope != Scope::Everyone {
        " while the emergency holds for its owner".to_owned()
    } else if is_held {
        " until the emergency is over".to_owned()
    } else if next > Timestamp::now() {
        format!(", next on {}", print::local(next))
    } else {
        String::new()
    };
    format!("It waits to be handed to {other} for {to}{when}{last}.")
}

fn whereabouts(trace: &Trace) -> String {
    if let Some(why) = nowhere(trace) {
        return why;
    }
    let there = trace.places.iter().filter(|place| place.folder != "gone");
    let mut logins: Vec<&str> = there.map(|place| place.login.as_str()).collect();
    // A mail to oneself lies there twice.
    logins.dedup();
    match logins.as_slice() {
        [] => "Everybody who had it has deleted it.".to_owned(),
        [one] => format!("It lies in the mailbox of {one}."),
        few if few.len() <= NAMED_MAX => format!("It lies in the mailboxes of {}.", few.join(", ")),
        [first, others @ ..] => {
            let others = others.len();
            format!("It lies in the mailboxes of {first} and {others} others.")
        }
    }
}

/// Why it lies in no mailbox.
fn nowhere(trace: &Trace) -> Option<String> {
    if !trace.places.is_empty() {
        return None;
    }
    Some(match trace.arrivals.first().map(|it| it.state) {
        Some(ArrivalState::Unfiled) => {
            "It is not filed yet; `shadowmail serve` does that within moments.".to_owned()
        }
        Some(ArrivalState::Merged) => {
            "It is a copy of a mail that has aged, and mailboxes had that one.".to_owned()
        }
        Some(ArrivalState::Filed) => {
            "No mailbox shows it any more: its time there is over.".to_owned()
        }
        Some(ArrivalState::Unsorted) | None => {
            let why = unsorted::why(trace.unsorted_because.as_deref(), &trace.unknown_names);
            format!("No mailbox shows it: {why}.")
        }
    })
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
