//! `shadowmail trace`: did that mail ever arrive, and what became of it?

mod checks;
mod question;
mod story;
mod verdict;

use std::collections::BTreeSet;
use std::ops::Range;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::search::{Found, Note, Query, Scope};
use store::{AuditEvent, AuditRow, MessageId, Store};

use self::question::Question;
use self::verdict::verdict;
use super::audit::{begin, end};
use super::{Opened, UsageError};
use crate::actor;
use crate::print::{self, Output};

/// Records that are looked at when nothing is asked for.
const SHOWN: u16 = 20;

/// Messages that are counted at most that wait for the filer.
const UNFILED_COUNTED: usize = 1000;

/// Ask what became of a mail: when it came, from where, who has it, and what the primary said
///
/// One mail is told as a whole, several as a list. An address finds what lies in its mailbox, what is
/// from it, and what named it in the envelope, blind copies included. Words are looked for as in the
/// webmail, in everybody's mail.
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
    /// How many records are looked at, the newest first; a mail that came twice has two
    #[arg(long, value_name = "COUNT", default_value_t = SHOWN, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
    #[command(flatten)]
    output: Output,
}

/// A mail, and what is to be said of it first.
#[derive(Serialize)]
struct Told {
    verdict: String,
    #[serde(flatten)]
    trace: store::Trace,
    /// Who did what with it.
    audit: Vec<AuditRow>,
}

/// Which records were found, the newest first.
#[derive(Default)]
struct Matches {
    records: Vec<MessageId>,
    /// Why there may be more.
    doubts: Vec<String>,
}

impl Trace {
    /// Prints what is known. Exit code 1 says that nothing was found where not everything could be
    /// looked at.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        let text = self.query.join(" ");
        let mut matches = self.matches(store, Question::of(&text)).await?;
        matches.doubts.extend(doubts_of(store).await?);
        let told = self.tell(store, &mut matches).await?;
        // Subjects and senders are somebody's mail.
        let event = AuditEvent {
            actor: actor::shell(),
            action: "trace",
            object: text,
            detail: format!("{} mails", told.len()),
            address: None,
        };
        store.audit(event, Timestamp::now()).await?;
        let since = oldest(store).await?.max(self.since);
        self.output.show(&told, |told| match told.as_slice() {
            [] => story::nothing(since, &matches.doubts),
            [one] => story::story(one),
            several => story::list(several),
        })?;
        for doubt in &matches.doubts {
            print::note(doubt);
        }
        Ok(if told.is_empty() && !matches.doubts.is_empty() {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }

    fn span(&self) -> Range<Timestamp> {
        self.since.unwrap_or(Timestamp::MIN)..self.until.unwrap_or(Timestamp::MAX)
    }

    fn limit(&self) -> usize {
        usize::from(self.limit)
    }

    async fn matches(&self, store: &Store, question: Question) -> anyhow::Result<Matches> {
        let mut matches = Matches::default();
        match question {
            Question::Record(id) => matches.records.push(id),
            Question::Words(text) => return self.search(store, &text).await,
            Question::Named(sought) => {
                // What looks like an address is asked for as a Message-ID only if nobody has it.
                for sought in sought {
                    if matches.records.is_empty() {
                        let found = store.arrived(sought, self.span(), self.limit()).await?;
                        matches.records = found;
                    }
                }
                self.note_cut(&mut matches);
            }
        }
        Ok(matches)
    }

    async fn search(&self, store: &Store, text: &str) -> anyhow::Result<Matches> {
        let query = Query::parse(text, jiff::Zoned::now().date());
        let mut matches = Matches::default();
        if let Some(why) = store::misunderstood(&query) {
            let is_long = |note: &Note| matches!(note, Note::LongWord(_));
            if !query.notes().iter().all(is_long) {
                let words = format!("this search is not understood: {why}");
                return Err(UsageError(words).into());
            }
            matches.doubts.push(why);
        }
        let span = self.span();
        let (mut before, mut behind) = (None, 0);
        loop {
            let page = store
                .search(Scope::Everyone, &query, before, self.limit())
                .await?;
            behind = behind.max(page.behind);
            if let Found::Messages(messages) = page.found {
                let is_meant = |id: &MessageId| span.contains(&id.arrived_at());
                matches
                    .records
                    .extend(messages.into_iter().filter(is_meant));
            }
            before = page.older;
            let is_over = before.is_none_or(|before| before.arrived_at() < span.start);
            if is_over || matches.records.len() >= self.limit() {
                break;
            }
        }
        matches.records.truncate(self.limit());
        self.note_cut(&mut matches);
        if behind > 0 {
            matches.doubts.push(format!(
                "{behind} messages are not in the full text yet; ask again in a minute, or for an address"
            ));
        }
        Ok(matches)
    }

    fn note_cut(&self, matches: &mut Matches) {
        if matches.records.len() >= self.limit() {
            matches.doubts.push(format!(
                "only the newest {} records were looked at; see --since, --until and --limit",
                self.limit()
            ));
        }
    }

    /// The life of each mail once, however many copies of it were found.
    async fn tell(&self, store: &Store, matches: &mut Matches) -> anyhow::Result<Vec<Told>> {
        let mode = store.mode().await?;
        let mut told: Vec<Told> = Vec::new();
        let mut homes = BTreeSet::new();
        for record in &matches.records {
            let trace = match store.trace(*record).await {
                Ok(trace) => trace,
                // Of one that somebody names it must be said.
                Err(error) if matches.records.len() == 1 => return Err(error.into()),
                // It aged meanwhile, or can not be read: that hides no others.
                Err(error) => {
                    matches.doubts.push(format!("{record}: {error}"));
                    continue;
                }
            };
            if homes.insert(trace.id) {
                let verdict = verdict(&trace, &mode);
                let audit = Vec::new();
                told.push(Told {
                    verdict,
                    trace,
                    audit,
                });
            }
        }
        // For a list that would be read in vain.
        if let [one] = told.as_mut_slice() {
            one.audit = store.audit_of(&one.trace).await?;
        }
        Ok(told)
    }
}

/// What nobody can look into just now.
async fn doubts_of(store: &Store) -> anyhow::Result<Vec<String>> {
    let mut doubts: Vec<String> = store
        .damaged_days()
        .await?
        .into_iter()
        .map(|(day, why)| format!("the mail of {day} can not be looked at: {why}"))
        .collect();
    let unfiled = store.unfiled(UNFILED_COUNTED).await?.len();
    if unfiled > 0 {
        doubts.push(format!(
            "{unfiled} messages or more are not filed yet, and known only by their envelopes; `shadowmail serve` \
             files them"
        ));
    }
    Ok(doubts)
}

/// Since when all mail is there: of a day that was thinned only some is.
pub async fn oldest(store: &Store) -> anyhow::Result<Option<Timestamp>> {
    let days = store.days().await?;
    let whole = days.iter().find(|state| !state.thinned);
    Ok(whole.map(|state| state.day.start()))
}
