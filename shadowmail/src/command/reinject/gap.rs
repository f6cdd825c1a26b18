//! `shadowmail reinject plan|run --since`: a primary that was restored from a backup gets what it lacks
//! since then, and nothing twice.

use std::collections::{HashMap, HashSet};
use std::io;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use delivery::{MailboxNames, Mailboxes, bare_name};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::{
    Account, AccountId, Bringing, Kept, MessageId, Owners, Purpose, QueueState, Recipient, Store,
};

use crate::actor;
use crate::bar::Bar;
use crate::command::audit::{begin, end};
use crate::command::store::account_of;
use crate::command::{Opened, UsageError};
use crate::print::{self, Output};

/// Which mail a restored primary may lack.
#[derive(Args)]
pub struct Window {
    /// A primary restored from a backup: compare what arrived from this day or time on, 2026-11-17 or
    /// 2026-11-17T14:30
    #[arg(long, value_name = "TIME", value_parser = begin)]
    pub since: Option<Timestamp>,
    /// … to the end of this day, or until this time [default: now]
    #[arg(long, value_name = "TIME", value_parser = end, requires = "since")]
    until: Option<Timestamp>,
    /// Only this mailbox, by login or address; may be given several times
    #[arg(long = "account", value_name = "NAME", requires = "since")]
    accounts: Vec<String>,
    /// Only the mailboxes of this group and of the groups in it; may be given several times
    #[arg(long = "group", value_name = "ADDRESS", requires = "since")]
    groups: Vec<String>,
}

/// What became clear about one mailbox.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Whose, by its primary address.
    mailbox: String,
    /// Mails kept of that time.
    kept: usize,
    /// The primary has them.
    there: usize,
    /// They are on their way already, or so new that they may be.
    under_way: usize,
    /// The primary lacks them.
    lacking: usize,
    /// Bytes of those.
    lacking_bytes: u64,
    /// They have no Message-ID to compare.
    nameless: usize,
    /// Sent mail, which goes back by IMAP only, and none is configured.
    sent_left_out: usize,
    /// Why it could not be compared.
    trouble: Option<String>,
    #[serde(skip)]
    to_bring: Vec<(MessageId, Purpose)>,
}

/// What the mailboxes are compared with.
struct Comparison<'a> {
    now: Timestamp,
    /// The primary can be asked what it has.
    can_ask: bool,
    /// For how long something may be on its way.
    settling: SignedDuration,
    bringing: &'a HashMap<(AccountId, MessageId, Purpose), Bringing>,
    /// Also bring what may be there.
    may_duplicate: MayDuplicate,
}

/// Whether somebody agrees to duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayDuplicate {
    /// Nobody does.
    No,
    /// Somebody does.
    Yes,
}

impl Window {
    /// Prints what a run would do.
    pub async fn plan(&self, opened: &Opened, output: Output) -> anyhow::Result<ExitCode> {
        let compared = self.compare(opened, MayDuplicate::No).await?;
        output.show(&compared, |compared| {
            table(compared)?;
            what_next(opened, compared)
        })?;
        Ok(exit_code(&compared))
    }

    /// Queues what is lacking.
    pub async fn run(
        &self,
        opened: &Opened,
        may_duplicate: MayDuplicate,
        output: Output,
    ) -> anyhow::Result<ExitCode> {
        if may_duplicate == MayDuplicate::No && opened.config.delivery.imap.is_none() {
            bail!(
                "the primary can not be asked what it has, because [primary] imap is not set; \
                 with --may-duplicate all mail of that time is handed over, also what it has"
            );
        }
        let begun = Timestamp::now();
        let mut compared = self.compare(opened, may_duplicate).await?;
        let why = format!("all that is lacking since {}", self.begin());
        for mailbox in &mut compared {
            let mails = std::mem::take(&mut mailbox.to_bring);
            if mails.is_empty() {
                continue;
            }
            let Ok(primary) = mailbox.mailbox.parse() else {
                continue;
            };
            let Owners::One(owner) = opened.store.owners(&primary).await? else {
                continue;
            };
            let by = (actor::shell(), why.clone());
            let times = (begun, Timestamp::now());
            let queued = opened.store.bring_back(owner, mails, by, times).await?;
            // Somebody else may have queued some meanwhile.
            mailbox.under_way += mailbox.lacking - queued;
            mailbox.lacking = queued;
        }
        output.show(&compared, |compared| {
            table(compared)?;
            let count: usize = compared.iter().map(|it| it.lacking).sum();
            print::line(format_args!(
                "{count} mails are queued; `shadowmail reinject status` shows how far they are"
            ))
        })?;
        Ok(exit_code(&compared))
    }

    /// The time that counts, on the reader's clock.
    fn begin(&self) -> String {
        self.since.map(print::local).unwrap_or_default()
    }

    async fn compare(
        &self,
        opened: &Opened,
        may_duplicate: MayDuplicate,
    ) -> anyhow::Result<Vec<Compared>> {
        let store = &opened.store;
        let now = Timestamp::now();
        let since = self.since.unwrap_or(now);
        let span = since..self.until.unwrap_or(now);
        if span.is_empty() {
            return Err(UsageError("--until must be later than --since".to_owned()).into());
        }
        let owners = self.mailboxes(store).await?;
        let primary = Mailboxes::of(&opened.config.delivery);
        let bringing = store.bringing().await?;
        let comparison = Comparison {
            now,
            can_ask: primary.is_some(),
            settling: primary
                .as_ref()
                .map_or(SignedDuration::ZERO, Mailboxes::settling),
            bringing: &bringing,
            may_duplicate,
        };
        let bar = Bar::new();
        let mut compared = Vec::new();
        for (done, owner) in owners.iter().enumerate() {
            bar.show(done as u64, owners.len() as u64, owner.primary.as_str());
            let kept = store.kept_in(owner.account, span.clone()).await?;
            let names = match &primary {
                Some(primary) if !kept.is_empty() => {
                    primary.names_since(&owner.primary, span.start).await
                }
                _ => Ok(MailboxNames::default()),
            };
            compared.push(comparison.of(owner, &kept, names.map_err(|it| it.to_string())));
        }
        Ok(compared)
    }

