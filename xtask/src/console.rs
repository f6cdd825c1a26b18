//! What a chore says. Everything goes to standard error, in order with what cargo says itself.

use std::time::Duration;

/// One line about what happens.
pub fn say(line: &str) {
    eprintln!("xtask: {line}");
}

/// The head of a step.
pub fn begin(step: &str) {
    eprintln!("\n=== {step}");
}

/// The end of a step that went well.
pub fn done(step: &str, took: Duration) {
    eprintln!("=== {step}: ok, {:.1} s", took.as_secs_f64());
}

/// The last line of a chore that failed.
pub fn failed(error: &anyhow::Error) {
    eprintln!("xtask: {error:#}");
}
