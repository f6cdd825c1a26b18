//! The days of the store, and how they go.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::behind::Behind;
use crate::damage;
use crate::database::{DAY_SCHEMA, Database, Identity};
use crate::day::Day;
use crate::error::{OpenError, StoreError};
use crate::id::MessageId;
use crate::limits;
use crate::lock;
use crate::search::TextOfDay;
use crate::segment;
use crate::swap::{absent_is_gone, exchange};

/// Directories beside the days: survivors being gathered, or the old one they came from.
const THINNED: &str = ".thinned-";
/// What was a day.
const DROPPED: &str = ".dropped-";
/// The file that tells a directory of survivors from the one it takes the place of.
const FRESH: &str = "fresh";

/// What is left of a day that is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// What stands in [`Days::thinned_dir`].
    Survivors,
    /// No directory.
    Nothing,
}

/// One day, open.
pub(crate) struct OpenDay {
    pub(crate) day: Day,
    pub(crate) dir: PathBuf,
    pub(crate) index: Database,
    /// The full text, where there is some; it is closed with the day.
    pub(crate) text: TextOfDay,
    /// Which directory it was when it was opened: thinning and rebuilding put another in its place.
    identity: Identity,
    /// Whether all its records were seen to have rows.
    pub(crate) is_regained: AtomicBool,
}

/// All days of a data directory; each is opened when it is first asked for.
pub(crate) struct Days {
    root: PathBuf,
    lock: PathBuf,
    /// The file that is locked while rows are made again.
    pub(crate) regain_lock: PathBuf,
    open: Mutex<BTreeMap<Day, Arc<OpenDay>>>,
    /// Why the index of a day can not be used, and which directory that was.
    damaged: Mutex<BTreeMap<Day, (Identity, String)>>,
    /// Days that could not be read, and why and when.
    unread: Mutex<BTreeMap<Day, (Instant, String)>>,
    /// Days that can be read, but some of whose records have no rows yet.
    pub(crate) behind: Behind,
    /// Whether that has changed since somebody asked.
    is_news: AtomicBool,
    /// Whether a day that could not be read can be read again.
    has_recovered: AtomicBool,
}

