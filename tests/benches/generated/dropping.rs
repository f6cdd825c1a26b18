//! Dropping a day while mail comes in.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bench_parts::claim::Claim;
use bench_parts::corpus::sized_mail;
use bench_parts::document::Document;
use bench_parts::figure::{self, Durations};
use bench_parts::table::Table;
use jiff::Timestamp;
use store::{Aging, AgingStep, DayLimit, Fate, Held, Store};
use tokio::runtime::Runtime;

use super::copy::{self, OneDay};
use super::fill::{self, Made};

/// Sessions that keep mail meanwhile.
const SESSIONS: usize = 20;

const MAIL_BYTES: usize = 10_000;

/// How long keeping is watched before and from the beginning of a drop.
const WATCH: Duration = Duration::from_secs(3);

/// A day that was dropped.
struct Dropped {
    messages: u64,
    /// Until nobody can see any of it again.
    gone: Duration,
    /// Until the files were deleted as well.
    deleted: Duration,
    before: Durations,
    during: Durations,
}

/// All that were dropped.
pub struct Dropping {
    days: Vec<Dropped>,
}

/// Drops copies of the smallest and of the largest day.
pub fn measure(made: &Made, runtime: &Runtime) -> anyhow::Result<Dropping> {
    let (smallest, largest) = copy::extremes(made)?;
    let doomed = [smallest, largest];
    let root = copy::of(made, "dropping", &doomed)?;
    let days = runtime.block_on(drop_all(&root, &doomed))?;
    fill::remove(&root)?;
    Ok(Dropping { days })
}

async fn drop_all(data_dir: &Path, doomed: &[OneDay]) -> anyhow::Result<Vec<Dropped>> {
    let store = Store::open(data_dir).await?;
    let mail: Arc<[u8]> = sized_mail(1, MAIL_BYTES)
        .replace('\n', "\r\n")
        .into_bytes()
        .into();
    let mut days = Vec::new();
    for OneDay { day, messages } in doomed {
        let done = Arc::new(AtomicBool::new(false));
        let sessions: Vec<_> = (0..SESSIONS)
            .map(|_| tokio::spawn(keep_on(store.clone(), Arc::clone(&mail), Arc::clone(&done))))
            .collect();
        tokio::time::sleep(WATCH).await;
        let began = Instant::now();
        let aging = Aging {
            day: *day,
            limit: DayLimit::OverBut(BTreeSet::new()),
            by: "shadowmail".to_owned(),
            now: Timestamp::now(),
        };
        let (tell, told) = mpsc::channel();
        let tell = move |step| {
            if step == AgingStep::Unmarked {
                let _ = tell.send(began.elapsed());
            }
        };
        let aged = store.age_day(aging, tell).await?;
        ensure!(aged.fate == Fate::Dropped, "{day}: {:?}", aged.fate);
        let deleted = began.elapsed();
        tokio::time::sleep(WATCH.saturating_sub(deleted)).await;
        let end = Instant::now();
        done.store(true, Ordering::Relaxed);
        let mut dropped = Dropped {
            messages: *messages,
            gone: told
                .try_recv()
                .context("nobody said when the day was gone")?,
            deleted,
            before: Durations::default(),
            during: Durations::default(),
        };
        for session in sessions {
            for kept in session.await?? {
                if kept.end < began {
                    dropped.before.add(kept.end - kept.start);
                } else if kept.start < end {
                    dropped.during.add(kept.end - kept.start);
                }
            }
        }
        days.push(dropped);
    }
    store.close().await;
    Ok(days)
}

/// One mail that was kept.
struct Kept {
    start: Instant,
    end: Instant,
}

/// A session that keeps one mail after the other.
async fn keep_on(
    store: Store,
    mail: Arc<[u8]>,
    done: Arc<AtomicBool>,
) -> anyhow::Result<Vec<Kept>> {
    let mut kept = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let start = Instant::now();
        let mut held = Held::new(1 << 20);
        held.append(&mail)?;
        let envelope = fill::envelope("absender@outside.example", Vec::new(), Timestamp::now())?;
        store.keep(held, envelope).await?;
        let end = Instant::now();
        kept.push(Kept { start, end });
    }
    Ok(kept)
}

impl Dropping {
    /// The section about it.
    pub fn describe(&self, document: &mut Document) {
        document.section("Dropping a day");
        document.paragraph(&format!(
            "Copies of the smallest and of the largest day of the generated store, dropped while {SESSIONS} tasks keep \
             mails of 10 KB, one after the other. *Gone* is a day when nobody can see any of it again, also after a crash; its files are \
             deleted after that. Keeping is watched for {} seconds before the drop and for {} from its beginning.",
            WATCH.as_secs(),
            WATCH.as_secs(),
        ));
        let mut table = Table::new(&[
            "mails of the day",
            "gone in ms",
            "deleted in ms",
            "keep before: p50 ms",
            "p99 ms",
            "longest ms",
            "keep meanwhile: p50 ms",
            "p99 ms",
            "longest ms",
        ]);
        for day in &self.days {
            table.row([
                figure::count(day.messages),
                figure::number(Some(milliseconds(day.gone))),
                figure::number(Some(milliseconds(day.deleted))),
                figure::number(day.before.p50()),
                figure::number(day.before.p99()),
                figure::number(day.before.longest()),
                figure::number(day.during.p50()),
                figure::number(day.during.p99()),
                figure::number(day.during.longest()),
            ]);
        }
        document.table(&table);
    }

    /// The design's number.
    pub fn claims(&self) -> Vec<Claim> {
        let claims = |day: &Dropped| {
            let mails = figure::count(day.messages);
            [
                ("it is gone", day.gone),
                ("its files are deleted", day.deleted),
            ]
            .map(|(until, took)| {
                let what = format!("dropping a day of {mails} mails, until {until}");
                Claim::under(&what, 100.0, "ms", Some(milliseconds(took)))
            })
        };
        self.days.iter().flat_map(claims).collect()
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
