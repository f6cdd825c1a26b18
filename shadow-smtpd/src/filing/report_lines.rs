//! What the text part of a journal report says ([MS-XJRNL] §2.1, and its forerunner of Exchange
//! 2003).

use super::correspondent::Correspondent;
use crate::limits;

/// Who sent a mail and who got it, as a report tells it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// Who sent the mail, where that can be read.
    pub(super) sender: Option<Correspondent>,
    /// In whose name.
    pub(super) on_behalf_of: Option<Correspondent>,
    /// The mailboxes that got it.
    pub(super) recipients: Vec<Correspondent>,
    /// What is said of how they were addressed.
    pub(super) addressing: Addressing,
}

/// Whether a report says how recipients were addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Addressing {
    /// In To, Cc or Bcc: the server knows that of what somebody handed in who had signed in.
    Known,
    /// All are just recipients, as of what came from the internet.
    #[default]
    Unknown,
}

const NO_REPORT: &str = "the text of the journal report does not begin as it must";
const TOO_MANY_LINES: &str = "the text of the journal report has too many lines";
const TWICE: &str = "the journal report names senders or recipients twice, and one of the lists may \
    be part of a name that the sender of the mail wrote";

/// What the sender of a mail wrote into the report about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Subject {
    /// Line breaks in the decoded subject.
    pub(super) line_breaks: usize,
}

/// Reads the lines of Exchange 2007 and later; the first one must be `Sender`. An error says why
/// they are not believed.
///
/// The subject in it is decoded text that the sender of the mail wrote. If it had line breaks, the
/// lines after it are the sender's, too, and could name recipients of the sender's choice. Where the
/// Message-ID comes after the subject, as Exchange writes it, recipients count behind the last one
/// only, however the subject was decoded; where it comes before, so many lines are left out.
pub(super) fn modern(text: &str, subject: Subject) -> Result<Lines, &'static str> {
    let lines = named_lines(text)?;
    let first = lines.first().filter(|(name, _)| is(name, "Sender"));
    let (_, sender) = first.ok_or(NO_REPORT)?;
    let sender = Correspondent::parse(sender);
    let position = |wanted: &str| lines.iter().position(|(name, _)| is(name, wanted));
    let last_message_id = lines.iter().rposition(|(name, _)| is(name, "Message-ID"));
    let begin = match (position("Subject"), position("Message-ID")) {
        (None, None) => 1,
        (None, Some(at)) => at + 1,
        (Some(subject), Some(id)) if subject < id => last_message_id.unwrap_or(id) + 1,
        (Some(at), _) => at + 1 + subject.line_breaks,
    };
    let second = lines.get(1).filter(|(name, _)| is(name, "On-Behalf-Of"));
    let on_behalf_of = second.and_then(|(_, value)| Correspondent::parse(value));
    let says_how = |name: &str| ["To", "Cc", "Bcc"].iter().any(|known| is(name, known));
    let believed = lines.get(begin..).unwrap_or_default();
    let addressing = if believed.iter().any(|(name, _)| says_how(name)) {
        Addressing::Known
    } else {
        Addressing::Unknown
    };
    let recipients = believed
        .iter()
        .filter(|(name, _)| says_how(name) || is(name, "Recipient"))
        .filter_map(|(_, value)| Correspondent::parse(mailbox(value)))
        .take(limits::REPORT_RECIPIENTS_MAX)
        .collect();
    Ok(Lines {
        sender,
        on_behalf_of,
        recipients,
        addressing,
    })
}

/// The lines of a text from the first that is not empty on, each with its name. One that has none
/// stays, so that lines can be counted.
fn named_lines(text: &str) -> Result<Vec<(&str, &str)>, &'static str> {
    are_few(text)?;
    let lines = all_lines(text).map(|line| line.split_once(':').unwrap_or(("", line)));
    Ok(lines
        .skip_while(|(name, value)| name.is_empty() && value.trim().is_empty())
        .map(|(name, value)| (name.trim_end(), value))
        .collect())
}

/// Lines take more memory than their bytes.
fn are_few(text: &str) -> Result<(), &'static str> {
    match all_lines(text).nth(limits::REPORT_LINES_MAX) {
        None => Ok(()),
        Some(_) => Err(TOO_MANY_LINES),
    }
}

