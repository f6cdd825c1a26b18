//! Answers a [`Query`] on one day: each term gives a set of message numbers, and the sets are
//! joined as the query says.

mod rows;

use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::Transaction;

use super::expression::{self, Columns, columns, inside, quoted};
use super::fold::{self, Word};
use super::hits::Hits;
use super::owner;
use super::query::{Clause, Ending, Item, Query, Sign, Term};
use super::text;
use super::{Doubt, OfDay, Scope};
use crate::day::Day;
use crate::entry_name::EntryCopy;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;

/// What the text index turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    /// It can not be read for now.
    Unreadable,
    /// It must be made again.
    Damaged,
}

/// One search on one day.
pub(super) struct DaySearch<'a> {
    day: Day,
    scope: Scope,
    doubt: Doubt,
    /// Of a mail to oneself only this entry; `None` for both.
    copy: Option<EntryCopy>,
    index: &'a Transaction<'a>,
    /// `None` while there is none.
    text: Option<&'a Transaction<'a>>,
    trouble: Cell<Trouble>,
    everything: OnceCell<Vec<i64>>,
    in_part: OnceCell<rows::InPart>,
}

impl<'a> DaySearch<'a> {
    pub(super) fn new(
        day: Day,
        (scope, doubt): (Scope, Doubt),
        index: &'a Transaction<'a>,
        text: Option<&'a Transaction<'a>>,
    ) -> Self {
        Self {
            day,
            scope,
            doubt,
            copy: None,
            index,
            text,
            trouble: Cell::new(Trouble::None),
            everything: OnceCell::new(),
            in_part: OnceCell::new(),
        }
    }

    /// Whether the text index turned out to be damaged.
    pub(super) fn is_damaged(&self) -> bool {
        self.trouble.get() == Trouble::Damaged
    }

    /// What matches among the messages with a number below `below`.
    pub(super) fn run(&self, query: &Query, below: i64) -> Result<OfDay, StoreError> {
        // A mailbox that got nothing on this day is told by its entries, without the text.
        if matches!(self.scope, Scope::Account(_)) && self.everything()?.is_empty() {
            return Ok(OfDay::default());
        }
        let behind = || self.behind();
        if !(query.asks_of_entries() && self.has_mail_to_oneself()?) {
            let numbers = self.numbers_of(query, below)?;
            return Ok(OfDay {
                numbers,
                behind: behind()?,
                ..OfDay::default()
            });
        }
        // What is asked of an entry must hold for one of the two, not partly for each.
        let first = self.only(EntryCopy::First, query, below)?;
        let mut sent = self.only(EntryCopy::Sent, query, below)?;
        // Both are newest first.
        sent.retain(|number| first.binary_search_by(|it| number.cmp(it)).is_err());
        let mut numbers = [first, sent.clone()].concat();
        numbers.sort_unstable_by(|this, that| that.cmp(this));
        Ok(OfDay {
            numbers,
            sent_only: sent.into_iter().collect(),
            behind: behind()?,
        })
    }

    /// What matches if there were only these entries.
    fn only(&self, copy: EntryCopy, query: &Query, below: i64) -> Result<Vec<i64>, StoreError> {
        let whose = (self.scope, self.doubt);
        let mut half = DaySearch::new(self.day, whose, self.index, self.text);
        half.copy = Some(copy);
        half.trouble.set(self.trouble.get());
        let numbers = half.numbers_of(query, below)?;
        self.trouble.set(half.trouble.get());
        Ok(numbers)
    }

    /// The numbers of what matches, the newest first.
    fn numbers_of(&self, query: &Query, below: i64) -> Result<Vec<i64>, StoreError> {
        let mut hits = if query.is_empty() || below <= 0 {
            Hits::NONE
        } else {
            Hits::All
        };
        for clause in &query.clauses {
            if hits.is_none() {
                break;
            }
            hits = hits.and(self.clause(clause)?);
        }
        let mut numbers = match hits {
            Hits::All => self.everything()?.to_vec(),
            // Whatever the text index says, one's own entries decide.
            Hits::Only(numbers) if matches!(self.scope, Scope::Account(_)) => {
                let own = self.everything()?;
                numbers
                    .into_iter()
                    .filter(|number| own.binary_search(number).is_ok())
                    .collect()
            }
            Hits::Only(numbers) => numbers,
        };
        numbers.retain(|number| *number < below);
        numbers.reverse();
        Ok(numbers)
    }

