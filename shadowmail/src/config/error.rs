//! What is wrong with a config file, and where.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::hint::nearest;

/// The config can not be used. Printing it gives one sentence: file, line, key, reason.
#[derive(Debug)]
pub struct ConfigError {
    file: PathBuf,
    line: Option<usize>,
    sentence: String,
}

impl ConfigError {
    /// The file as a whole can not be used.
    pub fn file(file: &Path, sentence: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: None,
            sentence: sentence.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.sentence)
    }
}

impl std::error::Error for ConfigError {}

/// The text of a config file, to say where something stands in it.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Its name.
    pub file: &'a Path,
    /// All of it.
    pub text: &'a str,
}

impl Source<'_> {
    /// What stands at `span` is wrong; the sentence names the key.
    pub fn wrong_at(&self, span: Range<usize>, sentence: impl Into<String>) -> ConfigError {
        let line = Some(self.line(span.start));
        ConfigError {
            file: self.file.into(),
            line,
            sentence: sentence.into(),
        }
    }

    /// The value of `key` (`table.name`) is wrong; the sentence continues after the key.
    pub fn wrong(&self, key: &str, sentence: impl fmt::Display) -> ConfigError {
        let stands = |(number, text): (usize, &str)| {
            let (name, _) = text.split_once('=')?;
            (self.in_table(number, name.trim()) == key).then_some(number)
        };
        let lines = || (1..).zip(self.text.lines());
        // A key that is not there belongs under the header of its table.
        let table = key.split('.').next().unwrap_or_default();
        let is_header = |text: &str| text.trim().trim_matches(['[', ']', ' ']) == table;
        let header = || lines().find_map(|(number, text)| is_header(text).then_some(number));
        let line = lines().find_map(stands).or_else(header);
        ConfigError {
            file: self.file.into(),
            line,
            sentence: format!("{key} {sentence}"),
        }
    }

    /// What the TOML reader or a type says.
    pub fn unreadable(&self, error: &toml::de::Error) -> ConfigError {
        // For a missing key the span is that of its table, or of the whole file.
        let line = self.line(error.span().map_or(0, |span| span.start));
        let quoted: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
        let sentence = match (error.message(), quoted.as_slice()) {
            (message, [key]) if message.starts_with("missing field") => {
                format!("{} is missing", self.in_table(line, key))
            }
            (message, [key, known @ ..]) if message.starts_with("unknown field") => {
                format!(
                    "{} is not a key here; {}",
                    self.in_table(line, key),
                    hint(key, known)
                )
            }
            (message, [value, known @ ..]) if message.starts_with("unknown variant") => {
                format!(
                    "{} cannot be \"{value}\"; {}",
                    self.key_on(line),
                    hint(value, known)
                )
            }
            (message, _) => {
                let message = message.replace(['\n', '`'], " ");
                format!("{} cannot be read: {}", self.key_on(line), message.trim())
            }
        };
        ConfigError {
            file: self.file.into(),
            line: Some(line),
            sentence,
        }
    }

    fn line(&self, at: usize) -> usize {
        self.text
            .bytes()
            .take(at)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1
    }

    /// The key whose value stands on a line.
    fn key_on(&self, line: usize) -> String {
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        match text.split_once('=') {
            Some((key, _)) => self.in_table(line, key.trim()),
            None => "this line".into(),
        }
    }

    /// `key`, which stands on a line, with the name of its table.
    fn in_table(&self, line: usize, key: &str) -> String {
        let above = self.text.lines().take(line);
        let headers = above.filter_map(|text| text.trim().strip_prefix('['));
        let header = headers.last().and_then(|header| header.split(']').next());
        match header.map(|name| name.trim_matches(['[', ' '])) {
            Some(name) if name != key => format!("{name}.{key}"),
            _ => key.to_owned(),
        }
    }
}

/// What was meant, or all that it may be.
fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("known are {}", known.join(", ")),
    }
}
