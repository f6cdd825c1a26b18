//! Makes the generated store, by the way that mail takes: kept, then filed. Only SMTP is left out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, io};

use anyhow::{Context, ensure};
use bench_parts::corpus::{Calendar, Corpus};
use bench_parts::document::Document;
use bench_parts::figure;
use bench_parts::table::Table;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use shadow_smtpd::{Filer, Indexer};
use store::{
    AccountKind, Address, Day, Envelope, Held, MirroredAccount, Peer, ReversePath, Snapshot,
    Source, Store,
};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::{PEOPLE, SEED};
use crate::harness::organisation::{DOMAIN, SHADOW_DOMAIN};
use crate::progress::say;

/// Mails on their way into the store at the same time.
const AT_ONCE: usize = 512;

/// How long the last of them may take.
const PATIENCE: Duration = Duration::from_hours(2);

/// The file beside the data directory that tells what was made.
const STAMP: &str = "made";

/// How often it is looked whether all is done.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

const MESSAGE_BYTES_MAX: u64 = 64 << 20;

/// The generated store.
pub struct Made {
    /// Where it is.
    pub data_dir: PathBuf,
    /// What is in it.
    pub corpus: Arc<Corpus>,
    /// The oldest day.
    pub first_day: Day,
    /// What was received.
    pub bytes: u64,
    /// How long it took, when it was made.
    pub took: Took,
}

/// Seconds.
#[derive(Clone, Copy)]
pub struct Took {
    /// Until all was kept and filed.
    filing: f64,
    /// From there until the text index held all.
    indexing: f64,
}

/// Takes what an earlier run has made, if it is the same, or makes it.
pub fn make(messages: u64, runtime: &Runtime) -> anyhow::Result<Made> {
    let corpus = Arc::new(Corpus::new(SEED, messages, PEOPLE));
    let root = directory().join(format!("store-{messages}"));
    let stamp = root.join(STAMP);
    let data_dir = root.join("data");
    let fingerprint = corpus.fingerprint();
    let text = fs::read_to_string(&stamp).unwrap_or_default();
    if let Some((first_day, bytes, took)) = read_stamp(&text, fingerprint) {
        say(format!(
            "store: {} mails of an earlier run",
            figure::count(messages)
        ));
        return Ok(Made {
            data_dir,
            corpus,
            first_day,
            bytes,
            took,
        });
    }
    say(format!(
        "store: making {} mails in {}",
        figure::count(messages),
        root.display()
    ));
    remove(&root)?;
    fs::create_dir_all(&data_dir)?;
    let first_day = Day::of(Timestamp::now() - SignedDuration::from_hours(28 * 24));
    let (bytes, took) = runtime.block_on(fill(&data_dir, &corpus, first_day))?;
    let Took { filing, indexing } = took;
    fs::write(
        &stamp,
        format!("{fingerprint} {first_day} {bytes} {filing} {indexing}"),
    )?;
    Ok(Made {
        data_dir,
        corpus,
        first_day,
        bytes,
        took,
    })
}

/// Where the benchmarks keep what they make.
pub fn directory() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    target.parent().unwrap_or(target).join("bench")
}

/// Removes a directory that may not be there.
pub fn remove(directory: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", directory.display()))
        }
        _ => Ok(()),
    }
}

impl Made {
    /// Runs `work`, which changes the store and changes it back. If it fails, the next run makes
    /// the store anew instead of measuring what is left.
    pub fn while_changed<T>(&self, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let stamp = self.data_dir.with_file_name(STAMP);
        let text = fs::read(&stamp)?;
        fs::remove_file(&stamp)?;
        let done = work()?;
        fs::write(&stamp, text)?;
        Ok(done)
    }

    /// The section about it.
    pub fn describe(&self, document: &mut Document) {
        document.section("The generated store");
        document.paragraph(
            "The seed is always the same. Sizes are lognormal: text with a median of 1 KB and a tail up to 200 KB, \
             and in one mail of twelve an attachment with a median of 20 KB and a tail up to 2 MB, which is less than \
             in life, for the sake of the disk; pages and search do not read attachments. Two thirds of the mails \
             have one recipient, most others two or three, one in 25 goes to a list of 10 to 200, one in 10 000 to \
             everybody. A few mailboxes get very much. Nearly half of the mails answer others. The words, German and \
             English, follow Zipf's law. There are quiet weekends, one day with a thousandth of all mail and one with \
             a quarter. The mails are kept and filed by the product's own code, without SMTP.",
        );
        let mut table = Table::new(&["what", "value"]);
        let messages = self.corpus.messages();
        let mut row = |what: &str, value: String| table.row([what.to_owned(), value]);
        row("mails", figure::count(messages));
        row(
            "mailboxes",
            figure::count(self.corpus.people().len() as u64),
        );
        row("days", "28".to_owned());
        row("received", figure::bytes(self.bytes));
        let mut rate = |what: &str, seconds: f64| {
            let rate = figure::number(Some(messages as f64 / seconds));
            row(what, format!("{rate} mails/s"));
        };
        rate("kept and filed, when it was made", self.took.filing);
        rate("then indexed for search", self.took.indexing);
        document.table(&table);
    }
}

