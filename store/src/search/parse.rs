//! From what people type to a [`Query`].

use jiff::civil::Date;

use super::fold;
use super::operator::{self, Operator};
use super::query::{Clause, Ending, Field, Item, Note, Query, Sign, Term};
use crate::limits;

/// What opens or closes a phrase: telephones and word processors choose their own marks.
pub(super) const QUOTES: [char; 7] = ['"', '„', '“', '”', '‟', '«', '»'];

/// Characters of an operator's name.
const OPERATOR_CHARS_MAX: usize = 20;

pub(super) fn query(text: &str, today: Date) -> Query {
    let mut query = Query::default();
    let (mut rest, cut) = bounded(text);
    let mut terms = 0;
    // OR joins its neighbours: `a b OR c` looks for a and one of b and c.
    let mut joins = false;
    while let Some(token) = Token::next(&mut rest) {
        match token.connector() {
            Some(Connector::Or) if !query.clauses.is_empty() => joins = true,
            Some(Connector::And) if !query.clauses.is_empty() => {}
            _ => {
                let Some(item) = item(token, &mut rest, today, &mut query.notes) else {
                    continue;
                };
                terms += 1;
                if terms > limits::QUERY_TERMS_MAX {
                    query.notes.push(Note::TooLong);
                    return query;
                }
                match query.clauses.last_mut() {
                    Some(clause) if joins => clause.items.push(item),
                    _ => query.clauses.push(Clause { items: vec![item] }),
                }
                joins = false;
            }
        }
    }
    if cut {
        query.notes.push(Note::TooLong);
    }
    query
}

/// The part of the text that is read, and whether there was more.
fn bounded(text: &str) -> (&str, bool) {
    match text.char_indices().nth(limits::QUERY_CHARS_MAX) {
        Some((end, _)) => (text.get(..end).unwrap_or(text), true),
        None => (text, false),
    }
}

/// What a token asks for; `None` when there is nothing to look for in it.
fn item(token: Token<'_>, rest: &mut &str, today: Date, notes: &mut Vec<Note>) -> Option<Item> {
    let sign = token.sign;
    let (term, source) = match token.operator {
        None => (operator::text(Field::Any, token.text), token.spelled()),
        Some(name) => operated(&token, name, (rest, today), notes),
    };
    notes.extend(unsearchable(&term));
    let nothing = match &term {
        Term::Text { text, .. } | Term::MessageId(text) => fold::words(text).is_empty(),
        _ => false,
    };
    (!nothing).then_some(Item { sign, term, source })
}

/// What of a term no index can find as it stands.
fn unsearchable(term: &Term) -> Option<Note> {
    let (text, ending) = match term {
        Term::Text { text, ending, .. } => (text, *ending),
        Term::MessageId(id) => (id, Ending::Exact),
        _ => return None,
    };
    if fold::has_long_word(text) {
        return Some(Note::LongWord(text.clone()));
    }
    let words = fold::words(text);
    let last = words.last().filter(|_| ending == Ending::Open)?;
    let is_short = last.folded.chars().count() < limits::PREFIX_CHARS_MIN;
    is_short.then(|| Note::ShortBeginning(format!("{text}*")))
}

fn operated(
    token: &Token<'_>,
    name: &str,
    (rest, today): (&mut &str, Date),
    notes: &mut Vec<Note>,
) -> (Term, String) {
    let whole = || operator::text(Field::Any, token.source.trim_start_matches('-'));
    let Some(operator) = Operator::named(name) else {
        // `12:30`, `Re:` and `https://` are text that happens to have a colon.
        if !token.text.is_empty() && !token.text.starts_with('/') {
            notes.push(Note::UnknownOperator(name.to_owned()));
        }
        return (whole(), token.spelled());
    };
    let mut value = token.text;
    let mut source = token.spelled();
    if value.is_empty() {
        // `von: anna`, as one writes after a colon.
        let mut ahead = *rest;
        match Token::next(&mut ahead) {
            Some(next) if next.is_value() => {
                value = next.text;
                source.push_str(&next.spelled());
                *rest = ahead;
            }
            // In quotes, so that it stays a word wherever it is put.
            _ => return (whole(), token.sign.before(&format!("\"{name}:\""))),
        }
    }
    if let Some(term) = operator.term(value, today) {
        return (term, source);
    }
    notes.push(Note::BadValue {
        operator: name.to_owned(),
        value: value.to_owned(),
    });
    (operator::text(Field::Any, value), source)
}

/// One piece between blanks.
#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    sign: Sign,
    operator: Option<&'a str>,
    /// Without quotes.
    text: &'a str,
    quoting: Quoting,
    source: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    Bare,
    Closed,
    /// The text ended first.
    Unclosed,
}

enum Connector {
    And,
    Or,
}

impl<'a> Token<'a> {
    /// Takes the next token off the text.
    fn next(rest: &mut &'a str) -> Option<Self> {
        let begin = rest.trim_start();
        if begin.is_empty() {
            return None;
        }
        let (sign, after_sign) = match begin.strip_prefix('-') {
            Some(after) if after.starts_with(|c: char| !c.is_whitespace()) => {
                (Sign::Without, after)
            }
            _ => (Sign::With, begin),
        };
        let (operator, value) = match operator(after_sign) {
            Some((name, value)) => (Some(name), value),
            None => (None, after_sign),
        };
        let (text, quoting, end) = if let Some(phrase) = value.strip_prefix(QUOTES) {
            match phrase.split_once(QUOTES) {
                Some((text, end)) => (text, Quoting::Closed, end),
                None => (phrase, Quoting::Unclosed, ""),
            }
        } else {
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            let (text, end) = value.split_at(end);
            (text, Quoting::Bare, end)
        };
        *rest = end;
        let source = begin.get(..begin.len() - end.len()).unwrap_or(begin);
        Some(Self {
            sign,
            operator,
            text,
            quoting,
            source,
        })
    }

    /// As it was typed, with the end of its phrase.
    fn spelled(&self) -> String {
        let mut spelled = self.source.to_owned();
        if self.quoting == Quoting::Unclosed {
            spelled.push('"');
        }
        spelled
    }

    /// Whether it can stand behind an operator and a blank.
    fn is_value(&self) -> bool {
        self.sign == Sign::With && self.operator.is_none() && self.connector().is_none()
    }

    /// In capitals only: in small letters they are words like others.
    fn connector(&self) -> Option<Connector> {
        if self.quoting != Quoting::Bare || self.sign == Sign::Without || self.operator.is_some() {
            return None;
        }
        match self.text {
            "OR" | "ODER" => Some(Connector::Or),
            "AND" | "UND" => Some(Connector::And),
            _ => None,
        }
    }
}

/// Splits `name:value`.
fn operator(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(':')?;
    let is_name = name.starts_with(char::is_alphabetic)
        && name.chars().count() <= OPERATOR_CHARS_MAX
        && name
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '-' | '_'));
    is_name.then_some((name, value))
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