    /// Messages in scope that the text index does not hold.
    fn behind(&self) -> Result<u64, StoreError> {
        if self.text.is_none() || self.trouble.get() != Trouble::None {
            return Ok(u64::try_from(self.everything()?.len()).unwrap_or(u64::MAX));
        }
        let any = "SELECT count(*) FROM message
            WHERE indexed = 0 AND state IN ('filed', 'unsorted')";
        let all: u64 = self
            .index
            .prepare_cached(any)?
            .query_row([], |row| row.get(0))?;
        let Scope::Account(account) = self.scope else {
            return Ok(all);
        };
        if all == 0 {
            return Ok(0);
        }
        let mut own = self.index.prepare_cached(
            "SELECT count(DISTINCT message.id) FROM entry
             CROSS JOIN message ON message.id = entry.message
             WHERE entry.account = ?1 AND message.indexed = 0",
        )?;
        Ok(own.query_row([account.0], |row| row.get(0))?)
    }

    fn clause(&self, clause: &Clause) -> Result<Hits, StoreError> {
        let mut hits = Hits::NONE;
        for item in &clause.items {
            if hits == Hits::All {
                break;
            }
            hits = hits.or(self.item(item)?);
        }
        Ok(hits)
    }

    fn item(&self, item: &Item) -> Result<Hits, StoreError> {
        let hits = match (item.sign, self.scope, &item.term) {
            (Sign::With, ..) => self.term(&item.term)?,
            (Sign::Without, Scope::Everyone, Term::Is(state)) => {
                self.entries_without(rows::condition(*state), "")?
            }
            (Sign::Without, Scope::Everyone, Term::In(folder)) => {
                self.entries_without(folder.condition(), folder.as_str())?
            }
            (Sign::Without, ..) => match self.term(&item.term)? {
                hits if hits.is_none() => Hits::All,
                hits => hits.without(self.everything()?.to_vec()),
            },
        };
        Ok(match self.doubt {
            Doubt::LeftOut => hits,
            Doubt::Taken => hits.or(self.undecided(&item.term)?),
        })
    }

    fn term(&self, term: &Term) -> Result<Hits, StoreError> {
        match term {
            Term::Text {
                field,
                text,
                ending,
            } => Ok(self.find(&columns(*field), text, *ending)),
            Term::MessageId(id) => {
                let of = Columns {
                    word: "message_id",
                    piece: None,
                };
                Ok(self.find(&of, id, Ending::Exact))
            }
            Term::Has(_) => self.facts("attachments > ?2", 0),
            Term::LargerThan(bytes) => self.facts(rows::LARGER, *bytes),
            Term::SmallerThan(bytes) => self.facts(rows::SMALLER, *bytes),
            Term::Is(state) => self.entries(rows::condition(*state), ""),
            Term::In(folder) => self.entries(folder.condition(), folder.as_str()),
            Term::Before(date) => self.within(|at| at < *date),
            Term::After(date) => self.within(|at| at >= *date),
        }
    }

    /// Messages that arrived at a time for which this holds. Days as people count them, in the
    /// zone of this host; the store's own days are UTC.
    fn within(&self, holds: impl Fn(Date) -> bool) -> Result<Hits, StoreError> {
        let zone = TimeZone::system();
        let first = self.day.start().to_zoned(zone.clone()).date();
        // A UTC day begins on one day of the zone and ends on the same or the next one.
        let last = first.tomorrow().unwrap_or(first);
        match (holds(first), holds(last)) {
            (true, true) => Ok(Hits::All),
            (false, false) => Ok(Hits::NONE),
            _ => {
                let arrived = |number: &i64| {
                    let at = MessageId::from_parts(self.day, *number).arrived_at();
                    at.to_zoned(zone.clone()).date()
                };
                let numbers = self.everything()?.iter().copied();
                Ok(Hits::Only(
                    numbers.filter(|number| holds(arrived(number))).collect(),
                ))
            }
        }
    }

