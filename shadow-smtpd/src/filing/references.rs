//! The names by which mails find the others of their conversation (RFC 5322 §3.6.4).

use std::collections::VecDeque;

use super::header;
use crate::limits;

/// What a mail calls itself and the mails it is about, without angle brackets and each once: its
/// Message-ID, In-Reply-To, then the first and the last of References. The first one of a long
/// thread is where it began, the last ones are what it answers.
pub(super) fn read(mail: &[u8]) -> Vec<String> {
    let mut own = Vec::new();
    let mut parents = Vec::new();
    let mut references = Vec::new();
    for field in header::split(mail).fields() {
        if field.is("Message-ID") && own.is_empty() {
            own.extend(names(field.value).next());
        } else if field.is("In-Reply-To") && parents.is_empty() {
            parents.extend(names(field.value).take(limits::PARENTS_MAX));
        } else if field.is("References") && references.is_empty() {
            references = ends(names(field.value));
        }
    }
    let mut all: Vec<String> = Vec::new();
    for name in own.into_iter().chain(parents).chain(references) {
        let name = String::from_utf8_lossy(&name).into_owned();
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// What a mail calls itself, without angle brackets.
pub(super) fn message_id(mail: &[u8]) -> Option<String> {
    let value = header::split(mail).values("Message-ID").next()?;
    let name = names(value).next()?;
    Some(String::from_utf8_lossy(&name).into_owned())
}

/// The first and the last names of a thread, however many a stranger has put in between.
fn ends(mut names: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut ends: Vec<_> = names.by_ref().take(limits::THREAD_BEGIN_MAX).collect();
    let mut last = VecDeque::with_capacity(limits::THREAD_END_MAX);
    for name in names {
        if last.len() == limits::THREAD_END_MAX {
            last.pop_front();
        }
        last.push_back(name);
    }
    ends.extend(last);
    ends
}

/// All that stands between angle brackets, without the blanks that folding put into it. In a
/// Message-ID of a careless program, which has no brackets, it is all there is.
fn names(value: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let bare = !value.contains(&b'<');
    let mut rest = value;
    std::iter::from_fn(move || {
        let (name, after) = if bare {
            (rest, [].as_slice())
        } else {
            let begin = rest.iter().position(|byte| *byte == b'<')? + 1;
            let inner = rest.get(begin..)?;
            let end = inner.iter().position(|byte| *byte == b'>')?;
            (inner.get(..end)?, inner.get(end..)?)
        };
        if rest.is_empty() {
            return None;
        }
        rest = after;
        Some(name)
    })
    .map(|name| {
        let printable = name.iter().filter(|byte| !byte.is_ascii_whitespace());
        printable.copied().collect::<Vec<u8>>()
    })
    .filter(|name| (1..=limits::MESSAGE_NAME_BYTES_MAX).contains(&name.len()))
}

#[cfg(test)]
#[path = "references_tests.rs"]
mod tests;
