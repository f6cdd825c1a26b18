//! `shadowmail reinject report`: what the primary got back, as a page to print and as a table.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use store::{LedgerRow, MessageId, Mode, QueueState, Store};
use templates::pages::{MailboxCount, Outcome, Report as Page, ReportRow};
use templates::{Language, Template, Words};

use crate::command::audit::begin;
use crate::command::trace::oldest;
use crate::command::{Opened, UsageError};
use crate::csv;
use crate::print;

/// Changes of the mode that are looked through for the last emergency.
const CHANGES_MAX: usize = 1000;

/// Write down what the primary got back, what it has not, and what is to be done about that
#[derive(Args)]
pub struct Report {
    /// Since this day or time [default: the beginning of the last emergency]
    #[arg(long, value_name = "TIME", value_parser = begin)]
    since: Option<Timestamp>,
    /// A page to read and to print, for whoever asks how it went
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// A table of all rows
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// de or en: the language of the page
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = ["de", "en"])]
    language: String,
}

impl Report {
    /// Writes the files.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        if self.html.is_none() && self.csv.is_none() {
            let advice = "say --html FILE, --csv FILE, or both";
            return Err(UsageError(advice.to_owned()).into());
        }
        let store = &opened.store;
        let since = match self.since {
            Some(since) => since,
            None => last_emergency(store).await?,
        };
        let rows = store.ledger_since(since).await?;
        if let Some(file) = &self.csv {
            write(file, &table(&rows))?;
        }
        if let Some(file) = &self.html {
            let language = Language::of_tag(&self.language).unwrap_or(Language::En);
            let page = page(store, (&rows, since), language.words()).await?;
            write(file, &page.render()?)?;
        }
        for file in [&self.html, &self.csv].into_iter().flatten() {
            print::line(format_args!("{}: {} rows", file.display(), rows.len()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// When the last emergency began; when the first mail came that is still here when there was none.
async fn last_emergency(store: &Store) -> anyhow::Result<Timestamp> {
    let history = store.mode_history(CHANGES_MAX).await?;
    let changes = history.iter().skip_while(|it| it.mode != Mode::Emergency);
    let of_it = changes.take_while(|it| it.mode == Mode::Emergency);
    Ok(match of_it.last() {
        Some(began) => began.since,
        None => oldest(store).await?.unwrap_or(Timestamp::UNIX_EPOCH),
    })
}

/// A file with mail in it is nobody else's.
fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", file.display()))
}

fn outcome(state: QueueState) -> Outcome {
    match state {
        QueueState::Waiting | QueueState::Claimed => Outcome::Waiting,
        QueueState::Delivered => Outcome::Returned,
        QueueState::Confirmed => Outcome::Confirmed,
        QueueState::Refused => Outcome::Refused,
        QueueState::Unknown => Outcome::Unknown,
        QueueState::WrittenOff => Outcome::WrittenOff,
    }
}

fn table(rows: &[LedgerRow]) -> String {
    let heading = [
        "row",
        "message",
        "arrived",
        "to",
        "why",
        "state",
        "tries",
        "since",
        "last words",
    ];
    let lines = rows.iter().map(|row| {
        let arrived = row.message.parse::<MessageId>();
        let arrived = arrived.map(|it| print::local(it.arrived_at()));
        csv::line([
            &row.id.to_string(),
            &row.message,
            &arrived.unwrap_or_default(),
            row.recipient.as_str(),
            &print::word(&row.purpose),
            &print::word(&row.state),
            &row.attempts.to_string(),
            &print::local(row.changed_at),
            &row.last_words,
        ])
    });
    csv::line(heading) + &lines.collect::<String>()
}

async fn page(
    store: &Store,
    (rows, since): (&[LedgerRow], Timestamp),
    words: &'static Words,
) -> anyhow::Result<Page> {
    let mut outcomes = BTreeMap::new();
    let mut mailboxes = BTreeMap::<String, (usize, usize)>::new();
    let mut to_decide = BTreeMap::<Outcome, Vec<ReportRow>>::new();
    for row in rows {
        let became = outcome(row.state);
        *outcomes.entry(became).or_default() += 1;
        let (mails, left) = mailboxes.entry(row.recipient.to_string()).or_default();
        *mails += 1;
        *left += usize::from(!row.state.is_settled());
        if matches!(became, Outcome::Refused | Outcome::Unknown) {
            let told = told(store, row, words).await?;
            to_decide.entry(became).or_default().push(told);
        }
    }
    let mailboxes = mailboxes.into_iter();
    Ok(Page {
        words,
        since: print::in_words(since, words),
        made: print::in_words(Timestamp::now(), words),
        outcomes: outcomes.into_iter().collect(),
        mailboxes: mailboxes
            .map(|(address, (mails, left))| MailboxCount {
                address,
                mails,
                left,
            })
            .collect(),
        to_decide: to_decide.into_iter().collect(),
    })
}

/// A row as people know it. What of the mail can not be read any more stays empty.
async fn told(store: &Store, row: &LedgerRow, words: &Words) -> io::Result<ReportRow> {
    let message = row.message.parse::<MessageId>().map_err(io::Error::other)?;
    let trace = store.trace(message).await.ok();
    Ok(ReportRow {
        number: row.id.to_string(),
        message: row.message.clone(),
        arrived: print::in_words(message.arrived_at(), words),
        from: trace.as_ref().map(|it| it.from.clone()).unwrap_or_default(),
        to: row.recipient.to_string(),
        subject: trace.map(|it| it.subject).unwrap_or_default(),
        last_words: row.last_words.clone(),
    })
}
