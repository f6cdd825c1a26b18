//! `shadowmail store export`: mail as files that other programs read.

mod target;

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use jiff::{Timestamp, Zoned};
use serde::Serialize;
use store::search::{Query, Scope};
use store::{
    Account, AuditEvent, Day, Envelope, ExportEntry, Exportable, Folder, MessageId, Store,
    StoreError, Wanted,
};

use self::target::Target;
use super::{account_if, must_say_why};
use crate::actor;
use crate::bar::Bar;
use crate::command::audit::{begin, end};
use crate::command::{Opened, UsageError};
use crate::print::{self, Output};

/// Messages that are looked up at once.
const PAGE: usize = 500;

/// Write mail into files, for other programs or for somebody who asks for it
///
/// Beside the mail lies manifest.jsonl: one line for each message with its id, its envelope, and
/// in whose mailbox it lies. eml and maildir have the exact bytes. mbox (mboxrd) has plain line
/// ends and quoted `From ` lines, so it is not byte for byte what came in. What can not be read is
/// named and left out, and the exit code is 1. The audit log says who exported what, and why.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail store export --format eml --out /tmp/anna --account anna --reason \"she asked for it\"
  shadowmail store export --format mbox --out /tmp/week --since 2026-11-16 --until 2026-11-22 \\
      --reason \"audit 17/26\"
  shadowmail store export --format maildir --out /tmp/offer --account anna \\
      --query 'from:acme subject:offer' --reason \"lost by the primary\"")]
pub struct Export {
    /// What kind of files
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Format,
    /// Where to: a directory that is empty or missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only this mailbox; maildir then has its folders
    #[arg(long, value_name = "LOGIN|ADDRESS")]
    account: Option<String>,
    /// Only what arrived from this day or time on: 2026-11-17 or 2026-11-17T14:30
    #[arg(long, value_name = "TIME", value_parser = begin)]
    since: Option<Timestamp>,
    /// Only what arrived to the end of this day, or until this time
    #[arg(long, value_name = "TIME", value_parser = end)]
    until: Option<Timestamp>,
    /// Only this folder: inbox, sent, archive, junk, trash
    #[arg(long, value_name = "FOLDER")]
    folder: Option<Folder>,
    /// Only what a search finds, written as in the webmail
    #[arg(long, value_name = "SEARCH")]
    query: Option<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "WHY")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A file for each message
    Eml,
    /// One file with all messages
    Mbox,
    /// A Maildir, with flags in the names
    Maildir,
}

/// What was written.
#[derive(Default, Serialize)]
struct Exported {
    messages: u64,
    bytes: u64,
    /// Messages that could not be read, and why.
    left_out: Vec<String>,
    /// Messages that the search could not see, because the text index does not hold them yet.
    not_searched: u64,
}

/// A line of the manifest.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    /// Where in the file the message begins, in an mbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    id: String,
    received_at: Timestamp,
    envelope: &'a Envelope,
    owners: Vec<Owner<'a>>,
}

#[derive(Serialize)]
struct Owner<'a> {
    account: &'a str,
    address: &'a str,
    #[serde(flatten)]
    entry: &'a ExportEntry,
}

