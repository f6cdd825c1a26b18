//! Keeping: the one place that makes a message durable.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Transaction;
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::day::Day;
use crate::days::{Days, OpenDay};
use crate::disk::Disk;
use crate::envelope::Envelope;
use crate::error::{KeepError, StoreError};
use crate::held::Held;
use crate::id::MessageId;
use crate::limits;
use crate::press::Press;
use crate::regained;
use crate::segment::{OpenSegment, Place, Record};
use crate::shadow::Store;

impl Store {
    /// Makes a message durable. When this returns `Ok`, and only then, may `250` be said: its
    /// record is synced, and its row is there for everybody to see. A crash of the machine may take
    /// the row; the next start makes it again from the record. Messages of many sessions share one
    /// sync.
    ///
    /// Filing (whose mailbox it goes to) happens after this, see [`Store::unfiled`].
    pub async fn keep(&self, held: Held, envelope: Envelope) -> Result<MessageId, KeepError> {
        let job = if held.is_big() {
            let press = Arc::clone(&self.inner().press);
            let work = move || Job::prepare(held, &envelope, &press);
            let done = tokio::task::spawn_blocking(work).await;
            done.map_err(|_| KeepError::from(StoreError::Closed))??
        } else {
            Job::prepare(held, &envelope, &self.inner().press)?
        };
        let kept = self.inner().writer.keep(job).await;
        match &kept {
            Ok(_) => {
                self.inner().flow.kept(Instant::now());
                self.inner().kept.notify_one();
            }
            Err(_) => {
                self.blocking(|inner| {
                    inner.tell_damage();
                    Ok(())
                })
                .await?;
            }
        }
        kept
    }
}

/// One message on its way to the disk: everything that can be computed before the sync is.
struct Job {
    id: MessageId,
    record: Record,
    envelope: String,
}

impl Job {
    fn prepare(held: Held, envelope: &Envelope, press: &Press) -> Result<Self, KeepError> {
        let id = MessageId::next(envelope.received_at);
        let record = Record::new(id, envelope, held.pressed(press)?)?;
        let envelope = serde_json::to_string(envelope)
            .map_err(|error| StoreError::from(io::Error::from(error)))?;
        Ok(Self {
            id,
            record,
            envelope,
        })
    }
}

type Answer = oneshot::Sender<Result<MessageId, KeepError>>;

/// How much may wait for the writer, and how long.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    messages: usize,
    /// How long a message waits for a place among them.
    wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            messages: limits::WRITER_QUEUE_MESSAGES_MAX,
            wait: limits::WRITER_QUEUE_WAIT_MAX,
        }
    }
}

/// The one thread of this process that appends to segments.
pub(crate) struct Writer {
    wait: Duration,
    jobs: Mutex<Option<mpsc::Sender<(Job, Answer)>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(crate) fn start(days: Arc<Days>, disk: Arc<Disk>, patience: Patience) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(patience.messages);
        let runtime = Handle::current();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                let open = None;
                let appender = Appender {
                    days,
                    disk,
                    open,
                    refused: Vec::new(),
                    runtime,
                };
                appender.run(queue);
            })?;
        Ok(Self {
            wait: patience.wait,
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        })
    }

    async fn keep(&self, job: Job) -> Result<MessageId, KeepError> {
        let stopping = || KeepError::Failed("the store is shutting down".to_owned());
        let jobs = self
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (answer, answered) = oneshot::channel();
        jobs.ok_or_else(stopping)?
            .send_timeout((job, answer), self.wait)
            .await
            .map_err(|error| match error {
                SendTimeoutError::Timeout(_) => KeepError::Busy,
                SendTimeoutError::Closed(_) => stopping(),
            })?;
        let lost = "the store gave up on it, because of a bug or while shutting down";
        answered
            .await
            .map_err(|_| KeepError::Failed(lost.to_owned()))?
    }

    /// Lets the thread finish what it was handed.
    pub(crate) async fn close(&self) {
        drop(
            self.jobs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread
            && tokio::task::spawn_blocking(move || thread.join())
                .await
                .is_err()
        {
            tracing::error!("the store's writer ended with a panic");
        }
    }
}

