//! What the form starts with: empty, an answer, or a message to forward.

use std::collections::HashSet;

use store::{Account, Address, EntryRow};
use templates::Words;
use templates::pages::{Person, Typed};
use templates::words::fill;

use crate::clock::Clock;
use crate::limits;
use crate::mail::{self, Letter};

/// Why somebody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    Reply,
    ReplyAll,
    Forward,
}

/// The message that is answered or forwarded.
pub(crate) struct Original {
    pub entry: EntryRow,
    pub letter: Letter,
}

/// Beginnings that stand for *Re:* or *Fwd:* in mail from other languages and programs.
const PREFIXES: [&str; 7] = ["re:", "aw:", "antw:", "fwd:", "fw:", "wg:", "tr:"];

/// What the form starts with. `mailbox` is the one that is written from.
pub(crate) fn start(
    occasion: Occasion,
    original: &Original,
    mailbox: &Account,
    words: &Words,
    clock: &Clock,
) -> Typed {
    let letter = &original.letter;
    let subject = bare_subject(subject(original));
    let from = sender(letter, mailbox).to_string();
    let (subject, text) = match occasion {
        Occasion::Reply | Occasion::ReplyAll => {
            (format!("Re: {subject}"), answer(original, words, clock))
        }
        Occasion::Forward => (format!("Fwd: {subject}"), forwarded(original, words, clock)),
    };
    let (to, cc) = match occasion {
        Occasion::Reply => (answer_to(letter, mailbox), Vec::new()),
        Occasion::ReplyAll => everybody(letter, mailbox),
        Occasion::Forward => (Vec::new(), Vec::new()),
    };
    Typed {
        from,
        to: field(&to),
        cc: field(&cc),
        bcc: String::new(),
        subject,
        text,
    }
}

/// The subject of a message; the list has one even when the message can not be parsed.
fn subject(original: &Original) -> &str {
    if original.letter.raw {
        &original.entry.subject
    } else {
        &original.letter.subject
    }
}

/// Without *Re:*, *AW:* and their like, however many.
fn bare_subject(subject: &str) -> &str {
    let mut subject = subject.trim();
    loop {
        let prefix = PREFIXES.iter().find(|prefix| {
            subject
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        });
        match prefix.and_then(|prefix| subject.get(prefix.len()..)) {
            Some(rest) => subject = rest.trim_start(),
            None => return subject,
        }
    }
}

/// The address of the mailbox that the message came to; else its first.
fn sender<'a>(letter: &Letter, mailbox: &'a Account) -> &'a Address {
    let mentioned = letter.to.iter().chain(&letter.cc).chain(&letter.from);
    let mentioned: HashSet<String> = mentioned.map(|p| p.address.to_lowercase()).collect();
    let found = mailbox
        .addresses
        .iter()
        .find(|address| mentioned.contains(&address.key()));
    found.unwrap_or_else(|| mailbox.primary_address())
}

/// Whom an answer goes to: where the sender wants it (RFC 5322 §3.6.2), or to the same people
/// again when it is one's own message.
fn answer_to(letter: &Letter, mailbox: &Account) -> Vec<Person> {
    if is_own(letter, mailbox) {
        return letter.to.clone();
    }
    if letter.reply_to.is_empty() {
        letter.from.clone()
    } else {
        letter.reply_to.clone()
    }
}

/// Whom an answer to all goes to: the same, and all others, each once and without oneself.
fn everybody(letter: &Letter, mailbox: &Account) -> (Vec<Person>, Vec<Person>) {
    let mut seen: HashSet<String> = HashSet::new();
    let to = distinct(answer_to(letter, mailbox), &mut seen);
    seen.extend(mailbox.addresses.iter().map(Address::key));
    let to: Vec<Person> = to
        .into_iter()
        .chain(distinct(letter.to.clone(), &mut seen))
        .collect();
    (to, distinct(letter.cc.clone(), &mut seen))
}

fn distinct(people: Vec<Person>, seen: &mut HashSet<String>) -> Vec<Person> {
    let known = |person: &Person| !person.address.is_empty();
    people
        .into_iter()
        .filter(|p| known(p) && seen.insert(p.address.to_lowercase()))
        .collect()
}

fn is_own(letter: &Letter, mailbox: &Account) -> bool {
    let from = letter
        .from
        .first()
        .map(|person| person.address.to_lowercase());
    mailbox
        .addresses
        .iter()
        .any(|address| Some(address.key()) == from)
}

fn field(people: &[Person]) -> String {
    people.iter().map(written).collect::<Vec<_>>().join(", ")
}

/// As the address field reads it back.
pub(crate) fn written(person: &Person) -> String {
    let Person { name, address } = person;
    if name.is_empty() {
        return address.clone();
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '.' | '\'');
    if name.chars().all(plain) {
        return format!("{name} <{address}>");
    }
    let name = name.replace(['"', '\\'], "'");
    format!("\"{name}\" <{address}>")
}

/// Room for the answer, then who wrote when, then the text with marks.
fn answer(original: &Original, words: &Words, clock: &Clock) -> String {
    let who = original.letter.from.first().map_or_else(
        || original.entry.from_name.clone(),
        |person| {
            if person.name.is_empty() {
                person.address.clone()
            } else {
                person.name.clone()
            }
        },
    );
    let date = original.letter.date.unwrap_or(original.entry.received_at);
    let attribution =
        fill(words.attribution_on, clock.dated(date)) + &fill(words.attribution_wrote, who);
    let (text, _) = mail::shorten(&original.letter.text, limits::TEXT_BYTES_MAX / 2);
    let quoted = text.lines().map(|line| match line {
        line if line.starts_with('>') => format!(">{line}"),
        "" => ">".to_owned(),
        line => format!("> {line}"),
    });
    format!(
        "\n\n{attribution}\n{}\n",
        quoted.collect::<Vec<_>>().join("\n")
    )
}

/// Room for a remark, then the message with its most important headers.
fn forwarded(original: &Original, words: &Words, clock: &Clock) -> String {
    let letter = &original.letter;
    let date = clock
        .full(letter.date.unwrap_or(original.entry.received_at))
        .words;
    let lines = [
        (words.from, field(&letter.from)),
        (words.date, date),
        (words.subject, subject(original).to_owned()),
        (words.to, field(&letter.to)),
        (words.cc, field(&letter.cc)),
    ];
    let head = lines.into_iter().filter(|(_, value)| !value.is_empty());
    let head: Vec<String> = head
        .map(|(label, value)| format!("{label}: {value}"))
        .collect();
    let (text, _) = mail::shorten(&letter.text, limits::TEXT_BYTES_MAX / 2);
    format!(
        "\n\n{}\n{}\n\n{text}\n",
        words.forwarded_message,
        head.join("\n")
    )
}

#[cfg(test)]
#[path = "start_tests.rs"]
mod tests;
