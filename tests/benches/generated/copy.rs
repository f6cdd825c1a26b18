//! Copies of single days, for what changes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use bench_parts::corpus::{Calendar, DayPlan};
use jiff::SignedDuration;
use store::Day;

use super::fill::{self, Made};

/// A day of the generated store.
#[derive(Clone, Copy)]
pub struct OneDay {
    /// Which one.
    pub day: Day,
    /// How many mails it has.
    pub messages: u64,
}

/// The smallest day and the largest one.
pub fn extremes(made: &Made) -> anyhow::Result<(OneDay, OneDay)> {
    let calendar = Calendar::of(&made.corpus);
    let days = calendar.days().iter().zip(0..);
    let one = |(plan, number): (&DayPlan, i64)| OneDay {
        day: Day::of(made.first_day.start() + SignedDuration::from_hours(24 * number)),
        messages: plan.messages,
    };
    let smallest = days.clone().min_by_key(|(plan, _)| plan.messages);
    let largest = days.max_by_key(|(plan, _)| plan.messages);
    smallest
        .map(one)
        .zip(largest.map(one))
        .context("a calendar has days")
}

/// A data directory with copies of these days.
pub fn of(made: &Made, name: &str, days: &[OneDay]) -> anyhow::Result<PathBuf> {
    let root = fill::directory().join(name);
    fill::remove(&root)?;
    fs::create_dir_all(root.join("days"))?;
    copy(&made.data_dir.join("shadow.db"), &root)?;
    for OneDay { day, .. } in days {
        copy(
            &made.data_dir.join(format!("days/{day}")),
            &root.join("days"),
        )?;
    }
    // What is written now shall not be written while something is measured.
    rustix::fs::sync();
    Ok(root)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status()?;
    ensure!(
        copied.success(),
        "cp -a {} {}: {copied}",
        from.display(),
        to.display()
    );
    Ok(())
}
