//! Mailbox pages.

use std::time::Instant;

use bench_parts::claim::Claim;
use bench_parts::document::Document;
use bench_parts::figure::{self, Durations};
use bench_parts::random::Random;
use store::{AccountId, Folder, MessageId, Store};

use super::{p99_under, slowest, timing, timings};

/// Entries of a page, as the webmail shows them.
const PAGE: usize = 50;

/// How many pages down a deep page lies, unless the mailbox ends before.
const DEEP: usize = 100;

/// Questions of each kind.
const TIMES: usize = 1_000;

/// How long the questions took.
pub struct Pages {
    busiest: u64,
    quietest: u64,
    first_busy: Durations,
    first_any: Durations,
    first_quiet: Durations,
    deep_busy: Durations,
    deep_quiet: Durations,
    counts: Durations,
}

/// Asks one question after the other.
pub async fn measure(store: &Store) -> anyhow::Result<Pages> {
    let mailboxes = by_size(store).await?;
    let few = (mailboxes.len() / 50).max(1);
    let all: Vec<AccountId> = mailboxes.iter().map(|(_, account)| *account).collect();
    let (busy, quiet) = (&all[..few], &all[all.len() - few..]);
    let mut ask = Asking {
        store,
        random: Random::new(1, 1),
    };
    Ok(Pages {
        busiest: mailboxes.first().map_or(0, |(entries, _)| *entries),
        quietest: mailboxes.last().map_or(0, |(entries, _)| *entries),
        first_busy: ask.first_page(busy).await?,
        first_any: ask.first_page(&all).await?,
        first_quiet: ask.first_page(quiet).await?,
        deep_busy: ask.deep_page(busy).await?,
        deep_quiet: ask.deep_page(quiet).await?,
        counts: ask.counts(&all).await?,
    })
}

/// All mailboxes with what their inbox holds, the fullest first.
pub async fn by_size(store: &Store) -> anyhow::Result<Vec<(u64, AccountId)>> {
    let mut mailboxes = Vec::new();
    for account in store.accounts().await? {
        let counts = store.folder_counts(account.id).await?;
        let inbox = counts.iter().find(|count| count.folder == Folder::Inbox);
        mailboxes.push((inbox.map_or(0, |count| count.total), account.id));
    }
    mailboxes.sort_unstable_by(|one, other| other.cmp(one));
    Ok(mailboxes)
}

struct Asking<'a> {
    store: &'a Store,
    random: Random,
}

impl Asking<'_> {
    async fn first_page(&mut self, of: &[AccountId]) -> anyhow::Result<Durations> {
        let mut durations = Durations::default();
        for _ in 0..TIMES {
            let account = self.random.one_of(of);
            self.page(account, None, &mut durations).await?;
        }
        Ok(durations)
    }

    async fn deep_page(&mut self, of: &[AccountId]) -> anyhow::Result<Durations> {
        let mut cursors = Vec::new();
        for account in of {
            let mut cursor = None;
            for _ in 0..DEEP {
                let page = self
                    .store
                    .mailbox_page(*account, Folder::Inbox, cursor, PAGE)
                    .await?;
                let Some(older) = page.older else { break };
                cursor = Some(older);
            }
            cursors.push((*account, cursor));
        }
        let mut durations = Durations::default();
        for _ in 0..TIMES {
            let (account, cursor) = self.random.one_of(&cursors);
            self.page(account, cursor, &mut durations).await?;
        }
        Ok(durations)
    }

    async fn counts(&mut self, of: &[AccountId]) -> anyhow::Result<Durations> {
        let mut durations = Durations::default();
        for _ in 0..TIMES {
            let account = self.random.one_of(of);
            let began = Instant::now();
            self.store.folder_counts(account).await?;
            durations.add(began.elapsed());
        }
        Ok(durations)
    }

    async fn page(
        &self,
        account: AccountId,
        before: Option<MessageId>,
        durations: &mut Durations,
    ) -> anyhow::Result<()> {
        let began = Instant::now();
        self.store
            .mailbox_page(account, Folder::Inbox, before, PAGE)
            .await?;
        durations.add(began.elapsed());
        Ok(())
    }
}

impl Pages {
    /// The section about them.
    pub fn describe(&self, document: &mut Document) {
        document.section("Mailbox pages");
        document.paragraph(&format!(
            "{PAGE} entries each, asked of the store one after the other, with everything that the operating system \
             had in its cache. A busy mailbox is one of the fullest 2 % (up to {} entries), a quiet one of the \
             emptiest 2 % (from {} entries). A deep page lies {DEEP} pages down, or at the end of the mailbox.",
            figure::count(self.busiest),
            figure::count(self.quietest),
        ));
        let mut table = timings();
        timing(&mut table, "first page, busy mailbox", &self.first_busy);
        timing(&mut table, "first page, any mailbox", &self.first_any);
        timing(&mut table, "first page, quiet mailbox", &self.first_quiet);
        timing(&mut table, "deep page, busy mailbox", &self.deep_busy);
        timing(&mut table, "deep page, quiet mailbox", &self.deep_quiet);
        timing(&mut table, "counts of all folders", &self.counts);
        document.table(&table);
    }

    /// The design's number.
    pub fn claims(&self, messages: u64) -> Vec<Claim> {
        let pages = [
            &self.first_busy,
            &self.first_any,
            &self.first_quiet,
            &self.deep_busy,
            &self.deep_quiet,
        ];
        let of = figure::count(messages);
        vec![
            p99_under(
                &format!("mailbox page out of {of} mails"),
                10.0,
                slowest(pages),
            ),
            p99_under("counts of all folders", 10.0, self.counts.p99()),
        ]
    }
}
