//! A search as a form: for people who know no operators. Form and box say the same.

use std::fmt::Write;

use jiff::civil::Date;

use super::query::{Attachments, Clause, Ending, Field, Item, Query, Sign, State, Term};

/// The fields of the form. Empty ones ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryForm {
    /// Whatever has no field of its own, as in the box.
    pub words: String,
    /// Name or address of the sender.
    pub from: String,
    /// In the subject.
    pub subject: String,
    /// Arrived on this day or later.
    pub after: Option<Date>,
    /// Arrived before this day.
    pub before: Option<Date>,
    /// With attachments only.
    pub attachments: bool,
    /// Not read only.
    pub unread: bool,
}

impl QueryForm {
    /// The form that asks what this query asks.
    pub fn of(query: &Query) -> Self {
        let mut form = Self::default();
        let mut words: Vec<Clause> = Vec::new();
        for clause in &query.clauses {
            let taken = match clause.items.as_slice() {
                [item] => form.take(item),
                _ => false,
            };
            if !taken {
                words.push(clause.clone());
            }
        }
        form.words = spelled(&words);
        form
    }

    /// What to type for it.
    pub fn text(&self) -> String {
        // Parsed once, so that an open quote or a last OR does not swallow what follows. No day
        // matters for how it was typed.
        let mut text = spelled(&Query::parse(&self.words, Date::ZERO).clauses);
        for (operator, value) in [("from", &self.from), ("subject", &self.subject)] {
            let value = value.trim();
            // A quote inside would end the phrase; it is no part of any word.
            let bare: String = value.replace(super::parse::QUOTES, " ");
            match value {
                "" => {}
                _ if bare.contains(char::is_whitespace) => {
                    add(&mut text, format_args!("{operator}:\"{}\"", bare.trim()));
                }
                _ => add(&mut text, format_args!("{operator}:{bare}")),
            }
        }
        for (operator, date) in [("after", self.after), ("before", self.before)] {
            if let Some(date) = date {
                add(&mut text, format_args!("{operator}:{date}"));
            }
        }
        if self.attachments {
            add(&mut text, format_args!("has:attachment"));
        }
        if self.unread {
            add(&mut text, format_args!("is:unread"));
        }
        text
    }

    /// Puts a term into its field, if it has one and that is free.
    fn take(&mut self, item: &Item) -> bool {
        if item.sign == Sign::Without {
            return false;
        }
        match &item.term {
            Term::Text {
                field,
                text,
                ending: Ending::Exact,
            } => {
                let place = match field {
                    Field::From => &mut self.from,
                    Field::Subject => &mut self.subject,
                    _ => return false,
                };
                // What could end a phrase or leave an end open stays as it was typed.
                let plain = !text.contains('*') && !text.contains(super::parse::QUOTES);
                let free = place.is_empty() && plain;
                if free {
                    place.clone_from(text);
                }
                free
            }
            Term::After(date) if self.after.is_none() => {
                self.after = Some(*date);
                true
            }
            Term::Before(date) if self.before.is_none() => {
                self.before = Some(*date);
                true
            }
            Term::Has(Attachments) => {
                self.attachments = true;
                true
            }
            Term::Is(State::Unread) => {
                self.unread = true;
                true
            }
            _ => false,
        }
    }
}

/// As it was typed.
pub(super) fn spelled(clauses: &[Clause]) -> String {
    let clauses = clauses.iter().map(|clause| {
        let items: Vec<&str> = clause
            .items
            .iter()
            .map(|item| item.source.as_str())
            .collect();
        items.join(" OR ")
    });
    clauses.collect::<Vec<_>>().join(" ")
}

fn add(text: &mut String, term: std::fmt::Arguments<'_>) {
    if !text.is_empty() {
        text.push(' ');
    }
    // Writing to a string can not fail.
    let _ = text.write_fmt(term);
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
