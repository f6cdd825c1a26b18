//! `shadowmail store import`: mail from files, as an export or another program wrote them.

mod files;
mod manifest;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::{
    Account, AuditEvent, Day, Envelope, Held, KeepError, Peer, ReversePath, Source, Store,
    StoreError,
};
use tokio::task::JoinSet;

use self::files::{Found, Mail};
use self::manifest::Manifest;
use super::{account_if, must_say_why};
use crate::actor;
use crate::bar::Bar;
use crate::command::Opened;
use crate::print::{self, Output};

/// Bytes of one mail: what a journal's listener takes.
const MAIL_BYTES_MAX: u64 = 220 << 20;

/// Mails that are kept together, so that they share a sync.
const MAILS_AT_ONCE: usize = 64;

/// Bytes of them in memory.
const BYTES_AT_ONCE: u64 = 16 << 20;

/// Bring mail from files into the store
///
/// PATH is what `shadowmail store export` wrote, or what another program did: a directory with
/// .eml or .mbox files, one such file, or a Maildir with its folders. An mbox gets CRLF line ends
/// and loses the `>` in front of `>From `; all other files go in byte for byte. Symbolic links and
/// other directories are not followed. What can not be read is named and left out, and the exit
/// code is 1.
///
/// Each mail goes into the day of its arrival: the one in manifest.jsonl, else its Date, else the
/// time of its file. With --account it lies in that mailbox: in Sent when From is one of its
/// addresses, else in the Inbox. Without, it lies in the mailboxes that the manifest names, else
/// From, To and Cc. Flags and other folders are not taken over. Nobody is sent anything, and the
/// primary gets nothing back.
///
/// Importing again shows nothing twice, but takes the disk space twice until the day ages; only
/// mail without a Message-ID is shown twice.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail store import /tmp/anna --account anna --dry-run --reason \"lost by the primary\"
  shadowmail store import /tmp/anna --account anna --reason \"lost by the primary\"
  shadowmail store import ~/week.mbox --reason \"from the old shadow\"")]
pub struct Import {
    /// The directory or the file
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Into this mailbox
    #[arg(long, value_name = "LOGIN|ADDRESS")]
    account: Option<String>,
    /// Also mail that is older than mail is kept: it ages with the next run of the schedule, or
    /// stops the schedule when that is more days than it may age at once
    #[arg(long)]
    old: bool,
    /// Only count
    #[arg(long)]
    dry_run: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "WHY")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// What was brought in.
#[derive(Default, Serialize)]
struct Imported {
    messages: u64,
    bytes: u64,
    /// Nothing was kept; so much would be.
    dry_run: bool,
    /// Messages that are older than mail is kept.
    too_old: u64,
    /// Messages that could not be read, and why.
    left_out: Vec<String>,
}

impl Import {
    /// Keeps the mail and says what was kept.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        must_say_why(&self.reason)?;
        let store = &opened.store;
        let account = account_if(self.account.as_deref(), store).await?;
        let account = account.as_ref();
        let now = Timestamp::now();
        let mut found = files::find(&self.path, now)?;
        let mut done = Imported {
            dry_run: self.dry_run,
            left_out: std::mem::take(&mut found.left_out),
            ..Imported::default()
        };
        let is_too_old = |mail: &Mail| {
            let age_days = Day::of(mail.at).days_until(Day::of(now));
            !self.old && age_days > i64::from(opened.config.retention.days)
        };
        let all = found.mails.len();
        found.mails.retain(|mail| !is_too_old(mail));
        done.too_old = (all - found.mails.len()) as u64;
        found.mails.retain(|mail| {
            let fits = mail.length <= MAIL_BYTES_MAX;
            if !fits {
                done.left_out.push(too_large(mail));
            }
            fits
        });
        if self.dry_run {
            done.messages = found.mails.len() as u64;
            done.bytes = found.mails.iter().map(|mail| mail.length).sum();
        } else {
            self.audit(store).await?;
            done = UnderWay::new(store, account, done).all(found).await?;
        }
        self.output.show(&done, |done| self.told(done))?;
        Ok(if done.left_out.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Before the first mail is kept: an import that is cut off was one, too.
    async fn audit(&self, store: &Store) -> Result<(), StoreError> {
        let to = self.account.clone();
        let event = AuditEvent {
            actor: actor::shell(),
            action: "import",
            object: to.unwrap_or_else(|| "all mail".to_owned()),
            detail: format!("from {}, reason: {}", self.path.display(), self.reason),
            address: None,
        };
        store.audit(event, Timestamp::now()).await
    }

    fn told(&self, done: &Imported) -> io::Result<()> {
        for left_out in &done.left_out {
            print::line(format_args!("left out: {left_out}"))?;
        }
        if done.too_old > 0 {
            print::line(format_args!(
                "{} messages are older than mail is kept and were left out; --old takes them, too",
                done.too_old
            ))?;
        }
        let shown = self.path.display();
        let (messages, mib) = (done.messages, done.bytes >> 20);
        if done.dry_run {
            return print::line(format_args!(
                "{shown}: {messages} messages, {mib} MiB; nothing was imported"
            ));
        }
        print::line(format_args!("{shown}: {messages} messages, {mib} MiB"))?;
        print::line("The server shows them in the mailboxes within seconds, or when it runs again.")
    }
}

/// An import that is under way.
struct UnderWay<'a> {
    store: &'a Store,
    account: Option<&'a Account>,
    bar: Bar,
    /// Read, but not kept yet; all of one day.
    waiting: Vec<(Held, Envelope)>,
    done: Imported,
}