    /// The mailboxes that are meant, each once.
    async fn mailboxes(&self, store: &Store) -> anyhow::Result<Vec<Recipient>> {
        let recipient = |account: &Account| Recipient {
            account: account.id,
            primary: account.primary_address().clone(),
        };
        if self.accounts.is_empty() && self.groups.is_empty() {
            let accounts = store.accounts().await?;
            return Ok(accounts.iter().map(recipient).collect());
        }
        let mut chosen = Vec::new();
        for name in &self.accounts {
            chosen.push(recipient(&account_of(name, store).await?));
        }
        for group in &self.groups {
            let address = group.parse().ok();
            let owners = match &address {
                Some(address) => store.owners(address).await?,
                None => Owners::Nobody,
            };
            let Owners::Group(members) = owners else {
                return Err(UsageError(format!("the directory has no group {group}")).into());
            };
            chosen.extend(members);
        }
        let mut seen = HashSet::new();
        chosen.retain(|it| seen.insert(it.account));
        Ok(chosen)
    }
}

impl Comparison<'_> {
    fn of(
        &self,
        owner: &Recipient,
        kept: &[Kept],
        names: Result<MailboxNames, String>,
    ) -> Compared {
        let mut compared = Compared {
            mailbox: owner.primary.to_string(),
            kept: kept.len(),
            ..Compared::default()
        };
        let names = match names {
            Ok(names) => names,
            Err(trouble) => {
                compared.trouble = Some(trouble);
                return compared;
            }
        };
        for mail in kept {
            let name = mail.name.as_deref().map(bare_name);
            let there = match mail.purpose {
                Purpose::SentCopy => &names.sent,
                _ => &names.others,
            };
            if name.is_some_and(|name| there.contains(name)) {
                compared.there += 1;
            } else if self.is_under_way(owner.account, mail) {
                compared.under_way += 1;
            } else if !self.can_ask && mail.purpose == Purpose::SentCopy {
                compared.sent_left_out += 1;
            } else if self.can_ask && name.is_none() && self.may_duplicate == MayDuplicate::No {
                compared.nameless += 1;
            } else {
                compared.lacking += 1;
                compared.lacking_bytes += mail.size_bytes;
                compared.to_bring.push((mail.message, mail.purpose));
            }
        }
        compared
    }

    /// Whether a mail that is not there may be there soon. Where nobody can ask, what was brought back
    /// once counts as there.
    fn is_under_way(&self, account: AccountId, mail: &Kept) -> bool {
        let is_recent = |at: Timestamp| self.now.duration_since(at) < self.settling;
        let row = self.bringing.get(&(account, mail.message, mail.purpose));
        let is_brought = row.is_some_and(|row| match row.state {
            QueueState::Delivered | QueueState::Confirmed => {
                is_recent(row.changed_at) || (row.is_again && !self.can_ask)
            }
            _ => true,
        });
        is_brought || is_recent(mail.message.arrived_at())
    }
}

fn what_next(opened: &Opened, compared: &[Compared]) -> io::Result<()> {
    let lacking: usize = compared.iter().map(|it| it.lacking).sum();
    let nameless: usize = compared.iter().map(|it| it.nameless).sum();
    if opened.config.delivery.imap.is_none() {
        return print::line(
            "The primary can not be asked what it has, because [primary] imap is not set: these \
             are all mails of that time, and duplicates are possible.\n\
             `shadowmail reinject run --may-duplicate` with the same --since hands them over.",
        );
    }
    if nameless > 0 {
        print::line(format_args!(
            "{nameless} have no Message-ID to compare; `run --may-duplicate` hands them over, too"
        ))?;
    }
    if lacking == 0 {
        return print::line("the primary lacks nothing of that time");
    }
    print::line(format_args!(
        "the primary lacks {lacking}; `shadowmail reinject run` with the same --since hands them over"
    ))
}

fn table(compared: &[Compared]) -> io::Result<()> {
    let told = compared.iter().filter(|it| it.kept > 0);
    let cells: Vec<[String; 7]> = told
        .map(|it| {
            [
                it.mailbox.clone(),
                it.kept.to_string(),
                it.there.to_string(),
                it.under_way.to_string(),
                it.lacking.to_string(),
                format!("{} KiB", it.lacking_bytes.div_ceil(1024)),
                it.nameless.to_string(),
            ]
        })
        .collect();
    let heading = [
        "MAILBOX",
        "KEPT",
        "THERE",
        "UNDER WAY",
        "LACKING",
        "SIZE",
        "NO ID",
    ];
    if cells.is_empty() {
        print::line("nothing of that time is kept")?;
    } else {
        print::table(heading, &cells)?;
    }
    for it in compared {
        if let Some(trouble) = &it.trouble {
            print::note(format_args!("{}: not compared: {trouble}", it.mailbox));
        }
        if it.sent_left_out > 0 {
            print::note(format_args!(
                "{}: {} sent mails stay here: they go back by IMAP only",
                it.mailbox, it.sent_left_out
            ));
        }
    }
    Ok(())
}

/// Whoever scripts this must hear that a mailbox was left out.
fn exit_code(compared: &[Compared]) -> ExitCode {
    if compared.iter().any(|it| it.trouble.is_some()) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

#[cfg(test)]
#[path = "gap_tests.rs"]
mod tests;