/// A text in lines, however they end: what was decoded may hold any of them.
fn all_lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    text.split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

fn is(name: &str, known: &str) -> bool {
    name.eq_ignore_ascii_case(known)
}

/// The mailbox that got the mail is always the left one. Split at the last mark: a quoted local
/// part may hold one, too.
fn mailbox(value: &str) -> &str {
    let marks = [", Expanded: ", ", Forwarded: "];
    let last = marks.iter().filter_map(|mark| value.rfind(mark)).max();
    last.and_then(|at| value.get(..at)).unwrap_or(value)
}

/// Sections of Exchange 2003 and of Citadel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    Sender,
    MessageId,
    Recipients,
    /// What comes after one of them.
    Over,
}

/// Reads the sections of Exchange 2003, in any order: a sender that may run over several lines, and
/// recipients, one on a line (`Amy <smtp:amy@corp.example>`), up to an empty line. An error says why
/// they are not believed.
pub(super) fn legacy(text: &str) -> Result<Lines, &'static str> {
    are_few(text)?;
    let (mut senders, mut recipients) = (None::<Vec<&str>>, None::<Vec<&str>>);
    let mut section = Section::None;
    for line in all_lines(text) {
        let mut rest = line;
        if let Some((next, after)) = tag(line) {
            let is_second = match next {
                Section::Sender => senders.is_some(),
                Section::Recipients => recipients.is_some(),
                _ => false,
            };
            if is_second {
                return Err(TWICE);
            }
            section = next;
            rest = after;
        } else if line.trim().is_empty() {
            // Where recipients begin on a line of their own an empty one may come first.
            let begun = recipients.as_ref().is_some_and(|lines| !lines.is_empty());
            if section != Section::Recipients || begun {
                section = Section::Over;
            }
            continue;
        }
        let into = match section {
            Section::Sender => senders.get_or_insert_default(),
            Section::Recipients => recipients.get_or_insert_default(),
            Section::None | Section::MessageId | Section::Over => continue,
        };
        if !rest.trim().is_empty() {
            into.push(rest);
        }
    }
    if senders.is_none() && recipients.is_none() {
        return Err(NO_REPORT);
    }
    let first = correspondents(&senders.unwrap_or_default()).next();
    let recipients = recipients.unwrap_or_default();
    let recipients = correspondents(&recipients);
    Ok(Lines {
        sender: first,
        on_behalf_of: None,
        recipients: recipients.take(limits::REPORT_RECIPIENTS_MAX).collect(),
        addressing: Addressing::Unknown,
    })
}

/// The section that a line begins, and the rest of the line.
fn tag(line: &str) -> Option<(Section, &str)> {
    // What is indented is a recipient of Citadel.
    let (name, rest) = line.split_once(':')?;
    let tags = [
        ("Sender", Section::Sender),
        ("Message-ID", Section::MessageId),
        ("Recipients", Section::Recipients),
    ];
    let found = tags.iter().find(|(known, _)| is(name.trim_end(), known))?;
    Some((found.1, rest))
}

/// Who stands on some lines. Names of people are written by people: where addresses stand in angle
/// brackets, only the last such on a line counts, and what looks like an address elsewhere does not.
fn correspondents<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = Correspondent> + 'a {
    let bracketed = lines.iter().any(|line| last_in_brackets(line).is_some());
    lines.iter().filter_map(move |line| {
        if bracketed {
            Correspondent::parse(last_in_brackets(line)?)
        } else {
            bare(line)
        }
    })
}

fn last_in_brackets(line: &str) -> Option<&str> {
    let line = line.trim_end().strip_suffix('>')?;
    line.rsplit_once('<').map(|(_, inner)| inner)
}

/// An address among other words.
fn bare(line: &str) -> Option<Correspondent> {
    let apart = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | ';' | ',' | '"');
    line.split(apart)
        .filter(|word| word.contains('@'))
        .find_map(Correspondent::parse)
}

#[cfg(test)]
#[path = "report_lines_tests.rs"]
mod tests;
