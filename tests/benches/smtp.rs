//! Keeping mail, side by side with others: Shadowmail, Postfix that delivers to Dovecot, and
//! smtp-sink, which throws mail away.

mod cell;
mod contestant;
mod idle;
mod source;

use anyhow::Context;
use bench_parts::claim::Claim;
use bench_parts::document::Document;
use bench_parts::figure;
use bench_parts::table::Table;
use tokio::runtime::Runtime;

use crate::Findings;
use crate::harness::process::installed;
use crate::plan::{Pace, Plan};
use crate::progress::say;
use cell::{Cell, Outcome};

/// Files that a thousand sessions need, and some.
const OPEN_FILES: u64 = 8192;

/// Measures everything.
pub fn run(plan: &Plan, runtime: &Runtime) -> anyhow::Result<Findings> {
    installed("smtp-source, a part of Postfix,", "/usr/sbin/smtp-source");
    allow_open_files()?;
    // Built before any clock runs.
    let _ = crate::harness::server::executable();
    let (sizes, sessions): (&[usize], &[usize]) = match plan.pace {
        Pace::Quick => (&[10_000, 100_000], &[20]),
        Pace::Full => (&[10_000, 100_000, 1_000_000], &[1, 20, 200]),
    };
    let mut outcomes = Vec::new();
    for bytes in sizes {
        for sessions in sessions {
            let cell = Cell {
                bytes: *bytes,
                sessions: *sessions,
            };
            outcomes.push(cell.run(plan.pace, runtime)?);
        }
    }
    say("smtp: memory");
    let memory = idle::measure()?;
    let mut sections = Document::default();
    describe(&mut sections, &outcomes);
    memory.describe(&mut sections, &outcomes);
    let mut claims = Vec::new();
    for bytes in [10_000, 100_000] {
        claims.extend(claims_of(bytes, &outcomes));
    }
    claims.extend(memory.claims());
    Ok(Findings { sections, claims })
}

fn allow_open_files() -> anyhow::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < OPEN_FILES) {
        limit.current = Some(limit.maximum.unwrap_or(OPEN_FILES).min(OPEN_FILES));
        setrlimit(Resource::Nofile, limit).context("raising the number of open files")?;
    }
    Ok(())
}

fn claims_of(bytes: usize, outcomes: &[Outcome]) -> [Claim; 2] {
    let outcome = outcomes
        .iter()
        .find(|it| it.cell.bytes == bytes && it.cell.sessions == 20);
    let size = figure::bytes(bytes as u64);
    let to_postfix = outcome.and_then(Outcome::to_postfix);
    let to_sink = outcome.and_then(Outcome::to_sink);
    [
        Claim::at_least(
            &format!("keeping {size}, 20 sessions, to Postfix → Dovecot"),
            10.0,
            "×",
            to_postfix,
        ),
        Claim::at_least(
            &format!("keeping {size}, 20 sessions, to smtp-sink"),
            0.8,
            "×",
            to_sink,
        ),
    ]
}

fn describe(document: &mut Document, outcomes: &[Outcome]) {
    document.section("Keeping mail, side by side");
    document.paragraph(
        "Mails a second. *kept* is when every mail was answered 250, and with that synced to disk; *filed*, when \
         each lay in its mailbox. *accepted* is when Postfix had answered 250 to all of them, with the mail in its \
         queue; *delivered*, when Dovecot had the last one. smtp-sink keeps nothing. Ratios compare *kept* with \
         *delivered* and with smtp-sink.",
    );
    let mut table = Table::new(&[
        "size",
        "sessions",
        "kept",
        "filed",
        "accepted",
        "delivered",
        "smtp-sink",
        "to Postfix → Dovecot",
        "to smtp-sink",
    ]);
    for outcome in outcomes {
        table.row([
            figure::bytes(outcome.cell.bytes as u64),
            outcome.cell.sessions.to_string(),
            figure::number(outcome.ours.accepted()),
            figure::number(outcome.ours.done()),
            figure::number(outcome.postfix.accepted()),
            figure::number(outcome.postfix.done()),
            figure::number(outcome.sink.accepted()),
            times(outcome.to_postfix()),
            times(outcome.to_sink()),
        ]);
    }
    document.table(&table);
    document.paragraph(
        "How it is measured: one run, one machine, everything on loopback and on the same disk. The peers take turns \
         (Shadowmail, Postfix, smtp-sink, Shadowmail, …), each in rounds of a few seconds after a warm-up that also \
         decides how many mails a round has; the table shows medians. Before each round the disk is synced. \
         `smtp-source -d` sends, so a session stays open and sends one mail after the other; above one session four \
         processes share the sessions, one for each of four mailboxes. All use the same mails: German and English \
         words with a DKIM signature and trace lines, above 20 KB with one attachment of random bytes in base64, as \
         a packed file is, because the one line that smtp-source itself repeats would compress to nothing. They have \
         no Message-ID, so that no two are taken for copies of one. Each mail has one recipient. Our server is the \
         release build with all roles in one process and listens as `journal` without TLS; Postfix and Dovecot are \
         Debian's, with Debian's settings but for ports, directories and a process limit of 250, deliver to Maildir, \
         and resolve no names.",
    );
}

fn times(ratio: Option<f64>) -> String {
    match ratio {
        Some(_) => format!("{} ×", figure::number(ratio)),
        None => "–".to_owned(),
    }
}
