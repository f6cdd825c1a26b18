//! Reading every day, of which one may be gone, damaged or unreadable just now.

use rusqlite::Transaction;

use crate::damage;
use crate::day::Day;
use crate::days::OpenDay;
use crate::error::StoreError;
use crate::shadow::Inner;

impl Inner {
    /// Reads the index of a day, where that is done for each day: see [`Inner::use_day`].
    pub(crate) fn read_day<T>(
        &self,
        day: Day,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.use_day(day, |open| open.index.read(read))
    }

    /// Does what is done for each day with this one; `None` when it was dropped in the meantime, or
    /// can not be read: then it is noted and told. Whoever must know that nothing was left out asks
    /// [`Days::unread`] and [`Days::damaged`]. An error that may pass is one of all days.
    pub(crate) fn use_day<T>(
        &self,
        day: Day,
        work: impl FnOnce(&OpenDay) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let used = self.days.at(day).and_then(|open| {
            self.days.regain_if_due(&open);
            work(&open)
        });
        match used {
            Ok(done) => {
                self.days.note_read(day);
                Ok(Some(done))
            }
            // A disk that is gone must not look like a day that has aged.
            Err(error) if !self.days.root().is_dir() => Err(error),
            Err(_) if !self.days.has(day) => Ok(None),
            Err(error) if self.is_unusable(day, &error) => {
                self.days.note_unread(day, &error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether it is this day that can not be used, now or for good.
    fn is_unusable(&self, day: Day, error: &StoreError) -> bool {
        let is_damaged = || self.days.damaged().iter().any(|(it, _)| *it == day);
        let is_unreadable =
            damage::is_unreadable(error) && !damage::are_files_short(self.days.root());
        is_unreadable || (damage::is_wrong_type(error) && is_damaged())
    }

    /// Refuses a day that is gone or about to be. In a transaction of `shadow`, because dropping
    /// a day begins with one: what is written after this is seen by it.
    pub(crate) fn refuse_dropped(
        &self,
        shadow: &Transaction<'_>,
        day: Day,
    ) -> Result<(), StoreError> {
        let dropping: bool = shadow.query_row(
            "SELECT EXISTS (SELECT 1 FROM dropped_day WHERE day = ?1)",
            [day.to_string()],
            |row| row.get(0),
        )?;
        if dropping || !self.days.dir(day).is_dir() {
            return Err(StoreError::Missing(format!("the day {day}")));
        }
        Ok(())
    }
}
