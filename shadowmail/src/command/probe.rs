//! `shadowmail probe`: whether the primary works.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;
use store::{ProbeChange, ProbeStanding, ProbeState, Store};
use tokio::task::JoinSet;

use super::{Opened, UsageError};
use crate::print::{self, Output};

/// Whether the primary works: how the probes of it stand, and what they saw before
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail probe list
  shadowmail probe run
      tries all of them now; a canary may take minutes
  shadowmail probe run mail
  shadowmail probe history --limit 20")]
pub struct Probe {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show how each stands after its last try by the server
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Try them now; exit code 1 when one fails. What is thought of the primary does not change by it
    Run {
        /// Only these, by name
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Show what went down and came up, the newest first
    History {
        /// How many lines
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[command(flatten)]
        output: Output,
    },
}

/// One try.
#[derive(Serialize)]
struct Tried {
    name: String,
    kind: String,
    is_well: bool,
    /// Milliseconds.
    took: u64,
    words: String,
}

impl Probe {
    /// Reads or tries, and prints.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        match &self.what {
            What::List { output } => {
                let probes = store.probes().await?;
                output.show(&probes, |probes| list(probes))?;
            }
            What::Run { names, output } => {
                let tried = try_now(store, chosen(opened, names)?).await;
                output.show(&tried, |tried| told(tried))?;
                if tried.iter().any(|it| !it.is_well) {
                    return Ok(ExitCode::FAILURE);
                }
            }
            What::History { limit, output } => {
                let history = store.probe_history(*limit).await?;
                output.show(&history, |history| lines(history))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn chosen(opened: &Opened, names: &[String]) -> Result<Vec<continuity::Probe>, UsageError> {
    let all = &opened.config.probes;
    if let Some(unknown) = names
        .iter()
        .find(|name| all.iter().all(|it| it.name != **name))
    {
        let known: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        let known = known.join(", ");
        return Err(UsageError(format!(
            "there is no probe \"{unknown}\" in the config; known are {known}"
        )));
    }
    let is_meant = |it: &&continuity::Probe| names.is_empty() || names.contains(&it.name);
    Ok(all.iter().filter(is_meant).cloned().collect())
}

async fn try_now(store: &Store, probes: Vec<continuity::Probe>) -> Vec<Tried> {
    let mut trying = JoinSet::new();
    for (place, probe) in probes.into_iter().enumerate() {
        let store = store.clone();
        trying.spawn(async move {
            let tried = probe.try_once(&store).await;
            let is_well = tried.saw.is_ok();
            let (Ok(words) | Err(words)) = tried.saw;
            let tried = Tried {
                kind: probe.asks.kind().to_string(),
                name: probe.name,
                is_well,
                took: u64::try_from(tried.took.as_millis()).unwrap_or(u64::MAX),
                words,
            };
            (place, tried)
        });
    }
    let mut all = trying.join_all().await;
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, tried)| tried).collect()
}

fn told(all: &[Tried]) -> std::io::Result<()> {
    let row = |it: &Tried| {
        let word = if it.is_well { "ok" } else { "FAILED" };
        let took = format!("{} ms", it.took);
        [
            it.name.clone(),
            it.kind.clone(),
            word.to_owned(),
            took,
            it.words.clone(),
        ]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    print::table(["PROBE", "KIND", "", "TOOK", "SAW"], &rows)
}

fn list(probes: &[ProbeStanding]) -> std::io::Result<()> {
    if probes.is_empty() {
        return print::line("nothing was tried yet; `shadowmail serve` does so while it runs");
    }
    let row = |it: &ProbeStanding| {
        let since = match it.failing_since {
            Some(failing) if it.state != ProbeState::Down => {
                format!(
                    "{}, fails since {}",
                    print::local(it.since),
                    print::local(failing)
                )
            }
            _ => print::local(it.since),
        };
        let last = print::local(it.tried_at);
        [
            it.name.clone(),
            it.kind.clone(),
            it.state.to_string(),
            since,
            last,
            it.words.clone(),
        ]
    };
    let rows: Vec<_> = probes.iter().map(row).collect();
    print::table(
        ["PROBE", "KIND", "STATE", "SINCE", "LAST TRY", "SAW"],
        &rows,
    )
}

fn lines(history: &[ProbeChange]) -> std::io::Result<()> {
    let row = |it: &ProbeChange| {
        let at = print::local(it.at);
        [at, it.probe.clone(), it.state.to_string(), it.words.clone()]
    };
    let rows: Vec<_> = history.iter().map(row).collect();
    print::table(["AT", "PROBE", "BECAME", "SAW"], &rows)
}
