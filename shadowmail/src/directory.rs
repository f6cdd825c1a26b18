//! Keeps the mirror equal to the directory: a file that changes, or a server that is asked.

pub mod alerts;
mod file;
mod orders;
pub mod reading;
pub mod server;

use jiff::Timestamp;
use store::{DirectoryOrder, DirectoryReport, DirectoryRun, DirectoryRunState, Store};
use sync_ad::{Directory, Extent};
use tokio_util::sync::CancellationToken;

use crate::config::DirectorySource;
use crate::stamp::Stamp;

/// A directory after its first reading.
pub enum Followed {
    /// The file as it was read.
    File(std::path::PathBuf, Stamp),
    /// The server.
    Server(Box<server::Followed>),
}

/// Reads the directory at the start. A broken one is an error only when there is no mirror yet:
/// yesterday's accounts are better than none.
pub async fn read_at_start(store: &Store, source: &DirectorySource) -> anyhow::Result<Followed> {
    Ok(match source {
        DirectorySource::File(path) => {
            let stamp = file::read_at_start(store, path).await?;
            Followed::File(path.clone(), stamp)
        }
        DirectorySource::Server(settings) => {
            let every = settings.sync_every;
            store.limit_verifiers(settings.verifier_age).await?;
            let directory = Directory::new((**settings).clone())?.by_itself();
            // A server takes its time; only who has nothing yet waits for it.
            if !store.directory_loaded().await? {
                server::sync(store, &directory, Extent::Everything, None).await?;
            }
            Followed::Server(Box::new(server::Followed { directory, every }))
        }
    })
}

/// Goes on reading, when it is time and when somebody asks for it, until `shutdown`.
pub async fn watch(
    store: &Store,
    (source, followed): (DirectorySource, Followed),
    shutdown: CancellationToken,
) {
    let orders = orders::run(store, &source, shutdown.clone());
    let by_itself = async {
        match followed {
            Followed::File(path, stamp) => file::watch(store, &path, stamp, shutdown).await,
            Followed::Server(followed) => followed.watch(store, shutdown).await,
        }
    };
    tokio::join!(orders, by_itself);
}

/// Remembers what a reading by the schedule has changed, for the console.
async fn note(store: &Store, report: &reading::Report) {
    if report.is_change() {
        let report = report.to_keep(DirectoryOrder::default());
        remember(store, (DirectoryRunState::Done, report)).await;
    }
}

/// The same of what the guard asks, once for each question.
async fn note_stopped(store: &Store, failed: &anyhow::Error) {
    let Some(report) = reading::stopped(failed) else {
        return;
    };
    let newest = store.directory_runs(1).await.unwrap_or_default();
    let is_known = |run: &DirectoryRun| {
        run.state == DirectoryRunState::Stopped && run.report.question == report.question
    };
    if !newest.first().is_some_and(is_known) {
        remember(store, (DirectoryRunState::Stopped, report)).await;
    }
}

async fn remember(store: &Store, end: (DirectoryRunState, DirectoryReport)) {
    let by = ("shadowmail".to_owned(), DirectoryOrder::default());
    let noted = store.note_directory_run(by, end, Timestamp::now());
    if let Err(error) = noted.await {
        tracing::error!("what came of a sync can not be written down: {error}");
    }
}
