//! The store itself.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::alert::Alerts;
use crate::alias_domains::AliasDomains;
use crate::backup::UNFINISHED;
use crate::book::Shelf;
use crate::damage;
use crate::database::{Database, SHADOW_SCHEMA};
use crate::days::Days;
use crate::disk::{Disk, Watermarks};
use crate::error::{OpenError, StoreError};
use crate::flow::Flow;
use crate::keep::{Patience, Writer};
use crate::lock::{self, ProcessLock};
use crate::migration;
use crate::press::Press;
use crate::search::Texts;
use crate::segment;
use crate::stock::NewestCopy;

/// The door to everything kept. Cloning it is cheap; all clones are the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// What the operator of a store may choose.
#[derive(Clone, Debug, Default)]
pub struct StoreOptions {
    /// How much room must stay free on the disk.
    pub watermarks: Watermarks,
    /// Domains that stand for others.
    pub aliases: AliasDomains,
}

pub(crate) struct Inner {
    pub(crate) shadow: Arc<Database>,
    pub(crate) alerts: Arc<Alerts>,
    pub(crate) aliases: AliasDomains,
    pub(crate) disk: Arc<Disk>,
    pub(crate) days: Arc<Days>,
    pub(crate) texts: Texts,
    pub(crate) press: Arc<Press>,
    pub(crate) writer: Writer,
    pub(crate) flow: Arc<Flow>,
    pub(crate) newest_copy: Mutex<NewestCopy>,
    /// The address book, from the first question on.
    pub(crate) book: Shelf,
    /// Something was kept that nobody has filed.
    pub(crate) kept: Notify,
    /// Something was filed.
    pub(crate) filed: Notify,
    /// Something was queued, or may go now.
    pub(crate) queued: Notify,
    /// For the one process that works on the queue.
    pub(crate) worker: ProcessLock,
    /// For the one process that files.
    pub(crate) filer: ProcessLock,
    /// Says that this data directory is open.
    _shared: [File; 2],

    /// For whoever ages a day.
    pub(crate) aging_lock: PathBuf,
}

impl Store {
    /// Opens the data directory, making it when it is new, and finishes what a crash left
    /// half done.
    pub async fn open(data_dir: &Path) -> Result<Self, OpenError> {
        Self::open_with(data_dir, StoreOptions::default()).await
    }

    /// The same, with other options than the defaults.
    pub async fn open_with(data_dir: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        let data_dir = data_dir.to_owned();
        let opened = tokio::task::spawn_blocking(move || Inner::open(&data_dir, options)).await;
        let inner = opened.map_err(|_| OpenError::Database {
            path: "shadow.db".into(),
            source: StoreError::Closed,
        })??;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Finishes what the writer has in hand. Keeping is refused from here on.
    pub async fn close(&self) {
        self.inner.writer.close().await;
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Runs `work`, which may block, off the async threads.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&inner);
            if done.as_ref().err().is_some_and(damage::is_damage) || inner.days.is_news() {
                inner.tell_damage();
            }
            inner.tell_damage_of_shadow();
            done
        });
        done.await.map_err(|_| StoreError::Closed)?
    }
}

impl Inner {
    fn open(data_dir: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        let in_directory = |source| OpenError::Directory {
            path: data_dir.to_owned(),
            source,
        };
        fs::create_dir_all(data_dir.join("days")).map_err(in_directory)?;
        if data_dir.join(UNFINISHED).exists() {
            let dir = data_dir.display();
            return Err(OpenError::InUse(format!(
                "{dir} is half restored; run `shadowmail restore` once more"
            )));
        }
        let of_version = migration::migrate(data_dir)?;
        let shared = lock::share(data_dir)
            .map_err(in_directory)?
            .ok_or_else(|| {
                let dir = data_dir.display();
                let advice = "a rebuild or a restore works on it; wait until that has ended";
                OpenError::InUse(format!("{dir} can not be opened: {advice}"))
            })?;
        let guard = lock::wait_for(&data_dir.join("lock")).map_err(in_directory)?;
        let path = data_dir.join("shadow.db");
        refuse_forgotten(&path, data_dir).map_err(in_directory)??;
        let shadow = Database::open(&path, SHADOW_SCHEMA).map_err(indispensable)?;
        let shadow = Arc::new(shadow);
        // Their names, and that of a new data directory, must survive a power cut before anything
        // in them may be promised.
        for dir in [data_dir, parent(data_dir)] {
            segment::sync_dir(dir).map_err(in_directory)?;
        }
        let days = Arc::new(Days::new(data_dir));
        let alerts = Arc::new(Alerts::new(Arc::clone(&shadow)));
        let disk = Disk::new(days.root(), options.watermarks, Arc::clone(&alerts));
        let disk = Arc::new(disk);
        let flow = Arc::new(Flow::new());
        let press = Press::open(data_dir, Arc::clone(&disk), Arc::clone(&flow));
        let press = press.map_err(in_directory)?;
        drop(guard);
        let writer = Writer::start(Arc::clone(&days), Arc::clone(&disk), Patience::default());
        let writer = writer.map_err(in_directory)?;
        let inner = Self {
            shadow,
            texts: Texts::new(data_dir),
            alerts,
            aliases: options.aliases,
            disk,
            press: Arc::new(press),
            writer,
            flow,
            newest_copy: Mutex::default(),
            book: Shelf::default(),
            days,
            kept: Notify::new(),
            filed: Notify::new(),
            queued: Notify::new(),
            worker: ProcessLock::new(data_dir.join("worker.lock")),
            filer: ProcessLock::new(data_dir.join("filer.lock")),
            _shared: [of_version, shared],

            aging_lock: data_dir.join("aging.lock"),
        };
        if let Err(error) = inner.finish_dropping() {
            // Old mail that can not be deleted is no reason to refuse new mail.
            tracing::error!("an aged day can not be deleted: {error}");
        }
        // A day of a newer schema must stop the start, not surprise a reader later.
        inner.days.open_all()?;
        inner.tell_damage();
        Ok(inner)
    }
}

/// A database that is missing would be made anew and empty: accounts, debts and the mode would be
/// forgotten, and mail that is owed would age away as if it had been returned.
fn refuse_forgotten(path: &Path, data_dir: &Path) -> io::Result<Result<(), OpenError>> {
    let why = match fs::metadata(path) {
        Ok(file) if file.len() > 0 => return Ok(Ok(())),
        Ok(_) => "it is empty",
        Err(error) if error.kind() == io::ErrorKind::NotFound => "it is missing",
        Err(error) => return Err(error),
    };
    for day in fs::read_dir(data_dir.join("days"))? {
        let day = day?.path();
        if day.is_dir() && damage::has_mail(&day)? {
            let (path, why) = (path.to_owned(), format!("{why}, but there is mail"));
            return Ok(Err(OpenError::Damaged { path, why }));
        }
    }
    Ok(Ok(()))
}

/// Damage to the one database that no other file can stand in for.
fn indispensable(error: OpenError) -> OpenError {
    match error {
        OpenError::Database { path, source } if damage::is_damage(&source) => OpenError::Damaged {
            path,
            why: source.to_string(),
        },
        other => other,
    }
}

/// The directory above, where a relative path may leave it unsaid.
fn parent(dir: &Path) -> &Path {
    match dir.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
