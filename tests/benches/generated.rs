//! The store on its own: a generated one, and how long it takes to read it and to age it.

mod copy;
mod disk;
mod dropping;
mod fill;
mod pages;
mod rescue;
mod search;
mod start;
mod webmail;

use anyhow::Context;
use bench_parts::claim::Claim;
use bench_parts::figure::{self, Durations};
use bench_parts::table::Table;
use store::Store;
use tokio::runtime::Runtime;

use crate::Findings;
use crate::plan::Plan;
use crate::progress::say;

/// Mailbox owners in the generated store.
const PEOPLE: usize = 2_000;

const SEED: u64 = 2026;

/// Makes the store, or takes the one of an earlier run, and measures everything.
pub fn run(plan: &Plan, runtime: &Runtime) -> anyhow::Result<Findings> {
    let made = fill::make(plan.messages, runtime)?;
    let mut findings = Findings::default();
    made.describe(&mut findings.sections);

    say("store: bytes on disk");
    disk::measure(&made, runtime)?.describe(&mut findings.sections);

    say("store: start");
    let started = start::measure(&made, runtime)?;
    started.describe(&mut findings.sections);
    findings.claims.extend(started.claims());

    let store = runtime
        .block_on(Store::open(&made.data_dir))
        .context("opening the generated store")?;
    say("store: mailbox pages");
    let pages = runtime.block_on(pages::measure(&store))?;
    pages.describe(&mut findings.sections);
    findings.claims.extend(pages.claims(plan.messages));
    say("store: search");
    let searches = runtime.block_on(search::measure(&store, &made.corpus))?;
    searches.describe(&mut findings.sections);
    findings.claims.extend(searches.claims());
    runtime.block_on(store.close());
    drop(store);

    say("store: webmail");
    let webmail = webmail::measure(&made, runtime)?;
    webmail.describe(&mut findings.sections);
    findings.claims.extend(webmail.claims());

    say("store: verify, rebuild");
    rescue::measure(&made, runtime)?.describe(&mut findings.sections);

    say("store: dropping days");
    let dropped = dropping::measure(&made, runtime)?;
    dropped.describe(&mut findings.sections);
    findings.claims.extend(dropped.claims());
    Ok(findings)
}

/// A table of what was asked how often, and how long it took.
fn timings() -> Table {
    Table::new(&["what", "times", "p50 ms", "p99 ms", "longest ms"])
}

fn timing(table: &mut Table, what: &str, durations: &Durations) {
    table.row([
        what.to_owned(),
        figure::count(durations.len() as u64),
        figure::number(durations.p50()),
        figure::number(durations.p99()),
        figure::number(durations.longest()),
    ]);
}

/// The slowest of several kinds, each by its p99.
fn slowest<'a>(kinds: impl IntoIterator<Item = &'a Durations>) -> Option<f64> {
    kinds
        .into_iter()
        .filter_map(Durations::p99)
        .reduce(f64::max)
}

/// A claim about a p99 in milliseconds.
fn p99_under(what: &str, wanted: f64, measured: Option<f64>) -> Claim {
    Claim::under(&format!("{what}, p99"), wanted, "ms", measured)
}