impl Export {
    /// Writes the files and says what was written.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        must_say_why(&self.reason)?;
        let store = &opened.store;
        let accounts = store.accounts().await?;
        let account = account_if(self.account.as_deref(), store).await?;
        let account = account.as_ref();
        make_empty(&self.out)?;
        self.audit(store).await?;
        let mut under_way = UnderWay {
            store,
            accounts: &accounts,
            only: account,
            target: Target::new(self.format, &self.out)?,
            manifest: BufWriter::new(create(&self.out.join("manifest.jsonl"))?),
            bar: Bar::new(),
            done: Exported::default(),
        };
        let wanted = Wanted {
            account: account.map(|account| account.id),
            folder: self.folder,
            since: self.since,
            until: self.until,
        };
        let days = store.days().await?;
        for (number, state) in days.iter().enumerate() {
            let show = (number as u64, days.len() as u64);
            let found = self.found(store, (account, state.day)).await?;
            if let Some((_, behind)) = &found {
                under_way.done.not_searched += behind;
            }
            let found = found.map(|(found, _)| found);
            under_way.day((state.day, show), &wanted, found).await?;
        }
        let done = under_way.finish()?;
        self.output.show(&done, |done| self.told(done))?;
        Ok(if done.left_out.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// What the search finds on a day, and how much it could not see.
    async fn found(
        &self,
        store: &Store,
        (account, day): (Option<&Account>, Day),
    ) -> anyhow::Result<Option<(Vec<MessageId>, u64)>> {
        let Some(text) = &self.query else {
            return Ok(None);
        };
        let query = Query::parse(text, Zoned::now().date());
        if query.is_empty() {
            return Err(UsageError(format!("--query {text:?} asks for nothing")).into());
        }
        let scope = account.map_or(Scope::Everyone, |account| Scope::Account(account.id));
        match store.search_day(scope, &query, day).await {
            Ok(mut found) => {
                found.messages.sort_unstable();
                Ok(Some((found.messages, found.behind)))
            }
            // The day has aged meanwhile.
            Err(StoreError::Missing(_)) => Ok(Some((Vec::new(), 0))),
            Err(error) => Err(error.into()),
        }
    }

    /// Before the first byte leaves: an export that is cut off was one, too.
    async fn audit(&self, store: &Store) -> Result<(), StoreError> {
        let mut what = vec![format!("to {}", self.out.display())];
        let time = |at: &Timestamp| print::local(*at);
        what.extend(self.since.as_ref().map(|at| format!("since {}", time(at))));
        what.extend(self.until.as_ref().map(|at| format!("until {}", time(at))));
        what.extend(self.folder.map(|folder| format!("folder {folder}")));
        what.extend(self.query.as_ref().map(|_| "by a search".to_owned()));
        what.push(format!("reason: {}", self.reason));
        let event = AuditEvent {
            actor: actor::shell(),
            action: "export",
            object: self
                .account
                .clone()
                .unwrap_or_else(|| "all mail".to_owned()),
            detail: what.join(", "),
            address: None,
        };
        store.audit(event, Timestamp::now()).await
    }

    fn told(&self, done: &Exported) -> io::Result<()> {
        for left_out in &done.left_out {
            print::line(format_args!("left out: {left_out}"))?;
        }
        if done.not_searched > 0 {
            print::line(format_args!(
                "{} messages are not in the text index yet, so the search could not see them; \
                 export again later",
                done.not_searched
            ))?;
        }
        print::line(format_args!(
            "{}: {} messages, {} MiB",
            self.out.display(),
            done.messages,
            done.bytes >> 20
        ))
    }
}

/// An export that is under way.
struct UnderWay<'a> {
    store: &'a Store,
    accounts: &'a [Account],
    /// Whose mailbox it is, when it is one.
    only: Option<&'a Account>,
    target: Target,
    manifest: BufWriter<File>,
    bar: Bar,
    done: Exported,
}

impl UnderWay<'_> {
    async fn day(
        &mut self,
        (day, (number, days)): (Day, (u64, u64)),
        wanted: &Wanted,
        found: Option<Vec<MessageId>>,
    ) -> anyhow::Result<()> {
        let mut after = None;
        loop {
            let words = format!("{day}, {} messages", self.done.messages);
            self.bar.show(number, days, &words);
            let page = self
                .store
                .exportable(day, wanted.clone(), after, PAGE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.id);
            for message in page {
                let is_found = found
                    .as_ref()
                    .is_none_or(|found| found.binary_search(&message.id).is_ok());
                if is_found {
                    self.message(&message).await?;
                }
            }
        }
    }

    async fn message(&mut self, message: &Exportable) -> anyhow::Result<()> {
        let mut content = match self.store.open_content(message.id).await {
            Ok(content) => content,
            Err(error @ (StoreError::Damaged(..) | StoreError::Missing(_))) => {
                self.done.left_out.push(error.to_string());
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let entries: Vec<&ExportEntry> = message
            .entries
            .iter()
            .filter(|entry| self.only.is_none_or(|only| only.id == entry.account))
            .collect();
        // Whose flags they are is clear in one mailbox only.
        let own = self.only.and(entries.first().copied());
        self.done.bytes += content.len();
        let placed = self.target.write(message, own, &mut content);
        let (file, offset) = placed.with_context(|| format!("cannot write {}", message.id))?;
        let owners = entries.into_iter().filter_map(|entry| {
            let account = self.accounts.iter().find(|it| it.id == entry.account)?;
            Some(Owner {
                account: &account.login,
                address: account.addresses.first()?.as_str(),
                entry,
            })
        });
        let line = Line {
            file: &file,
            offset,
            id: message.id.to_string(),
            received_at: message.envelope.received_at,
            envelope: &message.envelope,
            owners: owners.collect(),
        };
        serde_json::to_writer(&mut self.manifest, &line)?;
        self.manifest.write_all(b"\n")?;
        self.done.messages += 1;
        Ok(())
    }

    fn finish(self) -> anyhow::Result<Exported> {
        self.target.finish()?;
        self.manifest
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        Ok(self.done)
    }
}

/// Nothing is mixed with what lies there already, and nobody else can read it.
fn make_empty(dir: &Path) -> anyhow::Result<()> {
    let shown = dir.display();
    match fs::read_dir(dir) {
        Ok(mut files) => {
            if files.next().is_some() {
                bail!("{shown} is not empty; choose an empty directory");
            }
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .with_context(|| format!("cannot make {shown}")),
        Err(error) => Err(error).with_context(|| format!("cannot read {shown}")),
    }
}

/// Makes a file that must not be there.
fn create(path: &Path) -> anyhow::Result<File> {
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
