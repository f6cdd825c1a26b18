//! What no compiler checks: who may depend on whom, and which word may stand where.
//!
//! Each test lists all its findings at once, as `file:line: what is wrong`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read the repository fails, and says where"
)]

mod arrows;
mod repository;
mod rfcs;
mod shape;
mod words;

/// Fails with all findings, if there are any.
#[track_caller]
fn check(findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{} found:\n  {}",
        findings.len(),
        findings.join("\n  ")
    );
}
