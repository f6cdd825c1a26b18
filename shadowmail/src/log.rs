//! Log lines: readable by default, JSON for machines, always on standard error.

use std::fmt;
use std::io::IsTerminal;

use clap::ValueEnum;
use jiff::Zoned;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::command::UsageError;

/// What log lines look like.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    // Time, level, sentence, fields.
    Text,
    // One JSON object on each line.
    Json,
}

/// Starts logging. `level` wins over `RUST_LOG`, and without either it is `default`.
pub fn start(format: LogFormat, level: Option<&str>, default: &str) -> Result<(), UsageError> {
    let filter = match (level, std::env::var(EnvFilter::DEFAULT_ENV)) {
        (Some(level), _) => filter("--log-level", level)?,
        (None, Ok(level)) if !level.is_empty() => filter(EnvFilter::DEFAULT_ENV, &level)?,
        _ => EnvFilter::new(default),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // It would complain about a log that can not be written on standard error, which is that
        // log, and a failing `eprintln!` panics: a full disk must not end a thread.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines
            .with_ansi(std::io::stderr().is_terminal())
            .with_timer(LocalTime)
            .init(),
        LogFormat::Json => lines.json().with_timer(UtcTime).flatten_event(true).init(),
    }
    Ok(())
}

fn filter(from: &str, text: &str) -> Result<EnvFilter, UsageError> {
    EnvFilter::try_new(text).map_err(|error| UsageError(format!("{from} {text}: {error}")))
}

/// The wall clock of the person who reads it.
struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        write!(w, "{}", Zoned::now().strftime("%Y-%m-%d %H:%M:%S%.3f"))
    }
}

/// For machines that compare logs of several hosts.
struct UtcTime;

impl FormatTime for UtcTime {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        write!(w, "{:.3}", jiff::Timestamp::now())
    }
}
