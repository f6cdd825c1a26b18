//! How our types lie in columns: times as milliseconds, words and addresses as text.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;

/// A time.
pub(crate) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let milliseconds = row.get(column)?;
    Timestamp::from_millisecond(milliseconds).map_err(|e| bad(column, Type::Integer, e))
}

/// A time that may be missing.
pub(crate) fn maybe_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let milliseconds: Option<i64> = row.get(column)?;
    milliseconds.map(|_| time(row, column)).transpose()
}

/// Anything that reads itself from text.
pub(crate) fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: FromStr<Err: Display>,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|e: T::Err| bad(column, Type::Text, e))
}

/// JSON.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| bad(column, Type::Text, e))
}

/// One word of an enum, in the spelling that serde gives it.
pub(crate) fn word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_value(text.into()).map_err(|e| bad(column, Type::Text, e))
}

/// The other way round.
pub(crate) fn to_word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(StoreError::Refused(format!("{other} is not one word"))),
        Err(error) => Err(StoreError::Refused(error.to_string())),
    }
}

/// JSON, the other way round.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(error.to_string()))
}

fn bad(column: usize, kind: Type, error: impl Display) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, error.to_string().into())
}
