//! `shadowmail sync`: the directory into the mirror, now.

use std::io;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::{
    Change, Changed, Comparison, Difference, DirectoryKind, Loss, Mirroring, Snapshot, Store,
};
use sync_ad::{Directory, Dispute, Extent, Flaw, Found, LeftOut, Reason, Settings, TooMuchLost};

use super::Opened;
use crate::config::DirectorySource;
use crate::directory::{alerts, server};
use crate::print::{self, Output};

/// Entries without a mailbox, or with a flaw, that are named.
const NAMED_MAX: usize = 20;

/// Read the directory again, now
///
/// `serve` does this by itself: at its start, whenever the file changes, or every
/// `sync_every_seconds` when it is a server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail sync --dry-run                 what would change, one line each
  shadowmail sync --full                    ask the server for everything, not only for what has changed
  shadowmail sync --accept-removals 12      when twelve people really left at once")]
pub struct Sync {
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Read everything, not only what has changed since the last sync
    #[arg(long)]
    full: bool,
    /// Let up to this many accounts go; and addresses, groups, sign-ins, administrators
    #[arg(long, value_name = "N")]
    accept_removals: Option<usize>,
    #[command(flatten)]
    output: Output,
}

/// What came of it.
#[derive(Default, Serialize)]
struct Report {
    #[serde(flatten)]
    difference: Difference,
    /// One by one, when nothing was written.
    changes: Vec<Change>,
    /// What is lost with it, counted over a day.
    losses: Vec<Loss>,
    /// What the guard would say.
    refusal: Option<String>,
    /// Names that two entries claim.
    disputes: Vec<Dispute>,
    /// Entries that have no mailbox here.
    left_out: Vec<LeftOut>,
    /// Entries of which something can not be used.
    flaws: Vec<Flaw>,
    /// How much a server was asked for; `None` when nothing has changed there.
    extent: Option<Extent>,
}

impl Sync {
    /// Syncs, or says what it would do.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let report = match &opened.config.directory {
            DirectorySource::File(path) => {
                let snapshot = sync_ad::read_file(path)?;
                self.file(opened, snapshot).await?
            }
            DirectorySource::Server(settings) => self.server(opened, settings).await?,
        };
        let is_file = matches!(opened.config.directory, DirectorySource::File(_));
        self.output.show(&report, |report| {
            if !is_file && report.extent.is_none() {
                return print::line("nothing has changed in the directory");
            }
            self.print(report)
        })?;
        Ok(ExitCode::SUCCESS)
    }

    async fn file(&self, opened: &Opened, snapshot: Snapshot) -> anyhow::Result<Report> {
        let store = &opened.store;
        let now = Timestamp::now();
        let mirroring = Mirroring {
            snapshot,
            memory: None,
            kind: DirectoryKind::File,
            now,
        };
        if self.dry_run {
            return foretold(store, mirroring).await;
        }
        let difference = match sync_ad::sync(store, mirroring, self.accept_removals).await {
            Ok(difference) => difference,
            Err(failed) => {
                alerts::not_mirrored(store, &failed, now).await;
                return Err(failed.into());
            }
        };
        alerts::mirrored(store).await;
        Ok(Report {
            difference,
            ..Report::default()
        })
    }

    async fn server(&self, opened: &Opened, settings: &Settings) -> anyhow::Result<Report> {
        let store = &opened.store;
        let directory = Directory::new(settings.clone())?;
        let extent = if self.full {
            Extent::Everything
        } else {
            Extent::WhatChanged
        };
        if self.dry_run {
            let now = Timestamp::now();
            let Found::Something(reading) = directory.read(store, extent, now).await? else {
                return Ok(Report::default());
            };
            return Ok(Report {
                disputes: reading.disputes,
                left_out: reading.left_out,
                flaws: reading.flaws,
                extent: Some(reading.extent),
                ..foretold(store, reading.mirroring).await?
            });
        }
        let synced = server::sync(store, &directory, extent, self.accept_removals).await?;
        Ok(synced.map_or_else(Report::default, |synced| Report {
            difference: synced.difference,
            disputes: synced.disputes,
            left_out: synced.left_out,
            flaws: synced.flaws,
            extent: Some(synced.extent),
            ..Report::default()
        }))
    }

    fn print(&self, report: &Report) -> io::Result<()> {
        for change in &report.changes {
            print::line(line(change))?;
        }
        for dispute in &report.disputes {
            print::line(format_args!("dispute: {}", alerts::sentence(dispute)))?;
        }
        for flaw in report.flaws.iter().take(NAMED_MAX) {
            print::line(format_args!("incomplete: {}", alerts::flaw(flaw)))?;
        }
        if report.flaws.len() > NAMED_MAX {
            let more = report.flaws.len() - NAMED_MAX;
            print::line(format_args!("incomplete: {more} more; --json names them"))?;
        }
        if let Some(refusal) = &report.refusal {
            print::line(format_args!("will be refused: {refusal}"))?;
        }
        let left_out = &report.left_out;
        for LeftOut { dn, why } in left_out.iter().take(NAMED_MAX) {
            print::line(format_args!("no mailbox: {dn} {}", reason(*why)))?;
        }
        if left_out.len() > NAMED_MAX {
            let more = left_out.len() - NAMED_MAX;
            print::line(format_args!("no mailbox: {more} more; --json names them"))?;
        }
        let would = if self.dry_run { "would be " } else { "" };
        let Difference {
            added,
            changed,
            taken_over,
            removed,
            accounts,
            groups_added,
            groups_changed,
            groups_removed,
            groups,
        } = report.difference;
        print::line(format_args!(
            "{would}added {added}, changed {changed}, removed {removed}; \
             {accounts} accounts and {groups} groups"
        ))?;
        if taken_over > 0 {
            print::line(format_args!(
                "mailboxes of another directory {would}taken over: {taken_over}"
            ))?;
        }
        if groups_added + groups_changed + groups_removed == 0 {
            return Ok(());
        }
        print::line(format_args!(
            "groups: {would}added {groups_added}, changed {groups_changed}, \
             removed {groups_removed}"
        ))
    }
}

/// What a sync would do.
async fn foretold(store: &Store, mirroring: Mirroring) -> anyhow::Result<Report> {
    let Comparison {
        difference,
        changes,
        losses,
    } = sync_ad::compare(store, mirroring).await?;
    Ok(Report {
        difference,
        changes,
        refusal: TooMuchLost::of(&losses).map(|it| it.to_string()),
        losses,
        ..Report::default()
    })
}

fn line(change: &Change) -> String {
    let what = match change.what {
        Changed::Added => "added",
        Changed::Changed => "changed",
        Changed::Removed => "removed",
        Changed::TakesOver => "takes over",
    };
    let Change {
        who, name, from, ..
    } = change;
    if let Some(from) = from {
        return format!("{who} ({name}) takes over the mailbox of {from}");
    }
    match change.fields.as_slice() {
        [] => format!("{what} {who} ({name})"),
        fields => format!("{what} {who} ({name}): {}", fields.join(", ")),
    }
}

fn reason(why: Reason) -> &'static str {
    match why {
        Reason::NoAddress => "has no mail address",
        Reason::ForeignDomain => "has no address in the domains of the config",
        Reason::Disputed => "has only addresses that others claim, too",
    }
}