    /// Messages with a text: as words, and for the short fields also inside of words.
    fn find(&self, columns: &Columns, text: &str, ending: Ending) -> Hits {
        let phrases = self.phrases(text, ending);
        let words = self.matching("word", columns.word, &phrases);
        match columns.piece {
            Some(pieces) => words.or(self.matching("piece", pieces, &inside(text))),
            None => words,
        }
    }

    /// Rows of a text table where one of the phrases stands in one of the columns.
    fn matching(&self, table: &'static str, columns: &'static str, phrases: &[String]) -> Hits {
        if phrases.is_empty() {
            return Hits::NONE;
        }
        let text = format!("{{{columns}}} : ({})", phrases.join(" OR "));
        let text = match (self.scope, table) {
            (Scope::Everyone, _) => text,
            (Scope::Account(account), "piece") => {
                format!("owner : {} AND {text}", quoted(&owner::piece(account)))
            }
            (Scope::Account(account), _) => {
                format!("owner : {} AND {text}", quoted(&owner::word(account)))
            }
        };
        Hits::of(self.text_rows(
            &format!("SELECT rowid FROM {table} WHERE {table} MATCH ?1"),
            &text,
        ))
    }

    /// The ways to spell a phrase, quoted. A word without umlauts may stand for one with them, if
    /// such a word was seen on this day.
    fn phrases(&self, text: &str, ending: Ending) -> Vec<String> {
        let words = fold::words(text);
        let Some((last, before)) = words.split_last() else {
            return Vec::new();
        };
        let long_enough = last.folded.chars().count() >= limits::PREFIX_CHARS_MIN;
        let open = ending == Ending::Open && long_enough;
        let mut spellings: Vec<Vec<String>> =
            before.iter().map(|word| self.spellings(word)).collect();
        spellings.push(if open {
            self.beginnings(last)
        } else {
            self.spellings(last)
        });
        let star = if open { " *" } else { "" };
        let phrases = expression::phrases(&spellings, limits::PHRASE_SPELLINGS_MAX);
        phrases.iter().map(|phrase| quoted(phrase) + star).collect()
    }

    /// How a word may stand in the index: as it was typed, with the umlauts that it was seen with
    /// on this day, and without any.
    fn spellings(&self, word: &Word) -> Vec<String> {
        let plain = word.plain.as_ref().unwrap_or(&word.folded);
        let sql = format!(
            "SELECT folded FROM spelling WHERE plain = ?1 LIMIT {}",
            limits::SPELLINGS_MAX
        );
        let seen = self.text_rows(&sql, plain);
        expression::ordered(word, seen)
    }

    /// The same for the beginning of a word.
    fn beginnings(&self, word: &Word) -> Vec<String> {
        let plain = word.plain.as_ref().unwrap_or(&word.folded);
        let seen = self.of_text(|text| {
            let mut longer = text.prepare_cached(
                "SELECT folded FROM spelling
                 WHERE plain >= ?1 AND plain < ?1 || char(0x10ffff)",
            )?;
            let mut longer = longer.query([plain])?;
            // However many words begin so, they begin in few ways.
            let mut seen = BTreeSet::new();
            while seen.len() < limits::SPELLINGS_MAX
                && let Some(row) = longer.next()?
            {
                let folded: String = row.get(0)?;
                seen.insert(fold::beginning(&folded, plain).to_owned());
            }
            Ok(seen)
        });
        expression::ordered(word, seen)
    }

    /// Rows of the text index; none when it is missing or can not be read.
    fn text_rows<T: rusqlite::types::FromSql>(&self, sql: &str, parameter: &str) -> Vec<T> {
        self.of_text(|text| {
            let mut rows = text.prepare_cached(sql)?;
            let rows = rows.query_map([parameter], |row| row.get(0))?;
            rows.collect()
        })
    }

    /// What the text index says, as far as it can be read: its trouble stops no search.
    fn of_text<T: Default>(&self, read: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> T {
        let sound = |_: &_| self.trouble.get() == Trouble::None;
        let Some(text) = self.text.filter(sound) else {
            return T::default();
        };
        read(text).unwrap_or_else(|error| {
            let error = StoreError::from(error);
            self.trouble.set(if text::is_damage(&error) {
                Trouble::Damaged
            } else {
                text::tell_unreadable(self.day, &error);
                Trouble::Unreadable
            });
            T::default()
        })
    }
}