struct Appender {
    days: Arc<Days>,
    disk: Arc<Disk>,
    open: Option<(Day, OpenSegment)>,
    refused: Vec<Refused>,
    /// Where the sessions run.
    runtime: Handle,
}

impl Appender {
    /// Takes what has queued up while the last batch was synced: the busier it is, the more
    /// messages share one sync.
    fn run(mut self, mut queue: mpsc::Receiver<(Job, Answer)>) {
        while let Some(first) = queue.blocking_recv() {
            let turn = AssertUnwindSafe(|| self.keep_with_more(first, &mut queue));
            if catch_unwind(turn).is_err() {
                // Unwinding has dropped the answers of the batch, so its peers come again; it has
                // rolled back the rows, and the segment is never used again, though what was synced of
                // the batch becomes messages. So the next batch is as good as ever, while ending the
                // process would also take the mailboxes away, and a mail that does this could do it
                // after each start.
                self.open = None;
                tracing::error!(
                    "the store's writer panicked, which is a bug in Shadowmail; going on"
                );
            }
        }
    }

    fn keep_with_more(&mut self, first: (Job, Answer), queue: &mut mpsc::Receiver<(Job, Answer)>) {
        let mut bytes = first.0.record.length();
        let mut batch = vec![first];
        while batch.len() < limits::BATCH_MESSAGES_MAX && bytes < limits::BATCH_BYTES_MAX {
            let Ok(next) = queue.try_recv() else { break };
            bytes += next.0.record.length();
            batch.push(next);
        }
        self.keep(batch);
    }

    /// Commits a batch and answers all of it; midnight can fall into it.
    fn keep(&mut self, mut batch: Vec<(Job, Answer)>) {
        while let Some(day) = batch.first().map(|(job, _)| job.id.day()) {
            let other_day = batch.iter().position(|(job, _)| job.id.day() != day);
            let rest = batch.split_off(other_day.unwrap_or(batch.len()));
            let (mut jobs, answers): (Vec<Job>, Vec<Answer>) = batch.into_iter().unzip();
            let result = self.commit_if_room(day, &mut jobs);
            match &result {
                // Of a full disk the alert tells, once.
                Ok(()) | Err(KeepError::DiskFull) => {}
                Err(error) => {
                    tracing::error!(messages = jobs.len(), "could not keep a batch: {error}");
                }
            }
            let ids: Vec<MessageId> = jobs.iter().map(|job| job.id).collect();
            // From inside the runtime, which is woken once for all of them and not once for each.
            self.runtime.spawn(async move {
                for (id, answer) in ids.into_iter().zip(answers) {
                    // A session that hung up meanwhile does not want its answer; the message stays.
                    let _ = answer.send(result.clone().map(|()| id));
                }
            });
            batch = rest;
        }
    }

    /// A disk that has no room to spare, or is gone, takes nothing.
    fn commit_if_room(&mut self, day: Day, jobs: &mut [Job]) -> Result<(), KeepError> {
        let bytes = jobs.iter().map(|job| job.record.length()).sum();
        self.disk.admit(bytes)?;
        let committed = self.commit(day, jobs);
        self.disk.learn(&committed);
        Ok(committed?)
    }

    /// The order that every promise rests on: bytes, sync, rows. Only after it may anyone say
    /// 250 (RFC 5321 §6.1). The rows are not synced: they say nothing that the records do not say, and
    /// the name of the segment says that these count (see `regained`).
    fn commit(&mut self, day: Day, jobs: &mut [Job]) -> Result<(), StoreError> {
        let open_day = self.days.at_or_new(day)?;
        self.settle_refused(&open_day)?;
        // The segment goes back only after success: after a failed sync nobody knows what is on
        // disk, and after a failed commit rows may point to these bytes. It is never used again.
        let mut segment = self.take_segment(&open_day)?;
        let records = jobs.iter_mut().map(|job| &mut job.record);
        let places = segment.append(records)?;
        let mut may_be_committed = false;
        let inserted = open_day.index.write_for_now(|index| {
            insert_rows(index, &segment, jobs, &places)?;
            may_be_committed = true;
            Ok(())
        });
        match (&inserted, may_be_committed) {
            (Ok(()), _) => self.open = Some((day, segment)),
            (Err(_), true) => {
                let ids = jobs.iter().map(|job| job.id).collect();
                self.refused.push(Refused { day, segment, ids });
            }
            // Else each try of a peer would leave its bytes on the disk while, say, another
            // process has the index locked.
            (Err(_), false) => segment.take_back(),
        }
        inserted
    }

