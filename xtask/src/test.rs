//! `cargo xtask test`: everything that must hold.

use std::path::Path;
use std::time::Instant;

use crate::console::say;
use crate::setup;
use crate::step::{cargo, cargo_has, step};

/// Runs all steps; the first that fails ends it.
pub fn run(repository: &Path) -> anyhow::Result<()> {
    let began = Instant::now();
    step("setup", || setup::run(repository))?;
    step("format", || cargo(repository, "fmt --all --check"))?;
    step("clippy", || {
        cargo(
            repository,
            "clippy --locked --workspace --all-targets -- -D warnings",
        )
    })?;
    step("tests", || tests(repository))?;
    step("doc tests", || {
        cargo(repository, "test --locked --workspace --doc --quiet")
    })?;
    step("licences", || licences(repository))?;
    say(&format!(
        "everything holds, {:.0} s in all",
        began.elapsed().as_secs_f64()
    ));
    Ok(())
}

fn tests(repository: &Path) -> anyhow::Result<()> {
    if cargo_has("nextest") {
        return cargo(
            repository,
            "nextest run --locked --workspace --no-fail-fast",
        );
    }
    say("cargo-nextest is not installed, so cargo test runs them");
    cargo(
        repository,
        "test --locked --workspace --lib --bins --tests --no-fail-fast",
    )
}

fn licences(repository: &Path) -> anyhow::Result<()> {
    if cargo_has("deny") {
        return cargo(repository, "deny check licenses");
    }
    say(
        "cargo-deny is not installed, so licences were not checked (cargo install --locked cargo-deny)",
    );
    Ok(())
}
