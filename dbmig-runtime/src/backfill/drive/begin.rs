//! Before the first window: what is known of the backfill, whether its key is one, and its row of the state.

use super::Run;
use crate::backfill::error::BackfillError;
use crate::backfill::find::now;
use crate::backfill::pace::Pace;
use crate::backfill::{End, Progress, count, key, window};
use crate::error::Error;
use crate::history::{self, BackfillRecord, BackfillState};
use crate::session::{Session, write_transaction};

impl Run<'_> {
    /// Makes the state ready; the end where there is nothing to run.
    pub(super) fn begin(&mut self, session: &mut dyn Session) -> Result<Option<End>, Error> {
        let (tables, version) = (self.site.tables, &self.migration.version);
        let doing = "read the state of the backfill";
        let known = history::read_backfill(session, tables, version, false)
            .map_err(Error::database(doing))?;
        let digest = self.migration.digests.backfill.clone();
        let digest = digest.ok_or_else(|| Error::from(BackfillError::Unknown(version.clone())))?;
        if let Some(known) = known.as_ref().filter(|_| !self.way.again) {
            let done = known.state == BackfillState::Done;
            if known.digest != digest {
                return Err(BackfillError::Changed { name: self.name(), done }.into());
            }
            match known.state {
                BackfillState::Done => {
                    self.progress = Progress::of(known);
                    return self.finish(session).map(|end| match end {
                        End::Done { left: true } => Some(end),
                        _ => Some(End::DoneBefore),
                    });
                }
                BackfillState::Paused | BackfillState::Cancelled => {
                    let cancelled = known.state == BackfillState::Cancelled;
                    return Err(BackfillError::Stopped { name: self.name(), cancelled }.into());
                }
                BackfillState::Running => {}
            }
        }
        let key = key::inspect(session, self.backfill)
            .map_err(Error::database("look at the key of the table"))?;
        self.key =
            key.map_err(|reason| Error::from(BackfillError::Key { name: self.name(), reason }))?;
        if self.way.only_small && !self.is_small(session)? {
            return Ok(Some(End::Deferred));
        }
        let record = match known.clone().filter(|_| !self.way.again) {
            Some(known) => known,
            None => {
                let total = count::total(session, self.backfill)
                    .map_err(Error::database("count the rows of the table"))?;
                let started = now(session).map_err(Error::database("read the server's clock"))?;
                let record = BackfillRecord {
                    state: BackfillState::Running,
                    digest,
                    cursor: None,
                    seen: 0,
                    rows: 0,
                    batches: 0,
                    size: self.pace.size(),
                    total,
                    started,
                    verified: false,
                };
                // SQLite has no lock but the database's: another runner may have begun meanwhile, and what
                // it did is not to be done again. While we waited for another run, its migration may have
                // been reverted.
                let mut applied = true;
                let begun = write_transaction(session, |session| {
                    applied = history::hold_version(session, tables, version)?;
                    if !applied {
                        return Ok(None);
                    }
                    let now = history::read_backfill(session, tables, version, true)?;
                    if now != known {
                        return Ok(now);
                    }
                    history::write_backfill(session, tables, version, &record).map(|()| None)
                })
                .map_err(Error::database("record that the backfill begins"))?;
                if !applied {
                    return Err(BackfillError::NotApplied { name: self.name() }.into());
                }
                match begun {
                    Some(theirs) if theirs.digest != record.digest => {
                        let name = self.name();
                        return Err(BackfillError::Changed { name, done: false }.into());
                    }
                    Some(theirs) => theirs,
                    None => record,
                }
            }
        };
        self.pace = Pace::of(self.backfill, Some(record.size));
        self.progress = Progress::of(&record);
        Ok(None)
    }

    /// The whole table, or what is left of it, fits into one window.
    fn is_small(&self, session: &mut dyn Session) -> Result<bool, Error> {
        let (tables, version) = (self.site.tables, &self.migration.version);
        let known = history::read_backfill(session, tables, version, false)
            .map_err(Error::database("read the state of the backfill"))?;
        let cursor = known.and_then(|known| known.cursor).filter(|_| !self.way.again);
        let size = self.pace.size();
        let table = &self.backfill.table.sql;
        let window = window::next(session, table, &self.key, cursor.as_deref(), size)
            .map_err(Error::database("look at the rows of the table"))?;
        let window = window
            .map_err(|reason| Error::from(BackfillError::Key { name: self.name(), reason }))?;
        Ok(window.is_none_or(|window| window.count < u64::from(size)))
    }
}