    /// Takes batches back whose commit failed: their peers were told so, and send them again. Nothing
    /// more is kept on that day before it is done.
    fn settle_refused(&mut self, today: &OpenDay) -> Result<(), StoreError> {
        let mut result = Ok(());
        for refused in std::mem::take(&mut self.refused) {
            let is_today = refused.day == today.day;
            let settled = if is_today {
                refused.settle(today)
            } else {
                self.days
                    .at(refused.day)
                    .and_then(|day| refused.settle(&day))
            };
            match settled {
                Err(error) if is_today => {
                    result = Err(error);
                    self.refused.push(refused);
                }
                // That day is gone, or its directory is another one; or the next commit tries again.
                Err(StoreError::Missing(_)) | Ok(()) => {}
                Err(_) => self.refused.push(refused),
            }
        }
        result
    }

    fn take_segment(&mut self, day: &OpenDay) -> Result<OpenSegment, StoreError> {
        match self.open.take() {
            Some((open, segment))
                if open == day.day && !segment.is_full() && segment.check_in_place().is_ok() =>
            {
                Ok(segment)
            }
            left => {
                // Unlocked, it can be looked after.
                drop(left);
                self.begin_segment(day)
            }
        }
    }

    fn begin_segment(&self, day: &OpenDay) -> Result<OpenSegment, StoreError> {
        // A disk that was gone for a moment may have taken the rows of the last segment along. What
        // stands in the way is noted, and it is tried again.
        let _ = self.days.regain(day);
        Ok(OpenSegment::create(&day.dir)?)
    }
}

/// A batch whose bytes are synced and whose commit failed. Whether the log on the disk says that its
/// rows are there, nobody knows. Its segment stays locked, so that nobody takes it for messages.
struct Refused {
    day: Day,
    segment: OpenSegment,
    ids: Vec<MessageId>,
}

impl Refused {
    /// Takes it back unless its rows are there after all.
    fn settle(&self, day: &OpenDay) -> Result<(), StoreError> {
        if self.segment.check_in_place().is_err() {
            return Ok(());
        }
        let has_rows = day.index.write(|index| {
            // A change, so that it is written over what the failed commit may have left in the log.
            regained::forget(index, self.segment.name())?;
            let mut row = index.prepare_cached("SELECT 1 FROM message WHERE id = ?1")?;
            let mut has_rows = false;
            for id in &self.ids {
                has_rows |= row.exists([id.number()])?;
            }
            let end = if has_rows {
                self.segment.length()
            } else {
                self.segment.last_batch()
            };
            regained::reach(index, self.segment.name(), end)?;
            Ok(has_rows)
        })?;
        if !has_rows {
            self.segment.take_back();
        }
        Ok(())
    }
}

fn insert_rows(
    index: &Transaction<'_>,
    segment: &OpenSegment,
    jobs: &[Job],
    places: &[Place],
) -> Result<(), StoreError> {
    // Another process may have put another directory in place of the day's; a row there would
    // point at nothing.
    segment.check_in_place()?;
    let mut insert = index.prepare_cached(
        "INSERT INTO message (id, segment, offset, length, size, envelope, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'unfiled')",
    )?;
    for (job, place) in jobs.iter().zip(places) {
        insert.execute((
            job.id.number(),
            &place.segment,
            place.offset,
            place.length,
            job.record.size(),
            &job.envelope,
        ))?;
    }
    let end = places.last().map_or(0, |last| last.offset + last.length);
    regained::reach(index, segment.name(), end)
}

#[cfg(test)]
#[path = "keep_tests.rs"]
mod tests;
