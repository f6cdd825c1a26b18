//! What commands print on standard output.

use std::fmt::Display;
use std::io::{self, Write};

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use templates::{Language, Words};

/// One line. A reader that went away (`| head`) is no error.
pub fn line(text: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// How a command prints what it found.
#[derive(Args, Clone, Copy, Default)]
pub struct Output {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Output {
    /// Prints `value` as JSON where that was asked for, else as `text` does.
    pub fn show<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&T) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.json {
            line(serde_json::to_string_pretty(value)?)
        } else {
            text(value)
        }
    }
}

/// What a reader of the answer should know beside it, on standard error.
pub fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Why a command failed, on standard error.
pub fn complaint(error: &anyhow::Error) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(io::stderr().lock(), "shadowmail: {error:#}");
}

/// A time on the wall clock of the reader, and how far that is from UTC.
pub fn local(at: Timestamp) -> String {
    in_zone(at, TimeZone::system())
}

/// The same in the words of a page that is printed.
pub fn in_words(at: Timestamp, words: &Words) -> String {
    let format = match words.language {
        Language::De => "%d.%m.%Y, %H:%M Uhr",
        Language::En => "%-d %B %Y, %H:%M",
    };
    at.to_zoned(TimeZone::system()).strftime(format).to_string()
}

fn in_zone(at: Timestamp, zone: TimeZone) -> String {
    at.to_zoned(zone)
        .strftime("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}

/// The word that JSON has for a value.
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => other.map(|value| value.to_string()).unwrap_or_default(),
    }
}

/// Rows under a heading, in columns as wide as their widest cell.
pub fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let mut widths = heading.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    line(columns(&heading, &widths))?;
    rows.iter().try_for_each(|row| line(columns(row, &widths)))
}

fn columns(cells: &[impl AsRef<str>], widths: &[usize]) -> String {
    let padded = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{:<width$}  ", plain(cell.as_ref())));
    padded.collect::<String>().trim_end().to_owned()
}

/// Text of other people, which must not steer the terminal.
pub fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_its_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let at = "2026-11-22T02:10:00Z".parse().unwrap();
        assert_eq!(in_zone(at, zone), "2026-11-22 03:10:00 +01:00");
    }

    #[test]
    fn columns_line_up_and_control_characters_are_shown() {
        let cell = |text: &str| text.to_owned();
        assert_eq!(columns(&[cell("Jörg"), cell("x")], &[6, 3]), "Jörg    x");
        assert_eq!(columns(&[cell("a\u{1b}[2J")], &[1]), "a\u{fffd}[2J");
    }
}
