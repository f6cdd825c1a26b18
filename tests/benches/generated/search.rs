//! Searches in one's own mail.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, ensure};
use bench_parts::claim::Claim;
use bench_parts::corpus::Corpus;
use bench_parts::document::Document;
use bench_parts::figure::Durations;
use bench_parts::random::Random;
use jiff::civil::Date;
use store::search::{Found, Query, Scope};
use store::{AccountId, Store};

use super::{p99_under, pages, slowest, timing, timings};

/// Entries of a page of hits.
const PAGE: usize = 50;

/// Searches of each kind.
const TIMES: usize = 200;

/// What people look for, and the words they type.
const KINDS: &[(&str, &str)] = &[
    ("common word", "bitte"),
    ("umlaut, typed as ue", "muenchen"),
    ("part of a word of the subject", "subject:echnun"),
    ("sender", "from:firma12"),
    ("two words", "angebot frankfurt"),
    ("word that nobody wrote", "xylophonkonzertsaal"),
];

/// How long the searches took.
pub struct Searches {
    kinds: Vec<(String, Durations)>,
}

/// Asks one after the other.
pub async fn measure(store: &Store, corpus: &Corpus) -> anyhow::Result<Searches> {
    let mailboxes = pages::by_size(store).await?;
    let all: Vec<AccountId> = mailboxes.iter().map(|(_, account)| *account).collect();
    let busy = &all[..(all.len() / 50).max(1)];
    let mut searching = Searching {
        store,
        random: Random::new(1, 2),
    };
    let mut kinds = vec![(
        "rare word, any mailbox".to_owned(),
        searching.rare_words(corpus).await?,
    )];
    for (kind, words) in KINDS {
        let durations = searching.everywhere(&all, words).await?;
        kinds.push((format!("{kind}, any mailbox"), durations));
        let durations = searching.everywhere(busy, words).await?;
        kinds.push((format!("{kind}, busy mailbox"), durations));
    }
    Ok(Searches { kinds })
}

struct Searching<'a> {
    store: &'a Store,
    random: Random,
}

impl Searching<'_> {
    async fn everywhere(&mut self, of: &[AccountId], words: &str) -> anyhow::Result<Durations> {
        let mut durations = Durations::default();
        for _ in 0..TIMES {
            let account = self.random.one_of(of);
            self.search(account, words, &mut durations).await?;
        }
        Ok(durations)
    }

    /// A word that only one conversation has, for somebody who has a mail of it.
    async fn rare_words(&mut self, corpus: &Corpus) -> anyhow::Result<Durations> {
        let accounts = self.store.accounts().await?;
        let accounts: BTreeMap<String, AccountId> = accounts
            .into_iter()
            .map(|account| (account.login, account.id))
            .collect();
        let mut durations = Durations::default();
        for _ in 0..TIMES {
            let number = (self.random.unit() * corpus.messages() as f64) as u64;
            let letter = corpus.letter(number);
            let owner = &corpus.people()[letter.to[0]];
            let account = accounts
                .get(&owner.login)
                .context("an owner is not mirrored")?;
            let hits = self
                .search(*account, &letter.reference, &mut durations)
                .await?;
            ensure!(
                hits > 0,
                "{} was not found for {}",
                letter.reference,
                owner.login
            );
        }
        Ok(durations)
    }

    async fn search(
        &self,
        account: AccountId,
        words: &str,
        durations: &mut Durations,
    ) -> anyhow::Result<usize> {
        let today = Date::constant(2026, 11, 22);
        let began = Instant::now();
        let query = Query::parse(words, today);
        let page = self
            .store
            .search(Scope::Account(account), &query, None, PAGE)
            .await?;
        durations.add(began.elapsed());
        ensure!(
            page.behind == 0,
            "the text index is behind by {}",
            page.behind
        );
        Ok(match page.found {
            Found::Entries(entries) => entries.len(),
            Found::Messages(messages) => messages.len(),
        })
    }
}

impl Searches {
    /// The section about them.
    pub fn describe(&self, document: &mut Document) {
        document.section("Search");
        document.paragraph(&format!(
            "In one's own mail, one after the other, the newest {PAGE} hits. Busy and any mailboxes as above. A rare \
             word is one that only one conversation has, searched by somebody who got it."
        ));
        let mut table = timings();
        for (kind, durations) in &self.kinds {
            timing(&mut table, kind, durations);
        }
        document.table(&table);
    }

    /// The design's number.
    pub fn claims(&self) -> Vec<Claim> {
        let all = self.kinds.iter().map(|(_, durations)| durations);
        vec![p99_under(
            "search in one's own mail, slowest kind",
            100.0,
            slowest(all),
        )]
    }
}
