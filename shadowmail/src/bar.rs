//! A progress bar on the terminal: one line on standard error, and nothing when nobody watches.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// More often than this nobody sees it.
const DRAW_EVERY: Duration = Duration::from_millis(100);

const CELLS: u64 = 24;

/// Spaces that cover what an earlier, longer line left.
const LINE_CHARS: usize = 78;

/// A bar. Dropping it clears the line.
pub struct Bar {
    begun: Instant,
    drawn: Option<Mutex<Option<Instant>>>,
}

impl Bar {
    /// A bar that is shown when standard error is a terminal.
    pub fn new() -> Self {
        let watched = io::stderr().is_terminal();
        Self {
            begun: Instant::now(),
            drawn: watched.then(|| Mutex::new(None)),
        }
    }

    /// Shows how far it is, in any unit, and what is being done.
    pub fn show(&self, done: u64, total: u64, words: &str) {
        let Some(drawn) = &self.drawn else { return };
        let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.is_some_and(|at| at.elapsed() < DRAW_EVERY) {
            return;
        }
        *drawn = Some(Instant::now());
        draw(&line(done, total, (words, self.begun.elapsed())));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            draw("");
        }
    }
}

fn draw(line: &str) {
    let mut out = io::stderr().lock();
    // A terminal that went away needs no bar.
    let _ = write!(out, "\r{line:<LINE_CHARS$}\r{line}").and_then(|()| out.flush());
}

fn line(done: u64, total: u64, (words, elapsed): (&str, Duration)) -> String {
    let total = total.max(1);
    let done = done.min(total);
    let share = |of: u64| u128::from(done) * u128::from(of) / u128::from(total);
    let full = usize::try_from(share(CELLS)).unwrap_or_default();
    let empty = usize::try_from(CELLS).unwrap_or_default() - full;
    let left = if done == 0 {
        String::new()
    } else {
        let millis = elapsed.as_millis() * u128::from(total - done) / u128::from(done);
        format!(", {} s left", millis / 1000)
    };
    format!(
        "[{}{}] {:>3} %{left}  {words}",
        "#".repeat(full),
        ".".repeat(empty),
        share(100)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_is_left() {
        let seconds = Duration::from_secs(10);
        assert_eq!(
            line(25, 100, ("2026-11-22", seconds)),
            "[######..................]  25 %, 30 s left  2026-11-22"
        );
        assert_eq!(
            line(0, 0, ("shadow.db", seconds)),
            "[........................]   0 %  shadow.db"
        );
        assert_eq!(
            line(200, 100, ("x", seconds)),
            "[########################] 100 %, 0 s left  x"
        );
    }
}