fn read_stamp(text: &str, fingerprint: u64) -> Option<(Day, u64, Took)> {
    let mut words = text.split(' ');
    let same = words.next()?.parse() == Ok(fingerprint);
    let day = words.next()?.parse().ok()?;
    let bytes = words.next()?.parse().ok()?;
    let took = Took {
        filing: words.next()?.parse().ok()?,
        indexing: words.next()?.parse().ok()?,
    };
    same.then_some((day, bytes, took))
}

/// Gives the bytes that were received, and how long it took.
async fn fill(
    data_dir: &Path,
    corpus: &Arc<Corpus>,
    first_day: Day,
) -> anyhow::Result<(u64, Took)> {
    let store = Store::open(data_dir).await?;
    store.mirror(snapshot(corpus)?).await?;
    ensure!(
        store.begin_filing().await?,
        "somebody else files in {}",
        data_dir.display()
    );
    let began = Instant::now();
    let shutdown = CancellationToken::new();
    let filer = Filer::new(store.clone(), SHADOW_DOMAIN, &[DOMAIN.to_owned()]);
    let filer = tokio::spawn(filer.run(shutdown.clone()));
    let bytes = keep_all(&store, corpus, first_day).await?;
    say("store: all kept, waiting for the filer");
    wait_until("everything is filed", async || {
        let days = store.days().await?;
        Ok(days.iter().all(|day| day.unsettled == 0))
    })
    .await?;
    let filing = began.elapsed();

    // Apart from filing, so that each has its own figure.
    say("store: all filed, waiting for the indexer");
    let began = Instant::now();
    let indexer = tokio::spawn(Indexer::new(store.clone()).run(shutdown.clone()));
    wait_until("everything is indexed", async || {
        Ok(store.unindexed(1).await?.is_empty())
    })
    .await?;
    let took = Took {
        filing: filing.as_secs_f64(),
        indexing: began.elapsed().as_secs_f64(),
    };
    shutdown.cancel();
    filer.await?;
    indexer.await?;
    store.close().await;
    Ok((bytes, took))
}

/// Gives the bytes of all.
async fn keep_all(store: &Store, corpus: &Arc<Corpus>, first_day: Day) -> anyhow::Result<u64> {
    let calendar = Arc::new(Calendar::of(corpus));
    let kept = stream::iter(0..corpus.messages()).map(|number| {
        let (store, corpus, calendar) = (store.clone(), Arc::clone(corpus), Arc::clone(&calendar));
        async move {
            let kept = tokio::spawn(async move {
                let (day, milliseconds) = calendar.arrival(number);
                let at = arrival(first_day, day, milliseconds);
                keep(&store, &corpus, number, at).await
            });
            kept.await?
        }
    });
    let all = kept
        .buffered(AT_ONCE)
        .try_fold((0_u64, 0_u64), async |(count, sum), bytes| {
            if count % 50_000 == 49_999 {
                say(format!("store: {} kept", figure::count(count + 1)));
            }
            Ok((count + 1, sum + bytes))
        });
    Ok(all.await?.1)
}

/// The directory as a sync would find it in a file.
fn snapshot(corpus: &Corpus) -> anyhow::Result<Snapshot> {
    let accounts = corpus.people().iter().map(|person| {
        anyhow::Ok(MirroredAccount {
            key: person.login.clone(),
            login: person.login.clone(),
            name: person.name.clone(),
            addresses: vec![person.address().parse()?],
            kind: AccountKind::Person,
            roles: Vec::new(),
            language: None,
            verifier: None,
            opened_by: Vec::new(),
            ..MirroredAccount::default()
        })
    });
    Ok(Snapshot {
        accounts: accounts.collect::<Result<_, _>>()?,
        groups: Vec::new(),
    })
}

fn arrival(first_day: Day, day: usize, milliseconds: u64) -> Timestamp {
    let since = day as u64 * 86_400_000 + milliseconds;
    first_day.start() + Duration::from_millis(since)
}

/// Keeps one mail. Gives its bytes.
pub async fn keep(
    store: &Store,
    corpus: &Corpus,
    number: u64,
    at: Timestamp,
) -> anyhow::Result<u64> {
    let letter = corpus.letter(number);
    let date = at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let bytes = corpus.bytes(&letter, &date);
    let mut held = Held::new(MESSAGE_BYTES_MAX);
    held.append(&bytes)?;
    let to = letter
        .to
        .iter()
        .map(|it| corpus.people()[*it].address().parse())
        .collect::<Result<_, _>>()?;
    store.keep(held, envelope(&letter.from, to, at)?).await?;
    Ok(bytes.len() as u64)
}

/// What a gateway would say about a copy.
pub fn envelope(from: &str, to: Vec<Address>, at: Timestamp) -> anyhow::Result<Envelope> {
    Ok(Envelope {
        source: Source::JournalCopy,
        reverse_path: ReversePath::try_from(from.to_owned())?,
        recipients: to,
        received_at: at,
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    })
}

async fn wait_until(
    what: &str,
    mut ready: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !ready().await? {
        ensure!(
            Instant::now() < deadline,
            "waited {PATIENCE:?} in vain until {what}"
        );
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}
