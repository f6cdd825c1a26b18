//! One reading of the directory, for whoever asks: a command, or a button.

use jiff::Timestamp;
use serde::Serialize;
use store::{
    Change, Changed, Comparison, Difference, DirectoryKind, DirectoryOrder, DirectoryReport,
    DirectoryRunState, Loss, Mirroring, Question, Store,
};
use sync_ad::{
    Directory, Dispute, Extent, Flaw, Found, LeftOut, Reason, Settings, SyncError, TooMuchLost,
};

use super::{alerts, server};
use crate::config::DirectorySource;

/// What came of it.
#[derive(Default, Serialize)]
pub struct Report {
    /// All in all.
    #[serde(flatten)]
    pub difference: Difference,
    /// One by one, when nothing was written.
    pub changes: Vec<Change>,
    /// What is lost with it, counted over a day.
    pub losses: Vec<Loss>,
    /// What the guard would say.
    pub refusal: Option<String>,
    /// What a person would say yes to.
    #[serde(serialize_with = "shown")]
    pub question: Option<Question>,
    /// Names that two entries claim.
    pub disputes: Vec<Dispute>,
    /// Entries that have no mailbox here.
    pub left_out: Vec<LeftOut>,
    /// Entries of which something can not be used.
    pub flaws: Vec<Flaw>,
    /// What stands of both, where nobody looked at all entries.
    pub alerts: Vec<String>,
    /// How much a server was asked for; `None` when nothing has changed there.
    pub extent: Option<Extent>,
}

/// Reads the directory as it is ordered.
pub async fn read(
    store: &Store,
    source: &DirectorySource,
    order: DirectoryOrder,
) -> anyhow::Result<Report> {
    match source {
        DirectorySource::File(path) => {
            let mirroring = Mirroring {
                snapshot: sync_ad::read_file(path)?,
                memory: None,
                kind: DirectoryKind::File,
                now: Timestamp::now(),
            };
            of_file(store, mirroring, order).await
        }
        DirectorySource::Server(settings) => of_server(store, settings, order).await,
    }
}

/// The same, as the store remembers it.
pub async fn run(
    store: &Store,
    source: &DirectorySource,
    order: DirectoryOrder,
) -> (DirectoryRunState, DirectoryReport) {
    let failed = match read(store, source, order).await {
        Ok(report) => return (DirectoryRunState::Done, report.to_keep(order)),
        Err(failed) => failed,
    };
    if let Some(report) = stopped(&failed) {
        return (DirectoryRunState::Stopped, report);
    }
    let report = DirectoryReport {
        problem: format!("{failed:#}"),
        ..DirectoryReport::default()
    };
    (DirectoryRunState::Failed, report)
}

/// What the guard asks, where it was the guard.
pub fn stopped(failed: &anyhow::Error) -> Option<DirectoryReport> {
    let Some(SyncError::TooMuchLost(lost)) = failed.downcast_ref() else {
        return None;
    };
    Some(DirectoryReport {
        problem: lost.to_string(),
        to_accept: Some(lost.most()),
        question: Some(lost.question()),
        ..DirectoryReport::default()
    })
}

async fn of_file(
    store: &Store,
    mirroring: Mirroring,
    order: DirectoryOrder,
) -> anyhow::Result<Report> {
    let now = mirroring.now;
    if order.dry_run {
        return foretold(store, mirroring).await;
    }
    let difference = match sync_ad::sync(store, mirroring, order.accepted).await {
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

async fn of_server(
    store: &Store,
    settings: &Settings,
    order: DirectoryOrder,
) -> anyhow::Result<Report> {
    let directory = Directory::new(settings.clone())?;
    let extent = if order.everything {
        Extent::Everything
    } else {
        Extent::WhatChanged
    };
    if order.dry_run {
        let now = Timestamp::now();
        let extent = server::extent_of(store, extent).await?;
        let Found::Something(reading) = directory.read(store, extent, now).await? else {
            let mut report = Report::unchanged(store).await?;
            if let Some(reading) = directory.recalled(store, now).await? {
                report.disputes = reading.disputes;
                report.left_out = reading.left_out;
                report.flaws = reading.flaws;
            }
            return Ok(report);
        };
        return Ok(Report {
            disputes: reading.disputes,
            left_out: reading.left_out,
            flaws: reading.flaws,
            extent: Some(reading.extent),
            ..foretold(store, reading.mirroring).await?
        });
    }
    let synced = server::sync(store, &directory, extent, order.accepted).await?;
    let looked_at_all = synced.as_ref().is_some_and(|it| it.looked_at_all);
    let mut report = match synced {
        Some(synced) => Report::of(synced),
        None => Report::unchanged(store).await?,
    };
    if !looked_at_all {
        report.alerts = alerts::standing(store).await?;
    }
    Ok(report)
}

/// What a sync would do.
async fn foretold(store: &Store, mirroring: Mirroring) -> anyhow::Result<Report> {
    let (comparison, refusal) = sync_ad::compare(store, mirroring).await?;
    let Comparison {
        difference,
        changes,
        losses,
        ..
    } = comparison;
    Ok(Report {
        difference,
        changes,
        refusal: refusal.as_ref().map(TooMuchLost::to_string),
        question: refusal.as_ref().map(TooMuchLost::question),
        losses,
        ..Report::default()
    })
}

/// A question as it is typed.
#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it so"
)]
fn shown<S: serde::Serializer>(question: &Option<Question>, to: S) -> Result<S::Ok, S::Error> {
    question.map(|it| it.to_string()).serialize(to)
}