impl<'a> UnderWay<'a> {
    fn new(store: &'a Store, account: Option<&'a Account>, done: Imported) -> Self {
        Self {
            store,
            account,
            bar: Bar::new(),
            waiting: Vec::new(),
            done,
        }
    }

    async fn all(mut self, found: Found) -> anyhow::Result<Imported> {
        let Found {
            mails,
            mut manifest,
            ..
        } = found;
        let mut day = None;
        for (number, mail) in mails.iter().enumerate() {
            // The writer begins a segment with each change of the day.
            if day.replace(Day::of(mail.at)) != Some(Day::of(mail.at)) {
                self.keep().await?;
            }
            let words = format!("{}, {} messages", Day::of(mail.at), self.done.messages);
            self.bar.show(number as u64, mails.len() as u64, &words);
            self.mail(mail, manifest.as_mut()).await?;
            let in_memory: u64 = self.waiting.iter().map(|it| it.0.in_memory_bytes()).sum();
            if self.waiting.len() >= MAILS_AT_ONCE || in_memory >= BYTES_AT_ONCE {
                self.keep().await?;
            }
        }
        self.keep().await?;
        Ok(self.done)
    }

    async fn mail(&mut self, mail: &Mail, manifest: Option<&mut Manifest>) -> anyhow::Result<()> {
        let (held, ends) = match self.read(mail).await {
            Ok(read) => read,
            Err(Unread::Left(why)) => {
                self.done.left_out.push(why);
                return Ok(());
            }
            Err(Unread::Stopped(error)) => return Err(error).with_context(|| self.so_far()),
        };
        let account = self.account;
        let mut envelope = Envelope {
            source: Source::Imported {
                account: account.map(|account| account.id),
            },
            reverse_path: ReversePath::Null,
            recipients: account
                .map(|it| it.primary_address().clone())
                .into_iter()
                .collect(),
            received_at: mail.at,
            peer: Peer {
                listener: "import".to_owned(),
                ..Peer::default()
            },
            bare_line_ends: ends.bare || ends.cr,
            smtputf8: false,
            dsn: None,
        };
        if let Some((manifest, line)) = manifest.zip(mail.line) {
            let line = manifest.line(line)?;
            envelope.reverse_path = line.reverse_path();
            envelope.recipients = line.recipients();
            envelope.smtputf8 = line.smtputf8();
        }
        self.waiting.push((held, envelope));
        Ok(())
    }

    async fn read(&self, mail: &Mail) -> Result<(Held, LineEnds), Unread> {
        let unread = |error: io::Error| Unread::Left(format!("{}: {error}", mail.name()));
        let mut bytes = mail.open().map_err(unread)?;
        let mut held = self.store.hold(MAIL_BYTES_MAX);
        let mut ends = LineEnds::default();
        let mut piece = Vec::new();
        loop {
            piece.clear();
            bytes.append_to(&mut piece).map_err(unread)?;
            if piece.is_empty() {
                return Ok((held, ends));
            }
            ends.look(&piece);
            match held.append(&piece) {
                Err(KeepError::TooLarge { .. }) => return Err(Unread::Left(too_large(mail))),
                other => other.map_err(Unread::Stopped)?,
            }
            held.spill().await.map_err(Unread::Stopped)?;
        }
    }

    /// Keeps what waits.
    async fn keep(&mut self) -> anyhow::Result<()> {
        let mut keeping = JoinSet::new();
        for (held, envelope) in self.waiting.drain(..) {
            let store = self.store.clone();
            let bytes = held.len();
            keeping.spawn(async move { store.keep(held, envelope).await.map(|_| bytes) });
        }
        let mut failed = None;
        while let Some(kept) = keeping.join_next().await {
            match kept? {
                Ok(bytes) => {
                    self.done.messages += 1;
                    self.done.bytes += bytes;
                }
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            None => Ok(()),
            Some(error) => Err(error).with_context(|| self.so_far()),
        }
    }

    fn so_far(&self) -> String {
        format!(
            "stopped after {} messages; import again when the cause is gone, which shows nothing \
             twice that has a Message-ID",
            self.done.messages
        )
    }
}

/// Why a mail was not read.
enum Unread {
    /// The fault lies with it.
    Left(String),
    /// The fault lies with the store.
    Stopped(KeepError),
}

fn too_large(mail: &Mail) -> String {
    let mib = MAIL_BYTES_MAX >> 20;
    format!("{}: larger than {mib} MiB", mail.name())
}

/// Looks for a CR or LF that stands alone.
#[derive(Default)]
struct LineEnds {
    /// There was one.
    bare: bool,
    /// The last byte was a CR.
    cr: bool,
}

impl LineEnds {
    fn look(&mut self, piece: &[u8]) {
        for byte in piece {
            self.bare |= self.cr != (*byte == b'\n');
            self.cr = *byte == b'\r';
        }
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
