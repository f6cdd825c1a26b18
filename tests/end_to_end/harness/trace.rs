//! What strace wrote down, line by line made into system calls again.
//!
//! Threads run beside each other, so a call can be cut into two lines with others between them:
//!
//! ```text
//! 8045  05:48:30.849991 write(2</tmp/log>, "kept"..., 243 <unfinished ...>
//! 8051  05:48:30.850001 fdatasync(22</tmp/data/1f.seg>) = 0
//! 8045  05:48:30.850057 <... write resumed>) = 243
//! ```

use std::collections::BTreeMap;

/// What strace prints where a call is cut, and where it goes on.
const UNFINISHED: &str = " <unfinished ...>";
const RESUMED: &str = " resumed>";

/// One system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The thread that made it.
    pub thread: String,
    /// Its name.
    pub name: String,
    /// All between its brackets, as far as it was printed when the call began.
    pub arguments: String,
    /// What it gave, if the trace saw that: `0`, `22</tmp/data/1f.seg>`, `-1 EIO (…)`.
    pub result: Option<String>,
    /// The line of the trace on which it began.
    pub began: usize,
    /// The line on which it ended; never, if the trace ended before.
    pub ended: usize,
}

impl Call {
    /// Whether it ended well before `line`.
    pub fn succeeded_before(&self, line: usize) -> bool {
        let good = |result: &String| !result.starts_with('-') && !result.starts_with('?');
        self.ended < line && self.result.as_ref().is_some_and(good)
    }

    /// The file behind its first argument, or the first path it names.
    pub fn path(&self) -> &str {
        let descriptor = self
            .arguments
            .starts_with(|first: char| first.is_ascii_digit());
        let (from, to) = if descriptor { ('<', '>') } else { ('"', '"') };
        between(&self.arguments, from, to).unwrap_or_default()
    }
}

/// Reads what `strace -f -y -tt` wrote.
pub fn calls(trace: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, line) in trace.lines().enumerate() {
        let mut words = line.trim_start().splitn(2, ' ');
        let thread = words.next().unwrap_or_default();
        // After the thread comes the time.
        let Some((_, text)) = words
            .next()
            .and_then(|rest| rest.trim_start().split_once(' '))
        else {
            continue;
        };
        if let Some(rest) = text.strip_prefix("<... ") {
            let resumed = rest.split_once(RESUMED).map(|(_, rest)| rest);
            if let (Some(rest), Some(index)) = (resumed, open.remove(thread)) {
                calls[index].result = result(rest);
                calls[index].ended = number;
            }
        } else if let Some((name, rest)) = text.split_once('(')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            let cut = rest.strip_suffix(UNFINISHED);
            if cut.is_some() {
                open.insert(thread, calls.len());
            }
            calls.push(Call {
                thread: thread.to_owned(),
                name: name.to_owned(),
                arguments: cut.unwrap_or(rest).to_owned(),
                result: if cut.is_some() { None } else { result(rest) },
                began: number,
                ended: if cut.is_some() { usize::MAX } else { number },
            });
        }
    }
    calls
}

/// What stands behind the last equals sign: what a call was given may hold others.
fn result(text: &str) -> Option<String> {
    text.rsplit_once(") ")
        .and_then(|(_, rest)| rest.trim_start().strip_prefix("= "))
        .or_else(|| text.rsplit_once(" = ").map(|(_, rest)| rest))
        .map(str::to_owned)
}

fn between(text: &str, from: char, to: char) -> Option<&str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(inner, _)| inner)
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
