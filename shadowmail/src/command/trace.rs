//! `shadowmail trace`: did that mail ever arrive, and what became of it?

mod question;
mod verdict;

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::search::{Found, Query, Scope};
use store::{Address, AuditEvent, MessageId, Sought, Store};

use self::question::Question;
use self::verdict::verdict;
use super::audit::{begin, end};
use super::{Opened, UsageError};
use crate::actor;
use crate::print::{self, Output};

/// Mails that are shown when nothing is asked for.
const SHOWN: usize = 20;

/// Ask what became of a mail: when it came, from where, who has it, and what the primary said
///
/// One mail is told as a whole, several as a list. An address is looked for in the header and in the
/// envelope, so blind copies are found; words are looked for as in the webmail, in everybody's mail.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail trace anna@corp.example --since 2026-11-20    what came for her, or from her?
  shadowmail trace from:acme.example subject:offer         who got it?
  shadowmail trace '<1234@mail.acme.example>'              by its Message-ID
  shadowmail trace 20261122-0f3b2c1a9d04e                  all about one of a list

To send it once more: shadowmail resend ID. Each question is written to the audit log.")]
pub struct Trace {
    /// An address, words, a Message-ID, or an id of ours
    #[arg(value_name = "QUERY", required = true)]
    query: Vec<String>,
    /// Only what arrived from this day or time on, on the clock of this host
    #[arg(long, value_name = "TIME", value_parser = begin)]
    since: Option<Timestamp>,
    /// Only what arrived to the end of this day, or until this time
    #[arg(long, value_name = "TIME", value_parser = end)]
    until: Option<Timestamp>,
    /// How many mails are shown at most
    #[arg(long, value_name = "COUNT", default_value_t = SHOWN)]
    limit: usize,
    #[command(flatten)]
    output: Output,
}

/// A mail, and what is to be said of it first.
#[derive(Serialize)]
struct Told {
    verdict: String,
    #[serde(flatten)]
    trace: store::Trace,
}

/// Which records were found.
#[derive(Default)]
struct Matches {
    records: Vec<MessageId>,
    /// Messages that the full text does not hold yet.
    behind: u64,
}

impl Trace {
    /// Prints what is known.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        let text = self.query.join(" ");
        // Subjects and senders are somebody's mail.
        let event = AuditEvent {
            actor: actor::shell(),
            action: "trace",
            object: text.clone(),
            detail: String::new(),
            address: None,
        };
        store.audit(event, Timestamp::now()).await?;
        let matches = self.matches(store, Question::of(&text)).await?;
        let mut told: Vec<Told> = Vec::new();
        let mut homes = BTreeSet::new();
        for record in matches.records {
            let trace = store.trace(record).await?;
            if homes.insert(trace.id) {
                let verdict = verdict(&trace);
                told.push(Told { verdict, trace });
            }
        }
        self.warn(&told, matches.behind);
        let oldest = store.days().await?.first().map(|state| state.day.start());
        self.output.show(&told, |told| match told.as_slice() {
            [] => nothing(oldest),
            [one] => story(one),
            several => list(several),
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn span(&self) -> Range<Timestamp> {
        self.since.unwrap_or(Timestamp::MIN)..self.until.unwrap_or(Timestamp::MAX)
    }

    async fn matches(&self, store: &Store, question: Question) -> anyhow::Result<Matches> {
        let sought = match question {
            Question::Record(id) => {
                let records = vec![id];
                return Ok(Matches { records, behind: 0 });
            }
            Question::Words(text) => return self.search(store, &text).await,
            Question::Named(sought) => sought,
        };
        let mut records = Vec::new();
        for sought in sought {
            records.extend(self.arrived(store, sought).await?);
        }
        Ok(Matches { records, behind: 0 })
    }

    async fn arrived(&self, store: &Store, sought: Sought) -> anyhow::Result<Vec<MessageId>> {
        Ok(store.arrived(sought, self.span(), self.limit).await?)
    }

    async fn search(&self, store: &Store, text: &str) -> anyhow::Result<Matches> {
        let query = Query::parse(text, jiff::Zoned::now().date());
        if let Some(why) = store::misunderstood(&query) {
            return Err(UsageError(format!("this search is not understood: {why}")).into());
        }
        let span = self.span();
        let mut matches = Matches::default();
        let mut before = None;
        loop {
            let page = store
                .search(Scope::Everyone, &query, before, self.limit)
                .await?;
            matches.behind = matches.behind.max(page.behind);
            if let Found::Messages(messages) = page.found {
                let is_meant = |id: &MessageId| span.contains(&id.arrived_at());
                matches
                    .records
                    .extend(messages.into_iter().filter(is_meant));
            }
            before = page.older;
            let is_over = before.is_none_or(|before| before.arrived_at() < span.start);
            if is_over || matches.records.len() >= self.limit {
                matches.records.truncate(self.limit);
                return Ok(matches);
            }
        }
    }

    /// What the answer does not say.
    fn warn(&self, told: &[Told], behind: u64) {
        if behind > 0 {
            print::note(format_args!(
                "{behind} messages are not in the full text yet; ask again in a minute, or for an address"
            ));
        }
        if told.len() >= self.limit {
            print::note(format_args!(
                "these are the newest {}; there may be more: see --since, --until and --limit",
                told.len()
            ));
        }
    }
}

fn nothing(oldest: Option<Timestamp>) -> io::Result<()> {
    match oldest {
        Some(oldest) => print::line(format_args!(
            "No such mail arrived. The store has mail since {}. What was refused is not kept; the log says who \
             was refused, and why.",
            print::local(oldest)
        )),
        None => print::line("No such mail arrived: the store has no mail yet."),
    }
}

fn list(several: &[Told]) -> io::Result<()> {
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

fn story(Told { verdict, trace }: &Told) -> io::Result<()> {
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
    places(trace)?;
    deliveries(trace)?;
    audit(trace)
}

fn arrivals(trace: &store::Trace) -> io::Result<()> {
    let rows: Vec<[String; 6]> = trace
        .arrivals
        .iter()
        .map(|arrival| {
            let envelope = &arrival.envelope;
            let to = envelope.recipients.iter().map(Address::as_str);
            let to: Vec<&str> = to.collect();
            [
                print::local(envelope.received_at),
                verdict::how(envelope.source).to_owned(),
                verdict::peer(&envelope.peer),
                envelope.reverse_path.to_string(),
                to.join(" "),
                arrival.id.to_string(),
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
        ],
        &rows,
    )
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

fn audit(trace: &store::Trace) -> io::Result<()> {
    let rows: Vec<[String; 4]> = trace
        .audit
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
