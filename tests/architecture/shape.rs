//! How large a file may be: one noun, one file.

use crate::check;
use crate::repository::sources;

const LINES_MAX: usize = 400;

/// Files that are a list rather than a noun, and may grow.
const LISTS: &[&str] = &[];

#[test]
fn files_hold_one_noun() {
    let mut findings = Vec::new();
    for source in sources("rs").iter().filter(|it| !it.is_test()) {
        let lines = source.text.lines().count();
        if lines > LINES_MAX && !LISTS.contains(&source.path.as_str()) {
            findings.push(format!(
                "{}: {lines} lines; what is the second noun?",
                source.path
            ));
        }
    }
    check(&findings);
}

#[test]
fn files_begin_by_saying_what_they_are() {
    let mut findings = Vec::new();
    for source in sources("rs").iter().filter(|it| !it.is_test()) {
        if !source.text.starts_with("//!") {
            findings.push(format!(
                "{}: has no first line `//!` that says what it is",
                source.path
            ));
        }
    }
    check(&findings);
}
