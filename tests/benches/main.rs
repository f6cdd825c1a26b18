//! The benchmarks of `cargo xtask bench`: keeping mail side by side with others, the store on its own,
//! the mirror of a large directory, what the time of a sign-in tells, and handing back after an outage.
//!
//! Others' programs are started by the scenarios' harness. What is computed from the figures, and
//! the mail, are in `parts/`, where they are tested.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are rounded for people"
)]

mod directory;
mod generated;
mod harness;
mod machine;
mod memory;
mod plan;
mod progress;
mod reinject;
mod signin;
mod smtp;

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use anyhow::Context;
use bench_parts::claim::{self, Claim};
use bench_parts::document::Document;
use machine::Machine;
use plan::{Part, Plan};
use progress::say;

/// What one part of the benchmarks found out.
#[derive(Default)]
struct Findings {
    sections: Document,
    claims: Vec<Claim>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let plan = Plan::parse(env::args().skip(1))?;
    let machine = Machine::look();
    let runtime = tokio::runtime::Runtime::new()?;
    let mut parts = Vec::new();
    if plan.measures(Part::Smtp) {
        parts.push(smtp::run(&plan, &runtime)?);
    }
    if plan.measures(Part::SignIn) {
        parts.push(signin::run(&plan)?);
    }
    if plan.measures(Part::Store) {
        parts.push(generated::run(&plan, &runtime)?);
    }
    if plan.measures(Part::Directory) {
        parts.push(directory::run(&plan)?);
    }
    if plan.measures(Part::Reinject) {
        parts.push(reinject::run(&plan)?);
    }

    let mut document = Document::new("Benchmarks");
    document.paragraph(
        "Written by the command below; not edited by hand. It measures again on your machine: \
         `cargo xtask bench`, or `cargo xtask bench --quick` for a few minutes.",
    );
    machine.describe(&mut document, &plan.command, &scratch());
    document.section("Numbers to reach");
    let claims: Vec<Claim> = parts.iter().flat_map(|part| part.claims.clone()).collect();
    document.table(&claim::table(&claims));
    for part in &parts {
        document.append(&part.sections);
    }
    publish(&plan, &document)
}

/// Where peers have their directories.
fn scratch() -> PathBuf {
    env::temp_dir()
}

fn publish(plan: &Plan, document: &Document) -> anyhow::Result<()> {
    #[expect(
        clippy::print_stdout,
        reason = "the document is what this program is for"
    )]
    {
        println!("{document}");
    }
    if let Some(out) = &plan.out {
        fs::write(out, document.to_string())
            .with_context(|| format!("writing {}", out.display()))?;
        say(format!("written to {}", out.display()));
    }
    Ok(())
}