impl Report {
    /// When nothing is new.
    async fn unchanged(store: &Store) -> anyhow::Result<Self> {
        let size = store.directory_size().await?;
        Ok(Self {
            difference: Difference {
                accounts: usize::try_from(size.accounts)?,
                groups: usize::try_from(size.groups)?,
                ..Difference::default()
            },
            ..Self::default()
        })
    }

    /// What a sync of a server did.
    pub fn of(synced: server::Synced) -> Self {
        Self {
            difference: synced.difference,
            disputes: synced.disputes,
            left_out: synced.left_out,
            flaws: synced.flaws,
            extent: Some(synced.extent),
            ..Self::default()
        }
    }

    /// Whether it changed something, or would.
    pub fn is_change(&self) -> bool {
        let Difference {
            added,
            changed,
            taken_over,
            removed,
            groups_added,
            groups_changed,
            groups_removed,
            ..
        } = self.difference;
        let accounts = added + changed + taken_over + removed;
        accounts + groups_added + groups_changed + groups_removed > 0
    }

    /// How much changed, in one line or two. `would` is put before what did not happen yet.
    pub fn summary(&self, would: &str) -> Vec<String> {
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
        } = self.difference;
        let mut lines = vec![format!(
            "{would}added {added}, changed {changed}, removed {removed}; {} and {}",
            counted(accounts, "account"),
            counted(groups, "group"),
        )];
        if taken_over > 0 {
            lines.push(format!(
                "mailboxes of another directory {would}taken over: {taken_over}"
            ));
        }
        if groups_added + groups_changed + groups_removed > 0 {
            lines.push(format!(
                "groups: {would}added {groups_added}, changed {groups_changed}, \
                 removed {groups_removed}"
            ));
        }
        lines
    }

    /// As the store remembers it.
    pub fn to_keep(&self, order: DirectoryOrder) -> DirectoryReport {
        let would = if order.dry_run { "would be " } else { "" };
        let flaws = self.flaws.iter().map(alerts::flaw);
        let is_change = self.is_change();
        DirectoryReport {
            summary: if is_change {
                self.summary(would)
            } else {
                Vec::new()
            },
            difference: is_change.then_some(self.difference),
            changes: self.changes.iter().map(in_one_line).collect(),
            disputes: self.disputes.iter().map(alerts::sentence).collect(),
            left_out: self.left_out.iter().map(left_out).chain(flaws).collect(),
            problem: self.refusal.clone().unwrap_or_default(),
            ..DirectoryReport::default()
        }
    }
}

fn counted(count: usize, of: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {of}{plural}")
}

/// One change.
pub fn change(change: &Change) -> String {
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

/// The same with all values.
fn in_one_line(change: &Change) -> String {
    // What has no values that may be shown is named.
    let hidden = |field: &&String| ["password_mark", "verifier"].contains(&field.as_str());
    let values = change.values.iter().map(ToString::to_string);
    let values = values.chain(change.fields.iter().filter(hidden).cloned());
    let values: Vec<String> = values.collect();
    if values.is_empty() {
        return self::change(change);
    }
    let without = Change {
        fields: Vec::new(),
        ..change.clone()
    };
    format!("{}: {}", self::change(&without), values.join("; "))
}

/// One entry without a mailbox.
pub fn left_out(LeftOut { dn, why }: &LeftOut) -> String {
    let why = match why {
        Reason::NoAddress => "has no mail address",
        Reason::ForeignDomain => "has no address in the domains of the config",
        Reason::Disputed => "has only addresses that others claim, too",
    };
    format!("{dn} {why}")
}
