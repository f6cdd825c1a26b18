//! The search of a hold: all of it must be understood, and its dates are those of its beginning.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::StoreError;
use crate::limits;
use crate::search::{Note, Query};

/// The zone in which a search counts days.
pub(crate) fn zone() -> TimeZone {
    TimeZone::system()
}

/// The search with dates in the place of `today` and `7d`. Refuses one of which any part was not
/// understood, or left out, or asks what people did with their mail: nobody sees what such a hold does
/// not cover, until it has aged.
pub(crate) fn understood(
    query: &str,
    now: Timestamp,
    zone: TimeZone,
) -> Result<String, StoreError> {
    let today = now.to_zoned(zone).date();
    let asked = Query::parse(query, today);
    if asked.is_empty() && asked.notes().is_empty() {
        let why = "this search looks for nothing, so it would hold nothing";
        return Err(StoreError::Refused(why.to_owned()));
    }
    let dated = asked.dated();
    // Dates may be longer than what was typed for them, and then the end is cut off here.
    let stored = Query::parse(&dated, today);
    match unfit(&asked).or_else(|| unfit(&stored)) {
        None => Ok(dated),
        Some(why) => Err(StoreError::Refused(format!(
            "a hold must cover what it says, and this search can not promise that: {why}"
        ))),
    }
}

/// Why a hold can not be on this search. One that began with an older version may be all the same.
pub(crate) fn unfit(query: &Query) -> Option<String> {
    if query.asks_of_entries() {
        let why = "what is: and in: find changes with every click of the people whose mail it is; search for \
                   what a mail says, from whom it is and when it came";
        return Some(why.to_owned());
    }
    misunderstood(query)
}

/// What of a search was not understood, or left out, in words; `None` where all of it was.
pub fn misunderstood(query: &Query) -> Option<String> {
    let notes: Vec<String> = query.notes().iter().map(words).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// The search of a hold that began at `since`.
pub(crate) fn stored(query: &str, since: Timestamp) -> Query {
    Query::parse(query, since.to_zoned(zone()).date())
}

fn words(note: &Note) -> String {
    match note {
        Note::UnknownOperator(name) => {
            format!(
                "there is no operator \"{name}:\"; put the term in quotes if it is meant as text"
            )
        }
        Note::BadValue { operator, value } => {
            format!("the operator \"{operator}:\" can not use \"{value}\"")
        }
        Note::ShortBeginning(beginning) => format!(
            "{beginning:?} begins too many words: write {} letters before the *, or the word",
            limits::PREFIX_CHARS_MIN
        ),
        Note::LongWord(word) => format!(
            "{word:?} is longer than the {} letters by which a word is known",
            limits::WORD_CHARS_MAX
        ),
        Note::TooLong => format!(
            "it has more than {} terms or {} characters, and its end would be left out; begin \
             several holds",
            limits::QUERY_TERMS_MAX,
            limits::QUERY_CHARS_MAX
        ),
    }
}