impl Days {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self {
            root: data_dir.join("days"),
            lock: data_dir.join("lock"),
            regain_lock: data_dir.join("regain.lock"),
            open: Mutex::new(BTreeMap::new()),
            damaged: Mutex::default(),
            unread: Mutex::default(),
            behind: Behind::default(),
            is_news: AtomicBool::new(false),
            has_recovered: AtomicBool::new(false),
        }
    }

    /// The directory that holds them.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The days on disk that can be used, oldest first. Other processes make and drop days, so the
    /// disk is asked every time. Those that are damaged are told by [`Days::damaged`], and those that
    /// could not be read a moment ago by [`Days::unread`].
    pub(crate) fn list(&self) -> Result<Vec<Day>, StoreError> {
        let mut days = on_disk(&self.root)?;
        self.forget(|day| !days.contains(&day));
        let damaged = self.damaged();
        days.retain(|day| damaged.iter().all(|(damaged, _)| damaged != day));
        let mut unread = lock(&self.unread);
        unread.retain(|day, _| days.contains(day));
        let rests = |(at, _): &(Instant, _)| at.elapsed() < limits::UNREAD_DAY_REST;
        days.retain(|day| !unread.get(day).is_some_and(rests));
        Ok(days)
    }

    /// The days of which something could not be read, and why.
    pub(crate) fn unread(&self) -> Vec<(Day, String)> {
        let mut all = self.behind.list();
        all.retain(|day, _| self.has(*day));
        all.extend(lock(&self.unread).clone());
        all.into_iter().map(|(day, (_, why))| (day, why)).collect()
    }

    /// Notes whether the records of a day have rows.
    pub(crate) fn note_regained(&self, open: &OpenDay, error: Option<&StoreError>) {
        open.is_regained.store(error.is_none(), Ordering::Relaxed);
        if self.behind.note(open.day, error) {
            self.is_news.store(true, Ordering::Relaxed);
            self.has_recovered
                .fetch_or(error.is_none(), Ordering::Relaxed);
        }
    }

    /// Whether other days than before can not be used, since this was last asked.
    pub(crate) fn is_news(&self) -> bool {
        self.is_news.swap(false, Ordering::Relaxed)
    }

    /// Whether a day can be read again that could not, since this was last asked.
    pub(crate) fn has_recovered(&self) -> bool {
        self.has_recovered.swap(false, Ordering::Relaxed)
    }

    /// Lets a day rest that could not be read. A disk that fails must not be asked all the time, and
    /// one bad place must not stop what other days are for.
    pub(crate) fn note_unread(&self, day: Day, error: &StoreError) {
        // Known to be damaged by now, so it is not tried again.
        let is_damaged = self.damaged().iter().any(|(damaged, _)| *damaged == day);
        let mut unread = lock(&self.unread);
        if is_damaged {
            unread.remove(&day);
            self.is_news.store(true, Ordering::Relaxed);
            return;
        }
        let why = error.to_string();
        let before = unread.insert(day, (Instant::now(), why));
        if before.is_none() {
            tracing::error!(%day, "{day} can not be read and is left out for now: {error}");
            self.is_news.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn note_read(&self, day: Day) {
        if lock(&self.unread).remove(&day).is_some() {
            tracing::info!(%day, "{day} can be read again");
            self.has_recovered.store(true, Ordering::Relaxed);
            self.is_news.store(true, Ordering::Relaxed);
        }
    }

    /// The days whose index can not be used, and why.
    pub(crate) fn damaged(&self) -> Vec<(Day, String)> {
        // In this order, as where a day is opened.
        let open = lock(&self.open);
        let mut damaged = lock(&self.damaged);
        for (day, open) in open.iter() {
            if let Some(why) = open.index.damage() {
                damaged.entry(*day).or_insert((open.identity, why));
            }
        }
        damaged.retain(|day, (identity, _)| {
            Identity::of(&self.dir(*day)).is_ok_and(|present| present == *identity)
        });
        let why = |(day, (_, why)): (&Day, &(Identity, String))| (*day, why.clone());
        damaged.iter().map(why).collect()
    }

    /// Opens every day, and makes the rows again that a crash of the machine took. One that can not be
    /// used stops nothing, unless a newer version made it.
    pub(crate) fn open_all(&self) -> Result<(), OpenError> {
        let in_days = |source| OpenError::Database {
            path: self.root.clone(),
            source,
        };
        for day in self.list().map_err(in_days)? {
            match self.try_open(day, self.dir(day)) {
                Err(newer @ OpenError::Newer(_)) => return Err(newer),
                Err(other) => self.note_unread(day, &as_store_error(other)),
                Ok(open) => {
                    // What stands in the way is noted, and it is tried again.
                    let _ = self.regain(&open);
                }
            }
        }
        Ok(())
    }

    /// Whether there is such a day.
    pub(crate) fn has(&self, day: Day) -> bool {
        self.dir(day).is_dir()
    }

    /// A day that exists.
    pub(crate) fn at(&self, day: Day) -> Result<Arc<OpenDay>, StoreError> {
        let dir = self.dir(day);
        match Identity::of(&dir) {
            Ok(_) => self.open(day, dir),
            // A disk that is gone must not look like a day that has aged.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.root.is_dir() => {
                self.forget(|open| open == day);
                Err(StoreError::Missing(format!("the day {day}")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A day that is made when it does not exist yet.
    pub(crate) fn at_or_new(&self, day: Day) -> Result<Arc<OpenDay>, StoreError> {
        let dir = self.dir(day);
        // Only the last level: where the directory of the days is gone, its disk is, and mail must
        // not go to the disk underneath. Opening the day syncs its name.
        match fs::create_dir(&dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
            _ => {
                let open = self.open(day, dir)?;
                match open.index.damage() {
                    Some(why) => Err(StoreError::DayDamaged(day, why)),
                    None => Ok(open),
                }
            }
        }
    }

    /// The day of a message, or the sentence that the message is gone.
    pub(crate) fn of(&self, id: MessageId) -> Result<Arc<OpenDay>, StoreError> {
        self.at(id.day()).map_err(|error| match error {
            StoreError::Missing(_) => StoreError::Missing(format!("message {id}")),
            other => other,
        })
    }

    /// Where the survivors of a day are gathered, and where the old directory lies afterwards.
    pub(crate) fn thinned_dir(&self, day: Day) -> PathBuf {
        self.root.join(format!("{THINNED}{day}"))
    }

    /// Says that the directory of the survivors is whole, and syncs it.
    pub(crate) fn finish_thinned(&self, day: Day) -> io::Result<()> {
        let dir = self.thinned_dir(day);
        fs::File::create(dir.join(FRESH))?.sync_all()?;
        segment::sync_dir(&dir)?;
        self.sync()
    }

    /// Puts the survivors in place of a day that is marked, or nothing. Doing it twice changes
    /// nothing. A power cut may undo it until [`Days::sync`].
    pub(crate) fn put_aside(&self, day: Day, rest: Rest) -> io::Result<()> {
        self.forget(|open| open == day);
        let (dir, thinned) = (self.dir(day), self.thinned_dir(day));
        let dropped = self.root.join(format!("{DROPPED}{day}"));
        match rest {
            // The old directory has no such file.
            Rest::Survivors if thinned.join(FRESH).exists() => exchange(&thinned, &dir, &dropped)?,
            // Whatever lies there by now is not the day that was marked.
            Rest::Nothing if !dropped.exists() => absent_is_gone(fs::rename(&dir, &dropped))?,
            Rest::Survivors | Rest::Nothing => {}
        }
        Ok(())
    }

    /// Makes durable which directories there are.
    pub(crate) fn sync(&self) -> io::Result<()> {
        segment::sync_dir(&self.root)
    }

    /// The survivors are a day like others from now on.
    pub(crate) fn settle(&self, day: Day) -> io::Result<()> {
        let dir = self.dir(day);
        match fs::remove_file(dir.join(FRESH)) {
            // A power cut must not bring it back: the next survivors would be taken for these.
            Ok(()) => segment::sync_dir(&dir),
            gone => absent_is_gone(gone),
        }
    }

    /// Deletes everything that was put aside, and copies of survivors that nobody marked. For who
    /// ages alone, when no day is marked.
    pub(crate) fn delete_aside(&self) -> io::Result<()> {
        for file in fs::read_dir(&self.root)? {
            let file = file?;
            let name = file.file_name();
            let is_aside = |name: &str| name.starts_with(THINNED) || name.starts_with(DROPPED);
            if name.to_str().is_some_and(is_aside) {
                absent_is_gone(fs::remove_dir_all(file.path()))?;
            }
        }
        Ok(())
    }

    pub(crate) fn dir(&self, day: Day) -> PathBuf {
        self.root.join(day.to_string())
    }

    fn open(&self, day: Day, dir: PathBuf) -> Result<Arc<OpenDay>, StoreError> {
        self.try_open(day, dir).map_err(as_store_error)
    }

    fn try_open(&self, day: Day, dir: PathBuf) -> Result<Arc<OpenDay>, OpenError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let in_dir = |source| OpenError::Directory {
            path: dir.clone(),
            source,
        };
        let identity = Identity::of(&dir).map_err(in_dir)?;
        if let Some(found) = open.get(&day)
            && found.identity == identity
        {
            return Ok(Arc::clone(found));
        }
        let guard = lock::wait_for(&self.lock).map_err(in_dir)?;
        let index = self.open_index((day, identity), &dir)?;
        // The names of the day and of its index must survive a power cut before anything in them
        // may be promised; whoever made the directory may have died before syncing it.
        segment::sync_dir(&dir).map_err(in_dir)?;
        segment::sync_dir(&self.root).map_err(in_dir)?;
        drop(guard);
        let opened = Arc::new(OpenDay {
            day,
            dir,
            index,
            text: TextOfDay::default(),
            identity,
            is_regained: AtomicBool::new(false),
        });
        open.insert(day, Arc::clone(&opened));
        Ok(opened)
    }

    /// Opens the index of a day, or makes that of a new one; a damaged one is left as it is.
    fn open_index(
        &self,
        (day, identity): (Day, Identity),
        dir: &Path,
    ) -> Result<Database, OpenError> {
        let path = dir.join("index.db");
        let seen = damage::of_index(dir).map_err(|source| OpenError::Database {
            path: path.clone(),
            source,
        })?;
        let opened = match seen {
            None => Database::open(&path, DAY_SCHEMA),
            Some(why) => Err(why).map_err(|why| OpenError::Database {
                path: path.clone(),
                source: StoreError::DayDamaged(day, why),
            }),
        };
        if let Err(OpenError::Database { source, .. }) = &opened
            && damage::is_damage(source)
        {
            let why = match source {
                StoreError::DayDamaged(_, why) => why.clone(),
                other => other.to_string(),
            };
            lock(&self.damaged).insert(day, (identity, why.clone()));
            let source = StoreError::DayDamaged(day, why);
            return Err(OpenError::Database { path, source });
        }
        opened
    }

    fn forget(&self, gone: impl Fn(Day) -> bool) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|day, _| !gone(*day));
    }
}

/// The days that have a directory in `root`, oldest first.
pub(crate) fn on_disk(root: &Path) -> io::Result<Vec<Day>> {
    let mut days = Vec::new();
    for file in fs::read_dir(root)? {
        let name = file?.file_name();
        days.extend(name.to_str().and_then(|name| name.parse::<Day>().ok()));
    }
    days.sort_unstable();
    Ok(days)
}

/// Why a database can not be used, to somebody who has others as well.
pub(crate) fn as_store_error(error: OpenError) -> StoreError {
    match error {
        OpenError::Database { source, .. } => source,
        OpenError::Directory { source, .. } => StoreError::Io(source),
        other => StoreError::Refused(other.to_string()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
