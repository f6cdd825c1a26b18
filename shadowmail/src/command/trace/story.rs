//! How a mail is told on a terminal.

use std::io;

use jiff::Timestamp;
use store::{Address, AuditRow};

use super::{Told, checks, verdict};
use crate::print;

/// Says that nothing was found, and what that is worth.
pub(super) fn nothing(since: Option<Timestamp>, doubts: &[String]) -> io::Result<()> {
    let Some(since) = since else {
        return print::line("No such mail arrived: the store has no mail yet.");
    };
    if !doubts.is_empty() {
        return print::line("No such mail was found, but not everything could be looked at:");
    }
    print::line(format_args!(
        "No such mail arrived since {}. What was refused is not kept; the log says who was refused, and why.",
        print::local(since)
    ))
}

/// A line for each.
pub(super) fn list(several: &[Told]) -> io::Result<()> {
    let rows: Vec<[String; 4]> = several
        .iter()
        .map(|Told { trace, .. }| {
            [
                trace.id.to_string(),
                print::local(trace.id.arrived_at()),
                trace.from.clone(),
                trace.subject.chars().take(60).collect(),
            ]
        })
        .collect();
    print::table(["ID", "ARRIVED", "FROM", "SUBJECT"], &rows)?;
    print::line("\nshadowmail trace ID tells all about one of them.")
}

/// All about one.
pub(super) fn story(
    Told {
        verdict,
        trace,
        audit,
    }: &Told,
) -> io::Result<()> {
    print::line(print::plain(verdict))?;
    let message_id = trace.header_message_id.as_ref();
    let message_id = message_id.map_or_else(|| "none".to_owned(), |it| format!("<{it}>"));
    print::line("")?;
    print::table(
        ["MAIL", ""],
        &[
            ["id".to_owned(), trace.id.to_string()],
            ["from".to_owned(), trace.from.clone()],
            ["subject".to_owned(), trace.subject.clone()],
            ["message-id".to_owned(), message_id],
        ],
    )?;
    arrivals(trace)?;
    findings(trace)?;
    places(trace)?;
    deliveries(trace)?;
    doings(audit)
}

fn arrivals(trace: &store::Trace) -> io::Result<()> {
    let rows: Vec<[String; 7]> = trace
        .arrivals
        .iter()
        .map(|arrival| {
            let Some(envelope) = &arrival.envelope else {
                let at = print::local(arrival.id.arrived_at());
                let unknown = || "cannot be read".to_owned();
                let id = arrival.id.to_string();
                return [
                    at,
                    unknown(),
                    unknown(),
                    unknown(),
                    unknown(),
                    id,
                    unknown(),
                ];
            };
            let to = envelope.recipients.iter().map(Address::as_str);
            let to: Vec<&str> = to.collect();
            [
                print::local(envelope.received_at),
                verdict::how(envelope.source).to_owned(),
                verdict::peer(&envelope.peer),
                envelope.reverse_path.to_string(),
                to.join(" "),
                arrival.id.to_string(),
                envelope.peer.mail_id.clone().unwrap_or_default(),
            ]
        })
        .collect();
    section(
        [
            "ARRIVED",
            "HOW",
            "FROM HOST",
            "MAIL FROM",
            "RCPT TO",
            "RECORD",
            "IN THE LOG",
        ],
        &rows,
    )
}

/// What was found each time it came from a stranger.
fn findings(trace: &store::Trace) -> io::Result<()> {
    let mut rows: Vec<[String; 4]> = Vec::new();
    for arrival in &trace.arrivals {
        let envelope = arrival.envelope.as_ref();
        let found = envelope.and_then(|it| it.peer.findings.as_ref());
        let found = found.map_or_else(Vec::new, |it| checks::rows(it));
        let id = &arrival.id;
        let with_id = |[check, result, about]: [String; 3]| [id.to_string(), check, result, about];
        rows.extend(found.into_iter().map(with_id));
    }
    section(["RECORD", "CHECK", "RESULT", "ABOUT"], &rows)
}

fn places(trace: &store::Trace) -> io::Result<()> {
    let rows: Vec<[String; 4]> = trace
        .places
        .iter()
        .map(|place| {
            let yes = |it: bool| if it { "yes" } else { "no" }.to_owned();
            [
                place.login.clone(),
                place.folder.clone(),
                yes(place.seen),
                yes(place.at_primary),
            ]
        })
        .collect();
    section(["MAILBOX", "FOLDER", "READ", "SEEN AT THE PRIMARY"], &rows)
}

fn deliveries(trace: &store::Trace) -> io::Result<()> {
    let rows: Vec<[String; 7]> = trace
        .deliveries
        .iter()
        .map(|row| {
            [
                row.id.to_string(),
                print::word(&row.purpose),
                row.recipient.to_string(),
                print::word(&row.state),
                row.attempts.to_string(),
                print::local(row.changed_at),
                row.last_words.clone(),
            ]
        })
        .collect();
    section(
        ["ROW", "WHY", "TO", "STATE", "TRIES", "SINCE", "LAST WORDS"],
        &rows,
    )
}

fn doings(audit: &[AuditRow]) -> io::Result<()> {
    let rows: Vec<[String; 4]> = audit
        .iter()
        .map(|row| {
            [
                print::local(row.at),
                row.actor.clone(),
                row.action.clone(),
                row.detail.clone(),
            ]
        })
        .collect();
    section(["WHEN", "WHO", "WHAT", "DETAIL"], &rows)
}

fn section<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    print::line("")?;
    print::table(heading, rows)
}
