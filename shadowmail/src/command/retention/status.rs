//! `shadowmail retention status`.

use std::io;

use jiff::Timestamp;
use serde::Serialize;
use store::{Alert, AlertKind, Day, DayState, Hold, Mode};

use crate::command::Opened;
use crate::print::{self, Output};

#[derive(Serialize)]
struct Report {
    mode: Mode,
    days_kept: u16,
    groups: Vec<Group>,
    days: Vec<Row>,
    holds: Vec<Hold>,
    alerts: Vec<Alert>,
    /// When aging last looked and found the clock to be right.
    looked_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Group {
    address: String,
    days: u16,
}

#[derive(Serialize)]
struct Row {
    day: String,
    age_days: i64,
    over: bool,
    thinned: bool,
    unsettled: u64,
}

/// Reads and prints it.
pub async fn show(opened: &Opened, output: Output) -> anyhow::Result<()> {
    let (store, policy) = (&opened.store, &opened.config.retention);
    let today = Day::of(Timestamp::now());
    let row = |state: DayState| {
        let age_days = state.day.days_until(today);
        Row {
            day: state.day.to_string(),
            age_days,
            over: age_days > i64::from(policy.days),
            thinned: state.thinned,
            unsettled: state.unsettled,
        }
    };
    let groups = policy.groups.iter().map(|group| Group {
        address: group.address.to_string(),
        days: group.days,
    });
    let mut holds = store.holds().await?;
    holds.retain(|hold| hold.released.is_none());
    let mut alerts = store.alerts().await?;
    alerts.retain(|alert| is_of_aging(alert.kind));
    let report = Report {
        mode: store.mode().await?.mode,
        days_kept: policy.days,
        groups: groups.collect(),
        days: store.days().await?.into_iter().map(row).collect(),
        holds,
        alerts,
        looked_at: store.aging_clock().await?,
    };
    output.show(&report, print)?;
    Ok(())
}

fn is_of_aging(kind: AlertKind) -> bool {
    matches!(
        kind,
        AlertKind::AgingRefused | AlertKind::AgingFailed | AlertKind::AgingGroupUnknown
    )
}

fn print(report: &Report) -> io::Result<()> {
    print::line(format_args!("mail is kept for {} days", report.days_kept))?;
    for group in &report.groups {
        let Group { address, days } = group;
        print::line(format_args!("mail of {address} for {days} days"))?;
    }
    if !report.mode.ages() {
        let mode = report.mode;
        print::line(format_args!(
            "aging stands still: the mode is {mode}, and mail ages in normal mode only"
        ))?;
    }
    match report.looked_at {
        Some(at) => print::line(format_args!("aging last looked at {}", print::local(at)))?,
        None => print::line("aging has not looked yet; `shadowmail serve` does")?,
    }
    for alert in &report.alerts {
        print::line(format_args!("alert: {}", alert.words))?;
    }
    for hold in &report.holds {
        let (id, scope, by) = (hold.id, &hold.scope, &hold.by);
        print::line(format_args!("hold {id}: {scope}, by {by}: {}", hold.reason))?;
    }
    if report.days.is_empty() {
        return print::line("no mail is kept yet");
    }
    let cells: Vec<[String; 3]> = report.days.iter().map(cells).collect();
    print::table(["DAY", "AGE", "STATE"], &cells)
}

fn cells(row: &Row) -> [String; 3] {
    let state = match (row.over, row.thinned) {
        (true, true) => "over; what is left is protected, or goes with the next run",
        (true, false) => "over; goes with the next run, but for what is protected",
        (false, _) => "kept",
    };
    let unsettled = match row.unsettled {
        0 => String::new(),
        unsettled => format!("; {unsettled} owed or not filed yet"),
    };
    [
        row.day.clone(),
        format!("{} days", row.age_days),
        format!("{state}{unsettled}"),
    ]
}
