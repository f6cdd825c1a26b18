//! Keeps the mirror equal to the directory: a file that changes, or a server that is asked.

pub mod alerts;
mod file;
pub mod server;

use store::Store;
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
            let directory = Directory::new((**settings).clone())?;
            // A server takes its time; only who has nothing yet waits for it.
            if !store.directory_loaded().await? {
                server::sync(store, &directory, Extent::Everything, None).await?;
            }
            Followed::Server(Box::new(server::Followed { directory, every }))
        }
    })
}

/// Goes on reading, until `shutdown`.
pub async fn watch(store: &Store, followed: Followed, shutdown: CancellationToken) {
    match followed {
        Followed::File(path, stamp) => file::watch(store, &path, stamp, shutdown).await,
        Followed::Server(followed) => followed.watch(store, shutdown).await,
    }
}
